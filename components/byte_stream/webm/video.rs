/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads the `Video` element of a track: the size of its frames, and how they are to be shown.

use super::ebml::ElementReader;
use super::schema;
use crate::error::StreamError;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};

/// The elements of `Video`, with the defaults of RFC 9559 (5.1.4.1.28).
#[derive(Default)]
pub(super) struct Video {
    width: u64,
    height: u64,
    /// The numbers of pixels that are not shown at the left and right, and at the top and bottom.
    crop: (u64, u64),
    display_width: Option<u64>,
    display_height: Option<u64>,
    display_unit: u64,
    pub(super) orientation: Orientation,
    pub(super) color: ColorDescription,
}

impl Video {
    pub(super) fn read(mut video: ElementReader) -> Result<Self, StreamError> {
        let mut this = Self::default();
        while let Some(child) = video.child()? {
            let add = |sum: &mut u64| -> Result<(), StreamError> {
                *sum = sum.saturating_add(child.unsigned()?);
                Ok(())
            };
            match child.id {
                schema::PIXEL_WIDTH => this.width = child.unsigned()?,
                schema::PIXEL_HEIGHT => this.height = child.unsigned()?,
                schema::PIXEL_CROP_LEFT | schema::PIXEL_CROP_RIGHT => add(&mut this.crop.0)?,
                schema::PIXEL_CROP_TOP | schema::PIXEL_CROP_BOTTOM => add(&mut this.crop.1)?,
                schema::DISPLAY_WIDTH => this.display_width = Some(child.unsigned()?),
                schema::DISPLAY_HEIGHT => this.display_height = Some(child.unsigned()?),
                schema::DISPLAY_UNIT => this.display_unit = child.unsigned()?,
                schema::COLOUR => {
                    this.color = read_color(child.reader("Tracks/TrackEntry/Video/Colour"))?;
                }
                schema::PROJECTION => {
                    let projection = child.reader("Tracks/TrackEntry/Video/Projection");
                    this.orientation = read_projection(projection)?;
                }
                _ => {}
            }
        }
        Ok(this)
    }

    /// Returns the width and height in pixels. It is `None` if one of them is zero or too large.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        let size = (self.width.try_into().ok()?, self.height.try_into().ok()?);
        (size.0 > 0 && size.1 > 0).then_some(size)
    }

    /// Returns the shape of the pixels. (The cropped pixels are shown nevertheless, as in other
    /// players.)
    pub(super) fn pixel_aspect_ratio(&self) -> PixelAspectRatio {
        const PIXELS: u64 = 0;
        const UNKNOWN: u64 = 4;
        let cropped = (
            self.width.saturating_sub(self.crop.0),
            self.height.saturating_sub(self.crop.1),
        );
        // Only in pixels does a display size have a default.
        let default = |length: u64| (self.display_unit == PIXELS).then_some(length);
        let shown = (
            self.display_width.or(default(cropped.0)).unwrap_or(0),
            self.display_height.or(default(cropped.1)).unwrap_or(0),
        );
        let narrow = |(width, height): (u64, u64)| {
            Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
        };
        if self.display_unit >= UNKNOWN {
            return PixelAspectRatio::default();
        }
        narrow(shown)
            .zip(narrow(cropped))
            .and_then(|(shown, cropped)| PixelAspectRatio::of_picture(shown, cropped))
            .unwrap_or_default()
    }
}

fn read_color(mut colour: ElementReader) -> Result<ColorDescription, StreamError> {
    const BROADCAST: u64 = 1;
    const FULL: u64 = 2;
    let mut color = ColorDescription::default();
    while let Some(child) = colour.child()? {
        let code_point = || -> Result<u8, StreamError> {
            let value = child.unsigned()?;
            Ok(u8::try_from(value).unwrap_or(ColorDescription::UNSPECIFIED))
        };
        match child.id {
            schema::MATRIX_COEFFICIENTS => color.matrix = code_point()?,
            schema::TRANSFER_CHARACTERISTICS => color.transfer = code_point()?,
            schema::PRIMARIES => color.primaries = code_point()?,
            schema::RANGE => {
                color.full_range = match child.unsigned()? {
                    BROADCAST => Some(false),
                    FULL => Some(true),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    Ok(color)
}

/// Reads the projection of a rectangular frame: a roll by quarter turns, which is counted
/// counterclockwise, and a yaw by half a turn, which mirrors the frame.
fn read_projection(mut projection: ElementReader) -> Result<Orientation, StreamError> {
    const RECTANGULAR: u64 = 0;
    let (mut kind, mut yaw, mut roll) = (RECTANGULAR, 0.0, 0.0);
    while let Some(child) = projection.child()? {
        match child.id {
            schema::PROJECTION_TYPE => kind = child.unsigned()?,
            schema::PROJECTION_POSE_YAW => yaw = child.float()?,
            schema::PROJECTION_POSE_ROLL => roll = child.float()?,
            _ => {}
        }
    }
    // Anything else, such as NaN, is no turn of a flat frame.
    let is_flat = kind == RECTANGULAR && matches!(yaw, -180.0 | 0.0 | 180.0);
    let quarter_turns = match roll {
        -90.0 => 1,
        -180.0 | 180.0 => 2,
        90.0 => 3,
        _ => 0,
    };
    Ok(if is_flat {
        Orientation {
            quarter_turns,
            is_mirrored: yaw != 0.0,
        }
    } else {
        Orientation::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: u32, content: &[u8]) -> Vec<u8> {
        let id = id.to_be_bytes();
        let id = &id[id.iter().take_while(|byte| **byte == 0).count()..];
        [id, &[0x80 | content.len() as u8], content].concat()
    }

    fn read(elements: &[(u32, u16)]) -> Video {
        let elements = elements
            .iter()
            .map(|(id, value)| element(*id, &value.to_be_bytes()));
        let bytes = elements.collect::<Vec<_>>().concat();
        Video::read(ElementReader::new("Video", 0, &bytes)).expect("it is well-formed")
    }

    const SIZE: [(u32, u16); 2] = [(schema::PIXEL_WIDTH, 320), (schema::PIXEL_HEIGHT, 180)];

    fn shape(elements: &[(u32, u16)]) -> (u32, u32) {
        let ratio = read(&[&SIZE, elements].concat()).pixel_aspect_ratio();
        (ratio.horizontal(), ratio.vertical())
    }

    #[test]
    fn display_sizes_give_the_shape_of_pixels() {
        use schema::{DISPLAY_HEIGHT, DISPLAY_UNIT, DISPLAY_WIDTH};
        assert_eq!(shape(&[]), (1, 1));
        assert_eq!(shape(&[(DISPLAY_WIDTH, 640)]), (2, 1));
        assert_eq!(
            shape(&[(DISPLAY_WIDTH, 1280), (DISPLAY_HEIGHT, 720)]),
            (1, 1)
        );
        let aspect = [(DISPLAY_WIDTH, 4), (DISPLAY_HEIGHT, 3), (DISPLAY_UNIT, 3)];
        assert_eq!(shape(&aspect), (3, 4));
        assert_eq!(shape(&[(DISPLAY_WIDTH, 4), (DISPLAY_UNIT, 3)]), (1, 1));
        assert_eq!(shape(&[(DISPLAY_WIDTH, 640), (DISPLAY_UNIT, 4)]), (1, 1));
        assert_eq!(shape(&[(DISPLAY_WIDTH, 0)]), (1, 1));
        // By default the display size is that of the pixels that are left.
        assert_eq!(shape(&[(schema::PIXEL_CROP_LEFT, 20)]), (1, 1));
        assert_eq!(
            shape(&[(schema::PIXEL_CROP_TOP, 9999), (DISPLAY_WIDTH, 7)]),
            (1, 1)
        );
    }

    #[test]
    fn color_elements_are_read() {
        let colour = [
            element(schema::MATRIX_COEFFICIENTS, &[9]),
            element(schema::RANGE, &[2]),
            element(schema::PRIMARIES, &[1, 0]),
        ];
        let bytes = element(schema::COLOUR, &colour.concat());
        let video = Video::read(ElementReader::new("Video", 0, &bytes)).expect("well-formed");
        let expected = ColorDescription {
            matrix: 9,
            full_range: Some(true),
            ..ColorDescription::default()
        };
        assert_eq!(video.color, expected);
    }

    #[test]
    fn projections_turn_and_mirror() {
        let read = |kind: u8, yaw: f32, roll: f64| {
            let projection = [
                element(schema::PROJECTION_TYPE, &[kind]),
                element(schema::PROJECTION_POSE_YAW, &yaw.to_be_bytes()),
                element(schema::PROJECTION_POSE_ROLL, &roll.to_be_bytes()),
            ];
            let bytes = element(schema::PROJECTION, &projection.concat());
            let video = Video::read(ElementReader::new("Video", 0, &bytes)).expect("well-formed");
            (
                video.orientation.quarter_turns,
                video.orientation.is_mirrored,
            )
        };
        assert_eq!(read(0, 0.0, 0.0), (0, false));
        assert_eq!(read(0, 0.0, -90.0), (1, false));
        assert_eq!(read(0, 0.0, 90.0), (3, false));
        assert_eq!(read(0, 0.0, 180.0), (2, false));
        assert_eq!(read(0, 180.0, -180.0), (2, true));
        assert_eq!(read(0, 45.0, 90.0), (0, false));
        assert_eq!(read(0, 0.0, f64::NAN), (0, false));
        assert_eq!(read(1, 0.0, 90.0), (0, false));
    }
}
