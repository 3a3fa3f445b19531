/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use media_source::VideoPlaybackQuality as CoreVideoPlaybackQuality;
use script_bindings::reflector::{Reflector, reflect_dom_object};

use crate::dom::bindings::codegen::Bindings::PerformanceBinding::PerformanceMethods;
use crate::dom::bindings::codegen::Bindings::VideoPlaybackQualityBinding::VideoPlaybackQualityMethods;
use crate::dom::bindings::codegen::Bindings::WindowBinding::WindowMethods;
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::root::DomRoot;
use crate::dom::window::Window;

/// The counts of a video's frames when a script asked.
///
/// <https://w3c.github.io/media-playback-quality/#videoplaybackquality-interface>
#[dom_struct]
pub(crate) struct VideoPlaybackQuality {
    reflector_: Reflector,
    creation_time: Finite<f64>,
    #[no_trace]
    #[ignore_malloc_size_of = "Three numbers"]
    counts: CoreVideoPlaybackQuality,
}

impl VideoPlaybackQuality {
    pub(crate) fn new(
        cx: &mut JSContext,
        window: &Window,
        counts: CoreVideoPlaybackQuality,
    ) -> DomRoot<Self> {
        let quality = Self {
            reflector_: Reflector::new(),
            creation_time: window.Performance(cx).Now(),
            counts,
        };
        reflect_dom_object(cx, Box::new(quality), window)
    }
}

impl VideoPlaybackQualityMethods<crate::DomTypeHolder> for VideoPlaybackQuality {
    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-creationtime>
    fn CreationTime(&self) -> Finite<f64> {
        self.creation_time
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-droppedvideoframes>
    fn DroppedVideoFrames(&self) -> u32 {
        self.counts.dropped_video_frames
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-totalvideoframes>
    fn TotalVideoFrames(&self) -> u32 {
        self.counts.total_video_frames
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-corruptedvideoframes>
    fn CorruptedVideoFrames(&self) -> u32 {
        self.counts.corrupted_video_frames
    }
}
