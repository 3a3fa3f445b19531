/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tree that the user agent draws on a media element: controls and cues.
#![warn(unused)]

use js::context::JSContext;

use super::HTMLMediaElement;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::root::DomRoot;
use crate::dom::element::Element;
use crate::dom::node::Node;
use crate::dom::shadowroot::ShadowRoot;

impl HTMLMediaElement {
    /// Returns the tree of what the user agent draws on the element.
    pub(super) fn ua_shadow_root(&self, cx: &mut JSContext) -> DomRoot<ShadowRoot> {
        let element = self.upcast::<Element>();
        let shadow_root = element.shadow_root();
        shadow_root.unwrap_or_else(|| element.attach_ua_shadow_root(cx, false))
    }

    /// Removes the controls because the `controls` attribute is gone.
    pub(super) fn take_controls_away(&self, cx: &mut JSContext) {
        self.remove_controls(cx);
        self.additions.has_controls.set(false);
        if let Some(shadow_root) = self.upcast::<Element>().shadow_root() {
            Node::replace_all(cx, None, shadow_root.upcast());
        }
        self.display_cues(cx);
    }
}
