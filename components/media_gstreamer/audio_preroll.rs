/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where the decoding of audio begins for the target of a seek.

use byte_stream::track::{Codec, CodecConfiguration};
use media_source::TrackReader;
use track_buffer::read::Read;
use track_buffer::time::{PresentationTime, TimeDelta};

/// How many frames before the target of a seek are looked at for its preroll. Audio has a tenth.
const PREROLL_FRAMES: usize = 512;

/// How much audio before the target of a seek is decoded, and not heard, so that what follows is
/// right, unless the byte stream says it. Most codecs need one frame; but MP3 borrows bits from as many
/// frames as it takes for 511 bytes. Where there is less, a part of it is tried.
const SEEK_PREROLL: [TimeDelta; 4] = [
    TimeDelta::from_milliseconds(-320),
    TimeDelta::from_milliseconds(-160),
    TimeDelta::from_milliseconds(-80),
    TimeDelta::from_milliseconds(-40),
];

/// Moves to the audio of `codec` before `target`, as far as it leads up to it without a gap.
pub(crate) fn seek(reader: &mut TrackReader, target: PresentationTime, codec: Codec) {
    reader.seek(target);
    let stated = match reader.read() {
        Read::Frame(frame) => stated_preroll(&frame.configuration),
        Read::Gap | Read::End => None,
    };
    let shorter = |distance: &TimeDelta| stated.is_none_or(|stated| *distance > stated);
    let distances = SEEK_PREROLL.into_iter().filter(shorter);
    for distance in stated.into_iter().chain(distances) {
        let place = target.offset_by(distance);
        if leads_to_target(reader, place, target, codec) {
            return reader.seek(place);
        }
    }
    reader.seek(target);
}

/// Returns whether there is audio without a gap from `place` up to the target, for the same decoder.
fn leads_to_target(
    reader: &mut TrackReader,
    place: PresentationTime,
    target: PresentationTime,
    codec: Codec,
) -> bool {
    reader.seek(place);
    let mut has_begun = false;
    for _ in 0..PREROLL_FRAMES {
        match reader.read() {
            Read::Frame(frame) if frame.configuration.codec() != codec => return false,
            // The decoded frame may be longer than its duration says, and reach the target.
            Read::Frame(frame) if frame.end <= target => has_begun = true,
            Read::Frame(frame) => return has_begun || frame.start <= target,
            Read::Gap | Read::End => return false,
        }
    }
    false
}

/// Returns the place from which decoding is to begin in relation to the target of a seek, where the
/// byte stream says it, as that of Opus does.
/// <https://www.rfc-editor.org/rfc/rfc7845#section-4.6>
fn stated_preroll(configuration: &CodecConfiguration) -> Option<TimeDelta> {
    let CodecConfiguration::Audio(audio) = configuration else {
        return None;
    };
    let seconds = f64::from(audio.seek_preroll) / f64::from(audio.sample_rate);
    (audio.seek_preroll > 0).then(|| -TimeDelta::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Media;

    #[test]
    fn opus_states_how_much_is_decoded_before_a_seek() {
        let stated = |name| stated_preroll(&Media::whole(name).frames(1)[0].configuration);
        let opus = stated("layouts/vp9-opus.webm");
        assert_eq!(opus, Some(TimeDelta::from_milliseconds(-80)));
        assert_eq!(stated("h264-aac.mp4"), None);
    }
}
