/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use js::gc::HandleObject;
use script_bindings::reflector::reflect_dom_object_with_proto;
use script_bindings::root::DomRoot;
use script_bindings::str::DOMString;

use crate::dom::bindings::codegen::Bindings::OverconstrainedErrorBinding::OverconstrainedErrorMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::globalscope::GlobalScope;
use crate::dom::types::DOMException;
use crate::dom::window::Window;

/// <https://w3c.github.io/mediacapture-main/#overconstrainederror-interface>
#[dom_struct]
pub(crate) struct OverconstrainedError {
    dom_exception: DOMException,
    constraint: DOMString,
}

impl OverconstrainedError {
    /// Returns one for what the core says.
    pub(crate) fn new(
        cx: &mut JSContext,
        global: &GlobalScope,
        error: &media_stream::Overconstrained,
    ) -> DomRoot<Self> {
        let name = error.constraint.map_or("", |property| property.name());
        let message = DOMString::from(&*error.message);
        Self::new_with_proto(cx, global, None, DOMString::from(name), message)
    }

    fn new_with_proto(
        cx: &mut JSContext,
        global: &GlobalScope,
        proto: Option<HandleObject>,
        constraint: DOMString,
        message: DOMString,
    ) -> DomRoot<Self> {
        let name = DOMString::from_static("OverconstrainedError");
        let error = Self {
            dom_exception: DOMException::new_inherited(message, name),
            constraint,
        };
        reflect_dom_object_with_proto(cx, Box::new(error), global, proto)
    }
}

impl OverconstrainedErrorMethods<crate::DomTypeHolder> for OverconstrainedError {
    /// <https://w3c.github.io/mediacapture-main/#dom-overconstrainederror-constructor>
    fn Constructor(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        constraint: DOMString,
        message: DOMString,
    ) -> DomRoot<Self> {
        Self::new_with_proto(cx, window.upcast(), proto, constraint, message)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-overconstrainederror-constraint>
    fn Constraint(&self) -> DOMString {
        self.constraint.clone()
    }
}
