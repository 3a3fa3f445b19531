/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The gate behind a video decoder, which lets playback move forwards while the decoder goes on.
//!
//! A seek to a frame that the decoder comes to anyway needs no flush of the decoder, after which it would
//! begin again with a random access point. It is enough to flush the elements behind it, and to drop the
//! frames before the target as they come out.

use std::sync::Arc;

use gstreamer::event::{FlushStart, FlushStop, Segment};
use gstreamer::prelude::*;
use gstreamer::{
    Buffer, ClockTime, EventRef, EventType, FlowError, FlowSuccess, FormattedSegment, Pad,
    PadProbeReturn, PadProbeType,
};
use parking_lot::{Condvar, Mutex, MutexGuard};

/// The gate of a decoder. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    has_moved: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of moves so far.
    moves: u64,
    /// Whether a move is under way. No frame passes then.
    is_moving: bool,
    /// The target of the last move since the decoder was flushed.
    target: Option<ClockTime>,
    /// The highest end of the frames that have come out since then.
    highest_end: Option<ClockTime>,
}

impl Gate {
    /// Lets what comes out of `pad`, which is that of a decoder, go through the gate. No other probe of
    /// buffers or events may be added to the pad later.
    pub(crate) fn install(&self, pad: &Pad) {
        let gate = self.clone();
        let kinds =
            PadProbeType::BUFFER | PadProbeType::EVENT_DOWNSTREAM | PadProbeType::EVENT_FLUSH;
        pad.add_probe(kinds, move |pad, probe| {
            let Some(next) = pad.peer() else {
                return PadProbeReturn::Ok;
            };
            if let Some(buffer) = probe.take_buffer() {
                probe.flow_res = gate.pass(&next, buffer);
                return PadProbeReturn::Handled;
            }
            let Some(event) = probe.event() else {
                return PadProbeReturn::Ok;
            };
            if event.type_() == EventType::FlushStop {
                gate.handle_flush();
            }
            if event.is_serialized() && !is_flush(event) && gate.pass_event(&next, event) {
                // It was handed over by this gate.
                drop(probe.take_event());
                return PadProbeReturn::Handled;
            }
            PadProbeReturn::Ok
        });
    }

    /// Handles that the decoder was flushed.
    fn handle_flush(&self) {
        let mut state = self.0.state.lock();
        state.target = None;
        state.highest_end = None;
    }

    /// Waits until no move is under way.
    fn wait(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.state.lock();
        let is_moving = |state: &mut State| state.is_moving;
        self.0.has_moved.wait_while(&mut state, is_moving);
        state
    }

    fn has_moved_since(&self, moves: u64) -> bool {
        self.0.state.lock().moves != moves
    }

    /// Hands a frame to `next`, unless it is before the target.
    fn pass(&self, next: &Pad, mut buffer: Buffer) -> Result<FlowSuccess, FlowError> {
        let Some(start) = buffer.pts() else {
            return next.chain(buffer);
        };
        let end = start + buffer.duration().unwrap_or(ClockTime::ZERO);
        let moves = {
            let mut state = self.wait();
            state.highest_end = state.highest_end.max(Some(end));
            match state.target {
                Some(target) if end <= target => return Ok(FlowSuccess::Ok),
                // Decoders cut frames at the target of a seek in the same way.
                Some(target) if start < target => {
                    let fields = buffer.make_mut();
                    fields.set_pts(target);
                    fields.set_duration(end - target);
                }
                _ => {}
            }
            state.moves
        };
        let result = next.chain(buffer);
        // The decoder goes on. What was flushed is before the target.
        if result == Err(FlowError::Flushing) && self.has_moved_since(moves) {
            return Ok(FlowSuccess::Ok);
        }
        result
    }

    /// Hands an event to `next`. One that a move flushed is handed over again: the decoder would fail
    /// without its new caps, and playback would not end without the end of the stream. Returns whether it
    /// was taken; if not, the pad remembers that it is still to be handed over.
    fn pass_event(&self, next: &Pad, event: &EventRef) -> bool {
        loop {
            let moves = {
                let state = self.wait();
                // The segment of the move is the one that counts.
                if event.type_() == EventType::Segment && state.target.is_some() {
                    return true;
                }
                state.moves
            };
            if next.send_event(event.to_owned()) {
                return true;
            }
            if !self.has_moved_since(moves) {
                return false;
            }
        }
    }

    /// Moves to `target`, at `rate`: the elements behind `pad` are flushed and play from there. Returns
    /// `false`, and does nothing, if no frame has come out yet, or one that is to be shown at the target or
    /// later.
    pub(crate) fn move_to(&self, pad: &Pad, target: ClockTime, rate: f64) -> bool {
        let Some(next) = pad.peer() else {
            return false;
        };
        {
            let mut state = self.0.state.lock();
            if state.highest_end.is_none_or(|end| end > target) {
                return false;
            }
            state.moves += 1;
            state.is_moving = true;
            state.target = Some(target);
        }
        let mut segment = FormattedSegment::<ClockTime>::new();
        segment.set_rate(rate);
        segment.set_start(target);
        segment.set_time(target);
        segment.set_position(target);
        next.send_event(FlushStart::new());
        next.send_event(FlushStop::new(true));
        next.send_event(Segment::new(&segment));
        self.0.state.lock().is_moving = false;
        self.0.has_moved.notify_all();
        true
    }
}

fn is_flush(event: &EventRef) -> bool {
    matches!(event.type_(), EventType::FlushStart | EventType::FlushStop)
}

#[cfg(test)]
mod tests {
    use byte_stream::track::{Codec, VideoCodec};
    use gstreamer::event::{Eos, StreamStart};
    use gstreamer::{Element, PadDirection, Pipeline, State};
    use gstreamer_app::{AppSink, AppSrc};

    use super::*;
    use crate::caps;
    use crate::chain::decoding;
    use crate::decoder::decoder_for;
    use crate::element::element;
    use crate::media::Media;
    use crate::timeline;

    #[test]
    fn the_decoder_goes_on_to_a_later_frame() {
        gstreamer::init().expect("GStreamer is installed");
        let frames = Media::whole("h264.mp4").frames(0);
        let decoder = decoder_for(Codec::Video(VideoCodec::H264)).expect("one is installed");
        let source = AppSrc::builder().format(gstreamer::Format::Time).build();
        let caps = caps::of_configuration(&frames[0].configuration).expect("it is whole");
        source.set_caps(Some(&caps));
        let mut elements: Vec<Element> = vec![source.clone().upcast()];
        elements.extend(decoding(decoder).expect("it is installed"));
        let output = elements.last().and_then(|last| last.static_pad("src"));
        let output = output.expect("it has one output");
        let queue = element("queue").expect("it is installed");
        queue.set_property("max-size-buffers", 2_u32);
        let sink = AppSink::builder().build();
        elements.extend([queue, sink.clone().upcast()]);
        let gate = Gate::default();
        gate.install(&output);
        let pipeline = Pipeline::new();
        pipeline.add_many(&elements).expect("they are new");
        Element::link_many(&elements).expect("their capabilities fit");
        // Only the first frame of the first group can be decoded without those before it.
        let group = &frames[..24];
        for frame in group {
            let mut buffer = Buffer::from_slice(frame.payload.clone());
            let fields = buffer.get_mut().expect("it is new");
            fields.set_pts(timeline::to_clock_time(frame.start));
            let duration = frame.end.since(frame.start).nanoseconds();
            fields.set_duration(ClockTime::from_nseconds(duration as u64));
            source.push_buffer(buffer).expect("it is not closed");
        }
        source.end_of_stream().expect("it is not closed");
        let first = timeline::to_clock_time(group[0].start);
        assert!(!gate.move_to(&output, first, 1.), "nothing has come out");
        pipeline.set_state(State::Paused).expect("it can play");
        let shown = || {
            let sample = sink.pull_preroll().expect("there is a frame");
            let buffer = sample.buffer().expect("a sample has one");
            timeline::from_clock_time(buffer.pts().expect("decoders tell it"))
        };
        let mut starts: Vec<_> = group.iter().map(|frame| frame.start).collect();
        starts.sort();
        assert_eq!(shown(), starts[0]);
        let move_to = |number: usize, into: u64| {
            let target = timeline::to_clock_time(starts[number]) + ClockTime::from_nseconds(into);
            gate.move_to(&output, target, 1.)
                .then(|| timeline::from_clock_time(target))
        };
        for (number, into) in [(12, 0), (20, 1_000_000)] {
            let target = move_to(number, into);
            assert!(
                target.is_some(),
                "nothing has come out but the frames before it"
            );
            assert_eq!(Some(shown()), target);
        }
        // It is on the screen.
        assert_eq!(move_to(20, 0), None);
        pipeline
            .set_state(State::Null)
            .expect("nothing prevents it");
    }

    #[test]
    fn an_event_that_a_move_has_flushed_comes_again() {
        gstreamer::init().expect("GStreamer is installed");
        let gate = Gate::default();
        let (sender, received) = crossbeam_channel::unbounded();
        let mover = gate.clone();
        let next = Pad::builder(PadDirection::Sink)
            .event_function(move |_, _, event| {
                sender.send(event.type_()).expect("the test receives");
                // The first one is refused, because a move flushes the element at this moment.
                let mut state = mover.0.state.lock();
                state.moves += 1;
                state.moves > 1
            })
            .build();
        next.set_active(true).expect("nothing prevents it");
        let end = Eos::new;
        assert!(gate.pass_event(&next, &end()));
        assert_eq!(Vec::from_iter(received.try_iter()), [EventType::Eos; 2]);
        // A refusal without a move is one of the element, which is flushed from elsewhere.
        next.set_active(false).expect("nothing prevents it");
        assert!(!gate.pass_event(&next, &end()));
    }

    #[test]
    fn an_event_that_a_flush_has_refused_comes_before_the_next_frame() {
        gstreamer::init().expect("GStreamer is installed");
        let output = Pad::builder(PadDirection::Src).build();
        let (sender, received) = crossbeam_channel::unbounded();
        let next = Pad::builder(PadDirection::Sink)
            .event_function(move |_, _, event| {
                sender.send(event.type_()).expect("the test receives");
                true
            })
            .chain_function(|_, _, _| Ok(FlowSuccess::Ok))
            .build();
        Gate::default().install(&output);
        output.link(&next).expect("they fit");
        for pad in [&next, &output] {
            pad.set_active(true).expect("nothing prevents it");
        }
        next.send_event(FlushStart::new());
        output.push_event(StreamStart::new("a stream"));
        next.send_event(FlushStop::new(true));
        output.push_event(Segment::new(&FormattedSegment::<ClockTime>::new()));
        assert_eq!(output.push(Buffer::new()), Ok(FlowSuccess::Ok));
        let received = Vec::from_iter(received.try_iter());
        assert_eq!(
            received,
            [
                EventType::FlushStart,
                EventType::FlushStop,
                EventType::StreamStart,
                EventType::Segment
            ]
        );
    }
}
