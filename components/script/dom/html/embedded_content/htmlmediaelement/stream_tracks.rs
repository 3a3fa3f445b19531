/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The AudioTrack and VideoTrack objects of a media element that plays a MediaStream: one for each live track.
//! <https://w3c.github.io/mediacapture-main/#mediastreams-in-media-elements>
#![warn(unused)]

use js::context::JSContext;
use media_stream::Kind;
use script_bindings::codegen::GenericBindings::AudioTrackListBinding::AudioTrackListMethods;
use script_bindings::codegen::GenericBindings::HTMLMediaElementBinding::HTMLMediaElementMethods;
use script_bindings::codegen::GenericBindings::MediaStreamTrackBinding::MediaStreamTrackMethods;
use script_bindings::codegen::GenericBindings::VideoTrackListBinding::VideoTrackListMethods;
use script_bindings::root::DomRoot;

use super::HTMLMediaElement;
use crate::dom::audiotrack::AudioTrack;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::str::DOMString;
use crate::dom::mediastream::MediaStream;
use crate::dom::mediastreamtrack::MediaStreamTrack;
use crate::dom::mse::tracks::{queue_audio_track_event, queue_change, queue_video_track_event};
use crate::dom::node::NodeTraits;
use crate::dom::videotrack::VideoTrack;

impl HTMLMediaElement {
    /// Brings the lists up to date with the live tracks of the stream.
    pub(super) fn stream_update_tracks(&self, cx: &mut JSContext, stream: &MediaStream) {
        self.stream_update_audio_tracks(cx, &live_tracks(stream, Kind::Audio));
        self.stream_update_video_tracks(cx, &live_tracks(stream, Kind::Video));
    }

    /// Whether the element plays a track of its stream.
    pub(super) fn stream_plays_track(&self, track: &MediaStreamTrack) -> bool {
        match track.read(|track| track.kind) {
            Kind::Audio => {
                let list = self.audio_tracks_list.get();
                let object = list.and_then(|list| list.GetTrackById(track.Id()));
                object.is_some_and(|object| object.enabled())
            },
            Kind::Video => {
                let list = self.video_tracks_list.get();
                let object = list.and_then(|list| list.GetTrackById(track.Id()));
                object.is_some_and(|object| object.selected())
            },
        }
    }

    fn stream_update_audio_tracks(&self, cx: &mut JSContext, live: &[DomRoot<MediaStreamTrack>]) {
        let list = self.AudioTracks(cx);
        let present: Vec<_> = (0..list.len())
            .filter_map(|index| list.item(index))
            .collect();
        for object in present.iter().filter(|object| !has_id(live, object.id())) {
            list.remove(object);
            queue_audio_track_event(&list, atom!("removetrack"), object);
        }
        for track in live {
            if present.iter().any(|object| object.id() == track.Id()) {
                continue;
            }
            let window = self.owner_window();
            let (kind, language) = (DOMString::from_static("main"), DOMString::new());
            let object =
                AudioTrack::new(cx, &window, track.Id(), kind, track.Label(), language, None);
            object.set_enabled(true);
            list.add(&object);
            queue_audio_track_event(&list, atom!("addtrack"), &object);
        }
    }

    fn stream_update_video_tracks(&self, cx: &mut JSContext, live: &[DomRoot<MediaStreamTrack>]) {
        let list = self.VideoTracks(cx);
        let present: Vec<_> = (0..list.len())
            .filter_map(|index| list.item(index))
            .collect();
        let mut selects = present.is_empty();
        for object in present.iter().filter(|object| !has_id(live, object.id())) {
            list.remove(object);
            queue_video_track_event(&list, atom!("removetrack"), object);
            if object.selected() {
                queue_change(&list.page(), list.upcast());
                selects = true;
            }
        }
        for track in live {
            if present.iter().any(|object| object.id() == track.Id()) {
                continue;
            }
            let window = self.owner_window();
            let (kind, language) = (DOMString::from_static("main"), DOMString::new());
            let object =
                VideoTrack::new(cx, &window, track.Id(), kind, track.Label(), language, None);
            list.add(&object);
            queue_video_track_event(&list, atom!("addtrack"), &object);
        }
        // A page that unselects the track that is shown wants to see none. It has not done so here.
        if selects && let Some(first) = list.item(0) {
            first.set_selected(true);
        }
    }
}

fn live_tracks(stream: &MediaStream, kind: Kind) -> Vec<DomRoot<MediaStreamTrack>> {
    let tracks = stream.get_tracks();
    let live = tracks
        .iter()
        .filter(|track| track.read(|track| track.kind == kind && !track.is_ended));
    live.map(|track| track.as_rooted()).collect()
}

fn has_id(tracks: &[DomRoot<MediaStreamTrack>], id: DOMString) -> bool {
    tracks.iter().any(|track| track.Id() == id)
}
