/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! WebM: <https://w3c.github.io/mse-byte-stream-format-webm/>

mod block;
mod durations;
mod ebml;
mod encryption;
mod schema;
mod tracks;
mod video;

use std::sync::Arc;

use bytes::Bytes;

use self::block::{Block, read_block};
use self::durations::BlockTimes;
use self::ebml::{ElementHeader, ElementReader};
use self::encryption::read_frame_encryption;
use self::tracks::{Info, WebMTrack, read_info, read_tracks};
use crate::error::StreamError;
use crate::frame::{CodedFrame, FrameDetails};
use crate::input::{HEADER_BYTES, Input};
use crate::limits;
use crate::memory::allocated;
use crate::step::Step;
use crate::time::MediaTicks;
use crate::track::{InitializationSegment, Medium, TrackId};

/// The incremental parser. It takes one element after the other: `Segment` and `Cluster` are
/// entered, the others are read as a whole or skipped.
#[derive(Default)]
pub(crate) struct Demuxer {
    /// The state that belongs to the last initialization segment.
    segment: Option<Segment>,
    /// An initialization segment that has begun and is not complete.
    beginning: Option<Beginning>,
    cluster: Option<Cluster>,
    /// Where the element that is skipped ends.
    skip_end: Option<u64>,
    /// The frames of the current block, kept so that the memory is used again.
    payloads: Vec<Bytes>,
}

struct Segment {
    /// The number of nanoseconds in a tick.
    timestamp_scale: i64,
    tracks: Vec<WebMTrack>,
}

#[derive(Default)]
struct Beginning {
    info: Option<Info>,
}

struct Cluster {
    /// Where the cluster ends. It is `None` if the size is unknown: then the cluster ends where the
    /// next element of its level begins.
    end: Option<u64>,
    /// The `Timestamp` in ticks.
    timestamp: Option<i64>,
}

impl Demuxer {
    pub(crate) fn reset(&mut self) {
        self.beginning = None;
        self.skip_end = None;
        self.end_cluster(&mut Vec::new());
    }

    pub(crate) fn is_in_media_segment(&self) -> bool {
        self.cluster.is_some()
    }

    /// Returns the memory in bytes that is kept beside the pushed chunks.
    pub(crate) fn held_bytes(&self) -> usize {
        let tracks = self.segment.iter().flat_map(|segment| &segment.tracks);
        let payloads = allocated(self.payloads.capacity() * size_of::<Bytes>());
        payloads + tracks.map(WebMTrack::held_bytes).sum::<usize>()
    }

    pub(crate) fn release_held_frames(&mut self, frames: &mut Vec<CodedFrame>) {
        for track in self
            .segment
            .iter_mut()
            .flat_map(|segment| &mut segment.tracks)
        {
            track.durations.release_estimated(frames);
        }
    }

    fn end_cluster(&mut self, frames: &mut Vec<CodedFrame>) {
        self.cluster = None;
        self.release_held_frames(frames);
        for track in self
            .segment
            .iter_mut()
            .flat_map(|segment| &mut segment.tracks)
        {
            track.last_timestamp = None;
        }
    }

    /// Does the next step that the input allows.
    pub(crate) fn step(
        &mut self,
        input: &mut Input,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        let start = input.offset();
        if let Some(end) = self.skip_end {
            return Ok(self.skip(input, end));
        }
        if self
            .cluster
            .as_ref()
            .is_some_and(|cluster| cluster.end == Some(start))
        {
            self.end_cluster(frames);
            return Ok(Step::Advanced);
        }
        let mut scratch = [0; HEADER_BYTES];
        let element = match ElementHeader::read(input.peek(&mut scratch)) {
            Ok(Some(header)) => Element { header, start },
            Ok(None) => return Ok(Step::NeedMore),
            Err(cause) => {
                return Err(StreamError::new("(top level)", start, cause));
            }
        };
        match &self.cluster {
            Some(Cluster { end, .. }) if schema::is_above_cluster_content(element.header.id) => {
                if end.is_some() {
                    return Err(element.error("Cluster", "it begins within a Cluster"));
                }
                self.end_cluster(frames);
                Ok(Step::Advanced)
            }
            Some(Cluster { end, .. }) => {
                element.check_end(*end)?;
                self.read_cluster_content(input, &element, frames)
            }
            None => self.read_top_level(input, &element, frames),
        }
    }

    fn skip(&mut self, input: &mut Input, end: u64) -> Step {
        let skipped = input.skip(end - input.offset());
        if input.offset() == end {
            self.skip_end = None;
        } else if skipped == 0 {
            return Step::NeedMore;
        }
        Step::Advanced
    }

    /// Reads what lies beside clusters: `EBML`, `Segment`, and the elements in it.
    fn read_top_level(
        &mut self,
        input: &mut Input,
        element: &Element,
        frames: &[CodedFrame],
    ) -> Result<Step, StreamError> {
        match element.header.id {
            schema::EBML if !frames.is_empty() => return Ok(Step::HandOut),
            schema::EBML => return self.read_ebml(input, element),
            schema::VOID => self.skip_end = Some(element.check_skipped_top_level()?),
            _ if self.segment.is_none() && self.beginning.is_none() => {
                let cause = "the stream does not begin with an EBML header";
                return Err(element.error("(top level)", cause));
            }
            schema::SEGMENT => {}
            schema::INFO if self.beginning.is_some() => return self.read_info(input, element),
            schema::TRACKS if self.beginning.is_some() => return self.read_tracks(input, element),
            schema::CLUSTER if self.beginning.is_some() => {
                let cause = "there is media before a complete initialization segment";
                return Err(element.error("Cluster", cause));
            }
            schema::CLUSTER => {
                let content_start = element.content_start();
                let end = element
                    .header
                    .size
                    .map(|size| content_start.saturating_add(size));
                self.cluster = Some(Cluster {
                    end,
                    timestamp: None,
                });
            }
            _ => self.skip_end = Some(element.check_skipped_top_level()?),
        }
        input.skip(element.header.header_size);
        Ok(Step::Advanced)
    }

    fn read_ebml(&mut self, input: &mut Input, element: &Element) -> Result<Step, StreamError> {
        let Some(content) = element.take("EBML", input, limits::WHOLE_ELEMENT_BYTES)? else {
            return Ok(Step::NeedMore);
        };
        let mut reader = ElementReader::new("EBML", element.content_start(), &content);
        while let Some(child) = reader.child()? {
            if child.id == schema::DOC_TYPE && !matches!(&*child.string(), "webm" | "matroska") {
                return Err(child.error("the document is not WebM"));
            }
        }
        self.beginning = Some(Beginning::default());
        Ok(Step::Advanced)
    }

    fn read_info(&mut self, input: &mut Input, element: &Element) -> Result<Step, StreamError> {
        let Some(content) = element.take("Info", input, limits::WHOLE_ELEMENT_BYTES)? else {
            return Ok(Step::NeedMore);
        };
        let info = read_info(ElementReader::new(
            "Info",
            element.content_start(),
            &content,
        ))?;
        self.beginning = Some(Beginning { info: Some(info) });
        Ok(Step::Advanced)
    }

    fn read_tracks(&mut self, input: &mut Input, element: &Element) -> Result<Step, StreamError> {
        let Some(content) = element.take("Tracks", input, limits::WHOLE_ELEMENT_BYTES)? else {
            return Ok(Step::NeedMore);
        };
        let Some(info) = self.beginning.take().and_then(|beginning| beginning.info) else {
            return Err(element.error("Tracks", "there is no Info before it"));
        };
        let reader = ElementReader::new("Tracks", element.content_start(), &content);
        let (tracks, descriptions) = read_tracks(reader, info.timestamp_scale)?;
        self.segment = Some(Segment {
            timestamp_scale: info.timestamp_scale,
            tracks,
        });
        Ok(Step::InitializationSegment(InitializationSegment {
            duration: info.duration,
            tracks: descriptions,
        }))
    }

    fn read_cluster_content(
        &mut self,
        input: &mut Input,
        element: &Element,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        match element.header.id {
            schema::TIMESTAMP => {
                let Some(content) = element.take("Cluster/Timestamp", input, 8)? else {
                    return Ok(Step::NeedMore);
                };
                let timestamp = content
                    .iter()
                    .fold(0, |value, byte| value << 8 | u64::from(*byte));
                self.set_cluster_timestamp(element, timestamp)?;
            }
            schema::SIMPLE_BLOCK => {
                let place = "Cluster/SimpleBlock";
                let Some(block) = element.take(place, input, limits::FRAME_BYTES)? else {
                    return Ok(Step::NeedMore);
                };
                let about = BlockContext {
                    place,
                    offset: element.start,
                    group: None,
                };
                self.read_block(block, about, frames)?;
            }
            schema::BLOCK_GROUP => {
                let place = "Cluster/BlockGroup";
                let Some(group) = element.take(place, input, limits::FRAME_BYTES)? else {
                    return Ok(Step::NeedMore);
                };
                self.read_block_group(&group, element, frames)?;
            }
            _ => {
                self.skip_end = Some(element.check_skipped("Cluster")?);
                input.skip(element.header.header_size);
            }
        }
        Ok(Step::Advanced)
    }

    fn set_cluster_timestamp(
        &mut self,
        element: &Element,
        timestamp: u64,
    ) -> Result<(), StreamError> {
        let scale = self
            .segment
            .as_ref()
            .map_or(1, |segment| segment.timestamp_scale);
        let cluster = self
            .cluster
            .as_mut()
            .filter(|_| timestamp < (limits::TICKS / scale) as u64);
        let Some(cluster) = cluster else {
            return Err(element.error("Cluster/Timestamp", "the timestamp is too large"));
        };
        cluster.timestamp = Some(timestamp as i64);
        Ok(())
    }

    fn read_block_group(
        &mut self,
        content: &Bytes,
        element: &Element,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<(), StreamError> {
        let place = "Cluster/BlockGroup";
        let mut reader = ElementReader::new(place, element.content_start(), content);
        let mut block = None;
        let mut group = BlockGroup {
            duration: None,
            has_reference: false,
            discard_padding: 0,
        };
        while let Some(child) = reader.child()? {
            match child.id {
                schema::BLOCK => block = Some(content.slice_ref(child.bytes())),
                schema::BLOCK_DURATION => match u32::try_from(child.unsigned()?) {
                    Ok(ticks) => group.duration = Some(ticks),
                    Err(_) => return Err(child.error("BlockDuration is too large")),
                },
                schema::REFERENCE_BLOCK => group.has_reference = true,
                schema::DISCARD_PADDING => group.discard_padding = child.signed()?,
                _ => {}
            }
        }
        let Some(block) = block else {
            return Err(reader.error("there is no Block in it"));
        };
        let about = BlockContext {
            place,
            offset: element.start,
            group: Some(group),
        };
        self.read_block(block, about, frames)
    }

    fn read_block(
        &mut self,
        bytes: Bytes,
        about: BlockContext,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<(), StreamError> {
        let block = read_block(bytes, &mut self.payloads).map_err(|cause| about.error(cause))?;
        let (Some(segment), Some(cluster)) = (&mut self.segment, &self.cluster) else {
            return Err(about.error("there is no cluster around it"));
        };
        let Some(cluster_timestamp) = cluster.timestamp else {
            return Err(about.error("the cluster's Timestamp must come before it"));
        };
        let track = segment
            .tracks
            .iter_mut()
            .find(|track| track.number == block.track);
        let Some(track) = track else {
            return Err(about.error("the initialization segment has no track of that number"));
        };
        let Some(medium) = track.medium else {
            return Ok(());
        };
        let timestamp = cluster_timestamp + i64::from(block.timestamp);
        if track.last_timestamp.is_some_and(|last| timestamp < last) {
            return Err(about.error("it is earlier than the block before it"));
        }
        track.last_timestamp = Some(timestamp);
        // No overflow: the cluster's timestamp and the scale were checked together, and the
        // block's adds at most 2^15 times the scale, which is below 2^30.
        let start = MediaTicks(timestamp * segment.timestamp_scale);
        let details = match track.key_id.clone() {
            Some(key_id) => read_frame_encryption(&mut self.payloads, key_id)
                .map_err(|cause| about.error(cause))?,
            None => None,
        };
        let first = about.describe(track, medium, &block, start, details);
        let times = about.times(segment.timestamp_scale);
        track
            .durations
            .add_block(&first, self.payloads.drain(..), times, frames);
        Ok(())
    }
}

/// The elements around a block.
struct BlockContext {
    place: &'static str,
    offset: u64,
    /// The block group. It is `None` for a `SimpleBlock`.
    group: Option<BlockGroup>,
}

struct BlockGroup {
    /// The `BlockDuration` in ticks.
    duration: Option<u32>,
    has_reference: bool,
    /// How much is discarded, in nanoseconds: at the end, or if the number is negative, at the
    /// start.
    discard_padding: i64,
}

impl BlockContext {
    /// Makes a frame with everything that the frames of the block share.
    fn describe(
        &self,
        track: &WebMTrack,
        medium: Medium,
        block: &Block,
        start: MediaTicks,
        details: Option<FrameDetails>,
    ) -> CodedFrame {
        let is_key_frame = match &self.group {
            Some(group) => !group.has_reference,
            None => block.is_key_frame,
        };
        CodedFrame {
            track: TrackId(track.number),
            presentation: start,
            decode: start,
            duration: MediaTicks(0),
            duration_is_estimated: false,
            is_random_access_point: medium != Medium::Video || is_key_frame,
            is_discardable: self.group.is_none() && block.is_discardable,
            payload: Bytes::new(),
            details: details.map(Arc::new),
        }
    }

    fn times(&self, timestamp_scale: i64) -> BlockTimes {
        let Some(group) = &self.group else {
            return BlockTimes::default();
        };
        BlockTimes {
            // No overflow: 2^32 times less than 2^30.
            duration: group
                .duration
                .map(|ticks| i64::from(ticks) * timestamp_scale),
            discard_padding: group.discard_padding,
        }
    }

    fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new(self.place, self.offset, cause)
    }
}

/// An element whose header is complete.
struct Element {
    header: ElementHeader,
    /// Where the header starts in the stream.
    start: u64,
}

impl Element {
    fn error(&self, place: &'static str, cause: &'static str) -> StreamError {
        StreamError::new(place, self.start, cause)
    }

    fn content_start(&self) -> u64 {
        self.start + self.header.header_size
    }

    /// Checks that the element ends within the one that holds it.
    fn check_end(&self, parent_end: Option<u64>) -> Result<(), StreamError> {
        let (Some(size), Some(parent_end)) = (self.header.size, parent_end) else {
            return Ok(());
        };
        match self.content_start().checked_add(size) {
            Some(end) if end <= parent_end => Ok(()),
            _ => Err(self.error("Cluster", "an element in it is larger than the Cluster")),
        }
    }

    /// Takes the content of an element that is read as a whole. It is `None` until the content is
    /// complete.
    fn take(
        &self,
        place: &'static str,
        input: &mut Input,
        limit: u64,
    ) -> Result<Option<Bytes>, StreamError> {
        let Some(size) = self.header.size.filter(|size| *size <= limit) else {
            return Err(self
                .error(place, "the element is too large, or its size is unknown")
                .over_limit());
        };
        if !input.has((self.header.header_size + size) as usize) {
            return Ok(None);
        }
        input.skip(self.header.header_size);
        Ok(input.take(size as usize))
    }

    /// Returns where an element beside clusters ends that is not read.
    fn check_skipped_top_level(&self) -> Result<u64, StreamError> {
        let is_known = schema::is_above_cluster_content(self.header.id)
            || matches!(self.header.id, schema::VOID | schema::CRC_32);
        match self.header.size {
            Some(size) if is_known => Ok(self.content_start().saturating_add(size)),
            // All elements of this level have identifiers of four bytes.
            _ if self.header.id > 0xff_ffff => self.check_skipped("(top level)"),
            _ => Err(self.error("(top level)", "the bytes are no element of WebM")),
        }
    }

    /// Returns where an element ends that nothing is known about.
    fn check_skipped(&self, place: &'static str) -> Result<u64, StreamError> {
        match self.header.size {
            Some(size) if size <= limits::UNKNOWN_BYTES => Ok(self.content_start() + size),
            _ => Err(self.error(
                place,
                "an unknown element is too large, or its size is unknown",
            )),
        }
    }
}
