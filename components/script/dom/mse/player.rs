/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player of a MediaSource, in the shape in which Servo's media element drives its players.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use media_source::{
    ElementView, MediaElement, PlayerEvent, PresentationTime, VideoFrame, VideoRenderer,
};
use servo_media::player::{Player as ServoPlayer, PlayerError};
use servo_media::streams::registry::MediaStreamId;
use servo_media::traits::{MediaInstance, MediaInstanceError};

use crate::dom::html::htmlmediaelement::media_resource::MediaResourceRenderer;
use crate::dom::html::htmlmediaelement::painting::Frame;
use crate::dom::mse::mediasourcetestutils::Counted;
use crate::dom::mse::platform;

/// The id of the next player. The ids count from far above those of the backend's players.
static NEXT_PLAYER_ID: AtomicUsize = AtomicUsize::new(1 << 32);

/// A [`MediaElement`] that Servo's media element plays, pauses and seeks as any other player.
pub(crate) struct MediaSourcePlayer {
    id: usize,
    element: Mutex<MediaElement>,
    shown: Arc<Mutex<Option<ShownFrame>>>,
    settings: Mutex<Settings>,
    _counted: Counted,
}

/// The frame that was shown last.
#[derive(Clone, Copy)]
pub(crate) struct ShownFrame {
    /// The time at which it starts.
    pub(crate) time: PresentationTime,
    /// The width and the height in media pixels.
    pub(crate) media_size: (u32, u32),
}

/// The settings that the element reads back.
struct Settings {
    is_muted: bool,
    volume: f64,
    playback_rate: f64,
}

impl MediaSourcePlayer {
    pub(crate) fn new(
        view: ElementView,
        renderer: Option<Arc<Mutex<MediaResourceRenderer>>>,
        listener: impl Fn(PlayerEvent) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let shown = Arc::default();
        let renderer = ElementRenderer {
            renderer,
            shown: Arc::clone(&shown),
        };
        let player = platform::create_player(Box::new(renderer), Box::new(listener))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            id: NEXT_PLAYER_ID.fetch_add(1, Ordering::Relaxed),
            element: Mutex::new(MediaElement::new(view, player)),
            shown,
            settings: Mutex::new(Settings {
                is_muted: false,
                volume: 1.0,
                playback_rate: 1.0,
            }),
            _counted: Counted::player(),
        })
    }

    /// Locks the element's state for a moment.
    pub(crate) fn element(&self) -> MutexGuard<'_, MediaElement> {
        self.element.lock().unwrap()
    }

    /// The frame that was shown last.
    pub(crate) fn shown_frame(&self) -> Option<ShownFrame> {
        *self.shown.lock().unwrap()
    }
}

impl MediaInstance for MediaSourcePlayer {
    fn get_id(&self) -> usize {
        self.id
    }

    fn mute(&self, muted: bool) -> Result<(), MediaInstanceError> {
        self.set_mute(muted).map_err(|_| MediaInstanceError)
    }

    fn suspend(&self) -> Result<(), MediaInstanceError> {
        self.element().suspend();
        Ok(())
    }

    fn resume(&self) -> Result<(), MediaInstanceError> {
        self.element().resume();
        Ok(())
    }
}

impl ServoPlayer for MediaSourcePlayer {
    fn play(&self) -> Result<(), PlayerError> {
        self.element().play();
        Ok(())
    }

    fn pause(&self) -> Result<(), PlayerError> {
        self.element().pause();
        Ok(())
    }

    fn paused(&self) -> bool {
        !self.element().is_playing()
    }

    fn can_resume(&self) -> bool {
        true
    }

    fn stop(&self) -> Result<(), PlayerError> {
        self.pause()
    }

    fn seek(&self, time: f64) -> Result<(), PlayerError> {
        self.element().seek(PresentationTime::from_seconds(time));
        Ok(())
    }

    fn set_mute(&self, muted: bool) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().is_muted = muted;
        self.element().player().set_muted(muted);
        Ok(())
    }

    fn muted(&self) -> bool {
        self.settings.lock().unwrap().is_muted
    }

    fn set_volume(&self, volume: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().volume = volume;
        self.element().player().set_volume(volume);
        Ok(())
    }

    fn volume(&self) -> f64 {
        self.settings.lock().unwrap().volume
    }

    fn set_playback_rate(&self, playback_rate: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().playback_rate = playback_rate;
        self.element().player().set_rate(playback_rate);
        Ok(())
    }

    fn playback_rate(&self) -> f64 {
        self.settings.lock().unwrap().playback_rate
    }

    // The element asks its MediaSource for these ranges.
    fn seekable(&self) -> Vec<Range<f64>> {
        Vec::new()
    }

    fn buffered(&self) -> Vec<Range<f64>> {
        Vec::new()
    }

    // All tracks play so far.
    fn set_audio_track(&self, _: i32, _: bool) -> Result<(), PlayerError> {
        Ok(())
    }

    fn set_video_track(&self, _: i32, _: bool) -> Result<(), PlayerError> {
        Ok(())
    }

    fn render_use_gl(&self) -> bool {
        false
    }

    // What follows is for players that are fed bytes or streams.
    fn set_download_buffering_enabled(&self, _: bool) -> Result<(), PlayerError> {
        Ok(())
    }

    fn set_input_size(&self, _: u64) -> Result<(), PlayerError> {
        Ok(())
    }

    fn set_seekable(&self, _: bool) -> Result<(), PlayerError> {
        Ok(())
    }

    fn push_data(&self, _: Vec<u8>) -> Result<(), PlayerError> {
        Err(PlayerError::BufferPushFailed)
    }

    fn end_of_stream(&self) -> Result<(), PlayerError> {
        Err(PlayerError::EOSFailed)
    }

    fn set_stream(&self, _: &MediaStreamId, _: bool) -> Result<(), PlayerError> {
        Err(PlayerError::SetStreamFailed)
    }
}

/// Hands frames to the renderer of the element. An audio element has none.
struct ElementRenderer {
    renderer: Option<Arc<Mutex<MediaResourceRenderer>>>,
    shown: Arc<Mutex<Option<ShownFrame>>>,
}

impl VideoRenderer for ElementRenderer {
    fn render(&mut self, frame: VideoFrame) {
        let Some(renderer) = &self.renderer else {
            return;
        };
        *self.shown.lock().unwrap() = Some(ShownFrame {
            time: frame.start,
            media_size: frame.media_size,
        });
        renderer.lock().unwrap().show(Frame::Decoded(frame));
    }
}
