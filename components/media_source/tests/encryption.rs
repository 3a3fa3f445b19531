/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tracks that may be encrypted: frames in the clear are stored until the first one that is not.

use bytes::Bytes;
use media_source::SourceBufferId;
use track_buffer::read::Read;

use crate::host::Host;
use crate::media::{H264, Media, VP8};

/// How many frames are stored.
fn stored(host: &Host) -> usize {
    let mut readers = host.source.element_view().track_readers();
    let frames = std::iter::from_fn(|| match readers[0].read() {
        Read::Frame(frame) => Some(frame),
        Read::Gap | Read::End => None,
    });
    frames.count()
}

#[track_caller]
fn assert_fails(host: &mut Host, id: SourceBufferId, data: &Bytes) {
    host.forget();
    host.append(id, data);
    let told = host.told();
    let failure = told.last().expect("the element fails");
    assert!(failure.contains("track 1 is encrypted"), "{told:?}");
}

/// A media segment of an encrypted track with another box in the place of its `senc` box.
fn replace_senc(segment: &Bytes, replacement: &[u8]) -> Bytes {
    let mut segment = segment.to_vec();
    let mut fourccs = segment.windows(4);
    let kind = fourccs
        .position(|kind| kind == b"senc")
        .expect("it has one");
    let old = u32::from_be_bytes(segment[kind - 4..kind].try_into().expect("four bytes"));
    let room = &mut segment[kind - 4..][..old as usize];
    room[..replacement.len()].copy_from_slice(replacement);
    let rest = &mut room[replacement.len()..];
    let size = rest.len() as u32;
    rest[..4].copy_from_slice(&size.to_be_bytes());
    rest[4..8].copy_from_slice(b"free");
    segment.into()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Sample groups in which so many samples are in the clear, and the others have a vector for all.
fn groups(clear: u32, encrypted: u32) -> Vec<u8> {
    let parameters = [&[0; 37][..], &[0, 0, 1, 0], &[7; 16], &[16], &[9; 16]].concat();
    let descriptions = [
        &words(&[1 << 24])[..],
        b"seig",
        &words(&[37, 2]),
        &parameters,
    ]
    .concat();
    let runs = words(&[2, clear, 0x1_0001, encrypted, 0x1_0002]);
    let members = [&words(&[0])[..], b"seig", &runs].concat();
    let write = |kind: &[u8], body: &[u8]| {
        let size = words(&[8 + body.len() as u32]);
        [&size, kind, body].concat()
    };
    [write(b"sgpd", &descriptions), write(b"sbgp", &members)].concat()
}

#[test]
fn frames_in_the_clear_before_encrypted_ones_in_mp4() {
    let media = Media::load("codecs/encrypted.mp4");
    for clear in [1, 10, 23] {
        let mut host = Host::open();
        let id = host.add(H264);
        host.append(id, &media.initialization);
        let lead = replace_senc(&media.segments[0], &groups(24, 0));
        host.append(id, &lead);
        assert_eq!(stored(&host), 24);
        let segment = replace_senc(&media.segments[1], &groups(clear, 24 - clear));
        assert_fails(&mut host, id, &segment);
        assert_eq!(stored(&host), 24 + clear as usize);
    }
}

#[test]
fn no_encrypted_frame_is_stored() {
    let media = Media::load("codecs/encrypted.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    assert_fails(&mut host, id, &media.segments[0]);
    assert_eq!(stored(&host), 0);
}

/// An element of WebM.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (1 << 56 | content.len() as u64).to_be_bytes();
    [id, &size, content].concat()
}

/// With a track of pictures whose blocks say whether they are encrypted.
fn webm_initialization() -> Vec<u8> {
    const UNKNOWN_SIZE: [u8; 8] = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let algorithm = element(&[0x47, 0xe1], &[5]);
    let key = element(&[0x47, 0xe2], b"a key");
    let encryption = element(&[0x50, 0x35], &[algorithm, key].concat());
    let encodings = element(&[0x6d, 0x80], &element(&[0x62, 0x40], &encryption));
    let video = [element(&[0xb0], &[64]), element(&[0xba], &[64])].concat();
    let entry = [
        element(&[0xd7], &[1]),
        element(&[0x83], &[1]),
        element(&[0x86], b"V_VP8"),
        element(&[0xe0], &video),
        encodings,
    ];
    let tracks = element(&[0xae], &entry.concat());
    [
        element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm")),
        [&[0x18, 0x53, 0x80, 0x67], &UNKNOWN_SIZE[..]].concat(),
        element(&[0x15, 0x49, 0xa9, 0x66], &[]),
        element(&[0x16, 0x54, 0xae, 0x6b], &tracks),
    ]
    .concat()
}

/// A cluster with a block each 40 ms, with those signal bytes.
fn cluster(start: u16, signals: &[u8]) -> Vec<u8> {
    let mut content = element(&[0xe7], &start.to_be_bytes());
    for (index, signal) in signals.iter().enumerate() {
        let [high, low] = (40 * index as u16).to_be_bytes();
        let header = [0x81, high, low, 0x80, *signal];
        content.extend(element(&[0xa3], &[&header[..], &[7; 30]].concat()));
    }
    element(&[0x1f, 0x43, 0xb6, 0x75], &content)
}

#[test]
fn frames_in_the_clear_before_encrypted_ones_in_webm() {
    let mut host = Host::open();
    let id = host.add(VP8);
    let lead = [webm_initialization(), cluster(0, &[0; 5])].concat();
    host.append(id, &lead.into());
    assert_eq!(stored(&host), 5);
    let more = cluster(200, &[0, 0, 1, 1, 1]);
    assert_fails(&mut host, id, &more.into());
    assert_eq!(stored(&host), 7);
}

#[test]
fn no_encrypted_frame_is_stored_that_waits_to_learn_its_duration() {
    let mut host = Host::open();
    let id = host.add(VP8);
    // The third block is not complete.
    let mut bytes = [webm_initialization(), cluster(0, &[0, 1, 1])].concat();
    bytes.pop();
    host.append(id, &bytes.into());
    assert_eq!(stored(&host), 1);
    host.end_of_stream();
    assert_eq!(stored(&host), 1);
}
