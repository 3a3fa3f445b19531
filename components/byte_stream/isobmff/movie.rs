/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The movie box (`moov`): an initialization segment.

use super::boxes::BoxReader;
use super::sample_entry::{Handler, read_sample_description};
use crate::error::StreamError;
use crate::limits;
use crate::time::Timescale;
use crate::track::{CodecConfiguration, InitializationSegment, Track, TrackId};

/// What movie fragments are read with.
pub(super) struct Movie {
    pub(super) tracks: Vec<MovieTrack>,
}

/// A track as fragments need it, in the order of the movie box.
pub(super) struct MovieTrack {
    pub(super) id: u32,
    /// `None` for tracks that are neither audio nor video; their samples are passed over.
    pub(super) handler: Option<Handler>,
    /// What is added to a media time to have its presentation time.
    pub(super) presentation_offset: i64,
    pub(super) defaults: SampleDefaults,
}

/// The values of a `trex` box, for what a fragment leaves out.
#[derive(Clone, Copy, Default)]
pub(super) struct SampleDefaults {
    pub(super) description_index: u32,
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// Reads a whole `moov` box.
pub(super) fn read_movie(
    mut moov: BoxReader,
) -> Result<(Movie, InitializationSegment), StreamError> {
    let header = match moov.find(b"mvhd")? {
        Some(mvhd) => read_movie_header(mvhd.reader("moov/mvhd"))?,
        None => return Err(moov.error("mvhd is missing")),
    };
    let Some(mvex) = moov.find(b"mvex")? else {
        return Err(moov
            .error("mvex is missing: the file is not fragmented. Repackage it as fragmented MP4"));
    };
    let (fragment_duration, defaults) = read_movie_extends(mvex.reader("moov/mvex"))?;
    let mut tracks = Vec::new();
    let mut descriptions = Vec::new();
    while let Some(child) = moov.child()? {
        if child.kind != *b"trak" {
            continue;
        }
        if tracks.len() == limits::TRACKS {
            return Err(moov.error("there are too many tracks"));
        }
        let (mut track, description) = read_track(child.reader("moov/trak"), &header)?;
        match defaults.iter().find(|(id, _)| *id == track.id) {
            Some((_, defaults)) => track.defaults = *defaults,
            None => return Err(child.reader("moov/trak").error("it has no trex in mvex")),
        }
        if tracks.iter().any(|other: &MovieTrack| other.id == track.id) {
            return Err(child
                .reader("moov/trak")
                .error("another track has the same track_ID"));
        }
        tracks.push(track);
        descriptions.extend(description);
    }
    if descriptions.is_empty() {
        return Err(moov.error("there is no audio or video track"));
    }
    let duration = fragment_duration
        .or(header.duration)
        .filter(|duration| *duration > 0);
    let nanoseconds = |duration| scale(duration, 1_000_000_000, header.timescale);
    let duration = match duration {
        None => None,
        Some(duration) => match nanoseconds(duration) {
            Some(nanoseconds) => Some(nanoseconds),
            None => return Err(moov.error("the duration is too long")),
        },
    };
    Ok((
        Movie { tracks },
        InitializationSegment {
            duration,
            tracks: descriptions,
        },
    ))
}

/// `value` of one timescale in another, rounded down; `None` beyond `i64`.
fn scale(value: u64, to: u32, from: Timescale) -> Option<u64> {
    let scaled = u128::from(value) * u128::from(to) / u128::from(from.ticks_per_second());
    i64::try_from(scaled).ok().map(|scaled| scaled as u64)
}

struct MovieHeader {
    timescale: Timescale,
    /// `None` if it cannot be determined.
    duration: Option<u64>,
}

fn read_movie_header(mut mvhd: BoxReader) -> Result<MovieHeader, StreamError> {
    let (version, _) = mvhd.version_and_flags()?;
    let (timescale, duration) = read_times(&mut mvhd, version)?;
    Ok(MovieHeader {
        timescale,
        duration,
    })
}

/// The fields that `mvhd` and `mdhd` begin with, after version and flags. A duration of all ones
/// means that it is unknown.
fn read_times(
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

type TrackDefaults = (u32, SampleDefaults);

/// The duration of all fragments, if stated, and the defaults of each track.
fn read_movie_extends(
    mut mvex: BoxReader,
) -> Result<(Option<u64>, Vec<TrackDefaults>), StreamError> {
    let mut duration = None;
    let mut defaults = Vec::new();
    while let Some(child) = mvex.child()? {
        match &child.kind {
            b"mehd" => {
                let mut mehd = child.reader("moov/mvex/mehd");
                let (version, _) = mehd.version_and_flags()?;
                duration = Some(mehd.u32_or_u64(version)?);
            }
            b"trex" => {
                let mut trex = child.reader("moov/mvex/trex");
                if defaults.len() == limits::TRACKS {
                    return Err(trex.error("there are too many tracks"));
                }
                trex.version_and_flags()?;
                let id = trex.u32()?;
                let description_index = trex.u32()?;
                let (duration, size) = (trex.u32()?, trex.u32()?);
                let flags = trex.u32()?;
                defaults.push((
                    id,
                    SampleDefaults {
                        description_index,
                        duration,
                        size,
                        flags,
                    },
                ));
            }
            _ => {}
        }
    }
    Ok((duration, defaults))
}

/// Reads a `trak` box; the description is `None` for what is neither audio nor video.
fn read_track(
    trak: BoxReader,
    movie: &MovieHeader,
) -> Result<(MovieTrack, Option<Track>), StreamError> {
    let Some(tkhd) = trak.find(b"tkhd")? else {
        return Err(trak.error("tkhd is missing"));
    };
    let id = read_track_id(tkhd.reader("moov/trak/tkhd"))?;
    let Some(mdia) = trak.find(b"mdia")? else {
        return Err(trak.error("mdia is missing"));
    };
    let mdia = mdia.reader("moov/trak/mdia");
    let (Some(mdhd), Some(hdlr)) = (mdia.find(b"mdhd")?, mdia.find(b"hdlr")?) else {
        return Err(mdia.error("mdhd or hdlr is missing"));
    };
    let (timescale, language) = read_media_header(mdhd.reader("moov/trak/mdia/mdhd"))?;
    let (handler, label) = read_handler(hdlr.reader("moov/trak/mdia/hdlr"))?;
    let presentation_offset = match trak.find(b"edts")? {
        Some(edts) => match edts.reader("moov/trak/edts").find(b"elst")? {
            Some(elst) => read_edit_list(elst.reader("moov/trak/edts/elst"), movie, timescale)?,
            None => 0,
        },
        None => 0,
    };
    let defaults = SampleDefaults::default();
    let track = MovieTrack {
        id,
        handler,
        presentation_offset,
        defaults,
    };
    let Some(handler) = handler else {
        return Ok((track, None));
    };
    let configuration = read_media_information(&mdia, handler)?;
    let id = TrackId(u64::from(id));
    Ok((
        track,
        Some(Track {
            id,
            timescale,
            language,
            label,
            configuration,
        }),
    ))
}

fn read_media_information(
    mdia: &BoxReader,
    handler: Handler,
) -> Result<CodecConfiguration, StreamError> {
    let Some(minf) = mdia.find(b"minf")? else {
        return Err(mdia.error("minf is missing"));
    };
    let minf = minf.reader("moov/trak/mdia/minf");
    let Some(stbl) = minf.find(b"stbl")? else {
        return Err(minf.error("stbl is missing"));
    };
    let stbl = stbl.reader("moov/trak/mdia/minf/stbl");
    let Some(stsd) = stbl.find(b"stsd")? else {
        return Err(stbl.error("stsd is missing"));
    };
    read_sample_description(stsd.reader("moov/trak/mdia/minf/stbl/stsd"), handler)
}

fn read_track_id(mut tkhd: BoxReader) -> Result<u32, StreamError> {
    let (version, _) = tkhd.version_and_flags()?;
    // creation_time, modification_time
    tkhd.skip(if version == 0 { 8 } else { 16 })?;
    tkhd.u32()
}

/// The timescale, and the language in three letters of ISO 639-2/T, empty if undetermined.
fn read_media_header(mut mdhd: BoxReader) -> Result<(Timescale, String), StreamError> {
    let (version, _) = mdhd.version_and_flags()?;
    let (timescale, _) = read_times(&mut mdhd, version)?;
    let packed = mdhd.u16()?;
    let letters = [10, 5, 0].map(|shift| (packed >> shift & 0x1f) as u8 + 0x60);
    let language: String = letters.iter().map(|letter| char::from(*letter)).collect();
    let is_code = letters.iter().all(u8::is_ascii_lowercase) && language != "und";
    Ok((timescale, if is_code { language } else { String::new() }))
}

/// The kind of track, and its name.
fn read_handler(mut hdlr: BoxReader) -> Result<(Option<Handler>, String), StreamError> {
    hdlr.version_and_flags()?;
    hdlr.skip(4)?; // pre_defined
    let handler = match hdlr.bytes(4)? {
        b"soun" => Some(Handler::Audio),
        b"vide" => Some(Handler::Video),
        _ => None,
    };
    // Some writers end the box with its reserved field, or within it.
    let name = hdlr.rest().get(12..).unwrap_or_default();
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok((handler, String::from_utf8_lossy(name).into_owned()))
}

/// What the edit list adds to media times: the media time of its first edit becomes the start of
/// the presentation, or the end of the empty edits before it. Later edits do not count, as in
/// other players.
fn read_edit_list(
    mut elst: BoxReader,
    movie: &MovieHeader,
    timescale: Timescale,
) -> Result<i64, StreamError> {
    let (version, _) = elst.version_and_flags()?;
    let entry_count = elst.u32()?;
    let mut delay: i64 = 0;
    for _ in 0..entry_count {
        let duration = elst.u32_or_u64(version)?;
        let media_time = if version == 0 {
            i64::from(elst.i32()?)
        } else {
            elst.i64()?
        };
        elst.skip(4)?; // media_rate
        if media_time >= 0 {
            return match delay.checked_sub(media_time) {
                Some(offset) if offset.abs() < limits::TICKS => Ok(offset),
                _ => Err(elst.error("the media time is too large")),
            };
        }
        let duration = scale(duration, timescale.ticks_per_second(), movie.timescale);
        let sum = duration.and_then(|duration| delay.checked_add_unsigned(duration));
        delay = match sum {
            Some(sum) if sum < limits::TICKS => sum,
            _ => return Err(elst.error("an empty edit is too long")),
        };
    }
    Ok(delay)
}
