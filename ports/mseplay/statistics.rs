/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The figures of a run, as `--json` prints them.

use std::time::Duration;

use serde_json::{Value, json};
use track_buffer::ranges::TimeRanges;

use crate::playback::Played;
use crate::record::{Entry, Phase, Record, SourceIndex, What, difference};

/// All figures of a run. Times are in seconds; what is unknown or infinite is `null`.
pub fn statistics(played: &Played, pictures_written: u32) -> Value {
    let record = &played.record;
    let has_ended = |entry: &&Entry| entry.what == What::Ended;
    json!({
        "error": played.failure.as_ref().map(|failure| failure.message()),
        "wall_time": record.duration().as_secs_f64(),
        "duration": played.duration,
        "position": record.position().seconds(),
        "started_after": time_of(record, |what| *what == What::Playing),
        "times_ended": record.entries.iter().filter(has_ended).count(),
        "source_buffers": (0..record.sources.len()).map(|index| source(record, index)).collect::<Vec<_>>(),
        "frames": {
            "total": played.frames.total_video_frames,
            "dropped": played.frames.dropped_video_frames,
            "corrupted": played.frames.corrupted_video_frames,
            "written": pictures_written,
        },
        "stalls": stalls(record),
        "seeks": seeks(record),
    })
}

fn time_of(record: &Record, is_it: impl Fn(&What) -> bool) -> Option<f64> {
    let entry = record.entries.iter().find(|entry| is_it(&entry.what))?;
    Some(entry.at.as_secs_f64())
}

fn source(record: &Record, index: SourceIndex) -> Value {
    let (mut pieces, mut bytes, mut times_full, mut evicted) = (0, 0, 0, 0.0);
    let mut buffered = TimeRanges::new();
    for entry in &record.entries {
        match &entry.what {
            What::Append(of, size) if *of == index => {
                pieces += 1;
                bytes += size;
            }
            What::Full(of) if *of == index => times_full += 1,
            What::Buffered(of, ranges) if *of == index => {
                let removed = difference(&buffered, ranges).into_iter();
                evicted += removed
                    .map(|(start, end)| end.since(start).seconds())
                    .sum::<f64>();
                buffered = ranges.clone();
            }
            _ => {}
        }
    }
    let ranges = buffered.iter();
    json!({
        "type": record.sources[index].media_type,
        "files": record.sources[index].files,
        "pieces": pieces,
        "bytes": bytes,
        "times_full": times_full,
        "evicted": evicted,
        "buffered": ranges.map(|(start, end)| [start.seconds(), end.seconds()]).collect::<Vec<_>>(),
    })
}

fn stalls(record: &Record) -> Value {
    let phases = record.phases().into_iter();
    let stalls: Vec<Duration> = phases
        .filter(|(phase, ..)| *phase == Phase::Waiting)
        .map(|(_, start, end)| end - start)
        .collect();
    let total: Duration = stalls.iter().sum();
    json!({ "count": stalls.len(), "time": total.as_secs_f64() })
}

fn seeks(record: &Record) -> Value {
    let mut seeks: Vec<Value> = Vec::new();
    let mut begun = Duration::ZERO;
    for entry in &record.entries {
        match entry.what {
            What::Seeking(target) => {
                begun = entry.at;
                // One that is overtaken stays without a time.
                seeks.push(json!({ "target": target.seconds(), "time": null }));
            }
            What::Seeked(_) => {
                if let Some(seek) = seeks.last_mut() {
                    seek["time"] = json!((entry.at - begun).as_secs_f64());
                }
            }
            _ => {}
        }
    }
    Value::from(seeks)
}
