/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The buffer append algorithm: appended bytes become coded frames off the script thread.

use std::fmt;
use std::ops::ControlFlow;

use byte_stream::error::StreamError;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Produced};
use byte_stream::track::{Codec, CodecConfiguration, InitializationSegment, TrackId};
use parking_lot::Mutex;
use track_buffer::time::PresentationTime;
use track_buffer::track_buffers::TrackBuffers;
use track_buffer::track_mismatch::TrackMismatch;

use crate::effect::{Effect, ElementEffect, ElementError, Event, EventTarget, SourceBufferId};
use crate::media_source::{CanDecode, MediaSource};
use crate::memory::MemoryAccount;
use crate::segment_parser::SegmentParser;

/// The asynchronous part of <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>.
pub(crate) struct Append {
    pub(crate) can_decode: CanDecode,
    /// That of the SourceBuffer.
    pub(crate) memory: MemoryAccount,
    /// See [`Quota::limits`](crate::quota::Quota).
    pub(crate) limits: [usize; 3],
    /// Whether they were exceeded.
    pub(crate) is_full: bool,
}

/// Why the append error algorithm runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AppendError {
    /// Something here panicked.
    Bug,
    Stream(StreamError),
    Track(TrackMismatch),
    Unsupported(String),
    Encrypted(TrackId),
    /// What waits for other bytes takes more than all of the quota.
    Full,
}

impl fmt::Display for AppendError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bug => formatter.write_str(
                "the media source failed: this is a bug of the browser, please report it",
            ),
            Self::Stream(error) => error.fmt(formatter),
            Self::Track(error) => error.fmt(formatter),
            Self::Full => formatter.write_str(
                "the SourceBuffer is full of bytes that cannot be played before others come",
            ),
            Self::Unsupported(codec) => write!(formatter, "the codec {codec} cannot be decoded"),
            Self::Encrypted(TrackId(id)) => {
                write!(
                    formatter,
                    "track {id} is encrypted, and there is no way to decrypt it"
                )
            }
        }
    }
}

impl Append {
    /// Once through the loop, for as much work as a turn may do.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>
    pub(crate) fn go_on(
        &mut self,
        segment_parser: &mut SegmentParser,
        track_buffers: &Mutex<TrackBuffers>,
        work: usize,
    ) -> Result<ControlFlow<()>, AppendError> {
        let parsed = segment_parser.parse(work);
        match parsed.map_err(AppendError::Stream)? {
            Parsed::NeedMore => {
                self.verify_has_room(segment_parser)?;
                return Ok(ControlFlow::Break(()));
            }
            Parsed::Yield => self.verify_has_room(segment_parser)?,
            Parsed::Produced(Produced::InitializationSegment(segment)) => {
                let duration = segment.duration.map(|nanoseconds| nanoseconds as f64 / 1e9);
                let duration = duration.unwrap_or(f64::INFINITY);
                segment_parser.first_duration.get_or_insert(duration);
                let accepted =
                    self.accept_initialization_segment(&segment, &mut track_buffers.lock());
                if let Err(error) = accepted {
                    segment_parser.refuse_initialization_segment();
                    return Err(error);
                }
                segment_parser.first_received.get_or_insert(segment);
            }
            Parsed::Produced(Produced::ConfigurationChanged {
                track,
                configuration,
            }) => {
                self.verify_is_supported(&configuration)?;
                track_buffers
                    .lock()
                    .change_configuration(track, configuration);
            }
            Parsed::Produced(Produced::CodedFrames(mut frames)) => {
                // Those before the first one that is encrypted are played.
                let encrypted = frames.iter().position(is_encrypted);
                let encrypted = encrypted.and_then(|place| frames.drain(place..).next());
                let mut track_buffers = track_buffers.lock();
                // "If this SourceBuffer is full and cannot accept more media data, then set the
                // [[buffer full flag]] to true." The rest of the append is dropped; scripts see in
                // `buffered` how far it got.
                self.is_full |= self.memory.exceeds(self.limits);
                track_buffers.set_full(self.is_full);
                track_buffers.append(frames);
                track_buffers.set_full(false);
                let replaced = track_buffers.take_removed();
                drop(track_buffers);
                drop(replaced);
                if let Some(frame) = encrypted {
                    return Err(AppendError::Encrypted(frame.track));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Frames that are dropped make room, but not what the parser itself holds.
    fn verify_has_room(&self, segment_parser: &SegmentParser) -> Result<(), AppendError> {
        let held_by_parser = segment_parser.held_bytes();
        if held_by_parser > self.limits[0] / 16 && self.memory.exceeds(self.limits) {
            return Err(AppendError::Full);
        }
        Ok(())
    }

    /// The steps that may refuse the segment, and those about track buffers. The MediaSource does
    /// the rest, which scripts see, in its `receive_initialization_segment`.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn accept_initialization_segment(
        &self,
        segment: &InitializationSegment,
        track_buffers: &mut TrackBuffers,
    ) -> Result<(), AppendError> {
        // Step 2. If the initialization segment has no audio, video, or text tracks, then run the
        // append error algorithm. (The parser refuses it; its duration is not looked at then.)
        // Steps 3.1 and 5.1. If the initialization segment contains tracks with codecs the user
        // agent does not support, then run the append error algorithm.
        for track in &segment.tracks {
            self.verify_is_supported(&track.configuration)?;
        }
        // Step 3. If the first initialization segment received flag is true, verify the tracks
        // and add their descriptions. Otherwise steps 5.2 to 5.4: create the track buffers.
        track_buffers
            .receive_initialization_segment(segment)
            .map_err(AppendError::Track)
    }

    fn verify_is_supported(&self, configuration: &CodecConfiguration) -> Result<(), AppendError> {
        let is_supported = match configuration.codec() {
            // The platform does not decode cues; they are read here or not at all.
            Codec::Text(_) => true,
            codec => (self.can_decode)(codec),
        };
        if !is_supported {
            let codec_string = configuration.codec_string();
            return Err(AppendError::Unsupported(codec_string.to_owned()));
        }
        Ok(())
    }
}

/// Whether there is no way to decode it.
pub(crate) fn is_encrypted(frame: &CodedFrame) -> bool {
    let details = frame.details.as_ref();
    details.is_some_and(|details| details.encryption.is_some())
}

impl MediaSource {
    /// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
    pub(crate) fn run_append_error(&mut self, id: SourceBufferId, error: &AppendError) {
        if *error == AppendError::Bug {
            // Nobody knows what is there.
            let buffer = self.not_removed_mut(id).expect("looked up by the caller");
            buffer.forget_contents();
        }
        // Step 1. Run the reset parser state algorithm.
        self.reset_parser_state(id);
        // Step 2. Set the updating attribute to false.
        self.end_update(id);
        // Steps 3-4. Queue a task to fire error, and one to fire updateend.
        self.fire(EventTarget::SourceBuffer(id), Event::Error);
        self.fire(EventTarget::SourceBuffer(id), Event::UpdateEnd);
        // Step 5. Run the end of stream algorithm with the error parameter set to "decode".
        self.run_end_of_stream(Some(ElementError::Decode(error.to_string())));
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset_parser_state(&mut self, id: SourceBufferId) {
        self.not_removed_mut(id)
            .expect("looked up by the caller")
            .reset_parser_state();
        self.take_over_published(id);
    }

    /// Processes the frames of a complete media segment whose last ones still wait to learn their
    /// duration: attributes that are set between two segments hold for the second.
    pub(crate) fn finish_media_segment(&mut self, id: SourceBufferId) {
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        if buffer.process_held_frames() {
            self.take_over_published(id);
        }
    }

    /// Lets scripts and the media element see what became of the bytes parsed so far: however an
    /// append ends, it has stored what it parsed until then.
    pub(crate) fn take_over_published(&mut self, id: SourceBufferId) {
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        buffer.refresh_timestamp_offset();
        let mut segment_parser = buffer.contents.segment_parser.lock();
        let first_duration = segment_parser.first_duration.take();
        let first_received = segment_parser.first_received.take();
        let held_by_parser = segment_parser.held_bytes();
        let contents = &buffer.contents;
        contents.weigh_structures(held_by_parser, &contents.track_buffers.lock());
        drop(segment_parser);
        if let Some(duration) = first_duration {
            self.receive_duration(duration);
        }
        if let Some(segment) = first_received {
            self.receive_initialization_segment(id, &segment);
        }
        self.finish_coded_frame_processing(id);
        self.push(Effect::Element(ElementEffect::BufferedChanged));
    }

    /// The first step, which comes before those that may refuse the segment.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn receive_duration(&mut self, duration: f64) {
        // Step 1. Update the duration attribute if it currently equals NaN: to the duration in the
        // initialization segment, or else to positive Infinity. (No coded frames were there before
        // the segment, so the duration change algorithm has nothing to compare with.)
        if self.duration().is_nan() {
            self.update_duration(duration);
        }
    }

    /// The other steps that scripts see, for the first initialization segment since it last ran.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn receive_initialization_segment(
        &mut self,
        id: SourceBufferId,
        segment: &InitializationSegment,
    ) {
        // Step 4. Let active track flag equal false.
        // Step 5. If the first initialization segment received flag is false:
        let buffer = self.not_removed(id).expect("looked up by the caller");
        if buffer.has_first_initialization_segment {
            return;
        }
        // Steps 5.2-5.4. For each track, run the steps that create its track object.
        let active_track_flag = self.create_tracks(id, segment);
        // Step 5.5. If active track flag equals true, then add this SourceBuffer to
        // activeSourceBuffers and queue a task to fire addsourcebuffer there.
        if active_track_flag {
            self.fire(EventTarget::ActiveSourceBuffers, Event::AddSourceBuffer);
        }
        // Step 5.6. Set first initialization segment received flag to true.
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        buffer.has_first_initialization_segment = true;
        // Step 6. Set pending initialization segment for changeType flag to false. (It is the
        // parser's.)
        // Step 7. If the active track flag equals true and the element's readyState is greater than
        // HAVE_CURRENT_DATA, then set it to HAVE_METADATA. (It follows from element_ready_state.)
        // Step 8. If each object in sourceBuffers has received its first initialization segment:
        // if the element's readyState is HAVE_NOTHING, then set it to HAVE_METADATA.
        self.update_playable_tracks();
    }

    /// The last steps of <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>.
    fn finish_coded_frame_processing(&mut self, id: SourceBufferId) {
        // Steps 2-4. The element's readyState follows from element_ready_state.
        // Step 5. If the media segment contains data beyond the current duration, then run the
        // duration change algorithm with the maximum of the current duration and the group end
        // timestamp. (Data beyond the duration can only be new. Their highest end is what the group
        // end timestamp was when they came; it may be less since, where an earlier coded frame
        // group follows in the same append.)
        let buffer = self.not_removed(id).expect("looked up by the caller");
        let highest_end = buffer.published.highest_end;
        let highest_end = highest_end.map_or(0.0, PresentationTime::seconds);
        if highest_end > self.duration() {
            self.update_duration(highest_end);
        }
    }
}
