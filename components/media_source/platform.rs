/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What an embedder chooses: the backend that decodes and plays, and how much memory media may take.

use std::fmt;
use std::sync::Arc;

use byte_stream::track::Codec;

use crate::element::{Player, PlayerError, PlayerListener, VideoRenderer};
use crate::memory::MemoryAccount;
use crate::quota::Quota;

/// A backend decodes and plays media, for one page. What its players share, such as a bounded number of
/// pipelines, they share with the players of that page only.
pub trait Backend: Send + Sync {
    /// Begins to load what players need, on another thread, so that the first one need not wait for it. Each
    /// MediaSource calls it when it is made. An embedder may do so earlier, when it is idle.
    fn prepare(&self) {}

    /// Whether it decodes media of `codec`.
    fn can_decode(&self, codec: Codec) -> bool;

    /// Whether it is likely to show so many pixels per second without dropping frames, whatever the
    /// codec is.
    fn is_smooth(&self, pixels_per_second: f64) -> bool;

    /// Whether it is likely to decode pictures of that codec, width and height with little power, on
    /// hardware made for it.
    fn is_power_efficient(&self, _codec: Codec, _size: (u32, u32)) -> bool {
        false
    }

    /// Makes a player, which is paused and has no tracks. It gives video frames to `renderer` and says
    /// to `listener` what happens.
    fn create_player(
        &self,
        renderer: Box<dyn VideoRenderer>,
        listener: PlayerListener,
    ) -> Result<Box<dyn Player>, PlayerError>;
}

/// Everything that an embedder of an engine chooses. The embedder hands it over once, when the engine
/// starts.
#[derive(Clone)]
pub struct Platform {
    new_backend: Arc<dyn Fn() -> Arc<dyn Backend> + Send + Sync>,
    quota: Quota,
}

impl Platform {
    /// Returns a platform whose pages each use a backend that `new_backend` makes, with the standard
    /// [`Quota`].
    pub fn new<B: Backend + 'static>(new_backend: impl Fn() -> B + Send + Sync + 'static) -> Self {
        Self {
            new_backend: Arc::new(move || Arc::new(new_backend())),
            quota: Quota::default(),
        }
    }

    /// Returns a platform that decodes nothing. Pages see that no type is supported.
    pub fn without_backend() -> Self {
        Self::new(|| Decoders(|_| false))
    }

    /// Sets how many bytes of media may be held.
    #[must_use]
    pub fn with_quota(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// Returns what a new page needs.
    pub fn new_page(&self) -> Page {
        Page {
            backend: (self.new_backend)(),
            quota: self.quota,
            memory: MemoryAccount::new(),
        }
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self::without_backend()
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Platform").finish_non_exhaustive()
    }
}

/// What the media sources of a page share: the backend, and the memory that they may hold together. A
/// page is one script thread with its workers. Clones are the same page.
#[derive(Clone)]
pub struct Page {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) quota: Quota,
    pub(crate) memory: MemoryAccount,
}

impl Page {
    /// Returns a page of a platform that decodes some codecs, but has no player. It serves hosts that
    /// only append and read frames.
    pub fn without_player(can_decode: impl Fn(Codec) -> bool + Send + Sync + 'static) -> Self {
        let backend = Arc::new(Decoders(can_decode));
        Self {
            backend,
            quota: Quota::default(),
            memory: MemoryAccount::new(),
        }
    }

    /// Returns the backend.
    pub fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    /// Returns the memory that all media sources of the page hold.
    pub fn memory(&self) -> &MemoryAccount {
        &self.memory
    }
}

/// A backend without players.
struct Decoders<F>(F);

impl<F: Fn(Codec) -> bool + Send + Sync> Backend for Decoders<F> {
    fn can_decode(&self, codec: Codec) -> bool {
        (self.0)(codec)
    }

    fn is_smooth(&self, _pixels_per_second: f64) -> bool {
        false
    }

    fn create_player(
        &self,
        _renderer: Box<dyn VideoRenderer>,
        _listener: PlayerListener,
    ) -> Result<Box<dyn Player>, PlayerError> {
        let message = "this platform has no player".to_owned();
        Err(PlayerError::Initialization(message))
    }
}
