/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The movie fragment box (`moof`): where the samples of a media segment lie, and when.

use super::boxes::BoxReader;
use super::movie::{Movie, MovieTrack, SampleDefaults};
use super::protection::EncryptionParameters;
use super::samples::{Sample, SampleFlags, SampleNotes};
use crate::error::StreamError;
use crate::limits;

/// Reads a whole `moof` box that starts at `start` in the stream, and fills
/// `samples` with those of known tracks, in the order of their bytes. Samples without bytes
/// are left out: there is nothing to decode.
pub(super) fn read_movie_fragment(
    mut moof: BoxReader,
    start: u64,
    file_start: u64,
    movie: &Movie,
    samples: &mut Vec<Sample>,
) -> Result<(), StreamError> {
    samples.clear();
    let mut fragment = Fragment {
        start,
        size: moof.end() - start,
        file_start,
        data_end: start,
        sample_count: 0,
        samples,
    };
    let mut has_track = false;
    while let Some(child) = moof.child()? {
        if child.kind == *b"traf" {
            has_track = true;
            fragment.read_track_fragment(child.reader("moof/traf"), movie)?;
        }
    }
    if !has_track {
        return Err(moof.error("there is no traf"));
    }
    if !samples.is_sorted_by_key(|sample| sample.offset) {
        samples.sort_by_key(|sample| sample.offset);
    }
    Ok(())
}

struct Fragment<'a> {
    /// Where the `moof` starts.
    start: u64,
    /// Bytes of the `moof`.
    size: u64,
    /// Where the file starts, from which explicit bases count.
    file_start: u64,
    /// Where the data of the track fragments read so far ends.
    data_end: u64,
    /// All samples so far, the ones that are passed over included.
    sample_count: usize,
    samples: &'a mut Vec<Sample>,
}

/// What the runs of one track fragment share.
struct TrackFragment<'a> {
    track: &'a MovieTrack,
    defaults: SampleDefaults,
    /// Of its sample entry.
    encryption: Option<&'a EncryptionParameters>,
    /// The explicit base of data offsets; `None` if they count from the `moof`, or as it was
    /// before `default-base-is-moof`, from the end of the previous track fragment's data.
    base: Option<u64>,
    is_first_run: bool,
    decode: i64,
}

impl Fragment<'_> {
    fn read_track_fragment(&mut self, traf: BoxReader, movie: &Movie) -> Result<(), StreamError> {
        let Some(tfhd) = traf.find(b"tfhd")? else {
            return Err(traf.error("tfhd is missing"));
        };
        let mut track_fragment = read_track_fragment_header(
            tfhd.reader("moof/traf/tfhd"),
            movie,
            self.start,
            self.file_start,
        )?;
        let Some(tfdt) = traf.find(b"tfdt")? else {
            return Err(traf.error("tfdt is missing"));
        };
        track_fragment.decode = read_decode_time(tfdt.reader("moof/traf/tfdt"))?;
        let mut notes = SampleNotes::read(&traf, track_fragment.track, track_fragment.encryption)?;
        let mut children = traf;
        while let Some(child) = children.child()? {
            if child.kind == *b"trun" {
                let trun = child.reader("moof/traf/trun");
                self.read_track_run(trun, &mut track_fragment, &mut notes)?;
            }
        }
        Ok(())
    }

    fn read_track_run(
        &mut self,
        mut trun: BoxReader,
        fragment: &mut TrackFragment,
        notes: &mut SampleNotes,
    ) -> Result<(), StreamError> {
        let run = RunHeader::read(&mut trun)?;
        if run.sample_count > limits::SAMPLES_PER_FRAGMENT - self.sample_count {
            return Err(trun.error("there are too many samples in the fragment"));
        }
        self.sample_count += run.sample_count;
        let Some(mut offset) = self.run_start(fragment, run.data_offset) else {
            return Err(trun.error("the data offset points before the stream"));
        };
        fragment.is_first_run = false;
        for index in 0..run.sample_count {
            let fields = run.read_sample(index, &mut trun, &fragment.defaults)?;
            let decode = fragment.decode + fragment.track.presentation_offset;
            if let Some(handler) = fragment.track.handler {
                let note = notes.next(handler, SampleFlags::read(fields.flags))?;
                if fields.size > 0 {
                    self.samples.push(Sample {
                        offset,
                        size: fields.size,
                        track: fragment.track.id,
                        presentation: decode + i64::from(fields.composition_offset),
                        decode,
                        duration: fields.duration,
                        is_random_access_point: note.is_random_access_point,
                        is_discardable: note.is_discardable,
                        details: note.details,
                    });
                }
            }
            // Neither sum can overflow: both started below the limit, and the count is limited.
            fragment.decode += i64::from(fields.duration);
            offset += u64::from(fields.size);
        }
        self.data_end = offset;
        Ok(())
    }

    /// Where the data of a run starts in the stream.
    fn run_start(&self, fragment: &TrackFragment, data_offset: Option<i32>) -> Option<u64> {
        let Some(data_offset) = data_offset else {
            // It follows the run before it, or is at the base of the track fragment.
            let base = fragment.base.filter(|_| fragment.is_first_run);
            return Some(base.unwrap_or(self.data_end));
        };
        let data_offset = i64::from(data_offset);
        match fragment.base {
            Some(base) => base.checked_add_signed(data_offset),
            // Without a base, an offset from the `moof` that does not point behind it was meant
            // from the end of the data before this track fragment.
            None if (0..self.size as i64).contains(&data_offset) => {
                self.data_end.checked_add_signed(data_offset)
            }
            None => self.start.checked_add_signed(data_offset),
        }
    }
}

/// What stands before the samples of a `trun` box, and says which fields each of them has.
struct RunHeader {
    flags: u32,
    sample_count: usize,
    data_offset: Option<i32>,
    first_sample_flags: Option<u32>,
}

/// What a `trun` box says of a sample, and the defaults of what it does not say.
struct SampleFields {
    duration: u32,
    size: u32,
    flags: u32,
    composition_offset: i32,
}

impl RunHeader {
    fn read(trun: &mut BoxReader) -> Result<Self, StreamError> {
        let (_, flags) = trun.version_and_flags()?;
        let sample_count = trun.u32()? as usize;
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
        Ok(Self {
            flags,
            sample_count,
            data_offset,
            first_sample_flags,
        })
    }

    fn read_sample(
        &self,
        index: usize,
        trun: &mut BoxReader,
        defaults: &SampleDefaults,
    ) -> Result<SampleFields, StreamError> {
        let mut fields = SampleFields {
            duration: defaults.duration,
            size: defaults.size,
            flags: defaults.flags,
            composition_offset: 0,
        };
        for (flag, field) in [
            (0x100, &mut fields.duration),
            (0x200, &mut fields.size),
            (0x400, &mut fields.flags),
        ] {
            if self.flags & flag != 0 {
                *field = trun.u32()?;
            }
        }
        // Version 0 says that offsets are unsigned, but no honest one needs the highest bit,
        // and there are writers that store negative ones under that version.
        if self.flags & 0x800 != 0 {
            fields.composition_offset = trun.i32()?;
        }
        if let (0, Some(flags)) = (index, self.first_sample_flags) {
            fields.flags = flags;
        }
        Ok(fields)
    }
}

fn read_track_fragment_header<'a>(
    mut tfhd: BoxReader,
    movie: &'a Movie,
    moof_start: u64,
    file_start: u64,
) -> Result<TrackFragment<'a>, StreamError> {
    let (_, flags) = tfhd.version_and_flags()?;
    let id = tfhd.u32()?;
    let Some(track) = movie.tracks.iter().find(|track| track.id == id) else {
        return Err(tfhd.error("the initialization segment has no track of that track_ID"));
    };
    let explicit_base = if flags & 0x1 != 0 {
        Some(tfhd.u64()?.saturating_add(file_start))
    } else {
        None
    };
    if explicit_base.is_some_and(|base| base < moof_start || base > limits::STREAM_BYTES) {
        return Err(tfhd.error(
            "base-data-offset counts from another start than the appended bytes. Repackage the \
             file with default-base-is-moof",
        ));
    }
    let mut defaults = track.defaults;
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
    let encryption = match track.handler {
        Some(_) => {
            let description = track.description(defaults.description_index);
            let description = description.map_err(|cause| tfhd.error(cause))?;
            description.protection.as_ref().map(|it| &it.parameters)
        }
        None => None,
    };
    let base_is_moof = flags & 0x2_0000 != 0;
    let base = explicit_base.or(base_is_moof.then_some(moof_start));
    Ok(TrackFragment {
        track,
        defaults,
        encryption,
        base,
        is_first_run: true,
        decode: 0,
    })
}

fn read_decode_time(mut tfdt: BoxReader) -> Result<i64, StreamError> {
    let (version, _) = tfdt.version_and_flags()?;
    let decode = tfdt.u32_or_u64(version)?;
    match i64::try_from(decode) {
        Ok(decode) if decode < limits::TICKS => Ok(decode),
        _ => Err(tfdt.error("the decode time is too large")),
    }
}
