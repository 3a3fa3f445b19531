/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A media element that plays a MediaStream.
//! <https://w3c.github.io/mediacapture-main/#mediastreams-in-media-elements>
#![warn(unused)]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use js::context::JSContext;
use media_source::VideoPlaybackQuality;
use media_stream::{EndedPlayback, Feed, Kind, PlaybackChange, StreamPlayer, StreamPlayerEvent};
use script_bindings::codegen::GenericBindings::HTMLMediaElementBinding::HTMLMediaElementMethods;
use script_bindings::codegen::GenericBindings::MediaStreamBinding::MediaStreamMethods;
use script_bindings::root::DomRoot;
use servo_base::id::PipelineId;
use servo_media::player::Player as ServoPlayer;
use servo_media::player::metadata::Metadata;

use super::element_list::ElementList;
use super::element_player::{ElementPlayer, Playback, ShownFrame};
use super::{HTMLMediaElement, MEDIA_ERR_DECODE, ReadyState, SrcObject};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::str::DOMString;
use crate::dom::capture::platform;
use crate::dom::html::htmlvideoelement::HTMLVideoElement;
use crate::dom::mediastream::MediaStream;
use crate::dom::node::NodeTraits;
use crate::dom::timeranges::TimeRangesContainer;

thread_local! {
    /// The elements of this thread that play a stream.
    static PLAYING: ElementList = const { ElementList::new() };
}

/// The part of a media element's state that belongs to a stream.
#[derive(Default, JSTraceable, MallocSizeOf)]
pub(super) struct StreamState {
    #[no_trace]
    #[ignore_malloc_size_of = "Shared with the element's player"]
    player: RefCell<Option<Arc<Mutex<ElementPlayer<StreamPlayback>>>>>,
    /// What the player plays.
    #[no_trace]
    #[ignore_malloc_size_of = "Of the backend"]
    played: RefCell<Feeds>,
    #[no_trace]
    #[ignore_malloc_size_of = "Two flags"]
    ended: Cell<EndedPlayback>,
    /// Whether a script that is running must not see yet that playback has ended.
    hides_end: Cell<bool>,
    /// Set while only the element itself keeps it alive.
    #[ignore_malloc_size_of = "A root"]
    alive: RefCell<Option<Trusted<HTMLMediaElement>>>,
}

/// The media of the tracks that an element plays.
#[derive(Default)]
struct Feeds {
    video: Option<Arc<dyn Feed>>,
    audio: Vec<Arc<dyn Feed>>,
}

impl PartialEq for Feeds {
    fn eq(&self, other: &Self) -> bool {
        // A feed is one of pictures or of sound for ever.
        let addresses = |feeds: &Self| -> Vec<_> {
            let feeds = feeds.video.iter().chain(&feeds.audio);
            feeds.map(|feed| Arc::as_ptr(feed).addr()).collect()
        };
        addresses(self) == addresses(other)
    }
}

/// A player of the tracks of a stream.
pub(super) struct StreamPlayback {
    player: Box<dyn StreamPlayer>,
    is_playing: AtomicBool,
}

impl Playback for StreamPlayback {
    fn play(&self) {
        self.is_playing.store(true, Ordering::Relaxed);
        self.player.play();
    }

    fn pause(&self) {
        self.is_playing.store(false, Ordering::Relaxed);
        self.player.pause();
    }

    fn is_playing(&self) -> bool {
        self.is_playing.load(Ordering::Relaxed)
    }

    // A stream is not seekable, and always played at the rate at which it comes.
    fn seek(&self, _: f64) {}

    fn set_rate(&self, _: f64) {}

    fn set_muted(&self, is_muted: bool) {
        self.player.set_muted(is_muted);
    }

    fn set_volume(&self, volume: f64) {
        self.player.set_volume(volume);
    }

    // The captures of a page end when it is left.
    fn suspend(&self) {}

    fn resume(&self) {}
}

/// Lets the elements of this thread look at their streams again, because a track has come, gone or ended.
pub(crate) fn handle_change(cx: &mut JSContext) {
    for element in PLAYING.with(ElementList::elements) {
        element.stream_handle_change(cx);
    }
}

/// Handles that a page is gone for good: its elements play nothing more.
pub(crate) fn end(page: PipelineId) {
    for element in PLAYING.with(ElementList::elements) {
        if element.owner_window().pipeline_id() == page {
            element.stream_forget();
            *element.player.borrow_mut() = None;
            element.forget_frames();
        }
    }
}

impl HTMLMediaElement {
    /// The stream that is the element's assigned media provider object.
    pub(super) fn stream(&self) -> Option<DomRoot<MediaStream>> {
        match &*self.src_object.borrow() {
            Some(SrcObject::MediaStream(stream)) => Some(stream.as_rooted()),
            _ => None,
        }
    }

    /// Whether the element plays a stream that is captured. Those of Servo's own backend are played by that.
    pub(super) fn plays_captured_stream(&self) -> bool {
        self.stream().is_some_and(|stream| {
            let tracks = stream.get_tracks();
            tracks.is_empty() || tracks.iter().any(|track| track.servo_id().is_none())
        })
    }

    /// Begins to play a captured stream, if that is the media resource.
    pub(super) fn stream_try_play(&self) -> bool {
        let is_played = self.additions.stream.player.borrow().is_some();
        if is_played {
            PLAYING.with(|playing| playing.add(self, |_| true));
            self.mse_queue_task(|this, cx| {
                // Nothing of a stream is preloaded, and its first frame may never come.
                this.delay_load_event(false, cx);
                this.stream_handle_change(cx);
            });
        }
        is_played
    }

    /// Makes the player of a captured stream; `None` if the media resource is no such thing.
    pub(super) fn stream_create_player(&self) -> Result<Option<Arc<Mutex<dyn ServoPlayer>>>, ()> {
        if !self.plays_captured_stream() {
            return Ok(None);
        }
        let tasks = self.element_tasks().ok_or(())?;
        let listener = move |event| {
            tasks.queue(move |element, cx| element.stream_handle_player_event(cx, event));
        };
        let is_video = self.is::<HTMLVideoElement>();
        let renderer = is_video.then(|| self.renderer_of_media_resource());
        let player = ElementPlayer::new(renderer, |renderer| {
            let renderer = is_video.then(|| Box::new(renderer) as Box<_>);
            let player = platform::backend().create_player(renderer, Box::new(listener));
            Ok(StreamPlayback {
                player: player.map_err(|error| error.to_string())?,
                is_playing: AtomicBool::new(false),
            })
        });
        let player = player.map_err(|error| {
            error!("Could not create the player of a stream: {error}");
        })?;
        let player = Arc::new(Mutex::new(player));
        *self.additions.stream.player.borrow_mut() = Some(player.clone());
        Ok(Some(player))
    }

    /// Keeps an element alive that plays a stream without being in a document.
    pub(super) fn stream_keep_alive(&self) {
        let is_playing = self.stream_has_ended() == Some(false);
        *self.additions.stream.alive.borrow_mut() = self.root_while_playing_alone(is_playing);
    }

    /// Forgets the stream, because the element gets another media resource or none.
    pub(super) fn stream_forget(&self) {
        let state = &self.additions.stream;
        state.alive.take();
        state.player.take();
        state.played.take();
        state.ended.take();
        state.hides_end.set(false);
    }

    pub(super) fn stream_shown_frame(&self) -> Option<ShownFrame> {
        self.stream_with_player(|player| player.shown_frame())?
    }

    pub(super) fn stream_playback_quality(&self) -> Option<VideoPlaybackQuality> {
        self.stream_with_player(|player| player.player.frame_counts())
    }

    fn stream_with_player<T>(
        &self,
        use_player: impl FnOnce(&ElementPlayer<StreamPlayback>) -> T,
    ) -> Option<T> {
        let player = self.additions.stream.player.borrow();
        let player = player.as_ref();
        player.map(|player| use_player(&player.lock().unwrap()))
    }

    fn stream_handle_change(&self, cx: &mut JSContext) {
        match self.stream_update(cx) {
            Some(PlaybackChange::Ended) if self.ready_state.get() >= ReadyState::HaveMetadata => {
                let position = self.current_playback_position.get();
                self.playback_duration_changed(Some(Duration::from_secs_f64(position)));
                // The ended attribute starts returning true once the event loop returns to step 1.
                self.mse_queue_task(|this, _| this.additions.stream.hides_end.set(false));
                self.end_of_playback_in_forwards_direction(cx);
                self.additions.stream.hides_end.set(true);
            },
            Some(PlaybackChange::Resumed) => self.stream_resume(cx),
            _ => {},
        }
    }

    /// Plays what is in the stream now. Returns what that means for playback.
    fn stream_update(&self, cx: &mut JSContext) -> Option<PlaybackChange> {
        let stream = self.stream()?;
        self.stream_update_tracks(cx, &stream);
        self.stream_update_played(&stream);
        let state = &self.additions.stream;
        let is_active = if self.is::<HTMLVideoElement>() {
            stream.Active()
        } else {
            stream.has_live_audio()
        };
        let mut ended = state.ended.get();
        let change = ended.handle_activity(is_active, self.Autoplay());
        state.ended.set(ended);
        change
    }

    /// Handles that a script has enabled, disabled or selected one of the track objects.
    pub(super) fn stream_handle_track_choice(&self) {
        if let Some(stream) = self.stream() {
            self.stream_update_played(&stream);
        }
    }

    /// Plays what is chosen of the stream.
    fn stream_update_played(&self, stream: &MediaStream) {
        let state = &self.additions.stream;
        let feeds = self.stream_feeds(stream);
        if feeds == *state.played.borrow() {
            return;
        }
        self.stream_with_player(|player| {
            let (video, audio) = (feeds.video.clone(), feeds.audio.clone());
            player.player.set_tracks(video, audio);
        });
        *state.played.borrow_mut() = feeds;
    }

    /// Returns the media of the selected video track and of all enabled audio tracks.
    fn stream_feeds(&self, stream: &MediaStream) -> Feeds {
        let mut feeds = Feeds::default();
        let tracks = stream.get_tracks();
        for track in tracks.iter().filter(|track| self.stream_plays_track(track)) {
            let (kind, feed) = track.read(|track| (track.kind, track.feed.clone()));
            match kind {
                Kind::Audio => feeds.audio.extend(feed),
                Kind::Video if self.is::<HTMLVideoElement>() => feeds.video = feed,
                Kind::Video => {},
            }
        }
        feeds
    }

    fn stream_handle_player_event(&self, cx: &mut JSContext, event: StreamPlayerEvent) {
        match event {
            StreamPlayerEvent::Ready => self.stream_handle_ready(cx),
            StreamPlayerEvent::Position(position) => {
                let position = position.seconds();
                if self.is_potentially_playing() && position > self.current_playback_position.get()
                {
                    self.playback_position_changed(cx, position);
                }
            },
            StreamPlayerEvent::VideoFrameUpdated => self.playback_video_frame_updated(cx.no_gc()),
            StreamPlayerEvent::Failed(error) => {
                self.mse_fail_with(cx, MEDIA_ERR_DECODE, &error.to_string());
            },
        }
    }

    /// Handles that there are media of all tracks.
    fn stream_handle_ready(&self, cx: &mut JSContext) {
        if self.ready_state.get() == ReadyState::HaveNothing {
            let size = self.video_renderer.lock().unwrap().natural_size();
            let (width, height) = size.unwrap_or_default();
            let metadata = Metadata {
                duration: None,
                width: width as u32,
                height: height as u32,
                format: String::new(),
                is_seekable: false,
                video_tracks: Vec::new(),
                audio_tracks: Vec::new(),
                is_live: true,
                title: None,
            };
            self.playback_metadata_updated(cx, &metadata);
        }
        if !self.additions.stream.ended.get().has_ended() {
            self.change_ready_state(cx, ReadyState::HaveEnoughData);
        }
    }

    /// Handles a call of `play()`.
    pub(super) fn stream_handle_play(&self, cx: &mut JSContext) {
        let mut ended = self.additions.stream.ended.get();
        let resumes = ended.handle_play();
        self.additions.stream.ended.set(ended);
        if resumes {
            self.stream_resume(cx);
        }
    }

    fn stream_resume(&self, cx: &mut JSContext) {
        self.playback_duration_changed(None);
        if self.ready_state.get() >= ReadyState::HaveMetadata {
            self.change_ready_state(cx, ReadyState::HaveEnoughData);
        }
    }

    /// Whether playback has ended, if the element plays a stream.
    pub(super) fn stream_has_ended(&self) -> Option<bool> {
        let state = &self.additions.stream;
        let is_played = state.player.borrow().is_some();
        is_played.then(|| state.ended.get().has_ended() && !state.hides_end.get())
    }

    /// The `played` attribute, if the element plays a stream: a single range from 0.
    pub(super) fn stream_played(&self) -> Option<TimeRangesContainer> {
        self.stream()?;
        let mut played = TimeRangesContainer::default();
        played.add(0.0, *self.CurrentTime()).ok()?;
        Some(played)
    }

    /// The `preload` attribute: a stream cannot be preloaded.
    pub(super) fn preload(&self) -> DOMString {
        if self.stream().is_some() {
            return DOMString::from_static("none");
        }
        self.preload_of_file()
    }

    /// Sets the `preload` attribute, which a stream ignores.
    pub(super) fn set_preload(&self, cx: &mut JSContext, value: DOMString) {
        if self.stream().is_none() {
            self.set_preload_of_file(cx, value);
        }
    }

    make_setter!(set_preload_of_file, "preload");

    // https://html.spec.whatwg.org/multipage/#attr-media-preload
    make_enumerated_getter!(
        preload_of_file,
        "preload",
        "none" | "metadata" | "auto",
        missing => "auto",
        invalid => "auto"
    );
}
