/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sample table (`stbl`) of a file that is not fragmented, or not from its start on.

use bytes::{Buf, Bytes};

use super::boxes::BoxReader;
use super::movie::{Movie, MovieTrack};
use super::runs::{Runs, read_table};
use super::samples::{Dependency, Sample, SampleFlags, SampleNotes};
use crate::error::StreamError;
use crate::limits;

/// The samples of a track that are still to come, read one by one.
pub(super) struct SampleTable {
    /// The index of the track in the movie.
    track: usize,
    /// Where the box starts in the stream, which errors name.
    start: u64,
    sizes: SampleSizes,
    chunks: Chunks,
    times: SampleTimes,
    sync_samples: SyncSamples,
    notes: SampleNotes,
    /// The position in the stream that chunk offsets count from.
    file_start: u64,
    /// The number of samples that were read.
    index: usize,
    /// Where the last sample that was read ends.
    end: u64,
}

impl SampleTable {
    /// Reads the table of the track with that index in the movie. It is `None` if the table has no
    /// samples, or the track is of no known kind.
    pub(super) fn read(
        stbl: &BoxReader,
        track: &MovieTrack,
        place: usize,
        file_start: u64,
    ) -> Result<Option<Self>, StreamError> {
        let (Some(_), Some(stsz)) = (track.medium, stbl.find(b"stsz")?) else {
            return Ok(None);
        };
        let sizes = SampleSizes::read(stsz.reader("moov/trak/mdia/minf/stbl/stsz"))?;
        if sizes.count == 0 {
            return Ok(None);
        }
        if sizes.count > limits::SAMPLES_PER_TRACK {
            return Err(stbl
                .error("there are too many samples in the track")
                .over_limit());
        }
        let (Some(chunks), Some(times)) = (Chunks::find(stbl)?, SampleTimes::find(stbl)?) else {
            return Err(stbl.error("stts, stsc, stco or co64 is missing"));
        };
        Ok(Some(Self {
            track: place,
            start: stbl.start(),
            sizes,
            chunks,
            times,
            sync_samples: SyncSamples::find(stbl)?,
            notes: SampleNotes::read(stbl)?,
            file_start,
            index: 0,
            end: 0,
        }))
    }

    /// Reads the next sample. It is `None` behind the last one.
    pub(super) fn next(&mut self, movie: &Movie) -> Result<Option<Sample>, StreamError> {
        if self.index == self.sizes.count {
            return Ok(None);
        }
        let sample = self.read_sample(&movie.tracks[self.track])?;
        self.index += 1;
        Ok(Some(sample))
    }

    fn read_sample(&mut self, track: &MovieTrack) -> Result<Sample, StreamError> {
        let start = self.start;
        let error = |cause| StreamError::new("moov/trak/mdia/minf/stbl", start, cause);
        let Some(chunk) = self.chunks.next().map_err(error)? else {
            return Err(error(
                "there are fewer places for samples in chunks than samples",
            ));
        };
        let description = track.description(chunk.description_index).map_err(error)?;
        let offset = match chunk.start {
            Some(start) => start.saturating_add(self.file_start),
            None => self.end,
        };
        if offset > limits::STREAM_BYTES {
            return Err(error("a chunk offset is too large").over_limit());
        }
        let Some((decode, composition_offset, duration)) = self.times.next() else {
            return Err(error(
                "there are fewer sample durations in stts than samples",
            ));
        };
        let flags = SampleFlags {
            is_sync: self.sync_samples.next(self.index),
            dependency: Dependency::default(),
        };
        let encryption = track.descriptions[description].encryption();
        let note = self.notes.next(track, encryption, flags)?;
        let size = self.sizes.get(self.index);
        self.end = offset + u64::from(size);
        let decode = decode + track.presentation_offset;
        Ok(Sample {
            offset,
            size,
            track: self.track,
            description,
            presentation: decode + i64::from(composition_offset),
            decode,
            duration,
            is_random_access_point: note.is_random_access_point,
            is_discardable: note.is_discardable,
            details: note.details,
        })
    }
}

/// The `stsz` box.
struct SampleSizes {
    count: usize,
    /// The size of each sample in bytes, if it is not zero.
    common: u32,
    /// The sizes of samples, in numbers of four bytes. It is empty if there is a common size.
    table: Bytes,
}

impl SampleSizes {
    fn read(mut stsz: BoxReader) -> Result<Self, StreamError> {
        stsz.version_and_flags()?;
        let common = stsz.u32()?;
        if common > 0 {
            return Ok(Self {
                count: stsz.u32()? as usize,
                common,
                table: Bytes::new(),
            });
        }
        let table = read_table(&mut stsz, 4)?;
        Ok(Self {
            count: table.len() / 4,
            common,
            table,
        })
    }

    fn get(&self, index: usize) -> u32 {
        let size = self.table.as_chunks::<4>().0.get(index);
        size.map_or(self.common, |size| u32::from_be_bytes(*size))
    }
}

/// The `stts` and `ctts` boxes.
struct SampleTimes {
    durations: Runs,
    composition_offsets: Option<Runs>,
    decode: i64,
}

impl SampleTimes {
    fn find(stbl: &BoxReader) -> Result<Option<Self>, StreamError> {
        let read = |kind, place| -> Result<Option<Runs>, StreamError> {
            let Some(table) = stbl.find(kind)? else {
                return Ok(None);
            };
            let mut reader = table.reader(place);
            reader.version_and_flags()?;
            Runs::read(&mut reader).map(Some)
        };
        let durations = read(b"stts", "moov/trak/mdia/minf/stbl/stts")?;
        let composition_offsets = read(b"ctts", "moov/trak/mdia/minf/stbl/ctts")?;
        Ok(durations.map(|durations| Self {
            durations,
            composition_offsets,
            decode: 0,
        }))
    }

    /// Returns the next sample's decode time, composition offset and duration.
    fn next(&mut self) -> Option<(i64, i32, u32)> {
        let duration = self.durations.next()?;
        let offset = self.composition_offsets.as_mut().and_then(Runs::next);
        let decode = self.decode;
        // No overflow: there are at most 2^20 samples.
        self.decode += i64::from(duration);
        // Negative offsets are found under either version of the box.
        Some((decode, offset.unwrap_or(0).cast_signed(), duration))
    }
}

/// The `stss` box: the numbers of the sync samples in ascending order. Without such a box all
/// samples are sync samples.
struct SyncSamples {
    /// The numbers that are left, of four bytes each.
    numbers: Option<Bytes>,
}

impl SyncSamples {
    fn find(stbl: &BoxReader) -> Result<Self, StreamError> {
        let Some(stss) = stbl.find(b"stss")? else {
            return Ok(Self { numbers: None });
        };
        let mut stss = stss.reader("moov/trak/mdia/minf/stbl/stss");
        stss.version_and_flags()?;
        Ok(Self {
            numbers: Some(read_table(&mut stss, 4)?),
        })
    }

    /// Whether the sample at `index` is a sync sample. The index must be one more at each call.
    fn next(&mut self, index: usize) -> bool {
        let Some(numbers) = &mut self.numbers else {
            return true;
        };
        let next = numbers.first_chunk::<4>();
        let is_sync = next.is_some_and(|next| u32::from_be_bytes(*next) as usize == index + 1);
        if is_sync {
            numbers.advance(4);
        }
        is_sync
    }
}

/// The `stsc` box and the `stco` or `co64` box: the place of each sample.
struct Chunks {
    /// Entries of first_chunk, samples_per_chunk and sample_description_index, of four bytes each.
    /// The current entry is the first one.
    runs: Bytes,
    offsets: ChunkOffsets,
    /// The number of the current chunk, which counts from 1. It is 0 before the first chunk.
    chunk: u32,
    samples_left: u32,
}

/// The chunk offsets that are left, of four or of eight bytes each.
enum ChunkOffsets {
    Short(Bytes),
    Long(Bytes),
}

struct SamplePlace {
    /// Where the sample starts, if it is the first one of a chunk.
    start: Option<u64>,
    description_index: u32,
}

impl Chunks {
    fn find(stbl: &BoxReader) -> Result<Option<Self>, StreamError> {
        let (Some(stsc), Some(offsets)) = (stbl.find(b"stsc")?, ChunkOffsets::find(stbl)?) else {
            return Ok(None);
        };
        let mut stsc = stsc.reader("moov/trak/mdia/minf/stbl/stsc");
        stsc.version_and_flags()?;
        Ok(Some(Self {
            runs: read_table(&mut stsc, 12)?,
            offsets,
            chunk: 0,
            samples_left: 0,
        }))
    }

    /// Returns the place of the next sample. It is `None` behind the last chunk.
    fn next(&mut self) -> Result<Option<SamplePlace>, &'static str> {
        let mut start = None;
        while self.samples_left == 0 {
            start = match self.offsets.next() {
                Some(offset) => Some(offset),
                None => return Ok(None),
            };
            self.chunk += 1;
            // Chunks have the form of the last entry that does not begin behind them.
            while self.field(3).is_some_and(|first| first <= self.chunk) {
                self.runs.advance(12);
            }
            let Some(samples_per_chunk) = self.field(1) else {
                return Err("stsc has no entries");
            };
            self.samples_left = samples_per_chunk;
        }
        self.samples_left -= 1;
        Ok(Some(SamplePlace {
            start,
            description_index: self.field(2).unwrap_or(0),
        }))
    }

    /// Returns a field of the first entry, or of the entries after it if the index is above 2.
    fn field(&self, index: usize) -> Option<u32> {
        let fields = self.runs.as_chunks::<4>().0;
        fields.get(index).map(|field| u32::from_be_bytes(*field))
    }
}

impl ChunkOffsets {
    fn find(stbl: &BoxReader) -> Result<Option<Self>, StreamError> {
        let (long, short) = (stbl.find(b"co64")?, stbl.find(b"stco")?);
        let is_long = long.is_some();
        let Some(table) = long.or(short) else {
            return Ok(None);
        };
        let mut table = table.reader("moov/trak/mdia/minf/stbl/stco");
        table.version_and_flags()?;
        Ok(Some(if is_long {
            Self::Long(read_table(&mut table, 8)?)
        } else {
            Self::Short(read_table(&mut table, 4)?)
        }))
    }

    fn next(&mut self) -> Option<u64> {
        match self {
            Self::Short(offsets) => offsets.try_get_u32().ok().map(u64::from),
            Self::Long(offsets) => offsets.try_get_u64().ok(),
        }
    }
}
