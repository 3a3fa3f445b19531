/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The `buffered` attribute of SourceBuffers and media elements.

use std::cell::RefCell;

use js::context::JSContext;
use media_source::TimeRanges as CoreTimeRanges;

use crate::dom::bindings::root::{DomRoot, MutNullableDom};
use crate::dom::globalscope::GlobalScope;
use crate::dom::timeranges::{TimeRanges, TimeRangesContainer};

/// The value of the attribute. Scripts get the same object until the ranges change.
#[derive(Default, JSTraceable, MallocSizeOf)]
pub(crate) struct Buffered {
    object: MutNullableDom<TimeRanges>,
    /// The ranges in the object.
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in track_buffer"]
    ranges: RefCell<CoreTimeRanges>,
}

impl Buffered {
    /// Runs the last two steps of
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered> and
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub(crate) fn current_value(
        &self,
        cx: &mut JSContext,
        global: &GlobalScope,
        ranges: CoreTimeRanges,
    ) -> DomRoot<TimeRanges> {
        // If intersection ranges does not contain the exact same range information as the current
        // value of this attribute, then update the current value. (Snapshots that share their
        // ranges are not compared one by one.)
        if let Some(object) = self.object.get() &&
            *self.ranges.borrow() == ranges
        {
            return object;
        }
        let object = TimeRanges::new(cx, global, convert_ranges(&ranges));
        self.object.set(Some(&object));
        *self.ranges.borrow_mut() = ranges;
        // Return the current value of this attribute.
        object
    }
}

fn convert_ranges(ranges: &CoreTimeRanges) -> TimeRangesContainer {
    let mut container = TimeRangesContainer::default();
    for (start, end) in ranges.iter() {
        container
            .add(start.seconds(), end.seconds())
            .expect("the core's ranges end after they start");
    }
    container
}
