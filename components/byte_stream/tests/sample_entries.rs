/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of sample entries of ISO BMFF: which of them applies to a sample, and how frames are
//! shown.

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::track::{CodecConfiguration, TrackId, VideoConfiguration};
use bytes::Bytes;

use crate::boxes::{edit, pictures, put_word, read_boxes, words, write_box};
use crate::outcome::{Outcome, TURN_BYTES, parse_chunks, parse_whole, pieces};
use crate::support::Fixture;

const STSD: &str = "moov/trak/mdia/minf/stbl/stsd";
const TREX: &str = "moov/mvex/trex";

fn parse(bytes: Vec<u8>) -> Outcome {
    let bytes = Bytes::from(bytes);
    let whole = parse_whole(ByteStreamFormat::IsoBmff, &bytes);
    let by_pieces = parse_chunks(ByteStreamFormat::IsoBmff, pieces(&bytes, 7), TURN_BYTES);
    assert!(whole == by_pieces, "in pieces it is something else");
    whole
}

fn video(configuration: &CodecConfiguration) -> &VideoConfiguration {
    let CodecConfiguration::Video(video) = configuration else {
        panic!("{configuration:?}");
    };
    video
}

fn first_video(outcome: &Outcome) -> &VideoConfiguration {
    video(&outcome.segments[0].tracks[0].configuration)
}

/// Adds a second sample entry like the first one, with a change.
fn add_entry(bytes: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    edit(bytes, STSD, &mut |stsd| {
        let mut entry = stsd[8..].to_vec();
        change(&mut entry);
        let size = entry.len() as u32;
        put_word(&mut entry, 0, size);
        put_word(stsd, 4, 2);
        stsd.extend(entry);
    })
}

/// Makes the frames of a sample entry twice as wide.
fn widen(entry: &mut [u8]) {
    entry[32..34].copy_from_slice(&640_u16.to_be_bytes());
}

/// Lets a fragment, whose number counts from 0, refer to a sample entry.
fn refer(bytes: &[u8], fragment: usize, index: u32) -> Vec<u8> {
    let mut number = 0;
    edit(bytes, "moof", &mut |moof| {
        if number == fragment {
            *moof = edit(moof, "traf/tfhd", &mut |tfhd| {
                let flags = tfhd[3] | 0x2;
                tfhd[3] = flags;
                tfhd.splice(8..8, index.to_be_bytes());
            });
            *moof = edit(moof, "traf/trun", &mut |trun| trun[11] += 4);
        }
        number += 1;
    })
}

#[test]
fn the_second_entry_alone_is_used() {
    let whole = parse(pictures().to_vec());
    let bytes = add_entry(&pictures(), |entry| widen(entry));
    let bytes = edit(&bytes, TREX, &mut |trex| put_word(trex, 8, 2));
    let outcome = parse(bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(first_video(&outcome).width, 640);
    assert_eq!(outcome.changes, []);
    assert!(outcome.frames == whole.frames);
}

#[test]
fn entries_change_within_the_stream() {
    let bytes = refer(
        &refer(&add_entry(&pictures(), |entry| widen(entry)), 1, 2),
        3,
        2,
    );
    let outcome = parse(bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(first_video(&outcome).width, 320);
    let changes = outcome.changes.iter();
    let changes: Vec<_> = changes
        .map(|(frames, track, configuration)| (*frames, *track, video(configuration).width))
        .collect();
    let track = TrackId(1);
    let expected = [(24, 640), (48, 320), (72, 640), (96, 320)];
    assert_eq!(
        changes,
        expected.map(|(frames, width)| (frames, track, width))
    );
}

#[test]
fn entries_of_the_same_coding_are_no_change() {
    let bytes = refer(&add_entry(&pictures(), |_| {}), 1, 2);
    let outcome = parse(bytes);
    assert_eq!((outcome.error, outcome.changes), (None, Vec::new()));
}

#[test]
fn an_entry_that_is_not_supported_is_an_error_where_it_is_used() {
    let unknown = add_entry(&pictures(), |entry| entry[4..8].copy_from_slice(b"what"));
    assert_eq!(parse(unknown.clone()).error, None);
    let error = parse(refer(&unknown, 1, 2)).error.expect("it is used");
    assert_eq!(error.place, "moof/traf/tfhd");
    let error = parse(refer(&unknown, 1, 3)).error.expect("there is none");
    assert_eq!(error.place, "moof/traf/tfhd");
}

#[test]
fn an_entry_for_samples_in_the_clear_may_lie_beside_one_for_encrypted_ones() {
    let clear = read_boxes(&pictures())[1].1.clone();
    let mut entry = Vec::new();
    edit(&clear, STSD.trim_start_matches("moov/"), &mut |stsd| {
        entry = stsd[8..].to_vec()
    });
    let encrypted = Fixture::load("codecs/encrypted.mp4").bytes;
    let both = edit(&encrypted, STSD, &mut |stsd| {
        put_word(stsd, 4, 2);
        stsd.extend(&entry);
    });
    let outcome = parse(refer(&both, 0, 2));
    assert!(outcome.segments[0].tracks[0].encryption.is_some());
    let encryption = |frame: &CodedFrame| frame.details.as_ref()?.encryption.clone();
    let found: Vec<_> = outcome.frames.iter().map(encryption).collect();
    assert_eq!(found.len(), 50);
    assert!(found[..24].iter().all(Option::is_none));
    assert!(found[24..].iter().all(Option::is_some));
}

#[test]
fn text_without_a_sample_entry_is_passed_over() {
    let whole = parse(pictures().to_vec());
    let bytes = edit(&pictures(), "moov", &mut |moov| {
        let trak = read_boxes(moov)
            .into_iter()
            .find(|(kind, _)| kind == b"trak");
        let trak = write_box(b"trak", &trak.expect("there is a track").1);
        let trak = edit(&trak, "trak/tkhd", &mut |tkhd| put_word(tkhd, 12, 2));
        let trak = edit(&trak, "trak/mdia/hdlr", &mut |hdlr| {
            hdlr[8..12].copy_from_slice(b"text");
        });
        let trak = edit(&trak, "trak/mdia/minf/stbl/stsd", &mut |stsd| {
            *stsd = vec![0; 8]
        });
        moov.splice(108..108, trak);
        *moov = edit(moov, "mvex", &mut |mvex| {
            mvex.extend(write_box(b"trex", &words(&[0, 2, 1, 0, 0, 0])));
        });
    });
    let outcome = parse(bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.segments[0].tracks.len(), 1);
    assert!(outcome.frames == whole.frames);
}

/// Returns how frames are shown if boxes are added to the sample entry, and the track header is
/// changed.
fn shown(boxes: &[Vec<u8>], change_tkhd: impl Fn(&mut Vec<u8>)) -> VideoConfiguration {
    let bytes = edit(&pictures(), STSD, &mut |stsd| {
        stsd.extend(boxes.concat());
        let size = stsd.len() as u32 - 8;
        put_word(stsd, 8, size);
    });
    let bytes = edit(&bytes, "moov/trak/tkhd", &mut |tkhd| change_tkhd(tkhd));
    let outcome = parse(bytes);
    assert_eq!(outcome.error, None);
    first_video(&outcome).clone()
}

fn set_size(tkhd: &mut [u8], width: u32, height: u32) {
    put_word(tkhd, 76, width << 16);
    put_word(tkhd, 80, height << 16);
}

#[test]
fn boxes_give_the_shape_of_pixels() {
    // The fixture has a box of its own that says 1:1, the first one of its kind.
    let without = edit(&pictures(), STSD, &mut |stsd| {
        let place = stsd.windows(4).position(|kind| kind == b"pasp");
        if let Some(place) = place {
            stsd[place..place + 4].copy_from_slice(b"free");
        }
    });
    let shape = |boxes: &[Vec<u8>], size: (u32, u32)| {
        let bytes = edit(&without, STSD, &mut |stsd| {
            stsd.extend(boxes.concat());
            let size = stsd.len() as u32 - 8;
            put_word(stsd, 8, size);
        });
        let bytes = edit(&bytes, "moov/trak/tkhd", &mut |tkhd| {
            set_size(tkhd, size.0, size.1)
        });
        let outcome = parse(bytes);
        (
            first_video(&outcome).pixel_aspect_ratio,
            first_video(&outcome).natural_size(),
        )
    };
    let ratio = |horizontal, vertical| {
        PixelAspectRatio::new(horizontal, vertical).expect("neither is zero")
    };
    let pasp = |horizontal, vertical| write_box(b"pasp", &words(&[horizontal, vertical]));
    assert_eq!(shape(&[], (320, 180)), (ratio(1, 1), (320, 180)));
    assert_eq!(shape(&[], (640, 180)), (ratio(2, 1), (640, 180)));
    assert_eq!(shape(&[pasp(4, 3)], (320, 180)), (ratio(4, 3), (427, 180)));
    assert_eq!(shape(&[pasp(4, 3)], (640, 180)), (ratio(4, 3), (427, 180)));
    assert_eq!(shape(&[pasp(0, 3)], (320, 180)), (ratio(1, 1), (320, 180)));
}

#[test]
fn matrices_give_the_orientation() {
    let turned = shown(&[], |tkhd| {
        for (place, word) in [(40, 0), (44, 1 << 16), (52, u32::MAX << 16), (56, 0)] {
            put_word(tkhd, place, word);
        }
    });
    let expected = Orientation {
        quarter_turns: 1,
        is_mirrored: false,
    };
    assert_eq!(turned.orientation, expected);
    assert_eq!(turned.natural_size(), (180, 320));
}

#[test]
fn colors_that_the_bit_stream_leaves_open() {
    let nclx = write_box(b"colr", b"nclx\0\x01\0\x01\0\x01\x80");
    let color = shown(&[nclx], |_| {}).color;
    let expected = ColorDescription {
        primaries: 1,
        transfer: 1,
        matrix: 1,
        full_range: Some(true),
    };
    assert_eq!(color, expected);
    assert_eq!(shown(&[], |_| {}).color, ColorDescription::default());
}
