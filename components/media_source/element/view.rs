/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a MediaSource and its media element know of each other, on whichever threads they are.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use byte_stream::track::Medium;
use parking_lot::{Mutex, MutexGuard};
use track_buffer::common_ranges::CommonRanges;
use track_buffer::time::PresentationTime;
use track_buffer::track_buffers::TrackBuffers;

use super::ready_state::ElementRanges;
use crate::effect::SourceBufferId;
use crate::media_source::ReadyState;
use crate::published::Published;
use crate::reader::TrackReader;
use crate::tracks::MediaTrack;

/// What a MediaSource and the media element that it is attached to share. Clones share the same state,
/// and may be used on different threads: the element reads what the MediaSource writes, and the other
/// way round. No call waits for an append.
///
/// No other copy of this state exists, so both sides always agree.
#[derive(Clone)]
pub struct ElementView(Arc<Shared>);

struct Shared {
    source: Mutex<SourceState>,
    /// The current playback position, in nanoseconds. The element writes it.
    position: AtomicI64,
    /// Whether the element has failed. The element writes it.
    has_error: AtomicBool,
    /// <https://w3c.github.io/media-source/#dfn-has-ever-been-attached>
    has_ever_been_attached: AtomicBool,
    /// The flag of the MediaSource's global object, which is a worker's. The worker's owner sets it as well.
    closing: Arc<AtomicBool>,
}

/// What the element reads of the MediaSource.
pub(crate) struct SourceState {
    /// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
    pub(crate) ready_state: ReadyState,
    /// The duration in seconds. It is NaN while it is unknown.
    pub(crate) duration: f64,
    /// <https://w3c.github.io/media-source/#dfn-live-seekable-range>
    pub(crate) live_seekable_range: Option<(f64, f64)>,
    /// Whether the element has come to `HAVE_METADATA`, which it keeps until it is detached.
    pub(crate) has_metadata: bool,
    /// The SourceBuffers in the `sourceBuffers` list, in its order.
    pub(crate) source_buffers: Vec<Arc<Mutex<SourceBufferView>>>,
    /// What the element was told last to be buffered of several SourceBuffers.
    pub(super) element_ranges: ElementRanges,
}

/// What the element reads of a SourceBuffer.
pub(crate) struct SourceBufferView {
    pub(crate) id: SourceBufferId,
    /// <https://w3c.github.io/media-source/#dfn-first-initialization-segment-received-flag>
    pub(crate) has_first_initialization_segment: bool,
    /// The `audioTracks`, then the `videoTracks`, then the `textTracks`.
    pub(crate) tracks: Vec<MediaTrack>,
    /// What scripts see of what is in the track buffers.
    pub(crate) published: Published,
    pub(crate) track_buffers: Arc<Mutex<TrackBuffers>>,
}

impl ElementView {
    pub(crate) fn new(closing: Arc<AtomicBool>) -> Self {
        Self(Arc::new(Shared {
            source: Mutex::new(SourceState {
                ready_state: ReadyState::Closed,
                duration: f64::NAN,
                live_seekable_range: None,
                has_metadata: false,
                source_buffers: Vec::new(),
                element_ranges: ElementRanges::default(),
            }),
            position: AtomicI64::new(0),
            has_error: AtomicBool::new(false),
            has_ever_been_attached: AtomicBool::new(false),
            closing,
        }))
    }

    /// Locks the state of the MediaSource for a moment. The lock of a [`SourceBufferView`] may be taken
    /// while this one is held, and that of its track buffers only when neither is held any more.
    pub(crate) fn source(&self) -> MutexGuard<'_, SourceState> {
        self.0.source.lock()
    }

    /// Returns the readyState of the MediaSource.
    /// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
    pub fn source_ready_state(&self) -> ReadyState {
        self.source().ready_state
    }

    /// Returns the duration of the MediaSource in seconds. It is NaN while it is unknown, and infinite
    /// if it is unbounded.
    pub fn duration(&self) -> f64 {
        self.source().duration
    }

    /// Returns the current playback position of the element. While the element seeks, that is the
    /// target.
    /// <https://html.spec.whatwg.org/multipage/#current-playback-position>
    pub fn position(&self) -> PresentationTime {
        PresentationTime::from_nanoseconds(self.0.position.load(Ordering::Acquire))
    }

    /// Tells the MediaSource where playback stands. A [`MediaElement`](crate::MediaElement) does it; a host
    /// with a media element of its own calls it whenever the position changes.
    pub fn set_position(&self, position: PresentationTime) {
        let nanoseconds = position.nanoseconds();
        self.0.position.store(nanoseconds, Ordering::Release);
    }

    /// Whether the `error` attribute of the element is not null.
    /// <https://html.spec.whatwg.org/multipage/#dom-media-error>
    pub fn has_error(&self) -> bool {
        self.0.has_error.load(Ordering::Acquire)
    }

    /// Marks the element as failed. Returns whether it was before.
    pub fn set_error(&self) -> bool {
        self.0.has_error.swap(true, Ordering::AcqRel)
    }

    /// Sets the \[\[has ever been attached\]\] slot. Returns whether it was set before. In that case a
    /// handle of the MediaSource cannot be attached: of several elements that load from one, the first
    /// gets it.
    /// <https://w3c.github.io/media-source/#dfn-has-ever-been-attached>
    pub fn set_has_ever_been_attached(&self) -> bool {
        self.0.has_ever_been_attached.swap(true, Ordering::AcqRel)
    }

    /// Whether the worker in which the MediaSource was made is about to end. Nothing is buffered then, and
    /// nothing can be sought.
    /// <https://html.spec.whatwg.org/multipage/#dom-workerglobalscope-closing>
    pub fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::Acquire)
    }

    /// Forgets the element that it was attached to before.
    pub(crate) fn forget_element(&self) {
        self.set_position(PresentationTime::ZERO);
        self.0.has_error.store(false, Ordering::Release);
    }

    /// Returns a reader for each track to play: all enabled audio tracks and one selected video track.
    /// There is none before every SourceBuffer has its first initialization segment. A SourceBuffer
    /// that is added later joins once it has its own.
    pub fn track_readers(&self) -> Vec<TrackReader> {
        let source = self.source();
        if !source.has_metadata || self.is_closing() {
            return Vec::new();
        }
        // Every SourceBuffer selects its first video track. An element shows only one.
        let mut has_video = false;
        let mut readers = Vec::new();
        for buffer in &source.source_buffers {
            for reader in buffer.lock().track_readers(self) {
                let is_video = reader.configuration().medium() == Medium::Video;
                if !is_video || !mem::replace(&mut has_video, true) {
                    readers.push(reader);
                }
            }
        }
        readers
    }

    /// Returns the natural width and height of the video at `HAVE_METADATA`, in CSS pixels: those of the
    /// selected video track. If several SourceBuffers have one, it is that of the first.
    /// <https://html.spec.whatwg.org/multipage/#concept-video-intrinsic-width>
    pub fn natural_size(&self) -> Option<(u32, u32)> {
        let source = self.source();
        source.source_buffers.iter().find_map(|buffer| {
            let buffer = buffer.lock();
            let mut enabled = buffer.tracks.iter().filter(|track| track.is_enabled);
            enabled.find_map(|track| track.natural_size)
        })
    }
}

impl SourceState {
    /// Returns what `buffered` says for each SourceBuffer in the `activeSourceBuffers` list.
    pub(super) fn active_ranges(&self) -> Vec<CommonRanges> {
        let is_ended = self.ready_state == ReadyState::Ended;
        let buffers = self.source_buffers.iter().map(|buffer| buffer.lock());
        buffers
            .filter(|buffer| buffer.is_active())
            .map(|buffer| buffer.published.buffered(is_ended).clone())
            .collect()
    }
}

impl SourceBufferView {
    /// Whether it is in the `activeSourceBuffers` list: at least one of its tracks plays.
    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    pub(crate) fn is_active(&self) -> bool {
        self.tracks.iter().any(|track| track.is_enabled)
    }

    fn track_readers(&self, view: &ElementView) -> Vec<TrackReader> {
        let tracks = self.published.tracks.iter();
        let playing = tracks.filter(|(id, _)| {
            let mut tracks = self.tracks.iter();
            tracks.any(|track| track.track_buffer == *id && track.is_enabled)
        });
        playing
            .map(|(id, configuration)| {
                TrackReader::new(&self.track_buffers, view, (self.id, *id), configuration)
            })
            .collect()
    }
}
