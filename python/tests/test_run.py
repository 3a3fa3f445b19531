# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach run`: which page the browser opens, and what it is told."""

import contextlib
import io
import os
import unittest
from pathlib import Path
from unittest import mock

import bootstrap
import build
import commands
import demos

DISPLAY = {"DISPLAY": ":0"}
CAPTURES = demos.BY_NAME["mediastream"]


class RunTest(unittest.TestCase):
    def setUp(self):
        mock.patch.object(bootstrap, "bootstrap").start()
        mock.patch.object(build, "build").start()
        self.call = mock.patch.object(commands, "call", return_value=0).start()
        self.addCleanup(mock.patch.stopall)

    def run_on(self, environment: dict[str, str], *arguments: str) -> list[str]:
        """The browser's arguments after `./mach run` on a machine with this environment, its page last."""
        with mock.patch.dict(os.environ, environment, clear=True), contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(commands.main(["run", *arguments]), 0)
        return [str(argument) for argument in self.call.call_args.args[0][1:]]

    def test_a_window_shows_a_demo_to_the_user(self):
        self.assertEqual(self.run_on(DISPLAY), [str(demos.PLAYER.page)])
        self.assertEqual(
            self.run_on({"WAYLAND_DISPLAY": "wayland-0"}, "mediastream"),
            ["--serve", str(demos.FOLDER), str(CAPTURES.page)],
        )

    def test_a_demo_is_toured_where_there_is_no_display(self):
        for name, demo in demos.BY_NAME.items():
            arguments = self.run_on({}, *filter(None, [name]))
            self.assertEqual(arguments[-1], str(demo.page))
            script = Path(arguments[arguments.index("--js") + 1])
            self.assertEqual(script.parent, demo.page.parent)
            self.assertTrue(script.is_file() and demo.page.is_file())
            self.assertIn(str(demo.picture), arguments)

    def test_only_the_tour_captures_from_fake_devices(self):
        self.assertIn("--fake-capture-devices", self.run_on({}, "mediastream"))
        self.assertNotIn("--fake-capture-devices", self.run_on({}))
        self.assertNotIn("--fake-capture-devices", self.run_on(DISPLAY, "mediastream"))

    def test_the_arguments_of_the_user_replace_the_tour(self):
        arguments = self.run_on({}, "mediastream", "--", "--headless", "--exit")
        self.assertEqual(arguments, ["--serve", str(demos.FOLDER), "--headless", "--exit", str(CAPTURES.page)])

    def test_another_page_is_not_toured(self):
        self.assertEqual(self.run_on({}, "page.html"), ["page.html"])
        self.assertEqual(self.run_on(DISPLAY, "page.html", "--", "--exit"), ["--exit", "page.html"])
