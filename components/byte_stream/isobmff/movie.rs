/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The movie box (`moov`), which is an initialization segment.

use super::boxes::BoxReader;
use super::interleaving::{Interleaving, Source};
use super::presentation::{Matrix, read_matrix};
use super::protection::Protection;
use super::sample_entry::SampleDescription;
use super::sample_groups::GroupDescriptions;
use super::sample_table::SampleTable;
use super::track::read_track;
use crate::encryption::TrackEncryption;
use crate::error::StreamError;
use crate::limits;
use crate::memory::allocated;
use crate::time::Timescale;
use crate::track::{CodecConfiguration, InitializationSegment, Medium, Track, name_main_tracks};

/// The parts of a movie box that media segments are read with.
#[derive(Default)]
pub(super) struct Movie {
    pub(super) tracks: Vec<MovieTrack>,
    /// Whether movie fragments may follow.
    pub(super) is_fragmented: bool,
}

/// The parts of a track that fragments are read with.
pub(super) struct MovieTrack {
    pub(super) id: u32,
    /// `None` for tracks that are neither audio nor video nor text of a known kind; their samples
    /// are passed over.
    pub(super) medium: Option<Medium>,
    /// What is added to a media time to have its presentation time.
    pub(super) presentation_offset: i64,
    pub(super) defaults: SampleDefaults,
    /// The sample entries. There are none without a handler.
    pub(super) descriptions: Vec<SampleDescription>,
    /// The index of the sample entry of the frames that are given now.
    pub(super) description_in_force: usize,
    /// The sample groups that are described for the whole track.
    pub(super) groups: GroupDescriptions,
}

impl MovieTrack {
    /// Returns the index of a sample entry by its number in the file, which counts from 1. (Some
    /// writers begin at 0.) The error says what is wrong.
    pub(super) fn description(&self, index: u32) -> Result<usize, &'static str> {
        let place = (index as usize).saturating_sub(1);
        match self.descriptions.get(place).map(|it| &it.configuration) {
            Some(Ok(_)) => Ok(place),
            Some(Err(_)) => Err("its samples are coded in a way that is not supported"),
            None => Err("there is no sample entry of that index"),
        }
    }

    pub(super) fn encryption(&self) -> Option<TrackEncryption> {
        let mut protections = self
            .descriptions
            .iter()
            .filter_map(|it| it.protection.as_ref());
        protections.next().map(Protection::track_encryption)
    }

    /// Returns the memory in bytes that the track takes beside its own size. The sample entry in
    /// force does not count, as whoever was given it shares its memory.
    fn held_bytes(&self) -> usize {
        let others = self.descriptions.iter().enumerate();
        let others = others.filter(|(place, _)| *place != self.description_in_force);
        let others = others.map(|(_, description)| description.held_bytes());
        allocated(self.descriptions.capacity() * size_of::<SampleDescription>())
            + others.sum::<usize>()
            + self.groups.held_bytes()
    }

    /// Puts a sample entry in force. It returns the configuration if another entry was in force
    /// before.
    pub(super) fn put_in_force(&mut self, description: usize) -> Option<CodecConfiguration> {
        let before = std::mem::replace(&mut self.description_in_force, description);
        if before == description {
            return None;
        }
        let configuration = |place: usize| self.descriptions[place].configuration.as_ref().ok();
        let changed = configuration(description).filter(|new| Some(*new) != configuration(before));
        changed.cloned()
    }
}

/// The values of a `trex` box, which hold where a fragment leaves them out.
#[derive(Clone, Copy, Default)]
pub(super) struct SampleDefaults {
    pub(super) description_index: u32,
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// The contents of a whole `moov` box.
pub(super) struct MovieBox {
    pub(super) movie: Movie,
    pub(super) segment: InitializationSegment,
    /// The samples that the box describes itself, without movie fragments.
    pub(super) samples: Interleaving,
}

/// Reads a whole `moov` box. The offsets of its own samples count from `file_start`.
pub(super) fn read_movie(mut moov: BoxReader, file_start: u64) -> Result<MovieBox, StreamError> {
    let header = match moov.find(b"mvhd")? {
        Some(mvhd) => read_movie_header(mvhd.reader("moov/mvhd"))?,
        None => return Err(moov.error("mvhd is missing")),
    };
    let extends = match moov.find(b"mvex")? {
        Some(mvex) => Some(read_movie_extends(mvex.reader("moov/mvex"))?),
        None => None,
    };
    let mut movie = Movie {
        tracks: Vec::new(),
        is_fragmented: extends.is_some(),
    };
    let mut descriptions = Vec::new();
    let mut tables = Vec::new();
    while let Some(child) = moov.child()? {
        if child.kind == *b"trak" {
            let trak = child.reader("moov/trak");
            let (description, table) =
                movie.add_track(&trak, &header, extends.as_ref(), file_start)?;
            descriptions.extend(description);
            tables.extend(table.map(|table| Source::Table(Box::new(table))));
        }
    }
    if descriptions.is_empty() {
        return Err(moov.error("there is no audio, video or text track"));
    }
    if !movie.is_fragmented && tables.is_empty() {
        return Err(moov.error(
            "mvex is missing: the file is not fragmented, and has no samples either. Repackage \
             it as fragmented MP4",
        ));
    }
    name_main_tracks(&mut descriptions);
    let fragment_duration = extends.and_then(|extends| extends.duration);
    let segment = InitializationSegment {
        duration: header
            .duration_in_nanoseconds(fragment_duration)
            .map_err(|cause| moov.error(cause))?,
        tracks: descriptions,
    };
    let samples = Interleaving::new(tables, &movie)?;
    Ok(MovieBox {
        movie,
        segment,
        samples,
    })
}

impl Movie {
    /// Returns the memory in bytes that the movie takes.
    pub(super) fn held_bytes(&self) -> usize {
        let tracks = self.tracks.iter().map(MovieTrack::held_bytes);
        allocated(self.tracks.capacity() * size_of::<MovieTrack>()) + tracks.sum::<usize>()
    }

    fn add_track(
        &mut self,
        trak: &BoxReader,
        header: &MovieHeader,
        extends: Option<&MovieExtends>,
        file_start: u64,
    ) -> Result<(Option<Track>, Option<SampleTable>), StreamError> {
        if self.tracks.len() == limits::TRACKS {
            return Err(trak.error("there are too many tracks").over_limit());
        }
        let track_box = read_track(trak, header, extends)?;
        let track = &track_box.track;
        if self.tracks.iter().any(|other| other.id == track.id) {
            return Err(trak.error("another track has the same track_ID"));
        }
        let stbl = &track_box.sample_table;
        let table = SampleTable::read(stbl, track, self.tracks.len(), file_start)?;
        self.tracks.push(track_box.track);
        Ok((track_box.description, table))
    }
}

/// `value` of one timescale in another, rounded to the nearest; `None` beyond `i64`.
pub(super) fn scale(value: u64, to: u32, from: Timescale) -> Option<u64> {
    let from = u128::from(from.ticks_per_second());
    let scaled = (u128::from(value) * u128::from(to) + from / 2) / from;
    i64::try_from(scaled).ok().map(|scaled| scaled as u64)
}

pub(super) struct MovieHeader {
    pub(super) timescale: Timescale,
    /// The duration in the timescale of the movie. It is `None` if it cannot be determined.
    duration: Option<u64>,
    /// How the frames of all tracks are turned.
    pub(super) matrix: Matrix,
}

impl MovieHeader {
    /// Returns the duration of all fragments if that is stated, else of the samples in the movie
    /// box itself. It is `None` if neither is known. The error says what is wrong.
    fn duration_in_nanoseconds(
        &self,
        fragment_duration: Option<u64>,
    ) -> Result<Option<u64>, &'static str> {
        match fragment_duration.or(self.duration) {
            None | Some(0) => Ok(None),
            Some(duration) => match scale(duration, 1_000_000_000, self.timescale) {
                Some(nanoseconds) => Ok(Some(nanoseconds)),
                None => Err("the duration is too long"),
            },
        }
    }
}

fn read_movie_header(mut mvhd: BoxReader) -> Result<MovieHeader, StreamError> {
    let (version, _) = mvhd.version_and_flags()?;
    let (timescale, duration) = read_times(&mut mvhd, version)?;
    mvhd.skip(4 + 2 + 2 + 8)?; // rate, volume, reserved
    Ok(MovieHeader {
        timescale,
        duration,
        matrix: read_matrix(&mut mvhd)?,
    })
}

/// Reads the fields that `mvhd` and `mdhd` begin with, after version and flags. A duration of all
/// ones means that it is unknown.
pub(super) fn read_times(
    reader: &mut BoxReader,
    version: u8,
) -> Result<(Timescale, Option<u64>), StreamError> {
    // creation_time, modification_time
    reader.skip(if version == 0 { 8 } else { 16 })?;
    let timescale = reader.u32()?;
    let Some(timescale) = Timescale::new(timescale) else {
        return Err(reader.error("the timescale is zero"));
    };
    let duration = reader.u32_or_u64(version)?;
    let unknown = if version == 0 {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    Ok((timescale, (duration != unknown).then_some(duration)))
}

pub(super) struct MovieExtends {
    /// The duration of all fragments, in the timescale of the movie, if it is stated.
    duration: Option<u64>,
    /// The defaults with their track_ID.
    pub(super) defaults: Vec<(u32, SampleDefaults)>,
}

fn read_movie_extends(mut mvex: BoxReader) -> Result<MovieExtends, StreamError> {
    let mut extends = MovieExtends {
        duration: None,
        defaults: Vec::new(),
    };
    while let Some(child) = mvex.child()? {
        match &child.kind {
            b"mehd" => {
                let mut mehd = child.reader("moov/mvex/mehd");
                let (version, _) = mehd.version_and_flags()?;
                extends.duration = Some(mehd.u32_or_u64(version)?);
            }
            b"trex" => {
                let mut trex = child.reader("moov/mvex/trex");
                if extends.defaults.len() == limits::TRACKS {
                    return Err(trex.error("there are too many tracks").over_limit());
                }
                trex.version_and_flags()?;
                let id = trex.u32()?;
                let defaults = SampleDefaults {
                    description_index: trex.u32()?,
                    duration: trex.u32()?,
                    size: trex.u32()?,
                    flags: trex.u32()?,
                };
                extends.defaults.push((id, defaults));
            }
            _ => {}
        }
    }
    Ok(extends)
}
