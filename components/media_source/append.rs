/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The buffer append algorithm: appended bytes become coded frames off the script thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_stream::error::StreamError;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{CodecConfiguration, InitializationSegment};
use bytes::Bytes;
use parking_lot::Mutex;
use track_buffer::track_buffers::TrackBuffers;
use track_buffer::track_mismatch::TrackMismatch;

use crate::effect::{Effect, ElementEffect, ElementError, Event, EventTarget, SourceBufferId};
use crate::media_source::MediaSource;
use crate::source_buffer::SourceBuffer;

/// How many bytes one turn of the parser looks at before `abort()` can take effect.
const BYTES_PER_TURN: usize = 128 * 1024;

/// One append, ready to run on any thread.
pub struct AppendJob {
    source_buffer: SourceBufferId,
    generation: Arc<AtomicU64>,
    started_generation: u64,
    parser: Arc<Mutex<Parser>>,
    track_buffers: Arc<Mutex<TrackBuffers>>,
    data: Bytes,
}

/// What became of an append.
#[derive(Debug)]
pub struct AppendOutcome {
    source_buffer: SourceBufferId,
    started_generation: u64,
    initialization_segments: Vec<InitializationSegment>,
    result: Result<(), AppendError>,
}

/// Why the append error algorithm runs.
#[derive(Clone, Debug, Eq, PartialEq)]
enum AppendError {
    Stream(StreamError),
    Track(TrackMismatch),
    Unsupported(String),
}

impl fmt::Display for AppendError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => error.fmt(formatter),
            Self::Track(error) => error.fmt(formatter),
            Self::Unsupported(codec) => write!(formatter, "the codec {codec} cannot be decoded"),
        }
    }
}

impl fmt::Debug for AppendJob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AppendJob({:?}, {} bytes)", self.source_buffer, self.data.len())
    }
}

impl AppendJob {
    pub(crate) fn new(buffer: &SourceBuffer, data: Bytes) -> Self {
        Self {
            source_buffer: buffer.id,
            generation: buffer.generation.clone(),
            started_generation: buffer.generation.load(Ordering::Acquire),
            parser: buffer.parser.clone(),
            track_buffers: buffer.track_buffers.clone(),
            data,
        }
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>
    pub fn run(mut self) -> AppendOutcome {
        let mut initialization_segments = Vec::new();
        let data = std::mem::take(&mut self.data);
        let result = self.parse(data, &mut initialization_segments);
        AppendOutcome {
            source_buffer: self.source_buffer,
            started_generation: self.started_generation,
            initialization_segments,
            result,
        }
    }

    fn parse(
        &self,
        data: Bytes,
        initialization_segments: &mut Vec<InitializationSegment>,
    ) -> Result<(), AppendError> {
        let mut input = Some(data);
        loop {
            // The lock is taken anew for each turn, and the generation looked at under it, so that
            // nothing is parsed after an abort() has reset the parser.
            let mut parser = self.parser.lock();
            if self.generation.load(Ordering::Acquire) != self.started_generation {
                return Ok(());
            }
            if let Some(data) = input.take() {
                parser.push(data);
            }
            match parser.parse(BYTES_PER_TURN).map_err(AppendError::Stream)? {
                Parsed::NeedMore => return Ok(()),
                Parsed::Yield => {},
                Parsed::Produced(Produced::InitializationSegment(segment)) => {
                    self.track_buffers
                        .lock()
                        .receive_initialization_segment(&segment)
                        .map_err(AppendError::Track)?;
                    initialization_segments.push(segment);
                },
                Parsed::Produced(Produced::CodedFrames(frames)) => {
                    self.track_buffers.lock().append(frames);
                },
            }
        }
    }
}

impl MediaSource {
    /// The rest of the buffer append algorithm, once the job has run.
    /// <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>
    pub fn handle_append_outcome(&mut self, outcome: AppendOutcome) {
        let id = outcome.source_buffer;
        // If the segment parser loop algorithm was aborted, then abort this algorithm.
        let Ok(buffer) = self.not_removed(id) else { return };
        if buffer.generation.load(Ordering::Acquire) != outcome.started_generation {
            return;
        }
        let received = outcome
            .initialization_segments
            .iter()
            .try_for_each(|segment| self.receive_initialization_segment(id, segment));
        if let Err(error) = received.and(outcome.result) {
            self.run_append_error(id, &error);
            return;
        }
        self.finish_coded_frame_processing(id);
        // Set the updating attribute to false.
        let buffer = self.not_removed_mut(id).expect("looked up above");
        buffer.is_updating = false;
        buffer.refresh_timestamp_offset();
        self.push(Effect::Element(ElementEffect::BufferedChanged));
        // Queue a task to fire update, and one to fire updateend.
        self.fire(EventTarget::SourceBuffer(id), Event::Update);
        self.fire(EventTarget::SourceBuffer(id), Event::UpdateEnd);
    }

    /// The part that scripts see; the track buffers received the segment when it was parsed.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn receive_initialization_segment(
        &mut self,
        id: SourceBufferId,
        segment: &InitializationSegment,
    ) -> Result<(), AppendError> {
        // Step 1. Update the duration attribute if it currently equals NaN: to the duration in the
        // initialization segment, or else to positive Infinity.
        if self.duration().is_nan() {
            let duration = segment.duration.map_or(f64::INFINITY, |duration| duration as f64 / 1e9);
            // The frames appended with the segment may already reach beyond that duration.
            let _ = self.change_duration(duration);
        }
        // Step 2. If the initialization segment has no tracks, then run the append error
        // algorithm. (The parser refuses it.)
        // Step 3. If the first initialization segment received flag is true, verify the tracks.
        // (The track buffers did.)
        // Step 5.1. If the initialization segment contains tracks with codecs the user agent does
        // not support, then run the append error algorithm.
        for track in &segment.tracks {
            if !self.can_decode(track.configuration.codec()) {
                let codec_string = match &track.configuration {
                    CodecConfiguration::Audio(audio) => &audio.codec_string,
                    CodecConfiguration::Video(video) => &video.codec_string,
                };
                return Err(AppendError::Unsupported(codec_string.clone()));
            }
        }
        // Step 4. Let active track flag equal false.
        // Step 5. If the first initialization segment received flag is false:
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        if buffer.has_first_initialization_segment {
            return Ok(());
        }
        // Step 5.2-5.4. For each track, run the steps that create its track object.
        buffer.has_first_initialization_segment = true;
        // Step 5.5. If active track flag equals true, then add this SourceBuffer to
        // activeSourceBuffers and queue a task to fire addsourcebuffer there. (All tracks are
        // enabled or selected so far.)
        buffer.is_active = true;
        self.fire(EventTarget::ActiveSourceBuffers, Event::AddSourceBuffer);
        // Steps 6-8. The element's readyState follows from element_ready_state.
        if self.has_all_initialization_segments() {
            self.push(Effect::Element(ElementEffect::PlayableTracksChanged));
        }
        Ok(())
    }

    /// The last steps of <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>.
    fn finish_coded_frame_processing(&mut self, id: SourceBufferId) {
        // Steps 2-4. The element's readyState follows from element_ready_state.
        // Step 5. If the media segment contains data beyond the current duration, then run the
        // duration change algorithm with the maximum of the current duration and the group end
        // timestamp.
        let buffer = self.not_removed(id).expect("looked up by the caller");
        let group_end = buffer.track_buffers.lock().group_end_timestamp().seconds();
        if group_end > self.duration() {
            self.change_duration(group_end).expect("the duration grows");
        }
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
    fn run_append_error(&mut self, id: SourceBufferId, error: &AppendError) {
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        // Step 1. Run the reset parser state algorithm.
        buffer.reset_parser_state();
        // Step 2. Set the updating attribute to false.
        buffer.is_updating = false;
        // Steps 3-4. Queue a task to fire error, and one to fire updateend.
        self.fire(EventTarget::SourceBuffer(id), Event::Error);
        self.fire(EventTarget::SourceBuffer(id), Event::UpdateEnd);
        // Step 5. Run the end of stream algorithm with the error parameter set to "decode".
        self.run_end_of_stream(Some(ElementError::Decode(error.to_string())));
    }
}
