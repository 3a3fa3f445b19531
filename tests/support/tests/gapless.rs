/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of audio of which a file says that some is discarded, from the bytes to the reader.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use test_support::host::Host;
use track_buffer::{PresentationTime, Read, ReadFrame, TimeDelta};

const MP3: &str = "audio/mpeg";
const VP9_OPUS: &str = "video/webm; codecs=\"vp9, opus\"";

fn layout(name: &str) -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/layouts");
    fs::read(folder.join(name))
        .expect("the file is in the repository")
        .into()
}

/// Reads the frames of the last track.
fn read_all(host: &Host) -> Vec<ReadFrame> {
    let mut readers = host.source.element_view().track_readers();
    let reader = readers.last_mut().expect("a track");
    let mut frames = Vec::new();
    while let Read::Frame(frame) = reader.read() {
        frames.push(frame);
    }
    frames
}

fn samples(samples: i64, samples_per_second: i64) -> TimeDelta {
    let nanoseconds = samples as f64 * 1e9 / samples_per_second as f64;
    TimeDelta::from_nanoseconds(nanoseconds.round() as i64)
}

/// Two seconds were encoded. The encoder put 1105 samples before them and 815 after.
#[test]
fn mp3_is_heard_without_what_the_encoder_added() {
    let mut host = Host::open();
    let id = host.add(MP3);
    host.append(id, &layout("xing-id3.mp3"));
    let frames = read_all(&host);
    let (first, last) = (&frames[0], &frames[frames.len() - 1]);
    let delay = samples(1105, 48_000);
    assert_eq!(first.start, PresentationTime::ZERO.offset_by(delay));
    assert_eq!(first.discard_start, delay);
    assert_eq!(
        last.end,
        first.start.offset_by(TimeDelta::from_seconds(2.0))
    );
    assert_eq!(last.discard_end, samples(815, 48_000));
    assert_eq!(host.buffered(id), "0..2.023");
    assert_eq!(host.attributes(id).timestamp_offset, last.end.seconds());
}

/// The next file continues where the one before ended, because the SourceBuffer is in sequence
/// mode.
#[test]
fn mp3_files_follow_one_another() {
    let mut host = Host::open();
    let id = host.add(MP3);
    let file = layout("xing-id3.mp3");
    host.append(id, &file);
    let end = read_all(&host).last().expect("some sound").end;
    host.append(id, &file);
    assert_eq!(host.buffered(id), "0..4.046");
    let frames = read_all(&host);
    let second = frames.iter().position(|frame| frame.start >= end);
    let second = &frames[second.expect("the second file")];
    assert_eq!(second.discard_start, samples(1105, 48_000));
    assert_eq!(second.start, end.offset_by(second.discard_start));
}

#[test]
fn mpeg_audio_goes_on_at_the_exact_end_of_its_last_frame() {
    let mut host = Host::open();
    let id = host.add(MP3);
    for piece in layout("bare.mp3").chunks(100) {
        host.append(id, &Bytes::copy_from_slice(piece));
        let end = read_all(&host)
            .last()
            .map_or(0.0, |last| last.end.seconds());
        assert_eq!(host.attributes(id).timestamp_offset, end);
    }
}

#[test]
fn opus_ends_where_its_block_says() {
    let mut host = Host::open();
    let id = host.add(VP9_OPUS);
    host.append(id, &layout("vp9-opus.webm"));
    let frames = read_all(&host);
    let last = frames.last().expect("some sound");
    assert_eq!(last.discard_end, TimeDelta::from_nanoseconds(13_500_000));
    let heard = last.end.since(last.start);
    assert_eq!(heard, TimeDelta::from_nanoseconds(6_500_000));
}
