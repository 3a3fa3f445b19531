/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The check of decoded frames. A container may lie about its frames, so the elements after a decoder
//! get only audio and video of a format and size that they can take.

use byte_stream::configuration_check::{Cause, check_picture, check_sound};
use byte_stream::track::Medium;
use crossbeam_channel::Sender;
use gstreamer::prelude::*;
use gstreamer::{CapsRef, EventView, Pad, PadProbeData, PadProbeReturn, PadProbeType};

use crate::message::{Generation, Message};

/// Tells the control thread of decoded frames that no element can take.
#[derive(Clone)]
pub(crate) struct Refusals {
    pub(crate) generation: Generation,
    pub(crate) medium: Medium,
    pub(crate) messages: Sender<Message>,
}

impl Refusals {
    pub(crate) fn tell(&self, cause: Cause) {
        let message = Message::OutputRefused(self.generation, self.medium, cause);
        // There is no receiver while a pipeline is being torn down.
        let _ = self.messages.send(message);
    }
}

/// Stops the output of `pad`, which is that of a decoder, when its capabilities are not ones that the
/// next elements can take, and tells `refusals`.
pub(crate) fn install(pad: &Pad, refusals: Refusals) {
    let kinds = PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(kinds, move |_, probe| {
        let Some(PadProbeData::Event(event)) = &probe.data else {
            return PadProbeReturn::Ok;
        };
        let EventView::Caps(caps) = event.view() else {
            return PadProbeReturn::Ok;
        };
        match check(caps.caps()) {
            Ok(()) => PadProbeReturn::Ok,
            Err(cause) => {
                refusals.tell(cause);
                // Buffers without capabilities go no further than the next element.
                PadProbeReturn::Drop
            }
        }
    });
}

fn check(caps: &CapsRef) -> Result<(), Cause> {
    let Some(fields) = caps.structure(0) else {
        return Ok(());
    };
    let number = |name| {
        let number = fields.get::<i32>(name).ok();
        number.and_then(|number| u32::try_from(number).ok())
    };
    // A number that is missing is taken for 0, which is refused.
    let number = |name| number(name).unwrap_or(0);
    match fields.name().as_str() {
        "audio/x-raw" => check_sound(number("rate"), number("channels")),
        "video/x-raw" => check_picture(number("width"), number("height")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use byte_stream::track::CodecConfiguration;
    use bytes::Bytes;
    use gstreamer::{Buffer, Caps, ClockTime, Element, MessageType, Pipeline, State};
    use gstreamer_app::AppSrc;

    use super::*;
    use crate::caps;
    use crate::chain::decoding;
    use crate::decoder::decoder_for;
    use crate::element::element;
    use crate::media::Media;

    /// Returns what is refused of what a decoder makes of frames, and how many buffers come through.
    fn decode(configuration: &CodecConfiguration, frames: Vec<Bytes>) -> (Vec<Message>, usize) {
        let decoder = decoder_for(configuration.codec()).expect("one is installed");
        let source = AppSrc::builder().format(gstreamer::Format::Time).build();
        let caps = caps::of_configuration(configuration).expect("it is whole");
        source.set_caps(Some(&caps));
        let mut elements: Vec<Element> = vec![source.clone().upcast()];
        elements.extend(decoding(decoder).expect("it is installed"));
        let decoded = elements.last().and_then(|last| last.static_pad("src"));
        let (messages, refusals) = crossbeam_channel::unbounded();
        let told = Refusals {
            generation: Generation(0),
            medium: Medium::Video,
            messages,
        };
        install(&decoded.expect("it has one output"), told);
        elements.push(element("videoconvert").expect("it is installed"));
        let sink = element("fakesink").expect("it is installed");
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let pad = sink.static_pad("sink").expect("it has one input");
        pad.add_probe(PadProbeType::BUFFER, move |_, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            PadProbeReturn::Ok
        });
        elements.push(sink);
        let pipeline = Pipeline::new();
        pipeline.add_many(&elements).expect("they are new");
        Element::link_many(&elements).expect("their capabilities fit");
        pipeline.set_state(State::Playing).expect("it can play");
        for frame in frames {
            // It may have failed already.
            let _ = source.push_buffer(Buffer::from_slice(frame));
        }
        let _ = source.end_of_stream();
        let bus = pipeline.bus().expect("a pipeline has one");
        let ends = [MessageType::Eos, MessageType::Error];
        let end = bus.timed_pop_filtered(ClockTime::from_seconds(30), &ends);
        assert!(end.is_some(), "the decoder hangs");
        pipeline
            .set_state(State::Null)
            .expect("nothing prevents it");
        (refusals.try_iter().collect(), count.load(Ordering::Relaxed))
    }

    #[test]
    fn what_a_decoder_puts_out_is_looked_at() {
        gstreamer::init().expect("GStreamer is installed");
        let frames = Media::whole("vp8.webm").frames(0);
        let configuration = frames[0].configuration.clone();
        let payloads = || frames[..2].iter().map(|frame| frame.payload.clone());
        let (refused, passed) = decode(&configuration, payloads().collect());
        assert!(refused.is_empty());
        assert_eq!(passed, 2);
        // The container says 320x180, and the key frame 16383x2200.
        let mut key_frame = frames[0].payload.to_vec();
        key_frame[6..10].copy_from_slice(&[0xff, 0x3f, 0x98, 0x08]);
        let (refused, passed) = decode(&configuration, vec![key_frame.into()]);
        assert_eq!(passed, 0);
        // The decoder tries more than once.
        assert!(!refused.is_empty());
        for message in refused {
            let Message::OutputRefused(_, Medium::Video, cause) = message else {
                panic!("it tells something else");
            };
            assert!(cause.contains("pixels"), "{cause}");
        }
    }

    #[test]
    fn only_what_elements_can_take_passes() {
        gstreamer::init().expect("GStreamer is installed");
        let sound = |rate: i32, channels: i32| {
            let caps = Caps::builder("audio/x-raw").field("rate", rate);
            check(&caps.field("channels", channels).build())
        };
        let picture = |width: i32, height: i32| {
            let caps = Caps::builder("video/x-raw").field("width", width);
            check(&caps.field("height", height).build())
        };
        assert_eq!(sound(48_000, 2), Ok(()));
        assert_eq!(sound(8_000, 8), Ok(()));
        for (rate, channels) in [
            (0, 2),
            (-1, 2),
            (i32::MAX, 2),
            (1, 2),
            (48_000, 0),
            (48_000, 9),
        ] {
            assert!(sound(rate, channels).is_err(), "{rate}, {channels}");
        }
        assert_eq!(picture(1, 1), Ok(()));
        assert_eq!(picture(8192, 4352), Ok(()));
        assert_eq!(picture(4352, 8192), Ok(()));
        for (width, height) in [
            (8192, 8192),
            (16_000, 16_000),
            (i32::MAX, 1),
            (1, 16_385),
            (0, 9),
        ] {
            assert!(picture(width, height).is_err(), "{width}, {height}");
        }
        assert!(check(&Caps::new_empty_simple("video/x-raw")).is_err());
    }
}
