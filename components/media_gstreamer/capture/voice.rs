/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What plays the sound of one audio track.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use gstreamer::prelude::*;
use gstreamer::{
    Bin, BusSyncReply, ClockTime, Element, Format, MessageView, Pipeline, Sample, State,
};
use gstreamer_app::AppSrc;
use media_source::PlayerError;
use parking_lot::Mutex;

use super::clock;
use super::feed::{Tap, TrackFeed};
use super::player_control::{Command, Loudness};
use crate::audio_sink;
use crate::element::{element, words};
use crate::watchdog::Watchdog;

/// How long before it is heard sound is handed over, so that a little delay does no harm.
const LATENCY: ClockTime = ClockTime::from_mseconds(30);
/// How much the delay may change before sound is left out, or a gap is made.
const DELAY_TOLERANCE: ClockTime = ClockTime::from_mseconds(20);
/// How much sound the output may hold, in microseconds, and how much of that it asks for at once.
const OUTPUT_LATENCY: i64 = 60_000;
const OUTPUT_PERIOD: i64 = 10_000;
/// How many bytes may wait if the output stands: 100 ms of two channels of 48 kHz.
const WAITING_BYTES: u64 = 19_200;

/// Names a voice of a player.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct VoiceId(pub(crate) u64);

/// Plays the sound of one track while the player plays.
pub(crate) struct Voice {
    id: VoiceId,
    feed: Arc<TrackFeed>,
    /// Whether its first sound has come.
    pub(crate) has_come: bool,
    output: Option<Output>,
    /// The output that sound goes to.
    target: Arc<Target>,
    player: Sender<Command>,
    watchdog: Watchdog,
    _tap: Tap,
}

/// Where the sound of a track goes at the moment.
#[derive(Default)]
struct Target {
    source: Mutex<Option<AppSrc>>,
    has_come: AtomicBool,
    /// How much later than it was captured sound is played, besides the latency of the output. The
    /// streaming thread alone takes this lock.
    delay: Mutex<Delay>,
}

impl Voice {
    /// Returns a voice that is silent.
    pub(crate) fn new(
        id: VoiceId,
        feed: Arc<TrackFeed>,
        player: Sender<Command>,
        watchdog: Watchdog,
    ) -> Self {
        let target = Arc::<Target>::default();
        let (taken, told) = (target.clone(), player.clone());
        let tap = feed.tap(move |sample| {
            if !taken.has_come.swap(true, Ordering::AcqRel) {
                // There is no receiver if the player has ended.
                let _ = told.send(Command::SoundCame(id));
            }
            taken.play(sample);
        });
        Self {
            id,
            feed,
            has_come: false,
            output: None,
            target,
            player,
            watchdog,
            _tap: tap,
        }
    }

    pub(crate) fn id(&self) -> VoiceId {
        self.id
    }

    /// Returns whether it plays that track.
    pub(crate) fn plays(&self, feed: &Arc<TrackFeed>) -> bool {
        Arc::ptr_eq(&self.feed, feed)
    }

    /// Begins or ends to play. What was captured meanwhile is not heard later.
    pub(crate) fn set_playing(
        &mut self,
        is_playing: bool,
        loudness: Loudness,
    ) -> Result<(), PlayerError> {
        if is_playing && self.output.is_none() {
            let (id, player) = (self.id, self.player.clone());
            let output = Output::new(id, player, self.watchdog.clone())?;
            output.set_loudness(loudness);
            let source = output.source.clone();
            output.start(&self.player, id);
            self.output = Some(output);
            *self.target.source.lock() = Some(source);
        } else if !is_playing && self.output.is_some() {
            *self.target.source.lock() = None;
            self.output = None;
        }
        Ok(())
    }

    /// Lets the output take account of how much sound it holds.
    pub(crate) fn handle_latency_change(&self) {
        if let Some(output) = &self.output {
            // If it fails, the pipeline cannot answer yet, and will ask again.
            let _ = output.pipeline.recalculate_latency();
        }
    }

    pub(crate) fn set_loudness(&self, loudness: Loudness) {
        if let Some(output) = &self.output {
            output.set_loudness(loudness);
        }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        *self.target.source.lock() = None;
    }
}

impl Target {
    fn play(&self, sample: &Sample) {
        let Some(source) = self.source.lock().clone() else {
            return;
        };
        let Some(buffer) = sample.buffer() else {
            return;
        };
        let Some(time) = buffer.pts() else {
            return;
        };
        // An output that stands is not to lag when it goes on.
        if source.current_level_bytes() > WAITING_BYTES {
            return;
        }
        let mut buffer = buffer.copy();
        let time = self.delay.lock().apply(time, clock::now());
        buffer.make_mut().set_pts(time);
        let caps = sample.caps_owned();
        let delayed = Sample::builder()
            .buffer(&buffer)
            .caps_if_some(caps.as_ref());
        // It refuses sound while it is being torn down.
        let _ = source.push_sample(&delayed.build());
    }
}

/// How much later than it was captured sound is played.
#[derive(Default)]
struct Delay(Option<ClockTime>);

impl Delay {
    /// Returns when sound of `time` is to be played that comes at `now`. The pieces follow each other as
    /// they were captured, however unevenly they come; only where one comes too late, or all come early,
    /// that changes.
    fn apply(&mut self, time: ClockTime, now: ClockTime) -> ClockTime {
        let actual = now.saturating_sub(time);
        let is_near = |delay: &ClockTime| delay.absdiff(actual) <= DELAY_TOLERANCE;
        let delay = self.0.filter(is_near).unwrap_or(actual);
        self.0 = Some(delay);
        time + delay
    }
}

/// The pipeline that plays the sound of a track. Dropping it tears it down, which waits for GStreamer's
/// threads.
struct Output {
    pipeline: Pipeline,
    source: AppSrc,
    volume: Element,
    watchdog: Watchdog,
}

impl Output {
    fn new(id: VoiceId, player: Sender<Command>, watchdog: Watchdog) -> Result<Self, PlayerError> {
        let source = AppSrc::builder()
            .format(Format::Time)
            .is_live(true)
            .min_latency(LATENCY.nseconds() as i64)
            .build();
        let volume = element("volume")?;
        let sink = audio_sink::build()?;
        shorten_latency(&sink);
        let elements = [
            source.clone().upcast(),
            element("audioconvert")?,
            element("audioresample")?,
            volume.clone(),
            sink,
        ];
        let pipeline = Pipeline::new();
        clock::install(&pipeline);
        let linked = pipeline.add_many(&elements);
        linked
            .and_then(|()| Element::link_many(&elements))
            .map_err(|error| PlayerError::Initialization(error.to_string()))?;
        forward_messages(&pipeline, id, player);
        Ok(Self {
            pipeline,
            source,
            volume,
            watchdog,
        })
    }

    fn start(&self, player: &Sender<Command>, id: VoiceId) {
        let pipeline = &self.pipeline;
        let started = self.watchdog.watch(|| pipeline.set_state(State::Playing));
        if started.is_err() {
            // An element has posted an error that says more. If not, this one counts.
            let message = "it does not start".to_owned();
            let _ = player.send(Command::VoiceFailed(id, message));
        }
    }

    fn set_loudness(&self, loudness: Loudness) {
        self.volume.set_property("volume", loudness.volume);
        self.volume.set_property("mute", loudness.is_muted);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let pipeline = &self.pipeline;
        let _ = self.watchdog.watch(|| pipeline.set_state(State::Null));
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// Makes the output of the platform hold little sound, as soon as it is chosen.
fn shorten_latency(sink: &Element) {
    if let Some(bin) = sink.downcast_ref::<Bin>() {
        bin.connect_element_added(|_, chosen| {
            if chosen.has_property("buffer-time") && chosen.has_property("latency-time") {
                chosen.set_property("buffer-time", OUTPUT_LATENCY);
                chosen.set_property("latency-time", OUTPUT_PERIOD);
            }
        });
    }
}

fn forward_messages(pipeline: &Pipeline, id: VoiceId, player: Sender<Command>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        let command = match message.view() {
            MessageView::Error(error) => Command::VoiceFailed(id, words(error)),
            MessageView::Latency(_) => Command::LatencyChanged(id),
            _ => return BusSyncReply::Drop,
        };
        // There is no receiver if the player has ended.
        let _ = player.send(command);
        BusSyncReply::Drop
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_played_evenly_though_it_comes_unevenly() {
        let mut delay = Delay::default();
        let mut played = |time, now| {
            let [time, now] = [time, now].map(ClockTime::from_mseconds);
            delay.apply(time, now).mseconds()
        };
        assert_eq!(played(0, 15), 15);
        assert_eq!(played(10, 40), 25);
        assert_eq!(played(20, 25), 35);
        // A piece that comes too late is not left out, and those after it follow.
        assert_eq!(played(30, 90), 90);
        assert_eq!(played(40, 95), 100);
        // It does not lag for ever.
        assert_eq!(played(50, 65), 65);
        assert_eq!(played(60, 80), 75);
    }
}
