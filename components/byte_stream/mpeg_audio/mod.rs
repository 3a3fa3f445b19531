/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! MP3, and AAC in ADTS: <https://w3c.github.io/mse-byte-stream-format-mpeg-audio/>
//!
//! The frames have no times of their own: they start at zero and follow each other.

mod gapless;
mod header;
mod metadata;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

use self::gapless::Gapless;
pub(crate) use self::header::{FrameFormat, FrameHeader, FrameStart};
use self::metadata::Metadata;
use crate::error::StreamError;
use crate::frame::{CodedFrame, FrameDetails};
use crate::input::{HEADER_BYTES, Input};
use crate::limits;
use crate::step::Step;
use crate::time::{MediaTicks, Timescale};
use crate::track::{CodecConfiguration, InitializationSegment, Track, TrackId, TrackKind};

/// The incremental parser. It takes one frame or piece of metadata after the other.
#[derive(Default)]
pub(crate) struct Demuxer {
    /// The format of the last initialization segment.
    format: Option<FrameFormat>,
    position: Position,
    /// The frame that is complete and was not given yet.
    frame: Option<(FrameHeader, Bytes)>,
    /// When the next frame starts, in samples.
    start: i64,
    gapless: Gapless,
    is_in_media_segment: bool,
}

#[derive(Default)]
enum Position {
    /// The parser is at the beginning of a frame or of metadata.
    #[default]
    Start,
    /// The parser is in metadata, which ends at `end`.
    Skipped { end: u64 },
    /// The parser is in an Icecast header, which began at `start`.
    Icecast { start: u64 },
    /// The parser is in unknown bytes, the first of which is at `start`.
    Lost { start: u64 },
}

const TRACK: TrackId = TrackId(1);

impl Demuxer {
    pub(crate) fn reset(&mut self) {
        *self = Self {
            format: self.format,
            ..Self::default()
        };
    }

    /// Whether a media segment has begun and is not over. Every frame is a media segment.
    pub(crate) fn is_in_media_segment(&self) -> bool {
        self.is_in_media_segment
    }

    /// Does the next step that the input allows.
    pub(crate) fn step(
        &mut self,
        input: &mut Input,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        if let Some((header, _)) = &self.frame
            && self.format != Some(header.format)
        {
            let format = header.format;
            return match frames.is_empty() {
                true => self.begin_format(format, input),
                false => Ok(Step::HandOut),
            };
        }
        if let Some((header, bytes)) = self.frame.take() {
            frames.extend(self.coded_frame(&header, &bytes));
            return Ok(Step::Advanced);
        }
        match self.position {
            Position::Start => self.read_start(input),
            Position::Skipped { end } => Ok(self.skip(input, end)),
            Position::Icecast { start } => self.skip_icecast(input, start),
            Position::Lost { start } => self.find_frame(input, start),
        }
    }

    fn read_start(&mut self, input: &mut Input) -> Result<Step, StreamError> {
        let start = input.offset();
        let mut scratch = [0; HEADER_BYTES];
        let bytes = input.peek(&mut scratch);
        match Metadata::read(bytes) {
            Some(Metadata::Short) => return Ok(Step::NeedMore),
            Some(Metadata::Sized(size)) => {
                self.position = Position::Skipped { end: start + size };
                return Ok(Step::Advanced);
            }
            Some(Metadata::Icecast) => {
                self.position = Position::Icecast { start };
                return Ok(Step::Advanced);
            }
            None => {}
        }
        match FrameStart::read(bytes) {
            FrameStart::Short => {
                self.is_in_media_segment = true;
                Ok(Step::NeedMore)
            }
            FrameStart::Header(header) => Ok(self.take_frame(input, header)),
            // After a first frame such a header is more likely damage.
            FrameStart::Unsupported(cause) if self.format.is_none() => {
                Err(error(start, cause).unsupported())
            }
            FrameStart::Unsupported(_) | FrameStart::None => {
                self.is_in_media_segment = false;
                self.position = Position::Lost { start };
                Ok(Step::Advanced)
            }
        }
    }

    fn take_frame(&mut self, input: &mut Input, header: FrameHeader) -> Step {
        let frame = input.take(header.size);
        self.is_in_media_segment = frame.is_none();
        let Some(bytes) = frame else {
            return Step::NeedMore;
        };
        match Gapless::read(&header, &bytes) {
            Some(gapless) => self.gapless = gapless,
            None => self.frame = Some((header, bytes)),
        }
        Step::Advanced
    }

    /// Returns an initialization segment for a new format. Every frame header is one, but only
    /// those are given that say something new.
    fn begin_format(&mut self, format: FrameFormat, input: &Input) -> Result<Step, StreamError> {
        let Some(timescale) = Timescale::new(format.sample_rate) else {
            return Err(error(input.offset(), "the sample rate is zero"));
        };
        if let Some(before) = self.format.replace(format) {
            let before = i128::from(before.sample_rate);
            let start = i128::from(self.start) * i128::from(format.sample_rate);
            self.start = ((start + before / 2) / before) as i64;
        }
        let track = Track {
            id: TRACK,
            timescale,
            kind: TrackKind::Main,
            language: String::new(),
            label: String::new(),
            configuration: CodecConfiguration::Audio(format.configuration()),
            encryption: None,
        };
        Ok(Step::InitializationSegment(InitializationSegment {
            duration: None,
            tracks: vec![track],
        }))
    }

    /// Makes a coded frame. It is `None` if nothing of the frame is audible and no audible frame
    /// comes after it in the file.
    fn coded_frame(&mut self, header: &FrameHeader, bytes: &Bytes) -> Option<CodedFrame> {
        let details = self.gapless.next_frame(header.samples);
        let duration = i64::from(header.samples) - details.discard_end.0;
        if duration == 0 {
            return None;
        }
        let start = MediaTicks(self.start);
        self.start += duration;
        Some(CodedFrame {
            track: TRACK,
            presentation: start,
            decode: start,
            duration: MediaTicks(duration),
            duration_is_estimated: false,
            is_random_access_point: true,
            is_discardable: false,
            payload: bytes.slice(header.stripped..),
            details: (details != FrameDetails::default()).then(|| Arc::new(details)),
        })
    }

    fn skip(&mut self, input: &mut Input, end: u64) -> Step {
        let skipped = input.skip(end - input.offset());
        if input.offset() == end {
            self.position = Position::Start;
        } else if skipped == 0 {
            return Step::NeedMore;
        }
        Step::Advanced
    }

    /// <https://w3c.github.io/mse-byte-stream-format-mpeg-audio/#icecast>
    fn skip_icecast(&mut self, input: &mut Input, start: u64) -> Result<Step, StreamError> {
        const END: &[u8] = b"\r\n\r\n";
        if input.offset() - start > limits::UNKNOWN_AUDIO_BYTES {
            return Err(error(start, "the Icecast header does not end"));
        }
        let mut scratch = [0; HEADER_BYTES];
        let bytes = input.peek(&mut scratch);
        let skipped = match bytes.windows(END.len()).position(|window| window == END) {
            Some(position) => {
                self.position = Position::Start;
                position + END.len()
            }
            // The last bytes may be the beginning of the end.
            None => bytes.len().saturating_sub(END.len() - 1),
        };
        input.skip(skipped as u64);
        Ok(match skipped {
            0 => Step::NeedMore,
            _ => Step::Advanced,
        })
    }

    /// Skips everything until a frame that another one follows. Players begin in the middle of a
    /// file after a seek, and other software leaves unknown bytes between frames.
    fn find_frame(&mut self, input: &mut Input, start: u64) -> Result<Step, StreamError> {
        if input.offset() - start > limits::UNKNOWN_AUDIO_BYTES {
            return Err(error(
                start,
                "the bytes are neither MPEG audio nor AAC in ADTS",
            ));
        }
        let mut scratch = [0; HEADER_BYTES];
        let bytes = input.peek(&mut scratch);
        let is_found = match (Metadata::read(bytes), FrameStart::read(bytes)) {
            (Some(Metadata::Short), _) | (_, FrameStart::Short) => return Ok(Step::NeedMore),
            (Some(_), _) => true,
            (_, FrameStart::Header(header)) => {
                let mut scratch = [0; HEADER_BYTES];
                let next = input.peek_at(header.size, &mut scratch);
                match FrameStart::read(next) {
                    FrameStart::Short => return Ok(Step::NeedMore),
                    FrameStart::Header(next) => next.format == header.format,
                    _ => false,
                }
            }
            _ => false,
        };
        if is_found {
            self.position = Position::Start;
        } else {
            input.skip(1);
        }
        Ok(Step::Advanced)
    }
}

fn error(offset: u64, cause: &'static str) -> StreamError {
    StreamError::new("(MPEG audio frame)", offset, cause)
}
