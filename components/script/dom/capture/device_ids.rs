/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The identifiers by which pages know devices.
//! <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-deviceid>

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

/// Makes identifiers that nobody can guess who does not know its keys: they are 128 bits of SipHash.
pub(crate) struct IdMaker([RandomState; 2]);

/// Makes the same identifiers for all documents of an origin, until this process ends.
static OF_ORIGINS: LazyLock<IdMaker> = LazyLock::new(IdMaker::new);

impl IdMaker {
    pub(crate) fn new() -> Self {
        Self([RandomState::new(), RandomState::new()])
    }

    /// Returns the identifier of what has this name.
    pub(crate) fn id(&self, name: impl Hash) -> String {
        let [one, other] = self.0.each_ref().map(|state| state.hash_one(&name));
        format!("{one:016x}{other:016x}")
    }
}

/// Returns the identifier by which pages of `origin` know the device of this key.
pub(crate) fn device_id(origin: impl Hash, device_key: &str) -> String {
    OF_ORIGINS.id((origin, device_key))
}
