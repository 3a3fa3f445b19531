/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the first player of a process would wait for: GStreamer, its registry, and the libraries of its
//! plugins. They are loaded on a thread of their own before there is a player.

use std::sync::Once;
use std::thread;

use byte_stream::track::{AudioCodec, Codec, VideoCodec};
use gstreamer::ElementFactory;
use gstreamer::prelude::*;

use crate::decoder::decoders_for;
use crate::hardware::{self, DecoderPreference};

/// The codecs that most pages use. The library that decodes them takes longer to load than all the rest.
const CODECS: [Codec; 2] = [
    Codec::Video(VideoCodec::H264),
    Codec::Audio(AudioCodec::Aac),
];

/// An element of each plugin that chains are built of besides.
const ELEMENTS: [&str; 8] = [
    "appsrc",
    "queue",
    "videoconvertscale",
    "audioconvert",
    "audioresample",
    "scaletempo",
    "volume",
    "autoaudiosink",
];

/// Begins to load it, unless that was begun before.
pub(crate) fn begin(preference: DecoderPreference) {
    static HAS_BEGUN: Once = Once::new();
    HAS_BEGUN.call_once(|| {
        let thread = thread::Builder::new().name("PlayerWarmUp".to_owned());
        // Without the thread, the first player loads what it needs itself.
        let _ = thread.spawn(move || load(preference));
    });
}

fn load(preference: DecoderPreference) {
    if gstreamer::init().is_err() {
        return;
    }
    // Large pictures may have another decoder than small ones.
    let decoders = CODECS.iter().flat_map(|codec| {
        [(0, 0), hardware::LARGE].into_iter().filter_map(|size| {
            let order = hardware::order(decoders_for(*codec), size, preference);
            order.first().map(|decoder| decoder.factory.clone())
        })
    });
    let elements = ELEMENTS
        .iter()
        .filter_map(|name| ElementFactory::find(name));
    for factory in decoders.chain(elements) {
        // A player that needs it reports what is missing.
        let _ = factory.load();
    }
}
