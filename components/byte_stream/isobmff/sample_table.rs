/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sample table (`stbl`) of a file that is not fragmented, or not from its start on.

use super::boxes::BoxReader;
use super::movie::MovieTrack;
use super::runs::Runs;
use super::samples::{Dependency, Sample, SampleFlags, SampleNotes};
use crate::error::StreamError;
use crate::limits;

/// Adds the samples of a track to `samples`, if there are any and the track is of a known kind.
/// Chunk offsets count from `file_start`.
pub(super) fn read_sample_table(
    stbl: &BoxReader,
    track: &MovieTrack,
    file_start: u64,
    samples: &mut Vec<Sample>,
) -> Result<(), StreamError> {
    let (Some(handler), Some(stsz)) = (track.handler, stbl.find(b"stsz")?) else {
        return Ok(());
    };
    let sizes = SampleSizes::read(stsz.reader("moov/trak/mdia/minf/stbl/stsz"))?;
    if sizes.count == 0 {
        return Ok(());
    }
    if sizes.count > limits::SAMPLES_PER_MOVIE - samples.len() {
        return Err(stbl.error("there are too many samples in the movie"));
    }
    if track.encryption().is_some() {
        return Err(stbl.error("encrypted samples that are in no movie fragment are not supported"));
    }
    let (Some(mut chunks), Some(mut times)) = (Chunks::find(stbl)?, SampleTimes::find(stbl)?)
    else {
        return Err(stbl.error("stts, stsc, stco or co64 is missing"));
    };
    let mut sync_samples = SyncSamples::find(stbl)?;
    let mut notes = SampleNotes::read(stbl, track, None)?;
    let mut chunk_end = 0;
    for index in 0..sizes.count {
        let chunk = chunks.next();
        let Some(chunk) = chunk.map_err(|cause| stbl.error(cause))? else {
            return Err(stbl.error("there are fewer places for samples in chunks than samples"));
        };
        track
            .description(chunk.description_index)
            .map_err(|cause| stbl.error(cause))?;
        let offset = match chunk.start {
            Some(start) => start.saturating_add(file_start),
            None => chunk_end,
        };
        if offset > limits::STREAM_BYTES {
            return Err(stbl.error("a chunk offset is too large"));
        }
        let Some((decode, composition_offset, duration)) = times.next() else {
            return Err(stbl.error("there are fewer sample durations in stts than samples"));
        };
        let flags = SampleFlags {
            is_sync: sync_samples.next(index),
            dependency: Dependency::default(),
        };
        let note = notes.next(handler, flags)?;
        let size = sizes.get(index);
        chunk_end = offset + u64::from(size);
        let decode = decode + track.presentation_offset;
        if size > 0 {
            samples.push(Sample {
                offset,
                size,
                track: track.id,
                presentation: decode + i64::from(composition_offset),
                decode,
                duration,
                is_random_access_point: note.is_random_access_point,
                is_discardable: note.is_discardable,
                details: None,
            });
        }
    }
    Ok(())
}

/// The `stsz` box.
struct SampleSizes<'a> {
    count: usize,
    /// Of each sample, if not zero.
    common: u32,
    table: &'a [[u8; 4]],
}

impl<'a> SampleSizes<'a> {
    fn read(mut stsz: BoxReader<'a>) -> Result<Self, StreamError> {
        stsz.version_and_flags()?;
        let common = stsz.u32()?;
        let count = stsz.u32()? as usize;
        let (table, _) = stsz.rest().as_chunks::<4>();
        if common == 0 && table.len() < count {
            return Err(stsz.error("the box ends within its table"));
        }
        Ok(Self {
            count,
            common,
            table,
        })
    }

    fn get(&self, index: usize) -> u32 {
        let size = self.table.get(index).filter(|_| self.common == 0);
        size.map_or(self.common, |size| u32::from_be_bytes(*size))
    }
}

/// The `stts` and `ctts` boxes.
struct SampleTimes<'a> {
    durations: Runs<'a>,
    composition_offsets: Option<Runs<'a>>,
    decode: i64,
}

impl<'a> SampleTimes<'a> {
    fn find(stbl: &BoxReader<'a>) -> Result<Option<Self>, StreamError> {
        let read = |kind, place| -> Result<Option<Runs<'a>>, StreamError> {
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

    /// The next sample's decode time, composition offset and duration.
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

/// The `stss` box: the numbers of the sync samples in ascending order. Without one, all are.
struct SyncSamples<'a> {
    numbers: Option<&'a [[u8; 4]]>,
}

impl<'a> SyncSamples<'a> {
    fn find(stbl: &BoxReader<'a>) -> Result<Self, StreamError> {
        let Some(stss) = stbl.find(b"stss")? else {
            return Ok(Self { numbers: None });
        };
        let mut stss = stss.reader("moov/trak/mdia/minf/stbl/stss");
        stss.version_and_flags()?;
        let count = stss.u32()? as usize;
        let (numbers, _) = stss.rest().as_chunks::<4>();
        match numbers.get(..count) {
            Some(numbers) => Ok(Self {
                numbers: Some(numbers),
            }),
            None => Err(stss.error("the box ends within its table")),
        }
    }

    /// Whether the sample at the index, which is one more each time, is a sync sample.
    fn next(&mut self, index: usize) -> bool {
        let Some(numbers) = &mut self.numbers else {
            return true;
        };
        match numbers.split_first() {
            Some((number, rest)) if u32::from_be_bytes(*number) as usize == index + 1 => {
                *numbers = rest;
                true
            }
            _ => false,
        }
    }
}

/// The `stsc` box and the `stco` or `co64` box: the place of each sample.
struct Chunks<'a> {
    /// Triples of first_chunk, samples_per_chunk and sample_description_index, the current first.
    runs: &'a [[u8; 12]],
    offsets: ChunkOffsets<'a>,
    /// The number of the current chunk, from 1; 0 before the first one.
    chunk: u32,
    samples_left: u32,
}

enum ChunkOffsets<'a> {
    Short(&'a [[u8; 4]]),
    Long(&'a [[u8; 8]]),
}

struct SamplePlace {
    /// If it is the first one of a chunk.
    start: Option<u64>,
    description_index: u32,
}

impl<'a> Chunks<'a> {
    fn find(stbl: &BoxReader<'a>) -> Result<Option<Self>, StreamError> {
        let (Some(stsc), Some(offsets)) = (stbl.find(b"stsc")?, ChunkOffsets::find(stbl)?) else {
            return Ok(None);
        };
        let mut stsc = stsc.reader("moov/trak/mdia/minf/stbl/stsc");
        stsc.version_and_flags()?;
        let count = stsc.u32()? as usize;
        let (runs, _) = stsc.rest().as_chunks::<12>();
        match runs.get(..count) {
            Some(runs) => Ok(Some(Self {
                runs,
                offsets,
                chunk: 0,
                samples_left: 0,
            })),
            None => Err(stsc.error("the box ends within its table")),
        }
    }

    /// The next sample's place; `None` behind the last chunk.
    fn next(&mut self) -> Result<Option<SamplePlace>, &'static str> {
        let mut start = None;
        while self.samples_left == 0 {
            start = match self.offsets.next() {
                Some(offset) => Some(offset),
                None => return Ok(None),
            };
            self.chunk += 1;
            // Chunks have the form of the last entry that does not begin behind them.
            while let [_, next, ..] = self.runs
                && field(next, 0) <= self.chunk
            {
                self.runs = &self.runs[1..];
            }
            let Some(run) = self.runs.first() else {
                return Err("stsc has no entries");
            };
            self.samples_left = field(run, 1);
        }
        self.samples_left -= 1;
        let description_index = self.runs.first().map_or(0, |run| field(run, 2));
        Ok(Some(SamplePlace {
            start,
            description_index,
        }))
    }
}

fn field(run: &[u8; 12], index: usize) -> u32 {
    let (fields, _) = run.as_chunks::<4>();
    u32::from_be_bytes(fields[index])
}

impl<'a> ChunkOffsets<'a> {
    fn find(stbl: &BoxReader<'a>) -> Result<Option<Self>, StreamError> {
        let (long, short) = (stbl.find(b"co64")?, stbl.find(b"stco")?);
        let is_long = long.is_some();
        let Some(table) = long.or(short) else {
            return Ok(None);
        };
        let mut table = table.reader("moov/trak/mdia/minf/stbl/stco");
        table.version_and_flags()?;
        let count = table.u32()? as usize;
        let rest = table.rest();
        let offsets = if is_long {
            rest.as_chunks().0.get(..count).map(Self::Long)
        } else {
            rest.as_chunks().0.get(..count).map(Self::Short)
        };
        offsets
            .map(Some)
            .ok_or_else(|| table.error("the box ends within its table"))
    }

    fn next(&mut self) -> Option<u64> {
        match self {
            Self::Short(offsets) => {
                let (first, rest) = offsets.split_first()?;
                *offsets = rest;
                Some(u64::from(u32::from_be_bytes(*first)))
            }
            Self::Long(offsets) => {
                let (first, rest) = offsets.split_first()?;
                *offsets = rest;
                Some(u64::from_be_bytes(*first))
            }
        }
    }
}
