/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Finds the end of the metadata between MPEG audio frames. None of it is read.
//!
//! <https://w3c.github.io/mse-byte-stream-format-mpeg-audio/#mpeg-metadata>

/// The number of bytes that tell how long metadata is.
pub(super) const METADATA_HEADER_BYTES: usize = 16;

/// The kinds of metadata, by their first bytes.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Metadata {
    /// The bytes end too early to tell what they are.
    Short,
    /// Metadata of that many bytes: ID3, or an APE tag, which many MP3 files end with.
    Sized(u64),
    /// An Icecast header, which ends with an empty line.
    Icecast,
}

impl Metadata {
    /// Recognizes metadata. It is `None` if the bytes are not the first ones of metadata.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        const MAGICS: [&[u8]; 4] = [b"ID3", b"TAG", b"ICY ", b"APETAGEX"];
        let begins_with = |magic: &&[u8]| {
            let length = magic.len().min(bytes.len());
            magic[..length] == bytes[..length]
        };
        let magic = MAGICS.into_iter().find(begins_with)?;
        if bytes.len() < METADATA_HEADER_BYTES {
            return Some(Self::Short);
        }
        match magic {
            b"ID3" => id3v2_size(bytes).map(Self::Sized),
            // The "enhanced" tag, which the plain one follows.
            b"TAG" if bytes[3] == b'+' => Some(Self::Sized(227)),
            b"TAG" => Some(Self::Sized(128)),
            b"ICY " => Some(Self::Icecast),
            _ => {
                // The size is without the header.
                let size = bytes.get(12..)?.first_chunk()?;
                Some(Self::Sized(32 + u64::from(u32::from_le_bytes(*size))))
            }
        }
    }
}

/// <https://id3.org/id3v2.4.0-structure>, section 3.1. The size has seven bits in each byte.
fn id3v2_size(bytes: &[u8]) -> Option<u64> {
    let [_, _, _, major, revision, flags, sizes @ ..] = bytes.first_chunk::<10>()?;
    if *major == 0xff || *revision == 0xff || sizes.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let size = sizes
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(*byte));
    let footer = if flags & 0x10 != 0 { 10 } else { 0 };
    Some(10 + size + footer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_tells_its_size() {
        let read = |bytes: &[u8]| Metadata::read(bytes);
        assert_eq!(
            read(b"ID3\x04\0\0\0\0\x01\x02......"),
            Some(Metadata::Sized(140))
        );
        assert_eq!(
            read(b"ID3\x04\0\x10\0\0\x01\x02......"),
            Some(Metadata::Sized(150))
        );
        assert_eq!(read(b"TAG............."), Some(Metadata::Sized(128)));
        assert_eq!(read(b"TAG+............"), Some(Metadata::Sized(227)));
        assert_eq!(read(b"ICY OK 200\r\n...."), Some(Metadata::Icecast));
        assert_eq!(
            read(b"APETAGEX\xd0\x07\0\0\0\x01\0\0"),
            Some(Metadata::Sized(288))
        );
        assert_eq!(read(b"ID3\x04\0\0\x80\0\x01\x02......"), None);
        for short in [&b"I"[..], b"ID3", b"TA", b"TAG............", b"APETAG", b""] {
            assert_eq!(read(short), Some(Metadata::Short));
        }
        for other in [&b"\xff"[..], b"IDE", b"ICX", b"Tag"] {
            assert_eq!(read(other), None);
        }
    }
}
