/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The players that this crate brings along, in the shape in which Servo's media element drives its players.
#![warn(unused)]

use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use media_source::{PresentationTime, VideoFrame, VideoRenderer};
use servo_media::player::{Player as ServoPlayer, PlayerError};
use servo_media::streams::registry::MediaStreamId;
use servo_media::traits::{MediaInstance, MediaInstanceError};

use super::media_resource::MediaResourceRenderer;
use super::painting::Frame;

/// The id of the next player. The ids count from far above those of the backend's players.
static NEXT_PLAYER_ID: AtomicUsize = AtomicUsize::new(1 << 32);

/// What a media element asks of a player. Nothing here waits.
pub(crate) trait Playback: Send {
    fn play(&self);
    fn pause(&self);
    fn is_playing(&self) -> bool;
    fn seek(&self, time: f64);
    fn set_muted(&self, is_muted: bool);
    fn set_volume(&self, volume: f64);
    fn set_rate(&self, rate: f64);
    /// Rests while the page rests.
    fn suspend(&self);
    fn resume(&self);
}

/// A player that Servo's media element plays, pauses and seeks as any other one.
pub(crate) struct ElementPlayer<P> {
    id: usize,
    playback: P,
    shown: Arc<Mutex<Option<ShownFrame>>>,
    settings: Mutex<Settings>,
}

/// The frame that was shown last.
#[derive(Clone, Copy)]
pub(crate) struct ShownFrame {
    /// The time at which it starts.
    pub(crate) time: PresentationTime,
    /// The width and the height in media pixels.
    pub(crate) media_size: (u32, u32),
    /// When it was captured, if a device of this machine did that.
    pub(crate) capture_time: Option<Instant>,
}

/// The settings that the element reads back.
struct Settings {
    is_muted: bool,
    volume: f64,
    playback_rate: f64,
}

impl<P> ElementPlayer<P> {
    /// Returns one that gives its frames to `renderer`. An audio element has none.
    pub(crate) fn new(
        renderer: Option<Arc<Mutex<MediaResourceRenderer>>>,
        new_playback: impl FnOnce(ElementRenderer) -> Result<P, String>,
    ) -> Result<Self, String> {
        let shown = Arc::default();
        let playback = new_playback(ElementRenderer {
            renderer,
            shown: Arc::clone(&shown),
        })?;
        Ok(Self {
            id: NEXT_PLAYER_ID.fetch_add(1, Ordering::Relaxed),
            playback,
            shown,
            settings: Mutex::new(Settings {
                is_muted: false,
                volume: 1.0,
                playback_rate: 1.0,
            }),
        })
    }

    /// The frame that was shown last.
    pub(crate) fn shown_frame(&self) -> Option<ShownFrame> {
        *self.shown.lock().unwrap()
    }
}

impl<P> Deref for ElementPlayer<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.playback
    }
}

impl<P: Playback> MediaInstance for ElementPlayer<P> {
    fn get_id(&self) -> usize {
        self.id
    }

    fn mute(&self, muted: bool) -> Result<(), MediaInstanceError> {
        self.set_mute(muted).map_err(|_| MediaInstanceError)
    }

    fn suspend(&self) -> Result<(), MediaInstanceError> {
        self.playback.suspend();
        Ok(())
    }

    fn resume(&self) -> Result<(), MediaInstanceError> {
        self.playback.resume();
        Ok(())
    }
}

impl<P: Playback> ServoPlayer for ElementPlayer<P> {
    fn play(&self) -> Result<(), PlayerError> {
        self.playback.play();
        Ok(())
    }

    fn pause(&self) -> Result<(), PlayerError> {
        self.playback.pause();
        Ok(())
    }

    fn paused(&self) -> bool {
        !self.playback.is_playing()
    }

    fn can_resume(&self) -> bool {
        true
    }

    fn stop(&self) -> Result<(), PlayerError> {
        self.playback.pause();
        Ok(())
    }

    fn seek(&self, time: f64) -> Result<(), PlayerError> {
        self.playback.seek(time);
        Ok(())
    }

    fn set_mute(&self, muted: bool) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().is_muted = muted;
        self.playback.set_muted(muted);
        Ok(())
    }

    fn muted(&self) -> bool {
        self.settings.lock().unwrap().is_muted
    }

    fn set_volume(&self, volume: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().volume = volume;
        self.playback.set_volume(volume);
        Ok(())
    }

    fn volume(&self) -> f64 {
        self.settings.lock().unwrap().volume
    }

    fn set_playback_rate(&self, playback_rate: f64) -> Result<(), PlayerError> {
        self.settings.lock().unwrap().playback_rate = playback_rate;
        self.playback.set_rate(playback_rate);
        Ok(())
    }

    fn playback_rate(&self) -> f64 {
        self.settings.lock().unwrap().playback_rate
    }

    // The element asks its MediaSource for these ranges. A MediaStream has none.
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

/// Hands frames to the renderer of the element.
pub(crate) struct ElementRenderer {
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
            capture_time: frame
                .capture_age
                .and_then(|age| Instant::now().checked_sub(age)),
        });
        renderer.lock().unwrap().show(Frame::Decoded(frame));
    }
}
