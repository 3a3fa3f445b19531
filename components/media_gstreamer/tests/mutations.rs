/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Files that are damaged at random places, in the coded frames or anywhere. Each ends, in one way.
//!
//! 120 files by default. The environment variable `MUTATIONS` says otherwise: `1000` for so many,
//! `358..359` for some, and then each is written down before it is played: a decoder may crash.

use media_source::{Player, PlayerEvent};
use std::env;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Media, Session, random_numbers, read};

/// Two seconds or six of each codec, and a mixture of both kinds.
const FILES: [&str; 14] = [
    "codecs/ac3.mp4",
    "codecs/av1.mp4",
    "codecs/av1-opus.webm",
    "codecs/eac3.mp4",
    "codecs/flac.mp4",
    "codecs/he-aac.mp4",
    "codecs/hvc1.mp4",
    "codecs/mp3.mp4",
    "h264.mp4",
    "h264-aac.mp4",
    "layouts/h264-aac.ts",
    "layouts/vp9-opus.webm",
    "vorbis.webm",
    "vp8.webm",
];
const RATE: f64 = 16.;
const SESSIONS_AT_ONCE: usize = 8;
/// What plays in less than a second may take so long on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// Seconds; the files are shorter. A damaged time may be anything.
const LONGEST: f64 = 10.;

/// How playback of a damaged file came to its end.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// The media source refused the bytes, or they lie at impossible times.
    NotAppended,
    EndOfStream,
    Error(String),
    /// There is a gap, which no more data closes.
    Starved,
}

/// The places of the coded frames in the file.
fn payloads(file: &[u8], media: &Media) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for track in 0..media.readers().len() {
        let mut place = 0;
        for frame in media.frames(track) {
            let payload = &frame.payload;
            // Those that are not there as they are, as in transport streams, are left out.
            let found = file[place..]
                .windows(payload.len().max(1))
                .position(|window| window == &payload[..]);
            if let Some(distance) = found {
                place += distance;
                ranges.push(place..place + payload.len());
            }
        }
    }
    ranges
}

/// Damages a few bytes of `file`, always the same for the same seed: in three of four files only in
/// coded frames.
fn mutate(file: &mut [u8], payloads: &[Range<usize>], seed: u64) {
    let mut random = random_numbers(seed, 256);
    let mut below = |limit: usize| random.next().map_or(0, |number| number as usize % limit);
    let is_everywhere = payloads.is_empty() || below(4) == 0;
    for _ in 0..1 + below(12) {
        let range = match is_everywhere {
            true => 0..file.len(),
            false => payloads[below(payloads.len())].clone(),
        };
        if range.is_empty() {
            continue;
        }
        let start = range.start + below(range.len());
        let length = 1 + below((range.end - start).min(24));
        for byte in &mut file[start..start + length] {
            *byte = below(256) as u8;
        }
    }
}

fn play(about: &str, name: &str, file: Vec<u8>) -> Outcome {
    let media = Media::damaged(name, file.into());
    let is_playable = |media: &Media| !media.readers().is_empty() && media.duration() < LONGEST;
    let Some(media) = media.filter(is_playable) else {
        return Outcome::NotAppended;
    };
    let session = Session::of(&media);
    session.player.seek(media.start());
    session.player.set_rate(RATE);
    session.player.play();
    let outcome = wait(&session, about);
    let further = session.events.try_iter().collect::<Vec<_>>();
    let is_error = |event: &PlayerEvent| matches!(event, PlayerEvent::Failed(_));
    let is_told_twice = matches!(outcome, Outcome::Error(_)) && further.iter().any(is_error);
    assert!(!is_told_twice, "{about}: {outcome:?}, then {further:?}");
    session.close();
    outcome
}

fn wait(session: &Session, about: &str) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    let mut events = Vec::new();
    loop {
        match session.events.recv_deadline(deadline) {
            Ok(PlayerEvent::EndOfStream) => return Outcome::EndOfStream,
            Ok(PlayerEvent::Starved) => return Outcome::Starved,
            Ok(PlayerEvent::Failed(error)) => return Outcome::Error(error.to_string()),
            Ok(event) => events.push(event),
            Err(_) => panic!("{about} hangs, after {:?}", events.last()),
        }
    }
}

#[test]
fn damaged_files_end() {
    let wanted = env::var("MUTATIONS").ok();
    let (start, end) = match wanted.as_deref() {
        None => ("0", "120"),
        Some(range) => range.split_once("..").unwrap_or(("0", range)),
    };
    let number = |text: &str| text.parse::<usize>().expect("MUTATIONS has numbers");
    let range = number(start)..number(end);
    let files: Vec<_> = FILES
        .iter()
        .map(|name| {
            let file = read(name);
            let payloads = payloads(&file, &Media::whole(name));
            (*name, file, payloads)
        })
        .collect();
    let next = AtomicUsize::new(range.start);
    let work = || {
        let mut outcomes = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= range.end {
                return outcomes;
            }
            let (name, file, payloads) = &files[index % files.len()];
            let mut damaged = file.to_vec();
            mutate(&mut damaged, payloads, index as u64);
            if wanted.is_some() {
                println!("{index} {name}");
            }
            let outcome = play(&format!("{index} of {name}"), name, damaged);
            if wanted.is_some() {
                println!("{index} {name} {outcome:?}");
            }
            outcomes.push(outcome);
        }
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..SESSIONS_AT_ONCE).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended
            .flat_map(|outcomes| outcomes.expect("it says what is wrong"))
            .collect()
    });
    assert_eq!(outcomes.len(), range.len());
    // The damage did not keep everything from being played.
    let played = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::EndOfStream);
    assert!(played.count() >= range.len() / 3, "{outcomes:?}");
}
