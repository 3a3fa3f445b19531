/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The cameras, microphones and loudspeakers of this machine, as GStreamer's device providers know them.

use std::collections::BTreeMap;

use gstreamer::prelude::*;
use gstreamer::{
    BusSyncReply, Caps, DeviceMonitor, Element, ElementFactory, MessageView, Pipeline, Structure,
};
use media_stream::{DeviceDescription, DeviceKind, OpenError};

use super::camera_modes;
use super::device::{Device, Head, Origin};
use super::echo::{self, EchoReference};
use super::mode::{Mode, Modes, Processing, SoundMode};

/// What GStreamer calls the kinds of devices.
const CLASSES: [(DeviceKind, &str); 3] = [
    (DeviceKind::VideoInput, "Video/Source"),
    (DeviceKind::AudioInput, "Audio/Source"),
    (DeviceKind::AudioOutput, "Audio/Sink"),
];

/// The sample rates of microphones. Their own rate is converted.
const SAMPLE_RATES: (u32, u32) = (8_000, 48_000);
/// The greatest number of channels of microphones.
const CHANNELS: u32 = 2;
/// The sample rate at which sound is processed.
const PROCESSING_RATE: i32 = 48_000;

/// Watches the devices of this machine until it is dropped.
pub(crate) struct SystemDevices(DeviceMonitor);

impl SystemDevices {
    /// Begins to watch the devices, which waits until the present ones are known. `changed` is called
    /// whenever some may have come or gone.
    pub(crate) fn watch(changed: impl Fn() + Send + Sync + 'static) -> Self {
        let monitor = DeviceMonitor::new();
        for (_, class) in CLASSES {
            monitor.add_filter(Some(class), None);
        }
        monitor.bus().set_sync_handler(move |_, message| {
            if matches!(
                message.view(),
                MessageView::DeviceAdded(_)
                    | MessageView::DeviceRemoved(_)
                    | MessageView::DeviceChanged(_)
            ) {
                changed();
            }
            BusSyncReply::Drop
        });
        // If it fails, no provider is installed, and there are no devices.
        let _ = monitor.start();
        Self(monitor)
    }

    /// Returns the devices that there are now.
    pub(crate) fn list(&self) -> Vec<Device> {
        let mut devices: Vec<Device> = Vec::new();
        for found in self.0.devices() {
            let Some(mut device) = describe(&found) else {
                continue;
            };
            let is_same = |other: &Device| other.description.key == device.description.key;
            if !devices.iter().any(is_same) {
                device.origin = Origin::System(found);
                devices.push(device);
            }
        }
        choose_defaults(&mut devices);
        devices
    }
}

impl Drop for SystemDevices {
    fn drop(&mut self) {
        self.0.stop();
        self.0.bus().unset_sync_handler();
    }
}

/// Makes the first device of each kind the default one where the system says of none or of several that
/// it is.
fn choose_defaults(devices: &mut [Device]) {
    for (kind, _) in CLASSES {
        let of_kind = devices.iter_mut().map(|device| &mut device.description);
        let mut of_kind: Vec<_> = of_kind.filter(|device| device.kind == kind).collect();
        let chosen = of_kind.iter().position(|device| device.is_default);
        let chosen = chosen.unwrap_or(0);
        for (place, device) in of_kind.iter_mut().enumerate() {
            device.is_default = place == chosen;
        }
    }
}

/// Returns what is known of a device; `None` if pages have no use for it.
fn describe(found: &gstreamer::Device) -> Option<Device> {
    let mut classes = CLASSES.into_iter();
    let (kind, _) = classes.find(|(_, class)| found.has_classes(class))?;
    let properties = found.properties();
    let text = |name| text(properties.as_ref(), name);
    // The sound that a loudspeaker plays is no microphone.
    if text("device.class").as_deref() == Some("monitor") {
        return None;
    }
    let modes = match kind {
        DeviceKind::VideoInput => Modes::Camera(camera_modes::of(&found.caps()?)),
        DeviceKind::AudioInput => Modes::Microphone {
            sample_rate: SAMPLE_RATES,
            channel_count: channel_count(&found.caps()?),
            processing: processing(),
        },
        DeviceKind::AudioOutput => Modes::Loudspeaker,
    };
    if modes == Modes::Camera(Vec::new()) {
        return None;
    }
    let path = text("device.bus_path");
    let internal_name = found.has_property_with_type("internal-name", String::static_type());
    let internal_name = internal_name
        .then(|| found.property::<Option<String>>("internal-name"))
        .flatten();
    // Names of sound servers say where the device is, and what.
    let name = internal_name.or_else(|| text("node.name"));
    let place = name.or_else(|| path.clone());
    let label = found.display_name().to_string();
    let place = place.or_else(|| text("device.path"));
    let key = format!("{}:{}", kind.name(), place.unwrap_or_else(|| label.clone()));
    let is_default = properties
        .as_ref()
        .and_then(|properties| properties.get::<bool>("is-default").ok());
    Some(Device {
        description: DeviceDescription {
            group: path.map_or_else(|| key.clone(), |path| thing_at(&path).to_owned()),
            key,
            kind,
            label,
            is_default: is_default.unwrap_or(false),
            spaces: modes.spaces(&BTreeMap::new()),
        },
        modes,
        origin: Origin::System(found.clone()),
    })
}

fn text(properties: Option<&Structure>, name: &str) -> Option<String> {
    let text = properties?.get::<String>(name).ok();
    text.filter(|text| !text.is_empty())
}

/// Returns where the thing is that a device is a part of: the path of a USB device without the interface,
/// such as the `:1.2` of `pci-0000:00:14.0-usb-0:4:1.2`.
fn thing_at(path: &str) -> &str {
    match (path.find("-usb-"), path.rfind(':')) {
        (Some(usb), Some(interface)) if path[usb..].matches(':').count() > 1 => &path[..interface],
        _ => path,
    }
}

/// Returns how many channels a microphone has, as far as pages can use them.
fn channel_count(caps: &Caps) -> u32 {
    let counts = caps.iter().filter_map(|caps| {
        let fixed = caps.get::<i32>("channels").ok();
        let range = caps.get::<gstreamer::IntRange<i32>>("channels").ok();
        fixed.or(range.map(|range| range.max()))
    });
    counts.max().unwrap_or(1).clamp(1, CHANNELS as i32) as u32
}

/// Returns the elements that give the media of a device.
pub(crate) fn open(
    device: &Device,
    found: &gstreamer::Device,
    mode: Mode,
) -> Result<Head, OpenError> {
    let source = found.create_element(None).map_err(|error| {
        let message = format!("{} cannot be opened: {error}", device.name());
        OpenError::NotReadable(message)
    })?;
    let mut elements = vec![source];
    let mut echo_reference = None;
    match mode {
        Mode::Camera(mode) => {
            let caps = found.caps().unwrap_or_else(Caps::new_any);
            let (form, is_jpeg) = camera_modes::form(&caps, &mode);
            elements.push(filter(device, &form)?);
            if is_jpeg {
                let decoder = element(device, "jpegdec")?;
                if decoder.has_property_with_type("max-errors", i32::static_type()) {
                    // Cameras begin with pictures that are not whole, and lose parts of others.
                    decoder.set_property("max-errors", -1);
                }
                elements.push(decoder);
            }
            elements.push(element(device, "videoconvert")?);
            let taken = Caps::builder("video/x-raw")
                .field("format", gstreamer::List::new(["I420", "NV12"]))
                .build();
            elements.push(filter(device, &taken)?);
        }
        Mode::Microphone(mode) => {
            ask_for_latency(&elements[0], mode.latency);
            echo_reference = process(device, &mode, &mut elements)?;
        }
    }
    Ok(Head {
        elements,
        is_ahead: false,
        echo_reference,
        opening: None,
    })
}

/// Returns what can be made of the sound of microphones with the elements that are installed.
fn processing() -> Processing {
    if ElementFactory::find("webrtcdsp").is_none() {
        Processing::None
    } else if echo::can_be_cancelled() {
        Processing::NoiseGainAndEcho
    } else {
        Processing::NoiseAndGain
    }
}

/// Adds the elements that make what is wanted of the sound of a microphone. Returns what hears the sound
/// whose echo is taken out of it.
fn process(
    device: &Device,
    mode: &SoundMode,
    elements: &mut Vec<Element>,
) -> Result<Option<Pipeline>, OpenError> {
    let form = |rate: i32| {
        Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", rate)
            .field("channels", mode.channel_count as i32)
            .build()
    };
    elements.push(element(device, "audioconvert")?);
    elements.push(element(device, "audioresample")?);
    let echo_reference = mode
        .echo_cancellation
        .then(|| EchoReference::new(PROCESSING_RATE))
        .flatten();
    if echo_reference.is_some() || mode.noise_suppression || mode.gain_control {
        elements.push(filter(device, &form(PROCESSING_RATE))?);
        let processor = element(device, "webrtcdsp")?;
        processor.set_property("echo-cancel", echo_reference.is_some());
        if let Some(reference) = &echo_reference {
            reference.attach(&processor);
        }
        processor.set_property("noise-suppression", mode.noise_suppression);
        processor.set_property("gain-control", mode.gain_control);
        elements.push(processor);
        elements.push(element(device, "audioresample")?);
    }
    elements.push(filter(device, &form(mode.sample_rate as i32))?);
    Ok(echo_reference.map(|reference| reference.pipeline))
}

/// Makes a source of sound give pieces of that length, in seconds.
fn ask_for_latency(source: &Element, latency: f64) {
    if source.has_property_with_type("latency-time", i64::static_type()) {
        source.set_property("latency-time", (latency * 1e6) as i64);
    }
}

fn filter(device: &Device, caps: &Caps) -> Result<Element, OpenError> {
    let filter = element(device, "capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

fn element(device: &Device, name: &str) -> Result<Element, OpenError> {
    ElementFactory::make(name).build().map_err(|_| {
        let package = match name {
            "jpegdec" => "gstreamer1.0-plugins-good",
            "webrtcdsp" => "gstreamer1.0-plugins-bad",
            _ => "gstreamer1.0-plugins-base",
        };
        let device = device.name();
        OpenError::Other(format!(
            "{device} needs the GStreamer element {name}: install {package}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_usb_device_are_one_thing() {
        for (path, expected) in [
            ("pci-0000:00:14.0-usb-0:4:1.2", "pci-0000:00:14.0-usb-0:4"),
            (
                "pci-0000:00:14.0-usb-0:4.1:1.0",
                "pci-0000:00:14.0-usb-0:4.1",
            ),
            ("pci-0000:00:14.0-usb-0:4", "pci-0000:00:14.0-usb-0:4"),
            ("pci-0000:00:1f.3", "pci-0000:00:1f.3"),
            ("platform-snd_aloop.0", "platform-snd_aloop.0"),
        ] {
            assert_eq!(thing_at(path), expected);
        }
    }
}
