/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What scripts and the media element see of an append or a range removal that has run.

use std::mem;

use byte_stream::track::{CodecConfiguration, InitializationSegment, Medium};
use track_buffer::time::PresentationTime;

use super::SourceBuffer;
use crate::append::AppendError;
use crate::effect::{Effect, ElementEffect, ElementError, Event, EventTarget};
use crate::job::JobOutcome;
use crate::media_source::MediaSource;
use crate::tracks::MediaTrack;

impl MediaSource {
    /// Runs the rest of the buffer append algorithm or of the range removal algorithm after its job has
    /// run.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>,
    /// <https://w3c.github.io/media-source/#sourcebuffer-range-removal>
    pub fn handle_job_outcome(&mut self, outcome: JobOutcome) {
        let Ok(mut buffer) = self.source_buffer(outcome.source_buffer) else {
            return;
        };
        // Step 2 of the buffer append algorithm. If the segment parser loop algorithm in the previous
        // step was aborted, then abort this algorithm.
        if buffer.state.contents.segment_parser.generation() != outcome.generation {
            return;
        }
        match outcome.result {
            Err(error) => buffer.run_append_error(&error),
            Ok(published) => {
                if let Some(published) = published {
                    buffer.state.view().published = published;
                    buffer.publish_parsed();
                }
                // Steps 3 and 7. Set the updating attribute to false.
                buffer.end_update();
                // Queue a task to fire update, and one to fire updateend.
                buffer.fire(Event::Update);
                buffer.fire(Event::UpdateEnd);
            }
        }
    }
}

impl SourceBuffer<'_> {
    /// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
    pub(crate) fn run_append_error(&mut self, error: &AppendError) {
        if *error == AppendError::Bug {
            // After a panic nobody knows what is there.
            self.state.forget_contents();
        }
        // Step 1. Run the reset parser state algorithm.
        self.reset_parser_state();
        // Step 2. Set the updating attribute to false.
        self.end_update();
        // Steps 3-4. Queue a task to fire error, and one to fire updateend.
        self.fire(Event::Error);
        self.fire(Event::UpdateEnd);
        // Step 5. Run the end of stream algorithm with the error parameter set to "decode".
        let error = ElementError::Decode {
            blame: error.blame(),
            message: error.to_string(),
        };
        self.parent.end_stream_with_error(error);
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset_parser_state(&mut self) {
        self.state.reset_parser_state();
        self.publish_parsed();
    }

    /// Processes the last frames of a complete media segment, which still wait to learn their duration. An
    /// attribute that a script sets between two segments applies only to the second.
    pub(crate) fn finish_media_segment(&mut self) {
        if self.state.process_held_frames() {
            self.publish_parsed();
        }
    }

    /// Lets scripts and the media element see what became of the bytes that were parsed so far. However an
    /// append ends, it has stored what it had parsed until then.
    pub(crate) fn publish_parsed(&mut self) {
        let buffer = &mut *self.state;
        buffer.refresh_timestamp_offset();
        let mut segment_parser = buffer.contents.segment_parser.lock();
        let first_duration = segment_parser.first_duration.take();
        let first_received = segment_parser.first_received.take();
        let held_by_parser = segment_parser.held_bytes();
        let contents = &buffer.contents;
        contents.weigh_structures(held_by_parser, &contents.track_buffers.lock());
        drop(segment_parser);
        if let Some(duration) = first_duration {
            self.receive_duration(duration);
        }
        if let Some(segment) = first_received {
            self.receive_initialization_segment(&segment);
        }
        self.finish_coded_frame_processing();
        self.parent
            .push(Effect::Element(ElementEffect::BufferedChanged));
    }

    /// Runs the first step, which precedes the steps that may refuse the segment.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn receive_duration(&mut self, duration: f64) {
        // Step 1. Update the duration attribute if it currently equals NaN: to the duration in the
        // initialization segment, or else to positive Infinity. (No coded frames were there before
        // the segment, so the duration change algorithm has nothing to compare with.)
        if self.parent.duration().is_nan() {
            self.parent.update_duration(duration);
        }
    }

    /// Runs the other steps that scripts see, for the first initialization segment since this last ran.
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn receive_initialization_segment(&mut self, segment: &InitializationSegment) {
        // Step 4. Let active track flag equal false.
        // Step 5. If the first initialization segment received flag is false:
        if self.state.view().has_first_initialization_segment {
            return;
        }
        // Steps 5.2-5.4. For each track, run the steps that create its track object.
        let active_track_flag = self.create_tracks(segment);
        // Step 5.5. If active track flag equals true, then add this SourceBuffer to
        // activeSourceBuffers and queue a task to fire addsourcebuffer there.
        if active_track_flag {
            let target = EventTarget::ActiveSourceBuffers;
            self.parent.fire(target, Event::AddSourceBuffer);
        }
        // Step 5.6. Set first initialization segment received flag to true.
        self.state.view().has_first_initialization_segment = true;
        // Step 6. Set pending initialization segment for changeType flag to false. (It is the
        // parser's.)
        // Step 7. If the active track flag equals true and the element's readyState is greater than
        // HAVE_CURRENT_DATA, then set it to HAVE_METADATA. (The MediaElement does it.)
        // Step 8. If each object in sourceBuffers has received its first initialization segment:
        // if the element's readyState is HAVE_NOTHING, then set it to HAVE_METADATA.
        self.parent.update_playable_tracks();
    }

    /// The last steps of <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>.
    fn finish_coded_frame_processing(&mut self) {
        // Steps 2-4. The MediaElement sets the element's readyState.
        // Step 5. If the media segment contains data beyond the current duration, then run the
        // duration change algorithm with the maximum of the current duration and the group end
        // timestamp. (Data beyond the duration can only be new. Their highest end is what the group
        // end timestamp was when they came; it may be less since, where an earlier coded frame
        // group follows in the same append.)
        let highest_end = self.state.view().published.highest_end;
        let highest_end = highest_end.map_or(0.0, PresentationTime::seconds);
        if highest_end > self.parent.duration() {
            self.parent.update_duration(highest_end);
        }
    }

    /// Runs steps 5.2 to 5.4 of the algorithm without those about track buffers. Returns the active track
    /// flag.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    fn create_tracks(&mut self, segment: &InitializationSegment) -> bool {
        let mut active_track_flag = false;
        // Steps 5.2-5.4. For each audio track, each video track, then each text track in the
        // initialization segment, run the following steps:
        for medium in Medium::ALL {
            let of_medium = segment
                .tracks
                .iter()
                .filter(|track| track.configuration.medium() == medium);
            for (index, description) in of_medium.enumerate() {
                // Steps 5.2.6.7 and 5.3.6.7. If the length of the SourceBuffer's list equals 0, then
                // enable or select the track, and set active track flag to true. (Text tracks are
                // disabled at first.)
                let is_enabled = index == 0 && medium != Medium::Text;
                active_track_flag |= is_enabled;
                let track = MediaTrack {
                    id: self.parent.new_track_id(),
                    source_buffer: self.state.id,
                    medium,
                    // Steps 5.2.5-5.2.6. The kinds that the segment specifies. (It is always one.)
                    kind: description.kind.as_str(),
                    // Step 5.2.4. The label, or an empty string.
                    label: description.label.clone(),
                    // Steps 5.2.2-5.2.3. The language, or an empty string.
                    language: description.language.clone(),
                    is_enabled,
                    natural_size: match &description.configuration {
                        CodecConfiguration::Video(video) => Some(video.natural_size()),
                        _ => None,
                    },
                    track_buffer: description.id,
                };
                // Steps 5.2.6.8-5.2.6.9. Add the track to the SourceBuffer's list and to the media
                // element's.
                self.state.view().tracks.push(track.clone());
                self.parent
                    .push(Effect::Element(ElementEffect::TrackAdded(track)));
            }
        }
        active_track_flag
    }

    /// Runs steps 3 to 8 of the algorithm, which remove the tracks from the lists of the SourceBuffer and
    /// from those of the media element.
    ///
    /// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
    pub(crate) fn remove_tracks(&mut self) {
        // For each track object in the SourceBuffer's audioTracks, then in its videoTracks and
        // textTracks (which is how they lie): set its sourceBuffer attribute to null and remove it
        // from the SourceBuffer's list and from the media element's.
        let tracks = mem::take(&mut self.state.view().tracks);
        for track in tracks {
            self.parent
                .push(Effect::Element(ElementEffect::TrackRemoved(track)));
        }
    }

    /// Sets the `updating` attribute to false after a job.
    fn end_update(&mut self) {
        self.state.is_updating = false;
        self.state.is_removing = false;
    }
}
