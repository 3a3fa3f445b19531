# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

import contextlib
import io
import json
import sys
import unittest
from pathlib import Path

from players import browsers, command, packages, table
from players.browsers import Browser


class TestScenarios(unittest.TestCase):
    def test_all_of_the_page_are_known(self):
        names = command.scenarios()
        self.assertEqual(len(names), (command.PAGES / "scenarios.js").read_text().count(", run: "))
        self.assertEqual(len(names), len(set(names)))
        for name in (*command.CI_SCENARIOS, *command.LONG_SCENARIOS, command.QUOTA_SCENARIO):
            self.assertIn(name, names)

    def test_each_player_has_a_page_that_loads_an_installed_package(self):
        dependencies = json.loads((packages.FOLDER / "package.json").read_text())["dependencies"]
        for player in command.PLAYERS:
            page = (command.PAGES / f"{player}.html").read_text()
            self.assertTrue(any(f'src="/players/{package}/' in page for package in dependencies), player)
            self.assertTrue((command.PAGES / f"{player}.js").is_file())

    def test_versions_are_fixed(self):
        dependencies = json.loads((packages.FOLDER / "package.json").read_text())["dependencies"]
        locked = json.loads((packages.FOLDER / "package-lock.json").read_text())["packages"]
        for package, version in dependencies.items():
            self.assertEqual(locked[f"node_modules/{package}"]["version"], version)


class TestBrowser(unittest.TestCase):
    def open(self, program: str, report, seconds: float = 20):
        return browsers.open_page(Browser("test", [sys.executable, "-c", program], []), "url", report, seconds)

    def test_result_ends_the_browser(self):
        result, _, output = self.open(
            "import sys, time; print('at', sys.argv[-1], flush=True); time.sleep(1000)",
            lambda seconds: {"status": "PASS"},
        )
        self.assertEqual(result, {"status": "PASS"})
        self.assertIn(output, ([], ["at url"]))

    def test_browser_that_ends_without_a_result(self):
        result, reason, output = self.open("import sys; print('crash'); sys.exit(7)", lambda seconds: None)
        self.assertIsNone(result)
        self.assertIn("status 7", reason)
        self.assertEqual(output, ["crash"])

    def test_browser_that_never_tells(self):
        result, reason, _ = self.open("import time; time.sleep(1000)", lambda seconds: None, seconds=0.1)
        self.assertIsNone(result)
        self.assertIn("0.1 s", reason)

    def test_small_quota_is_asked_for_only_where_it_is_wanted(self):
        browser = Browser("test", ["echo"], ["--quota=1"])
        for small_quota, expected in ((True, "--quota=1 url\n"), (False, "url\n")):
            process = browser.start("url", "", small_quota)
            self.assertEqual(process.communicate()[0], expected)


class TestTable(unittest.TestCase):
    def test_lines_are_scenarios_and_columns_players(self):
        results = [
            {"scenario": "vod", "player": "hls", "status": "PASS"},
            {"scenario": "vod", "player": "dash", "status": "FAIL"},
            {"scenario": "live", "player": "hls", "status": "SKIP"},
        ]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            table.print_table(results)
        lines = [line.split() for line in printed.getvalue().splitlines() if line]
        self.assertEqual(lines, [["hls", "dash"], ["vod", "PASS", "FAIL"], ["live", "-"]])


class TestPackages(unittest.TestCase):
    def test_page_files_are_served(self):
        for file in command.PAGES.glob("*.html"):
            for reference in ("page.css", "page.js", f"{file.stem}.js"):
                self.assertIn(reference, file.read_text())
                self.assertTrue((Path(file).parent / reference).is_file())


if __name__ == "__main__":
    unittest.main()
