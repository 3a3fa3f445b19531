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
    /// AES-CTR over whole frames or parts of them. Encrypted WebM uses it too.
    Cenc,
    /// AES-CTR over a pattern of blocks.
    Cens,
    /// AES-CBC over whole frames or parts of them.
    Cbc1,
    /// AES-CBC over a pattern of blocks.
    Cbcs,
}

/// How one frame is encrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FrameEncryption {
    /// The key's identifier.
    pub key_id: Bytes,
    /// The initialization vector, of 8 or 16 bytes.
    pub initialization_vector: Bytes,
    /// The clear and encrypted parts, from the first byte on. If there are none, all bytes are
    /// encrypted.
    pub subsamples: Arc<[Subsample]>,
    /// Which blocks of 16 bytes in the encrypted parts are encrypted. `None` means all of them.
    pub pattern: Option<EncryptionPattern>,
}

/// A run of clear bytes and the run of encrypted bytes that follows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subsample {
    /// The number of bytes in the clear.
    pub clear: u32,
    /// The number of encrypted bytes after them.
    pub encrypted: u32,
}

/// A pattern of encrypted and clear blocks that repeats.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EncryptionPattern {
    /// The number of encrypted blocks at the start of the pattern.
    pub encrypted_blocks: u8,
    /// The number of clear blocks after them.
    pub clear_blocks: u8,
}
