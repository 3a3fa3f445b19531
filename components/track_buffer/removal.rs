/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Coded frame removal: frames that a script wants to go. Many take more than one turn.

use crate::time::PresentationTime;
use crate::track_buffer::RemovalCause;
use crate::track_buffers::{AppendMode, TrackBuffers};

/// A removal under way. Until it is finished, nothing may be appended.
#[derive(Clone, Debug)]
pub struct Removal {
    start: PresentationTime,
    end: PresentationTime,
    duration: PresentationTime,
    /// The index of the track buffer whose frames are being removed.
    track: usize,
}

impl Removal {
    /// Returns the removal of the frames that start from `start` until `end`, and of all up to the next
    /// random access point, because they may depend on those. `duration` is the media source's: pass
    /// [`PresentationTime::MAX`] if it is infinite.
    pub fn new(start: PresentationTime, end: PresentationTime, duration: PresentationTime) -> Self {
        Self {
            start,
            end,
            duration,
            track: 0,
        }
    }
}

impl TrackBuffers {
    /// All of a [`Removal`] at once.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-removal>
    pub fn remove(
        &mut self,
        start: PresentationTime,
        end: PresentationTime,
        duration: PresentationTime,
    ) {
        let mut removal = Removal::new(start, end, duration);
        while !self.go_on_removing(&mut removal, usize::MAX) {}
    }

    /// A turn of a removal, in which no more groups of pictures are removed than `work` says: some
    /// thousand take a millisecond. Returns whether it is finished. What was removed is to be taken with
    /// [`Self::take_removed`].
    ///
    /// The steps about the element's `readyState` and the `[[buffer full flag]]` are the caller's.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-removal>
    pub fn go_on_removing(&mut self, removal: &mut Removal, work: usize) -> bool {
        self.forget_buffered();
        let mut left = work.max(1);
        // Step 3. For each track buffer in this SourceBuffer, run the following steps:
        while removal.track < self.tracks.len() {
            left -= self.remove_from_track(removal, left);
            if left == 0 {
                return false;
            }
            removal.track += 1;
        }
        true
    }

    /// The steps for a track buffer. Returns how many groups of pictures were changed: if it is fewer
    /// than `most`, there are no others.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-removal>
    fn remove_from_track(&mut self, removal: &Removal, most: usize) -> usize {
        let &Removal {
            start,
            end,
            duration,
            track: index,
        } = removal;
        let track = &mut self.tracks[index];
        // Step 3.1. Let remove end timestamp be the current value of duration.
        // Step 3.2. If this track buffer has a random access point timestamp that is greater than or
        // equal to end, then update remove end timestamp to that random access point timestamp.
        let remove_end = track
            .random_access_point_at_or_after(end)
            .and_then(|(group, index)| group.frame(index))
            .map_or(duration, |frame| frame.start);
        // Step 3.3. Remove all media data that contain starting timestamps greater than or equal to
        // start and less than the remove end timestamp.
        // Step 3.4. Remove all possible decoding dependencies on them.
        let last_appended_frame = track.last_appended_frame();
        let removed = track.remove_frames(start..remove_end, RemovalCause::Removed, most);
        if start < remove_end {
            track.cut_coverage(end);
        }
        track.superseded.remove(&(start..remove_end));
        // Step 3.3.1. For each removed frame, if the frame has a decode timestamp equal to the last
        // decode timestamp for the frame's track (that is, if it is that very frame: other coded frame
        // groups may have the same decode timestamp), run the following steps:
        if let Some(presentation_timestamp) = last_appended_frame
            && self.tracks[index].last_appended_frame().is_none()
        {
            self.handle_removal_of_last_frame(presentation_timestamp);
        }
        removed
    }

    /// Steps 3.3.1 to 3.3.5, for a frame that was appended last.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-removal>
    fn handle_removal_of_last_frame(&mut self, presentation_timestamp: PresentationTime) {
        match self.mode {
            // Step 3.3.1. If mode equals "segments": set [[group end timestamp]] to presentation
            // timestamp.
            AppendMode::Segments => self.group_end_timestamp = presentation_timestamp,
            // If mode equals "sequence": set [[group start timestamp]] equal to the [[group end
            // timestamp]].
            AppendMode::Sequence => self.group_start_timestamp = Some(self.group_end_timestamp),
        }
        // Steps 3.3.2-3.3.5. Unset the last decode timestamp, the last frame duration and the
        // highest end timestamp on all track buffers. Set the need random access point flag on all
        // track buffers to true. (Only in this case: the frames of a segment that is appended in
        // pieces go on when older ones are removed between two pieces.)
        self.end_coded_frame_groups();
    }
}
