/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The conversion of frames with wider primaries than those of the screen. Each pixel is made linear, its
//! primaries are exchanged for those of BT.709, and the result is coded for the screen.
//!
//! The transfer function of the screen, that of sRGB, is taken for that of the frames, so that dark
//! colours stay as dark as coded. Colours that the screen does not have are clipped.

use std::array;
use std::sync::OnceLock;

use gstreamer_video::VideoColorPrimaries;

use crate::planes::{Model, Source};

/// The matrix from linear red, green and blue of a frame to those of the screen, a row for each.
type ToScreen = [[f32; 3]; 3];

const BT2020: ToScreen = [
    [1.66049, -0.58764, -0.07285],
    [-0.12455, 1.13290, -0.00835],
    [-0.01815, -0.10058, 1.11873],
];
/// The white of a cinema becomes that of the screen by the method of Bradford.
const DCI_P3: ToScreen = [
    [1.15752, -0.15496, -0.00255],
    [-0.04150, 1.04557, -0.00407],
    [-0.01805, -0.07858, 1.09663],
];
const DISPLAY_P3: ToScreen = [
    [1.22494, -0.22494, 0.],
    [-0.04206, 1.04206, 0.],
    [-0.01964, -0.07864, 1.09827],
];

/// The number of steps of a coded colour. Each has a linear value in a table.
const CODED_STEPS: usize = 4096;
/// The number of steps of a linear colour. They are finer, because dark colours have few of them.
const LINEAR_STEPS: usize = 16_384;

struct Tables {
    linear: [f32; CODED_STEPS],
    screen: [u8; LINEAR_STEPS],
}

/// Returns whether colours of those primaries are converted. The other primaries differ too little from
/// those of the screen.
pub(crate) fn is_wide(primaries: VideoColorPrimaries) -> bool {
    to_screen(primaries).is_some()
}

fn to_screen(primaries: VideoColorPrimaries) -> Option<&'static ToScreen> {
    match primaries {
        VideoColorPrimaries::Bt2020 => Some(&BT2020),
        VideoColorPrimaries::Smpterp431 => Some(&DCI_P3),
        VideoColorPrimaries::Smpteeg432 => Some(&DISPLAY_P3),
        _ => None,
    }
}

/// Fills `pixels` with the rows of `source`, which has those primaries, as BGRA. Returns `None` if the
/// primaries are not wide. Nothing is rounded before the end, since that would show.
pub(crate) fn convert(
    source: &Source,
    primaries: VideoColorPrimaries,
    pixels: &mut [u8],
) -> Option<()> {
    let to_screen = to_screen(primaries)?;
    let tables = tables();
    let width = source.width.next_multiple_of(2);
    let mut channels = [(); 3].map(|()| vec![0.; width]);
    let mut steps = [(); 3].map(|()| vec![0; width]);
    // With a loop for each step the compiler can process several pixels at once.
    for (y, pixels) in pixels.chunks_exact_mut(source.width * 4).enumerate() {
        source.read_row(y, &mut channels);
        if let Model::Yuv { kr, kb } = source.model {
            to_rgb(&mut channels, kr, kb);
        }
        for channel in &mut channels {
            for part in channel {
                *part = tables.linear(*part);
            }
        }
        for (weights, steps) in to_screen.iter().zip(&mut steps) {
            mix(&channels, weights, steps);
        }
        let [red, green, blue] = &steps;
        let colors = red.iter().zip(green).zip(blue);
        for (pixel, ((red, green), blue)) in pixels.as_chunks_mut().0.iter_mut().zip(colors) {
            let [red, green, blue] = [red, green, blue].map(|step| tables.screen(*step));
            *pixel = [blue, green, red, 255];
        }
    }
    Some(())
}

/// Makes a linear colour of the screen, which is a weighted sum of those of a frame.
fn mix([red, green, blue]: &[Vec<f32>; 3], weights: &[f32; 3], steps: &mut [u16]) {
    let colors = red.iter().zip(green).zip(blue);
    for (mixed, ((red, green), blue)) in steps.iter_mut().zip(colors) {
        let color = weights[0] * red + weights[1] * green + weights[2] * blue;
        *mixed = step::<LINEAR_STEPS>(color);
    }
}

/// Converts Y, Cb and Cr to red, green and blue.
fn to_rgb([first, second, third]: &mut [Vec<f32>; 3], kr: f32, kb: f32) {
    let (to_red, to_blue) = (2. * (1. - kr), 2. * (1. - kb));
    let to_green = (1. - kr - kb).recip();
    for ((first, second), third) in first.iter_mut().zip(second).zip(third) {
        let (luma, cb, cr) = (*first, *second, *third);
        *first = luma + to_red * cr;
        *third = luma + to_blue * cb;
        *second = (luma - kr * *first - kb * *third) * to_green;
    }
}

impl Tables {
    fn linear(&self, coded: f32) -> f32 {
        self.linear[usize::from(step::<CODED_STEPS>(coded))]
    }

    fn screen(&self, step: u16) -> u8 {
        self.screen[usize::from(step) & (LINEAR_STEPS - 1)]
    }
}

/// Returns the index of a fraction of 1 in a table of so many steps, which are a power of 2.
fn step<const STEPS: usize>(part: f32) -> u16 {
    /// From this number on floats have no fraction, so that their last bits are those of an integer.
    const WHOLE: f32 = 8_388_608.;
    let last = STEPS - 1;
    let step = (part * last as f32).clamp(0., last as f32) + WHOLE;
    (step.to_bits() & last as u32) as u16
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    let part = |step, steps| step as f32 / (steps - 1) as f32;
    TABLES.get_or_init(|| Tables {
        linear: array::from_fn(|step| linear(part(step, CODED_STEPS))),
        screen: array::from_fn(|step| (coded(part(step, LINEAR_STEPS)) * 255.).round() as u8),
    })
}

/// <https://drafts.csswg.org/css-color-4/#color-conversion-code>
fn linear(coded: f32) -> f32 {
    if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

fn coded(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1. / 2.4) - 0.055
    }
}
