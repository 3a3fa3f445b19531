/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A media element with a player that only records what it is asked for.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, Sender, channel};

use media_source::{
    ElementError, ElementUpdate, ElementView, MediaElement, Player, PlayerError, PlayerEvent,
    SeekId, TrackReader, VideoPlaybackQuality,
};
use track_buffer::PresentationTime;

use crate::notation::{parse_time, print_time};

/// A player that plays nothing and records what it is asked for.
struct FakePlayer {
    asked: Sender<String>,
    newest_seek: Cell<SeekId>,
}

impl FakePlayer {
    fn record(&self, text: impl Into<String>) {
        self.asked.send(text.into()).expect("the test listens");
    }
}

impl Player for FakePlayer {
    fn set_tracks(&self, tracks: Vec<TrackReader>) {
        self.record(format!("{} tracks", tracks.len()));
    }

    fn data_changed(&self) {
        self.record("data");
    }

    fn play(&self) {
        self.record("play");
    }

    fn pause(&self) {
        self.record("pause");
    }

    fn seek(&self, target: PresentationTime) -> SeekId {
        self.newest_seek.set(self.newest_seek.get().next());
        self.record(format!("seek {}", print_time(target)));
        self.newest_seek.get()
    }

    fn set_rate(&self, _rate: f64) {}

    fn set_preserves_pitch(&self, _preserves_pitch: bool) {}

    fn set_volume(&self, _volume: f64) {}

    fn set_muted(&self, _is_muted: bool) {}

    fn frame_counts(&self) -> VideoPlaybackQuality {
        VideoPlaybackQuality::default()
    }
}

/// A media element that a script of the notation drives.
pub struct ScriptedElement {
    element: MediaElement<dyn Player>,
    asked: Receiver<String>,
}

impl ScriptedElement {
    /// Makes the element of the MediaSource with that view.
    pub fn new(view: ElementView) -> Self {
        let (sender, asked) = channel();
        let player = FakePlayer {
            asked: sender,
            newest_seek: Cell::default(),
        };
        let element = MediaElement::new(view, Box::new(player) as Box<dyn Player>);
        Self { element, asked }
    }

    /// Returns the element, so that it can be told what the MediaSource says.
    pub fn element(&mut self) -> &mut MediaElement<dyn Player> {
        &mut self.element
    }

    /// Does what the page does.
    pub fn command(&mut self, verb: &str, arguments: &str) {
        match verb {
            "plays" => self.element.play(),
            "pauses" => self.element.pause(),
            "suspends" => self.element.suspend(),
            "resumes" => self.element.resume(),
            "seeks" => self.element.seek(parse_time(arguments)),
            _ => panic!("an element does not do that: {verb}"),
        }
    }

    /// Tells the element what happens in the player. The first seek has the number 1.
    pub fn player(&mut self, verb: &str, arguments: &str) {
        let event = match verb.split_once(' ') {
            Some(("arrives", number)) => {
                let number: usize = number.parse().expect("the number of a seek");
                let mut ids = std::iter::successors(Some(SeekId::default()), |id| Some(id.next()));
                PlayerEvent::SeekDone {
                    id: ids.nth(number).expect("there is no end of them"),
                    position: parse_time(arguments),
                }
            }
            _ => match verb {
                "prerolls" => PlayerEvent::Prerolled,
                "reaches" => PlayerEvent::Position(parse_time(arguments)),
                "shows" => PlayerEvent::VideoFrameUpdated,
                "ends" => PlayerEvent::EndOfStream,
                "starves" => PlayerEvent::Starved,
                "fails" => PlayerEvent::Failed(PlayerError::Initialization(arguments.to_owned())),
                _ => panic!("a player does not do that: {verb}"),
            },
        };
        self.element.handle_player_event(event);
    }

    /// Returns what changed since the last call.
    pub fn updates(&mut self) -> String {
        let updates = std::iter::from_fn(|| self.element.poll_update());
        updates.map(print_update).collect::<Vec<_>>().join("; ")
    }

    /// Returns what the player was asked for since the last call.
    pub fn asked(&mut self) -> String {
        self.asked.try_iter().collect::<Vec<_>>().join("; ")
    }
}

fn print_update(update: ElementUpdate) -> String {
    let milliseconds = |seconds: f64| print_time(PresentationTime::from_seconds(seconds));
    match update {
        ElementUpdate::Duration(seconds) if seconds.is_infinite() => "duration inf".to_owned(),
        ElementUpdate::Duration(seconds) => format!("duration {}", milliseconds(seconds)),
        ElementUpdate::Metadata { width, height } => format!("metadata {width}x{height}"),
        ElementUpdate::ReadyState(state) => format!("{state:?}"),
        ElementUpdate::Position(position) => format!("at {}", print_time(position)),
        ElementUpdate::Seek(seconds) => format!("seek {}", milliseconds(seconds)),
        ElementUpdate::Seeked(position) => format!("seeked {}", print_time(position)),
        ElementUpdate::VideoFrame => "frame".to_owned(),
        ElementUpdate::Ended => "ended".to_owned(),
        ElementUpdate::Failed(ElementError::Network) => "fails: network".to_owned(),
        ElementUpdate::Failed(ElementError::Decode { message, .. }) => format!("fails: {message}"),
        _ => format!("{update:?}"),
    }
}
