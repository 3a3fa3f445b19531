/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The reasons why a player fails.

use std::error::Error;
use std::fmt;

use track_buffer::time::PresentationTime;

/// The reason why a player plays nothing more. Each variant says who is at fault.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlayerError {
    /// The media are at fault: the codec configuration of a track cannot be used.
    Configuration {
        /// The codec string of the track.
        codec: String,
        /// What is wrong with the configuration.
        cause: &'static str,
    },
    /// The installation is at fault: nothing decodes the codec.
    NoDecoder {
        /// The name of the codec.
        codec: &'static str,
        /// What a user can install to have a decoder.
        package: &'static str,
    },
    /// The installation or the system is at fault: something that a player needs does not start.
    Initialization(String),
    /// The media or a decoder is at fault: playback failed where it was.
    Playback {
        /// The track that failed, if it is known.
        track: Option<String>,
        /// The position of playback.
        position: PresentationTime,
        /// What the backend reports.
        message: String,
    },
    /// The player is at fault: its own thread ended.
    EndedUnexpectedly {
        /// The position of playback.
        position: PresentationTime,
    },
    /// The backend is at fault: a decoder, the audio output or the renderer did not answer for several
    /// seconds.
    Unresponsive {
        /// The position of playback.
        position: PresentationTime,
    },
}

impl fmt::Display for PlayerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration { codec, cause } => {
                write!(
                    formatter,
                    "the configuration of {codec} cannot be used: {cause}"
                )
            }
            Self::NoDecoder { codec, package } => {
                write!(formatter, "nothing decodes {codec}: install {package}")
            }
            Self::Initialization(message) => {
                write!(formatter, "the player cannot start: {message}")
            }
            Self::Playback {
                track,
                position,
                message,
            } => {
                let track = track.as_deref().unwrap_or("playback");
                let position = position.seconds();
                write!(formatter, "{track} failed at {position:.3} s: {message}")
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
                    "playback failed at {:.3} s: the player does not answer; load the media again",
                    position.seconds()
                )
            }
        }
    }
}

impl Error for PlayerError {}
