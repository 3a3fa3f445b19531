/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The elements of a thread that have something in common, which are not kept alive for that.
#![warn(unused)]

use std::cell::RefCell;

use script_bindings::root::DomRoot;

use super::{HTMLMediaElement, MediaElementWeakRef};

/// A list of elements. An element that is collected leaves it.
pub(super) struct ElementList(RefCell<Vec<MediaElementWeakRef>>);

impl ElementList {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Adds an element, once, and lets go of those others that `is_kept` denies.
    pub(super) fn add(
        &self,
        element: &HTMLMediaElement,
        is_kept: impl Fn(&HTMLMediaElement) -> bool,
    ) {
        let mut elements = self.0.borrow_mut();
        elements.retain(|other| {
            let other = other.root();
            other.is_some_and(|other| is_kept(&other) && *other != *element)
        });
        elements.push(MediaElementWeakRef::new(element));
    }

    /// Returns the elements.
    pub(super) fn elements(&self) -> Vec<DomRoot<HTMLMediaElement>> {
        let elements = self.0.borrow();
        elements
            .iter()
            .filter_map(MediaElementWeakRef::root)
            .collect()
    }
}
