/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What colour the numbers of a picture are on the screen, by the plain formulas of H.273 and of CSS.

use gstreamer_video::{VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoInfo};

type Vector = [f64; 3];
type Matrix = [Vector; 3];
/// x and y of red, green, blue and white.
type Chromaticities = [(f64, f64); 4];

const D65: (f64, f64) = (0.3127, 0.3290);
const BT709: Chromaticities = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65];
const BT2020: Chromaticities = [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65];
const DISPLAY_P3: Chromaticities = [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65];
const DCI_P3: Chromaticities = [
    (0.680, 0.320),
    (0.265, 0.690),
    (0.150, 0.060),
    (0.314, 0.351),
];

/// The responses of the eye to X, Y and Z by which one white becomes another.
const BRADFORD: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
];

/// Red, green and blue as they are coded, from 0 to 1.
pub(super) struct Color(Vector);

impl Color {
    /// The colour of the numbers of a pixel.
    pub(super) fn of(numbers: &[u32], info: &VideoInfo) -> Self {
        let depth = info.comp_depth(0);
        let (unit, full) = (f64::from(1 << (depth - 8)), f64::from((1_u32 << depth) - 1));
        let values: Vec<_> = numbers.iter().map(|number| f64::from(*number)).collect();
        if info.is_rgb() {
            return Self([values[0] / full, values[1] / full, values[2] / full]);
        }
        let is_full = info.colorimetry().range() == VideoColorRange::Range0_255;
        let (black, luma, chroma) = if is_full {
            (0., full, full)
        } else {
            (16. * unit, 219. * unit, 224. * unit)
        };
        let difference = |index: usize| {
            let value = values.get(index).copied();
            value.map_or(0., |value| (value - 128. * unit) / chroma)
        };
        let y = (values[0] - black) / luma;
        let (kr, kb) = match info.colorimetry().matrix() {
            VideoColorMatrix::Bt601 => (0.299, 0.114),
            VideoColorMatrix::Bt709 => (0.2126, 0.0722),
            VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
            VideoColorMatrix::Smpte240m => (0.212, 0.087),
            VideoColorMatrix::Fcc => (0.30, 0.11),
            other => panic!("no test has {other:?}"),
        };
        let red = y + 2. * (1. - kr) * difference(2);
        let blue = y + 2. * (1. - kb) * difference(1);
        let green = (y - kr * red - kb * blue) / (1. - kr - kb);
        Self([red, green, blue])
    }

    /// What the screen takes for it.
    pub(super) fn on_screen(&self, info: &VideoInfo) -> [u8; 3] {
        let coded = self.0.map(|value| value.clamp(0., 1.));
        let chromaticities = match info.colorimetry().primaries() {
            VideoColorPrimaries::Bt2020 => &BT2020,
            VideoColorPrimaries::Smpterp431 => &DCI_P3,
            VideoColorPrimaries::Smpteeg432 => &DISPLAY_P3,
            _ => return coded.map(to_byte),
        };
        let linear = apply(&to_xyz(chromaticities), coded.map(linear));
        let adapted = apply(&adaptation(chromaticities[3]), linear);
        let of_screen = apply(&inverse(&to_xyz(&BT709)), adapted);
        of_screen.map(|value| to_byte(coded_again(value.clamp(0., 1.))))
    }
}

fn to_byte(part: f64) -> u8 {
    (part * 255.).round() as u8
}

fn linear(coded: f64) -> f64 {
    if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

fn coded_again(linear: f64) -> f64 {
    if linear <= 0.0031308 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1. / 2.4) - 0.055
    }
}

fn xyz((x, y): (f64, f64)) -> Vector {
    [x / y, 1., (1. - x - y) / y]
}

fn to_xyz([red, green, blue, white]: &Chromaticities) -> Matrix {
    let columns = [red, green, blue].map(|place| xyz(*place));
    let places = transposed(&columns);
    let amounts = apply(&inverse(&places), xyz(*white));
    places.map(|row| [0, 1, 2].map(|index| row[index] * amounts[index]))
}

fn adaptation(white: (f64, f64)) -> Matrix {
    let (from, to) = (apply(&BRADFORD, xyz(white)), apply(&BRADFORD, xyz(D65)));
    let scaled = [0, 1, 2].map(|row: usize| BRADFORD[row].map(|value| value * to[row] / from[row]));
    let back = inverse(&BRADFORD);
    transposed(&transposed(&scaled).map(|column| apply(&back, column)))
}

fn apply(matrix: &Matrix, vector: Vector) -> Vector {
    matrix.map(|row| (0..3).map(|index| row[index] * vector[index]).sum())
}

fn transposed(matrix: &Matrix) -> Matrix {
    [0, 1, 2].map(|column| matrix.map(|row| row[column]))
}

fn inverse(matrix: &Matrix) -> Matrix {
    let minor = |row: usize, column: usize| {
        let at = |down: usize, across: usize| matrix[(row + down) % 3][(column + across) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant: f64 = (0..3)
        .map(|column| matrix[0][column] * minor(0, column))
        .sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}
