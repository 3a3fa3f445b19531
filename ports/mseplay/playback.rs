/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! One run: the event loop around engine and script, from the first append to the end.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use media_gstreamer::{DecoderPreference, GStreamerPlayer, Pipelines, capabilities};
use media_source::{
    MediaSource, Page, Player, PlayerEvent, Quota, VideoPlaybackQuality, VideoRenderer,
};

use crate::engine::{Engine, Message};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::record::{Record, What};
use crate::script::{Outcome, Plan, Script};

/// How often the progress is brought up to date at least.
const TICK: Duration = Duration::from_millis(250);

/// What to play, and how.
pub struct Playback {
    /// What the script does.
    pub plan: Plan,
    /// Seconds of media in a second.
    pub rate: f64,
    /// Bytes that a SourceBuffer holds; `None` for the default.
    pub quota: Option<usize>,
    /// Which decoders are tried first.
    pub preference: DecoderPreference,
}

/// What came of a run.
pub struct Played {
    /// What happened.
    pub record: Record,
    /// The duration of the media in seconds, as far as it is known.
    pub duration: f64,
    /// The counts of the video's frames.
    pub frames: VideoPlaybackQuality,
    /// Why it was not played to the end.
    pub failure: Option<Failure>,
}

impl Playback {
    /// Plays. `messages` are what other threads send, `sender` is for more of them.
    pub fn run(
        self,
        renderer: Box<dyn VideoRenderer>,
        sender: Sender<Message>,
        messages: &Receiver<Message>,
    ) -> Result<Played, Failure> {
        let listener = {
            let sender = sender.clone();
            move |event| {
                // Pictures are the renderer's. At the end nobody listens any more.
                if event != PlayerEvent::VideoFrameUpdated {
                    let _ = sender.send(Message::Player(event));
                }
            }
        };
        let preference = self.preference;
        let pipelines = Pipelines::default().with_decoder_preference(preference);
        let player = GStreamerPlayer::new(&pipelines, renderer, Box::new(listener))
            .map_err(|error| Failure::Media(error.to_string()))?;
        player.set_rate(self.rate);
        let can_decode = move |codec| capabilities::can_decode(codec, preference);
        let mut source = MediaSource::new(&Page::without_player(can_decode));
        if let Some(bytes) = self.quota {
            source.set_quota(Quota::of_each_source_buffer(bytes));
        }
        let mut run = Run {
            engine: Engine::new(source, player, sender),
            script: Script::new(self.plan),
            record: Record::new(),
            progress: Progress::new(),
        };
        let failure = run.run(messages).err();
        run.observe();
        Ok(run.close(failure))
    }
}

struct Run {
    engine: Engine,
    script: Script,
    record: Record,
    progress: Progress,
}

impl Run {
    fn run(&mut self, messages: &Receiver<Message>) -> Result<(), Failure> {
        loop {
            while let Some(fired) = self.engine.next_event() {
                let outcome = self
                    .script
                    .handle(fired, &mut self.engine, &mut self.record)?;
                if outcome == Outcome::Done {
                    return Ok(());
                }
            }
            self.observe();
            let tick = Instant::now() + TICK;
            let due = self
                .script
                .next_timer()
                .map_or(tick, |timer| timer.min(tick));
            match messages.recv_deadline(due) {
                Ok(Message::JobDone(outcome)) => self.engine.handle_job_outcome(outcome),
                Ok(Message::Player(event)) => self.engine.handle_player_event(event),
                Ok(Message::Key(key)) => {
                    if self.script.handle_key(key, &mut self.engine)? == Outcome::Done {
                        return Ok(());
                    }
                }
                Err(_) => self.script.go_on(&mut self.engine, &mut self.record)?,
            }
        }
    }

    /// Records what no event tells, and shows it.
    fn observe(&mut self) {
        for (index, id) in self.script.source_buffers().enumerate() {
            if let Ok(buffered) = self.engine.source().buffered(id)
                && buffered != self.record.sources[index].buffered
            {
                self.record.push(What::Buffered(index, buffered));
            }
        }
        self.progress.show(&self.record, &self.engine);
    }

    fn close(mut self, failure: Option<Failure>) -> Played {
        self.progress.finish();
        let duration = self.engine.element().view().duration();
        let player = self.engine.into_player();
        let frames = player.frame_counts();
        // All pictures have been handed to the renderer after this. A pipeline that does not answer
        // is abandoned: what was played is no worse for it.
        player.close().wait();
        Played {
            record: self.record,
            duration,
            frames,
            failure,
        }
    }
}
