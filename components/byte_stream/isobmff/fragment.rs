/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The movie fragment box (`moof`): where the samples of a media segment lie, and when.

use bytes::{Buf, Bytes};

use super::boxes::BoxReader;
use super::movie::{Movie, SampleDefaults};
use super::samples::{Sample, SampleFlags, SampleNotes};
use crate::error::StreamError;
use crate::limits;
use crate::memory::allocated;

/// Reads a whole `moof` box, except for its samples. Each track fragment of a known track gives its
/// samples one by one.
pub(super) fn read_movie_fragment(
    mut moof: BoxReader,
    start: u64,
    file_start: u64,
    movie: &Movie,
) -> Result<Vec<TrackFragment>, StreamError> {
    let mut fragment = Fragment {
        start,
        size: moof.end() - start,
        file_start,
        last_run: None,
        samples_left: limits::SAMPLES_PER_FRAGMENT,
    };
    let mut track_fragments = Vec::new();
    let mut has_track = false;
    while let Some(child) = moof.child()? {
        if child.kind == *b"traf" {
            has_track = true;
            let traf = child.reader("moof/traf");
            track_fragments.extend(fragment.read_track_fragment(traf, movie)?);
        }
    }
    if !has_track {
        return Err(moof.error("there is no traf"));
    }
    Ok(track_fragments)
}

struct Fragment {
    /// Where the `moof` starts.
    start: u64,
    /// The size in bytes of the `moof`.
    size: u64,
    /// Where the file starts, from which explicit bases count.
    file_start: u64,
    /// The run that was read last, whatever its track is.
    last_run: Option<Run>,
    /// The number of further samples that are allowed. A run costs as much as a sample.
    samples_left: usize,
}

/// The samples of a track fragment that are still to come.
pub(super) struct TrackFragment {
    /// The index of the track in the movie.
    track: usize,
    /// The index of the sample entry in the track.
    description: usize,
    notes: SampleNotes,
    /// The runs in reverse decode order, so that the current run is the last one.
    runs: Vec<Run>,
    /// The decode time of the next sample, in the timescale of the track.
    decode: i64,
}

/// What the runs of one track fragment share.
struct RunContext {
    defaults: SampleDefaults,
    /// The explicit base of data offsets; `None` if they count from the `moof`, or as it was
    /// before `default-base-is-moof`, from the end of the previous track fragment's data.
    base: Option<u64>,
    is_first_run: bool,
}

impl Fragment {
    /// Reads a track fragment. It is `None` if the track is of no known kind: then its samples are
    /// skipped.
    fn read_track_fragment(
        &mut self,
        traf: BoxReader,
        movie: &Movie,
    ) -> Result<Option<TrackFragment>, StreamError> {
        let Some(tfhd) = traf.find(b"tfhd")? else {
            return Err(traf.error("tfhd is missing"));
        };
        let tfhd = tfhd.reader("moof/traf/tfhd");
        let (track, mut context) = self.read_track_fragment_header(tfhd.clone(), movie)?;
        let Some(tfdt) = traf.find(b"tfdt")? else {
            return Err(traf.error("tfdt is missing"));
        };
        let decode = read_decode_time(tfdt.reader("moof/traf/tfdt"))?;
        let notes = SampleNotes::read(&traf)?;
        let mut runs = Vec::new();
        let mut children = traf;
        while let Some(child) = children.child()? {
            if child.kind == *b"trun" {
                let run = self.read_track_run(child.reader("moof/traf/trun"), &mut context)?;
                self.last_run = Some(run.clone());
                runs.push(run);
            }
        }
        let movie_track = &movie.tracks[track];
        if movie_track.medium.is_none() {
            return Ok(None);
        }
        runs.reverse();
        Ok(Some(TrackFragment {
            track,
            description: movie_track
                .description(context.defaults.description_index)
                .map_err(|cause| tfhd.error(cause))?,
            notes,
            runs,
            decode: decode + movie_track.presentation_offset,
        }))
    }

    fn read_track_fragment_header(
        &self,
        mut tfhd: BoxReader,
        movie: &Movie,
    ) -> Result<(usize, RunContext), StreamError> {
        let (_, flags) = tfhd.version_and_flags()?;
        let id = tfhd.u32()?;
        let Some(track) = movie.tracks.iter().position(|track| track.id == id) else {
            return Err(tfhd.error("the initialization segment has no track of that track_ID"));
        };
        let explicit_base = if flags & 0x1 != 0 {
            Some(tfhd.u64()?.saturating_add(self.file_start))
        } else {
            None
        };
        if explicit_base.is_some_and(|base| base < self.start || base > limits::STREAM_BYTES) {
            return Err(tfhd.error(
                "base-data-offset counts from another start than the appended bytes. Repackage \
                 the file with default-base-is-moof",
            ));
        }
        let mut defaults = movie.tracks[track].defaults;
        for (flag, value) in [
            (0x2, &mut defaults.description_index),
            (0x8, &mut defaults.duration),
            (0x10, &mut defaults.size),
            (0x20, &mut defaults.flags),
        ] {
            if flags & flag != 0 {
                *value = tfhd.u32()?;
            }
        }
        let base_is_moof = flags & 0x2_0000 != 0;
        let context = RunContext {
            defaults,
            base: explicit_base.or(base_is_moof.then_some(self.start)),
            is_first_run: true,
        };
        Ok((track, context))
    }

    fn read_track_run(
        &mut self,
        mut trun: BoxReader,
        context: &mut RunContext,
    ) -> Result<Run, StreamError> {
        let (mut run, data_offset) = Run::read(&mut trun, &context.defaults)?;
        let Some(left) = self.samples_left.checked_sub((run.left as usize).max(1)) else {
            return Err(trun
                .error("there are too many samples in the fragment")
                .over_limit());
        };
        self.samples_left = left;
        let Some(offset) = self.run_start(context, data_offset) else {
            return Err(trun.error("the data offset points before the stream"));
        };
        run.offset = offset;
        context.is_first_run = false;
        Ok(run)
    }

    /// Returns where the data of a run starts in the stream.
    fn run_start(&self, context: &RunContext, data_offset: Option<i32>) -> Option<u64> {
        let data_end = || self.last_run.as_ref().map_or(self.start, Run::data_end);
        let Some(data_offset) = data_offset else {
            // The data follows that of the run before, or is at the base of the track fragment.
            let base = context.base.filter(|_| context.is_first_run);
            return Some(base.unwrap_or_else(data_end));
        };
        let data_offset = i64::from(data_offset);
        match context.base {
            Some(base) => base.checked_add_signed(data_offset),
            // Without a base, offsets count from the `moof`. One that does not point behind it was
            // meant to count from the end of the data before this track fragment.
            None if (0..self.size as i64).contains(&data_offset) => {
                data_end().checked_add_signed(data_offset)
            }
            None => self.start.checked_add_signed(data_offset),
        }
    }
}

impl TrackFragment {
    /// Reads the next sample. It is `None` behind the last one.
    pub(super) fn next(&mut self, movie: &Movie) -> Result<Option<Sample>, StreamError> {
        let track = &movie.tracks[self.track];
        while let Some(run) = self.runs.last_mut() {
            if run.left == 0 {
                self.runs.pop();
                continue;
            }
            if run.has_no_bytes() {
                // These samples cost no bytes, so they must cost no work either.
                self.notes
                    .skip(run.left)
                    .map_err(|cause| run.error(cause))?;
                self.decode += run.total_duration();
                self.runs.pop();
                continue;
            }
            let offset = run.offset;
            let fields = run.next();
            let flags = SampleFlags::read(fields.flags);
            let encryption = track.descriptions[self.description].encryption();
            let note = self.notes.next(track, encryption, flags)?;
            let decode = self.decode;
            // Neither sum can overflow: both started below a limit, and the count is limited.
            self.decode += i64::from(fields.duration);
            return Ok(Some(Sample {
                offset,
                size: fields.size,
                track: self.track,
                description: self.description,
                presentation: decode + i64::from(fields.composition_offset),
                decode,
                duration: fields.duration,
                is_random_access_point: note.is_random_access_point,
                is_discardable: note.is_discardable,
                details: note.details,
            }));
        }
        Ok(None)
    }

    /// Returns the memory in bytes that the fragment takes beside the `moof` box.
    pub(super) fn held_bytes(&self) -> usize {
        allocated(size_of::<Self>()) + allocated(self.runs.capacity() * size_of::<Run>())
    }
}

/// The samples of a `trun` box that are still to come.
#[derive(Clone)]
struct Run {
    /// Where the box starts in the stream, which errors name.
    start: u64,
    /// The flags, which say which fields each sample has.
    flags: u32,
    first_sample_flags: Option<u32>,
    defaults: SampleDefaults,
    left: u32,
    /// The fields of the samples that are left.
    fields: Bytes,
    /// Where the bytes of the next sample start in the stream.
    offset: u64,
}

/// The fields of a sample in a `trun` box, with defaults for those that it leaves out.
struct SampleFields {
    duration: u32,
    size: u32,
    flags: u32,
    composition_offset: i32,
}

const HAS_DURATIONS: u32 = 0x100;
const HAS_SIZES: u32 = 0x200;
const HAS_FLAGS: u32 = 0x400;
const HAS_COMPOSITION_OFFSETS: u32 = 0x800;

impl Run {
    /// Reads the box except for its samples. It returns the data offset as well.
    fn read(
        trun: &mut BoxReader,
        defaults: &SampleDefaults,
    ) -> Result<(Self, Option<i32>), StreamError> {
        let start = trun.start();
        let (_, flags) = trun.version_and_flags()?;
        let left = trun.u32()?;
        let data_offset = if flags & 0x1 != 0 {
            Some(trun.i32()?)
        } else {
            None
        };
        let first_sample_flags = if flags & 0x4 != 0 {
            Some(trun.u32()?)
        } else {
            None
        };
        let run = Self {
            start,
            flags,
            first_sample_flags,
            defaults: *defaults,
            left,
            fields: trun.kept_rest(),
            offset: 0,
        };
        if run.fields.len() as u64 / 4 < u64::from(left) * run.fields_per_sample() {
            return Err(trun.error("the box ends within a field"));
        }
        Ok((run, data_offset))
    }

    fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new("moof/traf/trun", self.start, cause)
    }

    /// Returns the number of fields of each sample. A field has four bytes.
    fn fields_per_sample(&self) -> u64 {
        let all = HAS_DURATIONS | HAS_SIZES | HAS_FLAGS | HAS_COMPOSITION_OFFSETS;
        u64::from((self.flags & all).count_ones())
    }

    fn has_no_bytes(&self) -> bool {
        self.flags & HAS_SIZES == 0 && self.defaults.size == 0
    }

    /// Returns where the data of the samples that are left ends in the stream.
    fn data_end(&self) -> u64 {
        self.offset + self.sum(HAS_SIZES, self.defaults.size)
    }

    /// Returns the duration of the samples that are left.
    fn total_duration(&self) -> i64 {
        self.sum(HAS_DURATIONS, self.defaults.duration)
            .cast_signed()
    }

    /// Returns the sum of one field over the samples that are left. There is no overflow, as the
    /// count is limited.
    fn sum(&self, field: u32, default: u32) -> u64 {
        if self.flags & field == 0 {
            return u64::from(self.left) * u64::from(default);
        }
        let before = (self.flags & (HAS_DURATIONS | HAS_SIZES) & (field - 1)).count_ones();
        let values = self.fields.as_chunks::<4>().0.iter().skip(before as usize);
        let values = values.step_by(self.fields_per_sample() as usize);
        let values = values.take(self.left as usize);
        values
            .map(|value| u64::from(u32::from_be_bytes(*value)))
            .sum()
    }

    /// Reads the next sample. There must be one.
    fn next(&mut self) -> SampleFields {
        let mut read = |flag: u32, default: u32| {
            let is_there = self.flags & flag != 0;
            if is_there {
                self.fields.get_u32()
            } else {
                default
            }
        };
        let duration = read(HAS_DURATIONS, self.defaults.duration);
        let size = read(HAS_SIZES, self.defaults.size);
        let flags = read(HAS_FLAGS, self.defaults.flags);
        // In version 0 of the box offsets are unsigned, but no honest one needs the highest bit,
        // and there are writers that store negative ones under that version.
        let composition_offset = read(HAS_COMPOSITION_OFFSETS, 0).cast_signed();
        self.left -= 1;
        self.offset += u64::from(size);
        SampleFields {
            duration,
            size,
            flags: self.first_sample_flags.take().unwrap_or(flags),
            composition_offset,
        }
    }
}

/// Reads the decode time. The standard has it unsigned, but muxers write the times of frames before
/// the start of the presentation, such as the priming of AAC, as negative numbers.
fn read_decode_time(mut tfdt: BoxReader) -> Result<i64, StreamError> {
    let (version, _) = tfdt.version_and_flags()?;
    let decode = tfdt.u32_or_u64(version)?.cast_signed();
    if !(-limits::TICKS..limits::TICKS).contains(&decode) {
        return Err(tfdt.error("the decode time is too large"));
    }
    Ok(decode)
}
