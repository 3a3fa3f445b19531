/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Shows the cues of text tracks on the video. Servo finds out which cues are active and draws none.
//!
//! Regions, vertical text, and stylesheets for `::cue` are not followed, and cues that name the same
//! line are drawn over each other.
#![warn(unused)]

use html5ever::{QualName, local_name, ns};
use js::context::JSContext;
use script_bindings::root::DomRoot;

use super::{HTMLMediaElement, PlaybackPositionWasMoved};
use crate::dom::bindings::codegen::Bindings::CSSStyleDeclarationBinding::CSSStyleDeclarationMethods;
use crate::dom::bindings::codegen::Bindings::HTMLElementBinding::HTMLElementMethods;
use crate::dom::bindings::codegen::Bindings::NodeBinding::NodeMethods;
use crate::dom::bindings::codegen::Bindings::TextTrackBinding::{TextTrackMethods, TextTrackMode};
use crate::dom::bindings::codegen::Bindings::VTTCueBinding::{
    AlignSetting, LineAndPositionSetting, PositionAlignSetting, VTTCueMethods,
};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::str::DOMString;
use crate::dom::element::{CustomElementCreationMode, Element, ElementCreator};
use crate::dom::html::htmlelement::HTMLElement;
use crate::dom::html::htmlvideoelement::HTMLVideoElement;
use crate::dom::node::{Node, NodeTraits};
use crate::dom::vttcue::VTTCue;

/// The size of the font, as a fraction of the height of the video:
/// <https://w3c.github.io/webvtt/#applying-css-properties>
const FONT_SIZE: f64 = 0.05;
/// The height of a line, as a multiple of the font's size.
const LINE_HEIGHT: f64 = 1.2;
/// The height of the controls in pixels, as in `media-controls.css`.
const CONTROLS_HEIGHT: f64 = 40.;

impl HTMLMediaElement {
    /// Handles that the mode of a text track of the element has changed.
    pub(crate) fn handle_text_tracks_change(&self, cx: &mut JSContext) {
        if !self.show_poster.get() {
            self.time_marches_on(cx, PlaybackPositionWasMoved::ExplicitMove);
        }
        self.display_cues(cx);
    }

    /// Makes all cues inactive, because the readyState is `HAVE_NOTHING` again.
    /// <https://html.spec.whatwg.org/multipage/#text-track-cue-active-flag>
    pub(super) fn deactivate_all_cues(&self, cx: &mut JSContext) {
        if let Some(tracks) = self.text_tracks_list.get() {
            let no_gc = cx.no_gc();
            tracks
                .iter(no_gc)
                .for_each(|track| track.deactivate_cues(no_gc));
        }
        self.display_cues(cx);
    }

    /// <https://w3c.github.io/webvtt/#rules-for-updating-the-display-of-webvtt-text-tracks>
    pub(crate) fn display_cues(&self, cx: &mut JSContext) {
        if let Some(shown) = self.additions.cues.take() {
            shown.upcast::<Node>().remove_self(cx);
        }
        // Steps 1 and 2. An audio element has no rendering area.
        let cues = match self.is::<HTMLVideoElement>() {
            true => self.active_cues_of_showing_tracks(cx),
            false => Vec::new(),
        };
        if cues.is_empty() {
            return;
        }
        let font_size = self.cue_font_size();
        let shadow_root = self.ua_shadow_root(cx);
        let shown = append_div(cx, shadow_root.upcast(), &self.style_of_cues(font_size));
        let lowest = append_div(cx, shown.upcast(), &self.style_of_lowest_cues());
        // Cues without a line of their own stand above each other, the first one lowest.
        for cue in cues.into_iter().rev() {
            let (parent, style) = match style_of_line(&cue, font_size * LINE_HEIGHT) {
                Some(style) => (&shown, style),
                None => (&lowest, "position: relative".to_owned()),
            };
            let style = format!("{style}; {}", style_of_position(&cue));
            let line = append_div(cx, parent.upcast(), &style);
            let background =
                "display: inline-block; background: rgba(0, 0, 0, 0.8); padding: 0 0.3em";
            let text = append_div(cx, line.upcast(), background);
            let nodes = cue.GetCueAsHTML(cx);
            // A fragment can be appended to a new element.
            let _ = text.upcast::<Node>().AppendChild(cx, nodes.upcast());
        }
        self.additions.cues.set(Some(&shown));
    }

    /// Steps 6-8. Let cues be those of the showing tracks that are active.
    fn active_cues_of_showing_tracks(&self, cx: &mut JSContext) -> Vec<DomRoot<VTTCue>> {
        let Some(tracks) = self.text_tracks_list.get() else {
            return Vec::new();
        };
        let no_gc = cx.no_gc();
        let showing = tracks
            .iter(no_gc)
            .filter(|track| track.Mode() == TextTrackMode::Showing);
        let cues = showing.flat_map(|track| track.cues(no_gc));
        cues.filter(|cue| cue.is_active())
            .filter_map(|cue| DomRoot::downcast(cue.as_rooted()))
            .collect()
    }

    /// Returns the height of the video in pixels; that of a small video if nothing was laid out yet.
    fn cue_font_size(&self) -> f64 {
        let shown = self.upcast::<Node>().border_box_without_reflow();
        let height = shown.map_or(0., |shown| shown.size.height.to_f64_px());
        (height * FONT_SIZE).max(10.)
    }

    fn style_of_cues(&self, font_size: f64) -> String {
        // The controls come before it and are as high as the video.
        let top = if self.additions.has_controls.get() {
            "-100%"
        } else {
            "0"
        };
        format!(
            "position: relative; top: {top}; height: 100%; overflow: hidden; pointer-events: none; \
             font: {font_size}px/{LINE_HEIGHT} sans-serif; color: white; white-space: pre-line"
        )
    }

    fn style_of_lowest_cues(&self) -> String {
        let bottom = if self.additions.has_controls.get() {
            CONTROLS_HEIGHT
        } else {
            0.
        };
        format!("position: absolute; bottom: {bottom}px; width: 100%")
    }
}

fn append_div(cx: &mut JSContext, parent: &Node, style: &str) -> DomRoot<Element> {
    let name = QualName::new(None, ns!(html), local_name!("div"));
    let document = parent.owner_document();
    let div = Element::create(
        cx,
        name,
        None,
        &document,
        ElementCreator::ScriptCreated,
        CustomElementCreationMode::Asynchronous,
        None,
    );
    if let Some(div) = div.downcast::<HTMLElement>() {
        // The style is set as a script would set it, which no Content Security Policy forbids. What is not
        // understood is left out.
        let _ = div.Style(cx).SetCssText(cx, DOMString::from(style));
    }
    // A new element can be appended to an element.
    let _ = parent.AppendChild(cx, div.upcast());
    div
}

/// Returns the place of the cue's line; `None` if the cue names no line.
/// <https://w3c.github.io/webvtt/#cue-computed-line>
fn style_of_line(cue: &VTTCue, line_height: f64) -> Option<String> {
    let LineAndPositionSetting::Double(line) = cue.Line() else {
        return None;
    };
    let line = *line;
    let place = match (cue.SnapToLines(), line < 0.) {
        (false, _) => format!("top: {line}%"),
        (true, false) => format!("top: {}px", line * line_height),
        // Negative numbers count from the last line, which is -1.
        (true, true) => format!("bottom: {}px", (-line - 1.) * line_height),
    };
    Some(format!("position: absolute; {place}"))
}

/// Returns the place of the cue in its line.
/// <https://w3c.github.io/webvtt/#processing-cue-settings>, steps 2-7
fn style_of_position(cue: &VTTCue) -> String {
    let (text_align, auto_position, auto_alignment) = match cue.Align() {
        AlignSetting::Start => ("start", 0., PositionAlignSetting::Line_left),
        AlignSetting::Left => ("left", 0., PositionAlignSetting::Line_left),
        AlignSetting::End => ("end", 100., PositionAlignSetting::Line_right),
        AlignSetting::Right => ("right", 100., PositionAlignSetting::Line_right),
        AlignSetting::Center => ("center", 50., PositionAlignSetting::Center),
    };
    let position = match cue.Position() {
        LineAndPositionSetting::Double(position) => *position,
        LineAndPositionSetting::AutoKeyword(_) => auto_position,
    };
    let alignment = match cue.PositionAlign() {
        PositionAlignSetting::Auto => auto_alignment,
        alignment => alignment,
    };
    let (maximum_size, share_before) = match alignment {
        PositionAlignSetting::Line_left => (100. - position, 0.),
        PositionAlignSetting::Line_right => (position, 1.),
        _ => (2. * position.min(100. - position), 0.5),
    };
    let size = cue.Size().min(maximum_size);
    let left = position - size * share_before;
    format!("left: {left}%; width: {size}%; text-align: {text_align}")
}
