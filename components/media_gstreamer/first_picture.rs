/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The first picture of playback, which is shown before the decoder would give it.
//!
//! The decoders of libav give the first picture when three or four more frames have gone in, because they
//! reorder pictures and each of their threads holds one. Where playback starts, nothing is on the screen
//! until then. So the first frame goes in alone, and the decoder is drained, which makes it give the picture
//! at once. A drained decoder goes on from a random access point only. So the same frame goes in again as
//! the beginning of the stream, and the picture that comes of it then is dropped.
//!
//! A seek does without this: it seldom leads to the picture of a random access point, and the screen shows
//! a picture meanwhile.

use std::sync::Arc;

use gstreamer::prelude::*;
use gstreamer::{
    Buffer, BufferRef, ClockTime, Element, EventRef, EventType, Pad, PadProbeData, PadProbeReturn,
    PadProbeType, event,
};
use gstreamer_app::AppSrc;
use gstreamer_video::prelude::*;
use gstreamer_video::{StillFrameEvent, VideoBufferFlags};
use parking_lot::Mutex;
use track_buffer::read::ReadFrame;
use track_buffer::time::PresentationTime;

/// The largest frame, in bytes, that is decoded twice. While a larger one is decoded again, the next pictures
/// would become late.
const LARGEST_FRAME: usize = 256 << 10;

/// What a decoder is to do about the first picture. Clones are about the same one.
#[derive(Clone, Default)]
pub(crate) struct FirstPicture(Arc<Mutex<Stage>>);

#[derive(Default)]
enum Stage {
    /// Every picture is to be shown.
    #[default]
    Over,
    /// The first picture is to come out.
    Awaited,
    /// The picture of this start and duration has come out, and will again.
    Shown(Times),
}

type Times = (Option<ClockTime>, Option<ClockTime>);

/// Returns whether the picture of `frame`, the first one that is decoded, is what playback from `target`
/// shows first, and is decoded so fast that it may be decoded twice. Pictures that are shown before that of
/// a random access point, and come after it in decode order, are before the target then.
pub(crate) fn is_shown_first(frame: &ReadFrame, target: PresentationTime) -> bool {
    let covers_target = frame.start <= target && target < frame.end;
    frame.is_random_access_point && covers_target && frame.payload.len() <= LARGEST_FRAME
}

impl FirstPicture {
    /// Gets ready to show the first picture that comes out of `decoding` early. Returns `None` if that has
    /// no pictures to hold back, or may not give them when it is drained. Probes that look at pictures are
    /// to be added later, so that they see each picture once.
    pub(crate) fn install(decoding: &[Element]) -> Option<Self> {
        let [decoder] = decoding else {
            return None;
        };
        // The decoders of libav are those with threads that each hold a frame.
        if !decoder.has_property("max-threads") {
            return None;
        }
        let input = decoder.static_pad("sink")?.downgrade();
        let output = decoder.static_pad("src")?;
        let first_picture = Self::default();
        let installed = first_picture.clone();
        let kinds =
            PadProbeType::BUFFER | PadProbeType::EVENT_DOWNSTREAM | PadProbeType::EVENT_FLUSH;
        output.add_probe(kinds, move |_, probe| {
            let is_dropped = match &probe.data {
                Some(PadProbeData::Buffer(buffer)) => installed.is_to_be_dropped(buffer),
                Some(PadProbeData::Event(event)) => {
                    installed.handle_event(event, input.upgrade().as_ref())
                }
                _ => false,
            };
            if is_dropped {
                // GStreamer complains of an event that a probe has dropped, and not of one that it has handled.
                PadProbeReturn::Handled
            } else {
                PadProbeReturn::Ok
            }
        });
        Some(first_picture)
    }

    /// Lets the decoder behind `source` decode a frame and give its picture at once. The frame is to be
    /// handed over again after that.
    pub(crate) fn decode(&self, frame: Buffer, source: &AppSrc) {
        *self.0.lock() = Stage::Awaited;
        // Both fail only while the source is flushed after an error, which is on its way to the player.
        let _ = source.push_buffer(frame);
        source.send_event(StillFrameEvent::builder(true).build());
    }

    /// Returns whether a picture that has come out of the decoder is not to be shown.
    fn is_to_be_dropped(&self, picture: &BufferRef) -> bool {
        let mut stage = self.0.lock();
        let times = (picture.pts(), picture.duration());
        match *stage {
            Stage::Awaited if picture.video_flags().contains(VideoBufferFlags::INTERLACED) => {
                // It may be half of a picture, the other half of which is the next frame.
                *stage = Stage::Over;
                true
            }
            Stage::Awaited => {
                *stage = Stage::Shown(times);
                false
            }
            Stage::Shown(shown) if shown == times => {
                *stage = Stage::Over;
                true
            }
            Stage::Over | Stage::Shown(_) => false,
        }
    }

    /// Handles an event that comes out of the decoder, the pad before which is `input`. Returns whether it
    /// goes no further.
    fn handle_event(&self, event: &EventRef, input: Option<&Pad>) -> bool {
        if event.type_() == EventType::FlushStop {
            *self.0.lock() = Stage::Over;
        }
        let is_drained = StillFrameEvent::parse(event).is_ok();
        if is_drained && let Some(input) = input {
            forget_times(input);
        }
        is_drained
    }
}

/// Makes the decoder forget the start of the picture that it gave last. The next pictures may be before that,
/// which the decoder would take for a sign that no start can be trusted. It forgets them where a segment
/// begins, and the segment that it has goes no further than the decoder.
fn forget_times(input: &Pad) {
    if let Some(segment) = input.sticky_event::<event::Segment>(0) {
        input.send_event(segment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_half_of_a_picture_is_shown_when_it_is_whole() {
        gstreamer::init().expect("GStreamer is installed");
        let mut picture = Buffer::new();
        picture.make_mut().set_pts(ClockTime::SECOND);
        for (is_interlaced, expected) in [(false, [false, true]), (true, [true, false])] {
            if is_interlaced {
                picture
                    .make_mut()
                    .set_video_flags(VideoBufferFlags::INTERLACED);
            }
            let first_picture = FirstPicture(Arc::new(Mutex::new(Stage::Awaited)));
            let are_dropped = [(), ()].map(|()| first_picture.is_to_be_dropped(&picture));
            assert_eq!(are_dropped, expected);
            assert!(!first_picture.is_to_be_dropped(&picture));
        }
    }
}
