/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Streams in Web Audio: nodes that give the sound of a track, and nodes whose sound is a track.

use js::context::JSContext;
use media_stream::{Kind, SoundReader};
use script_bindings::codegen::GenericBindings::BaseAudioContextBinding::BaseAudioContextMethods;
use script_bindings::codegen::GenericBindings::MediaStreamTrackBinding::MediaStreamTrackMethods;
use servo_media::audio::AudioStreamReader;
use servo_media::audio::audio_node::AudioNodeInit;
use servo_media::audio::block::{Block, FRAMES_PER_BLOCK_USIZE};

use super::platform;
use crate::dom::audio::audiocontext::AudioContext;
use crate::dom::audio::baseaudiocontext::BaseAudioContext;
use crate::dom::bindings::error::{Error, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::DomRoot;
use crate::dom::mediadevices::MediaDevices;
use crate::dom::mediastream::MediaStream;
use crate::dom::mediastreamtrack::MediaStreamTrack;

/// What Web Audio calls the label of the track of a node.
const LABEL: &str = "MediaStreamAudioDestinationNode";

/// Reads a track on the thread that renders audio, which never waits for it: what has not come is silence.
struct TrackReader(Option<Box<dyn SoundReader>>);

impl AudioStreamReader for TrackReader {
    fn pull(&self) -> Block {
        let sound = self
            .0
            .as_ref()
            .map(|reader| reader.read(FRAMES_PER_BLOCK_USIZE));
        match sound {
            Some(sound) if !sound.is_empty() => Block::for_vec(sound),
            _ => Block::default(),
        }
    }

    fn start(&self) {}

    fn stop(&self) {}
}

/// Returns the inside of a node that gives the sound of a track.
pub(crate) fn source(context: &AudioContext, track: &MediaStreamTrack) -> Fallible<AudioNodeInit> {
    let (kind, feed) = track.read(|track| (track.kind, track.feed.clone()));
    if kind != Kind::Audio {
        let message = "the track has no audio".to_owned();
        return Err(Error::InvalidState(Some(message)));
    }
    if let Some(id) = track.servo_id() {
        return Ok(AudioNodeInit::MediaStreamSourceNode(id));
    }
    let context = context.upcast::<BaseAudioContext>();
    context.keep_track(track);
    let sample_rate = *context.SampleRate() as u32;
    let reader = feed.map(|feed| platform::backend().create_sound_reader(feed, sample_rate));
    Ok(AudioNodeInit::ReaderNode(Box::new(TrackReader(reader))))
}

/// Returns the track of a stream whose sound a node gives: the first audio track, in the order of the ids.
/// <https://webaudio.github.io/web-audio-api/#dom-mediastreamaudiosourcenode-mediastreamaudiosourcenode>
pub(crate) fn track_of(stream: &MediaStream) -> Fallible<DomRoot<MediaStreamTrack>> {
    let tracks = stream.get_tracks();
    let audio = tracks
        .iter()
        .filter(|track| track.read(|track| track.kind) == Kind::Audio);
    let first = audio.min_by_key(|track| track.Id().to_string());
    let message = || "the stream has no audio track".to_owned();
    let first = first.ok_or_else(|| Error::InvalidState(Some(message())))?;
    Ok(DomRoot::from_ref(first))
}

/// Returns a stream with the sound that comes to a node, and the inside of the node.
pub(crate) fn destination(
    cx: &mut JSContext,
    context: &AudioContext,
) -> (DomRoot<MediaStream>, AudioNodeInit) {
    let global = context.global();
    let sample_rate = *context.upcast::<BaseAudioContext>().SampleRate() as u32;
    let (media, sink) = platform::backend().create_sound_source(sample_rate);
    let media_devices = MediaDevices::of(cx, &global);
    let capture = media_devices.capture();
    let mut capture = capture.borrow_mut();
    let (_, track) = capture.add_source(Kind::Audio, LABEL.to_owned(), Some(media));
    drop(capture);
    let track = MediaStreamTrack::of_core(cx, &media_devices, track, None);
    let stream = MediaStream::new(cx, &global);
    stream.add_track(&track);
    let writer = move |frames: &[f32], channel_count| sink.play(frames, channel_count);
    (stream, AudioNodeInit::WriterNode(Box::new(writer)))
}
