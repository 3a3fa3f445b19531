/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the benchmarks of the player have in common: their file, and what decoding takes without a player.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use byte_stream::track::CodecConfiguration;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, ClockTime, MessageType, Pipeline, State};
use gstreamer_app::AppSrc;
use track_buffer::read::ReadFrame;

/// How long it is.
pub const SECONDS: u64 = 60;

/// A file of 720p H.264 with a random access point each 2 s. It is made when it is not there yet, with
/// ffmpeg.
pub fn file() -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("720p.mp4");
    if !file.exists() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media/long.sh");
        let mut making = Command::new(script);
        making
            .arg(&file)
            .args([&SECONDS.to_string(), "720", "-qp", "28"]);
        let status = making.status().expect("there is a shell");
        assert!(
            status.success(),
            "ffmpeg with libx264, and python3, are needed"
        );
    }
    file
}

/// How long the decoder that the player prefers takes for `frames`, begun anew, in a pipeline that is
/// ready.
pub fn decode(frames: &[ReadFrame]) -> Duration {
    let threads = 1 + std::thread::available_parallelism().map_or(1, |cores| cores.get());
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

/// Returns the duration below which that part of `durations` lies.
pub fn quantile(mut durations: Vec<Duration>, part: f64) -> Duration {
    durations.sort();
    durations[((durations.len() - 1) as f64 * part) as usize]
}
