/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The SourceBuffer object: its methods and algorithms.

mod append_buffer;
pub(crate) mod attributes;
mod eviction;
mod outcome;
pub(crate) mod range_removal;
mod state;

pub(crate) use self::state::{Contents, SourceBufferState};
use crate::effect::{Event, EventTarget, SourceBufferId};
use crate::exception::Exception;
use crate::media_source::MediaSource;
use crate::parent::Parent;

/// A SourceBuffer of a [`MediaSource`], for the length of a call: what is not removed and can be
/// commanded.
///
/// ```
/// # use media_source::{MediaSource, Page};
/// # let mut source = MediaSource::new(&Page::without_player(|_| true));
/// # source.attach();
/// let id = source.add_source_buffer("video/webm; codecs=vp9")?;
/// source.source_buffer(id)?.set_timestamp_offset(10.0)?;
/// # Ok::<(), media_source::Exception>(())
/// ```
///
/// <https://w3c.github.io/media-source/#sourcebuffer>
pub struct SourceBuffer<'a> {
    state: &'a mut SourceBufferState,
    /// <https://w3c.github.io/media-source/#dfn-parent-media-source>
    parent: &'a mut Parent,
}

impl MediaSource {
    /// Returns the SourceBuffer with that id. A SourceBuffer that has been removed throws an
    /// `InvalidStateError`, which is the first step of all its methods.
    pub fn source_buffer(&mut self, id: SourceBufferId) -> Result<SourceBuffer<'_>, Exception> {
        let mut buffers = self.source_buffers.iter_mut();
        let state = buffers.find(|buffer| buffer.id == id).ok_or(REMOVED)?;
        let parent = &mut self.parent;
        Ok(SourceBuffer { state, parent })
    }

    /// Returns the state of a SourceBuffer, to read it.
    pub(crate) fn state_of(&self, id: SourceBufferId) -> Result<&SourceBufferState, Exception> {
        let mut buffers = self.source_buffers.iter();
        buffers.find(|buffer| buffer.id == id).ok_or(REMOVED)
    }
}

impl<'a> SourceBuffer<'a> {
    pub(crate) fn new(state: &'a mut SourceBufferState, parent: &'a mut Parent) -> Self {
        Self { state, parent }
    }

    /// Whether it is in the `activeSourceBuffers` list: at least one of its tracks plays.
    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    pub(crate) fn is_active(&self) -> bool {
        self.state.view().is_active()
    }

    /// Throws if the `updating` attribute is true.
    fn check_is_idle(&self) -> Result<(), Exception> {
        if self.state.is_updating {
            return Err(Exception::InvalidState(
                "the SourceBuffer is updating: wait for updateend",
            ));
        }
        Ok(())
    }

    /// Queues a task to fire an event at the SourceBuffer.
    fn fire(&mut self, event: Event) {
        let target = EventTarget::SourceBuffer(self.state.id);
        self.parent.fire(target, event);
    }
}

const REMOVED: Exception =
    Exception::InvalidState("the SourceBuffer has been removed from its MediaSource");

#[cfg(test)]
mod tests {
    use super::attributes::AppendMode;
    use crate::effect::SourceBufferId;
    use crate::exception::Exception;
    use crate::media_source::MediaSource;
    use crate::platform::Page;

    fn open_source() -> (MediaSource, SourceBufferId) {
        let mut source = MediaSource::new(&Page::without_player(|_| true));
        assert!(source.attach());
        let id = source
            .add_source_buffer("audio/mp4")
            .expect("the type is supported");
        (source, id)
    }

    fn mode(source: &MediaSource, id: SourceBufferId) -> AppendMode {
        source.attributes(id).expect("it is there").mode
    }

    fn set_mode(
        source: &mut MediaSource,
        id: SourceBufferId,
        mode: AppendMode,
    ) -> Result<(), Exception> {
        source.source_buffer(id)?.set_mode(mode)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    #[test]
    fn generated_timestamps_need_sequence_mode() {
        let (mut source, id) = open_source();
        assert_eq!(mode(&source, id), AppendMode::Segments);
        let buffer = source.source_buffer(id).expect("it is there");
        buffer.state.set_generates_timestamps(true);
        let track_buffers = &buffer.state.contents.track_buffers;
        assert_eq!(track_buffers.lock().mode(), AppendMode::Sequence);
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert!(matches!(
            set_mode(&mut source, id, AppendMode::Segments),
            Err(Exception::Type(_))
        ));
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert_eq!(set_mode(&mut source, id, AppendMode::Sequence), Ok(()));
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    #[test]
    fn a_changed_type_with_timestamps_keeps_the_mode() {
        let (mut source, id) = open_source();
        let buffer = source.source_buffer(id).expect("it is there");
        buffer.state.set_generates_timestamps(true);
        let changed = source.change_type(id, "video/webm");
        changed.expect("the type is supported");
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert_eq!(set_mode(&mut source, id, AppendMode::Segments), Ok(()));
    }
}
