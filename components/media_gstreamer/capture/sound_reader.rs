/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads the sound of a track at the pace of somebody else, such as Web Audio's.

use std::collections::VecDeque;
use std::sync::Arc;

use gstreamer::Sample;
use gstreamer_audio::AudioInfo;
use media_stream::SoundReader;
use parking_lot::Mutex;

use super::feed::{Tap, TrackFeed};
use super::sound_adapter::{SoundAdapter, SoundShape};

/// How much sound waits before it is read, in milliseconds, so that a little delay does no harm: it comes in
/// pieces, and is read in bursts.
const RESERVE: usize = 40;
/// How much sound waits at most, in milliseconds. If nobody reads, the oldest is left out.
const LONGEST_RESERVE: usize = 200;

/// Reads the sound of one track. It keeps no feed, since that of a track which has ended has no sound.
struct FeedReader {
    waiting: Arc<Mutex<Waiting>>,
    _tap: Tap,
}

/// The sound that has come and was not read.
struct Waiting {
    sample_rate: usize,
    channel_count: usize,
    /// The samples of the channels, in turns.
    samples: VecDeque<f32>,
    /// Whether nothing is read until there is a reserve.
    is_filling: bool,
}

/// Returns what reads the sound of `feed` at that sample rate.
pub(crate) fn create(feed: &Arc<TrackFeed>, sample_rate: u32) -> Box<dyn SoundReader> {
    let waiting = Arc::new(Mutex::new(Waiting::new(sample_rate as usize)));
    let filled = waiting.clone();
    let adapter = Mutex::new(SoundAdapter::default());
    let tap = feed.tap(move |sample| {
        let shape = SoundShape::of_rate(sample_rate);
        let adapted = adapter.lock().adapt(sample, shape, true);
        if let Some(adapted) = adapted {
            filled.lock().add(&adapted);
        }
    });
    Box::new(FeedReader { waiting, _tap: tap })
}

impl SoundReader for FeedReader {
    fn read(&self, frame_count: usize) -> Vec<f32> {
        self.waiting.lock().read(frame_count)
    }
}

impl Waiting {
    fn new(sample_rate: usize) -> Self {
        Self {
            sample_rate,
            channel_count: 1,
            samples: VecDeque::new(),
            is_filling: true,
        }
    }

    /// Returns how many samples are so many milliseconds of sound.
    fn samples_of(&self, milliseconds: usize) -> usize {
        self.sample_rate * milliseconds / 1_000 * self.channel_count
    }

    /// Adds sound of 16-bit samples. Returns nothing if it is none.
    fn add(&mut self, sample: &Sample) -> Option<()> {
        let channel_count = AudioInfo::from_caps(sample.caps()?).ok()?.channels() as usize;
        let bytes = sample.buffer()?.map_readable().ok()?;
        let samples = bytes.as_chunks::<2>().0.iter();
        self.extend(
            samples.map(|bytes| i16::from_le_bytes(*bytes)),
            channel_count,
        );
        Some(())
    }

    fn extend(&mut self, samples: impl Iterator<Item = i16>, channel_count: usize) {
        if channel_count != self.channel_count {
            self.samples.clear();
            self.channel_count = channel_count;
        }
        self.samples
            .extend(samples.map(|sample| f32::from(sample) / 32_768.));
        if self.samples.len() > self.samples_of(LONGEST_RESERVE) {
            let surplus = self.samples.len() - self.samples_of(RESERVE);
            self.samples.drain(..surplus);
        }
    }

    fn read(&mut self, frame_count: usize) -> Vec<f32> {
        let count = frame_count * self.channel_count;
        let least = if self.is_filling {
            self.samples_of(RESERVE)
        } else {
            0
        };
        self.is_filling = self.samples.len() < count.max(least);
        if self.is_filling {
            return Vec::new();
        }
        let mut sound = vec![0.; count];
        for (place, sample) in self.samples.drain(..count).enumerate() {
            let (frame, channel) = (place / self.channel_count, place % self.channel_count);
            sound[channel * frame_count + frame] = sample;
        }
        sound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(waiting: &mut Waiting, range: std::ops::Range<i16>) {
        let frames = range.flat_map(|number| [number, -number]);
        waiting.extend(frames, 2);
    }

    /// Reads ten frames, and returns the first sample of each channel as a number.
    fn read(waiting: &mut Waiting) -> Option<[i16; 2]> {
        let sound = waiting.read(10);
        let at = |place: usize| (sound[place] * 32_768.) as i16;
        (!sound.is_empty()).then(|| [at(0), at(10)])
    }

    #[test]
    fn sound_is_read_in_order_as_soon_as_there_is_a_reserve() {
        let mut waiting = Waiting::new(1_000);
        numbers(&mut waiting, 1..31);
        assert_eq!(read(&mut waiting), None);
        numbers(&mut waiting, 31..41);
        for first in [1, 11, 21, 31] {
            assert_eq!(read(&mut waiting), Some([first, -first]));
        }
        // It is silent until there is a reserve again.
        assert_eq!(read(&mut waiting), None);
        numbers(&mut waiting, 41..80);
        assert_eq!(read(&mut waiting), None);
        numbers(&mut waiting, 80..90);
        assert_eq!(read(&mut waiting), Some([41, -41]));
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let mut waiting = Waiting::new(1_000);
        for start in (0..10_000).step_by(10) {
            numbers(&mut waiting, start..start + 10);
            assert!(waiting.samples.len() <= 400);
        }
        let first = read(&mut waiting).expect("there is a reserve")[0];
        assert!((9_800..=9_960).contains(&first), "{first}");
    }
}
