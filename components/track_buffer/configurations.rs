/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The configurations that the stored frames of a track need, each counted once.

use std::collections::BTreeMap;
use std::sync::Arc;

use byte_stream::memory::{allocated, allocated_in_tree};
use byte_stream::track::CodecConfiguration;

/// Counts the users of each configuration: groups of pictures, and the track itself.
#[derive(Debug, Default)]
pub(crate) struct Configurations {
    /// The numbers of users, by the address of the configuration.
    users: BTreeMap<usize, usize>,
    byte_size: usize,
}

impl Configurations {
    /// Counts one more user of the configuration.
    pub(crate) fn add(&mut self, configuration: &Arc<CodecConfiguration>) {
        let users = self.users.entry(address(configuration)).or_default();
        *users += 1;
        if *users == 1 {
            self.byte_size += byte_size(configuration);
        }
    }

    /// Counts one user less of the configuration.
    pub(crate) fn remove(&mut self, configuration: &Arc<CodecConfiguration>) {
        let address = address(configuration);
        let users = self.users.get_mut(&address).expect("it was added");
        *users -= 1;
        if *users == 0 {
            self.users.remove(&address);
            self.byte_size -= byte_size(configuration);
        }
    }

    /// Returns the memory in bytes that the configurations with users take.
    pub(crate) fn byte_size(&self) -> usize {
        self.byte_size
    }
}

fn address(configuration: &Arc<CodecConfiguration>) -> usize {
    Arc::as_ptr(configuration).addr()
}

/// Returns the memory in bytes that a configuration takes without its `extra_data`, which may be
/// shared with others.
fn byte_size(configuration: &CodecConfiguration) -> usize {
    // (With the counts of the `Arc`.)
    allocated(size_of::<CodecConfiguration>() + 2 * size_of::<usize>())
        + allocated(configuration.codec_string().len())
        + allocated_in_tree(2 * size_of::<usize>())
}
