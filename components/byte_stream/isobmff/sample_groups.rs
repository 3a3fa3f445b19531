/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sample groups (`sgpd`, `sbgp`): which samples are random access points though they are no sync
//! samples, how far decoding must begin ahead, and which samples have a key of their own.

use super::boxes::{BoxReader, ChildBox};
use super::protection::EncryptionParameters;
use super::runs::Runs;
use crate::error::StreamError;
use crate::limits;
use crate::memory::allocated;

/// The descriptions of the groups of one grouping type in one place.
struct Descriptions<T> {
    groups: Vec<T>,
    /// The number of the group, counted from 1, of the samples that no `sbgp` box mentions. It is 0
    /// if they are in no group.
    default: u32,
}

impl<T> Default for Descriptions<T> {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            default: 0,
        }
    }
}

impl<T> Descriptions<T> {
    /// Returns the description of a group by its number, which counts from 1.
    fn get(&self, number: u32) -> Option<&T> {
        self.groups.get((number as usize).checked_sub(1)?)
    }

    fn held_bytes(&self) -> usize {
        allocated(self.groups.capacity() * size_of::<T>())
    }
}

/// The descriptions of the groups in one place, which is a track or a track fragment.
#[derive(Default)]
pub(super) struct GroupDescriptions {
    /// The `rap ` groups: whether nothing that follows the sample in decode order comes before it
    /// in presentation order.
    is_closed: Descriptions<bool>,
    /// The `seig` groups.
    encryption: Descriptions<EncryptionParameters>,
}

impl GroupDescriptions {
    /// Adds the descriptions in a `sgpd` box.
    pub(super) fn read(&mut self, sgpd: &ChildBox) -> Result<(), StreamError> {
        let mut reader = sgpd.reader("sgpd");
        let (version, _) = reader.version_and_flags()?;
        let grouping_type: [u8; 4] = reader.array()?;
        if !matches!(&grouping_type, b"rap " | b"seig") {
            return Ok(());
        }
        let default_length = if version >= 1 { reader.u32()? } else { 0 };
        let default_length = default_length as usize;
        let default = if version >= 2 { reader.u32()? } else { 0 };
        match &grouping_type {
            b"rap " => self.is_closed.default = default,
            b"seig" => self.encryption.default = default,
            _ => {}
        }
        for _ in 0..reader.u32()? {
            let length = match version {
                // The deprecated version leaves the length to the grouping type.
                0 if grouping_type == *b"rap " => 1,
                0 => reader.rest().len(),
                _ if default_length == 0 => reader.u32()? as usize,
                _ => default_length,
            };
            if self.len() == limits::GROUP_DESCRIPTIONS {
                return Err(reader
                    .error("there are too many group descriptions")
                    .over_limit());
            }
            let mut entry = reader.part("sgpd", length)?;
            match &grouping_type {
                // The entry states a number of leading samples, and it is zero.
                b"rap " => self.is_closed.groups.push(entry.u8()? == 0x80),
                _ => self
                    .encryption
                    .groups
                    .push(EncryptionParameters::read(&mut entry)?),
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        let encryption = &self.encryption.groups;
        self.is_closed.groups.len() + encryption.len()
    }

    /// Returns the memory in bytes that the descriptions take.
    pub(super) fn held_bytes(&self) -> usize {
        let keys = 64 * self.encryption.groups.len();
        self.is_closed.held_bytes() + self.encryption.held_bytes() + allocated(keys)
    }
}

/// The groups that the samples of a track or a track fragment are in, sample by sample.
#[derive(Default)]
pub(super) struct SampleGroups {
    random_access: Option<Runs>,
    encryption: Option<Runs>,
}

impl SampleGroups {
    /// Adds the groups in a `sbgp` box.
    pub(super) fn read(&mut self, mut sbgp: BoxReader) -> Result<(), StreamError> {
        let (version, _) = sbgp.version_and_flags()?;
        let grouping_type: [u8; 4] = sbgp.array()?;
        if version == 1 {
            sbgp.skip(4)?; // grouping_type_parameter
        }
        match &grouping_type {
            b"rap " => self.random_access = Some(Runs::read(&mut sbgp)?),
            b"seig" => self.encryption = Some(Runs::read(&mut sbgp)?),
            _ => {}
        }
        Ok(())
    }
}

/// A sample's place in the groups.
pub(super) struct SampleMembership<'a> {
    pub(super) is_closed_random_access_point: bool,
    /// How the sample is encrypted. It is `None` if that of the track holds.
    pub(super) encryption: Option<&'a EncryptionParameters>,
}

impl SampleGroups {
    /// Skips so many samples.
    pub(super) fn skip(&mut self, samples: u32) {
        for runs in [&mut self.random_access, &mut self.encryption] {
            runs.iter_mut().for_each(|runs| runs.skip(samples));
        }
    }

    /// Returns the groups of the next sample. They are described in its fragment, or for the whole
    /// track.
    pub(super) fn next<'a>(
        &mut self,
        of_fragment: &'a GroupDescriptions,
        of_track: &'a GroupDescriptions,
    ) -> SampleMembership<'a> {
        let random_access = next_description(
            &mut self.random_access,
            &of_fragment.is_closed,
            &of_track.is_closed,
        );
        let encryption = next_description(
            &mut self.encryption,
            &of_fragment.encryption,
            &of_track.encryption,
        );
        SampleMembership {
            is_closed_random_access_point: random_access.copied().unwrap_or(false),
            encryption,
        }
    }
}

/// Returns the description of the next sample's group. Group numbers count the groups of the track
/// from 1, and those of the fragment from 0x10001. The number 0 means no group.
fn next_description<'a, T>(
    runs: &mut Option<Runs>,
    of_fragment: &'a Descriptions<T>,
    of_track: &'a Descriptions<T>,
) -> Option<&'a T> {
    const BEFORE_FRAGMENT: u32 = 0x1_0000;
    match runs.as_mut().and_then(Runs::next) {
        Some(number) if number > BEFORE_FRAGMENT => of_fragment.get(number - BEFORE_FRAGMENT),
        Some(number) => of_track.get(number),
        None => of_fragment
            .get(of_fragment.default)
            .or(of_track.get(of_track.default)),
    }
}
