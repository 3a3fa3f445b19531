/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A hardware decoder without hardware: software that is registered as hardware, with a fault. A process
//! has one at most, since the player asks the registry once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use gstreamer::{
    Buffer, Caps, CapsFeatures, Element, ElementFactory, EventView, FlowError, GhostPad, Pad,
    PadDirection, PadPresence, PadProbeData, PadProbeInfo, PadProbeReturn, PadProbeType,
    PadTemplate, QueryViewMut, Rank, ResourceError, StateChange, StateChangeError,
    StateChangeSuccess, glib,
};

/// What the decoder does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// It refuses to go on after so many pictures.
    FailsAfter(usize),
    /// It has no session when it is opened, or when it starts.
    RefusesReady,
    RefusesPaused,
    /// It takes frames and gives nothing after so many pictures.
    SilentAfter(usize),
    /// Its pictures are not whole.
    Unreadable,
}

/// The decoder to be registered.
#[derive(Clone, Copy, Debug)]
pub struct Fake {
    /// The software in it.
    pub software: &'static str,
    pub fault: Fault,
    /// Whether its pictures are in the memory of the device, where only the downloader reads them.
    pub has_own_memory: bool,
    pub rank: Rank,
    /// What it takes, if not what the software takes.
    pub takes: Option<&'static str>,
}

static FAKE: OnceLock<Fake> = OnceLock::new();
static MADE: AtomicUsize = AtomicUsize::new(0);
static DECODED: AtomicUsize = AtomicUsize::new(0);
static DOWNLOADED: AtomicUsize = AtomicUsize::new(0);
static PROMISED: AtomicUsize = AtomicUsize::new(0);

const MEMORY: &str = "memory:Fake";

impl Fake {
    /// A decoder of H.264 with that fault.
    pub fn with_fault(fault: Fault) -> Self {
        Self {
            software: "avdec_h264",
            fault,
            has_own_memory: false,
            rank: Rank::PRIMARY,
            takes: None,
        }
    }

    /// Registers it, before the player asks what there is.
    pub fn register(self) {
        gstreamer::init().expect("GStreamer is installed");
        FAKE.set(self).expect("there is one in a process");
        let registered =
            Element::register(None, "fakehardwaredec", self.rank, Decoder::static_type()).and_then(
                |()| Element::register(None, "fakedownload", Rank::NONE, Downloader::static_type()),
            );
        registered.expect("the names are new");
    }
}

fn fake() -> &'static Fake {
    FAKE.get().expect("it is registered")
}

/// How many of the decoders were made and opened.
pub fn made() -> usize {
    MADE.load(Ordering::Relaxed)
}

/// How many pictures they gave.
pub fn decoded() -> usize {
    DECODED.load(Ordering::Relaxed)
}

/// How many pictures were downloaded.
pub fn downloaded() -> usize {
    DOWNLOADED.load(Ordering::Relaxed)
}

/// How many pictures it was told to have at least.
pub fn promised() -> usize {
    PROMISED.load(Ordering::Relaxed)
}

glib::wrapper! {
    pub struct Decoder(ObjectSubclass<decoder::Decoder>)
        @extends gstreamer::Bin, Element, gstreamer::Object;
}

glib::wrapper! {
    pub struct Downloader(ObjectSubclass<downloader::Downloader>)
        @extends gstreamer::Bin, Element, gstreamer::Object;
}

fn raw_caps(is_in_own_memory: bool) -> Caps {
    let caps = Caps::builder("video/x-raw");
    if is_in_own_memory {
        caps.features([MEMORY]).build()
    } else {
        caps.build()
    }
}

fn templates(sink: &Caps, src: &Caps) -> Vec<PadTemplate> {
    let ends = [
        ("sink", PadDirection::Sink, sink),
        ("src", PadDirection::Src, src),
    ];
    let templates = ends.map(|(name, direction, caps)| {
        PadTemplate::new(name, direction, PadPresence::Always, caps).expect("it is well formed")
    });
    templates.into()
}

/// Puts the software into a bin, and gives its ends.
fn fill(bin: &gstreamer::Bin, name: &str) -> (Pad, Pad) {
    let inner = ElementFactory::make(name).build().expect("it is installed");
    bin.add(&inner).expect("it is new");
    let ends = ["sink", "src"].map(|name| {
        let target = inner.static_pad(name).expect("it has one");
        let template = bin.pad_template(name).expect("it is the class's");
        let ghost = GhostPad::builder_from_template_with_target(&template, &target);
        bin.add_pad(&ghost.expect("they fit").build())
            .expect("it is new");
        target
    });
    let [sink, src] = ends;
    (sink, src)
}

/// Makes the capabilities that pass a pad say that memory, and lets all pass.
fn relabel(pad: &Pad, is_in_own_memory: bool) {
    let kinds = PadProbeType::EVENT_DOWNSTREAM | PadProbeType::QUERY_DOWNSTREAM;
    pad.add_probe(kinds, move |_, probe| match &mut probe.data {
        Some(PadProbeData::Event(event)) => {
            if let EventView::Caps(caps) = event.view() {
                let mut caps = caps.caps_owned();
                let features = is_in_own_memory.then(|| CapsFeatures::new([MEMORY]));
                caps.make_mut().set_features_simple(features);
                *event = gstreamer::event::Caps::new(&caps);
            }
            PadProbeReturn::Ok
        }
        Some(PadProbeData::Query(query)) => match query.view_mut() {
            QueryViewMut::AcceptCaps(query) => {
                query.set_result(true);
                PadProbeReturn::Handled
            }
            QueryViewMut::Caps(query) => {
                let caps = query.filter_owned().unwrap_or_else(|| raw_caps(false));
                query.set_result(&caps);
                PadProbeReturn::Handled
            }
            QueryViewMut::Allocation(_) => PadProbeReturn::Handled,
            _ => PadProbeReturn::Ok,
        },
        _ => PadProbeReturn::Ok,
    });
}

/// Does to a picture what the fault is.
fn spoil(element: &Decoder, probe: &mut PadProbeInfo) -> PadProbeReturn {
    let count = DECODED.fetch_add(1, Ordering::Relaxed);
    match fake().fault {
        Fault::FailsAfter(good) if count >= good => {
            gstreamer::element_error!(element, ResourceError::Failed, ["the device is gone"]);
            probe.flow_res = Err(FlowError::Error);
            PadProbeReturn::Handled
        }
        Fault::SilentAfter(good) if count >= good => PadProbeReturn::Drop,
        Fault::Unreadable => {
            if let Some(PadProbeData::Buffer(buffer)) = &mut probe.data {
                let mut part = Buffer::from_slice([0_u8]);
                let fields = part.get_mut().expect("it is new");
                fields.set_pts(buffer.pts());
                fields.set_duration(buffer.duration());
                *buffer = part;
            }
            PadProbeReturn::Ok
        }
        _ => PadProbeReturn::Ok,
    }
}

mod decoder {
    use gstreamer::subclass::ElementMetadata;

    use super::*;

    #[derive(Default)]
    pub struct Decoder;

    #[glib::object_subclass]
    impl ObjectSubclass for Decoder {
        const NAME: &'static str = "FakeHardwareDecoder";
        type Type = super::Decoder;
        type ParentType = gstreamer::Bin;
    }

    impl ObjectImpl for Decoder {
        fn constructed(&self) {
            self.parent_constructed();
            let element = self.obj();
            let (_, src) = fill(element.upcast_ref(), fake().software);
            if fake().has_own_memory {
                relabel(&src, true);
            }
            let kinds = PadProbeType::QUERY_DOWNSTREAM | PadProbeType::PULL;
            src.add_probe(kinds, |_, probe| {
                if let Some(PadProbeData::Query(query)) = &mut probe.data
                    && let QueryViewMut::Allocation(allocation) = query.view_mut()
                    && let Some((_, _, least, _)) = allocation.allocation_pools().next()
                {
                    PROMISED.store(least as usize, Ordering::Relaxed);
                }
                PadProbeReturn::Ok
            });
            let element = element.downgrade();
            src.add_probe(PadProbeType::BUFFER, move |_, probe| {
                let element = element.upgrade();
                element.map_or(PadProbeReturn::Ok, |element| spoil(&element, probe))
            });
        }
    }

    impl GstObjectImpl for Decoder {}

    impl ElementImpl for Decoder {
        fn metadata() -> Option<&'static ElementMetadata> {
            static METADATA: OnceLock<ElementMetadata> = OnceLock::new();
            Some(METADATA.get_or_init(|| {
                let class = "Codec/Decoder/Video/Hardware";
                ElementMetadata::new("Fake", class, "Decodes in software", "nobody")
            }))
        }

        fn pad_templates() -> &'static [PadTemplate] {
            static TEMPLATES: OnceLock<Vec<PadTemplate>> = OnceLock::new();
            TEMPLATES.get_or_init(|| {
                let software = ElementFactory::find(fake().software).expect("it is installed");
                let sinks = software.static_pad_templates();
                let mut sinks = sinks.iter();
                let sink = sinks.find(|template| template.direction() == PadDirection::Sink);
                let sink = match fake().takes {
                    Some(caps) => caps.parse().expect("it is well formed"),
                    None => sink.expect("it has one").caps(),
                };
                templates(&sink, &raw_caps(fake().has_own_memory))
            })
        }

        fn change_state(
            &self,
            transition: StateChange,
        ) -> Result<StateChangeSuccess, StateChangeError> {
            let refuses = match transition {
                StateChange::NullToReady => {
                    MADE.fetch_add(1, Ordering::Relaxed);
                    fake().fault == Fault::RefusesReady
                }
                StateChange::ReadyToPaused => fake().fault == Fault::RefusesPaused,
                _ => false,
            };
            if refuses {
                return Err(StateChangeError);
            }
            self.parent_change_state(transition)
        }
    }

    impl BinImpl for Decoder {}
}

mod downloader {
    use gstreamer::subclass::ElementMetadata;

    use super::*;

    #[derive(Default)]
    pub struct Downloader;

    #[glib::object_subclass]
    impl ObjectSubclass for Downloader {
        const NAME: &'static str = "FakeDownloader";
        type Type = super::Downloader;
        type ParentType = gstreamer::Bin;
    }

    impl ObjectImpl for Downloader {
        fn constructed(&self) {
            self.parent_constructed();
            let (sink, _) = fill(self.obj().upcast_ref(), "identity");
            relabel(&sink, false);
            sink.add_probe(PadProbeType::BUFFER, |_, _| {
                DOWNLOADED.fetch_add(1, Ordering::Relaxed);
                PadProbeReturn::Ok
            });
        }
    }

    impl GstObjectImpl for Downloader {}

    impl ElementImpl for Downloader {
        fn metadata() -> Option<&'static ElementMetadata> {
            static METADATA: OnceLock<ElementMetadata> = OnceLock::new();
            Some(METADATA.get_or_init(|| {
                ElementMetadata::new("Fake", "Filter/Video", "Passes pictures on", "nobody")
            }))
        }

        fn pad_templates() -> &'static [PadTemplate] {
            static TEMPLATES: OnceLock<Vec<PadTemplate>> = OnceLock::new();
            TEMPLATES.get_or_init(|| templates(&raw_caps(true), &raw_caps(false)))
        }
    }

    impl BinImpl for Downloader {}
}
