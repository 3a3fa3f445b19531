# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The choice of where SpiderMonkey comes from."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import spidermonkey
from project import UserError


class SpiderMonkeyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.target = Path(folder.name) / "target"
        self.archive = Path(folder.name) / "mozjs.tar.gz"
        self.archive.write_bytes(b"")
        self.said = self.enterContext(mock.patch("spidermonkey.say"))
        self.can_download = self.enterContext(mock.patch("spidermonkey.can_download", return_value=True))
        self.enterContext(mock.patch("spidermonkey.source_environment", return_value={"PATH": "clang"}))

    def environment(self, **asked: str) -> dict[str, str]:
        unset = {name: "" for name in spidermonkey.VARIABLES}
        with mock.patch.dict("os.environ", {**unset, **asked}):
            return spidermonkey.environment(self.target)

    def test_the_prebuilt_library_is_downloaded_by_default(self):
        self.assertEqual(self.environment(), {})

    def test_from_source_where_it_cannot_be_downloaded(self):
        self.can_download.return_value = False
        self.assertEqual(self.environment(), {"MOZJS_FROM_SOURCE": "1", "PATH": "clang"})
        self.assertIn("from source", self.said.call_args.args[0])

    def test_the_first_choice_is_kept(self):
        asked = self.environment(MOZJS_ARCHIVE=str(self.archive))
        self.assertEqual(asked, {"MOZJS_ARCHIVE": str(self.archive)})
        self.said.reset_mock()
        self.assertEqual(self.environment(), asked)
        self.said.assert_not_called()
        self.can_download.assert_not_called()

    def test_another_choice_is_taken_when_asked_for_or_when_the_archive_is_gone(self):
        self.environment(MOZJS_FROM_SOURCE="1")
        self.assertEqual(self.environment(MOZJS_ARCHIVE=str(self.archive)), {"MOZJS_ARCHIVE": str(self.archive)})
        self.archive.unlink()
        self.assertEqual(self.environment(), {})
        self.assertEqual(json.loads((self.target / "spidermonkey.json").read_text()), {})

    def test_an_archive_that_does_not_exist_is_refused(self):
        with self.assertRaisesRegex(UserError, "MOZJS_ARCHIVE names nothing.tar.gz"):
            self.environment(MOZJS_ARCHIVE="nothing.tar.gz")
