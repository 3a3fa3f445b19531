/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media element's side of Media Source Extensions.
//! <https://w3c.github.io/media-source/#htmlmediaelement-extensions>
#![warn(unused)]

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use js::context::JSContext;
use media_source::{
    ElementEffect, ElementError, ElementReadyState, ElementUpdate, ElementView, MediaTrack,
    MediaTrackId, PlayerEvent, VideoPlaybackQuality,
};
use script_bindings::cell::DomRefCell;
use servo_media::player::Player as ServoPlayer;
use servo_media::player::metadata::Metadata;

use super::{
    HTMLMediaElement, LoadState, MEDIA_ERR_DECODE, MEDIA_ERR_NETWORK, ReadyState, Resource,
    SrcObject,
};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::root::{Dom, DomRoot, MutNullableDom};
use crate::dom::html::htmlvideoelement::HTMLVideoElement;
use crate::dom::mse::attachment::{AttachedSource, AttachedWorkerSource};
use crate::dom::mse::buffered::Buffered;
use crate::dom::mse::mediasource::MediaSource;
use crate::dom::mse::mediasourcehandle::MediaSourceHandle;
use crate::dom::mse::player::{MediaSourcePlayback, MediaSourcePlayer};
use crate::dom::mse::{object_url, tracks};
use crate::dom::node::NodeTraits;
use crate::dom::timeranges::{TimeRanges, TimeRangesContainer};

/// The number of `progress` events after which missing frames are reported. It takes some seconds, in
/// which frames that were just about to come have come.
const FRUITLESS_PROGRESS: u32 = 12;

/// The part of a media element's state that belongs to Media Source Extensions.
#[derive(Default, JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(super) struct MediaSourceState {
    /// The MediaSource that the `src` attribute stood for when it was last changed. Its URL may have been
    /// revoked since.
    captured: MutNullableDom<MediaSource>,
    /// The MediaSource that the element is attached to.
    pub(super) attached: DomRefCell<Option<AttachedSource>>,
    /// The `buffered` attribute while the element is attached.
    buffered: Buffered,
    /// The player of the attached MediaSource.
    #[no_trace]
    #[ignore_malloc_size_of = "Shared with the element's player"]
    pub(super) player: RefCell<Option<Arc<Mutex<MediaSourcePlayer>>>>,
    /// Set while only the element itself keeps it alive.
    #[ignore_malloc_size_of = "A root"]
    pub(super) alive: RefCell<Option<Trusted<HTMLMediaElement>>>,
}

/// What a media resource is that the element attaches to.
enum MediaProvider {
    MediaSource(Trusted<MediaSource>),
    Handle(Trusted<MediaSourceHandle>),
}

impl HTMLMediaElement {
    /// Remembers the MediaSource that a new `src` attribute stands for.
    pub(super) fn mse_capture(&self, src: &str) {
        self.additions
            .mse
            .captured
            .set(object_url::resolve(&self.owner_global(), src).as_deref());
    }

    /// Begins the "local" mode of the resource fetch algorithm if the resource is a MediaSource or its
    /// handle.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub(super) fn mse_try_attach(&self, resource: &Resource) -> bool {
        let Some(provider) = self.mse_resolve(resource) else {
            return false;
        };
        let resource = match resource {
            Resource::Object => Resource::Object,
            Resource::Url(url) => Resource::Url(url.clone()),
        };
        self.mse_queue_task(move |this, cx| this.mse_attach(cx, &provider, &resource));
        true
    }

    /// Queues a task on the media element task source that does nothing once the load algorithm has
    /// run again.
    pub(super) fn mse_queue_task(
        &self,
        steps: impl FnOnce(&Self, &mut JSContext) + Send + 'static,
    ) {
        let this = Trusted::new(self);
        let generation_id = self.generation_id.get();
        self.owner_global()
            .task_manager()
            .media_element_task_source()
            .queue(task!(media_source_steps: move |cx| {
                let this = this.root();
                if generation_id == this.generation_id.get() {
                    steps(&this, cx);
                }
            }));
    }

    fn mse_resolve(&self, resource: &Resource) -> Option<MediaProvider> {
        let media_source = match (resource, self.load_state.get()) {
            (Resource::Object, _) => match &*self.src_object.borrow() {
                Some(SrcObject::MediaSource(media_source)) => media_source.as_rooted(),
                Some(SrcObject::MediaSourceHandle(handle)) => {
                    return Some(MediaProvider::Handle(Trusted::new(&**handle)));
                },
                _ => return None,
            },
            (Resource::Url(_), LoadState::LoadingFromSrcAttribute) => {
                self.additions.mse.captured.get()?
            },
            (Resource::Url(url), _) => object_url::resolve(&self.owner_global(), url.as_str())?,
        };
        Some(MediaProvider::MediaSource(Trusted::new(&*media_source)))
    }

    /// <https://w3c.github.io/media-source/#mediasource-attach>
    fn mse_attach(&self, cx: &mut JSContext, provider: &MediaProvider, resource: &Resource) {
        // If the MediaSource cannot be attached: run the "If the media data cannot be fetched at all"
        // steps of the resource fetch algorithm's media data processing steps list.
        let Some(attached) = self.mse_attached_source(cx, provider) else {
            self.media_data_processing_failure_steps(cx);
            return;
        };
        self.mse_follow_page();
        *self.additions.mse.attached.borrow_mut() = Some(attached);
        // Otherwise: set the media element's delaying-the-load-event-flag to false.
        self.delay_load_event(false, cx);
        if self.create_media_player(resource).is_err() {
            self.media_data_processing_failure_steps(cx);
        } else if let Some(AttachedSource::InWorker(attached)) =
            &*self.additions.mse.attached.borrow() &&
            let Some(tasks) = self.element_tasks()
        {
            attached.attach(tasks);
        }
    }

    /// Returns the MediaSource to attach to. That of a window is open then; that of a worker opens when it
    /// is told to.
    fn mse_attached_source(
        &self,
        cx: &mut JSContext,
        provider: &MediaProvider,
    ) -> Option<AttachedSource> {
        match provider {
            MediaProvider::MediaSource(media_source) => {
                let media_source = media_source.root();
                let is_open = media_source.attach(cx, self);
                is_open.then(|| AttachedSource::InWindow(Dom::from_ref(&media_source)))
            },
            MediaProvider::Handle(handle) => {
                let attached = AttachedWorkerSource::new(handle.root().source_to_attach()?);
                Some(AttachedSource::InWorker(attached))
            },
        }
    }

    /// <https://w3c.github.io/media-source/#mediasource-detach>
    pub(super) fn mse_detach(&self, cx: &mut JSContext) {
        *self.additions.mse.alive.borrow_mut() = None;
        *self.additions.mse.player.borrow_mut() = None;
        if let Some(media_source) = self.mse_source_in_window() {
            media_source.detach(cx);
        } else if self.mse_is_attached() {
            tracks::forget_tracks(cx, self);
        }
        // (A worker's MediaSource is detached when this is dropped.)
        *self.additions.mse.attached.borrow_mut() = None;
    }

    pub(super) fn mse_is_attached(&self) -> bool {
        self.additions.mse.attached.borrow().is_some()
    }

    /// The MediaSource that it is attached to, if it is one of this thread.
    fn mse_source_in_window(&self) -> Option<DomRoot<MediaSource>> {
        self.additions.mse.attached.borrow().as_ref()?.in_window()
    }

    fn mse_view(&self) -> Option<ElementView> {
        Some(self.additions.mse.attached.borrow().as_ref()?.view())
    }

    /// Makes the player of the attached MediaSource, if there is one, in place of one of Servo's backend.
    pub(super) fn mse_create_player(&self) -> Result<Option<Arc<Mutex<dyn ServoPlayer>>>, ()> {
        if !self.mse_is_attached() {
            return Ok(None);
        }
        let tasks = self.element_tasks().ok_or(())?;
        let listener = move |event| {
            tasks.queue(move |element, cx| element.mse_handle_player_event(cx, event));
        };
        let view = self.mse_view().ok_or(())?;
        // An audio element shows nothing.
        let renderer = self
            .is::<HTMLVideoElement>()
            .then(|| self.renderer_of_media_resource());
        let player =
            MediaSourcePlayback::new_player(view, renderer, listener).map_err(|error| {
                error!("Could not create the player of a media source: {error}");
            })?;
        player
            .element()
            .player()
            .set_preserves_pitch(!self.additions.lets_pitch_change.get());
        let player = Arc::new(Mutex::new(player));
        *self.additions.mse.player.borrow_mut() = Some(player.clone());
        Ok(Some(player))
    }

    fn mse_handle_player_event(&self, cx: &mut JSContext, event: PlayerEvent) {
        self.mse_with_player(|player| player.element().handle_player_event(event));
        self.mse_apply_updates(cx);
    }

    /// Handles what the attached MediaSource tells the element. A worker may tell it something after it was
    /// detached.
    pub(crate) fn mse_handle_effect(&self, cx: &mut JSContext, effect: ElementEffect) {
        if !self.mse_is_attached() {
            return;
        }
        let source_buffer = |track: &MediaTrack| {
            let media_source = self.mse_source_in_window()?;
            media_source.source_buffer(track.source_buffer)
        };
        match &effect {
            ElementEffect::TrackAdded(track) => {
                tracks::add_track(cx, self, source_buffer(track).as_deref(), track);
            },
            ElementEffect::TrackRemoved(track) => {
                tracks::remove_track(cx, self, source_buffer(track).as_deref(), track);
            },
            _ => {
                self.mse_with_player(|player| player.element().handle_effect(effect));
                self.mse_apply_updates(cx);
            },
        }
    }

    /// Handles that the worker of the attached MediaSource has ended.
    pub(crate) fn mse_handle_source_gone(&self, cx: &mut JSContext) {
        self.mse_with_player(|player| player.element().handle_source_gone());
        self.mse_apply_updates(cx);
    }

    /// Applies what has changed since the last call.
    pub(super) fn mse_apply_updates(&self, cx: &mut JSContext) {
        while let Some(update) = self
            .mse_with_player(|player| player.element().poll_update())
            .flatten()
        {
            match update {
                ElementUpdate::Duration(duration) => {
                    // (As `playback_duration_changed`, which takes no infinity and no fraction.)
                    self.duration.set(duration);
                    self.queue_media_element_task_to_fire_event(atom!("durationchange"));
                },
                ElementUpdate::Metadata { width, height } => self.mse_metadata(cx, width, height),
                ElementUpdate::ReadyState(state) => {
                    self.change_ready_state(cx, convert_ready_state(state));
                },
                ElementUpdate::Position(position) => {
                    self.playback_position_changed(cx, position.seconds());
                },
                ElementUpdate::Seek(target) => {
                    self.seek(target, /* approximate_for_speed */ false);
                },
                ElementUpdate::Seeked(_) => {
                    self.playback_seek_done(cx, self.current_seek_position.get());
                    // The steps after a stable state call this again.
                    if self.seeking.get() {
                        return;
                    }
                },
                ElementUpdate::VideoFrame => self.playback_video_frame_updated(cx.no_gc()),
                ElementUpdate::Ended => self.end_of_playback_in_forwards_direction(cx),
                ElementUpdate::Failed(error) => self.mse_fail(cx, error),
                _ => unreachable!("these are all"),
            }
        }
    }

    /// Says on the console why the bytes that were appended for a while are not enough, if they are not.
    pub(super) fn mse_explain_progress(&self, cx: &mut JSContext) {
        let count = &self.additions.fruitless_progress_count;
        if self.ready_state.get() != ReadyState::HaveMetadata || self.seeking.get() {
            count.set(0);
            return;
        }
        count.update(|count| count + 1);
        if count.get() == FRUITLESS_PROGRESS &&
            let Some(attached) = &*self.additions.mse.attached.borrow()
        {
            attached.tell_missing_frames(cx);
        }
    }

    /// Tells the attached MediaSource that the track was enabled or disabled. Returns whether the track is
    /// one of the MediaSource.
    pub(super) fn mse_set_audio_track(&self, index: usize, is_enabled: bool) -> bool {
        let list = self.audio_tracks_list.get();
        let Some(track) = list.and_then(|list| list.item(index)) else {
            return false;
        };
        let is_ours = self.mse_set_track(track.media_source_track().id(), is_enabled);
        if let Some(source_buffer) = track.media_source_track().source_buffer() {
            source_buffer.handle_audio_track_change();
        }
        is_ours
    }

    /// Tells the attached MediaSource that the track was selected or unselected. Returns whether the track is
    /// one of the MediaSource.
    pub(super) fn mse_set_video_track(&self, index: usize, is_selected: bool) -> bool {
        let list = self.video_tracks_list.get();
        let Some(track) = list.and_then(|list| list.item(index)) else {
            return false;
        };
        let is_ours = self.mse_set_track(track.media_source_track().id(), is_selected);
        if let Some(source_buffer) = track.media_source_track().source_buffer() {
            source_buffer.handle_video_track_change();
        }
        is_ours
    }

    /// Tells the attached MediaSource that a track was enabled or disabled. Returns whether the track is one
    /// of the MediaSource.
    /// <https://w3c.github.io/media-source/#active-source-buffer-changes>
    pub(crate) fn mse_set_track(&self, track: Option<MediaTrackId>, is_enabled: bool) -> bool {
        let attached = self.additions.mse.attached.borrow();
        let (Some(track), Some(attached)) = (track, &*attached) else {
            return false;
        };
        attached.handle_track_change(track, is_enabled);
        true
    }

    pub(super) fn mse_playback_quality(&self) -> Option<VideoPlaybackQuality> {
        self.mse_with_player(|player| player.element().player().frame_counts())
    }

    pub(super) fn mse_with_player<T>(
        &self,
        use_player: impl FnOnce(&MediaSourcePlayer) -> T,
    ) -> Option<T> {
        let player = self.additions.mse.player.borrow();
        player
            .as_ref()
            .map(|player| use_player(&player.lock().unwrap()))
    }

    fn mse_fail(&self, cx: &mut JSContext, error: ElementError) {
        match error {
            ElementError::Network => {
                let message = "the page has ended the stream with a network error";
                self.mse_fail_with(cx, MEDIA_ERR_NETWORK, message);
            },
            ElementError::Decode { message, .. } => {
                self.mse_fail_with(cx, MEDIA_ERR_DECODE, &message);
            },
        }
    }

    /// Fails the element, because the media cannot be played any further.
    pub(super) fn mse_fail_with(&self, cx: &mut JSContext, code: u16, message: &str) {
        self.set_error_message(message);
        // If readyState equals HAVE_NOTHING: run the "cannot be fetched at all" or "found by
        // inspection to be in an unsupported format" steps.
        if self.ready_state.get() == ReadyState::HaveNothing {
            self.media_data_processing_failure_steps(cx);
            self.mse_detach(cx);
            return;
        }
        // Otherwise: run the "connection is interrupted" or "media data is corrupted" steps.
        self.media_data_processing_fatal_steps(code, cx);
    }

    /// Tells the element that the metadata are there, with the size of the video.
    fn mse_metadata(&self, cx: &mut JSContext, width: u32, height: u32) {
        let metadata = Metadata {
            duration: None,
            width,
            height,
            format: String::new(),
            is_seekable: true,
            // The track objects are there already, so none are made from these.
            video_tracks: Vec::new(),
            audio_tracks: Vec::new(),
            is_live: false,
            title: None,
        };
        self.playback_metadata_updated(cx, &metadata);
    }

    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub(super) fn mse_buffered(&self, cx: &mut JSContext) -> Option<DomRoot<TimeRanges>> {
        let ranges = self.mse_view()?.buffered();
        let global = self.owner_global();
        let buffered = &self.additions.mse.buffered;
        Some(buffered.current_value(cx, &global, ranges))
    }

    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>
    pub(super) fn mse_seekable(&self) -> Option<TimeRangesContainer> {
        let view = self.mse_view()?;
        let mut seekable = TimeRangesContainer::default();
        if let Some((start, end)) = view.seekable() {
            seekable
                .add(start, end)
                .expect("the core's range ends after it starts");
        }
        Some(seekable)
    }
}

fn convert_ready_state(state: ElementReadyState) -> ReadyState {
    match state {
        ElementReadyState::HaveNothing => ReadyState::HaveNothing,
        ElementReadyState::HaveMetadata => ReadyState::HaveMetadata,
        ElementReadyState::HaveCurrentData => ReadyState::HaveCurrentData,
        ElementReadyState::HaveFutureData => ReadyState::HaveFutureData,
        ElementReadyState::HaveEnoughData => ReadyState::HaveEnoughData,
    }
}
