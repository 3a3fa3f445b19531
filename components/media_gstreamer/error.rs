/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Why a player cannot play.

use std::error::Error;
use std::fmt;

use byte_stream::track::Codec;
use track_buffer::time::PresentationTime;

use crate::capabilities::package_for;
use crate::decoder::name_of;

/// Why a player cannot play. After one of these it plays nothing more.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerError {
    /// A track's codec configuration cannot be read.
    Configuration {
        /// The track's codec string.
        codec: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// GStreamer or the operating system cannot start what a player needs.
    Initialization(String),
    /// A GStreamer element is not installed.
    MissingElement(&'static str),
    /// No installed GStreamer element decodes the codec.
    NoDecoder {
        /// The codec's name.
        codec: &'static str,
        /// The Debian package that has an element for it.
        package: &'static str,
    },
    /// The pipeline failed while playing.
    Pipeline {
        /// What was playing: the track's kind and codec, if the failing element belongs to a track.
        track: Option<String>,
        /// Where playback stood.
        position: PresentationTime,
        /// What GStreamer says.
        message: String,
    },
    /// The player's own thread ended by an error in the player.
    EndedUnexpectedly {
        /// Where playback stood.
        position: PresentationTime,
    },
    /// The pipeline did not answer for several seconds: a decoder, the sound output or the renderer
    /// is stuck.
    Unresponsive {
        /// Where playback stood.
        position: PresentationTime,
    },
}

impl PlayerError {
    pub(crate) fn ended_unexpectedly(position: PresentationTime) -> Self {
        Self::EndedUnexpectedly { position }
    }

    pub(crate) fn no_decoder(codec: Codec) -> Self {
        Self::NoDecoder {
            codec: name_of(codec),
            package: package_for(codec),
        }
    }
}

impl fmt::Display for PlayerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration { codec, cause } => {
                write!(
                    formatter,
                    "the configuration of {codec} cannot be read: {cause}"
                )
            }
            Self::Initialization(message) => {
                write!(formatter, "the player cannot start: {message}")
            }
            Self::MissingElement(name) => {
                write!(
                    formatter,
                    "the GStreamer element {name} is missing: install the base, good and libav \
                     plugin sets"
                )
            }
            Self::NoDecoder { codec, package } => {
                write!(
                    formatter,
                    "no GStreamer element decodes {codec}: install {package}"
                )
            }
            Self::Pipeline {
                track,
                position,
                message,
            } => {
                let track = track.as_deref().unwrap_or("playback");
                write!(
                    formatter,
                    "{track} failed at {:.3} s: {message}",
                    position.seconds()
                )
            }
            Self::EndedUnexpectedly { position } => {
                write!(
                    formatter,
                    "playback failed at {:.3} s by an error in the player: load the media again",
                    position.seconds()
                )
            }
            Self::Unresponsive { position } => {
                write!(
                    formatter,
                    "playback failed at {:.3} s: GStreamer does not answer; load the media again",
                    position.seconds()
                )
            }
        }
    }
}

impl Error for PlayerError {}
