/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Runs the player as its users do, headless, and looks at what they get.

mod media;
mod run;
mod timeline;

use std::fs;

use crate::media::{cut_into_segments, media};
use crate::run::Player;

/// Pictures a second in the test media.
const RATE: f64 = 24.0;

#[test]
fn pictures_are_written_with_their_numbers_and_times() {
    let player = Player::new();
    let run = player
        .run(
            &[&media("h264-aac.mp4")],
            "--rate 4 --frames out --every 24 --json",
        )
        .ends_with(0);
    let pictures = player.pictures("out");
    let statistics = run.statistics();
    assert_eq!(statistics["frames"]["written"], pictures.len());
    assert_eq!(pictures[0].number, 0);
    // A machine that is too slow drops some, never more than it shows of these.
    assert!((2..=6).contains(&pictures.len()), "{pictures:?}");
    for picture in &pictures {
        assert_eq!(picture.number, (picture.seconds * RATE).round() as u32);
        assert_eq!((picture.width, picture.height), (320, 180));
    }
    assert!(pictures.is_sorted_by_key(|picture| picture.number));
}

#[test]
fn the_statistics_tell_what_was_played() {
    let files = [media("h264.mp4")];
    let arguments = format!("--rate 4 --json --audio {}", media("aac.mp4"));
    let statistics = Player::new()
        .run(&[&files[0]], &arguments)
        .ends_with(0)
        .statistics();
    assert_eq!(statistics["error"], serde_json::Value::Null);
    assert_eq!(statistics["duration"], 6.0);
    assert_eq!(statistics["position"], 6.0);
    assert_eq!(statistics["times_ended"], 1);
    assert_eq!(statistics["frames"]["total"], 144);
    assert_eq!(statistics["frames"]["corrupted"], 0);
    let [video, audio] = [0, 1].map(|index| &statistics["source_buffers"][index]);
    assert_eq!(video["type"], "video/mp4; codecs=\"avc1.64000C\"");
    assert_eq!(audio["type"], "audio/mp4; codecs=\"mp4a.40.2\"");
    let size = fs::metadata(&files[0]).expect("it is there").len();
    assert_eq!(video["bytes"], size);
    assert_eq!(video["buffered"], serde_json::json!([[0.0, 6.0]]));
    assert_eq!(video["evicted"], 0.0);
}

#[test]
fn every_container_plays() {
    for name in [
        "codecs/av1-opus.webm",
        "codecs/flac.mp4",
        "codecs/hevc-mp3.ts",
        "layouts/bare.aac",
        "layouts/live.webm",
        "layouts/xing-id3.mp3",
    ] {
        let run = Player::new().run(&[&media(name)], "--rate 8 --json");
        let statistics = run.ends_with(0).statistics();
        assert_eq!(statistics["times_ended"], 1, "{name}");
        assert_eq!(statistics["position"], statistics["duration"], "{name}");
    }
}

#[test]
fn segments_follow_each_other() {
    let player = Player::new();
    let segments = cut_into_segments("h264.mp4", player.path(""));
    assert_eq!(segments.len(), 7);
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    let run = player.run(&names, "--rate 4 --json").ends_with(0);
    assert_eq!(run.statistics()["source_buffers"][0]["pieces"], 7);
    assert_eq!(run.statistics()["position"], 6.0);

    let run = player.run(&names[1..], "").ends_with(1);
    assert!(
        run.errors().contains("initialization segment"),
        "{}",
        run.errors()
    );
}

#[test]
fn seeks_are_done_one_after_another() {
    let player = Player::new();
    let arguments = "--rate 4 --seek 4.5 --seek 2 --json --frames out --every 1";
    let run = player.run(&[&media("vp8.webm")], arguments).ends_with(0);
    let statistics = run.statistics();
    let seeks = statistics["seeks"].as_array().expect("a list");
    let targets: Vec<_> = seeks.iter().map(|seek| seek["target"].as_f64()).collect();
    assert_eq!(targets, [Some(4.5), Some(2.0)]);
    assert!(seeks.iter().all(|seek| seek["time"].as_f64().is_some()));
    // The picture of each target is the first one after its seek. (A machine that is too slow drops
    // others.)
    let numbers: Vec<u32> = player.pictures("out").iter().map(|it| it.number).collect();
    let back = numbers.windows(2).position(|pair| pair[1] < pair[0]);
    let (before, after) = numbers.split_at(back.expect("it went back") + 1);
    let ahead = before.iter().find(|number| **number > 72);
    assert_eq!(
        (ahead, after.first()),
        (Some(&108), Some(&48)),
        "{numbers:?}"
    );
    assert!(after.is_sorted(), "{numbers:?}");
    assert_eq!(statistics["position"], statistics["duration"]);
}

#[test]
fn a_seek_beyond_the_end_goes_to_the_end() {
    let run = Player::new().run(&[&media("h264.mp4")], "--rate 4 --seek 1000 --json");
    let statistics = run.ends_with(0).statistics();
    assert_eq!(statistics["seeks"][0]["target"], 6.0);
    assert_eq!(statistics["position"], 6.0);
}

#[test]
fn a_loop_plays_so_many_times() {
    let run = Player::new().run(&[&media("layouts/dash.mp4")], "--rate 8 --loop 3 --json");
    let statistics = run.ends_with(0).statistics();
    assert_eq!(statistics["times_ended"], 3);
    assert_eq!(statistics["seeks"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_was_played_is_evicted_and_fetched_again() {
    let file = media("h264.mp4");
    let run = Player::new().run(&[&file], "--rate 4 --quota 12000 --loop 2 --json");
    let statistics = run.ends_with(0).statistics();
    let source = &statistics["source_buffers"][0];
    assert!(source["times_full"].as_u64() > Some(0));
    assert!(source["evicted"].as_f64() > Some(3.0));
    assert_ne!(source["buffered"][0][0], 0.0);
    let size = fs::metadata(&file).expect("it is there").len();
    assert_eq!(source["bytes"], 2 * size);
    assert_eq!(statistics["times_ended"], 2);
}

#[test]
fn a_quota_that_holds_nothing_is_refused() {
    let run = Player::new()
        .run(&[&media("h264.mp4")], "--quota 1000")
        .ends_with(1);
    assert!(run.errors().contains("raise --quota"), "{}", run.errors());
}

#[test]
fn live_media_is_not_there_before_its_time() {
    let run = Player::new().run(
        &[&media("vp8-vorbis.webm")],
        "--rate 4 --simulate-live --seek 5 --json",
    );
    let statistics = run.ends_with(0).statistics();
    // The last second is recorded after five, at four times the speed.
    assert!(statistics["wall_time"].as_f64() >= Some(1.25));
    assert!(statistics["source_buffers"][0]["pieces"].as_u64() > Some(10));
    // The seek had to wait for its target.
    let waited = statistics["seeks"][0]["time"].as_f64();
    assert!(waited > Some(0.5), "{waited:?}");
}

#[test]
fn media_that_starts_late_is_played_from_its_start() {
    let player = Player::new();
    let segments = cut_into_segments("h264.mp4", player.path(""));
    // Without the first four seconds.
    let files = [&segments[0], &segments[5], &segments[6]].map(String::as_str);
    for arguments in ["--rate 4 --json", "--rate 4 --json --simulate-live"] {
        let statistics = player.run(&files, arguments).ends_with(0).statistics();
        assert_eq!(statistics["seeks"][0]["target"], 4.0);
        assert_eq!(statistics["frames"]["total"], 48);
        assert_eq!(statistics["position"], 6.0);
    }
}

#[test]
fn what_is_no_media_is_refused() {
    let player = Player::new();
    fs::write(player.path("notes.txt"), "These are notes.").expect("a file");
    let run = player.run(&["notes.txt"], "").ends_with(1);
    assert!(
        run.errors().contains("notes.txt is none of MP4"),
        "{}",
        run.errors()
    );

    let run = player
        .run(&[&media("codecs/encrypted.mp4")], "")
        .ends_with(1);
    assert!(run.errors().contains("encrypted"), "{}", run.errors());

    let segments = cut_into_segments("h264.mp4", player.path(""));
    fs::write(player.path("broken.m4s"), b"\0\0\0\x04moof").expect("a file");
    let files = [&segments[0], &segments[1], "broken.m4s", &segments[2]];
    let run = player.run(&files, "--json").ends_with(1);
    let error = run.statistics()["error"].to_string();
    assert!(error.contains("broken.m4s: "), "{error}");
}

#[test]
fn wrong_usage_is_told_apart() {
    let player = Player::new();
    let run = player.run(&["missing.mp4"], "").ends_with(2);
    assert!(
        run.errors().contains("missing.mp4 cannot be read"),
        "{}",
        run.errors()
    );
    player.run(&[], "").ends_with(2);
    fs::write(player.path("file"), "").expect("a file");
    let run = player
        .run(&[&media("h264.mp4")], "--frames file/out")
        .ends_with(2);
    assert!(
        run.errors().contains("cannot be written"),
        "{}",
        run.errors()
    );
}

#[test]
fn decoders_are_listed_by_preference() {
    let capabilities = Player::new()
        .run(&[], "--capabilities")
        .ends_with(0)
        .output();
    let list = |preference| {
        let arguments = format!("--decoders --decoder-preference {preference}");
        Player::new().run(&[], &arguments).ends_with(0).output()
    };
    let software = list("software");
    assert!(!software.contains("hardware"), "{software}");
    // The first one of each codec, with its turn.
    let words = |line: &str| Vec::from_iter(line.split_whitespace().map(str::to_owned));
    let first = |name: &str| {
        let line = software.lines().find(|line| line.starts_with(name))?;
        Some(words(&line[20..]))
    };
    for line in capabilities.lines().skip(1) {
        let name = line[..20].trim_end();
        match first(name) {
            Some(first) => {
                let (decoder, turns) = first.split_at(first.len() - 3);
                assert_eq!(turns, ["software", "1", "1"], "{name}");
                assert_eq!(decoder, words(&line[20..]), "{name}");
            }
            None => assert!(line.contains(" none "), "{line}"),
        }
    }
    for preference in ["automatic", "hardware"] {
        let count = list(preference).lines().count();
        assert!(count >= software.lines().count(), "{preference}");
    }
}

#[test]
fn the_capabilities_name_every_codec() {
    let table = Player::new()
        .run(&[], "--capabilities")
        .ends_with(0)
        .output();
    for codec in [
        "AAC", "AC-3", "E-AC-3", "FLAC", "MP3", "Opus", "Vorbis", "AV1", "H.264", "HEVC", "VP8",
        "VP9",
    ] {
        let mut lines = table.lines().skip(1);
        let line = lines.find(|line| line.starts_with(&format!("{codec} ")));
        let line = line.unwrap_or_else(|| panic!("{codec} is missing:\n{table}"));
        let missing = line.contains(" none ");
        assert_eq!(missing, line.contains("gstreamer1.0-"), "{line}");
    }
}
