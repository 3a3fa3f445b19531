/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Lists of what may come to an end unseen, such as objects that are collected.

/// Adds to a list. What has come to an end is removed where the list would grow, so that a list is at most twice as
/// long as what is alive, and adding costs the same however long it is.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T, is_alive: impl FnMut(&T) -> bool) {
    if list.len() == list.capacity() {
        list.retain(is_alive);
        list.reserve(list.len() + 1);
    }
    list.push(item);
}
