# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Makes a package of `winit_minimal`, the example in Servo's released crate, as somebody from outside would."""

from collections.abc import Iterator
from pathlib import Path

from embedding import manifest
from overlay import layers
from overlay.upstream import Crate
from project import ROOT, SHELL_PORT, UserError, write_if_changed

PACKAGE = "embedder"
EXAMPLE = "examples/winit_minimal.rs"
LOCK = ROOT / "ports" / SHELL_PORT / "Cargo.lock"

# What is changed: why, the text, and what stands in its place.
CHANGES = [
    ("the crate is re-exported", "embedder_traits::", "servo::"),
    (
        "the address is an argument",
        '"https://demo.servo.org/experiments/twgl-tunnel/"',
        '&std::env::args().nth(1).expect("an address")',
    ),
]
# The first statement after the program's setup. The platform is handed over before it.
ANCHOR = "    let event_loop = EventLoop::with_user_event()"
HAND_OVER = """\
    let platform = media_source::Platform::new(media_gstreamer::GStreamerBackend::default);
    script::set_media_platform(platform);
"""

# The profile, and no default features of `tracing`, as in the browser's build: cargo reuses what it built.
HEAD = """\
[package]
name = "{package}"
edition = "2024"

[workspace]

[profile.dev]
debug = false

[dependencies]
euclid = "0.22"
rustls = {{ version = "0.23", default-features = false, features = ["aws-lc-rs"] }}
servo = {{ version = "={version}", features = {features} }}
tracing = {{ version = "0.1", default-features = false }}
url = "2.5"
webrender_api = "0.70"
winit = "0.30"
"""


def write(folder: Path, with_gstreamer: bool) -> None:
    """Write the package: with Sprocket's platform, or with the overlay alone, on a Servo that has no GStreamer."""
    version = manifest.servo_version()
    overlays = layers.overlays()
    source = Crate.released("servo", version, "").files().get(EXAMPLE)
    if source is None:
        raise UserError(f"servo {version} has no {EXAMPLE}: name another example in python/embedding/example.py.")
    features = '["media-gstreamer", "webcrypto"]' if with_gstreamer else '["webcrypto"]'
    parts = [HEAD.format(package=PACKAGE, version=version, features=features)]
    parts += [manifest.dependencies(overlays)] if with_gstreamer else []
    parts += ["\n", manifest.sections(overlays)]
    write_if_changed(folder / "Cargo.toml", "".join(parts).encode())
    write_if_changed(folder / "src/main.rs", adapted(source.decode(), with_gstreamer).encode())
    # Cargo takes out what is not used, so that the versions of the other variant would be lost.
    write_if_changed(folder / "Cargo.lock", LOCK.read_bytes())


def adapted(source: str, with_gstreamer: bool) -> str:
    """The example with the changes made. `UserError` if it has not the text that is to be changed."""
    for why, old, new in changes(with_gstreamer):
        if old not in source:
            raise UserError(f"{EXAMPLE} has no `{old.strip()}` to change ({why}): adapt python/embedding/example.py.")
        source = source.replace(old, new)
    return source


def changes(with_gstreamer: bool) -> Iterator[tuple[str, str, str]]:
    yield from CHANGES
    if with_gstreamer:
        yield "the platform is handed over before it", ANCHOR, HAND_OVER + ANCHOR
