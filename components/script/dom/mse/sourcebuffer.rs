/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::Cell;

use dom_struct::dom_struct;
use js::context::JSContext;
use media_source::{AppendMode as CoreAppendMode, Attributes, Exception, SourceBufferId};
use script_bindings::buffer_source::is_resizable;
use script_bindings::codegen::GenericUnionTypes::ArrayBufferViewOrArrayBuffer;
use script_bindings::reflector::reflect_dom_object;

use crate::dom::audiotracklist::AudioTrackList;
use crate::dom::bindings::codegen::Bindings::SourceBufferBinding::{
    AppendMode, SourceBufferMethods,
};
use crate::dom::bindings::error::{Error, ErrorResult, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot, MutNullableDom};
use crate::dom::bindings::str::DOMString;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mse::buffered::Buffered;
use crate::dom::mse::mediasource::{MediaSource, convert_exception};
use crate::dom::mse::mediasourcetestutils::Counted;
use crate::dom::mse::tracks::queue_change;
use crate::dom::texttracklist::TextTrackList;
use crate::dom::timeranges::TimeRanges;
use crate::dom::videotracklist::VideoTrackList;

/// <https://w3c.github.io/media-source/#sourcebuffer>
#[dom_struct]
pub(crate) struct SourceBuffer {
    eventtarget: EventTarget,
    /// <https://w3c.github.io/media-source/#dfn-parent-media-source>
    media_source: Dom<MediaSource>,
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in media_source"]
    id: SourceBufferId,
    /// The attributes that the core had when this was removed.
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in media_source"]
    last_attributes: Cell<Attributes>,
    buffered: Buffered,
    audio_tracks: MutNullableDom<AudioTrackList>,
    video_tracks: MutNullableDom<VideoTrackList>,
    /// A worker's has none.
    text_tracks: Option<Dom<TextTrackList>>,
    #[no_trace]
    #[ignore_malloc_size_of = "For tests"]
    counted: Counted,
}

impl SourceBuffer {
    fn new_inherited(
        media_source: &MediaSource,
        id: SourceBufferId,
        text_tracks: Option<&TextTrackList>,
    ) -> Self {
        Self {
            eventtarget: EventTarget::new_inherited(),
            media_source: Dom::from_ref(media_source),
            id,
            last_attributes: Cell::default(),
            buffered: Buffered::default(),
            audio_tracks: MutNullableDom::default(),
            video_tracks: MutNullableDom::default(),
            text_tracks: text_tracks.map(Dom::from_ref),
            counted: Counted::source_buffer(),
        }
    }

    pub(crate) fn new(
        cx: &mut JSContext,
        global: &GlobalScope,
        media_source: &MediaSource,
        id: SourceBufferId,
    ) -> DomRoot<Self> {
        let element = media_source.element_of_window();
        let text_tracks = element
            .map(|element| TextTrackList::of_source_buffer(cx, &element, global.as_window()));
        let this = Self::new_inherited(media_source, id, text_tracks.as_deref());
        reflect_dom_object(cx, Box::new(this), global)
    }

    pub(crate) fn id(&self) -> SourceBufferId {
        self.id
    }

    /// Handles that an audio track was enabled or disabled. The media element's list has told its own
    /// listeners.
    pub(crate) fn handle_audio_track_change(&self) {
        if let Some(list) = self.audio_tracks.get() {
            queue_change(&list.page(), list.upcast());
        }
    }

    /// Handles that a video track was selected or unselected. The media element's list has told its own
    /// listeners.
    pub(crate) fn handle_video_track_change(&self) {
        if let Some(list) = self.video_tracks.get() {
            queue_change(&list.page(), list.upcast());
        }
    }

    fn attributes(&self) -> Attributes {
        let attributes = self.media_source.core().attributes(self.id);
        attributes.unwrap_or(self.last_attributes.get())
    }

    /// Keeps the attributes when the core has removed this.
    pub(crate) fn set_last_attributes(&self, attributes: Attributes) {
        self.last_attributes.set(attributes);
    }

    /// Runs a command of the core on this SourceBuffer, then does what it says.
    fn command(
        &self,
        cx: &mut JSContext,
        command: impl FnOnce(&mut media_source::SourceBuffer<'_>) -> Result<(), Exception>,
    ) -> ErrorResult {
        self.media_source
            .command(cx, |core| command(&mut core.source_buffer(self.id)?))
    }
}

impl SourceBufferMethods<crate::DomTypeHolder> for SourceBuffer {
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    fn Mode(&self) -> AppendMode {
        match self.attributes().mode {
            CoreAppendMode::Segments => AppendMode::Segments,
            CoreAppendMode::Sequence => AppendMode::Sequence,
        }
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    fn SetMode(&self, cx: &mut JSContext, mode: AppendMode) -> ErrorResult {
        let mode = match mode {
            AppendMode::Segments => CoreAppendMode::Segments,
            AppendMode::Sequence => CoreAppendMode::Sequence,
        };
        self.command(cx, |buffer| buffer.set_mode(mode))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-updating>
    fn Updating(&self) -> bool {
        self.media_source.core().is_updating(self.id)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    fn GetBuffered(&self, cx: &mut JSContext) -> Fallible<DomRoot<TimeRanges>> {
        // Steps 1-4. The core throws, and intersects the track buffer ranges.
        let ranges = self
            .media_source
            .core()
            .buffered(self.id)
            .map_err(convert_exception)?;
        // Steps 5-6. Update the current value of this attribute, and return it.
        let global = self.global();
        Ok(self.buffered.current_value(cx, &global, ranges))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    fn TimestampOffset(&self) -> Finite<f64> {
        Finite::wrap(self.attributes().timestamp_offset)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    fn SetTimestampOffset(&self, cx: &mut JSContext, offset: Finite<f64>) -> ErrorResult {
        self.command(cx, |buffer| buffer.set_timestamp_offset(*offset))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-audiotracks>
    fn AudioTracks(&self, cx: &mut JSContext) -> DomRoot<AudioTrackList> {
        self.audio_tracks
            .or_init(|| AudioTrackList::new(cx, self.global().as_window(), &[], None))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-videotracks>
    fn VideoTracks(&self, cx: &mut JSContext) -> DomRoot<VideoTrackList> {
        self.video_tracks
            .or_init(|| VideoTrackList::new(cx, self.global().as_window(), &[], None))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-texttracks>
    fn TextTracks(&self) -> DomRoot<TextTrackList> {
        let text_tracks = self.text_tracks.as_ref();
        let text_tracks = text_tracks.expect("this attribute is not exposed in workers");
        text_tracks.as_rooted()
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>
    fn AppendWindowStart(&self) -> Finite<f64> {
        Finite::wrap(self.attributes().append_window_start)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>
    fn SetAppendWindowStart(&self, cx: &mut JSContext, start: Finite<f64>) -> ErrorResult {
        self.command(cx, |buffer| buffer.set_append_window_start(*start))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
    fn AppendWindowEnd(&self) -> f64 {
        self.attributes().append_window_end
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
    fn SetAppendWindowEnd(&self, cx: &mut JSContext, end: f64) -> ErrorResult {
        self.command(cx, |buffer| buffer.set_append_window_end(end))
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
    fn AppendBuffer(&self, cx: &mut JSContext, data: ArrayBufferViewOrArrayBuffer) -> ErrorResult {
        if is_resizable(&data) {
            return Err(Error::Type(c"the buffer may not be a resizable one".into()));
        }
        self.media_source.append_buffer(cx, self.id, &data)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
    fn Abort(&self, cx: &mut JSContext) -> ErrorResult {
        self.command(cx, |buffer| buffer.abort())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    fn ChangeType(&self, cx: &mut JSContext, type_: DOMString) -> ErrorResult {
        let command =
            |core: &mut media_source::MediaSource| core.change_type(self.id, &type_.str());
        self.media_source.command(cx, command)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-remove>
    fn Remove(&self, cx: &mut JSContext, start: Finite<f64>, end: f64) -> ErrorResult {
        self.command(cx, |buffer| buffer.remove(*start, end))
    }

    // https://w3c.github.io/media-source/#dom-sourcebuffer-onupdatestart
    event_handler!(updatestart, GetOnupdatestart, SetOnupdatestart);

    // https://w3c.github.io/media-source/#dom-sourcebuffer-onupdate
    event_handler!(update, GetOnupdate, SetOnupdate);

    // https://w3c.github.io/media-source/#dom-sourcebuffer-onupdateend
    event_handler!(updateend, GetOnupdateend, SetOnupdateend);

    // https://w3c.github.io/media-source/#dom-sourcebuffer-onerror
    event_handler!(error, GetOnerror, SetOnerror);

    // https://w3c.github.io/media-source/#dom-sourcebuffer-onabort
    event_handler!(abort, GetOnabort, SetOnabort);
}
