/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sink that plays decoded audio.

use std::env;
use std::fs;
use std::path::PathBuf;

use gstreamer::{Element, ElementFactory};

use media_source::PlayerError;

use crate::element::missing_element;

/// Returns a sink for the audio output of the platform. On a machine without one, the sink discards
/// the audio at the speed at which it would be played.
pub(crate) fn build() -> Result<Element, PlayerError> {
    let (name, sink) = if has_audio_output() {
        ("autoaudiosink", ElementFactory::make("autoaudiosink"))
    } else {
        let sink = ElementFactory::make("fakesink");
        (
            "fakesink",
            sink.property("sync", true)
                .property("enable-last-sample", false),
        )
    };
    let sink = sink.build().map_err(|_| missing_element(name))?;
    #[cfg(test)]
    MADE.lock().push(sink.clone());
    Ok(sink)
}

/// All sinks made so far, for tests that look at the audio that reaches them.
#[cfg(test)]
pub(crate) static MADE: parking_lot::Mutex<Vec<Element>> = parking_lot::Mutex::new(Vec::new());

/// Held by a test that plays audio, as it cannot be told which sink belongs to which player.
#[cfg(test)]
pub(crate) static TURN: parking_lot::Mutex<()> = parking_lot::Mutex::new(());

/// Returns the buffers that come to a sink from now on.
#[cfg(test)]
pub(crate) fn tap(sink: &Element) -> crossbeam_channel::Receiver<gstreamer::Buffer> {
    use gstreamer::prelude::*;
    use gstreamer::{PadProbeData, PadProbeReturn, PadProbeType};

    let (sender, buffers) = crossbeam_channel::unbounded();
    let pad = sink.static_pad("sink").expect("each sink has one");
    pad.add_probe(PadProbeType::BUFFER, move |_, probe| {
        if let Some(PadProbeData::Buffer(buffer)) = &probe.data {
            let _ = sender.send(buffer.clone());
        }
        PadProbeReturn::Ok
    });
    buffers
}

/// Returns whether there is a sound server or a sound card. `autoaudiosink` would find out too, but it
/// tries each and writes to standard error.
fn has_audio_output() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let has_sound_card = || {
        // The device nodes besides `seq` and `timer`, which belong to no card.
        let is_card = |name: &str| name.starts_with("pcm");
        fs::read_dir("/dev/snd").is_ok_and(|mut nodes| {
            nodes.any(|node| node.is_ok_and(|node| node.file_name().to_str().is_some_and(is_card)))
        })
    };
    has_sound_server() || has_sound_card()
}

/// Returns whether there is a sound server that programs talk to as to PulseAudio.
pub(crate) fn has_sound_server() -> bool {
    let runtime_directory = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    env::var_os("PULSE_SERVER").is_some()
        || runtime_directory.is_some_and(|directory| directory.join("pulse/native").exists())
}
