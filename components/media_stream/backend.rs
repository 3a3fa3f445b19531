/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The contract of a backend: what this crate and its hosts ask of whatever captures from devices, and plays
//! what was captured. No method waits for what it asks for. Listeners are called on any thread; they must not
//! block it, and they may call the backend.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use media_source::{Picture, PlayerError, PresentationTime, VideoPlaybackQuality, VideoRenderer};

use crate::device::DeviceKind;
use crate::property::Settings;
use crate::space::Space;

/// Captures from the devices of this machine. All pages of a process share one.
pub trait CaptureBackend: Send + Sync {
    /// Tells `listener` all devices of this machine: once as soon as they are known, and again whenever they
    /// have changed, until the returned value is dropped.
    fn watch_devices(&self, listener: DevicesListener) -> Box<dyn DeviceWatch>;

    /// Opens the device of this key for settings like these. A device is opened once, however many sources
    /// it has, and closed when it has none any more.
    fn open(
        &self,
        device_key: &str,
        settings: &Settings,
        listener: SourceListener,
    ) -> Box<dyn CaptureSource>;

    /// Makes a source whose pictures the host makes, such as those of a canvas, and what takes them.
    fn create_picture_source(&self) -> (Box<dyn CaptureSource>, Arc<dyn PictureSink>);

    /// Makes a source whose sound the host makes, such as that of Web Audio, and what takes it. The sample
    /// rate is in Hz.
    fn create_sound_source(&self, sample_rate: u32)
    -> (Box<dyn CaptureSource>, Arc<dyn SoundSink>);

    /// Makes what reads the sound of an audio track, at this sample rate in Hz, as long as somebody else has
    /// the feed.
    fn create_sound_reader(&self, feed: Arc<dyn Feed>, sample_rate: u32) -> Box<dyn SoundReader>;

    /// Makes a player, which is paused and has no tracks. It gives pictures to `renderer`, if there is one,
    /// and says to `listener` what happens.
    ///
    /// # Errors
    /// Returns what is missing on this machine.
    fn create_player(
        &self,
        renderer: Option<Box<dyn VideoRenderer>>,
        listener: StreamPlayerListener,
    ) -> Result<Box<dyn StreamPlayer>, PlayerError>;
}

/// A backend of a machine without devices.
#[derive(Clone, Copy, Debug, Default)]
pub struct WithoutDevices;

impl CaptureBackend for WithoutDevices {
    fn watch_devices(&self, listener: DevicesListener) -> Box<dyn DeviceWatch> {
        listener(Vec::new());
        Box::new(Self)
    }

    fn open(&self, _: &str, _: &Settings, listener: SourceListener) -> Box<dyn CaptureSource> {
        let message = "this machine has no devices".to_owned();
        listener(SourceEvent::Failed(OpenError::Gone(message)));
        Box::new(Self)
    }

    fn create_picture_source(&self) -> (Box<dyn CaptureSource>, Arc<dyn PictureSink>) {
        (Box::new(Self), Arc::new(Self))
    }

    fn create_sound_source(&self, _: u32) -> (Box<dyn CaptureSource>, Arc<dyn SoundSink>) {
        (Box::new(Self), Arc::new(Self))
    }

    fn create_sound_reader(&self, _: Arc<dyn Feed>, _: u32) -> Box<dyn SoundReader> {
        Box::new(Self)
    }

    fn create_player(
        &self,
        _: Option<Box<dyn VideoRenderer>>,
        _: StreamPlayerListener,
    ) -> Result<Box<dyn StreamPlayer>, PlayerError> {
        let message = "this platform has no player".to_owned();
        Err(PlayerError::Initialization(message))
    }
}

impl DeviceWatch for WithoutDevices {}

impl CaptureSource for WithoutDevices {
    fn create_feed(&self, _: &Settings) -> Arc<dyn Feed> {
        Arc::new(Self)
    }
}

impl PictureSink for WithoutDevices {
    fn show(&self, _: Picture) {}

    fn is_open(&self) -> bool {
        false
    }
}

impl SoundSink for WithoutDevices {
    fn play(&self, _: &[f32], _: usize) {}
}

impl SoundReader for WithoutDevices {
    fn read(&self, _: usize) -> Vec<f32> {
        Vec::new()
    }
}

impl Feed for WithoutDevices {
    fn set_settings(&self, _: &Settings) {}

    fn set_enabled(&self, _: bool) {}
}

/// Receives the devices of this machine.
pub type DevicesListener = Box<dyn Fn(Vec<DeviceDescription>) + Send + Sync>;

/// Ends the reports of devices when it is dropped.
pub trait DeviceWatch: Send {}

/// A device of this machine, as the system knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceDescription {
    /// What tells it from all others of this machine, also after it was plugged in again. Pages never see it.
    pub key: String,
    /// What it is.
    pub kind: DeviceKind,
    /// What the user calls it.
    pub label: String,
    /// What all devices of the same thing have in common, such as the camera and the microphone of a headset.
    /// Pages never see it.
    pub group: String,
    /// Whether the system uses it where the user says nothing. One of a kind is.
    pub is_default: bool,
    /// The settings that it can have, without its identifiers. A loudspeaker has none.
    pub spaces: Vec<Space>,
}

/// A device that was opened for a page. Dropping it gives the device up, on another thread.
pub trait CaptureSource: Send + Sync {
    /// Returns the media of a new track with these settings, which is enabled.
    fn create_feed(&self, settings: &Settings) -> Arc<dyn Feed>;
}

/// Takes the pictures of a source that the host makes.
pub trait PictureSink: Send + Sync {
    /// Hands a picture, which was made now, to all tracks of the source. It is shown as if it were opaque.
    /// Tracks and consumers that come later begin with the last one.
    fn show(&self, picture: Picture);

    /// Whether the source has not been dropped.
    fn is_open(&self) -> bool;
}

/// Takes the sound of a source that the host makes.
pub trait SoundSink: Send + Sync {
    /// Hands sound, which was made now, to all tracks of the source: values from -1 to 1, those of the
    /// channels of one moment after each other. More than two channels count as their first two.
    fn play(&self, frames: &[f32], channel_count: usize);
}

/// Reads the sound of an audio track, for somebody who plays it at a pace of his own.
pub trait SoundReader: Send {
    /// Returns the next sound: that many values from -1 to 1 of the first channel, then as many of the next
    /// one. It never waits: it returns nothing as long as not enough has come, and leaves out what nobody
    /// has read for a while.
    fn read(&self, frame_count: usize) -> Vec<f32>;
}

/// The media of one track. A device none of whose feeds is enabled is let go of for that time, so that its
/// light goes off.
pub trait Feed: Any + Send + Sync {
    /// Shapes the media anew.
    fn set_settings(&self, settings: &Settings);

    /// Sets whether there are media. If not, consumers get black pictures and silence.
    fn set_enabled(&self, is_enabled: bool);
}

/// Receives what happens to a source.
pub type SourceListener = Box<dyn Fn(SourceEvent) + Send + Sync>;

/// Something that happened to a source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceEvent {
    /// It is open: its media have begun to come. This comes first, or nothing but `Failed` does.
    Opened,
    /// It cannot be opened.
    Failed(OpenError),
    /// It has no media for a while, or has some again.
    Muted(bool),
    /// It will have no more media, for the reason in this message, which names the device.
    Ended(String),
}

/// The reason why a device cannot be opened. The message names the device and says what to do.
#[derive(Clone, Debug, PartialEq)]
pub enum OpenError {
    /// The device is gone.
    Gone(String),
    /// Another program, the system or the hardware prevents it.
    NotReadable(String),
    /// Something else is wrong, such as a part of the installation that is missing.
    Other(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Gone(message) | Self::NotReadable(message) | Self::Other(message)) = self;
        formatter.write_str(message)
    }
}

/// Plays tracks: the newest picture of a video track, and the sound of all audio tracks. Dropping it ends
/// playback, on another thread if that takes time.
pub trait StreamPlayer: Send {
    /// Plays these tracks from now on. Those that are played already are not disturbed.
    fn set_tracks(&self, video: Option<Arc<dyn Feed>>, audio: Vec<Arc<dyn Feed>>);

    /// Plays.
    fn play(&self);

    /// Stops at the current picture, and is silent.
    fn pause(&self);

    /// Sets the volume, from 0 (silence) to 1.
    fn set_volume(&self, volume: f64);

    /// Silences audio whatever the volume is, or lets it be heard again.
    fn set_muted(&self, is_muted: bool);

    /// Returns the counts of video frames since the player was made.
    fn frame_counts(&self) -> VideoPlaybackQuality;
}

/// Receives what happens in a player of tracks.
pub type StreamPlayerListener = Box<dyn Fn(StreamPlayerEvent) + Send + Sync>;

/// Something that happened in a player of tracks.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamPlayerEvent {
    /// The first media of all tracks that were set have come, and a picture is shown if one of them is a
    /// video track. This comes once after each time that tracks are set.
    Ready,
    /// It has been playing for so long in all, without the pauses. While it plays, positions are at most
    /// 40 ms apart.
    Position(PresentationTime),
    /// The renderer was given a video frame, whose `start` is the position at which it came.
    VideoFrameUpdated,
    /// The player has failed. It plays nothing more.
    Failed(PlayerError),
}
