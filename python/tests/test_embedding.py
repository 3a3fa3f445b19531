# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""How a program that embeds Servo is given Sprocket, and how it is seen to play."""

import json
import re
import struct
import tomllib
import unittest
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import bootstrap
from embedding import command, example, manifest, page, screen
from embedding.screen import Picture
from project import ROOT, UserError

OVERLAYS = [
    SimpleNamespace(crate=SimpleNamespace(name=name, version="0.7.0"), laid=Path("/a \"b\"") / name)
    for name in ("servo-script", "servo-script-bindings", "servo-media-audio")
]
EXAMPLE = f"""\
use euclid::Scale;

fn main() {{
{example.ANCHOR}
    open("https://demo.servo.org/experiments/twgl-tunnel/");
}}

impl embedder_traits::EventLoopWaker for Waker {{
    fn clone_box(&self) -> Box<dyn embedder_traits::EventLoopWaker> {{}}
}}
"""


class TestManifest(unittest.TestCase):
    def test_the_lines_complete_a_new_package(self):
        new = '[package]\nname = "player"\n\n[dependencies]\n'
        whole = tomllib.loads(f"{new}{manifest.dependencies(OVERLAYS)}\n{manifest.sections(OVERLAYS)}")
        self.assertEqual(whole["dependencies"]["servo-script"], "=0.7.0")
        for name in ("sprocket-media-gstreamer", "sprocket-media-source"):
            folder = Path(whole["dependencies"][name]["path"])
            self.assertEqual(tomllib.loads((folder / "Cargo.toml").read_text())["package"]["name"], name)
        patches = {name: entry["path"] for name, entry in whole["patch"]["crates-io"].items()}
        self.assertEqual(patches, {layer.crate.name: str(layer.laid) for layer in OVERLAYS})

    def test_they_are_eleven_with_those_of_the_program(self):
        lines = f"{manifest.dependencies(OVERLAYS)}{manifest.sections(OVERLAYS)}{example.HAND_OVER}".splitlines()
        self.assertLessEqual(len([line for line in lines if line]), 11)

    def test_they_say_what_the_browser_is_built_with(self):
        browser = tomllib.loads((ROOT / "ports/mseshell/Cargo.toml").read_text())
        ours = tomllib.loads(manifest.sections(OVERLAYS))
        self.assertEqual(browser["patch"]["crates-io"].keys(), ours["patch"]["crates-io"].keys())
        self.assertEqual(browser["profile"]["dev"]["package"], ours["profile"]["dev"]["package"])


class TestGuide(unittest.TestCase):
    guide = (ROOT / "docs/servo.md").read_text()

    def test_it_has_the_lines_of_the_program(self):
        self.assertIn(example.HAND_OVER, self.guide)

    def test_it_names_every_package_and_the_version(self):
        for package in bootstrap.PACKAGES:
            self.assertRegex(self.guide, rf"\s{re.escape(package)}\s")
        self.assertIn(f"cargo add servo@={manifest.servo_version()} ", self.guide)
        self.assertIn(f"Rust {'.'.join(map(str, bootstrap.RUST_VERSION))} ", self.guide)


class TestExample(unittest.TestCase):
    def test_only_imports_and_the_address_are_changed(self):
        adapted = example.adapted(EXAMPLE, with_gstreamer=False)
        changed = [new for old, new in zip(EXAMPLE.splitlines(), adapted.splitlines()) if old != new]
        self.assertEqual(len(adapted.splitlines()), len(EXAMPLE.splitlines()))
        self.assertEqual(
            changed,
            [
                '    open(&std::env::args().nth(1).expect("an address"));',
                "impl servo::EventLoopWaker for Waker {",
                "    fn clone_box(&self) -> Box<dyn servo::EventLoopWaker> {}",
            ],
        )

    def test_the_platform_is_handed_over_first(self):
        adapted = example.adapted(EXAMPLE, with_gstreamer=True)
        self.assertIn(f"fn main() {{\n{example.HAND_OVER}{example.ANCHOR}\n", adapted)
        self.assertEqual(adapted.replace(example.HAND_OVER, ""), example.adapted(EXAMPLE, with_gstreamer=False))

    def test_text_that_is_not_there_is_named(self):
        for missing in ("embedder_traits::", "twgl-tunnel", "event_loop = "):
            with self.assertRaisesRegex(UserError, f"{missing}.*adapt python/embedding/example.py"):
                example.adapted(EXAMPLE.replace(missing, "other"), with_gstreamer=True)


class TestScreen(unittest.TestCase):
    def test_a_picture_is_read_and_written(self):
        header = [0] * 25
        header[screen.HEADER_SIZE], header[screen.WIDTH], header[screen.HEIGHT] = 104, 2, 2
        header[screen.BITS_PER_PIXEL], header[screen.BYTES_PER_LINE], header[screen.COLOURS] = 32, 12, 1
        rows = bytes([3, 2, 1, 0, 6, 5, 4, 0, 9, 9, 9, 9]) + bytes([3, 2, 1, 0, 3, 2, 1, 0, 9, 9, 9, 9])
        picture = screen.read_xwd(struct.pack(">25I", *header) + b"name" + bytes(12) + rows)
        self.assertEqual(picture, Picture(2, 2, bytes([1, 2, 3, 4, 5, 6, 1, 2, 3, 1, 2, 3])))
        self.assertEqual(picture.colours(-5, -5, 50, 50), 2)
        self.assertEqual(picture.colours(0, 0, 1, 2), 1)
        self.assertEqual(picture.colours(5, 5, 1, 1), 0)
        self.assertEqual(picture.png()[16:24], struct.pack(">II", 2, 2))


class TestPage(unittest.TestCase):
    def test_the_demo_is_served_with_the_script_that_reports(self):
        with page.serve() as (address, wait):
            with urllib.request.urlopen(address) as response:
                self.assertIn(b"/watch.js", response.read())
            with urllib.request.urlopen(address.replace("index.html", "watch.js")) as response:
                self.assertIn("javascript", response.headers["Content-Type"])
            self.assertIsNone(wait(0.01))
            report = {"supported": True}
            url = address.replace("index.html", "report")
            urllib.request.urlopen(url, data=json.dumps(report).encode()).close()
            self.assertEqual(wait(5), report)


class TestFaults(unittest.TestCase):
    picture = Picture(64, 1, bytes(range(192)))
    playing = {"supported": True, "trouble": "", "frames": 48, "position": 2.0, "place": [0, 0, 64, 1]}

    def fault(self, with_gstreamer=True, **changed):
        return command.fault_of({**self.playing, **changed}, self.picture, with_gstreamer)

    def test_a_demo_that_plays_has_none(self):
        self.assertIsNone(self.fault())

    def test_each_is_named(self):
        self.assertIn("platform", self.fault(supported=False))
        self.assertIn("out of order", self.fault(trouble="out of order"))
        self.assertIn("only 3 frames", self.fault(frames=3))
        self.assertIn("shows no frame", self.fault(place=[0, 0, 2, 1]))

    def test_without_gstreamer_nothing_may_be_supported(self):
        self.assertIsNone(self.fault(with_gstreamer=False, supported=False, frames=0))
        self.assertIn("isTypeSupported", self.fault(with_gstreamer=False))


if __name__ == "__main__":
    unittest.main()
