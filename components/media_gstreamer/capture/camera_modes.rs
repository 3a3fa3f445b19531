/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The modes of a camera in the terms of GStreamer.

use gstreamer::{Caps, CapsFeatures, Fraction, FractionRange, IntRange, List, StructureRef};
use media_stream::CameraMode;

/// The sizes that a camera has which can give any of a range.
const SIZES: [(i32, i32); 6] = [
    (320, 240),
    (640, 360),
    (640, 480),
    (1280, 720),
    (1920, 1080),
    (3840, 2160),
];
/// The frame rates that a camera has which can give any of a range, or does not say.
const RATES: [i32; 2] = [30, 60];
/// The coded pictures that are decoded.
const JPEG: &str = "image/jpeg";
const RAW: &str = "video/x-raw";

/// Returns the modes of a camera of these capabilities, each once.
pub(crate) fn of(caps: &Caps) -> Vec<CameraMode> {
    let mut modes = Vec::new();
    for (form, features) in caps.iter_with_features() {
        if !is_readable(form, features) {
            continue;
        }
        for (width, height) in sizes(form) {
            for rate in rates(form) {
                let mode = CameraMode {
                    width,
                    height,
                    frame_rate: f64::from(rate.numer()) / f64::from(rate.denom()),
                };
                if mode.frame_rate > 0. && !modes.contains(&mode) {
                    modes.push(mode);
                }
            }
        }
    }
    modes
}

/// Returns what a camera of these capabilities is asked for to be in `mode`, and whether that is coded.
pub(crate) fn form(caps: &Caps, mode: &CameraMode) -> (Caps, bool) {
    let wanted = |name: &str| {
        let rate = Fraction::approximate_f64(mode.frame_rate);
        Caps::builder(name)
            .field("width", mode.width as i32)
            .field("height", mode.height as i32)
            .field("framerate", rate.unwrap_or(Fraction::new(RATES[0], 1)))
            .build()
    };
    let raw = wanted(RAW);
    let is_jpeg = !caps.can_intersect(&raw) && caps.can_intersect(&wanted(JPEG));
    (if is_jpeg { wanted(JPEG) } else { raw }, is_jpeg)
}

/// Returns whether the pictures are in plain memory, or can be decoded to be so.
fn is_readable(form: &StructureRef, features: &gstreamer::CapsFeaturesRef) -> bool {
    let is_plain = features.is_equal(CapsFeatures::new_empty().as_ref())
        || features.contains("memory:SystemMemory");
    is_plain && [RAW, JPEG].contains(&form.name().as_str())
}

fn sizes(form: &StructureRef) -> Vec<(u32, u32)> {
    let is_within = |field: &str, value: i32| {
        let fixed = form.get::<i32>(field).ok();
        let range = form.get::<IntRange<i32>>(field).ok();
        fixed.map(|fixed| fixed == value).unwrap_or_else(|| {
            range.is_some_and(|range| (range.min()..=range.max()).contains(&value))
        })
    };
    let fixed = form
        .get::<i32>("width")
        .ok()
        .zip(form.get::<i32>("height").ok());
    let usual = SIZES
        .into_iter()
        .filter(|(width, height)| is_within("width", *width) && is_within("height", *height));
    let sizes = fixed.map_or_else(|| usual.collect(), |fixed| vec![fixed]);
    let sizes = sizes
        .into_iter()
        .filter(|(width, height)| *width > 0 && *height > 0);
    sizes
        .map(|(width, height)| (width as u32, height as u32))
        .collect()
}

fn rates(form: &StructureRef) -> Vec<Fraction> {
    if let Ok(rate) = form.get::<Fraction>("framerate") {
        return vec![rate];
    }
    if let Ok(rates) = form.get::<List>("framerate") {
        return rates.iter().filter_map(|rate| rate.get().ok()).collect();
    }
    let usual = RATES.map(|rate| Fraction::new(rate, 1));
    match form.get::<FractionRange>("framerate") {
        Ok(range) => {
            let within: Vec<_> = usual
                .into_iter()
                .filter(|rate| (range.min()..=range.max()).contains(rate))
                .collect();
            if within.is_empty() {
                vec![range.max()]
            } else {
                within
            }
        }
        Err(_) => vec![usual[0]],
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn caps(text: &str) -> Caps {
        gstreamer::init().expect("GStreamer is installed");
        Caps::from_str(text).expect("it is well-formed")
    }

    fn modes(text: &str) -> Vec<(u32, u32, f64)> {
        let modes = of(&caps(text)).into_iter();
        modes
            .map(|mode| (mode.width, mode.height, mode.frame_rate))
            .collect()
    }

    #[test]
    fn each_mode_is_known_once() {
        let webcam = "video/x-raw, format=YUY2, width=640, height=480, framerate={ 30/1, 15/1 }; \
             image/jpeg, width=1280, height=720, framerate=30/1; \
             image/jpeg, width=640, height=480, framerate=30/1; \
             video/x-h264, width=1920, height=1080, framerate=30/1; \
             video/x-raw(memory:DMABuf), width=1920, height=1080, framerate=30/1";
        let expected = [(640, 480, 30.), (640, 480, 15.), (1280, 720, 30.)];
        assert_eq!(modes(webcam), expected);
    }

    #[test]
    fn ranges_have_the_usual_modes() {
        let range = "video/x-raw, width=[ 2, 800 ], height=[ 2, 600 ], framerate=[ 0/1, 50/1 ]";
        assert_eq!(
            modes(range),
            [(320, 240, 30.), (640, 360, 30.), (640, 480, 30.)]
        );
        let slow = "video/x-raw, width=320, height=200, framerate=[ 1/1, 5/1 ]";
        assert_eq!(modes(slow), [(320, 200, 5.)]);
        assert_eq!(modes("audio/x-raw"), []);
    }

    #[test]
    fn what_need_not_be_decoded_is_preferred() {
        let webcam = caps(
            "video/x-raw, width=640, height=480, framerate=30/1; \
             image/jpeg, width=1280, height=720, framerate=30/1; \
             image/jpeg, width=640, height=480, framerate=30/1",
        );
        let mode = |width, height| CameraMode {
            width,
            height,
            frame_rate: 30.,
        };
        assert!(!form(&webcam, &mode(640, 480)).1);
        let (coded, is_jpeg) = form(&webcam, &mode(1280, 720));
        assert!(is_jpeg && webcam.can_intersect(&coded));
    }
}
