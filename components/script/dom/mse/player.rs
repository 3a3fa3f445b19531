/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player of a media source, in the shape in which the media element drives its players.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use media_gstreamer::{Pipelines, Player, PlayerEvent, SeekId, VideoFrame, VideoRenderer};
use media_source::playback_quality::VideoPlaybackQuality;
use media_source::reader::TrackReader;
use servo_media::player::video::{
    Buffer, VideoFrame as ServoVideoFrame, VideoFrameData, VideoFrameRenderer,
};
use servo_media::player::{Player as ServoPlayer, PlayerError};
use servo_media::streams::registry::MediaStreamId;
use servo_media::traits::{MediaInstance, MediaInstanceError};
use track_buffer::time::PresentationTime;

use crate::dom::mse::mediasourcetestutils::Counted;

/// Tells our players from each other and, counting from far above, from the backend's.
static NEXT_PLAYER_ID: AtomicUsize = AtomicUsize::new(1 << 32);

thread_local! {
    /// Those that the media elements of this thread share.
    static PIPELINES: Pipelines = Pipelines::default();
}

/// A [`Player`] that a media element plays, pauses and seeks as any other.
pub(crate) struct MediaSourcePlayer {
    id: usize,
    player: Player,
    shown: Arc<Mutex<Option<ShownFrame>>>,
    /// What the last seek is waited for by; shared with the element.
    current_seek: Arc<Mutex<Option<SeekId>>>,
    settings: Mutex<Settings>,
    _counted: Counted,
}

/// The frame that was shown last.
#[derive(Clone, Copy)]
pub(crate) struct ShownFrame {
    /// When it starts.
    pub(crate) time: PresentationTime,
    /// Width and height in media pixels.
    pub(crate) media_size: (u32, u32),
}

struct Settings {
    /// What the element wants, whether the page rests or not.
    is_playing: bool,
    is_muted: bool,
    volume: f64,
    playback_rate: f64,
}

impl MediaSourcePlayer {
    pub(crate) fn new(
        renderer: Option<Arc<Mutex<dyn VideoFrameRenderer>>>,
        listener: impl Fn(PlayerEvent) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let shown = Arc::default();
        let renderer = ElementRenderer {
            renderer,
            shown: Arc::clone(&shown),
        };
        let (renderer, listener) = (Box::new(renderer), Box::new(listener));
        let player = PIPELINES
            .with(|pipelines| Player::new(pipelines, renderer, listener))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            id: NEXT_PLAYER_ID.fetch_add(1, Ordering::Relaxed),
            player,
            shown,
            current_seek: Arc::default(),
            settings: Mutex::new(Settings {
                is_playing: false,
                is_muted: false,
                volume: 1.0,
                playback_rate: 1.0,
            }),
            _counted: Counted::player(),
        })
    }

    pub(crate) fn set_tracks(&self, tracks: Vec<TrackReader>) {
        self.player.set_tracks(tracks);
    }

    pub(crate) fn data_changed(&self) {
        self.player.data_changed();
    }

    pub(crate) fn set_preserves_pitch(&self, preserves_pitch: bool) {
        self.player.set_preserves_pitch(preserves_pitch);
    }

    pub(crate) fn frame_counts(&self) -> VideoPlaybackQuality {
        self.player.frame_counts()
    }

    /// The frame that was shown last.
    pub(crate) fn shown_frame(&self) -> Option<ShownFrame> {
        *self.shown.lock().unwrap()
    }

    /// Whether `seek` is the newest one.
    pub(crate) fn is_current_seek(&self, seek: SeekId) -> bool {
        *self.current_seek.lock().unwrap() == Some(seek)
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
        self.player.pause();
        Ok(())
    }

    fn resume(&self) -> Result<(), MediaInstanceError> {
        if self.settings.lock().unwrap().is_playing {
            self.player.play();
        }
        Ok(())
    }
}

impl ServoPlayer for MediaSourcePlayer {
    fn play(&self) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().is_playing = true;
        self.player.play();
        Ok(())
    }

    fn pause(&self) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().is_playing = false;
        self.player.pause();
        Ok(())
    }

    fn paused(&self) -> bool {
        !self.settings.lock().unwrap().is_playing
    }

    fn can_resume(&self) -> bool {
        true
    }

    fn stop(&self) -> Result<(), PlayerError> {
        self.pause()
    }

    fn seek(&self, time: f64) -> Result<(), PlayerError> {
        let seek = self.player.seek(PresentationTime::from_seconds(time));
        *self.current_seek.lock().unwrap() = Some(seek);
        Ok(())
    }

    fn set_mute(&self, muted: bool) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().is_muted = muted;
        self.player.set_muted(muted);
        Ok(())
    }

    fn muted(&self) -> bool {
        self.settings.lock().unwrap().is_muted
    }

    fn set_volume(&self, volume: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().volume = volume;
        self.player.set_volume(volume);
        Ok(())
    }

    fn volume(&self) -> f64 {
        self.settings.lock().unwrap().volume
    }

    fn set_playback_rate(&self, playback_rate: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().playback_rate = playback_rate;
        self.player.set_rate(playback_rate);
        Ok(())
    }

    fn playback_rate(&self) -> f64 {
        self.settings.lock().unwrap().playback_rate
    }

    // The element asks its media source for these ranges.
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

/// Hands pictures to the element's renderer; an audio element has none.
struct ElementRenderer {
    renderer: Option<Arc<Mutex<dyn VideoFrameRenderer>>>,
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
        let (width, height) = (frame.width as i32, frame.height as i32);
        let pixels = Pixels(Arc::new(frame.into_bytes()));
        if let Some(frame) = ServoVideoFrame::new(width, height, Arc::new(pixels)) {
            renderer.lock().unwrap().render(frame);
        }
    }
}

struct Pixels(Arc<Vec<u8>>);

impl Buffer for Pixels {
    fn to_vec(&self) -> Option<VideoFrameData> {
        Some(VideoFrameData::Raw(self.0.clone()))
    }
}
