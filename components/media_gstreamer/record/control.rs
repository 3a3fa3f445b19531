/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread of a recording.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gstreamer::{ClockTime, Sample};
use media_recorder::{Container, RecordingEvent, RecordingFailure, RecordingPlan};
use media_stream::Kind;

use super::backend::Shared;
use super::graph::{Graph, Outcome};
use super::timeline::Timeline;
use super::track::{Media, Track};
use crate::capture::clock;
use crate::watchdog::Watchdog;

/// How often it is looked whether something is missing or due, and at least how often with short timeslices.
const TICK: Duration = Duration::from_millis(100);
const SHORTEST_TICK: Duration = Duration::from_millis(10);
/// How late frames may come after they were captured before others are put in their place.
const DELAY: ClockTime = ClockTime::from_mseconds(500);
/// How long the encoders may take for nothing at all when the recording is stopped.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message to the thread of a recording. Some say when they were sent, as media do.
pub(super) enum Command {
    /// A frame of the track at that place.
    Media(usize, Sample),
    Pause(ClockTime),
    Resume(ClockTime),
    RequestData,
    EndTrack(usize),
    Stop(ClockTime),
    Pipeline(Outcome),
    End,
}

/// The state of a recording, on its thread.
pub(super) struct Control {
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    container: Container,
    timeslice: Option<Duration>,
    graph: Graph,
    tracks: Vec<Track>,
    timeline: Timeline,
    start: Instant,
    /// How long the recording is when the next timeslice ends.
    slice_end: ClockTime,
    stopping: Option<Stopping>,
}

/// A recording whose encoders are to come to their ends.
struct Stopping {
    /// How long the file was when it had grown last, and when that was.
    length: usize,
    grown: Instant,
}

/// Records until the recording is stopped, dropped or fails.
pub(super) fn run(
    plan: RecordingPlan,
    sender: Sender<Command>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
) {
    match Control::new(plan, sender, commands, shared.clone()) {
        Ok(control) => {
            shared.tell(RecordingEvent::Started);
            control.run();
        }
        Err(message) => shared.end_by(RecordingEvent::Failed(RecordingFailure::NotSupported(
            message,
        ))),
    }
}

impl Control {
    fn new(
        plan: RecordingPlan,
        sender: Sender<Command>,
        commands: Receiver<Command>,
        shared: Arc<Shared>,
    ) -> Result<Self, String> {
        let watchdog = Watchdog::new(shared.clone()).map_err(|error| error.to_string())?;
        let teller = sender.clone();
        let tell = move |outcome| {
            // There is no receiver if the recording has ended.
            let _ = teller.send(Command::Pipeline(outcome));
        };
        // What comes while the pipeline is built is recorded too.
        let tap = |(place, planned)| Media::tap(planned, place, sender.clone());
        let media = plan.tracks.iter().enumerate().map(tap);
        let media: Option<Vec<_>> = media.collect();
        let media = media.ok_or("a track has media that cannot be recorded")?;
        let (graph, chains) = Graph::new(&plan, watchdog, tell)?;
        let codec = plan.video.as_ref().map(|video| video.codec);
        let parts = plan.tracks.iter().zip(media).zip(chains);
        let tracks = parts.map(|((planned, media), chain)| {
            let codec = codec.filter(|_| planned.kind == Kind::Video);
            Track::new(planned, codec, media, chain)
        });
        let tracks = tracks.collect();
        graph.start()?;
        let timeslice = plan.timeslice;
        Ok(Self {
            commands,
            shared,
            container: plan.container,
            timeslice,
            graph,
            tracks,
            timeline: Timeline::default(),
            start: Instant::now(),
            slice_end: timeslice.map_or(ClockTime::MAX, clock_time),
            stopping: None,
        })
    }

    fn run(mut self) {
        let mut tick = self.next_tick();
        // The watchdog may end the recording too.
        while !self.shared.is_over() {
            match self.commands.recv_deadline(tick) {
                Ok(Command::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(command) => self.handle(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // Frames that wait for a thread that was held up are not missing.
            if Instant::now() >= tick && self.commands.is_empty() {
                self.settle();
                tick = self.next_tick();
            }
        }
    }

    fn next_tick(&self) -> Instant {
        let period = self.timeslice.map_or(TICK, |slice| slice / 4);
        Instant::now() + period.clamp(SHORTEST_TICK, TICK)
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Media(place, sample) => self.take(place, sample),
            Command::Pipeline(outcome) => self.handle_outcome(outcome),
            _ if self.stopping.is_some() => {}
            Command::Pause(time) => {
                self.timeline.pause(time);
                self.shared.tell(RecordingEvent::Paused);
            }
            Command::Resume(time) => {
                self.timeline.resume(time);
                self.shared.tell(RecordingEvent::Resumed);
            }
            Command::RequestData => self.hand_over(),
            Command::EndTrack(place) => {
                let length = self.timeline.length_at(clock::now());
                let length = self.timeline.has_begun().then_some(length);
                self.tracks[place].end(length);
            }
            Command::Stop(time) => self.stop(time),
            Command::End => {}
        }
    }

    fn take(&mut self, place: usize, sample: Sample) {
        let track = &mut self.tracks[place];
        track.note_arrival();
        if let Some(time) = sample.buffer().and_then(|buffer| buffer.pts()) {
            self.timeline.begin(time);
            track.take(sample, self.timeline.place(time));
        }
    }

    fn stop(&mut self, time: ClockTime) {
        self.timeline.end(time);
        let length = self.timeline.length_at(time);
        for track in &mut self.tracks {
            track.complete(length);
        }
        self.stopping = Some(Stopping {
            length: 0,
            grown: Instant::now(),
        });
    }

    fn handle_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Finished => {
                let data = self.graph.file.lock().take(self.start);
                self.shared.end_by(RecordingEvent::Stopped(data));
            }
            Outcome::Failed(message) => self.fail(message),
        }
    }

    fn fail(&self, message: String) {
        let data = self.graph.file.lock().take(self.start);
        let failure = RecordingFailure::Broken(message, data);
        self.shared.end_by(RecordingEvent::Failed(failure));
    }

    /// Does what has become due.
    fn settle(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            let length = self.graph.file.lock().length();
            if length > stopping.length {
                *stopping = Stopping {
                    length,
                    grown: Instant::now(),
                };
            } else if stopping.grown.elapsed() > PATIENCE {
                self.fail("the encoders do not come to an end".to_owned());
            }
            return;
        }
        if !self.timeline.has_begun() {
            return;
        }
        let now = clock::now();
        let length = self.timeline.length_at(now.saturating_sub(DELAY));
        if length > ClockTime::ZERO {
            for track in &mut self.tracks {
                track.fill(length);
            }
        }
        let length = self.timeline.length_at(now);
        if length >= self.slice_end && self.graph.file.lock().has_bytes() {
            self.hand_over();
            let slice = self.timeslice.map_or(ClockTime::MAX, clock_time);
            self.slice_end = length + slice;
        }
    }

    /// Hands over what was recorded, as far as the file allows.
    fn hand_over(&mut self) {
        let is_whole = self.timeslice.is_none() && self.container == Container::Mp4;
        let data = match is_whole {
            true => media_recorder::RecordedData {
                bytes: Vec::new(),
                created: self.start.elapsed(),
            },
            false => self.graph.file.lock().take(self.start),
        };
        self.shared.tell(RecordingEvent::Data(data));
    }
}

fn clock_time(duration: Duration) -> ClockTime {
    ClockTime::try_from(duration).unwrap_or(ClockTime::MAX)
}
