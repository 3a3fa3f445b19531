/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Samples, and the boxes that complete what `trun` says about them.

use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::boxes::BoxReader;
use super::movie::MovieTrack;
use super::protection::{EncryptionParameters, SampleEncryption};
use super::sample_groups::{GroupDescriptions, SampleGroups};
use crate::error::StreamError;
use crate::frame::FrameDetails;
use crate::track::Medium;

/// A sample that is still to come.
pub(super) struct Sample {
    /// Where the bytes of the sample start in the stream.
    pub(super) offset: u64,
    pub(super) size: u32,
    /// The index of the track in the movie.
    pub(super) track: usize,
    /// The index of the sample entry in the track.
    pub(super) description: usize,
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

    /// Returns these fields, in which those of `other` replace those that are left open.
    fn or(self, other: Self) -> Self {
        let pick = |known: u8, other: u8| if known == 0 { other } else { known };
        Self {
            depends_on_others: pick(self.depends_on_others, other.depends_on_others),
            is_depended_on: pick(self.is_depended_on, other.is_depended_on),
        }
    }
}

/// The flags of a sample in `trun` or the sample table, which [`SampleNotes`] completes.
#[derive(Clone, Copy)]
pub(super) struct SampleFlags {
    pub(super) is_sync: bool,
    pub(super) dependency: Dependency,
}

impl SampleFlags {
    /// Reads sample flags (ISO/IEC 14496-12, 8.8.3.1).
    pub(super) fn read(flags: u32) -> Self {
        Self {
            is_sync: flags & 0x1_0000 == 0,
            dependency: Dependency::of_sample_flags(flags),
        }
    }
}

/// Everything that the boxes say about a sample.
pub(super) struct SampleNote {
    pub(super) is_random_access_point: bool,
    pub(super) is_discardable: bool,
    pub(super) details: Option<Arc<FrameDetails>>,
}

/// The boxes of a track fragment or a sample table that have an entry for each sample in turn.
pub(super) struct SampleNotes {
    /// The bytes of `sdtp` that are left.
    dependencies: Bytes,
    descriptions: GroupDescriptions,
    groups: SampleGroups,
    senc: Option<SampleEncryption>,
    /// The error for a container that should have a `senc` box.
    senc_is_missing: StreamError,
}

impl SampleNotes {
    /// Finds the boxes in a `traf` or `stbl`.
    pub(super) fn read(container: &BoxReader) -> Result<Self, StreamError> {
        let mut notes = Self {
            dependencies: Bytes::new(),
            descriptions: GroupDescriptions::default(),
            groups: SampleGroups::default(),
            senc: None,
            senc_is_missing: container
                .error("it has encrypted samples and no senc. Repackage the file with senc boxes"),
        };
        let mut children = container.clone();
        while let Some(child) = children.child()? {
            match &child.kind {
                b"sdtp" => {
                    let mut sdtp = child.reader("sdtp");
                    sdtp.version_and_flags()?;
                    notes.dependencies = sdtp.kept_rest();
                }
                b"sgpd" => notes.descriptions.read(&child)?,
                b"sbgp" => notes.groups.read(child.reader("sbgp"))?,
                b"senc" => {
                    let senc = SampleEncryption::read(child.start(), child.reader("senc"))?;
                    notes.senc = Some(senc);
                }
                _ => {}
            }
        }
        Ok(notes)
    }

    /// Skips so many samples that have no bytes. The time that it takes does not depend on their
    /// number. The error says what is wrong.
    pub(super) fn skip(&mut self, samples: u32) -> Result<(), &'static str> {
        if self.senc.is_some() {
            return Err("samples without bytes are encrypted");
        }
        let dependencies = self.dependencies.len().min(samples as usize);
        self.dependencies.advance(dependencies);
        self.groups.skip(samples);
        Ok(())
    }

    /// Completes what is known of the next sample of a track. `encryption` is that of its sample
    /// entry, `None` if that is for samples in the clear.
    ///
    /// Audio has no dependent frames in the codecs known here, though many files do not say so, and
    /// neither have cues. A random access point of video is a sync sample, or one that leading
    /// frames are known not to follow (a stream access point of type 1 or 2, as the byte stream
    /// format wants it). A recovery point, from which decoding only becomes right after a while, is
    /// none. Some files mark frames as sync samples that depend on others.
    pub(super) fn next(
        &mut self,
        track: &MovieTrack,
        encryption: Option<&EncryptionParameters>,
        flags: SampleFlags,
    ) -> Result<SampleNote, StreamError> {
        let mut dependency = flags.dependency;
        if !self.dependencies.is_empty() {
            dependency = dependency.or(Dependency::of_sdtp(self.dependencies.get_u8()));
        }
        let membership = self.groups.next(&self.descriptions, &track.groups);
        let is_decodable = flags.is_sync || membership.is_closed_random_access_point;
        let parameters = encryption.map(|of_track| membership.encryption.unwrap_or(of_track));
        let encryption = match (parameters, &mut self.senc) {
            (None, _) => None,
            (Some(parameters), Some(senc)) => senc.next(parameters)?,
            (Some(parameters), None) if parameters.needs_senc() => {
                return Err(self.senc_is_missing.clone());
            }
            (Some(parameters), None) => parameters.without_senc(),
        };
        let details = encryption.map(|encryption| {
            Arc::new(FrameDetails {
                encryption: Some(encryption),
                ..FrameDetails::default()
            })
        });
        Ok(SampleNote {
            is_random_access_point: track.medium != Some(Medium::Video)
                || is_decodable && dependency.depends_on_others != 1,
            is_discardable: dependency.is_depended_on == 2,
            details,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::movie::SampleDefaults;

    fn full_box(kind: &[u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
        let size = (12 + body.len() as u32).to_be_bytes();
        [&size, &kind[..], &[version, 0, 0, 0], body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn grouping(kind: &[u8; 4], rest: &[u32]) -> Vec<u8> {
        [&kind[..], &words(rest)].concat()
    }

    /// Reads the notes on the samples with these flags in a container of these boxes.
    fn notes(
        boxes: &[Vec<u8>],
        of_track: GroupDescriptions,
        encryption: Option<&EncryptionParameters>,
        medium: Medium,
        flags: &[u32],
    ) -> Result<Vec<SampleNote>, StreamError> {
        let bytes = Bytes::from(boxes.concat());
        let container = BoxReader::new("moof/traf", 0, &bytes, 0);
        let track = MovieTrack {
            id: 1,
            medium: Some(medium),
            presentation_offset: 0,
            defaults: SampleDefaults::default(),
            descriptions: Vec::new(),
            description_in_force: 0,
            groups: of_track,
        };
        let mut notes = SampleNotes::read(&container)?;
        flags
            .iter()
            .map(|flags| notes.next(&track, encryption, SampleFlags::read(*flags)))
            .collect()
    }

    const NON_SYNC: u32 = 0x1_0000;
    const DEPENDS_ON_OTHERS: u32 = 1 << 24;
    const DEPENDS_ON_NONE: u32 = 2 << 24;
    const NOT_DEPENDED_ON: u32 = 2 << 22;

    fn random_access(boxes: &[Vec<u8>], medium: Medium, flags: &[u32]) -> Vec<bool> {
        let notes = notes(boxes, GroupDescriptions::default(), None, medium, flags);
        let notes = notes.expect("the boxes are well-formed");
        notes
            .iter()
            .map(|note| note.is_random_access_point)
            .collect()
    }

    #[test]
    fn pictures_that_depend_on_others_are_no_random_access_points() {
        let flags = [0, NON_SYNC, DEPENDS_ON_OTHERS, NON_SYNC | DEPENDS_ON_NONE];
        let found = random_access(&[], Medium::Video, &flags);
        assert_eq!(found, [true, false, false, false]);
        let found = random_access(&[], Medium::Audio, &flags);
        assert_eq!(found, [true; 4]);
    }

    #[test]
    fn sdtp_tells_what_the_flags_leave_open() {
        // The samples depend on others, say nothing, depend on others, and have nothing that
        // depends on them.
        let sdtp = full_box(b"sdtp", 0, &[0x10, 0, 0x10, 0x08]);
        let flags = [0, 0, DEPENDS_ON_NONE, 0, NOT_DEPENDED_ON];
        let of_track = GroupDescriptions::default();
        let notes = notes(&[sdtp], of_track, None, Medium::Video, &flags);
        let found: Vec<_> = notes
            .expect("the boxes are well-formed")
            .iter()
            .map(|note| (note.is_random_access_point, note.is_discardable))
            .collect();
        let expected = [
            (false, false),
            (true, false),
            (true, false),
            (true, true),
            (true, true),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn random_access_groups_without_leading_pictures_count() {
        // An unknown number of leading samples, none, and three.
        let entries = [words(&[1, 3]), vec![0, 0x80, 0x83]].concat();
        let sgpd = full_box(b"sgpd", 1, &[&b"rap "[..], &entries].concat());
        let first = 0x1_0001;
        let runs = [5, 1, first, 1, first + 1, 1, first + 2, 1, 0, 1, 2];
        let sbgp = full_box(b"sbgp", 0, &grouping(b"rap ", &runs));
        let found = random_access(&[sgpd, sbgp], Medium::Video, &[NON_SYNC; 6]);
        assert_eq!(found, [false, true, false, false, false, false]);
    }

    #[test]
    fn groups_of_a_fragment_may_be_described_for_the_track() {
        let body = [&b"rap "[..], &words(&[1, 1]), &[0x80]].concat();
        let sgpd = full_box(b"sgpd", 1, &body);
        let sgpd = Bytes::from(sgpd);
        let stbl = BoxReader::new("stbl", 0, &sgpd, 0);
        let described = stbl.find(b"sgpd").expect("it is a box");
        let mut of_track = GroupDescriptions::default();
        of_track
            .read(&described.expect("it is there"))
            .expect("it is well-formed");
        let sbgp = full_box(b"sbgp", 0, &grouping(b"rap ", &[1, 1, 1]));
        let notes = notes(&[sbgp], of_track, None, Medium::Video, &[NON_SYNC; 2]);
        let notes = notes.expect("the boxes are well-formed");
        let found: Vec<_> = notes.iter().map(|it| it.is_random_access_point).collect();
        assert_eq!(found, [true, false]);
    }

    /// Makes the fields of `tenc` and `seig`: whether samples are encrypted, with vectors of that
    /// size.
    fn parameters(is_protected: u8, vector_size: u8, key: u8, constant: &[u8]) -> Vec<u8> {
        [
            &[0, 0x19, is_protected, vector_size],
            &[key; 16][..],
            constant,
        ]
        .concat()
    }

    #[test]
    fn groups_with_keys_of_their_own() {
        let of_track = Bytes::from(parameters(1, 8, 1, &[]));
        let of_track = EncryptionParameters::read(&mut BoxReader::new("tenc", 0, &of_track, 0));
        let of_track = of_track.expect("it is well-formed");
        let read = |boxes: &[Vec<u8>], flags: &[u32]| {
            let groups = GroupDescriptions::default();
            notes(boxes, groups, Some(&of_track), Medium::Audio, flags)
        };
        let clear = parameters(0, 0, 0, &[]);
        let constant = parameters(1, 0, 2, &[2, 0xaa, 0xbb]);
        let lengths = [clear.len() as u32, constant.len() as u32].map(u32::to_be_bytes);
        let entries = [&lengths[0][..], &clear, &lengths[1], &constant].concat();
        let body = [&b"seig"[..], &words(&[0, 2]), &entries].concat();
        let sgpd = full_box(b"sgpd", 1, &body);
        let first = 0x1_0001;
        let runs = [2, 1, first, 1, first + 1];
        let sbgp = full_box(b"sbgp", 0, &grouping(b"seig", &runs));
        // A vector for the one sample that has its own, the last.
        let senc = full_box(b"senc", 0, &[&words(&[3])[..], &[9; 8]].concat());
        let boxes = [sgpd, sbgp, senc];
        let found: Vec<_> = read(&boxes, &[0; 3])
            .expect("the boxes are well-formed")
            .iter()
            .map(|note| {
                let encryption = note.details.as_ref()?.encryption.clone()?;
                let pattern = encryption.pattern?;
                let vector = encryption.initialization_vector.to_vec();
                let blocks = (pattern.encrypted_blocks, pattern.clear_blocks);
                Some((encryption.key_id[0], vector, blocks))
            })
            .collect();
        let of_group = Some((2, vec![0xaa, 0xbb], (1, 9)));
        let of_track_itself = Some((1, vec![9; 8], (1, 9)));
        assert_eq!(found, [None, of_group, of_track_itself]);
        // A fourth sample has no entry; and without the box, none has a vector.
        let result = read(&boxes, &[0; 4]);
        assert_eq!(result.err().map(|error| error.place), Some("senc"));
        let result = read(&[], &[0]);
        assert!(result.is_err_and(|error| error.cause.contains("senc")));
    }
}
