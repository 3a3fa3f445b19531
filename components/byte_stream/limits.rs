/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How much a stream may ask for. The limits see to it that hostile bytes cost no more than honest
//! ones. A stream that asks for more is in error.

use std::ops::RangeInclusive;

/// The size in bytes of an ISO BMFF box that is read as a whole (`moov`, `moof`). An hour of 48 kHz
/// audio in one fragment has a `moof` of about 2 MB.
pub const WHOLE_BOX_BYTES: u64 = 16 << 20;

/// The size in bytes of a WebM element that is read as a whole and holds no media (`EBML`, `Info`,
/// `Tracks`). `Tracks` may carry codec headers, which are far smaller.
pub const WHOLE_ELEMENT_BYTES: u64 = 4 << 20;

/// The size in bytes of one coded frame or of one WebM block. The largest frame H.264 allows at its
/// highest level is below 36 MB.
pub const FRAME_BYTES: u64 = 64 << 20;

/// The size in bytes of a box or element that nothing is known about. It is skipped, not held, but
/// a larger one is more likely text or garbage whose first bytes were taken for a size.
pub const UNKNOWN_BYTES: u64 = 64 << 20;

/// The number of bytes between MPEG audio frames that are neither frames nor metadata. After a seek
/// a player may begin to append in the middle of a frame; the largest frames, those of AAC, are
/// half as long.
pub const UNKNOWN_AUDIO_BYTES: u64 = 16 << 10;

/// The number of bytes between MPEG-2 transport packets that belong to no packet. It is the length
/// of 87 packets.
pub const UNKNOWN_TRANSPORT_BYTES: u64 = 16 << 10;

/// The bytes of media in a transport stream before every stream of the program has shown how it is
/// coded, and the memory in bytes that frames take until then. Audio may begin 10 s after video of
/// 12 Mbit/s.
pub const WAITING_BYTES: usize = 16 << 20;

/// The memory in bytes that all streams of a transport stream together take for frames that are not
/// complete or whose times are not known. A frame of the largest size has room while its buffer
/// grows.
pub const UNFINISHED_BYTES: usize = 2 * FRAME_BYTES as usize;

/// The memory in bytes that a video stream in a transport stream keeps for the next frame, though
/// the last one did not need so much.
pub const KEPT_BYTES: usize = 256 << 10;

/// The number of NAL units of one picture in a transport stream. No level of H.264 or HEVC allows a
/// tenth of that many slices.
pub const NAL_UNITS: usize = 1 << 13;

/// The size in bytes of the parameter sets of one picture in a transport stream.
pub const PARAMETER_SET_BYTES: usize = 64 << 10;

/// The number of audio and video tracks of one initialization segment. Broadcasts with many
/// languages have a few dozen.
pub const TRACKS: usize = 128;

/// The number of samples of one ISO BMFF movie fragment. A `trun` can declare four thousand million
/// samples in twenty bytes; an hour of 48 kHz audio in one fragment has 169 000.
pub const SAMPLES_PER_FRAGMENT: usize = 1 << 18;

/// The number of samples of one track that an ISO BMFF movie box lists itself. Three hours of 48
/// kHz audio have 506 000.
pub const SAMPLES_PER_TRACK: usize = 1 << 20;

/// The number of sample entries of one ISO BMFF track. Encrypted media with a clear start has two.
pub const SAMPLE_DESCRIPTIONS: usize = 64;

/// The number of sample groups that one ISO BMFF track or track fragment describes. Each group with
/// a key of its own counts as one.
pub const GROUP_DESCRIPTIONS: usize = 1 << 12;

/// The sample rates of audio, in Hz. Decoders count in signed numbers of 32 bits and divide by the
/// rate. Nobody records audio at less than 3 kHz or more than 768 kHz.
pub const SAMPLE_RATES: RangeInclusive<u32> = 3_000..=768_000;

/// The number of audio channels. No layout with names for its loudspeakers has more.
pub const CHANNELS: u32 = 8;

/// The width and the height of a video frame, in pixels.
pub const PICTURE_SIDE: u32 = 16_384;

/// The number of pixels of a video frame. The highest levels of H.264, HEVC, VP9 and AV1 (6.2 and
/// 6.3) allow as many, such as 8192x4352. A decoder holds a dozen such frames.
pub const PICTURE_PIXELS: u64 = 35_651_584;

/// The bytes of a track's label or language that are kept. No menu shows more.
pub const NAME_BYTES: usize = 1 << 10;

/// The size in bytes of the extra data that a decoder gets before the first frame. Few codecs need
/// a thousand bytes, but the comments of Vorbis may hold a cover.
pub const EXTRA_DATA_BYTES: usize = 256 << 10;

/// The length in bytes from which a chunk is kept as it is. A shorter one that is pushed while
/// others wait is copied behind them, so that bytes pushed one by one do not each cost the
/// bookkeeping of a chunk.
pub const SMALL_CHUNK_BYTES: usize = 512;

/// The length in bytes of the chunks that short chunks are joined to.
pub const JOINED_CHUNK_BYTES: usize = 4096;

/// The largest time in ticks. Times nearer to the ends of `i64` are in error, so that sums of a few
/// of them cannot overflow.
pub const TICKS: i64 = 1 << 61;

/// The largest position in a stream, in bytes. Larger ones are in error, so that sums of a few
/// sizes cannot overflow.
pub const STREAM_BYTES: u64 = 1 << 60;

/// What a step of a parser costs of the budget of a turn, beside one for each byte, and what each
/// frame costs that it adds. A step may use very few bytes, or none. A byte takes about a
/// nanosecond, a frame some hundred nanoseconds.
pub const STEP_WORK: usize = 128;

/// The number of frames for which a turn sets memory aside before it has found them. A second of
/// audio and video has about a hundred.
pub const EXPECTED_FRAMES: usize = 256;
