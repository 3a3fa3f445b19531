/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The information frame that encoders put before the frames of an MP3 file. It is a frame without
//! audio that holds the header of Xing, LAME or Fraunhofer, which says how many samples the encoder
//! added at both ends of the file.

use super::header::FrameHeader;
use crate::frame::FrameDetails;
use crate::time::MediaTicks;

/// The delay of every decoder of layer III, in samples.
const DECODER_DELAY: u32 = 528 + 1;

/// Says which of the samples that are still to come are audible. All counts are of one channel.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Gapless {
    /// The number of samples that are discarded from here on.
    delay: u32,
    /// The number of samples until the end of the file. It is 0 if it is unknown.
    left: u64,
    /// The number of samples that are discarded at the end of the file.
    padding: u32,
}

impl Gapless {
    /// Reads the first frame of a file. It is `None` if the frame has audio in it.
    pub(super) fn read(header: &FrameHeader, frame: &[u8]) -> Option<Self> {
        // The other layers have no such frame: what looks like one is audio.
        let side_information_bytes = header.format.side_information_bytes()?;
        if frame.get(4 + 32..)?.starts_with(b"VBRI") {
            return Some(Self::default());
        }
        let xing = frame.get(4 + side_information_bytes..)?;
        if !xing.starts_with(b"Xing") && !xing.starts_with(b"Info") {
            return None;
        }
        Some(Self::read_xing(xing, header.samples).unwrap_or_default())
    }

    /// Reads the fields after "Xing" or "Info", and the tag of LAME behind them.
    fn read_xing(xing: &[u8], samples: u32) -> Option<Self> {
        let flags = u32::from_be_bytes(*xing.get(4..)?.first_chunk()?);
        let has = |flag: u32| flags & flag != 0;
        let frame_count = if has(1) {
            u32::from_be_bytes(*xing.get(8..)?.first_chunk()?)
        } else {
            0
        };
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let length: usize = fields
            .iter()
            .filter(|(flag, _)| has(*flag))
            .map(|(_, length)| length)
            .sum();
        let lame = xing.get(8 + length..)?;
        if ![&b"LAME"[..], b"Lavf", b"Lavc"]
            .iter()
            .any(|name| lame.starts_with(name))
        {
            return None;
        }
        let [high, middle, low] = lame.get(21..)?.first_chunk::<3>()?.map(u32::from);
        let delay = high << 4 | middle >> 4;
        let padding = (middle & 15) << 8 | low;
        Some(Self {
            delay: delay + DECODER_DELAY,
            left: u64::from(frame_count) * u64::from(samples),
            padding: padding.saturating_sub(DECODER_DELAY),
        })
    }

    /// Returns what is discarded of the next frame, which has that many samples.
    pub(super) fn next_frame(&mut self, samples: u32) -> FrameDetails {
        let start = self.delay.min(samples);
        self.delay -= start;
        let is_counted = self.left > 0;
        self.left = self.left.saturating_sub(u64::from(samples));
        let end = match u32::try_from(self.left) {
            Ok(left) if is_counted => self.padding.saturating_sub(left).min(samples),
            _ => 0,
        };
        FrameDetails {
            discard_start: MediaTicks(i64::from(start)),
            discard_end: MediaTicks(i64::from(end)),
            encryption: None,
        }
    }
}

/// Makes frames for the tests of this module and of those that use it.
#[cfg(test)]
pub(super) mod samples {
    /// Makes an information frame of 417 bytes for `frames` frames of 1152 samples.
    pub(crate) fn information_frame(frames: u32, delay: u32, padding: u32) -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
        frame.resize(4 + 32, 0);
        frame.extend_from_slice(b"Info\0\0\0\x0f");
        frame.extend_from_slice(&frames.to_be_bytes());
        frame.resize(frame.len() + 4 + 100 + 4, 0);
        frame.extend_from_slice(b"LAME3.100");
        frame.resize(frame.len() + 12, 0);
        frame.extend_from_slice(&(delay << 12 | padding).to_be_bytes()[1..]);
        frame.resize(417, 0);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::FrameStart;
    use super::samples::information_frame;
    use super::*;

    fn read(frame: &[u8]) -> Option<Gapless> {
        match FrameStart::read(frame) {
            FrameStart::Header(header) => Gapless::read(&header, frame),
            other => panic!("{other:?}"),
        }
    }

    fn discarded(gapless: &mut Gapless) -> (i64, i64) {
        let details = gapless.next_frame(1152);
        (details.discard_start.0, details.discard_end.0)
    }

    #[test]
    fn delay_and_padding_are_discarded() {
        let mut gapless = read(&information_frame(3, 576, 1000)).expect("it is one");
        assert_eq!(discarded(&mut gapless), (1105, 0));
        assert_eq!(discarded(&mut gapless), (0, 0));
        assert_eq!(discarded(&mut gapless), (0, 471));
        assert_eq!(discarded(&mut gapless), (0, 0));
    }

    #[test]
    fn a_delay_may_exceed_a_frame() {
        let mut gapless = read(&information_frame(4, 2000, 529 + 1152)).expect("it is one");
        assert_eq!(discarded(&mut gapless), (1152, 0));
        assert_eq!(discarded(&mut gapless), (1152, 0));
        assert_eq!(discarded(&mut gapless), (2000 + 529 - 2 * 1152, 0));
        assert_eq!(discarded(&mut gapless), (0, 1152));
        assert_eq!(discarded(&mut gapless), (0, 0));
    }

    #[test]
    fn frames_with_sound_and_headers_without_a_tag() {
        assert_eq!(
            read(&[&[0xff, 0xfb, 0x90, 0x64][..], &[7; 413]].concat()),
            None
        );
        let mut frame = information_frame(3, 576, 1000);
        frame[36 + 8 + 112] = b'X';
        assert_eq!(read(&frame), Some(Gapless::default()));
        assert_eq!(read(&frame[..50]), Some(Gapless::default()));
        frame[36..40].copy_from_slice(b"VBRI");
        assert_eq!(read(&frame), Some(Gapless::default()));
    }
}
