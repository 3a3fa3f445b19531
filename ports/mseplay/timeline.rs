/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A picture of a run, as `--timeline` draws it: wall time goes to the right, media time upwards.

use std::time::Duration;

use track_buffer::ranges::TimeRanges;
use track_buffer::time::PresentationTime;

use crate::record::{Phase, Record, SourceIndex, What, difference};
use crate::svg::Svg;

const WIDTH: f64 = 1200.0;
/// The left edge of the chart.
const LEFT: f64 = 120.0;
const RIGHT: f64 = 1170.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 494.0;
/// The top of the lanes below the chart.
const LANES_TOP: f64 = BOTTOM + 12.0;
const LANE: f64 = 24.0;
const LANE_BAR: f64 = 14.0;

const STYLE: &str = "
svg { background: #fff; font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: #33383f }
.title { font-size: 17px; font-weight: 600 }
.small { font-size: 11px }
.right { text-anchor: end }
.middle { text-anchor: middle }
.grid { stroke: #e4e7eb }
.axis { stroke: #8a929c }
.buffered0 { fill: #4c8fd6; fill-opacity: .3; shape-rendering: crispEdges }
.buffered1 { fill: #2aa38b; fill-opacity: .3; shape-rendering: crispEdges }
.appended0 { fill: #2463ab; shape-rendering: crispEdges }
.appended1 { fill: #15745f; shape-rendering: crispEdges }
.evicted { fill: #e8850c; shape-rendering: crispEdges }
.playhead { fill: none; stroke: #15181c; stroke-width: 2; stroke-linejoin: round }
.seek { stroke: #8e3fbf; stroke-width: 1.5; stroke-dasharray: 4 3 }
.target { fill: #8e3fbf }
.full { fill: #6e1423 }
.end-of-stream { stroke: #33383f; stroke-dasharray: 1 3 }
.loading { fill: #c3c9d1 }
.playing { fill: #3fa45b }
.waiting { fill: #d1242f }
.seeking { fill: #8e3fbf }
.paused { fill: #e3c34a }
.ended { fill: #33383f }
.band { fill-opacity: .13 }
";

/// The picture as an SVG file. `duration` is that of the media in seconds.
pub fn timeline(record: &Record, duration: f64) -> String {
    let lanes = record.sources.len() + 1;
    let lanes_bottom = LANES_TOP + lanes as f64 * LANE;
    let mut drawing = Drawing {
        svg: Svg::new(WIDTH, lanes_bottom + 84.0),
        scale: Scale::of(record, duration),
        lanes_bottom,
    };
    drawing.title(record);
    drawing.grid();
    for index in 0..record.sources.len() {
        drawing.buffered(record, index);
    }
    drawing.phases(record);
    for index in 0..record.sources.len() {
        drawing.changes(record, index);
        drawing.appends(record, index);
    }
    drawing.stream_end(record);
    drawing.playhead(record);
    drawing.legend(record);
    drawing.svg.finish(STYLE)
}

/// Where times lie in the chart.
struct Scale {
    /// The last moment, in seconds.
    end: f64,
    /// The earliest and the latest media time, in seconds.
    media: (f64, f64),
}

impl Scale {
    fn of(record: &Record, duration: f64) -> Self {
        let mut times: Vec<f64> = Vec::new();
        for entry in &record.entries {
            match &entry.what {
                What::Buffered(_, ranges) => times.extend(
                    ranges
                        .iter()
                        .flat_map(|(start, end)| [start.seconds(), end.seconds()]),
                ),
                What::Position(time) | What::Seeking(time) | What::Seeked(time) => {
                    times.push(time.seconds());
                }
                _ => {}
            }
        }
        times.extend(duration.is_finite().then_some(duration));
        times.retain(|time| time.is_finite());
        let lowest = times.iter().copied().reduce(f64::min).unwrap_or(0.0);
        let highest = times.iter().copied().reduce(f64::max).unwrap_or(1.0);
        Self {
            end: record.duration().as_secs_f64().max(0.001),
            media: (lowest, highest.max(lowest + 0.001)),
        }
    }

    fn x(&self, at: Duration) -> f64 {
        LEFT + (RIGHT - LEFT) * (at.as_secs_f64() / self.end)
    }

    fn y(&self, time: PresentationTime) -> f64 {
        self.y_of_seconds(time.seconds())
    }

    fn y_of_seconds(&self, seconds: f64) -> f64 {
        let (lowest, highest) = self.media;
        BOTTOM - (BOTTOM - TOP) * ((seconds - lowest) / (highest - lowest)).clamp(0.0, 1.0)
    }
}

struct Drawing {
    svg: Svg,
    scale: Scale,
    lanes_bottom: f64,
}

impl Drawing {
    fn title(&mut self, record: &Record) {
        let names = record.sources.iter().flat_map(|source| &source.files);
        let names: Vec<_> = names
            .filter_map(|file| Some(file.file_name()?.to_string_lossy()))
            .collect();
        let title = match names.as_slice() {
            [first, second, third, _, ..] => {
                format!("{first}, {second}, {third} and {} more", names.len() - 3)
            }
            _ => names.join(", "),
        };
        self.svg.text("title", (LEFT, 28.0), &title);
        let types: Vec<_> = record
            .sources
            .iter()
            .map(|source| source.media_type.as_str())
            .collect();
        self.svg.text("", (LEFT, 50.0), &types.join("   +   "));
    }

    fn grid(&mut self) {
        let (lowest, highest) = self.scale.media;
        for (seconds, label) in ticks(lowest, highest, 8.0) {
            let y = self.scale.y_of_seconds(seconds);
            self.svg.line("grid", (LEFT, y), (RIGHT, y));
            self.svg.text("right", (LEFT - 8.0, y + 4.0), &label);
        }
        for (seconds, label) in ticks(0.0, self.scale.end, 12.0) {
            let x = self.scale.x(Duration::from_secs_f64(seconds));
            self.svg.line("grid", (x, TOP), (x, self.lanes_bottom));
            self.svg
                .text("middle", (x, self.lanes_bottom + 16.0), &label);
        }
        self.svg.line("axis", (LEFT, TOP), (LEFT, BOTTOM));
        self.svg.line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        self.svg
            .text("right", (LEFT - 8.0, TOP - 12.0), "media time");
        let below = (RIGHT, self.lanes_bottom + 34.0);
        self.svg.text("right", below, "wall time");
    }

    /// The area that was buffered: at each moment, from where to where.
    fn buffered(&mut self, record: &Record, index: SourceIndex) {
        let class = class("buffered", index);
        let snapshots = self.snapshots(record, index);
        let ends = snapshots.iter().skip(1).map(|(x, _)| *x).chain([RIGHT]);
        for ((x, ranges), end) in snapshots.iter().zip(ends) {
            for (low, high) in ranges.iter() {
                let (top, bottom) = (self.scale.y(high), self.scale.y(low));
                self.svg
                    .rectangle(&class, (*x, top), (end - x, bottom - top));
            }
        }
    }

    /// What was added and what was taken away, each where it happened.
    fn changes(&mut self, record: &Record, index: SourceIndex) {
        let appended = class("appended", index);
        let mut before = TimeRanges::new();
        for (x, ranges) in self.snapshots(record, index) {
            for (class, parts) in [
                (appended.as_str(), difference(&ranges, &before)),
                ("evicted", difference(&before, &ranges)),
            ] {
                for (low, high) in parts {
                    let (top, bottom) = (self.scale.y(high), self.scale.y(low));
                    self.svg
                        .rectangle(class, (x - 1.0, top), (2.0, bottom - top));
                }
            }
            before = ranges;
        }
    }

    /// The state of `buffered` in each column of pixels in which it changed.
    fn snapshots(&self, record: &Record, index: SourceIndex) -> Vec<(f64, TimeRanges)> {
        let mut snapshots: Vec<(f64, TimeRanges)> = Vec::new();
        for entry in &record.entries {
            let What::Buffered(of, ranges) = &entry.what else {
                continue;
            };
            if *of != index {
                continue;
            }
            let x = self.scale.x(entry.at).round();
            match snapshots.last_mut() {
                Some((last, latest)) if *last == x => *latest = ranges.clone(),
                _ => snapshots.push((x, ranges.clone())),
            }
        }
        snapshots
    }

    /// What playback was doing, as the first lane; waits and seeks also across the chart.
    fn phases(&mut self, record: &Record) {
        for (phase, start, end) in record.phases() {
            let class = phase.name();
            let (x, width) = (self.scale.x(start), self.scale.x(end) - self.scale.x(start));
            if matches!(phase, Phase::Waiting | Phase::Seeking) {
                let class = format!("{class} band");
                self.svg.rectangle(&class, (x, TOP), (width, BOTTOM - TOP));
            }
            self.svg.rectangle(class, (x, LANES_TOP), (width, LANE_BAR));
        }
        let label = (LEFT - 8.0, LANES_TOP + LANE_BAR - 3.0);
        self.svg.text("right", label, "playback");
    }

    /// The lane of a SourceBuffer: each append, from its call to `updateend`.
    fn appends(&mut self, record: &Record, index: SourceIndex) {
        let y = LANES_TOP + (index + 1) as f64 * LANE;
        let class = class("appended", index);
        let mut begun = None;
        // Appends that fall on pixels that are painted already are not painted again.
        let mut painted = 0.0;
        for entry in &record.entries {
            let x = self.scale.x(entry.at);
            match entry.what {
                What::Append(of, _) if of == index => begun = Some(x),
                What::Appended(of) if of == index => {
                    let start = begun.take().unwrap_or(x);
                    let end = x.max(start + 1.5);
                    if end > painted {
                        self.svg
                            .rectangle(&class, (start, y), (end - start, LANE_BAR));
                        painted = end;
                    }
                }
                What::Full(of) if of == index => {
                    let half = LANE_BAR / 2.0;
                    self.svg.rectangle("full", (x, y + half), (2.0, half));
                }
                _ => {}
            }
        }
        let label = format!("append {}", medium_of(record, index));
        self.svg
            .text("right", (LEFT - 8.0, y + LANE_BAR - 3.0), &label);
    }

    /// Where `endOfStream()` was called.
    fn stream_end(&mut self, record: &Record) {
        for entry in &record.entries {
            if entry.what == What::StreamEnded {
                let x = self.scale.x(entry.at);
                self.svg
                    .line("end-of-stream", (x, TOP), (x, self.lanes_bottom));
            }
        }
    }

    /// Where playback stood, with the seeks.
    fn playhead(&mut self, record: &Record) {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut position = PresentationTime::ZERO;
        for entry in &record.entries {
            let x = self.scale.x(entry.at);
            match entry.what {
                What::Position(new) | What::Seeked(new) => {
                    position = new;
                    points.push((x, self.scale.y(new)));
                }
                // It stood still until then, or stands still from then on.
                What::Playing | What::Waiting | What::Paused | What::Ended => {
                    points.push((x, self.scale.y(position)));
                }
                What::Seeking(target) => {
                    let from = self.scale.y(position);
                    points.push((x, from));
                    self.svg.polyline("playhead", &points);
                    points = vec![(x, self.scale.y(target))];
                    self.svg.line("seek", (x, from), points[0]);
                    self.svg.dot("target", points[0], 3.5);
                    position = target;
                }
                _ => {}
            }
        }
        self.svg.polyline("playhead", &points);
    }

    fn legend(&mut self, record: &Record) {
        let y = self.lanes_bottom + 62.0;
        let mut x = LEFT;
        for index in 0..record.sources.len() {
            let medium = medium_of(record, index);
            x = self.sample(x, &class("buffered", index), &format!("{medium} buffered"));
            x = self.sample(x, &class("appended", index), "appended");
        }
        for (class, text) in [
            ("evicted", "evicted"),
            ("full", "no room"),
            ("loading", "loading"),
            ("playing", "playing"),
            ("waiting", "waiting"),
            ("seeking", "seeking"),
        ] {
            x = self.sample(x, class, text);
        }
        self.svg
            .polyline("playhead", &[(x, y - 4.0), (x + 12.0, y - 4.0)]);
        self.svg.text("small", (x + 16.0, y), "playhead");
        x += 80.0;
        self.svg.line("end-of-stream", (x, y - 12.0), (x, y + 4.0));
        self.svg.text("small", (x + 5.0, y), "endOfStream()");
    }

    /// An entry of the legend at `x`. Returns where the next one goes.
    fn sample(&mut self, x: f64, class: &str, text: &str) -> f64 {
        let y = self.lanes_bottom + 62.0;
        self.svg.rectangle(class, (x, y - 10.0), (12.0, 12.0));
        self.svg.text("small", (x + 16.0, y), text);
        // What a letter is wide, about.
        x + 30.0 + 6.2 * text.len() as f64
    }
}

/// The class of what is drawn for one SourceBuffer.
fn class(name: &str, index: SourceIndex) -> String {
    format!("{name}{}", index % 2)
}

/// What a SourceBuffer holds, in a word.
fn medium_of(record: &Record, index: SourceIndex) -> &'static str {
    let is_video = record.sources[index].media_type.starts_with("video/");
    if is_video { "video" } else { "audio" }
}

/// Round times between two others, `count` or somewhat fewer, with their labels.
fn ticks(lowest: f64, highest: f64, count: f64) -> Vec<(f64, String)> {
    let least = (highest - lowest) / count;
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(least);
    let decimals = usize::from(step < 1.0) + usize::from(step < 0.1) + usize::from(step < 0.01);
    let first = (lowest / step).ceil() as i64;
    let last = (highest / step).floor() as i64;
    (first..=last)
        .map(|index| index as f64 * step)
        .map(|seconds| (seconds, format!("{seconds:.decimals$} s")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let labels = |lowest, highest| {
            let ticks = ticks(lowest, highest, 8.0).into_iter();
            ticks.map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(
            labels(0.0, 1.1),
            ["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"]
        );
        assert_eq!(
            labels(-0.2, 6.0),
            ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s"]
        );
        assert_eq!(labels(400_000.0, 400_002.0).len(), 5);
    }
}
