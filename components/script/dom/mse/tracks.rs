/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track objects of a MediaSource. Each is in a list of the media element. That of a MediaSource in a
//! window is also in one of its SourceBuffer.
//! <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>

use std::cell::Cell;

use js::context::JSContext;
use media_source::{MediaTrack, MediaTrackId, Medium};
use script_bindings::reflector::DomObject;
use stylo_atoms::Atom;

use crate::dom::audiotrack::AudioTrack;
use crate::dom::audiotracklist::AudioTrackList;
use crate::dom::bindings::codegen::Bindings::HTMLMediaElementBinding::HTMLMediaElementMethods;
use crate::dom::bindings::codegen::Bindings::SourceBufferBinding::SourceBufferMethods;
use crate::dom::bindings::codegen::Bindings::TextTrackBinding::{TextTrackKind, TextTrackMode};
use crate::dom::bindings::codegen::UnionTypes::VideoTrackOrAudioTrackOrTextTrack;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{DomRoot, MutNullableDom};
use crate::dom::bindings::str::DOMString;
use crate::dom::event::Event;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::html::htmlmediaelement::HTMLMediaElement;
use crate::dom::mse::sourcebuffer::SourceBuffer;
use crate::dom::node::NodeTraits;
use crate::dom::texttrack::TextTrack;
use crate::dom::trackevent::TrackEvent;
use crate::dom::videotrack::VideoTrack;
use crate::dom::videotracklist::VideoTrackList;

/// What a track object has of a MediaSource. A track that comes from elsewhere has nothing.
#[derive(Default, JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(crate) struct MediaSourceTrack {
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in media_source"]
    id: Cell<Option<MediaTrackId>>,
    /// The `sourceBuffer` attribute. It stays null if the MediaSource is in a worker.
    source_buffer: MutNullableDom<SourceBuffer>,
}

impl MediaSourceTrack {
    pub(crate) fn id(&self) -> Option<MediaTrackId> {
        self.id.get()
    }

    pub(crate) fn source_buffer(&self) -> Option<DomRoot<SourceBuffer>> {
        self.source_buffer.get()
    }

    fn set(&self, track: &MediaTrack, source_buffer: Option<&SourceBuffer>) {
        self.id.set(Some(track.id));
        self.source_buffer.set(source_buffer);
    }
}

/// Makes the object of a track, and puts it into the lists of its SourceBuffer and of the element.
pub(crate) fn add_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    track: &MediaTrack,
) {
    match track.medium {
        Medium::Audio => add_audio_track(cx, element, source_buffer, track),
        Medium::Video => add_video_track(cx, element, source_buffer, track),
        Medium::Text => add_text_track(cx, element, source_buffer, track),
    }
}

/// Takes the object of a track out of both lists.
/// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
pub(crate) fn remove_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    track: &MediaTrack,
) {
    match track.medium {
        Medium::Audio => remove_audio_track(cx, element, source_buffer, track.id),
        Medium::Video => remove_video_track(cx, element, source_buffer, track.id),
        Medium::Text => remove_text_track(cx, element, source_buffer, track.id),
    }
}

/// Takes all tracks of a MediaSource out of the lists of the element, without any event.
/// <https://html.spec.whatwg.org/multipage/#forget-the-media-element's-media-resource-specific-tracks>
pub(crate) fn forget_tracks(cx: &mut JSContext, element: &HTMLMediaElement) {
    let list = element.AudioTracks(cx);
    for track in audio_tracks(&list) {
        list.remove(&track);
    }
    let list = element.VideoTracks(cx);
    for track in video_tracks(&list) {
        list.remove(&track);
    }
    let list = element.TextTracks(cx);
    for track in list.tracks_of_media_source() {
        list.remove_silently(&track);
    }
}

/// The lists of audio tracks that a track is in. That of the element comes last, because it is told when
/// the track is enabled or disabled.
fn audio_lists(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
) -> Vec<DomRoot<AudioTrackList>> {
    let of_source_buffer = source_buffer.map(|source_buffer| source_buffer.AudioTracks(cx));
    let of_element = element.AudioTracks(cx);
    of_source_buffer.into_iter().chain([of_element]).collect()
}

/// The lists of video tracks, in the same order as [`audio_lists`].
fn video_lists(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
) -> Vec<DomRoot<VideoTrackList>> {
    let of_source_buffer = source_buffer.map(|source_buffer| source_buffer.VideoTracks(cx));
    let of_element = element.VideoTracks(cx);
    of_source_buffer.into_iter().chain([of_element]).collect()
}

/// The tracks of a MediaSource in the list.
fn audio_tracks(list: &AudioTrackList) -> Vec<DomRoot<AudioTrack>> {
    let tracks = (0..list.len()).filter_map(|index| list.item(index));
    tracks
        .filter(|track| track.media_source_track().id().is_some())
        .collect()
}

/// The tracks of a MediaSource in the list.
fn video_tracks(list: &VideoTrackList) -> Vec<DomRoot<VideoTrack>> {
    let tracks = (0..list.len()).filter_map(|index| list.item(index));
    tracks
        .filter(|track| track.media_source_track().id().is_some())
        .collect()
}

fn add_audio_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    track: &MediaTrack,
) {
    let window = element.owner_window();
    let strings = TrackStrings::of(track);
    let object = AudioTrack::new(
        cx,
        &window,
        strings.id,
        strings.kind,
        strings.label,
        strings.language,
        None,
    );
    object.set_enabled(track.is_enabled);
    object.media_source_track().set(track, source_buffer);
    for list in audio_lists(cx, element, source_buffer) {
        list.add(&object);
        queue_audio_track_event(&list, atom!("addtrack"), &object);
    }
}

fn remove_audio_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    id: MediaTrackId,
) {
    let of_element = element.AudioTracks(cx);
    let mut tracks = audio_tracks(&of_element).into_iter();
    let Some(object) = tracks.find(|track| track.media_source_track().id() == Some(id)) else {
        return;
    };
    // Set the sourceBuffer attribute on the track object to null.
    object.media_source_track().source_buffer.set(None);
    for list in audio_lists(cx, element, source_buffer) {
        list.remove(&object);
        queue_audio_track_event(&list, atom!("removetrack"), &object);
    }
    if object.enabled() {
        queue_change(&of_element.page(), of_element.upcast());
    }
}

fn add_video_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    track: &MediaTrack,
) {
    let window = element.owner_window();
    let strings = TrackStrings::of(track);
    let object = VideoTrack::new(
        cx,
        &window,
        strings.id,
        strings.kind,
        strings.label,
        strings.language,
        None,
    );
    object.media_source_track().set(track, source_buffer);
    let of_element = element.VideoTracks(cx);
    let selected = of_element
        .selected_index()
        .and_then(|index| of_element.item(index));
    for list in video_lists(cx, element, source_buffer) {
        list.add(&object);
        queue_video_track_event(&list, atom!("addtrack"), &object);
    }
    // At most one track is selected, which is the newest.
    if track.is_enabled {
        if let Some(selected) = selected {
            selected.set_selected(false);
        }
        object.set_selected(true);
    }
}

fn remove_video_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    id: MediaTrackId,
) {
    let of_element = element.VideoTracks(cx);
    let mut tracks = video_tracks(&of_element).into_iter();
    let Some(object) = tracks.find(|track| track.media_source_track().id() == Some(id)) else {
        return;
    };
    object.media_source_track().source_buffer.set(None);
    for list in video_lists(cx, element, source_buffer) {
        list.remove(&object);
        queue_video_track_event(&list, atom!("removetrack"), &object);
    }
    if object.selected() {
        queue_change(&of_element.page(), of_element.upcast());
    }
}

fn add_text_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    track: &MediaTrack,
) {
    let window = element.owner_window();
    let strings = TrackStrings::of(track);
    let kind = match track.kind {
        "captions" => TextTrackKind::Captions,
        "chapters" => TextTrackKind::Chapters,
        "descriptions" => TextTrackKind::Descriptions,
        "subtitles" => TextTrackKind::Subtitles,
        _ => TextTrackKind::Metadata,
    };
    let object = TextTrack::new(
        cx,
        &window,
        strings.id,
        kind,
        strings.label,
        strings.language,
        TextTrackMode::Disabled,
        None,
    );
    object.media_source_track().set(track, source_buffer);
    if let Some(source_buffer) = source_buffer {
        let list = source_buffer.TextTracks();
        list.push(&object);
        queue_text_track_event(&list.page(), list.upcast(), atom!("addtrack"), &object);
    }
    // This list fires its event itself.
    element.TextTracks(cx).add(cx, &object);
}

fn remove_text_track(
    cx: &mut JSContext,
    element: &HTMLMediaElement,
    source_buffer: Option<&SourceBuffer>,
    id: MediaTrackId,
) {
    let of_element = element.TextTracks(cx);
    let mut tracks = of_element.tracks_of_media_source().into_iter();
    let Some(object) = tracks.find(|track| track.media_source_track().id() == Some(id)) else {
        return;
    };
    object.media_source_track().source_buffer.set(None);
    if let Some(source_buffer) = source_buffer {
        let list = source_buffer.TextTracks();
        list.remove_silently(&object);
        queue_text_track_event(&list.page(), list.upcast(), atom!("removetrack"), &object);
    }
    of_element.remove(cx, &object);
}

/// The strings of a track object, as scripts get them.
struct TrackStrings {
    id: DOMString,
    kind: DOMString,
    label: DOMString,
    language: DOMString,
}

impl TrackStrings {
    fn of(track: &MediaTrack) -> Self {
        Self {
            id: DOMString::from(track.id.to_string()),
            kind: DOMString::from(track.kind),
            label: DOMString::from(track.label.as_str()),
            language: DOMString::from(track.language.as_str()),
        }
    }
}

pub(crate) fn queue_audio_track_event(list: &AudioTrackList, name: Atom, track: &AudioTrack) {
    let wrap = VideoTrackOrAudioTrackOrTextTrack::AudioTrack;
    queue_track_event(&list.page(), list.upcast(), name, track, wrap);
}

pub(crate) fn queue_video_track_event(list: &VideoTrackList, name: Atom, track: &VideoTrack) {
    let wrap = VideoTrackOrAudioTrackOrTextTrack::VideoTrack;
    queue_track_event(&list.page(), list.upcast(), name, track, wrap);
}

fn queue_text_track_event(page: &GlobalScope, list: &EventTarget, name: Atom, track: &TextTrack) {
    let wrap = VideoTrackOrAudioTrackOrTextTrack::TextTrack;
    queue_track_event(page, list, name, track, wrap);
}

/// Queues a task to fire an event that names the track at a list.
fn queue_track_event<T: DomObject + 'static>(
    page: &GlobalScope,
    list: &EventTarget,
    name: Atom,
    track: &T,
    wrap: fn(DomRoot<T>) -> VideoTrackOrAudioTrackOrTextTrack,
) {
    let this = Trusted::new(list);
    let track = Trusted::new(track);
    page.task_manager().media_element_task_source().queue(
        task!(media_source_track_event: move |cx| {
            let this = this.root();
            let event = TrackEvent::new(
                cx,
                this.global().as_window(),
                name,
                false,
                false,
                &Some(wrap(track.root())),
            );
            event.upcast::<Event>().fire(cx, &this);
        }),
    );
}

/// Queues a task to fire `change` at a list.
pub(crate) fn queue_change(page: &GlobalScope, list: &EventTarget) {
    page.task_manager()
        .media_element_task_source()
        .queue_simple_event(list, atom!("change"));
}
