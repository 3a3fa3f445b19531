/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sound is heard as long as it decodes to, however long its container says that a frame lasts. It is
//! cut where other sound begins.

use bytes::Bytes;
use track_buffer::read::ReadFrame;

use super::{TURN, hear_media, next, player, tap};
use crate::audio_sink::MADE;
use crate::media::Media;
use media_source::{Player, PlayerEvent};

/// The samples of a frame, which are the ticks of the file, too.
const FRAME: u32 = 1024;
const RATE: f64 = 48_000.;
/// How far before zero the edit list of the file puts the first frame, in seconds.
const PRIMING: f64 = FRAME as f64 / RATE;

fn frames() -> Vec<ReadFrame> {
    Media::whole("aac.mp4").frames(0)
}

/// A media segment with a movie fragment of each so many frames. The decode time of a fragment is
/// right, the durations are what `duration` makes of a frame's index in it.
fn segment(frames: &[ReadFrame], length: usize, duration: fn(usize) -> u32) -> Bytes {
    let chunks = frames.chunks(length).enumerate();
    let fragments = chunks.flat_map(|(number, frames)| {
        let decode = number as u64 * length as u64 * u64::from(FRAME);
        let rows = frames.iter().enumerate().flat_map(|(index, frame)| {
            let row = [duration(index), frame.payload.len() as u32];
            row.map(u32::to_be_bytes).concat()
        });
        let rows: Vec<_> = rows.collect();
        let head = [0x301, frames.len() as u32, (96 + rows.len()) as u32];
        let run = [head.map(u32::to_be_bytes).concat(), rows].concat();
        let payloads = frames.iter().map(|frame| frame.payload.to_vec());
        let track_fragment = [
            mp4_box(b"tfhd", &[0x02_0000_u32, 1].map(u32::to_be_bytes).concat()),
            mp4_box(
                b"tfdt",
                &[&[1, 0, 0, 0], &decode.to_be_bytes()[..]].concat(),
            ),
            mp4_box(b"trun", &run),
        ];
        let movie_fragment = [
            mp4_box(b"mfhd", &[0; 8]),
            mp4_box(b"traf", &track_fragment.concat()),
        ];
        let boxes = [
            mp4_box(b"moof", &movie_fragment.concat()),
            mp4_box(b"mdat", &payloads.collect::<Vec<_>>().concat()),
        ];
        boxes.concat()
    });
    fragments.collect::<Vec<_>>().into()
}

fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = 8 + content.len() as u32;
    [&size.to_be_bytes(), &kind[..], content].concat()
}

/// What the edit list of the file leaves out, as priming, is kept by an offset.
fn media(segment: Bytes) -> Media {
    let mut media = Media::open("aac.mp4");
    media.set_timestamp_offset(PRIMING);
    media.append(segment);
    media
}

/// How many samples are heard of all there is, which is played fast.
fn count_samples(media: &Media) -> usize {
    let _turn = TURN.lock();
    let made = MADE.lock().len();
    let (player, events) = player();
    player.set_preserves_pitch(false);
    player.set_rate(4.);
    player.set_tracks(media.readers());
    let is_ready = |event: &PlayerEvent| *event == PlayerEvent::Prerolled;
    assert!(events.iter().any(|event| is_ready(&event)));
    let sink = MADE.lock()[made].clone();
    let buffers = tap(&sink);
    player.seek(media.start());
    player.play();
    let is_end = |event: &PlayerEvent| *event == PlayerEvent::EndOfStream;
    assert!(events.iter().any(|event| is_end(&event)));
    let count = std::iter::from_fn(|| (!buffers.is_empty()).then(|| next(&sink, &buffers).2.len()));
    let count = count.sum();
    assert!(player.close().wait());
    count
}

fn last_of_ten_none(index: usize) -> u32 {
    if index % 10 == 9 { 0 } else { FRAME }
}

fn half(_: usize) -> u32 {
    FRAME / 2
}

fn none(_: usize) -> u32 {
    0
}

/// Frames with wrong durations give the same audio as frames whose durations are right.
#[test]
fn sound_is_as_long_as_it_decodes_to() {
    type Duration = fn(usize) -> u32;
    let last_of_ten_half: Duration = |index| if index == 9 { FRAME / 2 } else { FRAME };
    let cases: [(usize, Duration); 6] = [
        (10, |_| FRAME),
        (10, last_of_ten_none),
        (10, last_of_ten_half),
        (1, none),
        (1, half),
        (1, |_| FRAME - 100),
    ];
    // It looks for holes between the buffers itself.
    let heard = cases.map(|(length, duration)| {
        let mut media = media(segment(&frames(), length, duration));
        media.end();
        hear_media(&media, 0.1, |_| {})
    });
    let [right, others @ ..] = &heard;
    for (case, other) in others.iter().enumerate() {
        assert_eq!(other.start, right.start, "case {case}");
        let mut pairs = right.samples.iter().zip(&other.samples);
        let different = pairs.position(|(one, other)| (one - other).abs() > 1e-4);
        assert_eq!(different, None, "case {case}");
    }
}

/// Frames that claim to begin before the last one's sound ends are no splice.
#[test]
fn all_sound_is_heard_up_to_the_end() {
    let frames = &frames()[..60];
    type Duration = fn(usize) -> u32;
    let cases: [(usize, Duration); 4] = [(10, half), (10, last_of_ten_none), (1, none), (60, half)];
    for (case, (length, duration)) in cases.into_iter().enumerate() {
        let mut media = media(segment(frames, length, duration));
        media.end();
        assert_eq!(count_samples(&media), 60 * FRAME as usize, "case {case}");
    }
}

/// Other sound that begins within a frame's, also within what the frame does not claim to be, whether
/// or not it belongs to the same coded frame group.
#[test]
fn sound_is_cut_where_other_sound_begins() {
    let frames = &frames()[..10];
    type Duration = fn(usize) -> u32;
    let last_of_ten_short: Duration = |index| if index == 9 { 480 } else { FRAME };
    let cases: [(Duration, bool); 6] = [
        (last_of_ten_short, false),
        (last_of_ten_short, true),
        (|_| FRAME, false),
        (|_| FRAME, true),
        (last_of_ten_none, false),
        (last_of_ten_none, true),
    ];
    for (case, (duration, is_new_group)) in cases.into_iter().enumerate() {
        let mut media = media(segment(frames, 10, duration));
        if is_new_group {
            media.set_timestamp_offset(PRIMING + 1.);
            media.append(segment(frames, 10, |_| FRAME));
            media.remove(0.9, 2.);
        }
        // The tenth frame is heard for so long.
        let heard = 480;
        media.set_timestamp_offset(PRIMING + f64::from(9 * FRAME + heard) / RATE);
        media.append(segment(frames, 10, |_| FRAME));
        media.end();
        let expected = 19 * FRAME + heard;
        let count = count_samples(&media);
        assert!(
            count.abs_diff(expected as usize) <= 1,
            "case {case}: {count}, not {expected}"
        );
    }
}
