/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track objects of a SourceBuffer. Each is in a list of the SourceBuffer and in one of the media
//! element.

use js::context::JSContext;
use media_source::{MediaTrack, Medium};
use script_bindings::reflector::DomObject;
use stylo_atoms::Atom;

use crate::dom::audiotrack::AudioTrack;
use crate::dom::bindings::codegen::Bindings::AudioTrackListBinding::AudioTrackListMethods;
use crate::dom::bindings::codegen::Bindings::HTMLMediaElementBinding::HTMLMediaElementMethods;
use crate::dom::bindings::codegen::Bindings::SourceBufferBinding::SourceBufferMethods;
use crate::dom::bindings::codegen::Bindings::TextTrackBinding::{TextTrackKind, TextTrackMode};
use crate::dom::bindings::codegen::Bindings::VideoTrackListBinding::VideoTrackListMethods;
use crate::dom::bindings::codegen::UnionTypes::VideoTrackOrAudioTrackOrTextTrack;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::DomRoot;
use crate::dom::bindings::str::DOMString;
use crate::dom::event::Event;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::html::htmlmediaelement::HTMLMediaElement;
use crate::dom::mse::sourcebuffer::SourceBuffer;
use crate::dom::texttrack::TextTrack;
use crate::dom::trackevent::TrackEvent;
use crate::dom::videotrack::VideoTrack;

impl SourceBuffer {
    /// Makes the object of a track, and puts it into both lists.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    pub(crate) fn add_track(
        &self,
        cx: &mut JSContext,
        element: &HTMLMediaElement,
        track: &MediaTrack,
    ) {
        match track.medium {
            Medium::Audio => self.add_audio_track(cx, element, track),
            Medium::Video => self.add_video_track(cx, element, track),
            Medium::Text => self.add_text_track(cx, element, track),
        }
    }

    fn add_audio_track(&self, cx: &mut JSContext, element: &HTMLMediaElement, track: &MediaTrack) {
        let global = self.global();
        let strings = TrackStrings::of(track);
        let object = AudioTrack::new(
            cx,
            global.as_window(),
            strings.id,
            strings.kind,
            strings.label,
            strings.language,
            None,
        );
        object.set_enabled(track.is_enabled);
        object.set_source_buffer(Some(self));
        // The element's list comes last, because it is told when the track is enabled or disabled.
        for list in [self.AudioTracks(cx), element.AudioTracks(cx)] {
            list.add(&object);
            queue_track_event(
                &list.page(),
                list.upcast(),
                atom!("addtrack"),
                &*object,
                VideoTrackOrAudioTrackOrTextTrack::AudioTrack,
            );
        }
    }

    fn add_video_track(&self, cx: &mut JSContext, element: &HTMLMediaElement, track: &MediaTrack) {
        let global = self.global();
        let strings = TrackStrings::of(track);
        let object = VideoTrack::new(
            cx,
            global.as_window(),
            strings.id,
            strings.kind,
            strings.label,
            strings.language,
            None,
        );
        object.set_source_buffer(Some(self));
        let of_element = element.VideoTracks(cx);
        let selected = of_element
            .selected_index()
            .and_then(|index| of_element.item(index));
        for list in [self.VideoTracks(cx), of_element] {
            list.add(&object);
            queue_track_event(
                &list.page(),
                list.upcast(),
                atom!("addtrack"),
                &*object,
                VideoTrackOrAudioTrackOrTextTrack::VideoTrack,
            );
        }
        // At most one track is selected, which is the newest.
        if track.is_enabled {
            if let Some(selected) = selected {
                selected.set_selected(false);
            }
            object.set_selected(true);
        }
    }

    fn add_text_track(&self, cx: &mut JSContext, element: &HTMLMediaElement, track: &MediaTrack) {
        let global = self.global();
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
            global.as_window(),
            strings.id,
            kind,
            strings.label,
            strings.language,
            TextTrackMode::Disabled,
            None,
        );
        object.set_source_buffer(Some(self));
        let list = self.TextTracks();
        list.push(&object);
        queue_track_event(
            &list.page(),
            list.upcast(),
            atom!("addtrack"),
            &*object,
            VideoTrackOrAudioTrackOrTextTrack::TextTrack,
        );
        // This list fires its event itself.
        element.TextTracks(cx).add(cx, &object);
    }

    /// Takes the object of a track out of both lists.
    /// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
    pub(crate) fn remove_track(
        &self,
        cx: &mut JSContext,
        element: &HTMLMediaElement,
        track: &MediaTrack,
    ) {
        let id = TrackStrings::of(track).id;
        match track.medium {
            Medium::Audio => {
                let list = self.AudioTracks(cx);
                if let Some(object) = list.GetTrackById(id) {
                    // Set the sourceBuffer attribute on the track object to null.
                    object.set_source_buffer(None);
                    for list in [list, element.AudioTracks(cx)] {
                        list.remove(&object);
                        queue_track_event(
                            &list.page(),
                            list.upcast(),
                            atom!("removetrack"),
                            &*object,
                            VideoTrackOrAudioTrackOrTextTrack::AudioTrack,
                        );
                    }
                    if object.enabled() {
                        let list = element.AudioTracks(cx);
                        queue_change(&list.page(), list.upcast());
                    }
                }
            },
            Medium::Video => {
                let list = self.VideoTracks(cx);
                if let Some(object) = list.GetTrackById(id) {
                    object.set_source_buffer(None);
                    for list in [list, element.VideoTracks(cx)] {
                        list.remove(&object);
                        queue_track_event(
                            &list.page(),
                            list.upcast(),
                            atom!("removetrack"),
                            &*object,
                            VideoTrackOrAudioTrackOrTextTrack::VideoTrack,
                        );
                    }
                    if object.selected() {
                        let list = element.VideoTracks(cx);
                        queue_change(&list.page(), list.upcast());
                    }
                }
            },
            Medium::Text => {
                let list = self.TextTracks();
                if let Some(object) = list.pull(&id) {
                    object.set_source_buffer(None);
                    queue_track_event(
                        &list.page(),
                        list.upcast(),
                        atom!("removetrack"),
                        &*object,
                        VideoTrackOrAudioTrackOrTextTrack::TextTrack,
                    );
                    element.TextTracks(cx).remove(cx, &object);
                }
            },
        }
    }
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
