/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The elements that one track's frames go through.

use std::sync::Arc;
use std::thread;

use byte_stream::configuration_check::Cause;
use byte_stream::track::{Codec, CodecConfiguration, Medium, TrackId};
use crossbeam_channel::Sender;
use gstreamer::event::Seek;
use gstreamer::message::Error;
use gstreamer::prelude::*;
use gstreamer::{
    Bin, Caps, ClockTime, Element, ElementFactory, Format, Object, Pad, PadLinkCheck, SeekFlags,
    SeekType, Seqnum, State, StreamError,
};
use gstreamer_app::{AppSink, AppSrc, AppSrcCallbacks, AppStreamType};
use media_source::{PlayerError, SourceBufferId, TrackReader};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::audio_sink;
use crate::caps;
use crate::clipping::Clipping;
use crate::codec::{name_of, no_decoder};
use crate::decoder::{Decoder, decoders_for};
use crate::download;
use crate::element::element;
use crate::feed::{Feed, Supply, UnderWay};
use crate::first_picture::FirstPicture;
use crate::gate::Gate;
use crate::hardware;
use crate::log::CATEGORY;
use crate::message::{Generation, Message};
use crate::output_check::{self, Refusals};
use crate::outputs::Outputs;
use crate::picture_form::{self, PictureForms};
use crate::recovery::{Progress, Recovery};
use crate::timeline;
use crate::video_sink;

/// How many decoded frames may wait for their conversion, so that decoding goes on meanwhile.
const DECODED_FRAMES: u32 = 4;

/// How many bytes these frames may have, unless it is only one: four frames of 3840x2160 in 8 bits and
/// 4:2:0.
const DECODED_BYTES: u32 = 4 * 3840 * 2160 * 3 / 2;

/// How many decoded frames are held at once: those that wait, one each in the converter, in the sink and on
/// the screen, and the next one for the screen.
const HELD_FRAMES: u32 = DECODED_FRAMES + 4;

/// The largest number of threads that decode video. Each of them holds back one frame.
const DECODER_THREADS: usize = 4;

/// A track to be played.
pub(crate) struct Track {
    pub(crate) reader: TrackReader,
    /// The configuration of the frames that the chain begins with.
    pub(crate) configuration: Arc<CodecConfiguration>,
    /// `None` if nothing has decoded it yet.
    pub(crate) recovery: Option<Recovery>,
}

/// An error of an element, without which playback would go on.
pub(crate) struct Failure {
    /// The message of GStreamer.
    pub(crate) words: String,
    /// Whether it is an error of the decoder, after which playback may go on.
    pub(crate) is_of_decoder: bool,
}

/// A track and the elements from its source to its sink.
pub(crate) struct Chain {
    codec: Codec,
    configuration: Arc<CodecConfiguration>,
    bin: Bin,
    source: AppSrc,
    /// The decoder, and the parser if it needs one.
    decoding: Vec<Element>,
    volume: Option<Element>,
    feed: Feed,
    /// The number of the seek since which frames were handed over. The end of the stream carries it.
    seek: Seqnum,
    /// Whether the sink has come to that end of the stream.
    is_drained: bool,
    progress: Arc<Progress>,
    /// Behind the decoder of a video track.
    gate: Gate,
    /// Behind a decoder that would hold the first picture back.
    first_picture: Option<FirstPicture>,
    recovery: Recovery,
    /// The last error of the decoder that did not end playback.
    complaint: Option<String>,
    /// To the control thread.
    messages: Sender<Message>,
}

impl Chain {
    /// Returns a chain for `track`, in the NULL state, whose source asks for frames through `messages`.
    ///
    /// If it `keeps_picture`, the frame on the screen stays there until the next one is due.
    pub(crate) fn build(
        track: Track,
        outputs: &Outputs,
        keeps_picture: bool,
        generation: Generation,
        messages: &Sender<Message>,
    ) -> Result<Self, PlayerError> {
        let Track {
            reader,
            configuration,
            recovery,
        } = track;
        let codec = configuration.codec();
        let medium = codec.medium();
        let mut recovery = recovery.unwrap_or_else(|| begin(&configuration, outputs));
        let decoding = first_that_starts(codec, &mut recovery)?;
        let refusals = Refusals {
            generation,
            medium,
            messages: messages.clone(),
        };
        let (first, last) = ends(&decoding)?;
        let is_video = medium == Medium::Video;
        let first_picture = is_video.then(|| FirstPicture::install(&decoding));
        output_check::install(&last, refusals.clone());
        let under_way = watch(&first, &last, medium, outputs);
        let gate = Gate::default();
        let source = source(medium, messages);
        let mut elements = vec![source.clone().upcast()];
        elements.extend(decoding.iter().cloned());
        let volume = match medium {
            Medium::Audio => Some(volume(outputs)?),
            Medium::Video | Medium::Text => None,
        };
        match &volume {
            Some(volume) => {
                under_way.clipping.install(&last);
                elements.extend(audio_output(volume, outputs.preserves_pitch)?);
            }
            None => {
                gate.install(&last);
                elements.extend(download_frames(&recovery, &last)?);
                // A software decoder may give a frame that is not whole, which is passed over.
                let refusals = recovery.uses_hardware().then_some(refusals);
                elements.extend(video_output(outputs, keeps_picture, &under_way, refusals)?);
            }
        }
        let bin = bin_of(&elements)?;
        let progress = under_way.progress.clone();
        let mut feed = Feed::new(reader, source.clone(), codec, under_way);
        feed.skip_after(recovery.skip_after());
        feed.leave_large_pictures(leaves_large_pictures(&configuration, &recovery, outputs));
        Ok(Self {
            codec,
            configuration,
            bin,
            source,
            decoding,
            volume,
            feed,
            seek: Seqnum::next(),
            is_drained: false,
            progress,
            gate,
            first_picture: first_picture.flatten(),
            recovery,
            complaint: None,
            messages: messages.clone(),
        })
    }

    pub(crate) fn medium(&self) -> Medium {
        self.codec.medium()
    }

    /// Returns the name of the codec that is shown to users.
    pub(crate) fn name(&self) -> &'static str {
        name_of(self.codec)
    }

    pub(crate) fn bin(&self) -> &Bin {
        &self.bin
    }

    /// Returns the elements that turn coded frames into decoded ones.
    pub(crate) fn decoding(&self) -> &[Element] {
        &self.decoding
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Returns the identity of the track that the chain plays.
    pub(crate) fn track(&self) -> (SourceBufferId, TrackId) {
        self.feed.track()
    }

    /// Takes the chain apart and returns its track. If the codec has changed, the track has the new
    /// configuration.
    pub(crate) fn into_track(self) -> Track {
        let (configuration, recovery) = match self.feed.supply() {
            Supply::DecoderChanged { configuration, .. } => (configuration.clone(), None),
            _ => (self.configuration, Some(self.recovery)),
        };
        Track {
            reader: self.feed.into_reader(),
            configuration,
            recovery,
        }
    }

    /// Returns the failure that `message` tells, an error of one of the elements with the text `words`;
    /// `None` if playback can go on.
    pub(crate) fn failure(&mut self, message: &Error, words: String) -> Option<Failure> {
        let is_hardware = self.uses_hardware();
        if is_about_frames(message) && self.feed.is_closed_early() && !is_hardware {
            // The decoder or the parser was told to output everything and has nothing. If the reason is
            // that it cannot take frames, the source fails next, because it cannot go on.
            self.complaint = Some(words);
            return None;
        }
        let is_consequence = message.src() == Some(self.source.upcast_ref());
        let cause = self.complaint.take().filter(|_| is_consequence);
        // The elements behind a hardware decoder may not be able to take what it outputs.
        let is_of_decoding = |source: &Object| {
            let mut decoding = self.decoding.iter();
            decoding.any(|element| source == element || source.has_as_ancestor(element))
                || is_hardware && !source.is::<AppSink>()
        };
        Some(Failure {
            words: cause.unwrap_or(words),
            is_of_decoder: is_consequence || message.src().is_some_and(is_of_decoding),
        })
    }

    /// Decides what the next chain for the track does after a failure of the decoder. Returns an error
    /// if playback ends with it.
    pub(crate) fn recover(&mut self, failure: PlayerError) -> Result<(), PlayerError> {
        self.recovery.handle_failure(failure, &self.progress)
    }

    /// Returns whether a hardware decoder decodes the track.
    pub(crate) fn uses_hardware(&self) -> bool {
        self.recovery.uses_hardware()
    }

    /// Returns the error for a track that cannot be played because of `cause`.
    pub(crate) fn refusal(&self, cause: Cause) -> PlayerError {
        caps::broken(&self.configuration, cause)
    }

    pub(crate) fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Returns how many frames have gone into the decoder.
    pub(crate) fn decoded_count(&self) -> u64 {
        self.progress.count_in()
    }

    /// Returns whether the decoder outputs nothing for the frames that it was given.
    pub(crate) fn is_stuck(&self) -> bool {
        self.progress.is_stuck() && self.feed.has_run_empty()
    }

    /// Forgets which frames to skip, because playback goes on in another place.
    pub(crate) fn forget_place(&mut self) {
        self.recovery.forget_place();
        self.feed.skip_after(None);
    }

    /// Sets the position from which a chain that has not started yet will play.
    pub(crate) fn start_at(&mut self, target: PresentationTime, rate: f64) {
        // A source that has not started keeps the event until it does.
        self.seek(target, rate, SeekFlags::ACCURATE);
        self.feed.show_early(self.first_picture.clone());
    }

    /// Plays from `target`, at `rate`. The decoder goes on where it stands if that is the shorter way.
    pub(crate) fn seek_to(&mut self, target: PresentationTime, rate: f64) {
        if !self.advance_to(target, rate) {
            self.restart_at(target, rate);
        }
    }

    /// Moves forwards without a flush of the decoder, if that is possible. Returns whether it is.
    fn advance_to(&mut self, target: PresentationTime, rate: f64) -> bool {
        let output = self.decoding.last().and_then(|last| last.static_pad("src"));
        let (Some(output), Some(decoded)) = (output, self.progress.last_in()) else {
            return false;
        };
        let time = timeline::to_clock_time(target);
        self.medium() == Medium::Video
            && self.feed.advance_to(target, decoded)
            && self.gate.move_to(&output, time, rate)
    }

    /// Discards the frames under way and plays from `target`, at `rate`.
    pub(crate) fn restart_at(&mut self, target: PresentationTime, rate: f64) {
        self.seek(target, rate, SeekFlags::FLUSH | SeekFlags::ACCURATE);
    }

    /// Sends a seek to the source. Frames before `target` are decoded where that is needed, and not
    /// played.
    fn seek(&mut self, target: PresentationTime, rate: f64, flags: SeekFlags) {
        self.seek = Seqnum::next();
        self.is_drained = false;
        let event = Seek::builder(
            rate,
            flags,
            SeekType::Set,
            timeline::to_clock_time(target),
            SeekType::None,
            ClockTime::NONE,
        );
        // It goes to the source, not to the sinks, so that no element in between can refuse it.
        self.source.send_event(event.seqnum(self.seek).build());
        self.feed.reposition(target);
    }

    /// Handles that the sink has come to the end of the frames since the seek with that number.
    pub(crate) fn handle_end(&mut self, seek: Seqnum) {
        self.is_drained |= seek == self.seek;
    }

    /// Returns whether a hardware decoder has come to the end without its last frames.
    pub(crate) fn has_lost_end(&self) -> bool {
        self.is_drained && self.uses_hardware() && self.progress.is_behind()
    }

    /// Returns whether everything handed over was played, the end included.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_drained
    }

    /// Hands over more frames when the source asks for them.
    pub(crate) fn source_has_run_empty(&mut self, rate: f64) -> Result<(), PlayerError> {
        self.feed.source_has_run_empty(rate)?;
        if self.feed.is_to_go_on() {
            // The control thread sends it to itself.
            let _ = self
                .messages
                .send(Message::SourceHasRunEmpty(self.medium()));
        }
        self.show_last_frame(rate);
        Ok(())
    }

    /// Handles that the frames of the track or its end have changed.
    pub(crate) fn handle_data_change(&mut self, rate: f64) -> Result<(), PlayerError> {
        self.feed.handle_data_change()?;
        self.show_last_frame(rate);
        Ok(())
    }

    /// Makes the decoder output the frames that it holds back, if the track is starved.
    pub(crate) fn drain(&mut self) {
        if self.feed.is_holding_back() {
            self.feed.drain();
        }
    }

    pub(crate) fn set_volume(&self, outputs: &Outputs) {
        if let Some(volume) = &self.volume {
            volume.set_property("volume", outputs.volume);
            volume.set_property("mute", outputs.is_muted);
        }
    }

    /// Shows the last frame of the video after a seek to its end, or beyond.
    fn show_last_frame(&mut self, rate: f64) {
        let instant = TimeDelta::from_nanoseconds(-1);
        if self.medium() == Medium::Video
            && let Some(end) = self.feed.end_before_target()
        {
            self.restart_at(end.offset_by(instant), rate);
        }
    }
}

/// Returns whether an error says that an element cannot process the frames that it was given.
pub(crate) fn is_about_frames(message: &Error) -> bool {
    let error = message.error();
    error.matches(StreamError::Decode) || error.matches(StreamError::WrongType)
}

/// Returns the source of a chain, which asks for frames through `messages`.
pub(crate) fn source(medium: Medium, messages: &Sender<Message>) -> AppSrc {
    let source = AppSrc::builder()
        .format(Format::Time)
        .stream_type(AppStreamType::Seekable)
        .max_bytes(0)
        .build();
    let messages = messages.clone();
    let callbacks = AppSrcCallbacks::builder()
        .need_data(move |_, _| {
            // There is no receiver while a pipeline is being torn down.
            let _ = messages.send(Message::SourceHasRunEmpty(medium));
        })
        // The sender of the seek repositions the track.
        .seek_data(|_, _| true);
    source.set_callbacks(callbacks.build());
    source
}

/// Returns what there is to remember about the decoders of a track that begins with `configuration`.
fn begin(configuration: &CodecConfiguration, outputs: &Outputs) -> Recovery {
    let decoders = decoders_for(configuration.codec());
    let size = hardware::size_of(configuration);
    Recovery::new(hardware::order(decoders, size, outputs.preference))
}

/// Returns whether a software decoder has a track only as long as its pictures are small.
fn leaves_large_pictures(
    configuration: &CodecConfiguration,
    recovery: &Recovery,
    outputs: &Outputs,
) -> bool {
    let decoders = decoders_for(configuration.codec());
    let size = hardware::size_of(configuration);
    !recovery.uses_hardware()
        && !hardware::is_large(size)
        && hardware::is_better(decoders, hardware::LARGE, outputs.preference)
}

/// Returns the elements of the first decoder that can be made and started, from the one in use on.
fn first_that_starts(codec: Codec, recovery: &mut Recovery) -> Result<Vec<Element>, PlayerError> {
    loop {
        let decoder = recovery.decoder().ok_or_else(|| no_decoder(codec))?;
        match decoding(decoder) {
            Ok(elements) => return Ok(elements),
            Err(error) => {
                gstreamer::warning!(CATEGORY, "{decoder} does not start: {error}");
                recovery.use_next_decoder(error)?;
            }
        }
    }
}

/// Returns the decoder and the parser that it needs, if they can start.
pub(crate) fn decoding(decoder: &Decoder) -> Result<Vec<Element>, PlayerError> {
    let mut elements = Vec::new();
    if let Some(parser) = decoder.parser {
        elements.push(element(parser)?);
    }
    let decoder = make(&decoder.factory)?;
    if decoder.has_property_with_type("max-threads", i32::static_type()) {
        // A thread often waits for lines of a picture that another one decodes, and a core is free then.
        let threads = 1 + thread::available_parallelism().map_or(1, |cores| cores.get());
        decoder.set_property("max-threads", threads.min(DECODER_THREADS) as i32);
    }
    elements.push(decoder);
    for element in &elements {
        let starts = element.set_state(State::Ready).is_ok();
        // An element that is not part of a pipeline must not be left in another state.
        let _ = element.set_state(State::Null);
        if !starts {
            let text = format!("{} does not start", element.name());
            return Err(PlayerError::Initialization(text));
        }
    }
    Ok(elements)
}

fn make(factory: &ElementFactory) -> Result<Element, PlayerError> {
    let made = factory.create().build();
    made.map_err(|error| PlayerError::Initialization(error.to_string()))
}

/// Returns the pads through which frames go into `decoding` and come out.
pub(crate) fn ends(decoding: &[Element]) -> Result<(Pad, Pad), PlayerError> {
    let first = decoding.first().and_then(|first| first.static_pad("sink"));
    let last = decoding.last().and_then(|last| last.static_pad("src"));
    first.zip(last).ok_or_else(|| {
        PlayerError::Initialization("a decoder does not have one input and one output".to_owned())
    })
}

/// Watches what goes into `first` and comes out of `last`, the ends of a decoder for `medium`.
fn watch(first: &Pad, last: &Pad, medium: Medium, outputs: &Outputs) -> UnderWay {
    let ledger = (medium == Medium::Video).then(|| outputs.ledger.clone());
    UnderWay {
        progress: Progress::watch(first, last, ledger.clone()),
        clipping: Clipping::default(),
        forms: PictureForms::default(),
        ledger,
    }
}

/// Returns a bin with those elements, each linked to the next one.
fn bin_of(elements: &[Element]) -> Result<Bin, PlayerError> {
    let bin = Bin::new();
    // A bin keeps the end of stream that one of its sinks has posted, across flushes, until all
    // sinks have. Forwarded messages come at once, so that an end from before a flush is known.
    bin.set_property("message-forward", true);
    let added = bin.add_many(elements);
    added.map_err(|error| PlayerError::Initialization(error.to_string()))?;
    link(elements)?;
    Ok(bin)
}

/// Links each element to the next one. Their capabilities are not compared, which takes longer than all the
/// rest of building a chain. The decoder is chosen by them, and what it outputs meets those of the others
/// when it comes.
fn link(elements: &[Element]) -> Result<(), PlayerError> {
    for (element, next) in elements.iter().zip(elements.iter().skip(1)) {
        let pads = element.static_pad("src").zip(next.static_pad("sink"));
        let is_linked = pads.is_some_and(|(output, input)| {
            let linked = output.link_full(&input, PadLinkCheck::empty());
            linked.is_ok()
        });
        if !is_linked {
            let text = format!("{} cannot be linked to {}", element.name(), next.name());
            return Err(PlayerError::Initialization(text));
        }
    }
    Ok(())
}

/// Returns the element that downloads what comes out of `output`, if a hardware decoder needs one.
fn download_frames(recovery: &Recovery, output: &Pad) -> Result<Option<Element>, PlayerError> {
    let Some(decoder) = recovery.decoder().filter(|decoder| decoder.is_hardware) else {
        return Ok(None);
    };
    let Some(downloader) = &decoder.downloader else {
        download::tell_held_frames(output, HELD_FRAMES);
        return Ok(None);
    };
    make(downloader).map(Some)
}

/// Returns the elements that convert decoded video and show it.
fn video_output(
    outputs: &Outputs,
    keeps_picture: bool,
    under_way: &UnderWay,
    refusals: Option<Refusals>,
) -> Result<Vec<Element>, PlayerError> {
    let queue = element("queue")?;
    queue.set_property("max-size-buffers", DECODED_FRAMES);
    queue.set_property("max-size-bytes", DECODED_BYTES);
    queue.set_property("max-size-time", 0_u64);
    let sink = video_sink::build(outputs, keeps_picture, under_way.progress.clone(), refusals);
    let converter = picture_form::converter(&under_way.forms, &sink)?;
    Ok(vec![queue, converter, sink.upcast()])
}

/// Returns the elements that convert decoded audio and play it.
fn audio_output(volume: &Element, preserves_pitch: bool) -> Result<Vec<Element>, PlayerError> {
    let conversion = element("audioconvert")?;
    conversion.set_property_from_str("dithering", "none");
    // Damaged audio may be decoded to floats that are NaN, with which `scaletempo` reads outside of its
    // memory. Integers cannot be NaN.
    let integers = element("capsfilter")?;
    let caps = Caps::builder("audio/x-raw").field("format", "S16LE");
    integers.set_property("caps", caps.build());
    let mut elements = vec![conversion, element("audioresample")?, integers];
    if preserves_pitch {
        elements.push(element("scaletempo")?);
    }
    // Without `scaletempo` the sink changes the pitch with the rate.
    elements.extend([volume.clone(), audio_sink::build()?]);
    Ok(elements)
}

/// Returns the element that sets the volume.
fn volume(outputs: &Outputs) -> Result<Element, PlayerError> {
    let volume = element("volume")?;
    volume.set_property("volume", outputs.volume);
    volume.set_property("mute", outputs.is_muted);
    Ok(volume)
}
