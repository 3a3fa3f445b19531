/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The picture of a run.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::media::media;
use crate::run::Player;

/// The chart's left and right, top and bottom edge.
const LEFT: f64 = 120.0;
const RIGHT: f64 = 1170.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 494.0;

/// An element of the drawing: its name and attributes.
type Element = (String, HashMap<String, String>);

fn elements(file: &Path) -> Vec<Element> {
    let text = fs::read_to_string(file).expect("the timeline is written");
    let mut reader = Reader::from_str(&text);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().expect("it is well-formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.expect("it is well-formed");
                    (
                        String::from_utf8_lossy(attribute.key.as_ref()).into_owned(),
                        String::from_utf8_lossy(&attribute.value).into_owned(),
                    )
                });
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                elements.push((name, attributes.collect()));
            }
            Event::Eof => return elements,
            _ => {}
        }
    }
}

fn number((_, attributes): &Element, name: &str) -> f64 {
    attributes[name].parse().expect("a number")
}

/// The elements of a class inside the chart.
fn in_chart<'a>(elements: &'a [Element], class: &str) -> Vec<&'a Element> {
    elements
        .iter()
        .filter(|(name, attributes)| name == "rect" && attributes["class"] == class)
        .filter(|element| number(element, "y") + number(element, "height") <= BOTTOM + 0.5)
        .collect()
}

fn points((_, attributes): &Element) -> Vec<(f64, f64)> {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    attributes["points"]
        .split(' ')
        .filter_map(|point| point.split_once(','))
        .map(|(x, y)| (number(x), number(y)))
        .collect()
}

#[test]
fn a_run_is_drawn_from_corner_to_corner() {
    let player = Player::new();
    player
        .run(&[&media("h264.mp4")], "--rate 4 --timeline run.svg")
        .ends_with(0);
    let elements = elements(&player.path("run.svg"));
    // All is appended at once and stays.
    let buffered = in_chart(&elements, "buffered0");
    let last = buffered.last().expect("something is buffered");
    assert_eq!(
        (number(last, "y"), number(last, "height")),
        (TOP, BOTTOM - TOP)
    );
    assert_eq!(number(last, "x") + number(last, "width"), RIGHT);
    assert!(number(last, "x") < LEFT + 100.0);
    assert!(in_chart(&elements, "evicted").is_empty());
    // The playhead rises from the lower left to the upper right corner.
    let playhead = elements.iter().find(|(name, _)| name == "polyline");
    let line = points(playhead.expect("it is drawn"));
    assert!(
        line.is_sorted_by(|a, b| a.0 <= b.0 && a.1 >= b.1),
        "{line:?}"
    );
    assert_eq!(line.first().map(|(_, y)| *y), Some(BOTTOM));
    assert_eq!(line.last(), Some(&(RIGHT, TOP)));
}

#[test]
fn evictions_and_seeks_are_drawn_where_they_happened() {
    let player = Player::new();
    let arguments = "--rate 4 --quota 12000 --seek 4 --timeline run.svg";
    player.run(&[&media("h264.mp4")], arguments).ends_with(0);
    let elements = elements(&player.path("run.svg"));
    let evicted = in_chart(&elements, "evicted");
    assert!(!evicted.is_empty());
    // What is evicted was played: its end is below the playhead of that moment, as the chart has it.
    let lines: Vec<_> = elements
        .iter()
        .filter(|(name, _)| name == "polyline")
        .flat_map(points)
        .collect();
    for bar in evicted {
        let x = number(bar, "x") + 1.0;
        let playhead = lines.iter().filter(|(at, _)| *at <= x + 12.0);
        let highest = playhead.map(|(_, y)| *y).fold(BOTTOM, f64::min);
        assert!(number(bar, "y") >= highest - 1.0, "{bar:?}, {highest}");
    }
    let seek = elements
        .iter()
        .find(|(name, attributes)| name == "line" && attributes["class"] == "seek")
        .expect("the seek is drawn");
    assert_eq!(number(seek, "x1"), number(seek, "x2"));
    // To four of six seconds, after one of them.
    let y_of = |seconds: f64| BOTTOM - (BOTTOM - TOP) * seconds / 6.0;
    assert!((number(seek, "y2") - y_of(4.0)).abs() < 1.0);
    assert!((number(seek, "y1") - y_of(1.0)).abs() < 40.0);
}
