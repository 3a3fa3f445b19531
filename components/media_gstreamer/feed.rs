/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The feed of a track: which of its frames are handed to the `appsrc` of its chain, and when.

use std::sync::Arc;

use byte_stream::configuration_check::FrameCheck;
use byte_stream::dependency::FrameDependencies;
use byte_stream::track::{Codec, CodecConfiguration, Medium, TrackId, VideoConfiguration};
use gstreamer::{Buffer, BufferFlags, BufferRef};
use gstreamer_app::AppSrc;
use media_source::{PlayerError, SourceBufferId, TrackReader};
use track_buffer::read::{Read, ReadFrame};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::audio_preroll;
use crate::caps;
use crate::clipping::{Clipping, Cut};
use crate::first_picture::{self, FirstPicture};
use crate::hardware::{is_large, size_of};
use crate::picture_form::PictureForms;
use crate::quality::Ledger;
use crate::recovery::{ENOUGH_FRAMES, Progress};
use crate::timeline;

/// The media time, in nanoseconds, that is handed over when the source has run empty: half a second of
/// playback. The less it is, the sooner a switch of quality shows.
const BATCH: f64 = 0.5e9;

/// The largest number of frames and of bytes in a batch, to which the last frame may add. Frames may be
/// very short, and the player handles messages only between two batches. Audio and video at the highest
/// rate have fewer.
const BATCH_FRAMES: usize = 512;
const BATCH_BYTES: usize = 32 << 20;

/// The shortest gap between frames. A shorter distance comes from rounding.
const SHORTEST_GAP: TimeDelta = TimeDelta::from_milliseconds(1);

/// How far before a target beyond the end the last video frame is looked for first.
const SHORTEST_STEP_BACK: TimeDelta = TimeDelta::from_milliseconds(-100);

/// What the feed knows about the frames that come next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Supply {
    /// More frames are expected.
    Flowing,
    /// No frame is there until more are appended.
    Starved,
    /// No frame was there, and the source was closed to make the decoder output what it held back.
    Drained,
    /// A frame has come after the source was closed, so that a restart is needed.
    Resumable,
    /// The next frame needs another decoder. The source was closed.
    DecoderChanged {
        /// The configuration of that frame.
        configuration: Arc<CodecConfiguration>,
        /// When that frame is presented.
        start: PresentationTime,
    },
    /// The stream has ended. The source was closed.
    Ended,
}

/// The values that are told of the frames under way to a decoder.
#[derive(Default)]
pub(crate) struct UnderWay {
    pub(crate) progress: Arc<Progress>,
    pub(crate) clipping: Clipping,
    pub(crate) forms: PictureForms,
    /// The ledger of a video track.
    pub(crate) ledger: Option<Arc<Ledger>>,
}

impl UnderWay {
    /// Tells that a frame is under way that is to be shown or heard.
    fn expect(&self, start: PresentationTime) {
        self.progress.expect_output();
        if let Some(ledger) = &self.ledger {
            ledger.expect(start);
        }
    }

    fn clear(&self) {
        self.progress.clear();
        self.clipping.clear();
        self.forms.clear();
        if let Some(ledger) = &self.ledger {
            ledger.clear();
        }
    }
}

/// How much of a track may be handed over until the source has run empty.
#[derive(Default)]
struct Room {
    time: TimeDelta,
    frames: usize,
    bytes: usize,
}

impl Room {
    /// Returns the room of a batch that is played at `rate`.
    fn at_rate(rate: f64) -> Self {
        Self {
            time: TimeDelta::from_nanoseconds((BATCH * rate.max(1.)) as i64),
            frames: BATCH_FRAMES,
            bytes: BATCH_BYTES,
        }
    }

    fn is_used_up(&self) -> bool {
        self.time <= TimeDelta::ZERO || self.frames == 0 || self.bytes == 0
    }

    /// Takes the room of a frame. One that is not shown takes no time to play: a batch leads up to what is
    /// shown, so that the decoder need not wait for the next batch on its way there.
    fn take(&mut self, frame: &ReadFrame, is_shown: bool) {
        if is_shown {
            let (time, duration) = (self.time, frame.end.since(frame.start));
            let left = time.nanoseconds().saturating_sub(duration.nanoseconds());
            self.time = TimeDelta::from_nanoseconds(left);
        }
        self.frames = self.frames.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(frame.payload.len());
    }
}

/// The configuration of the frame that was handed over last.
struct Configured {
    configuration: Arc<CodecConfiguration>,
    check: FrameCheck,
    dependencies: FrameDependencies,
}

/// Hands the frames of a track to a source.
pub(crate) struct Feed {
    reader: TrackReader,
    source: AppSrc,
    codec: Codec,
    under_way: UnderWay,
    /// Where a decoder failed. Playback goes on with the first random access point after it.
    skip_after: Option<PresentationTime>,
    /// Whether pictures that are large need another decoder.
    leaves_large_pictures: bool,
    /// Whether that random access point is still to come.
    is_skipping: bool,
    configured: Option<Configured>,
    supply: Supply,
    /// How much more may be handed over before the source has run empty.
    room: Room,
    /// The position to which the feed was moved last.
    target: PresentationTime,
    /// The highest end of the frames handed over since then.
    highest_end: Option<PresentationTime>,
    /// How many frames were handed over since then.
    frame_count: usize,
    /// Set until the first frame of playback, if the decoder would hold its picture back.
    first_picture: Option<FirstPicture>,
}

impl Feed {
    pub(crate) fn new(
        reader: TrackReader,
        source: AppSrc,
        codec: Codec,
        under_way: UnderWay,
    ) -> Self {
        Self {
            reader,
            source,
            codec,
            under_way,
            skip_after: None,
            leaves_large_pictures: false,
            is_skipping: false,
            configured: None,
            supply: Supply::Flowing,
            room: Room::default(),
            target: PresentationTime::ZERO,
            highest_end: None,
            frame_count: 0,
            first_picture: None,
        }
    }

    /// Moves to `target`. The source, which was flushed, will ask for the frames from there.
    pub(crate) fn reposition(&mut self, target: PresentationTime) {
        self.reader.seek(target);
        self.under_way.clear();
        self.is_skipping = self.skip_after.is_some();
        self.configured = None;
        self.supply = Supply::Flowing;
        self.room = Room::default();
        self.target = target;
        self.highest_end = None;
        self.frame_count = 0;
        self.first_picture = None;
    }

    /// Has the picture of the next frame shown early, if the target is in it.
    pub(crate) fn show_early(&mut self, first_picture: Option<FirstPicture>) {
        self.first_picture = first_picture;
    }

    /// Moves forwards to `target`, if the frames under way lead there and a decoder that went on from
    /// `decoded`, where it stands, would come to it sooner than from a random access point. Returns whether
    /// that is so.
    pub(crate) fn advance_to(
        &mut self,
        target: PresentationTime,
        decoded: PresentationTime,
    ) -> bool {
        let is_open = self.supply == Supply::Flowing && !self.is_skipping;
        let leads_there = is_open
            && target >= self.target
            && self
                .reader
                .start_of_way(target)
                .is_some_and(|start| start <= decoded);
        if leads_there {
            self.target = target;
        }
        leads_there
    }

    /// Skips frames up to the first random access point after `time`, from the next repositioning on.
    pub(crate) fn skip_after(&mut self, time: Option<PresentationTime>) {
        self.skip_after = time;
    }

    /// Sets whether pictures that are large need another decoder.
    pub(crate) fn leave_large_pictures(&mut self, leaves_large_pictures: bool) {
        self.leaves_large_pictures = leaves_large_pictures;
    }

    /// Returns the identity of the track.
    pub(crate) fn track(&self) -> (SourceBufferId, TrackId) {
        self.reader.track()
    }

    /// Returns whether all frames that were handed over have left the source.
    pub(crate) fn has_run_empty(&self) -> bool {
        self.source.current_level_bytes() == 0
    }

    /// Returns whether to hand over another batch though the source does not ask. It asks once each time
    /// that it runs empty, and all frames of the last batch may have been skipped.
    pub(crate) fn is_to_go_on(&self) -> bool {
        self.supply == Supply::Flowing && self.room.is_used_up() && self.has_run_empty()
    }

    pub(crate) fn supply(&self) -> &Supply {
        &self.supply
    }

    pub(crate) fn into_reader(self) -> TrackReader {
        self.reader
    }

    /// Returns the position up to which there are frames to play.
    pub(crate) fn end(&self) -> PresentationTime {
        self.highest_end
            .map_or(self.target, |end| end.max(self.target))
    }

    /// Returns the end of the last frame, if the track ended before the target.
    pub(crate) fn end_before_target(&self) -> Option<PresentationTime> {
        let end = self.highest_end?;
        (self.supply == Supply::Ended && end <= self.target).then_some(end)
    }

    /// Returns whether there is no frame to hand over at the moment, and this is not the end.
    pub(crate) fn is_waiting(&self) -> bool {
        !matches!(self.supply, Supply::Flowing | Supply::Ended)
    }

    /// Returns whether the decoder may hold back frames that could be shown.
    pub(crate) fn is_holding_back(&self) -> bool {
        self.supply == Supply::Starved && self.highest_end.is_some_and(|end| end > self.target)
    }

    /// Returns whether the source was closed after so few frames that a decoder may output none.
    pub(crate) fn is_closed_early(&self) -> bool {
        let is_closed = !matches!(self.supply, Supply::Flowing | Supply::Starved);
        is_closed && self.frame_count < ENOUGH_FRAMES
    }

    /// Makes the decoder output the frames that it holds back. Frames that are appended later need a
    /// restart.
    pub(crate) fn drain(&mut self) {
        self.close_source(Supply::Drained);
    }

    /// Handles that the frames of the track or its end have changed.
    pub(crate) fn handle_data_change(&mut self) -> Result<(), PlayerError> {
        match self.supply {
            Supply::Flowing | Supply::Starved => self.hand_over(),
            Supply::Drained | Supply::Ended => {
                self.look_beyond_closed_source();
                Ok(())
            }
            Supply::Resumable | Supply::DecoderChanged { .. } => Ok(()),
        }
    }

    fn look_beyond_closed_source(&mut self) {
        // The end is asked for first, because frames may come and the stream may end in between.
        let is_ended = self.reader.is_ended();
        self.supply = match self.reader.read() {
            Read::Frame(_) => Supply::Resumable,
            Read::End if is_ended => Supply::Ended,
            Read::Gap | Read::End => Supply::Drained,
        };
    }

    /// Hands over a batch to be played at `rate`, because the source asks for more.
    pub(crate) fn source_has_run_empty(&mut self, rate: f64) -> Result<(), PlayerError> {
        let is_open = matches!(self.supply, Supply::Flowing | Supply::Starved);
        // It may have asked before a flush, when the feed was in another place.
        if !is_open || !self.has_run_empty() {
            return Ok(());
        }
        self.room = Room::at_rate(rate);
        self.hand_over()
    }

    /// Hands over frames as far as there are some, and room for them.
    fn hand_over(&mut self) -> Result<(), PlayerError> {
        if self.codec.medium() == Medium::Audio && self.frame_count == 0 && !self.is_skipping {
            audio_preroll::seek(&mut self.reader, self.target, self.codec);
        }
        while !self.room.is_used_up() {
            // The end is asked for first, because frames may come and the stream may end in between.
            let is_ended = self.reader.is_ended();
            match self.reader.read() {
                Read::Frame(frame) if self.needs_other_decoder(&frame) => {
                    let ReadFrame {
                        configuration,
                        start,
                        ..
                    } = frame;
                    self.close_source(Supply::DecoderChanged {
                        configuration,
                        start,
                    });
                    return Ok(());
                }
                Read::Frame(frame) if self.is_to_be_skipped(&frame) => {
                    self.room.frames -= 1;
                    if let Some(ledger) = &self.under_way.ledger {
                        ledger.handle_skipped();
                    }
                }
                Read::Frame(frame) => self.push(frame)?,
                Read::End if is_ended && self.is_beyond_last_frame() => {}
                Read::End if is_ended => {
                    self.close_source(Supply::Ended);
                    return Ok(());
                }
                Read::Gap | Read::End => {
                    self.supply = Supply::Starved;
                    return Ok(());
                }
            }
        }
        self.supply = Supply::Flowing;
        Ok(())
    }

    fn needs_other_decoder(&self, frame: &ReadFrame) -> bool {
        let configuration = &frame.configuration;
        configuration.codec() != self.codec
            || self.leaves_large_pictures && is_large(size_of(configuration))
    }

    fn is_to_be_skipped(&mut self, frame: &ReadFrame) -> bool {
        let is_after_failure = self.skip_after.is_none_or(|time| frame.start > time);
        if is_after_failure && frame.is_random_access_point {
            self.is_skipping = false;
        }
        self.is_skipping
    }

    /// Returns whether the video track ended before the target, with no frame handed over. The reader is
    /// moved to the last frames then.
    fn is_beyond_last_frame(&mut self) -> bool {
        if self.codec.medium() == Medium::Audio || self.highest_end.is_some() || self.is_skipping {
            return false;
        }
        let mut distance = SHORTEST_STEP_BACK;
        loop {
            let place = self.target.offset_by(distance);
            self.reader.seek(place);
            if matches!(self.reader.read(), Read::Frame(_)) {
                self.reader.seek(place);
                return true;
            }
            if place <= PresentationTime::ZERO {
                return false;
            }
            distance = TimeDelta::from_nanoseconds(distance.nanoseconds().saturating_mul(2));
        }
    }

    fn close_source(&mut self, supply: Supply) {
        // It fails only while the source is flushed after an error, which is on its way to the player.
        let _ = self.source.end_of_stream();
        self.supply = supply;
    }

    fn push(&mut self, frame: ReadFrame) -> Result<(), PlayerError> {
        self.configure(&frame)?;
        let is_shown = frame.end > self.target;
        let mut is_needed = true;
        if let Some(configured) = &mut self.configured {
            let result = configured.check.check(&frame.payload);
            result.map_err(|cause| caps::broken(&configured.configuration, cause))?;
            // Its bytes are looked at where they may save its decoding.
            is_needed = is_shown || !configured.dependencies.is_discardable(&frame.payload);
        }
        self.push_preroll(&frame);
        self.room.take(&frame, is_shown);
        self.highest_end = self.highest_end.max(Some(frame.end));
        if !is_needed {
            return Ok(());
        }
        self.frame_count += 1;
        if is_shown {
            self.under_way.expect(frame.start);
        }
        let cut = Cut::of_frame(&frame);
        self.under_way.clipping.expect(cut);
        let first_picture = self.first_picture.take();
        let first_picture =
            first_picture.filter(|_| first_picture::is_shown_first(&frame, self.target));
        let buffer = to_buffer(frame, &cut);
        if let Some(first_picture) = first_picture {
            first_picture.decode(buffer.clone(), &self.source);
        }
        self.push_buffer(buffer);
        Ok(())
    }

    /// Sets the configuration of `frame` for the elements after the source, unless it is that of the
    /// frame before.
    fn configure(&mut self, frame: &ReadFrame) -> Result<(), PlayerError> {
        let configuration = &frame.configuration;
        let last = self.configured.as_ref();
        if last.is_some_and(|last| Arc::ptr_eq(&last.configuration, configuration)) {
            return Ok(());
        }
        let caps = caps::of_configuration(configuration)?;
        self.source.set_caps(Some(&caps));
        let start = timeline::to_clock_time(frame.start);
        let shown = with_coded_color(configuration, &frame.payload);
        self.under_way.forms.expect(start, shown);
        self.configured = Some(Configured {
            configuration: configuration.clone(),
            check: FrameCheck::new(configuration),
            dependencies: FrameDependencies::new(configuration),
        });
        Ok(())
    }

    /// Hands over the audio that is to be decoded ahead of `frame`, if decoding begins with it.
    fn push_preroll(&self, frame: &ReadFrame) {
        let Some(preroll) = &frame.preroll else {
            return;
        };
        let gap = self.highest_end.map(|end| frame.start.since(end));
        let continues = gap.is_some_and(|gap| gap < SHORTEST_GAP);
        if continues {
            return;
        }
        let end = frame.start.offset_by(-frame.discard_start);
        let cut = Cut::whole(end.offset_by(-preroll.duration), end);
        self.under_way.clipping.expect(cut);
        let mut buffer = Buffer::from_slice(preroll.payload.clone());
        if let Some(fields) = buffer.get_mut() {
            set_times(fields, &cut);
        }
        self.push_buffer(buffer);
    }

    fn push_buffer(&self, buffer: Buffer) {
        // It fails only while the source is flushed after an error, which is on its way to the player.
        let _ = self.source.push_buffer(buffer);
    }
}

/// Returns the configuration with the colours of the frame where the configuration leaves them open.
fn with_coded_color(
    configuration: &Arc<CodecConfiguration>,
    payload: &[u8],
) -> Arc<CodecConfiguration> {
    let CodecConfiguration::Video(video) = &**configuration else {
        return configuration.clone();
    };
    let color = video.color_with(payload);
    if color == video.color {
        return configuration.clone();
    }
    Arc::new(CodecConfiguration::Video(VideoConfiguration {
        color,
        ..video.clone()
    }))
}

/// Returns a buffer that shares the bytes of the frame.
pub(crate) fn to_buffer(frame: ReadFrame, cut: &Cut) -> Buffer {
    let mut buffer = Buffer::from_slice(frame.payload);
    if let Some(fields) = buffer.get_mut() {
        set_times(fields, cut);
        fields.set_dts(timeline::decode_to_clock_time(frame.decode));
        if !frame.is_random_access_point {
            fields.set_flags(BufferFlags::DELTA_UNIT);
        }
    }
    buffer
}

fn set_times(fields: &mut BufferRef, cut: &Cut) {
    fields.set_pts(cut.start());
    fields.set_duration(cut.duration());
}

#[cfg(test)]
mod tests {
    use byte_stream::picture::ColorDescription;
    use bytes::Bytes;

    use super::*;
    use crate::media::Media;

    /// Returns how many frames like `frame` a batch has at a rate.
    fn frames_of_batch(frame: &ReadFrame, rate: f64) -> usize {
        let mut room = Room::at_rate(rate);
        let mut count = 0;
        while !room.is_used_up() {
            room.take(frame, true);
            count += 1;
        }
        count
    }

    #[test]
    fn colors_that_only_the_frame_says() {
        gstreamer::init().expect("GStreamer is installed");
        let frame = Media::whole("layouts/vp9-opus.webm")
            .frames(0)
            .swap_remove(0);
        let CodecConfiguration::Video(mut video) = (*frame.configuration).clone() else {
            panic!("it is a track of pictures");
        };
        let shown = |video: &VideoConfiguration, payload: &[u8]| {
            let configuration = Arc::new(CodecConfiguration::Video(video.clone()));
            match &*with_coded_color(&configuration, payload) {
                CodecConfiguration::Video(video) => (video.color.matrix, video.color.full_range),
                other => panic!("{other:?}"),
            }
        };
        // Its color_space and color_range: BT.709, full.
        let mut payload = frame.payload.to_vec();
        payload[4] = payload[4] & 0xf | 0x50;
        video.color = ColorDescription::default();
        assert_eq!(shown(&video, &payload), (1, Some(true)));
        video.color.matrix = 6;
        video.color.full_range = Some(false);
        assert_eq!(shown(&video, &payload), (6, Some(false)));
        video.color = ColorDescription::default();
        assert_eq!(shown(&video, &[]), (2, None));
    }

    #[test]
    fn batches_are_bounded_in_time_frames_and_bytes() {
        gstreamer::init().expect("GStreamer is installed");
        let mut frame = Media::whole("h264.mp4").frames(0).swap_remove(0);
        let mut count = |nanoseconds: i64, bytes: usize, rate: f64| {
            frame.end = frame
                .start
                .offset_by(TimeDelta::from_nanoseconds(nanoseconds));
            frame.payload = Bytes::from(vec![0; bytes]);
            frames_of_batch(&frame, rate)
        };
        assert_eq!(count(100_000_000, 1, 1.), 5);
        assert_eq!(count(100_000_000, 1, 16.), 80);
        // However short, and whatever the rate.
        assert_eq!(count(1_000, 1, 16.), BATCH_FRAMES);
        assert_eq!(count(0, 0, 16.), BATCH_FRAMES);
        // However large: the last one may be beyond.
        assert_eq!(count(1_000, BATCH_BYTES / 4 + 1, 16.), 4);
        assert_eq!(count(1_000, 3 * BATCH_BYTES, 16.), 1);
    }
}
