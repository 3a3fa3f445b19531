/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The last picture of a source, with which consumers begin that come later.

use gstreamer::Sample;
use parking_lot::Mutex;

use super::clock;

/// The last picture of a source; `None` before the first one.
#[derive(Default)]
pub(crate) struct LastPicture {
    sample: Mutex<Option<Sample>>,
    /// Whether it shows how things are until another one comes. The picture of a canvas does, on which
    /// nobody draws; that of a camera shows how things were.
    stays: bool,
}

impl LastPicture {
    /// Returns that of a source which gives a picture only when there is something new to see.
    pub(crate) fn that_stays() -> Self {
        Self {
            stays: true,
            ..Self::default()
        }
    }

    /// Keeps `sample` instead of the one before, if it is a picture.
    pub(crate) fn keep(&self, sample: &Sample) {
        let structure = sample.caps().and_then(|caps| caps.structure(0));
        if structure.is_some_and(|structure| structure.name() == "video/x-raw") {
            *self.sample.lock() = Some(sample.clone());
        }
    }

    /// Forgets the picture.
    pub(crate) fn forget(&self) {
        *self.sample.lock() = None;
    }

    /// Returns the picture. One that stays is one of now.
    pub(crate) fn get(&self) -> Option<Sample> {
        let last = self.sample.lock().clone()?;
        if !self.stays {
            return Some(last);
        }
        let mut buffer = last.buffer_owned()?;
        buffer.make_mut().set_pts(clock::now());
        let caps = last.caps_owned()?;
        Some(Sample::builder().buffer(&buffer).caps(&caps).build())
    }
}
