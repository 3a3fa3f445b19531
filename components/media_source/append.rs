/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The buffer append algorithm: appended bytes become coded frames off the script thread.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use byte_stream::error::{StreamError, StreamErrorKind};
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Produced};
use byte_stream::track::{Codec, CodecConfiguration, InitializationSegment, TrackId};
use parking_lot::Mutex;
use track_buffer::track_buffers::TrackBuffers;
use track_buffer::track_mismatch::TrackMismatch;

use crate::effect::Blame;
use crate::memory::MemoryAccount;
use crate::platform::Backend;
use crate::segment_parser::SegmentParser;

/// The asynchronous part of <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>.
pub(crate) struct Append {
    pub(crate) backend: Arc<dyn Backend>,
    /// The account of the SourceBuffer.
    pub(crate) memory: MemoryAccount,
    /// What [`Quota::limits`](crate::quota::Quota) returned.
    pub(crate) limits: [usize; 3],
    /// Whether a limit was exceeded.
    pub(crate) is_full: bool,
    /// Whether the bytes completed anything.
    pub(crate) has_produced: bool,
}

/// The reason for which the append error algorithm runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AppendError {
    /// Code of ours has panicked.
    Bug,
    Stream(StreamError),
    Track(TrackMismatch),
    Unsupported(String),
    Encrypted(TrackId),
    /// The bytes that wait for other bytes take more than the quota.
    Full,
}

impl AppendError {
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::Bug => Blame::Bug,
            Self::Stream(error) => match error.kind {
                StreamErrorKind::LimitReached => Blame::LimitReached,
                StreamErrorKind::Unsupported => Blame::Unsupported,
                _ => Blame::Malformed,
            },
            Self::Track(_) => Blame::Malformed,
            Self::Unsupported(codec) => Blame::UnsupportedCodec(codec.clone()),
            Self::Encrypted(_) => Blame::Encrypted,
            Self::Full => Blame::LimitReached,
        }
    }
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
    /// Runs the loop once, for as much work as a turn may do.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>
    pub(crate) fn go_on(
        &mut self,
        segment_parser: &mut SegmentParser,
        track_buffers: &Mutex<TrackBuffers>,
        work: usize,
    ) -> Result<ControlFlow<()>, AppendError> {
        let parsed = segment_parser.parse(work).map_err(AppendError::Stream)?;
        self.has_produced |= matches!(parsed, Parsed::Produced(_));
        match parsed {
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
                // The frames before the first encrypted one are played.
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

    /// Fails if the parser itself holds too much. Dropping frames would not make room for that.
    fn verify_has_room(&self, segment_parser: &SegmentParser) -> Result<(), AppendError> {
        let held_by_parser = segment_parser.held_bytes();
        if held_by_parser > self.limits[0] / 16 && self.memory.exceeds(self.limits) {
            return Err(AppendError::Full);
        }
        Ok(())
    }

    /// Runs the steps that may refuse the segment and those about track buffers. The other steps, whose
    /// effects scripts see, are in `SourceBuffer::receive_initialization_segment`.
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
            // The platform does not decode cues. The crate reads them itself or not at all.
            Codec::Text(_) => true,
            codec => self.backend.can_decode(codec),
        };
        if !is_supported {
            let codec_string = configuration.codec_string();
            return Err(AppendError::Unsupported(codec_string.to_owned()));
        }
        Ok(())
    }
}

/// Whether the frame is encrypted, so that nothing can decode it.
pub(crate) fn is_encrypted(frame: &CodedFrame) -> bool {
    let details = frame.details.as_ref();
    details.is_some_and(|details| details.encryption.is_some())
}
