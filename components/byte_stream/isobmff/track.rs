/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track box (`trak`).

use super::boxes::BoxReader;
use super::movie::{MovieExtends, MovieHeader, MovieTrack, SampleDefaults, read_times, scale};
use super::presentation::TrackHeader;
use super::sample_entry::{SampleDescription, read_sample_descriptions};
use super::sample_groups::GroupDescriptions;
use crate::error::StreamError;
use crate::limits;
use crate::time::Timescale;
use crate::track::{Medium, Track, TrackId, TrackKind, read_name};

/// A `trak` box.
pub(super) struct TrackBox<'a> {
    pub(super) track: MovieTrack,
    /// The track description. It is `None` for what is neither audio nor video nor text of a known
    /// kind.
    pub(super) description: Option<Track>,
    /// The `stbl` box.
    pub(super) sample_table: BoxReader<'a>,
}

/// Reads a `trak` box.
pub(super) fn read_track<'a>(
    trak: &BoxReader<'a>,
    movie: &MovieHeader,
    extends: Option<&MovieExtends>,
) -> Result<TrackBox<'a>, StreamError> {
    let Some(tkhd) = trak.find(b"tkhd")? else {
        return Err(trak.error("tkhd is missing"));
    };
    let header = TrackHeader::read(tkhd.reader("moov/trak/tkhd"), &movie.matrix)?;
    let id = header.id;
    let Some(mdia) = trak.find(b"mdia")? else {
        return Err(trak.error("mdia is missing"));
    };
    let mdia = mdia.reader("moov/trak/mdia");
    let (Some(mdhd), Some(hdlr)) = (mdia.find(b"mdhd")?, mdia.find(b"hdlr")?) else {
        return Err(mdia.error("mdhd or hdlr is missing"));
    };
    let (timescale, mut language) = read_media_header(mdhd.reader("moov/trak/mdia/mdhd"))?;
    if let Some(elng) = mdia.find(b"elng")? {
        language = read_extended_language(elng.reader("moov/trak/mdia/elng"))?;
    }
    let (medium, label) = read_handler(hdlr.reader("moov/trak/mdia/hdlr"))?;
    let presentation_offset = match trak.find(b"edts")? {
        Some(edts) => match edts.reader("moov/trak/edts").find(b"elst")? {
            Some(elst) => read_edit_list(elst.reader("moov/trak/edts/elst"), movie, timescale)?,
            None => 0,
        },
        None => 0,
    };
    let mut track = MovieTrack {
        id,
        medium: None,
        presentation_offset,
        defaults: read_defaults(trak, id, extends)?,
        descriptions: Vec::new(),
        description_in_force: 0,
        groups: GroupDescriptions::default(),
    };
    let sample_table = find_sample_table(&mdia)?;
    let mut description = None;
    if let Some(medium) = medium
        && read_coding(&sample_table, medium, &header, &mut track)?
    {
        let first = &track.descriptions[track.description_in_force];
        let configuration = first.configuration.clone()?;
        description = Some(Track {
            id: TrackId(u64::from(id)),
            timescale,
            kind: match medium {
                Medium::Text => TrackKind::Subtitles,
                _ => TrackKind::Alternative,
            },
            language,
            label,
            encryption: track.encryption(),
            configuration,
        });
    }
    Ok(TrackBox {
        track,
        description,
        sample_table,
    })
}

fn find_sample_table<'a>(mdia: &BoxReader<'a>) -> Result<BoxReader<'a>, StreamError> {
    let Some(minf) = mdia.find(b"minf")? else {
        return Err(mdia.error("minf is missing"));
    };
    let minf = minf.reader("moov/trak/mdia/minf");
    let Some(stbl) = minf.find(b"stbl")? else {
        return Err(minf.error("stbl is missing"));
    };
    Ok(stbl.reader("moov/trak/mdia/minf/stbl"))
}

fn read_defaults(
    trak: &BoxReader,
    id: u32,
    extends: Option<&MovieExtends>,
) -> Result<SampleDefaults, StreamError> {
    let Some(extends) = extends else {
        return Ok(SampleDefaults::default());
    };
    match extends
        .defaults
        .iter()
        .find(|(of_track, _)| *of_track == id)
    {
        Some((_, defaults)) => Ok(*defaults),
        None => Err(trak.error("it has no trex in mvex")),
    }
}

/// Reads the parts of the sample table that hold for all samples. If they are of a known kind, the
/// track gets their handler.
fn read_coding(
    stbl: &BoxReader,
    medium: Medium,
    header: &TrackHeader,
    track: &mut MovieTrack,
) -> Result<bool, StreamError> {
    let Some(stsd) = stbl.find(b"stsd")? else {
        return Err(stbl.error("stsd is missing"));
    };
    let stsd = stsd.reader("moov/trak/mdia/minf/stbl/stsd");
    let descriptions = read_sample_descriptions(stsd, medium, header)?;
    if descriptions.is_empty() {
        return Ok(false);
    }
    // Media segments begin with this entry, if they do not say otherwise.
    let is_usable = |description: &SampleDescription| description.configuration.is_ok();
    let first_usable = descriptions.iter().position(is_usable).unwrap_or(0);
    track.medium = Some(medium);
    track.descriptions = descriptions;
    track.description_in_force = track
        .description(track.defaults.description_index)
        .unwrap_or(first_usable);
    let mut children = stbl.clone();
    while let Some(child) = children.child()? {
        if child.kind == *b"sgpd" {
            track.groups.read(&child)?;
        }
    }
    Ok(true)
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

/// What the track carries, if that is known, and its name.
fn read_handler(mut hdlr: BoxReader) -> Result<(Option<Medium>, String), StreamError> {
    hdlr.version_and_flags()?;
    hdlr.skip(4)?; // pre_defined
    let medium = match hdlr.bytes(4)? {
        b"soun" => Some(Medium::Audio),
        b"vide" => Some(Medium::Video),
        b"text" => Some(Medium::Text),
        _ => None,
    };
    // Some writers end the box with its reserved field, or within it.
    let name = read_name(hdlr.rest().get(12..).unwrap_or_default());
    Ok((medium, label(&name).to_owned()))
}

/// Returns the label in the name of a handler. That name is for people who look into files: what
/// writers fill in by themselves, such as "VideoHandler" or "GPAC ISO Audio Handler", is no label
/// of the track.
fn label(handler_name: &str) -> &str {
    if handler_name.ends_with("Handler") {
        ""
    } else {
        handler_name
    }
}

/// Reads a BCP 47 tag.
fn read_extended_language(mut elng: BoxReader) -> Result<String, StreamError> {
    elng.version_and_flags()?;
    Ok(read_name(elng.rest()))
}

/// Reads what the edit list adds to media times. The media time of its first edit becomes the start
/// of the presentation, or the end of the empty edits before it. Later edits do not count, as in
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
