/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The command line.

use std::path::PathBuf;

use clap::Parser;
use media_gstreamer::DecoderPreference;
use media_source::PLAYBACK_RATES;
use track_buffer::time::PresentationTime;

const AFTER_HELP: &str = "\
What it prints:
  Progress goes to standard error: one line that changes on a terminal, else a line for each thing
  that happens. Standard output has what --json, --capabilities and --decoders ask for and nothing else.

Exit status:
  0  played to the end, or the window was closed
  1  the media cannot be played; the message says what to do
  2  the command line is wrong, or a file cannot be read or written

Keys in the window:
  Space  pause, play      Left, Right  5 s back, forward      Q, Escape  quit";

/// Plays media segments through Media Source Extensions, without a browser.
///
/// It does what a web page does: opens a MediaSource, adds a SourceBuffer, appends the files in
/// pieces, and ends the stream.
#[derive(Debug, Parser)]
#[command(name = "mseplay", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// What to append, one after another, to one SourceBuffer: MP4, WebM, MP3, AAC or MPEG-2 TS.
    ///
    /// A file may be a whole presentation or a segment of one: `init.mp4 1.m4s 2.m4s`.
    #[arg(value_name = "FILE", required_unless_present_any = ["capabilities", "decoders"])]
    pub files: Vec<PathBuf>,

    /// What to append to a second SourceBuffer: the sound, where it has files of its own.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub audio: Vec<PathBuf>,

    /// Seek there once a second was played, and so on for each --seek; at the end at once.
    #[arg(long = "seek", value_name = "SECONDS", value_parser = parse_seconds)]
    pub seeks: Vec<PresentationTime>,

    /// Play that many seconds in a second, from 0.0625 to 16.
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = parse_rate)]
    pub rate: f64,

    /// Play it N times in all.
    #[arg(long = "loop", value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub plays: u32,

    /// Append as if the media were being recorded now: nothing is there before its time (which --rate
    /// makes faster as well).
    #[arg(long)]
    pub simulate_live: bool,

    /// Let each SourceBuffer hold that many bytes [default: 150 MiB, sound alone 12 MiB].
    #[arg(long, value_name = "BYTES", value_parser = parse_quota)]
    pub quota: Option<usize>,

    /// Open no window (always so where there is no display).
    #[arg(long)]
    pub headless: bool,

    /// Write pictures into the folder DIR, as PNG, each named by its number and its time.
    #[arg(long, value_name = "DIR")]
    pub frames: Option<PathBuf>,

    /// Write every Nth picture that is shown, the first one included.
    #[arg(long, value_name = "N", default_value = "24", value_parser = clap::value_parser!(u32).range(1..))]
    pub every: u32,

    /// Draw what was appended, buffered, evicted, played and stalled over time, as SVG.
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,

    /// Print statistics as JSON at the end.
    #[arg(long)]
    pub json: bool,

    /// List the codecs, what decodes each here, and the package to install where nothing does.
    #[arg(long, exclusive = true)]
    pub capabilities: bool,

    /// Decode pictures by `hardware` where there is some, by `software` only, or let `automatic` choose
    /// hardware for pictures from 1280x720 on.
    #[arg(long, value_name = "CLASS", default_value = "automatic")]
    pub decoder_preference: DecoderPreference,

    /// List the decoders of each codec by --decoder-preference, with their turns: 1 is tried first.
    #[arg(long, conflicts_with_all = ["files", "audio"])]
    pub decoders: bool,
}

fn parse_seconds(text: &str) -> Result<PresentationTime, String> {
    text.parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
        .map(PresentationTime::from_seconds)
        .ok_or_else(|| "a number of seconds is expected, as in 30 or 1.5".to_owned())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| PLAYBACK_RATES.contains(rate))
        .ok_or_else(|| "a number from 0.0625 to 16 is expected, as in 2 or 0.5".to_owned())
}

fn parse_quota(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "a number of bytes is expected, as in 10000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(["mseplay"].into_iter().chain(arguments.split(' ')))
    }

    #[test]
    fn files_of_sound_follow_those_of_pictures() {
        let arguments =
            parse("a.mp4 b.m4s --audio c.mp4 d.m4s --seek 10 --seek 2.5").expect("fine");
        assert_eq!(arguments.files.len(), 2);
        assert_eq!(arguments.audio, [PathBuf::from("c.mp4"), "d.m4s".into()]);
        let seconds = arguments.seeks.iter().map(|target| target.seconds());
        assert_eq!(seconds.collect::<Vec<_>>(), [10.0, 2.5]);
    }

    #[test]
    fn decoders_are_listed_by_preference() {
        let arguments = parse("--decoders --decoder-preference hardware").expect("fine");
        let preference = arguments.decoder_preference;
        assert!(arguments.decoders && preference == DecoderPreference::Hardware);
        let arguments = parse("a.mp4").expect("fine");
        let preference = arguments.decoder_preference;
        assert_eq!(preference, DecoderPreference::default());
    }

    #[test]
    fn wrong_values_are_refused() {
        for arguments in [
            "--headless",
            "a.mp4 --seek soon",
            "a.mp4 --seek -1",
            "a.mp4 --seek inf",
            "a.mp4 --rate 0",
            "a.mp4 --rate 17",
            "a.mp4 --rate NaN",
            "a.mp4 --loop 0",
            "a.mp4 --every 0",
            "a.mp4 --quota 0",
            "a.mp4 --quota 1M",
            "a.mp4 --capabilities",
            "a.mp4 --decoders",
            "a.mp4 --decoder-preference fast",
        ] {
            let refused = parse(arguments).expect_err(arguments);
            assert_eq!(refused.exit_code(), 2, "{arguments}");
        }
    }
}
