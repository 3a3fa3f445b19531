/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How many bits a second of a recording has.

use media_stream::{Property, Settings, number};

/// The rate of sound: of two channels of Opus or AAC, which few people tell from the original.
const AUDIO: u32 = 128_000;
/// The rate of pictures whose size is not known.
const VIDEO: u32 = 2_500_000;
/// The bits that a pixel of moving pictures takes, and how far that goes.
const BITS_PER_PIXEL: f64 = 0.1;
const VIDEO_RANGE: (f64, f64) = (500_000., 20_000_000.);
/// The frame rate of pictures that have none.
const FRAME_RATE: f64 = 30.;
/// The least rates of encoders: a page may ask for less, but does not get it.
const LEAST_AUDIO: u32 = 6_000;
const LEAST_VIDEO: u32 = 20_000;
/// The part of all bits that sound takes.
const AUDIO_PART: u32 = 5;

/// How evenly the bits of sound are spread.
/// <https://w3c.github.io/mediacapture-record/#bitratemode>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BitRateMode {
    /// `constant`
    Constant,
    /// `variable`
    #[default]
    Variable,
}

/// The bit rates of a recorder.
#[derive(Clone, Debug, PartialEq)]
pub struct BitRates {
    /// The value of the \[\[ConstrainedBitsPerSecond\]\] slot.
    constrained: Option<u32>,
    audio: u32,
    video: u32,
}

impl BitRates {
    /// Returns those of a new recorder, from the options that its page has given. `picture` are the settings of
    /// the video track, if there is one.
    pub fn new(
        audio: Option<u32>,
        video: Option<u32>,
        both: Option<u32>,
        picture: Option<&Settings>,
    ) -> Self {
        let mut rates = Self {
            constrained: both,
            audio: audio.unwrap_or(AUDIO),
            video: video.unwrap_or_else(|| picture.map_or(VIDEO, rate_of_pictures)),
        };
        rates.constrain(true, true);
        rates
    }

    /// Returns the bits in a second of all audio tracks.
    pub fn audio(&self) -> u32 {
        self.audio
    }

    /// Returns the bits in a second of all video tracks.
    pub fn video(&self) -> u32 {
        self.video
    }

    /// Shares the bits out among the kinds of tracks that there are, if the page has named the sum.
    pub(crate) fn constrain(&mut self, has_audio: bool, has_video: bool) {
        let Some(both) = self.constrained else {
            return;
        };
        (self.audio, self.video) = match (has_audio, has_video) {
            (true, false) => (both.max(LEAST_AUDIO), 0),
            (false, true) => (0, both.max(LEAST_VIDEO)),
            _ => {
                let audio = (both / AUDIO_PART).clamp(LEAST_AUDIO, AUDIO);
                (audio, both.saturating_sub(audio).max(LEAST_VIDEO))
            }
        };
    }
}

fn rate_of_pictures(settings: &Settings) -> u32 {
    let number = |property| number(settings, property).filter(|number| *number > 0.);
    let size = number(Property::Width).zip(number(Property::Height));
    let Some((width, height)) = size else {
        return VIDEO;
    };
    let frame_rate = number(Property::FrameRate).unwrap_or(FRAME_RATE);
    let rate = width * height * frame_rate * BITS_PER_PIXEL;
    rate.clamp(VIDEO_RANGE.0, VIDEO_RANGE.1) as u32
}
