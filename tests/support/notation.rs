/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A notation for frames, ranges and reads, so that a test is a few lines of text.
//!
//! A script has a command or an expectation a line; times are milliseconds. Running it writes the
//! same script with what really came out in the place of each expectation, and both must be equal.
//!
//! ```text
//! script      = { line newline }
//! line        = command | expectation                 (what follows "# " is a comment)
//! command     = "tracks:" { track }                   first initialization segment; v.. video, a.. audio
//!             | "configure" track ":" number          a further one, the track's configuration changed
//!             | "append" frames { ";" frames }        one media segment, in this order
//!             | "remove" of ":" time ".." [time]      no end: to the end of all time
//!             | "mode" of ":" ("segments" | "sequence")
//!             | "offset" of ":" time
//!             | "window" of ":" time ".." [time]      append window
//!             | "reset" of                            reset parser state
//!             | "duration:" time                      of the media source; infinite at first
//!             | "seek" track ":" time                 where the next reads of the track start; 0 at first
//! expectation = "buffered" of ":" ranges
//!             | "reads" track ":" { frame | "#" number } ("gap" | "end" | "ended")
//!                                                     all there is to read; "#2": now configuration 2
//!             | "offset is:" time                     of the first SourceBuffer
//! frames      = track ":" { frame }                   in decode order
//! frame       = time [ "|" time ] [ "K" ] [ "/" [ "~" ] time ]
//!                                                     presentation, decode, random access point, duration; ~ estimated
//! ranges      = { time ".." time }
//! of          = [ track ]                             the SourceBuffer of the track
//! ```
//!
//! [`check`] runs a script over the track buffers of one SourceBuffer, and `of` is empty. It knows
//! these too:
//!
//! ```text
//! expectation = "ended:" ranges                       buffered, when the media source is "ended"
//!             | "ranges" track ":" ranges             of one track
//!             | "group end:" time
//!             | "way" track time ":" (time | "none")  where the way to that target began, if reading on leads there
//! ```
//!
//! [`check_media_source`] runs a script over an open MediaSource, and frames are appended as bytes.
//! Each `tracks:` adds a SourceBuffer, and `of` names one of its tracks; `buffered` without one is
//! the element's. It knows these too:
//!
//! ```text
//! command     = "appending" frames { ";" frames }     an append that is run, but has not ended yet
//!             | "end" | "detach"                      endOfStream(); detach from the element
//!             | "worker ends"                         the worker in which the MediaSource was made ends
//! expectation = "duration is:" (time | "inf" | "NaN")
//!             | "state" time ":" state                the element's readyState at that position
//!             | "effects:" { effect ";" }             what the host was told since the last time
//!
//! command     = "element"                             a media element begins to play the MediaSource
//!             | "element" ("plays" | "pauses" | "suspends" | "resumes" | "seeks:" time)
//!             | "player" ("prerolls" | "reaches:" time | "arrives" number ":" time | "shows" | "ends" | "starves"
//!                        | "fails:" text)             what happens in its player; the number is that of the seek
//! expectation = "updates:" { update ";" }             what changed of the element since the last time
//!             | "asked:" { call ";" }                 what the player was asked for since the last time
//! ```
//!
//! The decode time is the presentation time if it is not given. The duration is the distance to the
//! frame of the same line that is presented next; the last frame lasts as long as the one before,
//! and a frame alone 40 ms. Each audio frame is a random access point, and no K is written for it.

use byte_stream::frame::CodedFrame;
use byte_stream::time::MediaTicks;
use byte_stream::track::{Medium, TrackId};
use bytes::Bytes;
use track_buffer::{PresentationTime, ReadFrame, TimeRanges};

const TICKS_PER_MILLISECOND: f64 = 1e3;
const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;
const DEFAULT_DURATION: i64 = 40_000;

/// Runs the script over new track buffers and compares.
#[track_caller]
pub fn check(script: &str) {
    crate::script::check(script);
}

/// Runs the script over an open MediaSource and compares.
#[track_caller]
pub fn check_media_source(script: &str) {
    crate::source_script::check(script);
}

/// Runs each line of the script, and compares what they came to with the script.
#[track_caller]
pub(crate) fn compare(script: &str, run: impl FnMut(&str) -> String) {
    let expected: Vec<&str> = script
        .lines()
        .map(without_comment)
        .filter(|line| !line.is_empty())
        .collect();
    let actual: Vec<String> = expected.iter().copied().map(run).collect();
    assert!(
        expected == actual,
        "expected:\n{}\n\nactual:\n{}\n",
        expected.join("\n"),
        actual.join("\n")
    );
}

fn without_comment(line: &str) -> &str {
    // "#2" in reads is no comment.
    let end = line.find("# ").unwrap_or(line.len());
    line[..end].trim()
}

/// Reads the frames of a line, in the order of the line.
pub fn parse_frames(track: TrackId, text: &str) -> Vec<CodedFrame> {
    let parsed: Vec<_> = text.split_whitespace().map(parse_frame).collect();
    let mut starts: Vec<i64> = parsed.iter().map(|frame| frame.presentation).collect();
    starts.sort_unstable();
    let distance_to_next = |start: i64| {
        starts
            .iter()
            .find(|next| **next > start)
            .map(|next| next - start)
    };
    let last = starts
        .len()
        .checked_sub(2)
        .and_then(|index| distance_to_next(starts[index]));
    parsed
        .iter()
        .map(|frame| {
            let duration = frame
                .duration
                .or(distance_to_next(frame.presentation))
                .or(last)
                .unwrap_or(DEFAULT_DURATION);
            CodedFrame {
                track,
                presentation: MediaTicks(frame.presentation),
                decode: MediaTicks(frame.decode),
                duration: MediaTicks(duration),
                duration_is_estimated: frame.duration_is_estimated,
                is_random_access_point: frame.is_random_access_point,
                is_discardable: false,
                payload: Bytes::from_static(b"frame"),
                details: None,
            }
        })
        .collect()
}

struct ParsedFrame {
    presentation: i64,
    decode: i64,
    is_random_access_point: bool,
    duration: Option<i64>,
    duration_is_estimated: bool,
}

fn parse_frame(word: &str) -> ParsedFrame {
    let (times, duration) = match word.split_once('/') {
        Some((times, duration)) => (times, Some(duration)),
        None => (word, None),
    };
    let estimate = duration.and_then(|duration| duration.strip_prefix('~'));
    let (times, is_random_access_point) = match times.strip_suffix('K') {
        Some(times) => (times, true),
        None => (times, false),
    };
    let (presentation, decode) = times.split_once('|').unwrap_or((times, times));
    ParsedFrame {
        presentation: ticks(presentation),
        decode: ticks(decode),
        is_random_access_point,
        duration: estimate.or(duration).map(ticks),
        duration_is_estimated: estimate.is_some(),
    }
}

fn ticks(milliseconds: &str) -> i64 {
    let number: f64 = milliseconds
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("no time: {milliseconds}"));
    (number * TICKS_PER_MILLISECOND).round() as i64
}

/// Reads an instant in milliseconds.
pub fn parse_time(milliseconds: &str) -> PresentationTime {
    let number: f64 = milliseconds
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("no time: {milliseconds}"));
    PresentationTime::from_nanoseconds((number * NANOSECONDS_PER_MILLISECOND).round() as i64)
}

/// Reads a range. One without an end ends at the end of all time.
pub fn parse_range(text: &str) -> (PresentationTime, PresentationTime) {
    let (start, end) = text
        .split_once("..")
        .unwrap_or_else(|| panic!("no range: {text}"));
    let end = if end.is_empty() {
        PresentationTime::MAX
    } else {
        parse_time(end)
    };
    (parse_time(start), end)
}

/// Writes an instant in the form that [`parse_time`] reads.
pub fn print_time(time: PresentationTime) -> String {
    format!(
        "{}",
        time.nanoseconds() as f64 / NANOSECONDS_PER_MILLISECOND
    )
}

/// Writes ranges in the form of the notation.
pub fn print_ranges(ranges: &TimeRanges) -> String {
    let words = ranges
        .iter()
        .map(|(start, end)| format!("{}..{}", print_time(start), print_time(end)));
    words.collect::<Vec<_>>().join(" ")
}

/// Writes the time of a frame, and its mark if it is a video frame that is a random access point.
pub fn print_frame(frame: &ReadFrame) -> String {
    let is_audio = frame.configuration.medium() == Medium::Audio;
    let mark = if frame.is_random_access_point && !is_audio {
        "K"
    } else {
        ""
    };
    format!("{}{mark}", print_time(frame.start))
}
