/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A stream of pictures: one access unit in each PES packet.

use std::collections::VecDeque;
use std::ops::Range;

use super::annex_b::{find_nal_units, to_length_prefixed};
use super::elementary::{AccessUnits, Event};
use super::timeline::{TIMESCALE, Times};
use super::{avc, hevc};
use crate::codecs::{NalUnit, classify_avc_nal_unit, classify_hevc_nal_unit};
use crate::frame::CodedFrame;
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId, VideoConfiguration};

/// What to believe of a picture before any other: 25 a second.
const LONE_FRAME: i64 = TIMESCALE as i64 / 25;

/// There is a timestamp at least every 0.7 s (ISO/IEC 13818-1, 2.7.4). A larger distance is the
/// end of what was appended together.
const LONGEST_FRAME: i64 = TIMESCALE as i64;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VideoSyntax {
    H264,
    Hevc,
}

/// The last parameter sets of each kind, with their NAL unit headers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ParameterSets {
    /// Of HEVC only.
    pub(super) video: Vec<Vec<u8>>,
    pub(super) sequence: Vec<Vec<u8>>,
    pub(super) picture: Vec<Vec<u8>>,
}

pub(super) struct VideoStream {
    track: TrackId,
    syntax: VideoSyntax,
    /// The last one that was given.
    configuration: Option<CodecConfiguration>,
    sets: ParameterSets,
    /// The sequence parameter sets of the configuration.
    configured: Vec<Vec<u8>>,
    /// The frame that waits for the next one to know its duration.
    held: Option<CodedFrame>,
    /// The last duration that was measured, and before that a guess.
    estimate: i64,
    /// The places of the NAL units at hand, kept to use the memory again.
    units: Vec<Range<usize>>,
}

/// What the NAL units of one picture say together.
struct Picture {
    has_slices: bool,
    is_random_access_point: bool,
    is_reference: bool,
}

impl VideoStream {
    pub(super) fn new(
        track: TrackId,
        syntax: VideoSyntax,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        Self {
            track,
            syntax,
            configuration,
            sets: ParameterSets::default(),
            configured: Vec::new(),
            held: None,
            estimate: LONE_FRAME,
            units: Vec::new(),
        }
    }

    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        self.configuration.as_ref()
    }

    pub(super) fn frame_duration(&self) -> i64 {
        self.estimate
    }

    /// The next access unit begins: the distance is the held frame's duration.
    pub(super) fn begin(&mut self, times: Times, events: &mut VecDeque<Event>) {
        let Some(mut held) = self.held.take() else {
            return;
        };
        let distance = times.decode - held.decode.0;
        if (1..=LONGEST_FRAME).contains(&distance) {
            self.estimate = distance;
            held.duration = MediaTicks(distance);
            held.duration_is_estimated = false;
        }
        events.push_back(Event::Frame(held));
    }

    /// Adds an access unit. The error is its cause.
    pub(super) fn push(
        &mut self,
        access_units: &AccessUnits,
        events: &mut VecDeque<Event>,
    ) -> Result<(), &'static str> {
        let bytes = access_units.payload;
        let mut units = std::mem::take(&mut self.units);
        find_nal_units(bytes, &mut units);
        let picture = self.read_picture(access_units, &mut units);
        self.configure(events)?;
        // Before the first parameter sets, nothing can be decoded.
        if picture.has_slices && self.configuration.is_some() {
            self.held = Some(CodedFrame {
                track: self.track,
                presentation: MediaTicks(access_units.times.presentation),
                decode: MediaTicks(access_units.times.decode),
                duration: MediaTicks(self.estimate),
                duration_is_estimated: true,
                is_random_access_point: picture.is_random_access_point,
                is_discardable: !picture.is_reference,
                payload: to_length_prefixed(units.iter().map(|unit| &bytes[unit.clone()])),
                details: None,
            });
        }
        self.units = units;
        Ok(())
    }

    /// Goes through the NAL units, and leaves those that belong into the frame.
    fn read_picture(
        &mut self,
        access_units: &AccessUnits,
        units: &mut Vec<Range<usize>>,
    ) -> Picture {
        let mut picture = Picture {
            has_slices: false,
            is_random_access_point: false,
            is_reference: false,
        };
        let mut all_slices_are_entries = true;
        let mut found = ParameterSets::default();
        units.retain(|range| {
            let unit = &access_units.payload[range.clone()];
            let kind = match self.syntax {
                VideoSyntax::H264 => {
                    classify_avc_nal_unit(unit, access_units.is_random_access_point)
                }
                VideoSyntax::Hevc => classify_hevc_nal_unit(unit),
            };
            match kind {
                NalUnit::Dropped => return false,
                NalUnit::Other => {}
                NalUnit::RecoveryPoint => picture.is_random_access_point = true,
                NalUnit::Slice {
                    is_random_access_point,
                    is_reference,
                } => {
                    picture.has_slices = true;
                    picture.is_reference |= is_reference;
                    all_slices_are_entries &= is_random_access_point;
                }
                NalUnit::VideoParameterSet => found.video.push(unit.to_vec()),
                NalUnit::SequenceParameterSet => found.sequence.push(unit.to_vec()),
                NalUnit::PictureParameterSet => found.picture.push(unit.to_vec()),
            }
            true
        });
        picture.is_random_access_point |= all_slices_are_entries;
        self.sets.update(found);
        picture
    }

    /// Gives a new configuration when the sequence parameter sets are new. Other parameter sets
    /// that change reach the decoder in band.
    fn configure(&mut self, events: &mut VecDeque<Event>) -> Result<(), &'static str> {
        let sets = &self.sets;
        if sets.sequence.is_empty()
            || sets.picture.is_empty()
            || sets.video.is_empty() && self.syntax == VideoSyntax::Hevc
            || sets.sequence == self.configured
        {
            return Ok(());
        }
        let configuration: Option<VideoConfiguration> = match self.syntax {
            VideoSyntax::H264 => avc::configuration(sets),
            VideoSyntax::Hevc => hevc::configuration(sets),
        };
        let Some(configuration) = configuration.map(CodecConfiguration::Video) else {
            return Err("a parameter set is broken");
        };
        self.configured.clone_from(&sets.sequence);
        if self.configuration.as_ref() != Some(&configuration) {
            self.configuration = Some(configuration.clone());
            events.push_back(Event::Configuration(self.track, configuration));
        }
        Ok(())
    }

    /// No frame will come after the held one.
    pub(super) fn finish(&mut self, events: &mut VecDeque<Event>) {
        events.extend(self.held.take().map(Event::Frame));
    }
}

impl ParameterSets {
    fn update(&mut self, found: Self) {
        for (kept, found) in [
            (&mut self.video, found.video),
            (&mut self.sequence, found.sequence),
            (&mut self.picture, found.picture),
        ] {
            if !found.is_empty() {
                *kept = found;
            }
        }
    }
}
