/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The objects of Media Source Extensions, for any engine. [`MediaSource`] holds the state of a
//! `MediaSource` object, of its `SourceBuffer`s and of its `SourceBufferList`s, and runs the
//! algorithms of <https://w3c.github.io/media-source/>. [`MediaElement`] holds what a media element
//! decides when it plays a MediaSource.
//!
//! # The contract
//! Nothing here fires an event or reads a clock, and only the optional [`JobExecutor`] starts a thread. A
//! host (the DOM objects of a browser engine, or a player without any engine) calls methods of four
//! kinds:
//!
//! - getters;
//! - commands, which are calls of a script and return the exception to throw;
//! - `handle_*` methods, which tell that something happened;
//! - `poll_*` methods, which return what is to be done next.
//!
//! **After every command (whatever it returned) and every `handle_*` call the host drains
//! [`MediaSource::poll_effect`] and does each [`Effect`] in order.** The same holds for
//! [`MediaElement::poll_update`]. Whatever is queued runs later, in the order in which it was queued,
//! and never from within the call.
//!
//! | the host | does for an [`Effect`] |
//! |---|---|
//! | has a task source | [`Effect::Fire`]: it queues a task that fires the event |
//! | has threads | [`Effect::RunJob`]: it runs the [`Job`], then queues a task that calls [`MediaSource::handle_job_outcome`] |
//! | has a media element | [`Effect::Element`]: it calls [`MediaElement::handle_effect`] |
//!
//! ```
//! use std::collections::VecDeque;
//!
//! use media_source::{Effect, Event, EventTarget, Exception, MediaSource, Page, Read};
//! use media_source::SteppedExecutor;
//!
//! /// A host without an engine and without a player.
//! struct Host {
//!     source: MediaSource,
//!     tasks: VecDeque<(EventTarget, Event)>,
//!     executor: SteppedExecutor,
//! }
//!
//! impl Host {
//!     /// Runs after every command and every `handle_*` call.
//!     fn drain_effects(&mut self) {
//!         while let Some(effect) = self.source.poll_effect() {
//!             match effect {
//!                 Effect::Fire { target, event } => self.tasks.push_back((target, event)),
//!                 Effect::RunJob(job) => self.executor.execute(job),
//!                 Effect::Element(_) => {}
//!                 other => drop(other),
//!             }
//!         }
//!     }
//!
//!     /// The event loop, until nothing is left to do.
//!     fn run(&mut self) {
//!         loop {
//!             if let Some((target, event)) = self.tasks.pop_front() {
//!                 println!("{} at {target:?}", event.name());
//!             } else if let Some(outcome) = self.executor.run() {
//!                 self.source.handle_job_outcome(outcome);
//!             } else {
//!                 return;
//!             }
//!             self.drain_effects();
//!         }
//!     }
//! }
//!
//! let media = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/media/h264.mp4"));
//! let mut host = Host {
//!     source: MediaSource::new(&Page::without_player(|_codec| true)),
//!     tasks: VecDeque::new(),
//!     executor: SteppedExecutor::new(),
//! };
//! host.source.attach();
//! let buffer = host.source.add_source_buffer("video/mp4; codecs=\"avc1.64000C\"")?;
//! host.source.source_buffer(buffer)?.append_buffer(media)?;
//! host.drain_effects();
//! host.run();
//!
//! assert!(!host.source.is_updating(buffer));
//! let mut reader = host.source.element_view().track_readers().remove(0);
//! assert!(matches!(reader.read(), Read::Frame(_)));
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Threads
//! A MediaSource lives on the thread of its script, in a window or in a worker. Its media element may live
//! on another one: both read the [`ElementView`] that they share, and [`ElementEffect`]s may be sent. A
//! MediaSource in a worker needs five things of its host, and neither thread ever waits for the other:
//!
//! 1. The worker makes it with [`MediaSource::new_in_worker`], and the `MediaSourceHandle` that it gives to
//!    the window takes [`MediaSource::element_view`] along.
//! 2. An element that loads from a handle calls [`ElementView::set_has_ever_been_attached`]. The first one
//!    makes its [`MediaElement`] with that view, then posts a task to the worker that calls
//!    [`MediaSource::attach`]. The others fail to load.
//! 3. The worker posts each [`ElementEffect`] to the window, in order and before any message that its script
//!    sends later. There it goes to [`MediaElement::handle_effect`], or is dropped if the element has
//!    another source by then.
//! 4. An element that loads something else, is collected or ends with its page posts a task to the worker
//!    that calls [`MediaSource::detach`].
//! 5. A worker that ends calls [`MediaSource::handle_global_gone`] after its last task, and posts a task to
//!    the window that calls [`MediaElement::handle_source_gone`].
//!
//! Appended bytes are parsed, and ranges removed, by a [`Job`], which the host runs on a thread of its
//! choice. The player reads the coded frames of each track through a [`TrackReader`].

mod append;
pub mod decoding_info;
mod effect;
mod element;
mod exception;
mod executor;
mod generation_lock;
mod job;
mod media_source;
mod memory;
mod parent;
mod platform;
mod playback_quality;
mod published;
mod quota;
mod reader;
mod segment_parser;
mod source_buffer;
mod tracks;

/// What [`generation_lock`] needs of threads.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

    pub(crate) use parking_lot::{Mutex, MutexGuard};
}

pub use byte_stream::track::{Codec, Medium};
pub use track_buffer::ranges::TimeRanges;
pub use track_buffer::time::PresentationTime;
pub use track_buffer::{Read, ReadFrame};

pub use self::effect::{
    Blame, Discarded, Effect, ElementEffect, ElementError, Event, EventTarget, SourceBufferId,
};
pub use self::element::{
    DecodedPixels, ElementReadyState, ElementUpdate, ElementView, MediaElement, PLAYBACK_RATES,
    Picture, Player, PlayerError, PlayerEvent, PlayerListener, SeekId, VideoFrame, VideoRenderer,
    is_playback_rate,
};
pub use self::exception::Exception;
pub use self::executor::{JobExecutor, SteppedExecutor};
pub use self::job::{Job, JobOutcome, Turn};
pub use self::media_source::{EndOfStreamError, MediaSource, ReadyState};
pub use self::memory::MemoryAccount;
pub use self::platform::{Backend, Page, Platform};
pub use self::playback_quality::{VideoFrameCounter, VideoPlaybackQuality};
pub use self::quota::Quota;
pub use self::reader::TrackReader;
pub use self::source_buffer::SourceBuffer;
pub use self::source_buffer::attributes::{AppendMode, Attributes};
pub use self::tracks::{MediaTrack, MediaTrackId};

/// The snippet in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
