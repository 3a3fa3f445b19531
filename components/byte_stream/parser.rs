/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The machine that all byte stream formats share.

use bytes::Bytes;

use crate::configuration_check::check_configuration;
use crate::error::StreamError;
use crate::format::ByteStreamFormat;
use crate::frame::CodedFrame;
use crate::input::Input;
use crate::memory::allocated;
use crate::step::Step;
use crate::track::{CodecConfiguration, InitializationSegment, TrackId};
use crate::{isobmff, limits, mpeg_audio, mpeg_ts, webm};

/// Turns the bytes of one byte stream into initialization segments and coded frames. The crate's
/// documentation shows the loop around it.
pub struct Parser {
    format: ByteStreamFormat,
    demuxer: Demuxer,
    input: Input,
    frames: Vec<CodedFrame>,
    failure: Option<StreamError>,
}

/// The answer to one turn of parsing.
#[derive(Debug)]
pub enum Parsed {
    /// Everything that was pushed is used, or waits for bytes that are still to come.
    NeedMore,
    /// The turn's budget is used; there is more to do.
    Yield,
    /// Something is complete; there may be more to do.
    Produced(Produced),
}

/// What a parser found in the bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Produced {
    /// An initialization segment. The frames after it belong to its tracks.
    InitializationSegment(InitializationSegment),
    /// Coded frames in the order of the byte stream. There is always at least one.
    CodedFrames(Vec<CodedFrame>),
    /// The frames of a track that come after this are coded in another way, within the media
    /// segment. In every other respect the track is as its initialization segment describes it.
    ConfigurationChanged {
        /// The track.
        track: TrackId,
        /// How its frames are coded from here on. It stays an audio, video or text track.
        configuration: CodecConfiguration,
    },
}

enum Demuxer {
    IsoBmff(isobmff::Demuxer),
    WebM(webm::Demuxer),
    MpegAudio(mpeg_audio::Demuxer),
    MpegTs(mpeg_ts::Demuxer),
}

impl Demuxer {
    fn new(format: ByteStreamFormat) -> Self {
        match format {
            ByteStreamFormat::IsoBmff => Self::IsoBmff(isobmff::Demuxer::default()),
            ByteStreamFormat::WebM => Self::WebM(webm::Demuxer::default()),
            ByteStreamFormat::MpegAudio => Self::MpegAudio(mpeg_audio::Demuxer::default()),
            ByteStreamFormat::MpegTs => Self::MpegTs(mpeg_ts::Demuxer::default()),
        }
    }
}

impl Parser {
    /// Makes a parser at the start of a byte stream.
    pub fn new(format: ByteStreamFormat) -> Self {
        Self::with_copies(format, Bytes::from)
    }

    /// Makes a parser for a caller that counts the memory of all chunks. A box or a frame that
    /// spans chunks is copied, and `keep` makes the chunk of such a copy. Whatever is not a slice
    /// of a chunk counts in [`Self::held_bytes`] until it is handed out.
    pub fn with_copies(
        format: ByteStreamFormat,
        keep: impl Fn(Vec<u8>) -> Bytes + Send + 'static,
    ) -> Self {
        Self {
            demuxer: Demuxer::new(format),
            format,
            input: Input::new(Box::new(keep)),
            frames: Vec::new(),
            failure: None,
        }
    }

    /// Adds bytes at the end of the input buffer, without copying them.
    pub fn push(&mut self, chunk: Bytes) {
        self.input.push(chunk);
    }

    /// Returns how many pushed bytes were not used yet. They may wait for bytes that are still to
    /// come.
    pub fn waiting_bytes(&self) -> usize {
        self.input.len()
    }

    /// Returns whether it is known that the bytes that wait complete nothing, so that there is nothing to
    /// parse.
    pub fn awaits_more(&self) -> bool {
        self.input.is_too_short()
    }

    /// Returns the memory in bytes that the parser takes beside the chunks, for what is not
    /// complete and for what waits to be handed out.
    pub fn held_bytes(&self) -> usize {
        let demuxer = match &self.demuxer {
            Demuxer::MpegTs(demuxer) => demuxer.held_bytes(),
            Demuxer::IsoBmff(demuxer) => demuxer.held_bytes(),
            Demuxer::WebM(demuxer) => demuxer.held_bytes(),
            Demuxer::MpegAudio(_) => 0,
        };
        let frames = allocated(self.frames.capacity() * size_of::<CodedFrame>());
        demuxer + self.input.held_bytes() + frames
    }

    /// Parses until an initialization segment is complete, the pushed bytes are used up, or about
    /// `budget` is used, and returns what was completed until then. A byte costs one of the budget,
    /// each step and each frame [`limits::STEP_WORK`] more.
    ///
    /// # Errors
    /// The bytes break their format. Everything before them was given by then, and the same error
    /// is given until [`reset`](Self::reset).
    pub fn parse(&mut self, budget: usize) -> Result<Parsed, StreamError> {
        let mut work = 0;
        loop {
            let (start, frames) = (self.input.offset(), self.found_frames());
            let step = self.step();
            work += self.input.offset() - start;
            let new_frames = self.found_frames().saturating_sub(frames);
            work += (limits::STEP_WORK * (1 + new_frames)) as u64;
            let pause = match step {
                Ok(Step::InitializationSegment(segment)) => {
                    let configurations = segment.tracks.iter().map(|track| &track.configuration);
                    self.check(configurations, start)?;
                    return Ok(Parsed::Produced(Produced::InitializationSegment(segment)));
                }
                Ok(Step::ConfigurationChanged(track, configuration)) => {
                    self.check([&configuration], start)?;
                    return Ok(Parsed::Produced(Produced::ConfigurationChanged {
                        track,
                        configuration,
                    }));
                }
                Ok(Step::Advanced) if work < budget as u64 => continue,
                Ok(Step::Advanced) => Ok(Parsed::Yield),
                Ok(Step::NeedMore | Step::HandOut) => Ok(Parsed::NeedMore),
                Err(error) => Err(error),
            };
            if self.frames.is_empty() {
                return pause;
            }
            // The next turn will probably give about as many: one allocation for all of them. (Where
            // a chunk ends within a segment, a short turn comes between two long ones.)
            let expected = self.frames.len().max(self.frames.capacity() / 2);
            let expected = expected.min(limits::EXPECTED_FRAMES);
            let frames = std::mem::replace(&mut self.frames, Vec::with_capacity(expected));
            return Ok(Parsed::Produced(Produced::CodedFrames(frames)));
        }
    }

    /// Returns how many frames were found and are not given yet.
    fn found_frames(&self) -> usize {
        let waiting = match &self.demuxer {
            Demuxer::MpegTs(demuxer) => demuxer.waiting_frames(),
            Demuxer::IsoBmff(_) | Demuxer::WebM(_) | Demuxer::MpegAudio(_) => 0,
        };
        self.frames.len() + waiting
    }

    /// Checks the configurations of tracks whose description starts at `start` in the stream.
    fn check<'a>(
        &mut self,
        configurations: impl IntoIterator<Item = &'a CodecConfiguration>,
        start: u64,
    ) -> Result<(), StreamError> {
        let checked = configurations.into_iter().try_for_each(check_configuration);
        let result = checked
            .map_err(|cause| StreamError::new("the codec configuration of a track", start, cause));
        if let Err(failure) = &result {
            // Media must not be parsed by an initialization segment that was refused, so it is not
            // kept.
            self.demuxer = Demuxer::new(self.format);
            self.failure = Some(failure.clone());
        }
        result
    }

    fn step(&mut self) -> Result<Step, StreamError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let result = match &mut self.demuxer {
            Demuxer::IsoBmff(demuxer) => demuxer.step(&mut self.input, &mut self.frames),
            Demuxer::WebM(demuxer) => demuxer.step(&mut self.input, &mut self.frames),
            Demuxer::MpegAudio(demuxer) => demuxer.step(&mut self.input, &mut self.frames),
            Demuxer::MpegTs(demuxer) => demuxer.step(&mut self.input, &mut self.frames),
        };
        self.failure = result.as_ref().err().cloned();
        result
    }

    /// Returns the frames whose bytes are complete, but which wait for the next frame to know their
    /// duration. The duration is estimated instead. There are such frames only in WebM that states
    /// no durations and among the video frames of MPEG-2 transport streams. Frames after a change
    /// of the configuration stay, and the next turn of parsing gives them.
    ///
    /// Call this when no next frame will come: at the end of the stream, and before
    /// [`reset`](Self::reset), because that algorithm first processes all complete coded frames.
    pub fn take_held_frames(&mut self) -> Vec<CodedFrame> {
        let mut frames = std::mem::take(&mut self.frames);
        match &mut self.demuxer {
            Demuxer::WebM(demuxer) => demuxer.release_held_frames(&mut frames),
            Demuxer::MpegTs(demuxer) => {
                let result = demuxer.release_held_frames(&mut frames);
                self.failure = self.failure.take().or(result.err());
            }
            Demuxer::IsoBmff(_) | Demuxer::MpegAudio(_) => {}
        }
        frames
    }

    /// Call this when `timestampOffset` was set, after [`Self::take_held_frames`], because those
    /// frames still have the old offset. It ends the format's own offset for times that rolled
    /// over.
    ///
    /// <https://w3c.github.io/mse-byte-stream-format-mp2t/#mpeg2ts-discontinuities>
    pub fn handle_timestamp_offset_set(&mut self) {
        if let Demuxer::MpegTs(demuxer) = &mut self.demuxer {
            demuxer.reset_timestamp_offset();
        }
    }

    /// Drops the bytes and frames that were not given yet, and any error, and waits for the start
    /// of a segment again. The last initialization segment stays valid.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub fn reset(&mut self) {
        self.input.clear();
        self.frames.clear();
        self.failure = None;
        match &mut self.demuxer {
            Demuxer::IsoBmff(demuxer) => demuxer.reset(),
            Demuxer::WebM(demuxer) => demuxer.reset(),
            Demuxer::MpegAudio(demuxer) => demuxer.reset(),
            Demuxer::MpegTs(demuxer) => demuxer.reset(),
        }
    }

    /// Whether the append state is PARSING_MEDIA_SEGMENT: a media segment began and is not over.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-append-state>
    pub fn is_in_media_segment(&self) -> bool {
        match &self.demuxer {
            Demuxer::IsoBmff(demuxer) => demuxer.is_in_media_segment(),
            Demuxer::WebM(demuxer) => demuxer.is_in_media_segment(),
            Demuxer::MpegAudio(demuxer) => demuxer.is_in_media_segment(),
            Demuxer::MpegTs(demuxer) => demuxer.is_in_media_segment(),
        }
    }
}
