/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The page's script: it adds SourceBuffers, appends files to them in pieces, waits where there is
//! no room, ends the stream, and moves the element about as the command line says. It sees of the
//! engine what a page sees.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media_source::{ElementReadyState, Event, EventTarget, Exception, ReadyState, SourceBufferId};
use track_buffer::gap_policy;
use track_buffer::ranges::TimeRanges;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::element::ElementEvent;
use crate::engine::{Engine, Fired, Key};
use crate::failure::Failure;
use crate::pieces::Pieces;
use crate::record::{Record, SourceRecord, What};

/// How much is played before the next `--seek`.
const PLAYED_BETWEEN_SEEKS: TimeDelta = TimeDelta::from_milliseconds(1000);
/// How far the arrow keys go.
const STEP: TimeDelta = TimeDelta::from_milliseconds(5000);

/// What the command line asks the script to do.
pub struct Plan {
    /// What goes into each SourceBuffer, with its type.
    pub feeds: Vec<(String, Pieces)>,
    /// Where to seek, one after another.
    pub seeks: VecDeque<PresentationTime>,
    /// How many times to play it all.
    pub plays: u32,
    /// How many seconds of live media are recorded in a second. It is `None` for other media.
    pub live_rate: Option<f64>,
}

/// What is left to do after an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// More.
    GoesOn,
    /// Nothing: all was played, or the user has seen enough.
    Done,
}

/// The script and its variables.
pub struct Script {
    plan: Plan,
    /// One for each SourceBuffer; none before `sourceopen`.
    feeds: Vec<Feed>,
    live: Option<Live>,
    /// From where it has played without a seek.
    played_since: Option<PresentationTime>,
    /// What could not be appended.
    failed: Option<PathBuf>,
}

/// The way of some files into their SourceBuffer.
struct Feed {
    id: SourceBufferId,
    pieces: Pieces,
    /// What there was no room for.
    refused: Option<Bytes>,
    /// How many bytes of live media there were so far.
    recorded: u64,
    /// When there will be more of it.
    next_recorded: Option<Instant>,
    is_finished: bool,
}

/// Media that is recorded while it plays.
struct Live {
    begun: Instant,
    rate: f64,
    /// The time in the media at which the recording begins.
    start: Option<PresentationTime>,
}

impl Live {
    /// When the media at `time` is recorded.
    fn moment_of(&self, time: PresentationTime) -> Instant {
        let distance = time.since(self.start.unwrap_or_default());
        let seconds = (distance.seconds() / self.rate).max(0.0);
        self.begun + Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

impl Script {
    /// The script before `sourceopen`.
    pub fn new(plan: Plan) -> Self {
        let live = plan.live_rate.map(|rate| Live {
            begun: Instant::now(),
            rate,
            start: None,
        });
        Self {
            plan,
            feeds: Vec::new(),
            live,
            played_since: None,
            failed: None,
        }
    }

    /// Its SourceBuffers, in the order of the record.
    pub fn source_buffers(&self) -> impl Iterator<Item = SourceBufferId> {
        self.feeds.iter().map(|feed| feed.id)
    }

    /// When [`Script::go_on`] is to be called, if nothing happens before.
    pub fn next_timer(&self) -> Option<Instant> {
        self.feeds
            .iter()
            .filter_map(|feed| feed.next_recorded)
            .min()
    }

    /// Its event listeners.
    pub fn handle(
        &mut self,
        fired: Fired,
        engine: &mut Engine,
        record: &mut Record,
    ) -> Result<Outcome, Failure> {
        match fired {
            Fired::Source(EventTarget::MediaSource, Event::SourceOpen) if self.feeds.is_empty() => {
                self.add_source_buffers(engine, record)?;
            }
            Fired::Source(EventTarget::SourceBuffer(id), Event::UpdateEnd) => {
                if let Some(index) = self.source_buffers().position(|own| own == id) {
                    record.push(What::Appended(index));
                }
            }
            Fired::Source(EventTarget::SourceBuffer(id), Event::Error) => {
                let feed = self.feeds.iter().find(|feed| feed.id == id);
                self.failed = feed.and_then(|feed| feed.pieces.last_file());
                return Ok(Outcome::GoesOn);
            }
            Fired::Source(..) => return Ok(Outcome::GoesOn),
            Fired::Element(event) => {
                if self.handle_element_event(event, engine, record)? == Outcome::Done {
                    return Ok(Outcome::Done);
                }
            }
        }
        self.go_on(engine, record)?;
        Ok(Outcome::GoesOn)
    }

    /// What the keys of the window do.
    pub fn handle_key(&mut self, key: Key, engine: &mut Engine) -> Result<Outcome, Failure> {
        let position = engine.element().position();
        match key {
            Key::Quit => return Ok(Outcome::Done),
            Key::Pause if engine.element().is_paused() => engine.play(),
            Key::Pause => engine.pause(),
            Key::Forward => self.seek(position.offset_by(STEP), engine)?,
            Key::Back => {
                let back = position.offset_by(-STEP);
                self.seek(back.max(PresentationTime::ZERO), engine)?;
            }
        }
        Ok(Outcome::GoesOn)
    }

    fn add_source_buffers(
        &mut self,
        engine: &mut Engine,
        record: &mut Record,
    ) -> Result<(), Failure> {
        for (media_type, pieces) in std::mem::take(&mut self.plan.feeds) {
            let id = engine.add_source_buffer(&media_type).map_err(|_| {
                Failure::Media(format!(
                    "nothing here decodes {media_type}: `mseplay --capabilities` names the package \
                     to install"
                ))
            })?;
            record.sources.push(SourceRecord {
                media_type,
                files: pieces.files().to_vec(),
                buffered: TimeRanges::new(),
            });
            self.feeds.push(Feed {
                id,
                pieces,
                refused: None,
                recorded: 0,
                next_recorded: None,
                is_finished: false,
            });
        }
        Ok(())
    }

    fn handle_element_event(
        &mut self,
        event: ElementEvent,
        engine: &mut Engine,
        record: &mut Record,
    ) -> Result<Outcome, Failure> {
        match event {
            ElementEvent::Playing => {
                record.push(What::Playing);
                self.played_since.get_or_insert(engine.element().position());
            }
            ElementEvent::Waiting => record.push(What::Waiting),
            ElementEvent::Pause => record.push(What::Paused),
            ElementEvent::Seeking(target) => record.push(What::Seeking(target)),
            ElementEvent::Seeked(position) => {
                record.push(What::Seeked(position));
                self.played_since = Some(position);
            }
            ElementEvent::TimeUpdate(position) => {
                record.push(What::Position(position));
                let played = self.played_since.map(|start| position.since(start));
                if played >= Some(PLAYED_BETWEEN_SEEKS)
                    && let Some(target) = self.plan.seeks.pop_front()
                {
                    self.seek(target, engine)?;
                }
            }
            ElementEvent::Ended => {
                record.push(What::Ended);
                // A seek that was begun since playback reached the end leads away from it.
                if engine.element().is_at_end() {
                    return self.play_again(engine);
                }
            }
            ElementEvent::Error(message) => {
                record.push(What::Failed);
                let message = match self.failed.take() {
                    Some(file) => format!(
                        "{}: {message}. The file is damaged, or does not follow the one before it",
                        file.display()
                    ),
                    None => message,
                };
                return Err(Failure::Media(message));
            }
        }
        Ok(Outcome::GoesOn)
    }

    /// Goes where a seek is still to be done, or to the start, if it is to be played again.
    fn play_again(&mut self, engine: &mut Engine) -> Result<Outcome, Failure> {
        let target = match self.plan.seeks.pop_front() {
            Some(target) => target,
            None => {
                self.plan.plays -= 1;
                if self.plan.plays == 0 {
                    return Ok(Outcome::Done);
                }
                PresentationTime::ZERO
            }
        };
        self.seek(target, engine)?;
        Ok(Outcome::GoesOn)
    }

    /// Seeks, and fetches what is not buffered there any more.
    fn seek(&mut self, target: PresentationTime, engine: &mut Engine) -> Result<(), Failure> {
        self.played_since = None;
        engine.seek(target);
        self.fetch_again(engine.element().position(), engine)
    }

    /// Appends what can be appended now, and ends the stream after the last piece.
    pub fn go_on(&mut self, engine: &mut Engine, record: &mut Record) -> Result<(), Failure> {
        if self.feeds.is_empty() || engine.element().view().has_error() {
            return Ok(());
        }
        for index in 0..self.feeds.len() {
            self.feed(index, engine, record)?;
        }
        let source = engine.source();
        let is_over = |feed: &Feed| feed.is_finished && !source.is_updating(feed.id);
        if self.feeds.iter().all(is_over) && source.ready_state() == ReadyState::Open {
            engine.end_of_stream().map_err(unexpected)?;
            record.push(What::StreamEnded);
        }
        self.unblock(engine)
    }

    /// Appends the next piece of one SourceBuffer, if it is idle, the piece is there and so is room.
    fn feed(
        &mut self,
        index: usize,
        engine: &mut Engine,
        record: &mut Record,
    ) -> Result<(), Failure> {
        let feed = &mut self.feeds[index];
        if feed.is_finished || engine.source().is_updating(feed.id) {
            return Ok(());
        }
        feed.next_recorded = None;
        if let Some(live) = &mut self.live
            && feed.pieces.offset() >= feed.recorded
            && let Some(moment) = feed.missing_until(live, engine)
        {
            feed.next_recorded = Some(moment);
            return Ok(());
        }
        let was_refused = feed.refused.is_some();
        let next = match feed.refused.take() {
            Some(piece) => Some(piece),
            None => feed.pieces.next()?,
        };
        let Some(piece) = next else {
            feed.is_finished = true;
            return Ok(());
        };
        feed.recorded = feed.recorded.max(feed.pieces.offset());
        match engine.append_buffer(feed.id, &piece) {
            Ok(()) => record.push(What::Append(index, piece.len())),
            Err(Exception::QuotaExceeded(_)) => {
                feed.refused = Some(piece);
                if !was_refused {
                    record.push(What::Full(index));
                }
            }
            Err(exception) => return Err(unexpected(exception)),
        }
        Ok(())
    }

    /// Where nothing is buffered at `target` any more: appends the files again from the start.
    fn fetch_again(
        &mut self,
        target: PresentationTime,
        engine: &mut Engine,
    ) -> Result<(), Failure> {
        for feed in &mut self.feeds {
            let buffered = engine.source().buffered(feed.id).map_err(unexpected)?;
            let earliest = target.offset_by(gap_policy::MID_STREAM);
            let is_buffered = buffered
                .iter()
                .any(|(start, end)| start <= earliest && target <= end);
            let is_to_come = buffered.highest_end().is_none_or(|end| end <= target);
            if is_buffered || is_to_come {
                continue;
            }
            // Of an "ended" MediaSource every SourceBuffer is between segments already.
            if engine.source().ready_state() == ReadyState::Open {
                engine.abort(feed.id).map_err(unexpected)?;
            }
            feed.pieces.rewind();
            feed.refused = None;
            feed.is_finished = false;
        }
        Ok(())
    }

    /// When nothing more can be appended for now, and playback does not come on: plays what little
    /// there is, or seeks across the gap that it waits at.
    fn unblock(&mut self, engine: &mut Engine) -> Result<(), Failure> {
        let position = engine.element().position();
        let source = engine.source();
        let comes_more = |feed: &Feed| {
            let waits = feed.refused.is_some() || feed.next_recorded.is_some();
            source.is_updating(feed.id) || !feed.is_finished && !waits
        };
        if self.feeds.iter().any(comes_more) {
            return Ok(());
        }
        if source.element_view().ready_state(position) > ElementReadyState::HaveCurrentData {
            if engine.element().is_ready() && !engine.element().has_begun() {
                engine.play();
            }
            return Ok(());
        }
        let buffered = source.element_view().buffered();
        if let Some((start, _)) = buffered.iter().find(|(start, _)| *start > position) {
            engine.seek(start);
        } else if self.feeds.iter().any(|feed| feed.refused.is_some()) {
            return Err(Failure::Media(format!(
                "the quota has no room for what comes at {:.3} s: raise --quota",
                position.seconds()
            )));
        } else if buffered.is_empty() && self.feeds.iter().all(|feed| feed.is_finished) {
            return Err(Failure::Media(
                "there is no time at which all tracks have media: check that the files belong \
                 together"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Feed {
    /// Until when nothing follows what is buffered, as it is not recorded yet.
    fn missing_until(&self, live: &mut Live, engine: &Engine) -> Option<Instant> {
        let buffered = engine.source().buffered(self.id).ok()?;
        let (first_start, _) = buffered.iter().next()?;
        live.start.get_or_insert(first_start);
        let moment = live.moment_of(buffered.highest_end()?);
        (moment > Instant::now()).then_some(moment)
    }
}

/// An exception that this script does nothing to cause.
fn unexpected(exception: Exception) -> Failure {
    Failure::Media(exception.to_string())
}
