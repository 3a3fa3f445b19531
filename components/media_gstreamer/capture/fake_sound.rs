/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sound of fake microphones: a tone that tells the microphone, and a beep at the start of each second.

use std::f64::consts::TAU;

use gstreamer::{Buffer, Caps};
use gstreamer_audio::{AudioFormat, AudioInfo};

use super::mode::SoundMode;

/// How loud the tone is, where 1 is the greatest possible amplitude.
const TONE: f64 = 0.1;
/// How loud the beep is, and its frequency and length, in seconds.
const BEEP: f64 = 0.5;
const BEEP_FREQUENCY: f64 = 1_000.;
const BEEP_LENGTH: f64 = 0.1;

/// Makes the sound of a microphone.
pub(crate) struct Tone {
    pub(crate) mode: SoundMode,
    pub(crate) frequency: f64,
}

impl Tone {
    /// Returns the capabilities of the sound.
    pub(crate) fn caps(&self) -> Option<Caps> {
        let (rate, channels) = (self.mode.sample_rate, self.mode.channel_count);
        let info = AudioInfo::builder(AudioFormat::S16le, rate, channels).build();
        info.and_then(|info| info.to_caps()).ok()
    }

    /// Returns how many pieces a second has.
    pub(crate) fn rate(&self) -> f64 {
        1. / self.mode.latency
    }

    /// Returns the piece of this number.
    pub(crate) fn make(&self, number: u64) -> Buffer {
        let samples = f64::from(self.mode.sample_rate) * self.mode.latency;
        let sample_at = |number: u64| (number as f64 * samples).round() as u64;
        let mut bytes = Vec::new();
        for sample in sample_at(number)..sample_at(number + 1) {
            let time = sample as f64 / f64::from(self.mode.sample_rate);
            let value = (self.at(time) * f64::from(i16::MAX)) as i16;
            for _ in 0..self.mode.channel_count {
                bytes.extend(value.to_le_bytes());
            }
        }
        Buffer::from_slice(bytes)
    }

    fn at(&self, time: f64) -> f64 {
        let tone = TONE * (TAU * self.frequency * time).sin();
        if time.fract() < BEEP_LENGTH {
            return tone + BEEP * (TAU * BEEP_FREQUENCY * time).sin();
        }
        tone
    }
}
