/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The checks that a codec configuration must pass before a decoder gets it, whatever container it
//! comes from. Decoders take these numbers as they are, for sizes of memory and as divisors.
//!
//! The parser checks every configuration before it hands it out. A container may lie about what its
//! frames are, so players check what a decoder really puts out with [`check_sound`] and
//! [`check_picture`], and coded video frames with a [`FrameCheck`] before they are decoded.

pub use crate::codecs::split_vorbis_headers;
use crate::codecs::{
    self, AudioSpecificConfig, CodedSizes, FlacStreamInfo, OpusHead, VorbisIdentification,
};
use crate::limits;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, VideoCodec, VideoConfiguration,
};

/// What is wrong, as a sentence for a developer.
pub type Cause = &'static str;

/// Checks a configuration for its decoder.
pub fn check_configuration(configuration: &CodecConfiguration) -> Result<(), Cause> {
    match configuration {
        CodecConfiguration::Audio(audio) => check_audio(audio),
        CodecConfiguration::Video(video) => check_video(video),
        // Nothing decodes it.
        CodecConfiguration::Text(text) => check_size(&text.extra_data),
    }
}

/// Checks the sample rate in Hz and the number of channels of audio that is to be decoded or was
/// decoded.
pub fn check_sound(sample_rate: u32, channels: u32) -> Result<(), Cause> {
    if !limits::SAMPLE_RATES.contains(&sample_rate) {
        return Err("the sample rate is not between 3000 and 768000 Hz");
    }
    if !(1..=limits::CHANNELS).contains(&channels) {
        return Err("the number of channels is not between 1 and 8");
    }
    Ok(())
}

/// Checks the size, in pixels, of a video frame that is to be decoded or was decoded.
pub fn check_picture(width: u32, height: u32) -> Result<(), Cause> {
    let sides = 1..=limits::PICTURE_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err("the picture's width or height is not between 1 and 16384 pixels");
    }
    if u64::from(width) * u64::from(height) > limits::PICTURE_PIXELS {
        return Err("the picture has more than 35651584 pixels, which the highest levels allow");
    }
    Ok(())
}

/// Checks the coded frames of a video track before they are decoded, in decode order. A frame may
/// itself say how large frames are from there on, and must not ask for more memory than a
/// configuration may.
#[derive(Clone, Debug)]
pub struct FrameCheck(Option<CodedSizes>);

impl FrameCheck {
    /// Makes the check for frames with `configuration`, the first of which is a random access
    /// point.
    pub fn new(configuration: &CodecConfiguration) -> Self {
        Self(match configuration {
            CodecConfiguration::Video(video) => Some(CodedSizes::new(video)),
            CodecConfiguration::Audio(_) | CodecConfiguration::Text(_) => None,
        })
    }

    /// Checks the next frame.
    pub fn check(&mut self, payload: &[u8]) -> Result<(), Cause> {
        let sizes = self.0.as_mut();
        sizes.map_or(Ok(()), |sizes| sizes.check(payload, check_picture))
    }
}

fn check_size(extra_data: &[u8]) -> Result<(), Cause> {
    if extra_data.len() > limits::EXTRA_DATA_BYTES {
        return Err("what the decoder is to be told first is larger than 256 KiB");
    }
    Ok(())
}

fn check_audio(audio: &AudioConfiguration) -> Result<(), Cause> {
    check_sound(audio.sample_rate, audio.channels)?;
    check_size(&audio.extra_data)?;
    match audio.codec {
        AudioCodec::Aac => check_aac(&audio.extra_data),
        AudioCodec::Flac => check_flac(&audio.extra_data),
        AudioCodec::Opus => check_opus(&audio.extra_data),
        AudioCodec::Vorbis => check_vorbis(audio),
        // Each frame describes itself.
        AudioCodec::Ac3
        | AudioCodec::Eac3
        | AudioCodec::Mp1
        | AudioCodec::Mp2
        | AudioCodec::Mp3 => Ok(()),
    }
}

fn check_aac(config: &[u8]) -> Result<(), Cause> {
    let config = AudioSpecificConfig::read(config).ok_or("the AudioSpecificConfig is broken")?;
    // A stream that describes its channels elsewhere is checked with one.
    check_sound(config.sample_rate, config.channels.unwrap_or(1))
}

/// <https://www.rfc-editor.org/rfc/rfc9639#section-8.2>
fn check_flac(headers: &[u8]) -> Result<(), Cause> {
    let blocks = headers.strip_prefix(b"fLaC");
    let info = blocks.and_then(FlacStreamInfo::read);
    let info = info.ok_or("the metadata do not begin with a STREAMINFO block")?;
    if !(16..=info.largest_block).contains(&info.smallest_block) {
        return Err("STREAMINFO has impossible block sizes");
    }
    if !(4..=32).contains(&info.bits_per_sample) {
        return Err("STREAMINFO has an impossible number of bits a sample");
    }
    check_sound(info.sample_rate, info.channels)
}

fn check_opus(head: &[u8]) -> Result<(), Cause> {
    let head = OpusHead::read(head).ok_or("the Opus identification header is broken")?;
    check_sound(codecs::OPUS_SAMPLE_RATE, head.channels)?;
    if !head.has_valid_mapping() {
        return Err("the Opus identification header has an impossible channel mapping");
    }
    Ok(())
}

/// <https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-630004.2.2>
fn check_vorbis(audio: &AudioConfiguration) -> Result<(), Cause> {
    let headers = split_vorbis_headers(&audio.extra_data);
    let [identification, comment, setup] = headers.ok_or("the Vorbis headers are cut short")?;
    if !comment.starts_with(b"\x03vorbis") || !setup.starts_with(b"\x05vorbis") {
        return Err("the Vorbis comment or setup header is missing");
    }
    let head = VorbisIdentification::read(&identification);
    let head = head.ok_or("the Vorbis identification header is broken")?;
    check_sound(head.sample_rate, head.channels)
}

fn check_video(video: &VideoConfiguration) -> Result<(), Cause> {
    check_picture(video.width, video.height)?;
    check_size(&video.extra_data)?;
    let record = &video.extra_data;
    match video.codec {
        // Without a record the first frame has the description.
        VideoCodec::Av1 if record.is_empty() => {}
        VideoCodec::Av1 if record.len() < 4 || codecs::av1_codec_string(record).is_none() => {
            return Err("the AV1CodecConfigurationRecord is broken");
        }
        VideoCodec::H264 if !codecs::is_avc_record(record) => {
            return Err("the AVCDecoderConfigurationRecord is cut short");
        }
        VideoCodec::Hevc if !codecs::is_hevc_record(record) => {
            return Err("the HEVCDecoderConfigurationRecord is cut short");
        }
        _ => {}
    }
    codecs::check_recorded_sizes(video, check_picture)
}
