/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What decoders really put out. A container may lie about what its frames are, so what follows a
//! decoder sees only sound and pictures of a form and size that it can take.

use byte_stream::configuration_check::{Cause, check_picture, check_sound};
use crossbeam_channel::Sender;
use gstreamer::prelude::*;
use gstreamer::{CapsRef, EventView, Pad, PadProbeData, PadProbeReturn, PadProbeType};

use crate::chain::Kind;
use crate::message::Message;

/// Lets nothing pass that comes out of `pad`, a decoder's, after it says that it is what no element
/// is to take. That is told to `messages`.
pub(crate) fn install(pad: &Pad, kind: Kind, messages: &Sender<Message>) {
    let messages = messages.clone();
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
                // Nobody listens to a pipeline that is being torn down.
                let _ = messages.send(Message::OutputRefused(kind, cause));
                // What comes without capabilities goes no further than the next element.
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
    // What is missing is not what it should be either.
    let number = |name| number(name).unwrap_or(0);
    match fields.name().as_str() {
        "audio/x-raw" => check_sound(number("rate"), number("channels")),
        "video/x-raw" => check_picture(number("width"), number("height")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use gstreamer::Caps;

    use super::*;

    #[test]
    fn test_only_what_elements_can_take_passes() {
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
