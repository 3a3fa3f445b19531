/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A video stream: reads the NAL units of each access unit, and makes a frame of them.

use std::ops::Range;

use super::access_units::{AccessUnit, AccessUnits};
use super::annex_b::to_length_prefixed;
use super::events::Events;
use super::held_frames::HeldFrames;
use super::picture_order::{PictureOrder, Place};
use super::timeline::PacketStart;
use super::video_syntax::{ParameterSets, VideoSyntax};
use super::{avc, hevc};
use crate::codecs::{NalUnit, classify_avc_nal_unit, classify_hevc_nal_unit};
use crate::frame::CodedFrame;
use crate::limits;
use crate::memory::allocated;
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId, VideoConfiguration};

pub(super) struct VideoStream {
    access_units: AccessUnits,
    pictures: Pictures,
}

/// Makes frames of access units.
struct Pictures {
    track: TrackId,
    syntax: VideoSyntax,
    /// The last configuration that was given.
    configuration: Option<CodecConfiguration>,
    sets: ParameterSets,
    /// The size in bytes of the parameter sets.
    set_bytes: usize,
    /// The sequence parameter sets of the configuration.
    configured: Vec<Vec<u8>>,
    held: HeldFrames,
    order: PictureOrder,
    /// The places of the NAL units of the current access unit, kept so that the memory is used
    /// again.
    units: Vec<Range<usize>>,
}

/// Everything that the NAL units of one picture say together.
struct Picture {
    /// The place of the picture in the two orders. It is `None` if it has no slices.
    place: Option<Place>,
    is_random_access_point: bool,
    is_reference: bool,
}

impl VideoStream {
    pub(super) fn new(
        track: TrackId,
        syntax: VideoSyntax,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        let count_of_frame = match syntax {
            VideoSyntax::H264 => 2,
            VideoSyntax::Hevc => 1,
        };
        Self {
            access_units: AccessUnits::new(syntax),
            pictures: Pictures {
                track,
                syntax,
                configuration,
                sets: ParameterSets::default(),
                set_bytes: 0,
                configured: Vec::new(),
                held: HeldFrames::new(track, count_of_frame),
                order: PictureOrder::default(),
                units: Vec::new(),
            },
        }
    }

    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        self.pictures.configuration.as_ref()
    }

    pub(super) fn frame_duration(&self) -> i64 {
        self.pictures.held.frame_duration()
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        let pictures = &self.pictures;
        allocated(size_of::<Self>())
            + self.access_units.held_bytes()
            + pictures.held.held_bytes()
            + pictures.set_bytes
            + allocated(pictures.units.capacity() * size_of::<Range<usize>>())
    }

    /// Begins a PES packet.
    pub(super) fn begin(&mut self, start: PacketStart) {
        self.access_units.begin(start);
    }

    /// Adds bytes of a PES packet, and gives the access units that they complete. The error says
    /// what is wrong.
    pub(super) fn push(&mut self, payload: &[u8], events: &mut Events) -> Result<(), &'static str> {
        self.access_units.push(payload)?;
        while let Some(access_unit) = self.access_units.next(false)? {
            self.pictures.push(&access_unit, events)?;
        }
        Ok(())
    }

    /// Handles that bytes were lost.
    pub(super) fn interrupt(&mut self) {
        self.access_units.clear();
    }

    /// Ends the current access unit. The next bytes do not continue it.
    pub(super) fn end_access_unit(&mut self, events: &mut Events) -> Result<(), &'static str> {
        while let Some(access_unit) = self.access_units.next(true)? {
            self.pictures.push(&access_unit, events)?;
        }
        self.access_units.clear();
        Ok(())
    }

    /// Gives the frames that wait, because no frame will come any more.
    pub(super) fn finish(&mut self, events: &mut Events) {
        self.pictures.held.finish(events);
    }
}

impl Pictures {
    /// Adds an access unit. The error says what is wrong.
    fn push(&mut self, access_unit: &AccessUnit, events: &mut Events) -> Result<(), &'static str> {
        let bytes = access_unit.bytes;
        let mut units = std::mem::take(&mut self.units);
        let picture = self.read_picture(access_unit, &mut units)?;
        let configuration = self.configure()?;
        if let Some(configuration) = configuration {
            self.held.set_configuration(configuration, events);
        }
        // Before the first parameter sets, nothing can be decoded.
        if let (Some(place), Some(_)) = (picture.place, &self.configuration) {
            let frame = CodedFrame {
                track: self.track,
                presentation: MediaTicks(0),
                decode: MediaTicks(0),
                duration: MediaTicks(0),
                duration_is_estimated: true,
                is_random_access_point: picture.is_random_access_point,
                is_discardable: !picture.is_reference,
                payload: to_length_prefixed(units.iter().map(|unit| &bytes[unit.clone()])),
                details: None,
            };
            let times = access_unit.start.times;
            self.held.add(times, frame, place, events);
        }
        if let Some(next) = access_unit.next {
            self.held.release(Some(next.decode), events);
        }
        self.units = units;
        Ok(())
    }

    /// Reads the NAL units, and keeps those that belong into the frame.
    fn read_picture(
        &mut self,
        access_unit: &AccessUnit,
        units: &mut Vec<Range<usize>>,
    ) -> Result<Picture, &'static str> {
        let mut picture = Picture {
            place: None,
            is_random_access_point: false,
            is_reference: false,
        };
        let mut all_slices_are_entries = true;
        let mut first_slice = None;
        let mut found = ParameterSets::default();
        let is_marked = access_unit.start.is_random_access_point;
        units.clear();
        for range in access_unit.nal_units {
            let unit = &access_unit.bytes[range.clone()];
            let kind = match self.syntax {
                VideoSyntax::H264 => classify_avc_nal_unit(unit, is_marked),
                VideoSyntax::Hevc => classify_hevc_nal_unit(unit),
            };
            match kind {
                NalUnit::Dropped => continue,
                NalUnit::Other => {}
                NalUnit::RecoveryPoint => picture.is_random_access_point = true,
                NalUnit::Slice {
                    is_refresh,
                    is_random_access_point,
                    is_reference,
                } => {
                    first_slice.get_or_insert(unit);
                    picture.is_random_access_point |= is_refresh;
                    picture.is_reference |= is_reference;
                    all_slices_are_entries &= is_random_access_point;
                }
                NalUnit::VideoParameterSet => found.video.push(unit.to_vec()),
                NalUnit::SequenceParameterSet => found.sequence.push(unit.to_vec()),
                NalUnit::PictureParameterSet => found.picture.push(unit.to_vec()),
            }
            units.push(range.clone());
        }
        picture.is_random_access_point |= all_slices_are_entries;
        self.update_sets(found)?;
        picture.place = first_slice.map(|slice| self.order.next(slice));
        Ok(picture)
    }

    fn update_sets(&mut self, found: ParameterSets) -> Result<(), &'static str> {
        let kinds = [&found.video, &found.sequence, &found.picture];
        let bytes: usize = kinds.into_iter().flatten().map(Vec::len).sum();
        if bytes > limits::PARAMETER_SET_BYTES {
            return Err("the parameter sets are too large");
        }
        if bytes > 0 {
            self.sets.update(found);
            self.set_bytes = self.sets.held_bytes();
            self.order.set_parameters(self.syntax, &self.sets);
        }
        Ok(())
    }

    /// Returns a new configuration when the sequence parameter sets are new. Other parameter sets
    /// that change reach the decoder in band.
    fn configure(&mut self) -> Result<Option<CodecConfiguration>, &'static str> {
        let sets = &self.sets;
        if sets.sequence.is_empty()
            || sets.picture.is_empty()
            || sets.video.is_empty() && self.syntax == VideoSyntax::Hevc
            || sets.sequence == self.configured
        {
            return Ok(None);
        }
        let configuration: Option<VideoConfiguration> = match self.syntax {
            VideoSyntax::H264 => avc::configuration(sets),
            VideoSyntax::Hevc => hevc::configuration(sets),
        };
        let Some(configuration) = configuration.map(CodecConfiguration::Video) else {
            return Err("a parameter set is broken");
        };
        self.configured.clone_from(&sets.sequence);
        if self.configuration.as_ref() == Some(&configuration) {
            return Ok(None);
        }
        self.configuration = Some(configuration.clone());
        Ok(Some(configuration))
    }
}

impl ParameterSets {
    /// Returns the memory in bytes that the parameter sets take, with the copy that is kept of
    /// some.
    fn held_bytes(&self) -> usize {
        let kinds = [&self.video, &self.sequence, &self.sequence, &self.picture];
        let bytes = |unit: &Vec<u8>| size_of::<Vec<u8>>() + allocated(unit.capacity());
        kinds.into_iter().flatten().map(bytes).sum()
    }

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
