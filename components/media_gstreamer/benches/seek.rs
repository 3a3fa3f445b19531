/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What seeks cost beside what they cannot do without: decoding half a group of pictures, on average.
//!
//! 200 seeks to random times of 60 s of 720p H.264 with a random access point each 2 s. Fails if one
//! of them ends with the wrong picture. Prints besides how long calls keep the caller.
//! The file is made when it is not there yet, with ffmpeg.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use byte_stream::track::CodecConfiguration;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, ClockTime, MessageType, Pipeline, State};
use gstreamer_app::AppSrc;
use media_source::{Player, PlayerEvent};
use support::{Media, Session, random_numbers};
use track_buffer::read::ReadFrame;
use track_buffer::time::PresentationTime;

const SECONDS: u64 = 60;
const PICTURES_A_SECOND: u64 = 30;
const PICTURES_A_GROUP: usize = 60;
const SEEKS: usize = 200;
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
}

fn main() {
    let media = Media::whole(&file().to_string_lossy());
    let Times {
        seeks,
        calls,
        half_groups,
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
        "a call on the caller's thread  median {:.1?}, longest {:.1?}",
        quantile(calls.clone(), 0.5),
        quantile(calls, 1.)
    );
}

fn quantile(mut durations: Vec<Duration>, part: f64) -> Duration {
    durations.sort();
    durations[((durations.len() - 1) as f64 * part) as usize]
}

fn file() -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("720p.mp4");
    if !file.exists() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media/long.sh");
        let mut making = Command::new(script);
        making
            .arg(&file)
            .args([&SECONDS.to_string(), "720", "8000"]);
        let status = making.status().expect("there is a shell");
        assert!(
            status.success(),
            "ffmpeg with libx264, and python3, are needed"
        );
    }
    file
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
    for (index, number) in random_numbers(1, SEEKS).enumerate() {
        let target = number % nanoseconds;
        session.take_pictures();
        let start = Instant::now();
        let id = session
            .player
            .seek(PresentationTime::from_nanoseconds(target as i64));
        times.calls.push(start.elapsed());
        session.wait_for_seek(id);
        times.seeks.push(start.elapsed());
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
        if index.is_multiple_of(SEEKS_A_HALF_GROUP) {
            let half_group = half_groups.next().expect("it goes round");
            times.half_groups.push(decode(half_group));
        }
    }
    session.close();
    times
}

/// How long the decoder that the player prefers takes for `frames`, begun anew, in a pipeline that is
/// ready.
fn decode(frames: &[ReadFrame]) -> Duration {
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let description = format!(
        "appsrc name=source format=time max-bytes=0 ! avdec_h264 max-threads={threads} ! fakesink sync=false"
    );
    let pipeline = gstreamer::parse::launch(&description).expect("the elements are installed");
    let pipeline = pipeline
        .downcast::<Pipeline>()
        .expect("there are several elements");
    let source = pipeline
        .by_name("source")
        .expect("it is in the description");
    let source = source.downcast::<AppSrc>().expect("it is one");
    let CodecConfiguration::Video(video) = &*frames[0].configuration else {
        panic!("there are only pictures")
    };
    let caps = Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("codec_data", Buffer::from_slice(video.extra_data.clone()))
        .field("width", video.width as i32)
        .field("height", video.height as i32);
    source.set_caps(Some(&caps.build()));
    pipeline
        .set_state(State::Playing)
        .expect("nothing prevents it");
    let start = Instant::now();
    for frame in frames {
        let mut buffer = Buffer::from_slice(frame.payload.clone());
        let fields = buffer.get_mut().expect("it is new");
        fields.set_pts(ClockTime::from_nseconds(frame.start.nanoseconds() as u64));
        source.push_buffer(buffer).expect("it plays");
    }
    source.end_of_stream().expect("it plays");
    let bus = pipeline.bus().expect("each pipeline has one");
    let kinds = [MessageType::Eos, MessageType::Error];
    let message = bus
        .timed_pop_filtered(None, &kinds)
        .expect("it waits for one");
    let duration = start.elapsed();
    assert_eq!(message.type_(), MessageType::Eos, "{message:?}");
    pipeline
        .set_state(State::Null)
        .expect("nothing prevents it");
    duration
}
