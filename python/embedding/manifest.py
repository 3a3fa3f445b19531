# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""What a program that embeds Servo has in its Cargo.toml to get Media Source Extensions: `./mach embed` prints it."""

import contextlib
import json
import sys
import tomllib
from pathlib import Path

from overlay import layers
from overlay.layers import Overlay
from project import ROOT, SHELL_PORT

DETAILS = (
    "The overlay is laid first. The first three lines belong to [dependencies]. In a package that `cargo new` has "
    "just made, `./mach embed >> Cargo.toml` puts all of them in their place. docs/servo.md tells the rest."
)


def embed() -> None:
    """Print the lines. Whatever else there is to say goes to standard error."""
    overlays = layers.overlays()
    with contextlib.redirect_stdout(sys.stderr):
        layers.lay(overlays)
    print(dependencies(overlays))
    print(sections(overlays), end="")


def dependencies(overlays: list[Overlay]) -> str:
    """What belongs to `[dependencies]`: the script crate and the platform that the program hands over to it."""
    script = next(layer.crate for layer in overlays if layer.crate.name == "servo-script")
    return (
        f'{script.name} = "={script.version}"\n'
        f"sprocket-media-gstreamer = {path_of(ROOT / 'components/media_gstreamer')}\n"
        f"sprocket-media-source = {path_of(ROOT / 'components/media_source')}\n"
    )


def sections(overlays: list[Overlay]) -> str:
    """What stands for itself: the laid crates in the place of the released ones, and fast colours in debug builds."""
    patches = "".join(f"{layer.crate.name} = {path_of(layer.laid)}\n" for layer in overlays)
    return f"[profile.dev.package.yuv]\nopt-level = 3\n\n[patch.crates-io]\n{patches}"


def path_of(folder: Path) -> str:
    """A dependency by its folder. A TOML string is written as a JSON string is."""
    return f"{{ path = {json.dumps(str(folder), ensure_ascii=False)} }}"


def servo_version() -> str:
    """The released Servo that the browser is built of."""
    manifest = tomllib.loads((ROOT / "ports" / SHELL_PORT / "Cargo.toml").read_text())
    return manifest["dependencies"]["servo"]["version"].removeprefix("=")
