/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads Common Encryption (ISO/IEC 23001-7): what is encrypted, how, and with which key.

use bytes::Bytes;

use super::boxes::BoxReader;
use crate::encryption::{
    EncryptionPattern, EncryptionScheme, FrameEncryption, Subsample, TrackEncryption,
};
use crate::error::StreamError;

/// The contents of the `sinf` box of a sample entry.
pub(super) struct Protection {
    scheme: EncryptionScheme,
    /// The parameters of samples that are in no group with parameters of its own.
    pub(super) parameters: EncryptionParameters,
}

impl Protection {
    pub(super) fn track_encryption(&self) -> TrackEncryption {
        TrackEncryption {
            scheme: self.scheme,
            default_key_id: self.parameters.key_id.clone(),
        }
    }
}

/// The fields that a `tenc` box and a `seig` group have in common.
pub(super) struct EncryptionParameters {
    is_protected: bool,
    initialization_vector_size: usize,
    key_id: Bytes,
    /// The initialization vector of all samples, where samples have none of their own.
    constant_initialization_vector: Bytes,
    pattern: Option<EncryptionPattern>,
}

impl EncryptionParameters {
    pub(super) fn read(reader: &mut BoxReader) -> Result<Self, StreamError> {
        reader.skip(1)?; // reserved
        let pattern = reader.u8()?;
        let is_protected = reader.u8()? == 1;
        let initialization_vector_size = usize::from(reader.u8()?);
        if !matches!(initialization_vector_size, 0 | 8 | 16) {
            return Err(reader.error("an initialization vector is neither 8 nor 16 bytes long"));
        }
        let key_id = Bytes::copy_from_slice(reader.bytes(16)?);
        let constant_initialization_vector = if is_protected && initialization_vector_size == 0 {
            let size = usize::from(reader.u8()?);
            Bytes::copy_from_slice(reader.bytes(size)?)
        } else {
            Bytes::new()
        };
        let pattern = EncryptionPattern {
            encrypted_blocks: pattern >> 4,
            clear_blocks: pattern & 0xf,
        };
        Ok(Self {
            is_protected,
            initialization_vector_size,
            key_id,
            constant_initialization_vector,
            pattern: (pattern.encrypted_blocks > 0).then_some(pattern),
        })
    }

    /// Whether each sample has a vector of its own, which a `senc` box gives.
    pub(super) fn needs_senc(&self) -> bool {
        self.is_protected && self.initialization_vector_size > 0
    }

    /// Returns how a sample is encrypted that no `senc` box describes. It is `None` if the sample
    /// is in the clear.
    pub(super) fn without_senc(&self) -> Option<FrameEncryption> {
        self.frame_encryption(Bytes::new(), Vec::new())
    }

    fn frame_encryption(
        &self,
        own_vector: Bytes,
        subsamples: Vec<Subsample>,
    ) -> Option<FrameEncryption> {
        let initialization_vector = if own_vector.is_empty() {
            self.constant_initialization_vector.clone()
        } else {
            own_vector
        };
        self.is_protected.then(|| FrameEncryption {
            key_id: self.key_id.clone(),
            initialization_vector,
            subsamples: subsamples.into(),
            pattern: self.pattern,
        })
    }
}

/// Reads a sample entry for encrypted samples: the kind of entry that it stands for, and how the
/// samples are encrypted. `entry` is at the boxes in it.
pub(super) fn read_protection(entry: &BoxReader) -> Result<([u8; 4], Protection), StreamError> {
    const SINF: &str = "moov/trak/mdia/minf/stbl/stsd/(encrypted)/sinf";
    let Some(sinf) = entry.find(b"sinf")? else {
        return Err(entry.error("sinf is missing"));
    };
    let sinf = sinf.reader(SINF);
    let (Some(frma), Some(schm), Some(schi)) = (
        sinf.find(b"frma")?,
        sinf.find(b"schm")?,
        sinf.find(b"schi")?,
    ) else {
        return Err(sinf.error("frma, schm or schi is missing"));
    };
    let original_format = frma.reader(SINF).array()?;
    let mut schm = schm.reader(SINF);
    schm.version_and_flags()?;
    let scheme = match &schm.array()? {
        b"cenc" => EncryptionScheme::Cenc,
        b"cens" => EncryptionScheme::Cens,
        b"cbc1" => EncryptionScheme::Cbc1,
        b"cbcs" => EncryptionScheme::Cbcs,
        _ => return Err(schm.error("the encryption scheme is not known")),
    };
    let Some(tenc) = schi.reader(SINF).find(b"tenc")? else {
        return Err(sinf.error("tenc is missing"));
    };
    let mut tenc = tenc.reader("moov/trak/mdia/minf/stbl/stsd/(encrypted)/sinf/schi/tenc");
    tenc.version_and_flags()?;
    let parameters = EncryptionParameters::read(&mut tenc)?;
    Ok((original_format, Protection { scheme, parameters }))
}

/// Reads a `senc` box, sample by sample.
pub(super) struct SampleEncryption {
    /// Where the box starts in the stream, which errors name.
    start: u64,
    entries: Bytes,
    has_subsamples: bool,
    samples_left: u32,
}

impl SampleEncryption {
    pub(super) fn read(start: u64, mut senc: BoxReader) -> Result<Self, StreamError> {
        let (_, flags) = senc.version_and_flags()?;
        let samples_left = senc.u32()?;
        Ok(Self {
            start,
            entries: senc.kept_rest(),
            has_subsamples: flags & 0x2 != 0,
            samples_left,
        })
    }

    /// Reads how the next sample is encrypted. It is `None` if the sample is in the clear.
    pub(super) fn next(
        &mut self,
        parameters: &EncryptionParameters,
    ) -> Result<Option<FrameEncryption>, StreamError> {
        let mut reader = BoxReader::new("senc", self.start, &self.entries, 0);
        if self.samples_left == 0 {
            return Err(reader.error("there are fewer entries than samples"));
        }
        self.samples_left -= 1;
        let own_vector = reader.bytes(parameters.initialization_vector_size)?;
        let mut subsamples = Vec::new();
        if self.has_subsamples {
            for _ in 0..reader.u16()? {
                subsamples.push(Subsample {
                    clear: u32::from(reader.u16()?),
                    encrypted: reader.u32()?,
                });
            }
        }
        let own_vector = Bytes::copy_from_slice(own_vector);
        self.entries = reader.kept_rest();
        Ok(parameters.frame_encryption(own_vector, subsamples))
    }
}
