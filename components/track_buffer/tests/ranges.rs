/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! TimeRanges alone.

use track_buffer::{CommonRanges, PresentationTime, TimeRanges};

use crate::notation::print_ranges;

fn time(milliseconds: i64) -> PresentationTime {
    PresentationTime::from_nanoseconds(milliseconds * 1_000_000)
}

fn ranges(of: &[(i64, i64)]) -> TimeRanges {
    of.iter()
        .map(|(start, end)| (time(*start), time(*end)))
        .collect()
}

#[test]
fn adding_keeps_ranges_sorted_and_apart() {
    assert_eq!(
        print_ranges(&ranges(&[(40, 50), (0, 10), (20, 30)])),
        "0..10 20..30 40..50"
    );
    assert_eq!(
        print_ranges(&ranges(&[(0, 10), (20, 30), (10, 20)])),
        "0..30"
    );
    assert_eq!(
        print_ranges(&ranges(&[(0, 10), (20, 30), (40, 50), (5, 45)])),
        "0..50"
    );
    assert_eq!(print_ranges(&ranges(&[(0, 50), (10, 20)])), "0..50");
}

#[test]
fn adding_nothing_changes_nothing() {
    assert_eq!(print_ranges(&ranges(&[(0, 10), (30, 30), (5, 2)])), "0..10");
}

#[test]
fn intersection() {
    let one = ranges(&[(0, 10), (20, 40), (50, 60)]);
    let other = ranges(&[(5, 25), (30, 35), (40, 50), (55, 70)]);
    let common = CommonRanges::default().updated(vec![one, other]);
    assert_eq!(print_ranges(common.all()), "5..10 20..25 30..35 55..60");
}

#[test]
fn a_range_contains_its_start_and_not_its_end() {
    let ranges = ranges(&[(0, 10), (20, 30)]);
    assert!(ranges.contains(time(20)));
    assert!(!ranges.contains(time(10)));
    assert!(!ranges.contains(time(30)));
    assert_eq!(
        ranges.range_containing(time(29)),
        Some((time(20), time(30)))
    );
    assert_eq!(ranges.highest_end(), Some(time(30)));
    assert_eq!(ranges.len(), 2);
}
