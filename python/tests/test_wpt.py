# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The runner of our own tests and the progress of upstream's, with made-up browsers."""

import json
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

from project import UserError
from wpt import command, own, server
from wpt.progress import Progress

# A browser that fetches its page and does what the page's text says.
BROWSER = f"""#!{sys.executable}
import json, sys, time, urllib.request
page = urllib.request.urlopen(sys.argv[-1]).read().decode()
print("a message of the page", flush=True)
if "crash" in page:
    sys.exit(101)
status = 1 if "broken" in page else 0
subtests = [["first", 0, None, None], ["second", 1 if "fails" in page else 0, "because", None]]
if "hang" not in page:
    print("ALERT: RESULT: " + json.dumps(["/x", status, None, None, subtests]), flush=True)
time.sleep(600)
"""


class OwnTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "tests"
        self.folder.mkdir()
        self.browser = self.folder.parent / "browser"
        self.browser.write_text(BROWSER)
        self.browser.chmod(0o755)
        self.enterContext(mock.patch("wpt.harness.testharness", lambda: b"testharness"))
        self.enterContext(mock.patch("wpt.own.say"))
        self.printed = self.enterContext(mock.patch("builtins.print"))

    def run_tests(self, pages: dict[str, str]):
        for name, text in pages.items():
            (self.folder / name).write_text(text)
        report = own.run(self.browser, self.folder, [self.folder], jobs=4, multiplier=1)
        return report, {result["test"]: result["status"] for result in report.results}

    def text(self) -> str:
        return "\n".join(str(call.args[0]) for call in self.printed.call_args_list)

    def test_everything_passes(self):
        report, statuses = self.run_tests({"a.html": "", "b.html": ""})
        self.assertTrue(report.as_expected)
        self.assertEqual(statuses, {"/a.html": "OK", "/b.html": "OK"})
        self.assertEqual(report.summary(), "own tests: 2 tests (2 OK), 4/4 subtests passed, as expected")

    def test_a_failing_subtest_is_unexpected(self):
        report, _ = self.run_tests({"a.html": "fails"})
        self.assertFalse(report.as_expected)
        self.assertIn("FAIL (expected PASS) second: because", self.text())
        self.assertIn("1/2 subtests passed, NOT as expected", report.summary())

    def test_a_crash_is_unexpected_and_shows_the_output(self):
        report, statuses = self.run_tests({"a.html": "crash"})
        self.assertEqual(statuses, {"/a.html": "CRASH"})
        self.assertFalse(report.as_expected)
        self.assertIn("| a message of the page", self.text())
        self.assertIn("ended with status 101", self.text())

    def test_a_test_that_never_reports_times_out(self):
        with mock.patch("wpt.own.TIMEOUT", 0.2), mock.patch("wpt.own.GRACE", 0.8):
            report, statuses = self.run_tests({"a.html": "hang"})
        self.assertEqual(statuses, {"/a.html": "TIMEOUT"})
        self.assertFalse(report.as_expected)

    def test_expectations_beside_a_test(self):
        expectations = "[a.html]\n  expected: ERROR\n  # why\n  [second]\n    expected: [PASS, FAIL]\n"
        report, _ = self.run_tests({"a.html": "broken fails", "a.html.ini": expectations})
        self.assertTrue(report.as_expected)
        report, _ = self.run_tests({"a.html": ""})
        self.assertFalse(report.as_expected)

    def test_an_expected_subtest_that_is_gone_is_unexpected(self):
        report, _ = self.run_tests({"a.html": "", "a.html.ini": "[a.html]\n  [third]\n    expected: FAIL\n"})
        self.assertIn("expected subtest is missing: third", self.text())
        self.assertFalse(report.as_expected)

    def test_expectations_that_are_not_understood_are_refused(self):
        with self.assertRaisesRegex(UserError, "a.html.ini:2: only"):
            self.run_tests({"a.html": "", "a.html.ini": "[a.html]\n  disabled: true\n"})

    def test_long_tests_and_resources_are_recognized(self):
        (self.folder / "resources").mkdir()
        (self.folder / "resources/page.html").write_text("")
        (self.folder / "a.html").write_text('<meta name="timeout" content="long">')
        self.assertEqual(own.find_tests([self.folder]), [self.folder / "a.html"])
        self.assertTrue(own.is_long(self.folder / "a.html"))

    def test_paths_are_sorted_into_ours_and_upstreams(self):
        test = self.folder / "a.html"
        test.write_text("")
        with mock.patch("wpt.command.OWN_TESTS", self.folder):
            paths = command.sort_paths([str(test), "media-source/x.html"])
        self.assertEqual(paths, ([test], ["media-source/x.html"]))


class ServerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        for name in ("tests", "media"):
            (root / name).mkdir()
        (root / "tests/a.html").write_text("a page")
        (root / "media/a.webm").write_bytes(b"0123456789")
        (root / "secret").write_text("secret")
        self.origin = self.enterContext(server.serve(root / "tests", b"harness", 2, root / "media"))

    def get(self, path: str, **headers):
        request = urllib.request.Request(self.origin + path, headers=headers)
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.read(), response.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def test_files_and_types(self):
        status, body, headers = self.get("/a.html?variant")
        self.assertEqual((status, body, headers["Content-Type"]), (200, b"a page", "text/html; charset=utf-8"))
        status, body, headers = self.get("/media/a.webm")
        self.assertEqual((status, body, headers["Content-Type"]), (200, b"0123456789", "video/webm"))
        self.assertEqual(self.get("/resources/testharness.js")[1], b"harness")
        self.assertIn(b"timeout_multiplier: 2", self.get("/resources/testharnessreport.js")[1])

    def test_ranges(self):
        for asked, body, content_range in (
            ("bytes=2-4", b"234", "bytes 2-4/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=-2", b"89", "bytes 8-9/10"),
            ("bytes=8-99", b"89", "bytes 8-9/10"),
        ):
            with self.subTest(asked):
                status, given, headers = self.get("/media/a.webm", Range=asked)
                self.assertEqual((status, given, headers["Content-Range"]), (206, body, content_range))
        self.assertEqual(self.get("/media/a.webm", Range="bytes=10-")[0], 416)

    def test_nothing_else_is_served(self):
        for path in ("/none.html", "/../secret", "/%2e%2e/secret", "/media/../../secret", "/"):
            with self.subTest(path):
                self.assertEqual(self.get(path)[0], 404)


class ProgressTest(unittest.TestCase):
    def test_a_run(self):
        log = [
            {"action": "suite_start", "tests": {"default": ["/a.html", "/b.html"]}},
            {"action": "test_status", "test": "/a.html", "subtest": "one", "status": "PASS"},
            {"action": "test_status", "test": "/a.html", "subtest": "two", "status": "FAIL", "expected": "PASS"},
            {"action": "test_end", "test": "/a.html", "status": "OK"},
            {"action": "process_output", "data": "panicked", "command": "shell -z http://host/b.html --x"},
            {"action": "test_end", "test": "/b.html", "status": "CRASH", "expected": "OK"},
        ]
        progress = Progress()
        shown = [line for entry in log for line in progress.lines(json.dumps(entry))]
        self.assertEqual(
            shown,
            [
                "[1/2] /a.html: OK, 1/2 passed",
                "    FAIL (expected PASS) two",
                "[2/2] /b.html: CRASH, 0/0 passed",
                "    CRASH (expected OK) the test as a whole",
                "    | panicked",
            ],
        )

    def test_what_is_not_of_the_log_is_shown(self):
        for line in ("Collecting packages", "12", ""):
            self.assertEqual(list(Progress().lines(line)), [line])
