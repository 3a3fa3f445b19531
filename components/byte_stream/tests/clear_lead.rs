/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of encrypted tracks of ISO BMFF that have samples in the clear.

use byte_stream::format::ByteStreamFormat;
use byte_stream::track::TrackId;
use bytes::Bytes;

use crate::boxes::{edit, put_word, read_boxes, words, write_box};
use crate::outcome::{Outcome, parse_whole};
use crate::support::Fixture;

const STBL: &str = "moov/trak/mdia/minf/stbl";

fn parse(bytes: Vec<u8>) -> Outcome {
    let outcome = parse_whole(ByteStreamFormat::IsoBmff, &Bytes::from(bytes));
    assert_eq!(outcome.error, None);
    outcome
}

/// Says of each frame of the first track whether it is encrypted.
fn encrypted(outcome: &Outcome) -> Vec<bool> {
    let track = &outcome.segments[0].tracks[0];
    assert!(track.encryption.is_some());
    let frames = outcome.frames_of(track.id).into_iter();
    let details = frames.map(|frame| frame.details.as_ref());
    details
        .map(|details| details.is_some_and(|details| details.encryption.is_some()))
        .collect()
}

/// Makes the descriptions of a group in the clear and of a group of encrypted samples that have the
/// same vector, of 37 bytes each.
fn descriptions(version: u32, default: &[u32]) -> Vec<u8> {
    let clear = [&[0; 20][..], &[0; 17]].concat();
    let constant = [&[0, 0, 1, 0][..], &[7; 16], &[16], &[9; 16]].concat();
    let fields = [&words(&[37])[..], &words(default), &words(&[2])].concat();
    let body = [
        &words(&[version << 24])[..],
        b"seig",
        &fields,
        &clear,
        &constant,
    ];
    write_box(b"sgpd", &body.concat())
}

/// Makes a box with runs of samples: so many of a group, so many of the next, and so on.
fn groups(runs: &[u32]) -> Vec<u8> {
    let runs = [&words(&[runs.len() as u32 / 2]), &words(runs)[..]].concat();
    write_box(b"sbgp", &[&words(&[0])[..], b"seig", &runs].concat())
}

/// Makes two fragments of an encrypted track without an entry for each sample.
fn without_senc() -> Vec<u8> {
    let mut bytes = Fixture::load("codecs/encrypted.mp4").bytes.to_vec();
    let places = (0..bytes.len() - 4).filter(|place| bytes[*place..].starts_with(b"senc"));
    for place in Vec::from_iter(places) {
        bytes[place..][..4].copy_from_slice(b"free");
    }
    bytes
}

#[test]
fn a_default_group_of_the_track_is_that_of_samples_in_no_other_one() {
    let with_default = |default: u32| {
        let bytes = edit(&without_senc(), STBL, &mut |stbl| {
            stbl.extend(descriptions(2, &[default]));
        });
        encrypted(&parse(bytes))
    };
    assert!(with_default(1).iter().all(|is_encrypted| !is_encrypted));
    assert!(with_default(2).iter().all(|is_encrypted| *is_encrypted));
}

#[test]
fn a_fragment_says_more_than_the_track() {
    let bytes = edit(&without_senc(), STBL, &mut |stbl| {
        stbl.extend(descriptions(2, &[2]));
    });
    // A fragment with groups of its own and a default, and others with one of the track.
    let own = [groups(&[4, 2, 2, 0x1_0002]), descriptions(2, &[1])].concat();
    let of_track = groups(&[4, 1]);
    let mut number = 0;
    let bytes = edit(&bytes, "moof", &mut |moof| {
        let added = if number == 0 { &own } else { &of_track };
        *moof = edit(moof, "traf", &mut |traf| traf.extend(added));
        *moof = edit(moof, "traf/trun", &mut |trun| {
            let offset = u32::from_be_bytes(trun[8..12].try_into().expect("four bytes"));
            put_word(trun, 8, offset + added.len() as u32);
        });
        number += 1;
    });
    let found = encrypted(&parse(bytes));
    assert_eq!(found[..6], [true; 6]);
    assert_eq!(found[6..28], [false; 22]);
    assert_eq!(found[28..48], [true; 20]);
}

/// Changes a sample description to that of an encrypted file, with the key of the track.
fn protect(stsd: &mut Vec<u8>) {
    let parameters = [&[0, 0, 1, 8][..], &[7; 16]].concat();
    let tenc = write_box(b"tenc", &[&words(&[0])[..], &parameters].concat());
    let scheme = [&words(&[0])[..], b"cenc", &words(&[0x1_0000])].concat();
    let sinf = [
        write_box(b"frma", b"avc1"),
        write_box(b"schm", &scheme),
        write_box(b"schi", &tenc),
    ];
    let (_, entry) = read_boxes(&stsd[8..]).swap_remove(0);
    stsd.truncate(8);
    let entry = [entry, write_box(b"sinf", &sinf.concat())].concat();
    stsd.extend(write_box(b"encv", &entry));
}

#[test]
fn the_samples_that_the_movie_box_lists_are_in_groups_too() {
    let whole = Fixture::load("layouts/progressive.mp4").bytes;
    let mut protected = edit(&whole, STBL, &mut |stbl| {
        if stbl.windows(4).any(|kind| kind == b"avc1") {
            *stbl = edit(stbl, "stsd", &mut protect);
            stbl.extend(descriptions(1, &[]));
            stbl.extend(groups(&[20, 1, 1000, 2]));
        }
    });
    let moved = (protected.len() - whole.len()) as u32;
    protected = edit(&protected, &format!("{STBL}/stco"), &mut |stco| {
        for place in (8..stco.len()).step_by(4) {
            let offset = u32::from_be_bytes(stco[place..place + 4].try_into().expect("four"));
            put_word(stco, place, offset + moved);
        }
    });
    let outcome = parse(protected);
    let found = encrypted(&outcome);
    assert_eq!(found[..20], [false; 20]);
    assert_eq!(found[20..], vec![true; found.len() - 20]);
    let clear = parse(whole.to_vec());
    let payloads = |outcome: &Outcome| -> Vec<Bytes> {
        let frames = outcome.frames_of(TrackId(1)).into_iter();
        frames.map(|frame| frame.payload.clone()).collect()
    };
    assert_eq!(payloads(&outcome), payloads(&clear));
}
