/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Encrypted frames: <https://www.webmproject.org/docs/webm-encryption/>

use bytes::Bytes;

use crate::encryption::{FrameEncryption, Subsample};
use crate::frame::FrameDetails;

/// Takes off the bytes at the start of a frame that say how it is encrypted. It is `None` if the
/// frame is in the clear. The error says what is wrong.
pub(super) fn read_frame_encryption(
    payloads: &mut [Bytes],
    key_id: Bytes,
) -> Result<Option<FrameDetails>, &'static str> {
    const ENCRYPTED: u8 = 0x01;
    const PARTITIONED: u8 = 0x02;
    const SHORT: &str = "the frame ends within what says how it is encrypted";
    let [payload] = payloads else {
        return Err("the frames of an encrypted track are laced");
    };
    let take = |payload: &mut Bytes, count: usize| {
        let is_there = payload.len() >= count;
        is_there.then(|| payload.split_to(count)).ok_or(SHORT)
    };
    let signal = take(payload, 1)?[0];
    if signal & ENCRYPTED == 0 {
        return Ok(None);
    }
    let initialization_vector = take(payload, 8)?;
    let mut subsamples = Vec::new();
    if signal & PARTITIONED != 0 {
        let count = usize::from(take(payload, 1)?[0]);
        let offsets = take(payload, 4 * count)?;
        subsamples = read_partitions(&offsets, payload.len())
            .ok_or("the partitions of a frame are not in order")?;
    }
    Ok(Some(FrameDetails {
        encryption: Some(FrameEncryption {
            key_id,
            initialization_vector: Bytes::copy_from_slice(&initialization_vector),
            subsamples: subsamples.into(),
            pattern: None,
        }),
        ..FrameDetails::default()
    }))
}

/// Makes subsamples of the offsets at which clear and encrypted bytes take turns, the clear ones
/// first.
fn read_partitions(offsets: &[u8], length: usize) -> Option<Vec<Subsample>> {
    let (offsets, _) = offsets.as_chunks::<4>();
    let length = u32::try_from(length).ok()?;
    let offsets = offsets.iter().map(|offset| u32::from_be_bytes(*offset));
    let mut boundaries: Vec<u32> = offsets.chain([length]).collect();
    if boundaries.len() % 2 == 1 {
        // The last part is in the clear.
        boundaries.push(length);
    }
    let mut start = 0;
    let mut subsamples = Vec::with_capacity(boundaries.len() / 2);
    for pair in boundaries.chunks_exact(2) {
        subsamples.push(Subsample {
            clear: pair[0].checked_sub(start)?,
            encrypted: pair[1].checked_sub(pair[0])?,
        });
        start = pair[1];
    }
    Some(subsamples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &[u8]) -> Result<(Bytes, Option<FrameEncryption>), &'static str> {
        let mut payloads = [Bytes::copy_from_slice(frame)];
        let details = read_frame_encryption(&mut payloads, Bytes::from_static(b"key"))?;
        let [payload] = payloads;
        Ok((payload, details.and_then(|details| details.encryption)))
    }

    #[test]
    fn frames_in_the_clear_lose_the_signal_byte() {
        assert_eq!(read(&[0, 7, 8]), Ok((Bytes::from_static(&[7, 8]), None)));
        assert!(read(&[]).is_err());
    }

    #[test]
    fn partitions_become_subsamples() {
        let mut frame = vec![3, 1, 2, 3, 4, 5, 6, 7, 8, 2];
        frame.extend([0, 0, 0, 3, 0, 0, 0, 7]);
        frame.extend([9; 10]);
        let (payload, encryption) = read(&frame).expect("it is well-formed");
        let encryption = encryption.expect("it is encrypted");
        assert_eq!(payload.len(), 10);
        assert_eq!(
            encryption.initialization_vector,
            [1, 2, 3, 4, 5, 6, 7, 8][..]
        );
        let runs: Vec<_> = encryption.subsamples.iter().collect();
        let subsample = |clear, encrypted| Subsample { clear, encrypted };
        assert_eq!(runs, [&subsample(3, 4), &subsample(3, 0)]);
        // An offset beyond the frame.
        frame[17] = 11;
        assert!(read(&frame).is_err());
        assert!(read(&frame[..15]).is_err());
    }
}
