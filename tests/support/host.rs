/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A host without any engine, which records what it is told to do.

use std::collections::VecDeque;
use std::fmt::Write;

use byte_stream::track::Codec;
use bytes::Bytes;
use media_source::{
    Attributes, Effect, ElementEffect, ElementError, EventTarget, Exception, Job, JobOutcome,
    MediaSource, MediaTrack, Page, SourceBufferId,
};
use track_buffer::ranges::TimeRanges;
use track_buffer::time::PresentationTime;

use crate::element::ScriptedElement;

/// A host that owns a MediaSource, and does what that says when the test tells it to.
pub struct Host {
    /// The MediaSource, for its getters. Commands go through [`Self::call`].
    pub source: MediaSource,
    /// The SourceBuffers in the order in which they were made.
    source_buffers: Vec<SourceBufferId>,
    /// The last attributes of the SourceBuffers that were removed.
    last_attributes: Vec<(SourceBufferId, Attributes)>,
    jobs: VecDeque<Job>,
    outcomes: VecDeque<JobOutcome>,
    told: Vec<String>,
    /// The media element, if the test has one. It is told what the MediaSource says.
    pub(crate) element: Option<ScriptedElement>,
}

impl Host {
    /// Makes a host with a closed MediaSource on a platform that decodes everything.
    pub fn closed() -> Self {
        Self::with_platform(|_| true)
    }

    /// Makes a host with an attached MediaSource, and forgets what it told by that.
    pub fn open() -> Self {
        let mut host = Self::closed();
        host.attach();
        host
    }

    /// Makes a host with a closed MediaSource on a platform that decodes some codecs.
    pub fn with_platform(can_decode: fn(Codec) -> bool) -> Self {
        Self {
            source: MediaSource::new(&Page::without_player(can_decode)),
            source_buffers: Vec::new(),
            last_attributes: Vec::new(),
            jobs: VecDeque::new(),
            outcomes: VecDeque::new(),
            told: Vec::new(),
            element: None,
        }
    }

    /// Attaches the MediaSource, and forgets what it told then.
    pub fn attach(&mut self) {
        assert!(self.call(MediaSource::attach), "it is closed");
        self.forget();
    }

    /// Calls a method, then drains the effects.
    pub fn call<T>(&mut self, method: impl FnOnce(&mut MediaSource) -> T) -> T {
        let result = method(&mut self.source);
        while let Some(effect) = self.source.poll_effect() {
            match effect {
                Effect::Fire { target, event } => {
                    let target = self.target_name(target);
                    self.told.push(format!("fire {} at {target}", event.name()));
                }
                Effect::RunJob(job) => self.jobs.push_back(job),
                Effect::Element(effect) => {
                    self.told.push(element_effect_text(&effect));
                    if let Some(element) = &mut self.element {
                        element.element().handle_effect(effect);
                    }
                }
                Effect::Discard(discarded) => {
                    let last = (discarded.id(), discarded.attributes());
                    self.last_attributes.push(last);
                }
                _ => panic!("this host does not know the effect"),
            }
        }
        result
    }

    fn target_name(&self, target: EventTarget) -> String {
        match target {
            EventTarget::ActiveSourceBuffers => "activeSourceBuffers".to_owned(),
            EventTarget::MediaSource => "MediaSource".to_owned(),
            EventTarget::SourceBuffer(id) => {
                let index = self.source_buffers.iter().position(|made| *made == id);
                format!(
                    "SourceBuffer {}",
                    index.expect("the host knows all SourceBuffers")
                )
            }
            EventTarget::SourceBuffers => "sourceBuffers".to_owned(),
        }
    }

    /// Adds a SourceBuffer for the type, which is accepted.
    pub fn add(&mut self, mime_type: &str) -> SourceBufferId {
        let id = self
            .call(|source| source.add_source_buffer(mime_type))
            .expect("it is accepted");
        self.source_buffers.push(id);
        id
    }

    /// Calls `appendBuffer()`. The append waits to be run.
    pub fn start_append(&mut self, id: SourceBufferId, data: &Bytes) {
        let result = self.call(|source| source.source_buffer(id)?.append_buffer(data));
        result.expect("it may be appended to");
    }

    /// Appends, and does all that is to be done.
    pub fn append(&mut self, id: SourceBufferId, data: &Bytes) {
        self.start_append(id, data);
        self.finish();
    }

    /// Removes a range of seconds, and does all that is to be done.
    pub fn remove(&mut self, id: SourceBufferId, start: f64, end: f64) {
        self.call(|source| source.source_buffer(id)?.remove(start, end))
            .expect("it may be removed from");
        self.finish();
    }

    /// Ends the stream, without an error.
    pub fn end_of_stream(&mut self) {
        self.call(|source| source.end_of_stream(None))
            .expect("the MediaSource is open and idle");
    }

    /// Runs the appends and removals that wait. Then their outcomes wait.
    pub fn run_jobs(&mut self) {
        self.outcomes.extend(self.jobs.drain(..).map(Job::run));
    }

    /// Hands over the outcome that has waited longest.
    pub fn hand_over_outcome(&mut self) {
        let outcome = self.outcomes.pop_front().expect("a job was run");
        self.call(|source| source.handle_job_outcome(outcome));
    }

    /// Runs everything that waits.
    pub fn finish(&mut self) {
        self.run_jobs();
        while !self.outcomes.is_empty() {
            self.hand_over_outcome();
        }
    }

    /// Forgets what was told so far.
    pub fn forget(&mut self) {
        self.told.clear();
    }

    /// Returns what was told since the last call: events and effects on the element in their order.
    pub fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// Returns the durations that the element was told since the last call, and nothing else.
    pub fn told_durations(&mut self) -> Vec<String> {
        let mut told = self.told();
        told.retain(|line| line.starts_with("element duration"));
        told
    }

    /// Asserts that a call throws the exception of that name, and changes nothing.
    #[track_caller]
    pub fn assert_throws<T>(
        &mut self,
        name: &str,
        method: impl FnOnce(&mut MediaSource) -> Result<T, Exception>,
    ) {
        let before = (self.state(), self.jobs.len());
        self.forget();
        let Err(exception) = self.call(method) else {
            panic!("nothing is thrown")
        };
        let text = exception.to_string();
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
        assert!(
            text.len() > name.len() + 10,
            "the message says what to do: {text}"
        );
        assert_eq!((self.state(), self.jobs.len()), before);
        assert!(self.told.is_empty(), "{:?}", self.told);
    }

    /// Returns everything that scripts and the element can see, as text.
    pub fn state(&self) -> String {
        let source = &self.source;
        let mut state = String::new();
        let _ = writeln!(
            state,
            "{:?}, duration {}",
            source.ready_state(),
            source.duration()
        );
        for &id in &self.source_buffers {
            let is_listed = source.source_buffers().any(|listed| listed == id);
            let is_active = source.active_source_buffer_ids().any(|active| active == id);
            let _ = writeln!(
                state,
                "{id:?}: listed {is_listed}, active {is_active}, updating {}, {:?}, buffered {:?}",
                source.is_updating(id),
                self.attributes(id),
                source.buffered(id),
            );
        }
        let _ = writeln!(
            state,
            "element buffered {:?}, seekable {:?}, {:?}",
            source.element_view().buffered(),
            source.element_view().seekable(),
            source.element_view().ready_state(PresentationTime::ZERO),
        );
        state
    }

    /// Returns the attributes of the SourceBuffer, even if it has been removed.
    pub fn attributes(&self, id: SourceBufferId) -> Attributes {
        let mut removed = self.last_attributes.iter().rev();
        self.source.attributes(id).unwrap_or_else(|| {
            let last = removed.find(|(removed, _)| *removed == id);
            last.expect("it was discarded").1
        })
    }

    /// Returns the SourceBuffer's `buffered`, such as `0..2 3..4.5`: seconds, rounded to milliseconds.
    pub fn buffered(&self, id: SourceBufferId) -> String {
        ranges_text(&self.source.buffered(id).expect("it is not removed"))
    }

    /// Returns the element's `buffered` in the form of [`Host::buffered`].
    pub fn element_buffered(&self) -> String {
        ranges_text(&self.source.element_view().buffered())
    }
}

/// Writes ranges such as `0..2 3..4.5`: seconds, rounded to milliseconds.
fn ranges_text(ranges: &TimeRanges) -> String {
    let rounded = |time: PresentationTime| (time.seconds() * 1e3).round() / 1e3;
    let ranges = ranges
        .iter()
        .map(|(start, end)| format!("{}..{}", rounded(start), rounded(end)));
    ranges.collect::<Vec<_>>().join(" ")
}

fn element_effect_text(effect: &ElementEffect) -> String {
    match effect {
        ElementEffect::DurationChanged(duration) => format!("element duration {duration}"),
        ElementEffect::TrackAdded(track) => track_text("adds", track),
        ElementEffect::TrackRemoved(track) => track_text("removes", track),
        ElementEffect::PlayableTracksChanged => "element tracks".to_owned(),
        ElementEffect::BufferedChanged => "element buffered".to_owned(),
        ElementEffect::Failed(ElementError::Network) => "element fails: network".to_owned(),
        ElementEffect::Failed(ElementError::Decode { message, .. }) => {
            format!("element fails: {message}")
        }
        _ => panic!("this host does not know the effect"),
    }
}

/// Writes an effect such as `element adds Video track 1, enabled`.
fn track_text(verb: &str, track: &MediaTrack) -> String {
    let state = if track.is_enabled {
        "enabled"
    } else {
        "disabled"
    };
    format!(
        "element {verb} {:?} track {}, {state}",
        track.medium, track.id
    )
}
