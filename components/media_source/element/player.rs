/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The contract of a player: what a media element asks of whatever decodes and shows the frames.

use std::ops::RangeInclusive;

use track_buffer::time::PresentationTime;

use super::player_error::PlayerError;
use crate::playback_quality::VideoPlaybackQuality;
use crate::reader::TrackReader;

/// The playback rates that every player supports, in seconds of media per second. Nobody understands
/// audio beyond them, and audio stretchers size their buffers by the rate. 0 is supported as well:
/// playback stands still.
///
/// <https://html.spec.whatwg.org/multipage/#dom-media-playbackrate>
pub const PLAYBACK_RATES: RangeInclusive<f64> = 0.0625..=16.0;

/// Whether a media element accepts `rate`: it is 0 or one of [`PLAYBACK_RATES`]. The element throws a
/// `NotSupportedError` for any other.
///
/// <https://html.spec.whatwg.org/multipage/#dom-media-playbackrate>
pub fn is_playback_rate(rate: f64) -> bool {
    rate == 0.0 || PLAYBACK_RATES.contains(&rate)
}

/// Plays the tracks of a media source. No method waits for what it asks for: what comes of it is
/// told to the listener that the player was made with, as [`PlayerEvent`]s. Dropping a player ends
/// playback, on another thread if that takes time.
pub trait Player: Send {
    /// Plays the first audio track and the first video track of `tracks` from now on, at the position
    /// that playback has reached. If they are played already, nothing is disturbed. Without any,
    /// playback waits.
    fn set_tracks(&self, tracks: Vec<TrackReader>);

    /// Tells the player that frames were appended or removed, or that the media source ended or opened
    /// again.
    fn data_changed(&self);

    /// Plays, as soon as there is something to play.
    fn play(&self);

    /// Stops at the current position. A new player is paused.
    fn pause(&self);

    /// Goes to `target` exactly. If nothing is buffered there, the player waits until something is.
    /// A later seek replaces one that is under way.
    fn seek(&self, target: PresentationTime) -> SeekId;

    /// Sets the number of seconds of media that are played per second. At 0 and below and at NaN playback
    /// stands still. Other rates are clamped to [`PLAYBACK_RATES`].
    fn set_rate(&self, rate: f64);

    /// Sets whether audio keeps its pitch at rates other than 1. It does so initially.
    fn set_preserves_pitch(&self, preserves_pitch: bool);

    /// Sets the volume, from 0 (silence) to 1.
    fn set_volume(&self, volume: f64);

    /// Silences audio whatever the volume is, or lets it be heard again.
    fn set_muted(&self, is_muted: bool);

    /// Returns the counts of video frames since the player was made.
    /// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
    fn frame_counts(&self) -> VideoPlaybackQuality;
}

/// Receives what happens in a player, on any thread. It must not block that thread, and it may call
/// the player.
pub type PlayerListener = Box<dyn Fn(PlayerEvent) + Send + Sync>;

/// Something that happened in a player.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlayerEvent {
    /// The frames at the initial position or at the target of a seek are decoded, and the video frame is
    /// shown.
    Prerolled,
    /// Playback has reached this position. While it moves, positions are at most 40 ms apart.
    Position(PresentationTime),
    /// A seek is done. This follows [`PlayerEvent::Prerolled`]. It is never sent for a seek that was
    /// replaced by a later one.
    SeekDone {
        /// The seek.
        id: SeekId,
        /// The position of playback.
        position: PresentationTime,
    },
    /// The renderer was given a video frame.
    VideoFrameUpdated,
    /// Everything up to the end of the stream has been played.
    EndOfStream,
    /// Playback has reached the end of what is buffered, and waits for more.
    Starved,
    /// The player has failed. It plays nothing more.
    Failed(PlayerError),
}

/// Identifies a seek of one player. A later seek has a greater id.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SeekId(u64);

impl SeekId {
    /// Returns the id for the seek after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
