/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What seeks cost beside what they cannot do without: decoding half a group of pictures, on average.
//!
//! 200 seeks to random times of 60 s of 720p H.264 with a random access point each 2 s. Fails if one
//! of them ends with the wrong picture. Prints besides how long calls keep the caller.
//! The file is made when it is not there yet, with ffmpeg.

#[path = "support/mod.rs"]
mod reference;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod support;

use std::time::{Duration, Instant};

use media_source::{Player, PlayerEvent};
use reference::{SECONDS, decode, file, quantile};
use support::{Media, Session, random_numbers};
use track_buffer::time::PresentationTime;

const PICTURES_A_SECOND: u64 = 30;
const PICTURES_A_GROUP: usize = 60;
const SEEKS: usize = 200;
/// How far apart the targets are of a user who drags a slider, a part of a group.
const DRAG_STEP: Duration = Duration::from_millis(350);
/// What a seek may cost, in decodings of half a group.
const BUDGET: f64 = 1.4;

/// A half group is decoded once for so many seeks, in between, so that both meet the same load.
const SEEKS_A_HALF_GROUP: usize = 4;

#[derive(Default)]
struct Times {
    /// Until the listener is told that the seek is done.
    seeks: Vec<Duration>,
    calls: Vec<Duration>,
    half_groups: Vec<Duration>,
    /// Forwards, by [`DRAG_STEP`].
    drags: Vec<Duration>,
}

fn main() {
    let media = Media::whole(&file().to_string_lossy());
    let Times {
        seeks,
        calls,
        half_groups,
        drags,
    } = measure(&media);
    let half_group = quantile(half_groups, 0.5);
    let median = quantile(seeks.clone(), 0.5);
    let ratio = median.as_secs_f64() / half_group.as_secs_f64();
    println!("decoding half a group  median {half_group:.1?}");
    println!(
        "seek                   median {median:.1?}, p90 {:.1?}",
        quantile(seeks, 0.9)
    );
    println!("ratio of the medians   {ratio:.2} (budget {BUDGET})");
    println!(
        "seek {DRAG_STEP:?} forwards   median {:.1?}, p90 {:.1?}",
        quantile(drags.clone(), 0.5),
        quantile(drags, 0.9)
    );
    println!(
        "a call on the caller's thread  median {:.1?}, longest {:.1?}",
        quantile(calls.clone(), 0.5),
        quantile(calls, 1.)
    );
}

fn measure(media: &Media) -> Times {
    let frames = media.frames(0);
    let mut half_groups = frames
        .chunks(PICTURES_A_GROUP)
        .map(|group| &group[..PICTURES_A_GROUP / 2])
        .cycle();
    let mut times = Times::default();
    let session = Session::of(media);
    session.wait_for(PlayerEvent::Prerolled);
    let nanoseconds = SECONDS * 1_000_000_000;
    let mut dragged = 0;
    for (index, number) in random_numbers(1, SEEKS).enumerate() {
        let random = seek(&session, number % nanoseconds, &mut times.calls);
        times.seeks.push(random);
        if index.is_multiple_of(SEEKS_A_HALF_GROUP) {
            let half_group = half_groups.next().expect("it goes round");
            times.half_groups.push(decode(half_group));
            seek(&session, dragged, &mut times.calls);
            for _ in 0..SEEKS_A_HALF_GROUP {
                dragged += DRAG_STEP.as_nanos() as u64;
                times.drags.push(seek(&session, dragged, &mut times.calls));
            }
            dragged %= nanoseconds / 2;
        }
    }
    session.close();
    times
}

/// How long a seek takes, which must show the right picture.
fn seek(session: &Session, target: u64, calls: &mut Vec<Duration>) -> Duration {
    session.take_pictures();
    let start = Instant::now();
    let id = session
        .player
        .seek(PresentationTime::from_nanoseconds(target as i64));
    calls.push(start.elapsed());
    session.wait_for_seek(id);
    let duration = start.elapsed();
    // Times are rounded down in the file.
    let picture = (target + 1_000) * PICTURES_A_SECOND / 1_000_000_000;
    let shown = session.take_pictures();
    let is_right = shown
        .last()
        .is_some_and(|shown| shown.number as u64 == picture);
    assert!(
        is_right,
        "a seek to {target} ns shows {shown:?}, not {picture}"
    );
    duration
}
