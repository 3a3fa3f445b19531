# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The checks of the overlay in `./mach tidy`, on a small made-up crate."""

import shutil
import unittest
from unittest import mock

from overlay import layers
from overlay_crate import MadeUpCrate
from tidy import overlaid

RUST = b"fn one() {\n    a && b;\n}\n\nfn two() {}\n"
# As Servo writes it, a long condition breaks behind its operators.
LONG = f"    {'a' * 60} && {'b' * 60};\n"
BROKEN = f"    {'a' * 60} &&\n        {'b' * 60};\n"


@unittest.skipUnless(shutil.which("rustfmt"), "rustfmt is not installed")
class OverlaidTest(MadeUpCrate):
    def setUp(self):
        super().setUp()
        archive = self.release("1.0.0", {"lib.rs": RUST})
        self.describe(archive)
        self.put("dom/mse.rs", "new\n")

    def findings(self) -> list[str]:
        with mock.patch("overlay.layers.ROOT", self.root):
            return [str(finding) for finding in overlaid.findings(self.overlays())]

    def test_edits_are_formatted_as_servo_is(self):
        self.edit("lib.rs", RUST, ("bug", b"    a && b;\n", BROKEN.encode()))
        self.assertEqual(self.findings(), [])
        self.edit("lib.rs", RUST, ("bug", b"    a && b;\n", LONG.encode()), ("feature", b"two() {}", b"two(){}"))
        name = "components/script/lib.rs.edit"
        self.assertEqual(
            self.findings(),
            [
                f"{name}:5: Servo formats this otherwise: `{'a' * 60} &&`",
                f"{name}:8: Servo formats this otherwise: `fn two() {{}}`",
            ],
        )

    def test_fmt_formats_edits_and_keeps_their_groups(self):
        self.edit("lib.rs", RUST, ("feature", b"    a && b;\n", LONG.encode()))
        overlaid.format_edits(self.overlays())
        self.assertEqual(self.findings(), [])
        self.assertIn(" for feature\n+    aaa", (self.ours / "lib.rs.edit").read_text())

    def test_what_is_not_laid_or_not_saved_is_found(self):
        self.lay()
        self.put("lib.rs.misfit", "")
        (self.laid / "lib.rs").write_bytes(RUST + b"\n")
        self.put("dom/other.rs", "new\n")
        self.assertEqual(
            self.findings(),
            [
                "components/script/lib.rs.misfit:1: these edits fit nowhere: make them anew and delete this file",
                "components/script/lib.rs:1: changed in place and not saved: `./mach overlay save` or `discard`",
                "components/overlay.toml:1: script/dom/other.rs belongs to 0 groups: it must belong to one",
            ],
        )


class EditLineTest(MadeUpCrate):
    def test_a_laid_line_is_found_in_the_edit_file(self):
        self.edit("lib.rs", RUST, ("bug", b"    a && b;\n", b"    a;\n    b;\n"), ("bug", b"two", b"three"))
        text = (self.ours / "lib.rs.edit").read_text().replace("for bug\n", "for bug\n# Why.\n", 1)
        file = layers.edits.parse(text)
        lines = text.split("\n")
        laid = file.apply(RUST).decode().split("\n")
        for number in (2, 3, 6):
            self.assertEqual(lines[overlaid.line_in_edit_file(file, number) - 1], f"+{laid[number - 1]}")
