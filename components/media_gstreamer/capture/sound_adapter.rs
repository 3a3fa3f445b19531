/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sound as a track has it: with other channels, at another sample rate, or silent.

use std::sync::Arc;

use gstreamer::event::{Caps as CapsEvent, Segment, StreamStart};
use gstreamer::prelude::*;
use gstreamer::{
    Bin, Buffer, Caps, CapsRef, ClockTime, Element, ElementFactory, FlowSuccess, FormattedSegment,
    Pad, PadDirection, Sample, State,
};
use gstreamer_audio::{AudioFormat, AudioInfo};
use media_stream::{Property, Settings, number};
use parking_lot::Mutex;

/// What the settings of a track say of its sound, as far as they do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SoundShape {
    sample_rate: Option<u32>,
    channel_count: Option<u32>,
}

impl SoundShape {
    /// Returns the shape of sound at that sample rate, with its own channels.
    pub(crate) fn of_rate(sample_rate: u32) -> Self {
        Self {
            sample_rate: Some(sample_rate),
            channel_count: None,
        }
    }

    pub(crate) fn of(settings: &Settings) -> Self {
        let count = |property| number(settings, property).map(|number| number.round() as u32);
        Self {
            sample_rate: count(Property::SampleRate),
            channel_count: count(Property::ChannelCount),
        }
    }
}

/// Shapes the sound of one track.
#[derive(Default)]
pub(crate) struct SoundAdapter(Option<Box<Plan>>);

/// What is done with sound of these capabilities.
struct Plan {
    caps: Caps,
    shape: SoundShape,
    is_enabled: bool,
    target: AudioInfo,
    target_caps: Caps,
    action: Action,
}

enum Action {
    Pass,
    Convert(Converter),
    Silence,
}

impl SoundAdapter {
    /// Returns the sound as a track of that shape has it; `None` if it comes later.
    pub(crate) fn adapt(
        &mut self,
        sample: &Sample,
        shape: SoundShape,
        is_enabled: bool,
    ) -> Option<Sample> {
        let caps = sample.caps()?;
        let is_same = |plan: &Plan| {
            plan.shape == shape && plan.is_enabled == is_enabled && *plan.caps == *caps
        };
        if !self.0.as_deref().is_some_and(is_same) {
            self.0 = Some(Box::new(Plan::new(caps, shape, is_enabled)?));
        }
        let plan = self.0.as_ref()?;
        let adapted = match &plan.action {
            Action::Pass => return Some(sample.clone()),
            Action::Convert(converter) => converter.convert(sample.buffer_owned()?)?,
            Action::Silence => silence(
                &plan.target,
                sample.buffer()?.pts()?,
                sample.buffer()?.duration()?,
            )?,
        };
        Some(
            Sample::builder()
                .buffer(&adapted)
                .caps(&plan.target_caps)
                .build(),
        )
    }
}

impl Plan {
    fn new(caps: &CapsRef, shape: SoundShape, is_enabled: bool) -> Option<Self> {
        let info = AudioInfo::from_caps(caps).ok()?;
        let rate = shape.sample_rate.unwrap_or(info.rate()).max(1);
        let channels = shape.channel_count.unwrap_or(info.channels()).max(1);
        let target = AudioInfo::builder(AudioFormat::S16le, rate, channels)
            .build()
            .ok()?;
        let target_caps = target.to_caps().ok()?;
        let action = if !is_enabled {
            Action::Silence
        } else if is_alike(&info, &target) {
            Action::Pass
        } else {
            Action::Convert(Converter::new(caps, &target_caps)?)
        };
        Some(Self {
            caps: caps.to_owned(),
            shape,
            is_enabled,
            target,
            target_caps,
            action,
        })
    }
}

/// Returns whether sound is the same but for where its channels come from.
fn is_alike(one: &AudioInfo, other: &AudioInfo) -> bool {
    let form = |info: &AudioInfo| (info.format(), info.rate(), info.channels());
    form(one) == form(other)
}

/// Returns silence from `start` on. Pieces that follow each other have no gap, however they are rounded.
fn silence(info: &AudioInfo, start: ClockTime, duration: ClockTime) -> Option<Buffer> {
    let sample_at =
        |time: ClockTime| (time.nseconds() as f64 * 1e-9 * f64::from(info.rate())).round();
    let count = (sample_at(start + duration) - sample_at(start)) as usize;
    let mut buffer = Buffer::from_slice(vec![0_u8; count * info.bpf() as usize]);
    let fields = buffer.make_mut();
    fields.set_pts(start);
    fields.set_duration(duration);
    Some(buffer)
}

/// Elements that convert sound on the thread that asks for it.
struct Converter {
    bin: Bin,
    input: Pad,
    output: Arc<Mutex<Vec<Buffer>>>,
    /// It takes what the elements give out.
    _end: Pad,
}

impl Converter {
    /// Returns a converter; `None` if a part of GStreamer is missing.
    fn new(from: &CapsRef, to: &Caps) -> Option<Self> {
        let bin = Bin::new();
        let elements: [Element; 3] = [
            ElementFactory::make("audioconvert").build().ok()?,
            ElementFactory::make("audioresample").build().ok()?,
            ElementFactory::make("capsfilter")
                .property("caps", to)
                .build()
                .ok()?,
        ];
        bin.add_many(&elements).ok()?;
        Element::link_many(&elements).ok()?;
        let output = Arc::<Mutex<Vec<Buffer>>>::default();
        let taken = output.clone();
        let end = Pad::builder(PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                taken.lock().push(buffer);
                Ok(FlowSuccess::Ok)
            })
            .event_function(|_, _, _| true)
            .build();
        let input = Pad::builder(PadDirection::Src).build();
        elements[2].static_pad("src")?.link(&end).ok()?;
        input.link(&elements[0].static_pad("sink")?).ok()?;
        end.set_active(true).ok()?;
        input.set_active(true).ok()?;
        // These elements have no threads, so that this waits for nothing.
        bin.set_state(State::Paused).ok()?;
        input.push_event(StreamStart::new("sound"));
        input.push_event(CapsEvent::new(&from.to_owned()));
        input.push_event(Segment::new(&FormattedSegment::<ClockTime>::new()));
        Some(Self {
            bin,
            input,
            output,
            _end: end,
        })
    }

    /// Returns what becomes of `buffer`; `None` if it comes later, together with more.
    fn convert(&self, buffer: Buffer) -> Option<Buffer> {
        self.input.push(buffer).ok()?;
        let mut parts = std::mem::take(&mut *self.output.lock()).into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            whole.append(part);
        }
        Some(whole)
    }
}

impl Drop for Converter {
    fn drop(&mut self) {
        // It has no threads that could prevent this.
        let _ = self.bin.set_state(State::Null);
    }
}
