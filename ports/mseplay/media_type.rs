/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The MIME type of a file. A page knows it from its manifest; here the file's first bytes tell.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use byte_stream::format::ByteStreamFormat;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{CodecConfiguration, InitializationSegment, Medium};
use bytes::Bytes;

use crate::failure::Failure;

/// How much of a file is looked at in search of its initialization segment.
const LONGEST_HEAD: u64 = 16 << 20;
const PIECE: usize = 64 << 10;

/// The type to give to `addSourceBuffer()` for a byte stream that begins with `file`.
pub fn media_type(file: &Path) -> Result<String, Failure> {
    let mut head = File::open(file)
        .map_err(|error| Failure::cannot_read(file, error))?
        .take(LONGEST_HEAD);
    let mut bytes = read_piece(&mut head, file)?;
    let Some(format) = format_of(&bytes) else {
        return Err(Failure::Media(format!(
            "{} is none of MP4, WebM, MPEG-2 TS, MP3 and AAC in ADTS: name a media file",
            file.display()
        )));
    };
    if format == ByteStreamFormat::MpegAudio {
        let is_aac = sync_word(&bytes).is_some_and(is_adts);
        return Ok(if is_aac { "audio/aac" } else { "audio/mpeg" }.to_owned());
    }
    let mut parser = Parser::new(format);
    loop {
        let is_over = bytes.is_empty();
        parser.push(bytes);
        match parser.parse(usize::MAX) {
            Ok(Parsed::Produced(Produced::InitializationSegment(segment))) => {
                return Ok(with_codecs(format, &segment));
            }
            Ok(Parsed::NeedMore) if is_over => {
                return Err(no_initialization_segment(file, "it ends before"));
            }
            Ok(_) => bytes = read_piece(&mut head, file)?,
            Err(error) => return Err(no_initialization_segment(file, &error)),
        }
    }
}

fn read_piece(head: &mut impl Read, file: &Path) -> Result<Bytes, Failure> {
    let mut piece = Vec::with_capacity(PIECE);
    head.take(PIECE as u64)
        .read_to_end(&mut piece)
        .map_err(|error| Failure::cannot_read(file, error))?;
    Ok(Bytes::from(piece))
}

fn no_initialization_segment(file: &Path, reason: impl Display) -> Failure {
    Failure::Media(format!(
        "{} does not begin with an initialization segment ({reason}): name the file that does \
         first, as in `mseplay init.mp4 1.m4s 2.m4s`",
        file.display()
    ))
}

/// Recognizes the format by the bytes that it begins with.
fn format_of(bytes: &[u8]) -> Option<ByteStreamFormat> {
    const BOXES: [&[u8]; 8] = [
        b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"emsg", b"free", b"skip",
    ];
    const EBML: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
    const CLUSTER: &[u8] = &[0x1f, 0x43, 0xb6, 0x75];
    const TS_PACKET: usize = 188;
    const TS_SYNC: u8 = 0x47;
    if bytes.get(4..8).is_some_and(|kind| BOXES.contains(&kind)) {
        Some(ByteStreamFormat::IsoBmff)
    } else if bytes.starts_with(EBML) || bytes.starts_with(CLUSTER) {
        Some(ByteStreamFormat::WebM)
    } else if bytes.first() == Some(&TS_SYNC)
        && bytes.get(TS_PACKET).is_none_or(|byte| *byte == TS_SYNC)
    {
        Some(ByteStreamFormat::MpegTs)
    } else {
        sync_word(bytes).map(|_| ByteStreamFormat::MpegAudio)
    }
}

/// The two bytes that a frame of MPEG audio begins with, after ID3 tags.
fn sync_word(bytes: &[u8]) -> Option<[u8; 2]> {
    let mut rest = bytes;
    while let Some(tag) = rest.strip_prefix(b"ID3") {
        // Its size has seven bits in each of four bytes.
        let size = tag.get(3..7)?;
        let size = size
            .iter()
            .fold(0, |size, byte| size << 7 | usize::from(*byte & 0x7f));
        rest = rest.get(10 + size..)?;
    }
    let word = [*rest.first()?, *rest.get(1)?];
    (word[0] == 0xff && word[1] & 0xe0 == 0xe0).then_some(word)
}

/// ADTS has the layer that MPEG audio leaves out.
fn is_adts(sync_word: [u8; 2]) -> bool {
    sync_word[1] & 0x06 == 0
}

fn with_codecs(format: ByteStreamFormat, segment: &InitializationSegment) -> String {
    let configurations = segment.tracks.iter().map(|track| &track.configuration);
    let has_video = configurations
        .clone()
        .any(|configuration| configuration.medium() == Medium::Video);
    let codecs: Vec<_> = configurations
        .filter(|configuration| configuration.medium() != Medium::Text)
        .map(CodecConfiguration::codec_string)
        .collect();
    format!(
        "{}; codecs=\"{}\"",
        essence(format, has_video),
        codecs.join(",")
    )
}

fn essence(format: ByteStreamFormat, has_video: bool) -> &'static str {
    match (format, has_video) {
        (ByteStreamFormat::IsoBmff, true) => "video/mp4",
        (ByteStreamFormat::IsoBmff, false) => "audio/mp4",
        (ByteStreamFormat::WebM, true) => "video/webm",
        (ByteStreamFormat::WebM, false) => "audio/webm",
        (ByteStreamFormat::MpegTs, true) => "video/mp2t",
        (ByteStreamFormat::MpegTs, false) => "audio/mp2t",
        (ByteStreamFormat::MpegAudio, _) => "audio/mpeg",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn type_of(name: &str) -> String {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
        media_type(&folder.join(name)).expect("it is media")
    }

    #[test]
    fn every_format_is_known_by_its_first_bytes() {
        for (name, expected) in [
            (
                "h264-aac.mp4",
                "video/mp4; codecs=\"avc1.64000C,mp4a.40.2\"",
            ),
            ("aac.mp4", "audio/mp4; codecs=\"mp4a.40.2\""),
            ("vp8-vorbis.webm", "video/webm; codecs=\"vp8,vorbis\""),
            ("vorbis.webm", "audio/webm; codecs=\"vorbis\""),
            (
                "layouts/h264-aac.ts",
                "video/mp2t; codecs=\"avc3.64000C,mp4a.40.2\"",
            ),
            ("layouts/bare.mp3", "audio/mpeg"),
            ("layouts/xing-id3.mp3", "audio/mpeg"),
            ("layouts/bare.aac", "audio/aac"),
            ("layouts/id3.aac", "audio/aac"),
        ] {
            assert_eq!(type_of(name), expected, "{name}");
        }
    }

    #[test]
    fn captions_are_not_named() {
        assert!(!type_of("codecs/webvtt.mp4").contains("wvtt"));
        assert_eq!(type_of("codecs/webvtt.webm"), "video/webm; codecs=\"vp8\"");
    }
}
