/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How much of what a stream may ask for, so that hostile bytes cost no more than honest ones.
//! A stream that asks for more is in error.

use std::ops::RangeInclusive;

/// Bytes of an ISO BMFF box that is read as a whole (`moov`, `moof`). An hour of 48 kHz sound in
/// one fragment has a `moof` of about 2 MB.
pub const WHOLE_BOX_BYTES: u64 = 16 << 20;

/// Bytes of a WebM element that is read as a whole and holds no media (`EBML`, `Info`, `Tracks`).
/// `Tracks` may carry codec headers, none of which comes near.
pub const WHOLE_ELEMENT_BYTES: u64 = 4 << 20;

/// Bytes of one coded frame, or of one WebM block. The largest frame H.264 allows at its highest
/// level is below 36 MB.
pub const FRAME_BYTES: u64 = 64 << 20;

/// Bytes of a box or element that nothing is known about. It is skipped, not held, but a larger
/// one is more likely text or garbage whose first bytes were taken for a size.
pub const UNKNOWN_BYTES: u64 = 64 << 20;

/// Bytes between MPEG audio frames that are neither frames nor metadata. After a seek a player may
/// append from the middle of a frame on; two frames of AAC, the largest ones, are as long.
pub const UNKNOWN_AUDIO_BYTES: u64 = 16 << 10;

/// Bytes between MPEG-2 transport packets that are none, some 87 packets' worth.
pub const UNKNOWN_TRANSPORT_BYTES: u64 = 16 << 10;

/// Bytes of media in a transport stream before every stream of the program has shown how it is
/// coded, and the memory that frames take until then. Sound that begins 10 s after pictures of
/// 12 Mbit/s still can.
pub const WAITING_BYTES: usize = 16 << 20;

/// The memory that all streams of a transport stream together take for frames that are not complete
/// or whose times are not known: room for a frame of the largest size while its buffer grows.
pub const UNFINISHED_BYTES: usize = 2 * FRAME_BYTES as usize;

/// Bytes of memory that a stream of pictures in a transport stream keeps for the next one, though
/// the last one did not need so much.
pub const KEPT_BYTES: usize = 256 << 10;

/// NAL units of one picture in a transport stream. No level of H.264 or HEVC allows a tenth of that
/// many slices.
pub const NAL_UNITS: usize = 1 << 13;

/// Bytes of the parameter sets of one picture in a transport stream.
pub const PARAMETER_SET_BYTES: usize = 64 << 10;

/// Audio and video tracks of one initialization segment. Broadcasts with many languages have a
/// few dozen.
pub const TRACKS: usize = 128;

/// Samples of one ISO BMFF movie fragment. A `trun` can declare four thousand million samples
/// in twenty bytes; an hour of 48 kHz sound in one fragment has 169 000.
pub const SAMPLES_PER_FRAGMENT: usize = 1 << 18;

/// Samples of one track that an ISO BMFF movie box lists itself. Three hours of 48 kHz sound have
/// 506 000.
pub const SAMPLES_PER_TRACK: usize = 1 << 20;

/// Sample entries of one ISO BMFF track. Encrypted media with a clear start has two.
pub const SAMPLE_DESCRIPTIONS: usize = 64;

/// Sample groups that one ISO BMFF track or track fragment describes. Each group with a key of
/// its own is one.
pub const GROUP_DESCRIPTIONS: usize = 1 << 12;

/// Samples a second of sound. Decoders count in signed numbers of 32 bits and divide by it; what
/// plays at less than 3 kHz, or more than 768 kHz, is no sound that anybody recorded.
pub const SAMPLE_RATES: RangeInclusive<u32> = 3_000..=768_000;

/// Channels of sound. There are more in no layout that loudspeakers are named for.
pub const CHANNELS: u32 = 8;

/// Pixels on a side of a picture.
pub const PICTURE_SIDE: u32 = 16_384;

/// Pixels of a picture: as many as the highest levels of H.264, HEVC, VP9 and AV1 (6.2 and 6.3)
/// allow, such as 8192x4352. A decoder holds a dozen.
pub const PICTURE_PIXELS: u64 = 35_651_584;

/// Bytes of a track's label or language that are kept: no menu shows more.
pub const NAME_BYTES: usize = 1 << 10;

/// Bytes that a decoder is told before the first frame. Few have a thousand; those of Vorbis may
/// have a cover among the comments.
pub const EXTRA_DATA_BYTES: usize = 256 << 10;

/// A chunk shorter than this that is pushed while others wait is copied behind them, so that
/// bytes fed one by one do not cost a chunk's bookkeeping each.
pub const SMALL_CHUNK_BYTES: usize = 512;

/// Bytes of the chunks that are made of those.
pub const JOINED_CHUNK_BYTES: usize = 4096;

/// Times in ticks that come near the ends of `i64` are in error, so that sums of a few of them
/// cannot overflow.
pub const TICKS: i64 = 1 << 61;

/// Positions in the stream beyond this are in error, so that sums of a few sizes cannot overflow.
pub const STREAM_BYTES: u64 = 1 << 60;

/// What a step of a parser costs of the budget of a turn, beside its bytes, and what each frame
/// costs that it adds: a step may use very few bytes, or none. A byte takes about as long as a
/// nanosecond, a frame some hundred nanoseconds.
pub const STEP_WORK: usize = 128;

/// Frames of a turn that memory is set aside for before they are there. A second of sound and
/// pictures has about a hundred.
pub const EXPECTED_FRAMES: usize = 256;
