/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The elements that one track's frames go through.

use std::sync::Arc;
use std::thread;

use byte_stream::track::{Codec, CodecConfiguration};
use crossbeam_channel::Sender;
use gstreamer::event::Seek;
use gstreamer::message::Error;
use gstreamer::prelude::*;
use gstreamer::{
    Bin, ClockTime, Element, ElementFactory, Event, Format, SeekFlags, SeekType, StreamError,
};
use gstreamer_app::{AppSrc, AppSrcCallbacks, AppStreamType};
use media_source::reader::TrackReader;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::audio_sink;
use crate::control::Message;
use crate::decoder::{Decoder, decoder_for, name_of};
use crate::error::PlayerError;
use crate::feed::{Feed, Supply};
use crate::player::Listener;
use crate::timeline;
use crate::video_sink::{self, SharedRenderer};

/// Decoded pictures that wait for their conversion, so that decoding goes on meanwhile.
const DECODED_PICTURES: u32 = 4;

/// At most so many threads decode pictures: each holds back one.
const DECODER_THREADS: usize = 4;

/// Sound or pictures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Audio,
    Video,
}

impl Kind {
    /// `None` for text, which is not played.
    pub(crate) fn of(codec: Codec) -> Option<Self> {
        match codec {
            Codec::Audio(_) => Some(Self::Audio),
            Codec::Video(_) => Some(Self::Video),
            Codec::Text(_) => None,
        }
    }
}

/// A track to be played.
pub(crate) struct Track {
    pub(crate) reader: TrackReader,
    /// How the frames are coded that it is played from.
    pub(crate) configuration: Arc<CodecConfiguration>,
}

/// Where decoded media goes, and how loud.
pub(crate) struct Outputs {
    pub(crate) renderer: SharedRenderer,
    pub(crate) listener: Arc<Listener>,
    /// From 0 (silence) to 1.
    pub(crate) volume: f64,
    pub(crate) is_muted: bool,
}

/// A track and the elements from its source to its sink.
pub(crate) struct Chain {
    kind: Kind,
    codec: Codec,
    configuration: Arc<CodecConfiguration>,
    bin: Bin,
    source: AppSrc,
    /// The decoder, and the parser if it needs one.
    decoding: Vec<Element>,
    volume: Option<Element>,
    feed: Feed,
    /// What the decoder said last that did not end playback.
    complaint: Option<String>,
}

impl Chain {
    /// A chain for `track`, in the NULL state, whose source asks for frames through `messages`.
    pub(crate) fn build(
        track: Track,
        outputs: &Outputs,
        messages: &Sender<Message>,
    ) -> Result<Self, PlayerError> {
        let Track {
            reader,
            configuration,
        } = track;
        let codec = configuration.codec();
        let no_decoder = || PlayerError::NoDecoder(name_of(codec));
        let kind = Kind::of(codec).ok_or_else(no_decoder)?;
        let decoder = decoder_for(codec).ok_or_else(no_decoder)?;
        let source = source(kind, messages);
        let decoding = decoding(decoder)?;
        let mut elements = vec![source.clone().upcast()];
        elements.extend(decoding.iter().cloned());
        let volume = match kind {
            Kind::Audio => Some(volume(outputs)?),
            Kind::Video => None,
        };
        match &volume {
            Some(volume) => elements.extend(sounding(volume)?),
            None => elements.extend(showing(outputs)?),
        }
        let bin = Bin::new();
        let link = || {
            bin.add_many(&elements)?;
            Element::link_many(&elements)
        };
        link().map_err(|error| PlayerError::Initialization(error.to_string()))?;
        let feed = Feed::new(reader, source.clone(), codec);
        Ok(Self {
            kind,
            codec,
            configuration,
            bin,
            source,
            decoding,
            volume,
            feed,
            complaint: None,
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// What it plays, for people.
    pub(crate) fn name(&self) -> &'static str {
        name_of(self.codec)
    }

    pub(crate) fn bin(&self) -> &Bin {
        &self.bin
    }

    /// What turns coded frames into decoded ones.
    pub(crate) fn decoding(&self) -> &[Element] {
        &self.decoding
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Takes the track out. One whose codec changed is to be played as it is coded now.
    pub(crate) fn into_track(self) -> Track {
        let configuration = match self.feed.supply() {
            Supply::CodecChanged { configuration, .. } => configuration.clone(),
            _ => self.configuration,
        };
        Track {
            reader: self.feed.into_reader(),
            configuration,
        }
    }

    /// What ended playback, if `message`, an error of one of the elements, which says `words`,
    /// tells that something did.
    pub(crate) fn failure(&mut self, message: &Error, words: String) -> Option<String> {
        if is_about_frames(message) && self.feed.is_closed_early() {
            // The decoder, or the parser, was to give everything and has nothing. If it is because
            // it cannot take frames, the source, which cannot go on then, fails next.
            self.complaint = Some(words);
            return None;
        }
        let is_consequence = message.src() == Some(self.source.upcast_ref());
        let cause = self.complaint.take().filter(|_| is_consequence);
        Some(cause.unwrap_or(words))
    }

    /// Sets from where a chain that has not started yet will play.
    pub(crate) fn start_at(&mut self, target: PresentationTime, rate: f64) {
        // A source that has not started keeps the event until it does.
        self.source
            .send_event(seek_event(target, rate, SeekFlags::ACCURATE));
        self.feed.reposition(target);
    }

    /// Throws away what is under way and plays from `target`, at `rate`.
    pub(crate) fn restart_at(&mut self, target: PresentationTime, rate: f64) {
        // To the source, not the sinks: nothing in between, negotiated or not, has a say.
        self.source.send_event(seek_event(
            target,
            rate,
            SeekFlags::FLUSH | SeekFlags::ACCURATE,
        ));
        self.feed.reposition(target);
    }

    /// The source asks for more frames.
    pub(crate) fn source_has_run_empty(&mut self, rate: f64) -> Result<(), PlayerError> {
        self.feed.source_has_run_empty()?;
        self.show_last_frame(rate);
        Ok(())
    }

    /// The track's frames or its end changed.
    pub(crate) fn handle_data_change(&mut self, rate: f64) -> Result<(), PlayerError> {
        self.feed.handle_data_change()?;
        self.show_last_frame(rate);
        Ok(())
    }

    /// Makes the decoder give what it holds back, if the track is starved.
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

    /// A seek to the end of the pictures, or beyond, shows the last one.
    fn show_last_frame(&mut self, rate: f64) {
        let instant = TimeDelta::from_nanoseconds(-1);
        if self.kind == Kind::Video
            && let Some(end) = self.feed.end_before_target()
        {
            self.restart_at(end.offset_by(instant), rate);
        }
    }
}

/// Whether an element says that it cannot make anything of the frames it was given.
pub(crate) fn is_about_frames(message: &Error) -> bool {
    let error = message.error();
    error.matches(StreamError::Decode) || error.matches(StreamError::WrongType)
}

/// A seek to `target`: what lies before it is decoded, where that is needed, and not shown.
fn seek_event(target: PresentationTime, rate: f64, flags: SeekFlags) -> Event {
    let start = timeline::to_clock_time(target);
    Seek::new(
        rate,
        flags,
        SeekType::Set,
        start,
        SeekType::None,
        ClockTime::NONE,
    )
}

pub(crate) fn source(kind: Kind, messages: &Sender<Message>) -> AppSrc {
    let source = AppSrc::builder()
        .format(Format::Time)
        .stream_type(AppStreamType::Seekable)
        .max_bytes(0)
        .build();
    let messages = messages.clone();
    let callbacks = AppSrcCallbacks::builder()
        .need_data(move |_, _| {
            // Nobody listens to a pipeline that is being torn down.
            let _ = messages.send(Message::SourceHasRunEmpty(kind));
        })
        // Repositioning the track is up to who sent the seek.
        .seek_data(|_, _| true);
    source.set_callbacks(callbacks.build());
    source
}

pub(crate) fn decoding(decoder: &Decoder) -> Result<Vec<Element>, PlayerError> {
    let mut elements = Vec::new();
    if let Some(parser) = decoder.parser {
        elements.push(element(parser)?);
    }
    let decoder = decoder.factory.create().build();
    let decoder = decoder.map_err(|error| PlayerError::Initialization(error.to_string()))?;
    if decoder.has_property_with_type("max-threads", i32::static_type()) {
        let threads = thread::available_parallelism().map_or(1, |cores| cores.get());
        decoder.set_property("max-threads", threads.min(DECODER_THREADS) as i32);
    }
    elements.push(decoder);
    Ok(elements)
}

fn showing(outputs: &Outputs) -> Result<Vec<Element>, PlayerError> {
    let queue = element("queue")?;
    queue.set_property("max-size-buffers", DECODED_PICTURES);
    queue.set_property("max-size-bytes", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    let sink = video_sink::build(outputs.renderer.clone(), outputs.listener.clone());
    Ok(vec![queue, element("videoconvert")?, sink.upcast()])
}

fn sounding(volume: &Element) -> Result<Vec<Element>, PlayerError> {
    Ok(vec![
        element("audioconvert")?,
        element("audioresample")?,
        // Keeps the pitch at other rates than 1.
        element("scaletempo")?,
        volume.clone(),
        audio_sink::build()?,
    ])
}

fn volume(outputs: &Outputs) -> Result<Element, PlayerError> {
    let volume = element("volume")?;
    volume.set_property("volume", outputs.volume);
    volume.set_property("mute", outputs.is_muted);
    Ok(volume)
}

pub(crate) fn element(name: &'static str) -> Result<Element, PlayerError> {
    ElementFactory::make(name)
        .build()
        .map_err(|_| PlayerError::MissingElement(name))
}
