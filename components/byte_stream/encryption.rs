/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What byte streams say about Common Encryption (ISO/IEC 23001-7) and encrypted WebM. Nothing
//! here decrypts.

use std::sync::Arc;

use bytes::Bytes;

/// How the frames of a track are encrypted, where a frame does not say otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrackEncryption {
    /// The cipher and what it covers.
    pub scheme: EncryptionScheme,
    /// The key's identifier; 16 bytes in ISO BMFF. Empty if there is no default.
    pub default_key_id: Bytes,
}

/// <https://w3c.github.io/encrypted-media/#dom-mediakeysystemmediacapability-encryptionscheme>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EncryptionScheme {
    /// AES-CTR, of whole frames or of parts. Encrypted WebM is this too.
    Cenc,
    /// AES-CTR, of a pattern of blocks.
    Cens,
    /// AES-CBC, of whole frames or of parts.
    Cbc1,
    /// AES-CBC, of a pattern of blocks.
    Cbcs,
}

/// How one frame is encrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FrameEncryption {
    /// The key's identifier.
    pub key_id: Bytes,
    /// 8 or 16 bytes.
    pub initialization_vector: Bytes,
    /// Which bytes are encrypted, from the first one on; all of them if empty.
    pub subsamples: Arc<[Subsample]>,
    /// Which blocks of 16 bytes among those are encrypted; all if `None`.
    pub pattern: Option<EncryptionPattern>,
}

/// A run of clear bytes with a run of encrypted ones behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subsample {
    /// Bytes in the clear.
    pub clear: u32,
    /// Bytes that are encrypted.
    pub encrypted: u32,
}

/// So many blocks encrypted, so many not, and again from the start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EncryptionPattern {
    /// Blocks that are encrypted.
    pub encrypted_blocks: u8,
    /// Blocks in the clear after them.
    pub clear_blocks: u8,
}
