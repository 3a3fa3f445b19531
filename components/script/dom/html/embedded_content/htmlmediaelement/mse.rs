/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media element's side of Media Source Extensions.
//! <https://w3c.github.io/media-source/#htmlmediaelement-extensions>
#![warn(unused)]

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use js::context::JSContext;
use media_gstreamer::PlayerEvent;
use media_source::ElementReadyState;
use media_source::effect::{ElementEffect, ElementError};
use media_source::element::ElementState as CoreElementState;
use media_source::playback_quality::{VideoFrameCounter, VideoPlaybackQuality};
use servo_media::player::metadata::Metadata;
use servo_media::player::video::VideoFrameRenderer;
use track_buffer::time::PresentationTime;

use super::frame_callbacks::FrameCallbacks;
use super::player_tasks::PlayerTasks;
use super::{
    HTMLMediaElement, LoadState, MEDIA_ERR_DECODE, MEDIA_ERR_NETWORK, ReadyState, Resource,
    SrcObject,
};
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::root::{DomRoot, MutNullableDom};
use crate::dom::element::Element;
use crate::dom::mse::buffered::Buffered;
use crate::dom::mse::mediasource::MediaSource;
use crate::dom::mse::object_url;
use crate::dom::mse::player::MediaSourcePlayer;
use crate::dom::node::NodeTraits;
use crate::dom::timeranges::{TimeRanges, TimeRangesContainer};

/// After so many `progress` events, which is some seconds, what is missing is not just about to come.
const FRUITLESS_PROGRESS: u32 = 12;

/// What a media element keeps besides Servo's own fields: for Media Source Extensions, and for
/// `amendments`, `cues`, `frame_callbacks`, `media_resource` and `player_tasks`.
#[derive(Default, JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(super) struct ElementState {
    /// What the `src` attribute stood for when it was last changed: its URL may be revoked since.
    captured: MutNullableDom<MediaSource>,
    /// The MediaSource that the element is attached to.
    pub(super) attached: MutNullableDom<MediaSource>,
    /// While it is attached.
    buffered: Buffered,
    #[no_trace]
    #[ignore_malloc_size_of = "Shared with the element's player"]
    pub(super) player: RefCell<Option<Arc<Mutex<MediaSourcePlayer>>>>,
    #[no_trace]
    #[ignore_malloc_size_of = "Shared with the element's player"]
    pub(super) player_tasks: RefCell<Option<PlayerTasks>>,
    /// Set while only the element itself keeps it alive.
    #[ignore_malloc_size_of = "A root"]
    pub(super) alive: RefCell<Option<Trusted<HTMLMediaElement>>>,
    /// Whether the first frame since the start or the last seek is decoded.
    has_first_frame: Cell<bool>,
    /// Whether the steps of reaching the end have run since the last seek.
    pub(super) has_reached_the_end: Cell<bool>,
    /// `preservesPitch` is false.
    pub(super) lets_pitch_change: Cell<bool>,
    /// Whether there are controls on the element.
    pub(super) has_controls: Cell<bool>,
    /// What shows the text tracks' cues.
    pub(super) cues: MutNullableDom<Element>,
    /// Of `requestVideoFrameCallback()`.
    pub(super) frame_callbacks: FrameCallbacks,
    /// Whether a `progress` event waits until it is due.
    pub(super) is_progress_pending: Cell<bool>,
    /// How many were fired without a frame to show or to play.
    pub(super) fruitless_progress_count: Cell<u32>,
    /// When the player of a file told the position, or began to play.
    #[ignore_malloc_size_of = "Defined in std::time"]
    pub(super) position_told: Cell<Option<(f64, Instant)>>,
    /// Whether a timer runs for the next position between.
    pub(super) is_estimating: Cell<bool>,
    /// The `message` of the next MediaError.
    pub(super) error_message: RefCell<String>,
    /// Of this media resource, also where it is no MediaSource.
    #[no_trace]
    #[ignore_malloc_size_of = "Three numbers"]
    pub(super) frames: RefCell<VideoFrameCounter>,
    /// Lives as long as the media resource is the element's.
    #[no_trace]
    #[ignore_malloc_size_of = "Nothing is in it"]
    pub(super) media_resource: RefCell<Arc<()>>,
    /// Whether some of the media resource's data are CORS-cross-origin.
    pub(super) is_tainted: Cell<bool>,
}

impl HTMLMediaElement {
    /// Remembers the MediaSource that a new `src` attribute stands for.
    pub(super) fn mse_capture(&self, src: &str) {
        self.mse
            .captured
            .set(object_url::resolve(&self.owner_global(), src).as_deref());
    }

    /// Begins the "local" mode of the resource fetch algorithm if the resource is a MediaSource.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub(super) fn mse_try_attach(&self, resource: &Resource) -> bool {
        let Some(media_source) = self.mse_resolve(resource) else {
            return false;
        };
        let resource = match resource {
            Resource::Object => Resource::Object,
            Resource::Url(url) => Resource::Url(url.clone()),
        };
        let media_source = Trusted::new(&*media_source);
        self.mse_queue_task(move |this, cx| {
            this.mse_attach(cx, &media_source.root(), &resource);
        });
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

    fn mse_resolve(&self, resource: &Resource) -> Option<DomRoot<MediaSource>> {
        match (resource, self.load_state.get()) {
            (Resource::Object, _) => match &*self.src_object.borrow() {
                Some(SrcObject::MediaSource(media_source)) => Some(media_source.as_rooted()),
                _ => None,
            },
            (Resource::Url(_), LoadState::LoadingFromSrcAttribute) => self.mse.captured.get(),
            (Resource::Url(url), _) => object_url::resolve(&self.owner_global(), url.as_str()),
        }
    }

    fn mse_attach(&self, cx: &mut JSContext, media_source: &MediaSource, resource: &Resource) {
        // If readyState is not set to "closed": run the "If the media data cannot be fetched at
        // all" steps of the resource fetch algorithm's media data processing steps list.
        if !media_source.attach(cx, self) {
            self.media_data_processing_failure_steps(cx);
            return;
        }
        self.mse_follow_page();
        self.mse.attached.set(Some(media_source));
        // Otherwise: set the media element's delaying-the-load-event-flag to false.
        self.delay_load_event(false, cx);
        self.mse.has_first_frame.set(false);
        if self.create_media_player(resource).is_err() {
            self.media_data_processing_failure_steps(cx);
        }
    }

    /// <https://w3c.github.io/media-source/#mediasource-detach>
    pub(super) fn mse_detach(&self, cx: &mut JSContext) {
        *self.mse.alive.borrow_mut() = None;
        *self.mse.player.borrow_mut() = None;
        if let Some(media_source) = self.mse.attached.take() {
            media_source.detach(cx);
        }
    }

    pub(super) fn mse_is_attached(&self) -> bool {
        self.mse.attached.get().is_some()
    }

    /// What a command must know of the element.
    pub(crate) fn mse_element_state(&self) -> CoreElementState {
        CoreElementState {
            has_error: self.error.get().is_some(),
            position: PresentationTime::from_seconds(self.current_playback_position.get()),
        }
    }

    /// The player of the attached MediaSource, in place of one of the backend's.
    pub(super) fn mse_create_player(
        &self,
        renderer: Option<Arc<Mutex<dyn VideoFrameRenderer>>>,
        tasks: PlayerTasks,
    ) -> Result<Arc<Mutex<MediaSourcePlayer>>, ()> {
        let handler = self
            .event_handler
            .borrow()
            .as_ref()
            .map(Arc::downgrade)
            .ok_or(())?;
        let listener = move |event| {
            let handler = handler.clone();
            tasks.queue(move |cx| {
                // The handler is gone, and a new one made, once another player is.
                let element = handler
                    .upgrade()
                    .and_then(|handler| handler.lock().unwrap().element.root());
                if let Some(element) = element {
                    element.mse_handle_player_event(cx, event);
                }
            });
        };
        let player = MediaSourcePlayer::new(renderer, listener).map_err(|error| {
            error!("Could not create the player of a media source: {error}");
        })?;
        player.set_preserves_pitch(!self.mse.lets_pitch_change.get());
        let player = Arc::new(Mutex::new(player));
        *self.mse.player.borrow_mut() = Some(player.clone());
        Ok(player)
    }

    fn mse_handle_player_event(&self, cx: &mut JSContext, event: PlayerEvent) {
        match event {
            PlayerEvent::Prerolled => {
                self.mse.has_first_frame.set(true);
                self.mse_monitor(cx);
            },
            PlayerEvent::Starved => self.mse_monitor(cx),
            PlayerEvent::Position(position) => {
                // The player says itself when the end is reached: until then it is not.
                if position.seconds() < self.duration.get() {
                    self.mse.has_reached_the_end.set(false);
                    self.playback_position_changed(cx, position.seconds());
                    self.mse_monitor(cx);
                }
            },
            PlayerEvent::SeekDone { id, position } => {
                let is_current = self.mse_with_player(|player| player.is_current_seek(id));
                if is_current == Some(true) {
                    self.mse.has_first_frame.set(true);
                    self.playback_seek_done(cx, position.seconds());
                }
            },
            PlayerEvent::VideoFrameUpdated => self.playback_video_frame_updated(cx.no_gc()),
            PlayerEvent::EndOfStream => self.playback_end(cx),
            PlayerEvent::Error(error) => self.playback_error(&error.to_string(), cx),
        }
    }

    /// Does what the attached MediaSource says.
    pub(crate) fn mse_apply(&self, cx: &mut JSContext, effect: ElementEffect) {
        match effect {
            ElementEffect::DurationChanged(duration) => self.mse_set_duration(duration),
            // The MediaSource has done it: only it knows the SourceBuffer's object.
            ElementEffect::TrackAdded(_) | ElementEffect::TrackRemoved(_) => {},
            ElementEffect::PlayableTracksChanged => {
                let Some(media_source) = self.mse.attached.get() else {
                    return;
                };
                let readers = media_source.core().track_readers();
                self.mse_with_player(|player| player.set_tracks(readers));
                self.mse_monitor(cx);
            },
            ElementEffect::BufferedChanged => {
                self.mse_with_player(MediaSourcePlayer::data_changed);
                self.mse_monitor(cx);
            },
            ElementEffect::Failed(error) => self.mse_fail(cx, error),
        }
    }

    /// Bytes of the MediaSource have come for a while. Says why that is not enough, if it is not.
    pub(super) fn mse_explain_progress(&self, cx: &mut JSContext) {
        let count = &self.mse.fruitless_progress_count;
        if self.ready_state.get() != ReadyState::HaveMetadata || self.seeking.get() {
            count.set(0);
            return;
        }
        count.update(|count| count + 1);
        if count.get() == FRUITLESS_PROGRESS &&
            let Some(media_source) = self.mse.attached.get()
        {
            media_source.tell_missing_frames(cx);
        }
    }

    /// Whether the track is one of the attached MediaSource's, which then knows.
    pub(super) fn mse_set_audio_track(&self, index: usize, is_enabled: bool) -> bool {
        let list = self.audio_tracks_list.get();
        let track = list.and_then(|list| list.item(index));
        let Some((track, source_buffer)) =
            track.and_then(|track| Some((track.id(), track.source_buffer()?)))
        else {
            return false;
        };
        source_buffer.handle_audio_track_change(&track, is_enabled);
        true
    }

    /// As of an audio track.
    pub(super) fn mse_set_video_track(&self, index: usize, is_selected: bool) -> bool {
        let list = self.video_tracks_list.get();
        let track = list.and_then(|list| list.item(index));
        let Some((track, source_buffer)) =
            track.and_then(|track| Some((track.id(), track.source_buffer()?)))
        else {
            return false;
        };
        source_buffer.handle_video_track_change(&track, is_selected);
        true
    }

    pub(super) fn mse_playback_quality(&self) -> Option<VideoPlaybackQuality> {
        self.mse_with_player(MediaSourcePlayer::frame_counts)
    }

    pub(super) fn mse_with_player<T>(
        &self,
        use_player: impl FnOnce(&MediaSourcePlayer) -> T,
    ) -> Option<T> {
        let player = self.mse.player.borrow();
        player
            .as_ref()
            .map(|player| use_player(&player.lock().unwrap()))
    }

    /// As `playback_duration_changed`, which takes a duration that has no exact seconds.
    fn mse_set_duration(&self, duration: f64) {
        self.duration.set(duration);
        self.queue_media_element_task_to_fire_event(atom!("durationchange"));
        if self.current_playback_position.get() > duration {
            self.seek(duration, /* approximate_for_speed */ false);
        }
    }

    fn mse_fail(&self, cx: &mut JSContext, error: ElementError) {
        match error {
            ElementError::Network => {
                let message = "the page has ended the stream with a network error";
                self.mse_fail_with(cx, MEDIA_ERR_NETWORK, message);
            },
            ElementError::Decode(message) => self.mse_fail_with(cx, MEDIA_ERR_DECODE, &message),
        }
    }

    /// The media cannot be played any further.
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

    /// <https://w3c.github.io/media-source/#buffer-monitoring>
    pub(super) fn mse_monitor(&self, cx: &mut JSContext) {
        let Some(media_source) = self.mse.attached.get() else {
            return;
        };
        let mut allowed = self.mse_allowed_ready_state(&media_source);
        let current = self.ready_state.get();
        if allowed >= ReadyState::HaveMetadata && current == ReadyState::HaveNothing {
            self.mse_metadata(cx, &media_source);
        }
        // Buffered data alone let nothing be shown or heard: the frame at the playback position
        // has to be decoded before the readyState rises.
        let may_rise = self.mse.has_first_frame.get() && !self.seeking.get();
        if !may_rise && allowed > ReadyState::HaveMetadata && allowed > current {
            allowed = self.ready_state.get();
        }
        if allowed != self.ready_state.get() {
            self.change_ready_state(cx, allowed);
        }
    }

    fn mse_allowed_ready_state(&self, media_source: &MediaSource) -> ReadyState {
        let position = self.current_playback_position.get();
        let allowed = media_source
            .core()
            .element_ready_state(PresentationTime::from_seconds(position));
        match allowed {
            ElementReadyState::HaveNothing => ReadyState::HaveNothing,
            ElementReadyState::HaveMetadata => ReadyState::HaveMetadata,
            // There is no future data at the end of the media resource.
            _ if position >= self.duration.get() => ReadyState::HaveCurrentData,
            ElementReadyState::HaveCurrentData => ReadyState::HaveCurrentData,
            ElementReadyState::HaveFutureData => ReadyState::HaveFutureData,
            ElementReadyState::HaveEnoughData => ReadyState::HaveEnoughData,
        }
    }

    /// The element learns of the size of the video and that it has metadata.
    fn mse_metadata(&self, cx: &mut JSContext, media_source: &MediaSource) {
        let (width, height) = media_source.core().natural_size().unwrap_or_default();
        let metadata = Metadata {
            duration: None,
            width,
            height,
            format: String::new(),
            is_seekable: true,
            // Its track objects are there already: these are none to make.
            video_tracks: Vec::new(),
            audio_tracks: Vec::new(),
            is_live: false,
            title: None,
        };
        self.playback_metadata_updated(cx, &metadata);
    }

    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub(super) fn mse_buffered(&self, cx: &mut JSContext) -> Option<DomRoot<TimeRanges>> {
        let ranges = self.mse.attached.get()?.core().element_buffered();
        Some(
            self.mse
                .buffered
                .current_value(cx, &self.owner_window(), ranges),
        )
    }

    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>
    pub(super) fn mse_seekable(&self) -> Option<TimeRangesContainer> {
        let media_source = self.mse.attached.get()?;
        let mut seekable = TimeRangesContainer::default();
        if let Some((start, end)) = media_source.core().element_seekable() {
            seekable
                .add(start, end)
                .expect("the core's range ends after it starts");
        }
        Some(seekable)
    }
}
