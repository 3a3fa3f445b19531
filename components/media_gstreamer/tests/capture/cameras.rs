/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Cameras as GStreamer's device providers know them: made of test pictures, and with what goes wrong.

use std::str::FromStr;

use gstreamer::Caps;
use media_stream::camera_spaces;

use super::media::is_black;
use super::*;

const RAW: &str = "Raw camera";
const CODED: &str = "Coded camera";
const MISSING: &str = "Missing camera";
const HANGING: &str = "Hanging camera";

/// A backend of the devices of this machine, which is told of some cameras.
fn backend() -> (GStreamerCapture, Vec<DeviceDescription>) {
    provider::register();
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (_watch, told) = watch(&backend);
    let devices = told.recv_timeout(PATIENCE).expect("they are told");
    (backend, devices)
}

fn request(label: &str, settings: &Settings) -> (GStreamerCapture, Opened) {
    let (backend, devices) = backend();
    let device = devices.iter().find(|device| device.label == label);
    let key = &device.expect("it is told").key;
    let opened = super::request(&backend, key, settings);
    (backend, opened)
}

#[test]
fn cameras_are_described() {
    let (_, devices) = backend();
    let described = |label: &str| {
        let device = devices.iter().find(|device| device.label == label);
        device.expect("it is told")
    };
    let raw = described(RAW);
    let modes = provider::MODES.map(|(width, height)| media_stream::CameraMode {
        width,
        height,
        frame_rate: 30.,
    });
    assert_eq!(raw.spaces, camera_spaces(&modes, &BTreeMap::new()));
    assert_eq!(raw.group, "pci-0-usb-0:1");
    assert_eq!(raw.group, described(CODED).group);
    assert_ne!(raw.key, described(CODED).key);
}

#[test]
fn pictures_come_in_the_mode_that_is_wanted() {
    for label in [RAW, CODED] {
        for (width, height) in provider::MODES {
            let settings = video(width, height, 30.);
            let (_backend, camera) = request(label, &settings);
            assert_eq!(camera.next(), SourceEvent::Opened);
            let sample = camera.track(&settings).next();
            assert_eq!(size(&sample), (width, height), "{label}");
            assert!(!is_black(&sample), "{label}");
        }
    }
}

#[test]
fn a_camera_that_is_not_there_after_all_is_gone() {
    let (_backend, camera) = request(MISSING, &video(640, 480, 30.));
    let message = "The camera \"Missing camera\" is not there any more".to_owned();
    assert_eq!(camera.next(), SourceEvent::Failed(OpenError::Gone(message)));
}

#[test]
fn a_camera_that_hangs_stops_nobody() {
    let (backend, hanging) = request(HANGING, &video(640, 480, 30.));
    let (_backend, camera) = request(RAW, &video(640, 480, 30.));
    assert_eq!(camera.next(), SourceEvent::Opened);
    let event = hanging.next();
    let SourceEvent::Failed(OpenError::NotReadable(message)) = event else {
        panic!("{event:?}")
    };
    assert!(
        message.starts_with("The camera \"Hanging camera\" does not answer"),
        "{message}"
    );
    // Dropping it waits for nothing.
    drop(hanging);
    drop(backend);
    provider::end_hanging();
}

/// A provider of cameras, registered with GStreamer.
mod provider {
    use gstreamer::prelude::*;
    use gstreamer::subclass::prelude::*;
    use gstreamer::{
        DeviceProvider, Element, ElementFactory, LoggableError, Rank, StateChange,
        StateChangeError, StateChangeSuccess, Structure, glib,
    };
    use parking_lot::{Condvar, Mutex, Once};

    use super::{CODED, Caps, FromStr, HANGING, MISSING, RAW};

    /// The sizes of the pictures.
    pub(super) const MODES: [(u32, u32); 2] = [(640, 480), (320, 240)];

    static IS_REGISTERED: Once = Once::new();
    static HANGS: Mutex<bool> = Mutex::new(true);
    static HAS_ENDED: Condvar = Condvar::new();

    pub(super) fn register() {
        IS_REGISTERED.call_once(|| {
            gstreamer::init().expect("GStreamer is installed");
            let registered =
                DeviceProvider::register(None, "cameras", Rank::PRIMARY, Cameras::static_type());
            registered.expect("the name is new");
        });
    }

    /// Lets the camera that hangs go on.
    pub(super) fn end_hanging() {
        *HANGS.lock() = false;
        HAS_ENDED.notify_all();
    }

    glib::wrapper! {
        pub struct Cameras(ObjectSubclass<cameras::Cameras>)
            @extends DeviceProvider, gstreamer::Object;
    }

    glib::wrapper! {
        pub struct Camera(ObjectSubclass<cameras::Camera>)
            @extends gstreamer::Device, gstreamer::Object;
    }

    glib::wrapper! {
        pub struct Hanging(ObjectSubclass<cameras::Hanging>)
            @extends gstreamer::Bin, Element, gstreamer::Object;
    }

    fn camera(label: &str, number: usize, form: &str) -> gstreamer::Device {
        let forms = MODES.map(|(width, height)| {
            format!("{form}, width={width}, height={height}, framerate=30/1")
        });
        let caps = Caps::from_str(&forms.join("; ")).expect("it is well-formed");
        let path = format!("pci-0-usb-0:1:1.{number}");
        let properties = Structure::builder("camera").field("device.bus_path", path);
        let camera = glib::Object::builder::<Camera>()
            .property("display-name", label)
            .property("device-class", "Video/Source")
            .property("caps", caps)
            .property("properties", properties.build());
        camera.build().upcast()
    }

    fn bin(description: &str) -> Element {
        let bin = gstreamer::parse::bin_from_description(description, true);
        bin.expect("it is well-formed").upcast()
    }

    mod cameras {
        use super::*;

        #[derive(Default)]
        pub struct Cameras;

        #[glib::object_subclass]
        impl ObjectSubclass for Cameras {
            const NAME: &'static str = "TestCameras";
            type Type = super::Cameras;
            type ParentType = DeviceProvider;
        }

        impl ObjectImpl for Cameras {}
        impl GstObjectImpl for Cameras {}

        impl DeviceProviderImpl for Cameras {
            fn metadata() -> Option<&'static gstreamer::subclass::DeviceProviderMetadata> {
                use std::sync::LazyLock;
                type Metadata = gstreamer::subclass::DeviceProviderMetadata;
                static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
                    Metadata::new("Cameras", "Source/Video", "Test pictures", "Sprocket")
                });
                Some(&METADATA)
            }

            fn start(&self) -> Result<(), LoggableError> {
                let labels = [RAW, CODED, MISSING, HANGING];
                for (number, label) in labels.into_iter().enumerate() {
                    let form = if label == CODED {
                        "image/jpeg"
                    } else {
                        "video/x-raw"
                    };
                    self.obj().device_add(&camera(label, number, form));
                }
                Ok(())
            }

            fn stop(&self) {}
        }

        #[derive(Default)]
        pub struct Camera;

        #[glib::object_subclass]
        impl ObjectSubclass for Camera {
            const NAME: &'static str = "TestCamera";
            type Type = super::Camera;
            type ParentType = gstreamer::Device;
        }

        impl ObjectImpl for Camera {}
        impl GstObjectImpl for Camera {}

        impl DeviceImpl for Camera {
            fn create_element(&self, _: Option<&str>) -> Result<Element, LoggableError> {
                let pictures = "videotestsrc is-live=true";
                Ok(match self.obj().display_name().as_str() {
                    RAW => bin(pictures),
                    CODED => bin(&format!("{pictures} ! jpegenc")),
                    MISSING => bin("v4l2src device=/dev/there-is-no-such-camera"),
                    _ => {
                        let hanging = glib::Object::new::<super::Hanging>();
                        let source = ElementFactory::make("videotestsrc").build();
                        let source = source.expect("it is installed");
                        hanging.add(&source).expect("it is new");
                        let pad = source.static_pad("src").expect("it has one");
                        let pad = gstreamer::GhostPad::with_target(&pad);
                        hanging
                            .add_pad(&pad.expect("it is new"))
                            .expect("it is new");
                        hanging.upcast()
                    }
                })
            }
        }

        #[derive(Default)]
        pub struct Hanging;

        #[glib::object_subclass]
        impl ObjectSubclass for Hanging {
            const NAME: &'static str = "TestHangingCamera";
            type Type = super::Hanging;
            type ParentType = gstreamer::Bin;
        }

        impl ObjectImpl for Hanging {}
        impl GstObjectImpl for Hanging {}
        impl BinImpl for Hanging {}

        impl ElementImpl for Hanging {
            fn change_state(
                &self,
                change: StateChange,
            ) -> Result<StateChangeSuccess, StateChangeError> {
                if change == StateChange::NullToReady {
                    HAS_ENDED.wait_while(&mut HANGS.lock(), |hangs| *hangs);
                }
                self.parent_change_state(change)
            }
        }
    }
}
