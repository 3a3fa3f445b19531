# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach test-embedding`: Servo's own example of an embedder, built with Sprocket as docs/servo.md says."""

import argparse
from pathlib import Path

import bootstrap
import build
from embedding import example, page
from embedding.screen import Picture, screen
from players import browsers
from players.browsers import Browser
from project import SHELL_PORT, TARGET, UserError, say

FOLDER = TARGET / "embedding"
PICTURE = FOLDER / "screen.png"
SECONDS = 120
# What has fewer colours is no frame of the demo, but a surface of one colour, maybe with an edge.
LEAST_COLOURS = 32
LEAST_FRAMES = 10
# The page is on this machine.
PROXIES = [name for scheme in ("http_proxy", "https_proxy") for name in (scheme, scheme.upper())]
DETAILS = (
    "It makes a package of `winit_minimal`, an example in the released crate `servo`, builds it with the lines that "
    "`./mach embed` prints, opens the demo in it on a screen in memory, and fails unless the demo plays and is seen "
    "there."
)


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--without-gstreamer",
        action="store_true",
        help="build Servo without its feature `media-gstreamer`, hand over no platform, and fail unless pages see "
        "that no type is supported",
    )


def run(options) -> None:
    """Build the embedder, open the demo in it and judge what comes of it."""
    bootstrap.bootstrap()
    with_gstreamer = not options.without_gstreamer
    example.write(FOLDER, with_gstreamer)
    target = build.target_folder(SHELL_PORT)
    build.cargo_on_overlay(FOLDER, target, ["build"])
    say("the embedder is built; it opens the demo now")
    report, picture = opened(target / "debug" / example.PACKAGE)
    PICTURE.write_bytes(picture.png())
    if fault := fault_of(report, picture, with_gstreamer):
        raise UserError(f"{fault} ({PICTURE} shows the screen)")
    if with_gstreamer:
        say(f"the demo plays: {report['frames']} frames until {report['position']:.1f} s, seen in {PICTURE}")
    else:
        say("pages see that no type is supported")


def opened(program: Path) -> tuple[dict, Picture]:
    """Open the demo and wait for its report. The picture shows the screen at that time."""
    pictures: list[Picture] = []
    with screen() as (display, picture_now), page.serve() as (address, wait):

        def wait_and_look(seconds: float) -> dict | None:
            if report := wait(seconds):
                pictures.append(picture_now())
            return report

        variables = [f"--unset={name}" for name in (*PROXIES, "WAYLAND_DISPLAY")] + [f"DISPLAY={display}"]
        embedder = Browser(example.PACKAGE, ["env", *variables, program], [])
        report, reason, output = browsers.open_page(embedder, address, wait_and_look, SECONDS)
    if report is None:
        printed = "\n  ".join(output[-30:] or ["nothing"])
        raise UserError(f"the demo reports nothing: {reason}. The embedder printed:\n  {printed}")
    return report, pictures[0]


def fault_of(report: dict, picture: Picture, with_gstreamer: bool) -> str | None:
    """What is not as it should be; None if all is well."""
    if not with_gstreamer:
        return "isTypeSupported is not false, although no platform was handed over" if report["supported"] else None
    if not report["supported"]:
        return "isTypeSupported is false: the platform did not reach the page"
    if report["trouble"]:
        return f"the demo does not play: {report['trouble']}"
    if report["frames"] < LEAST_FRAMES:
        return f"only {report['frames']} frames were presented until {report['position']:.1f} s"
    if picture.colours(*report["place"]) < LEAST_COLOURS:
        return f"the screen shows no frame at {report['place']}, although the demo plays"
    return None
