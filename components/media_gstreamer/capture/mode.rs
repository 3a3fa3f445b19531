/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What devices give natively, and which of it serves the settings of tracks.

use std::collections::BTreeMap;

use media_stream::{
    CameraMode, NumberRange, Property, Settings, Space, Value, camera_spaces, number,
};

/// How exactly a frame rate is told.
const RATE_TOLERANCE: f64 = 1.001;
/// The delay of sound that is captured, in seconds: the least one, which is the default, and the greatest
/// one.
const LATENCIES: (f64, f64) = (0.01, 0.1);

/// What a device can give natively.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Modes {
    /// A camera has a few modes.
    Camera(Vec<CameraMode>),
    Microphone {
        /// The least and the greatest sample rate.
        sample_rate: (u32, u32),
        channel_count: u32,
        processing: Processing,
    },
    /// It gives nothing.
    Loudspeaker,
}

/// What can be made of the sound of a microphone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Processing {
    /// Nothing.
    None,
    /// Its noise is suppressed, and its loudness evened out.
    NoiseAndGain,
    /// Besides, what the loudspeakers play is taken out of it.
    NoiseGainAndEcho,
    /// Everything, as far as is told. In truth it is nothing.
    Pretended,
}

/// What a device gives at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Camera(CameraMode),
    Microphone(SoundMode),
}

/// How sound is captured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SoundMode {
    pub(crate) sample_rate: u32,
    pub(crate) channel_count: u32,
    /// How long a piece of it is, in seconds.
    pub(crate) latency: f64,
    pub(crate) echo_cancellation: bool,
    pub(crate) noise_suppression: bool,
    pub(crate) gain_control: bool,
}

impl Modes {
    /// Returns the settings that tracks of such a device can have. Cameras can have any of `choices`
    /// besides.
    pub(crate) fn spaces(&self, choices: &BTreeMap<Property, Vec<Value>>) -> Vec<Space> {
        match self {
            Self::Camera(modes) => camera_spaces(modes, choices),
            Self::Microphone {
                sample_rate,
                channel_count,
                processing,
            } => vec![microphone_space(*sample_rate, *channel_count, *processing)],
            Self::Loudspeaker => Vec::new(),
        }
    }

    /// Returns the least mode that serves all of these settings, or else the greatest one. A device stays
    /// in the `current` mode as long as that serves.
    pub(crate) fn choose(&self, wanted: &[Settings], current: Option<Mode>) -> Option<Mode> {
        match self {
            Self::Camera(modes) => {
                let current = current.and_then(|mode| match mode {
                    Mode::Camera(mode) => Some(mode),
                    Mode::Microphone(_) => None,
                });
                choose_camera_mode(modes, wanted, current).map(Mode::Camera)
            }
            Self::Microphone {
                sample_rate,
                channel_count,
                ..
            } => {
                let mode = choose_sound_mode(*sample_rate, *channel_count, wanted);
                let serves = |current: &Mode| matches!(current, Mode::Microphone(current) if current.serves(&mode));
                Some(current.filter(serves).unwrap_or(Mode::Microphone(mode)))
            }
            Self::Loudspeaker => None,
        }
    }
}

fn choose_camera_mode(
    modes: &[CameraMode],
    wanted: &[Settings],
    current: Option<CameraMode>,
) -> Option<CameraMode> {
    let serves = |mode: &CameraMode| wanted.iter().all(|one| serves(mode, one));
    let cost = |one: &CameraMode, other: &CameraMode| {
        let area = |mode: &CameraMode| u64::from(mode.width) * u64::from(mode.height);
        let areas = area(one).cmp(&area(other));
        areas.then(one.frame_rate.total_cmp(&other.frame_rate))
    };
    let modes = || modes.iter().copied();
    current
        .filter(serves)
        .or_else(|| modes().filter(serves).min_by(cost))
        .or_else(|| modes().max_by(cost))
}

fn choose_sound_mode(
    sample_rate: (u32, u32),
    channel_count: u32,
    wanted: &[Settings],
) -> SoundMode {
    let greatest = |property, default| {
        let numbers = wanted.iter().filter_map(|one| number(one, property));
        numbers.max_by(f64::total_cmp).unwrap_or(default) as u32
    };
    let latencies = wanted
        .iter()
        .filter_map(|one| number(one, Property::Latency));
    let latency = latencies.min_by(f64::total_cmp).unwrap_or(LATENCIES.0);
    let off = Value::Boolean(false);
    let is_on = |property| {
        let mut values = wanted.iter().filter_map(|one| one.get(&property));
        values.any(|value| *value != off)
    };
    let (least, finest) = sample_rate;
    SoundMode {
        sample_rate: greatest(Property::SampleRate, finest.into()).clamp(least, finest),
        channel_count: greatest(Property::ChannelCount, 1.).clamp(1, channel_count),
        latency: latency.clamp(LATENCIES.0, LATENCIES.1),
        echo_cancellation: is_on(Property::EchoCancellation),
        noise_suppression: is_on(Property::NoiseSuppression),
        gain_control: is_on(Property::AutoGainControl),
    }
}

impl SoundMode {
    /// Returns whether sound of the mode `wanted` can be made of that of this one.
    fn serves(&self, wanted: &Self) -> bool {
        self.sample_rate >= wanted.sample_rate
            && self.channel_count >= wanted.channel_count
            && self.latency <= wanted.latency
            && self.echo_cancellation == wanted.echo_cancellation
            && self.noise_suppression == wanted.noise_suppression
            && self.gain_control == wanted.gain_control
    }
}

/// Returns whether pictures with these settings can be made of those of `mode`.
fn serves(mode: &CameraMode, settings: &Settings) -> bool {
    let is_within = |property, greatest: f64| {
        number(settings, property).is_none_or(|wanted| wanted <= greatest)
    };
    is_within(Property::Width, mode.width.into())
        && is_within(Property::Height, mode.height.into())
        && is_within(Property::FrameRate, mode.frame_rate * RATE_TOLERANCE)
}

fn microphone_space(sample_rate: (u32, u32), channel_count: u32, processing: Processing) -> Space {
    let switch = |can_be_on| {
        let values = [true, false]
            .into_iter()
            .filter(|is_on| can_be_on || !is_on);
        values.map(Value::Boolean).collect::<Vec<_>>()
    };
    let has_some = processing != Processing::None;
    let kinds: &[&str] = match processing {
        Processing::None | Processing::NoiseAndGain => &[],
        Processing::NoiseGainAndEcho => &["all"],
        Processing::Pretended => &["all", "remote-only"],
    };
    let mut echo_cancellation = switch(!kinds.is_empty());
    let kinds = kinds.iter().map(|kind| Value::Text((*kind).to_owned()));
    echo_cancellation.extend(kinds);
    let channel_counts = (1..=channel_count).map(|count| Value::Number(count.into()));
    let choices = [
        (Property::EchoCancellation, echo_cancellation),
        (Property::AutoGainControl, switch(has_some)),
        (Property::NoiseSuppression, switch(has_some)),
        (Property::VoiceIsolation, vec![Value::Boolean(false)]),
        (Property::ChannelCount, channel_counts.collect()),
        (Property::SampleSize, vec![Value::Number(16.)]),
    ];
    let range = |min, max, default| NumberRange { min, max, default };
    let (least, greatest) = (f64::from(sample_rate.0), f64::from(sample_rate.1));
    let ranges = [
        (Property::SampleRate, range(least, greatest, greatest)),
        (
            Property::Latency,
            range(LATENCIES.0, LATENCIES.1, LATENCIES.0),
        ),
    ];
    Space {
        choices: choices.into(),
        ranges: ranges.into(),
        size: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mode(width: u32, height: u32, frame_rate: f64) -> CameraMode {
        CameraMode {
            width,
            height,
            frame_rate,
        }
    }

    const MODES: [CameraMode; 4] = [
        mode(640, 480, 60.),
        mode(1280, 720, 30.),
        mode(640, 480, 30.),
        mode(320, 240, 30.),
    ];

    fn wanted(width: f64, height: f64, frame_rate: f64) -> Settings {
        let numbers = [
            (Property::Width, width),
            (Property::Height, height),
            (Property::FrameRate, frame_rate),
        ];
        let values = numbers.map(|(property, number)| (property, Value::Number(number)));
        values.into()
    }

    #[test]
    fn the_least_mode_that_serves_all_tracks_is_chosen() {
        let modes = Modes::Camera(MODES.to_vec());
        for (settings, expected) in [
            (vec![wanted(30., 20., 5.)], MODES[3]),
            (vec![wanted(640., 480., 30.)], MODES[2]),
            (
                vec![wanted(640., 300., 30.), wanted(30., 20., 31.)],
                MODES[0],
            ),
            (
                vec![wanted(640., 480., 30.), wanted(641., 20., 1.)],
                MODES[1],
            ),
            (vec![wanted(9999., 20., 1.)], MODES[1]),
        ] {
            let chosen = modes.choose(&settings, None);
            assert_eq!(chosen, Some(Mode::Camera(expected)), "{settings:?}");
        }
        let current = Some(Mode::Camera(MODES[1]));
        assert_eq!(modes.choose(&[wanted(30., 20., 5.)], current), current);
        let other = modes.choose(&[wanted(30., 20., 50.)], current);
        assert_eq!(other, Some(Mode::Camera(MODES[0])));
    }

    #[test]
    fn sound_is_captured_as_finely_as_any_track_has_it() {
        let modes = Modes::Microphone {
            sample_rate: (8_000, 48_000),
            channel_count: 2,
            processing: Processing::Pretended,
        };
        let sound = |sample_rate: f64, channel_count: f64| {
            Settings::from([
                (Property::SampleRate, Value::Number(sample_rate)),
                (Property::ChannelCount, Value::Number(channel_count)),
            ])
        };
        let both = [sound(8_000., 2.), sound(16_000., 1.)];
        let expected = SoundMode {
            sample_rate: 16_000,
            channel_count: 2,
            latency: 0.01,
            echo_cancellation: false,
            noise_suppression: false,
            gain_control: false,
        };
        let chosen = modes.choose(&both, None);
        assert_eq!(chosen, Some(Mode::Microphone(expected)));
        // It stays for those that want less, but not to process what is not to be processed.
        assert_eq!(modes.choose(&both[..1], chosen), chosen);
        let processed = Mode::Microphone(SoundMode {
            gain_control: true,
            ..expected
        });
        assert_eq!(modes.choose(&both, Some(processed)), chosen);
        // Echo is taken out of it as soon as one track wants that, whichever kind of it.
        for kind in [Value::Boolean(true), Value::Text("all".to_owned())] {
            let mut wanted = both.clone();
            wanted[1].insert(Property::EchoCancellation, kind);
            let expected = SoundMode {
                echo_cancellation: true,
                ..expected
            };
            let chosen = modes.choose(&wanted, chosen);
            assert_eq!(chosen, Some(Mode::Microphone(expected)));
        }
    }
}
