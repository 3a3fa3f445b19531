/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What Servo's media element lacks or gets wrong, whatever it plays.
#![warn(unused)]

use std::time::{Duration, Instant};

use byte_stream::mime::{self, FileSupport};
use js::context::JSContext;
use media_source::{PLAYBACK_RATES, VideoPlaybackQuality, is_playback_rate};
use servo_media::{ServoMedia, SupportsMediaType};

use super::{HTMLMediaElement, PlaybackPositionWasMoved};
use crate::dom::bindings::codegen::Bindings::HTMLMediaElementBinding::CanPlayTypeResult;
use crate::dom::bindings::error::{Error, ErrorResult};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::root::DomRoot;
use crate::dom::element::Element;
use crate::dom::mse::platform;
use crate::dom::node::Node;
use crate::dom::shadowroot::ShadowRoot;

impl HTMLMediaElement {
    /// Step 6 of <https://html.spec.whatwg.org/multipage/#time-marches-on>, which the element
    /// only reached once a page had touched its text tracks.
    pub(super) fn queue_timeupdate_if_due(&self, moved: PlaybackPositionWasMoved) {
        if moved == PlaybackPositionWasMoved::NormalPlayback &&
            Instant::now() > self.next_timeupdate_event.get()
        {
            self.queue_media_element_task_to_fire_event(atom!("timeupdate"));
            self.next_timeupdate_event
                .set(Instant::now() + Duration::from_millis(200));
        }
    }

    /// What the `message` of the next MediaError is to be.
    pub(super) fn set_error_message(&self, message: &str) {
        message.clone_into(&mut self.additions.error_message.borrow_mut());
    }

    pub(super) fn take_error_message(&self) -> String {
        self.additions.error_message.take()
    }

    pub(super) fn count_video_frame(&self) {
        self.additions.frames.borrow().count_displayed();
        self.handle_presented_frame();
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
    pub(crate) fn playback_quality(&self) -> VideoPlaybackQuality {
        // The player of a media source knows what it dropped. Of the backend's only what it gave is
        // known.
        self.mse_playback_quality()
            .unwrap_or_else(|| self.additions.frames.borrow().quality())
    }

    /// The backend looks at the codecs without the container: of the containers that the project
    /// parses it is not asked.
    ///
    /// <https://html.spec.whatwg.org/multipage/#dom-navigator-canplaytype>
    pub(crate) fn can_play(type_: &str) -> CanPlayTypeResult {
        match mime::file_support(type_, &platform::can_decode) {
            Some(FileSupport::No) => CanPlayTypeResult::_empty,
            Some(FileSupport::Maybe) => CanPlayTypeResult::Maybe,
            Some(FileSupport::Probably) => CanPlayTypeResult::Probably,
            None => match ServoMedia::get().can_play_type(type_) {
                SupportsMediaType::No => CanPlayTypeResult::_empty,
                SupportsMediaType::Maybe => CanPlayTypeResult::Maybe,
                SupportsMediaType::Probably => CanPlayTypeResult::Probably,
            },
        }
    }

    /// Step 1 of <https://html.spec.whatwg.org/multipage/#dom-media-playbackrate>. Only
    /// `playbackRate` is checked: a `defaultPlaybackRate` may never be played at.
    pub(super) fn check_playback_rate(rate: f64) -> ErrorResult {
        if is_playback_rate(rate) {
            return Ok(());
        }
        let (slowest, fastest) = PLAYBACK_RATES.into_inner();
        Err(Error::NotSupported(Some(format!(
            "playbackRate can be 0, or from {slowest} to {fastest}"
        ))))
    }

    /// What the load algorithm sets `playbackRate` to: the `defaultPlaybackRate`, if it is supported.
    pub(super) fn initial_playback_rate(&self) -> f64 {
        let rate = self.default_playback_rate.get();
        if is_playback_rate(rate) { rate } else { 1.0 }
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-preservespitch>
    pub(super) fn preserves_pitch(&self) -> bool {
        !self.additions.lets_pitch_change.get()
    }

    /// Only the player of a media source follows it.
    pub(super) fn set_preserves_pitch(&self, preserves_pitch: bool) {
        self.additions.lets_pitch_change.set(!preserves_pitch);
        self.mse_with_player(|player| {
            player
                .element()
                .player()
                .set_preserves_pitch(preserves_pitch)
        });
    }

    /// What the user agent draws on the element lies in this tree.
    pub(super) fn ua_shadow_root(&self, cx: &mut JSContext) -> DomRoot<ShadowRoot> {
        let element = self.upcast::<Element>();
        let shadow_root = element.shadow_root();
        shadow_root.unwrap_or_else(|| element.attach_ua_shadow_root(cx, false))
    }

    /// The `controls` attribute is gone. They stayed where they were, and did nothing.
    pub(super) fn take_controls_away(&self, cx: &mut JSContext) {
        self.remove_controls(cx);
        self.additions.has_controls.set(false);
        if let Some(shadow_root) = self.upcast::<Element>().shadow_root() {
            Node::replace_all(cx, None, shadow_root.upcast());
        }
        self.display_cues(cx);
    }
}
