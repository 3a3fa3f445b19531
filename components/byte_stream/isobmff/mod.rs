/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! ISO BMFF: <https://w3c.github.io/mse-byte-stream-format-isobmff/>

mod boxes;
mod fragment;
mod interleaving;
mod movie;
mod presentation;
mod protection;
mod runs;
mod sample_entry;
mod sample_groups;
mod sample_table;
mod samples;
mod track;

use self::boxes::{BoxHeader, BoxReader};
use self::fragment::read_movie_fragment;
use self::interleaving::{Interleaving, Source};
use self::movie::{Movie, MovieBox, read_movie};
use crate::error::StreamError;
use crate::frame::CodedFrame;
use crate::input::{HEADER_BYTES, Input};
use crate::limits;
use crate::step::Step;
use crate::time::MediaTicks;
use crate::track::TrackId;

/// The incremental parser. It takes one top-level box after the other.
#[derive(Default)]
pub(crate) struct Demuxer {
    /// The movie of the last initialization segment. It has no tracks before the first one.
    movie: Movie,
    position: Position,
    is_in_media_segment: bool,
    /// Where the file began that is being appended, which is at its `ftyp` box.
    file_start: u64,
    /// The samples of the last `moof`, or of a `moov` that has some itself, that were not given
    /// yet.
    samples: Interleaving,
    /// Whether the bytes of `samples` may never come: they are those of a `moov` box, and movie
    /// fragments may follow.
    samples_are_optional: bool,
}

#[derive(Default)]
enum Position {
    /// The parser is at the header of a top-level box.
    #[default]
    Header,
    /// The parser is in a box that is skipped, which ends at `end`.
    Skipped { end: u64 },
    /// The parser is in an `mdat`, which ends at `end`.
    MediaData { end: u64 },
}

impl Demuxer {
    pub(crate) fn reset(&mut self) {
        self.position = Position::Header;
        self.file_start = 0;
        self.end_media_segment();
    }

    pub(crate) fn is_in_media_segment(&self) -> bool {
        self.is_in_media_segment
    }

    fn end_media_segment(&mut self) {
        self.is_in_media_segment = false;
        self.samples = Interleaving::default();
    }

    /// Returns the memory in bytes that is kept beside the pushed chunks.
    pub(crate) fn held_bytes(&self) -> usize {
        self.movie.held_bytes() + self.samples.held_bytes()
    }

    /// Does the next step that the input allows.
    pub(crate) fn step(
        &mut self,
        input: &mut Input,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        // A sample without bytes has nothing to decode.
        if self.samples.peek().is_some_and(|sample| sample.size == 0) {
            self.samples.advance(&self.movie)?;
            return Ok(Step::Advanced);
        }
        match self.position {
            Position::Header => self.read_box(input, frames),
            Position::Skipped { end } => Ok(self.skip(input, end)),
            Position::MediaData { end } => self.read_sample(input, end, frames),
        }
    }

    fn skip(&mut self, input: &mut Input, end: u64) -> Step {
        let skipped = input.skip(end - input.offset());
        if input.offset() == end {
            self.position = Position::Header;
        } else if skipped == 0 {
            return Step::NeedMore;
        }
        Step::Advanced
    }

    fn read_box(&mut self, input: &mut Input, frames: &[CodedFrame]) -> Result<Step, StreamError> {
        let start = input.offset();
        let fail = |place, cause| Err(StreamError::new(place, start, cause));
        let mut scratch = [0; HEADER_BYTES];
        let header = match BoxHeader::read(input.peek(&mut scratch)) {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(Step::NeedMore),
            Err(cause) => return fail("(top level)", cause),
        };
        let end = match header.size.map(|size| start.checked_add(size)) {
            Some(Some(end)) => end,
            Some(None) => return fail("(top level)", "the size of a box is too large"),
            // The box goes on to the end of the stream, wherever that is.
            None => u64::MAX,
        };
        match &header.kind {
            b"moov" if !frames.is_empty() => return Ok(Step::HandOut),
            b"moov" => return self.read_movie(input, &header),
            b"moof" => return self.read_movie_fragment(input, &header),
            b"mdat" if self.movie.tracks.is_empty() => {
                return fail(
                    "mdat",
                    "there is media data before an initialization segment. In a file that is not \
                     fragmented, moov must come first",
                );
            }
            b"mdat" => {
                self.is_in_media_segment |= self.samples.peek().is_some();
                self.position = Position::MediaData { end };
            }
            kind => {
                if kind == b"ftyp" {
                    self.file_start = start;
                }
                if let Err(cause) = check_skipped_box(kind, header.size) {
                    return fail("(top level)", cause);
                }
                self.is_in_media_segment |= kind == b"styp" && !self.movie.tracks.is_empty();
                self.position = Position::Skipped { end };
            }
        }
        input.skip(header.header_size);
        Ok(Step::Advanced)
    }

    fn read_movie(&mut self, input: &mut Input, header: &BoxHeader) -> Result<Step, StreamError> {
        let start = input.offset();
        self.check_segment_is_complete("moov", start)?;
        self.end_media_segment();
        let Some(bytes) = take_whole_box("moov", input, header)? else {
            return Ok(Step::NeedMore);
        };
        let reader = BoxReader::new("moov", start, &bytes, header.header_size);
        let MovieBox {
            movie,
            segment,
            samples,
        } = read_movie(reader, self.file_start)?;
        self.samples_are_optional = movie.is_fragmented;
        self.movie = movie;
        self.samples = samples;
        Ok(Step::InitializationSegment(segment))
    }

    fn read_movie_fragment(
        &mut self,
        input: &mut Input,
        header: &BoxHeader,
    ) -> Result<Step, StreamError> {
        let start = input.offset();
        self.check_segment_is_complete("moof", start)?;
        if self.movie.tracks.is_empty() {
            let cause = "there is a media segment before an initialization segment";
            return Err(StreamError::new("moof", start, cause));
        }
        self.is_in_media_segment = true;
        let Some(bytes) = take_whole_box("moof", input, header)? else {
            return Ok(Step::NeedMore);
        };
        let reader = BoxReader::new("moof", start, &bytes, header.header_size);
        self.samples_are_optional = false;
        let fragments = read_movie_fragment(reader, start, self.file_start, &self.movie)?;
        let sources = fragments
            .into_iter()
            .map(|fragment| Source::Fragment(Box::new(fragment)));
        self.samples = Interleaving::new(sources, &self.movie)?;
        Ok(Step::Advanced)
    }

    /// Checks that the media data boxes of a media segment hold all samples of its `moof`.
    fn check_segment_is_complete(
        &self,
        place: &'static str,
        offset: u64,
    ) -> Result<(), StreamError> {
        if self.samples.peek().is_some() && !self.samples_are_optional {
            let cause = "it begins before all samples of the media segment before it were there";
            return Err(StreamError::new(place, offset, cause));
        }
        Ok(())
    }

    /// Gives the next sample in an `mdat`, or skips bytes that belong to no sample.
    fn read_sample(
        &mut self,
        input: &mut Input,
        end: u64,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        let position = input.offset();
        let sample = match self.samples.peek() {
            Some(sample) if sample.offset < end => sample,
            _ => return Ok(self.skip_media_data(input, end)),
        };
        let fail = |cause| Err(StreamError::new("mdat", position, cause));
        if sample.offset < position {
            return fail("a sample lies before the media data, or shares bytes with another");
        }
        if sample.offset + u64::from(sample.size) > end {
            return fail("a sample goes on beyond the end of the media data");
        }
        if u64::from(sample.size) > limits::FRAME_BYTES {
            let error = StreamError::new("mdat", position, "a sample is too large");
            return Err(error.over_limit());
        }
        if sample.offset > position {
            let skipped = input.skip(sample.offset - position);
            return Ok(if skipped == 0 {
                Step::NeedMore
            } else {
                Step::Advanced
            });
        }
        if !input.has(sample.size as usize) {
            return Ok(Step::NeedMore);
        }
        let track = &mut self.movie.tracks[sample.track];
        let id = TrackId(u64::from(track.id));
        if sample.description != track.description_in_force {
            if !frames.is_empty() {
                return Ok(Step::HandOut);
            }
            if let Some(configuration) = track.put_in_force(sample.description) {
                return Ok(Step::ConfigurationChanged(id, configuration));
            }
        }
        let Some(payload) = input.take(sample.size as usize) else {
            return Ok(Step::NeedMore);
        };
        let nal_units = track.descriptions[sample.description].nal_units;
        let is_random_access_point = match nal_units.filter(|_| sample.details.is_none()) {
            Some(it) => it.is_random_access_point(&payload, sample.is_random_access_point),
            None => sample.is_random_access_point,
        };
        frames.push(CodedFrame {
            track: id,
            presentation: MediaTicks(sample.presentation),
            decode: MediaTicks(sample.decode),
            duration: MediaTicks(i64::from(sample.duration)),
            duration_is_estimated: false,
            is_random_access_point,
            is_discardable: sample.is_discardable,
            payload,
            details: sample.details.clone(),
        });
        self.samples.advance(&self.movie)?;
        Ok(Step::Advanced)
    }

    fn skip_media_data(&mut self, input: &mut Input, end: u64) -> Step {
        let step = self.skip(input, end);
        if matches!(self.position, Position::Header) {
            self.end_media_data();
        }
        step
    }

    /// Ends an `mdat`. The media segment is over with the one that has the last of its samples.
    fn end_media_data(&mut self) {
        self.position = Position::Header;
        if self.samples.peek().is_none() {
            self.end_media_segment();
        }
    }
}

/// Takes a box that is read as a whole. It is `None` until the box is complete.
fn take_whole_box(
    place: &'static str,
    input: &mut Input,
    header: &BoxHeader,
) -> Result<Option<bytes::Bytes>, StreamError> {
    match header.size {
        Some(size) if size <= limits::WHOLE_BOX_BYTES => Ok(input.take(size as usize)),
        _ => {
            let cause = "the box is too large";
            Err(StreamError::new(place, input.offset(), cause).over_limit())
        }
    }
}

/// Checks that a top-level box that is not read may be skipped. Known ones may have any size;
/// unknown ones must look like a box at all.
fn check_skipped_box(kind: &[u8; 4], size: Option<u64>) -> Result<(), &'static str> {
    const KNOWN: [&[u8; 4]; 18] = [
        b"ftyp", b"styp", b"pdin", b"bloc", b"sidx", b"ssix", b"emsg", b"prft", b"mfra", b"mfro",
        b"meta", b"meco", b"free", b"skip", b"wide", b"uuid", b"imda", b"udta",
    ];
    if KNOWN.contains(&kind) {
        return Ok(());
    }
    if !kind.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Err("the bytes are no ISO BMFF box");
    }
    match size {
        Some(size) if size <= limits::UNKNOWN_BYTES => Ok(()),
        _ => Err("the bytes are no ISO BMFF box that is known, and too large to be another"),
    }
}
