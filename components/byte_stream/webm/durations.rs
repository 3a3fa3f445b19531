/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The durations of the frames of a WebM track, which WebM often does not state.

use std::sync::Arc;

use bytes::Bytes;

use crate::codecs;
use crate::frame::{CodedFrame, FrameDetails};
use crate::limits;
use crate::memory::allocated;
use crate::time::MediaTicks;
use crate::track::{AudioCodec, CodecConfiguration};

/// The duration in nanoseconds that a lone frame is given: about one Vorbis packet, or one video
/// frame at 16 frames per second.
const LONE_AUDIO_FRAME: i64 = 23_000_000;
const LONE_VIDEO_FRAME: i64 = 63_000_000;

/// Gives the frames of one track their durations, in this order of preference: what the Opus
/// packet says, `BlockDuration`, `DefaultDuration`, the distance to the track's next block. For
/// the last of these a block is held back until the next one of its track is there. All times are
/// in nanoseconds.
pub(super) struct FrameDurations {
    /// The `DefaultDuration` in nanoseconds, rounded to whole ticks of the segment.
    default_duration: Option<i64>,
    is_audio: bool,
    is_opus: bool,
    /// The longest duration in nanoseconds of the frames so far whose duration is known.
    longest: Option<i64>,
    /// The frames of the block that is held back.
    held: Vec<CodedFrame>,
}

/// The times in a block group, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct BlockTimes {
    pub(super) duration: Option<i64>,
    /// How much of the last frame is discarded: at its end, or if the number is negative, at its
    /// start.
    pub(super) discard_padding: i64,
}

impl FrameDurations {
    /// Makes the durations of a track. `default_duration` is that of the track entry, in
    /// nanoseconds. Only whole ticks of `timestamp_scale` nanoseconds are used of it: blocks start
    /// at whole ticks, and a frame that lasted longer could reach over the start of the key frame
    /// after it.
    pub(super) fn new(
        configuration: Option<&CodecConfiguration>,
        default_duration: Option<i64>,
        timestamp_scale: i64,
    ) -> Self {
        let audio = match configuration {
            Some(CodecConfiguration::Audio(audio)) => Some(audio),
            _ => None,
        };
        Self {
            default_duration: default_duration
                .map(|duration| duration - duration % timestamp_scale)
                .filter(|duration| *duration > 0),
            is_audio: audio.is_some(),
            is_opus: audio.is_some_and(|audio| audio.codec == AudioCodec::Opus),
            longest: None,
            held: Vec::new(),
        }
    }

    /// Returns the memory in bytes that the frames take that are held back. Their payloads are
    /// slices of pushed chunks and do not count.
    pub(super) fn held_bytes(&self) -> usize {
        allocated(self.held.capacity() * size_of::<CodedFrame>())
    }

    /// Takes the frames of a block, and adds to `frames` those whose durations are known now.
    /// `first` has the start of the block and everything else that its frames share.
    pub(super) fn add_block(
        &mut self,
        first: &CodedFrame,
        payloads: impl ExactSizeIterator<Item = Bytes>,
        times: BlockTimes,
        frames: &mut Vec<CodedFrame>,
    ) {
        self.release_before(first.decode.0, frames);
        let count = payloads.len() as i64;
        // Each frame gets a part of the block's duration, without a gap between them.
        let share = |whole: i64, index: i64| {
            (i128::from(whole) * i128::from(index) / i128::from(count)) as i64
        };
        let is_encrypted = first.details.is_some();
        let mut start = first.decode.0;
        for (index, payload) in (0..).zip(payloads) {
            let packet_duration = if self.is_opus && !is_encrypted {
                codecs::opus_packet_duration(&payload)
            } else {
                None
            };
            let block_share = times
                .duration
                .map(|whole| share(whole, index + 1) - share(whole, index));
            let duration = packet_duration.or(block_share).or(self.default_duration);
            self.learn(duration.unwrap_or(0));
            let mut frame = at(first, start, duration.unwrap_or(0), payload);
            if index + 1 == count {
                let is_whole_packet = packet_duration.is_some();
                discard(&mut frame, times.discard_padding, is_whole_packet);
            }
            start = start.saturating_add(frame.duration.0);
            if duration.is_none() {
                self.held.push(frame);
            } else if !frame.payload.is_empty() {
                frames.push(frame);
            }
        }
    }

    /// Releases the held block before one that starts at `start`. The distance is the duration of
    /// the held block.
    fn release_before(&mut self, start: i64, frames: &mut Vec<CodedFrame>) {
        let Some(held) = self.held.first() else {
            return;
        };
        let distance = start.saturating_sub(held.decode.0).max(0);
        let share = distance / self.held.len() as i64;
        self.learn(share);
        self.release(share, false, frames);
    }

    /// Releases the held block, after which there will be none. Its duration is estimated.
    pub(super) fn release_estimated(&mut self, frames: &mut Vec<CodedFrame>) {
        let lone_frame = if self.is_audio {
            LONE_AUDIO_FRAME
        } else {
            LONE_VIDEO_FRAME
        };
        self.release(self.longest.unwrap_or(lone_frame), true, frames);
    }

    /// Remembers the longest duration, for estimates. A frame that seems too short would leave a
    /// gap; one that seems too long makes way for the next.
    fn learn(&mut self, duration: i64) {
        if duration > 0 {
            self.longest = self.longest.max(Some(duration));
        }
    }

    fn release(&mut self, duration: i64, is_estimated: bool, frames: &mut Vec<CodedFrame>) {
        let mut start = self.held.first().map_or(0, |held| held.decode.0);
        for held in self.held.drain(..) {
            let mut frame = at(&held, start, duration, held.payload.clone());
            start = start.saturating_add(duration);
            frame.duration_is_estimated = is_estimated;
            if !frame.payload.is_empty() {
                frames.push(frame);
            }
        }
    }
}

/// Marks the part of a frame that is discarded. `BlockDuration` does not include it, but the
/// duration in the packet does.
fn discard(frame: &mut CodedFrame, padding: i64, is_whole_packet: bool) {
    if padding == 0 {
        return;
    }
    let limit = if is_whole_packet {
        frame.duration.0
    } else {
        limits::TICKS
    };
    let mut details: FrameDetails = frame.details.as_deref().cloned().unwrap_or_default();
    details.discard_end = MediaTicks(padding.clamp(0, limit));
    details.discard_start = MediaTicks(padding.saturating_neg().clamp(0, limit));
    if is_whole_packet {
        frame.duration.0 -= details.discard_end.0;
    }
    frame.details = Some(Arc::new(details));
}

fn at(model: &CodedFrame, start: i64, duration: i64, payload: Bytes) -> CodedFrame {
    CodedFrame {
        track: model.track,
        presentation: MediaTicks(start),
        decode: MediaTicks(start),
        duration: MediaTicks(duration),
        duration_is_estimated: false,
        is_random_access_point: model.is_random_access_point,
        is_discardable: model.is_discardable,
        payload,
        details: model.details.clone(),
    }
}
