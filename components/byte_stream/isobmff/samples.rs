/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Samples, and what `trun` does not say of them.

use std::sync::Arc;

use super::boxes::BoxReader;
use super::movie::MovieTrack;
use super::protection::{EncryptionParameters, SampleEncryption};
use super::sample_entry::Handler;
use super::sample_groups::{GroupDescriptions, SampleGroups};
use crate::error::StreamError;
use crate::frame::FrameDetails;

/// A sample that is still to come.
#[derive(Clone)]
pub(super) struct Sample {
    /// Where its bytes start in the stream.
    pub(super) offset: u64,
    pub(super) size: u32,
    pub(super) track: u32,
    pub(super) presentation: i64,
    pub(super) decode: i64,
    pub(super) duration: u32,
    pub(super) is_random_access_point: bool,
    pub(super) is_discardable: bool,
    pub(super) details: Option<Arc<FrameDetails>>,
}

/// How samples depend on each other: the two fields of two bits each that sample flags and `sdtp`
/// have in common (ISO/IEC 14496-12, 8.6.4.3).
#[derive(Clone, Copy, Default)]
pub(super) struct Dependency {
    depends_on_others: u8,
    is_depended_on: u8,
}

impl Dependency {
    fn of_sdtp(byte: u8) -> Self {
        Self {
            depends_on_others: byte >> 4 & 0x3,
            is_depended_on: byte >> 2 & 0x3,
        }
    }

    pub(super) fn of_sample_flags(flags: u32) -> Self {
        Self {
            depends_on_others: (flags >> 24 & 0x3) as u8,
            is_depended_on: (flags >> 22 & 0x3) as u8,
        }
    }

    /// The same with what it leaves open taken from another place.
    fn or(self, other: Self) -> Self {
        let pick = |known: u8, other: u8| if known == 0 { other } else { known };
        Self {
            depends_on_others: pick(self.depends_on_others, other.depends_on_others),
            is_depended_on: pick(self.is_depended_on, other.is_depended_on),
        }
    }
}

/// What `trun` or the sample table says of a sample, for [`SampleNotes`] to complete.
#[derive(Clone, Copy)]
pub(super) struct SampleFlags {
    pub(super) is_sync: bool,
    pub(super) dependency: Dependency,
}

impl SampleFlags {
    /// ISO/IEC 14496-12, 8.8.3.1
    pub(super) fn read(flags: u32) -> Self {
        Self {
            is_sync: flags & 0x1_0000 == 0,
            dependency: Dependency::of_sample_flags(flags),
        }
    }
}

/// What is finally known of a sample.
pub(super) struct SampleNote {
    pub(super) is_random_access_point: bool,
    pub(super) is_discardable: bool,
    pub(super) details: Option<Arc<FrameDetails>>,
}

/// The boxes of a track fragment or a sample table that say something of each sample in turn.
pub(super) struct SampleNotes<'a> {
    container: BoxReader<'a>,
    track: &'a MovieTrack,
    /// Of the sample description; `None` if it is for samples in the clear.
    encryption: Option<&'a EncryptionParameters>,
    /// The bytes of `sdtp`.
    dependencies: &'a [u8],
    descriptions: GroupDescriptions,
    groups: SampleGroups<'a>,
    senc: Option<SampleEncryption<'a>>,
}

impl<'a> SampleNotes<'a> {
    /// Finds the boxes in a `traf` or `stbl`.
    pub(super) fn read(
        container: &BoxReader<'a>,
        track: &'a MovieTrack,
        encryption: Option<&'a EncryptionParameters>,
    ) -> Result<Self, StreamError> {
        let mut notes = Self {
            container: container.clone(),
            track,
            encryption,
            dependencies: &[],
            descriptions: GroupDescriptions::default(),
            groups: SampleGroups::default(),
            senc: None,
        };
        let mut children = container.clone();
        while let Some(child) = children.child()? {
            match &child.kind {
                b"sdtp" => {
                    let mut sdtp = child.reader("sdtp");
                    sdtp.version_and_flags()?;
                    notes.dependencies = sdtp.rest();
                }
                b"sgpd" => notes.descriptions.read(&child)?,
                b"sbgp" => notes.groups.read(child.reader("sbgp"))?,
                b"senc" => notes.senc = Some(SampleEncryption::read(child.reader("senc"))?),
                _ => {}
            }
        }
        Ok(notes)
    }

    /// Completes what is known of the next sample.
    ///
    /// Sound has no dependent frames in the codecs known here, though many files do not say so,
    /// and cues have none. A random access point of pictures is a sync sample, or one that leading
    /// pictures are known not to follow (a stream access point of type 1 or 2, as the byte stream
    /// format wants it); a recovery point, from which decoding only becomes right after a while,
    /// is none. Some files mark pictures as sync samples that depend on others.
    pub(super) fn next(
        &mut self,
        handler: Handler,
        flags: SampleFlags,
    ) -> Result<SampleNote, StreamError> {
        let mut dependency = flags.dependency;
        if let Some((byte, rest)) = self.dependencies.split_first() {
            self.dependencies = rest;
            dependency = dependency.or(Dependency::of_sdtp(*byte));
        }
        let membership = self.groups.next(&self.descriptions, &self.track.groups);
        let is_decodable = flags.is_sync || membership.is_closed_random_access_point;
        let encryption = match self
            .encryption
            .map(|of_track| membership.encryption.unwrap_or(of_track))
        {
            None => None,
            Some(parameters) => match &mut self.senc {
                Some(senc) => senc.next(parameters)?,
                None => parameters
                    .without_senc()
                    .map_err(|cause| self.container.error(cause))?,
            },
        };
        let details = encryption.map(|encryption| {
            Arc::new(FrameDetails {
                encryption: Some(encryption),
                ..FrameDetails::default()
            })
        });
        Ok(SampleNote {
            is_random_access_point: handler != Handler::Video
                || is_decodable && dependency.depends_on_others != 1,
            is_discardable: dependency.is_depended_on == 2,
            details,
        })
    }
}
