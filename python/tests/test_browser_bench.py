# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Tests of what measures browsers: the cost of processes, the server of the pages, and the tables."""

import json
import subprocess
import sys
import threading
import unittest
import urllib.request

from browser_bench import process_tree, server, table

# A program that starts another, which works for a moment and then waits as long as its input is open.
WORKER = "x = sum(range(5_000_000)); held = bytearray(b'x' * (64 << 20)); print('done', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKER!r}])"


class CostTest(unittest.TestCase):
    def test_what_a_process_has_started_counts(self) -> None:
        before = process_tree.Cost(0, 0)
        with subprocess.Popen(
            [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            self.assertEqual(process.stdout.readline(), "done\n")
            after = process_tree.cost(process.pid)
            self.assertEqual(len(process_tree.tree(process.pid)), 2)
            process.stdin.write("\n")
        self.assertGreater(after.seconds, before.seconds)
        self.assertGreater(after.memory, 64)

    def test_a_process_that_has_ended_costs_nothing(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        self.assertEqual(process_tree.cost(process.pid), process_tree.Cost(0, 0))


class ServerTest(unittest.TestCase):
    def test_a_report_is_answered_when_it_was_handled(self) -> None:
        with server.serve() as (origin, reports):
            request = urllib.request.Request(f"{origin}/report/begin", data=json.dumps({"frames": 3}).encode())
            statuses = []
            sender = threading.Thread(target=lambda: statuses.append(urllib.request.urlopen(request).status))
            sender.start()
            name, result, answer = reports.get(timeout=10)
            self.assertEqual((name, result, statuses), ("begin", {"frames": 3}, []))
            answer.set()
            sender.join()
            self.assertEqual(statuses, [204])

    def test_pages_are_served(self) -> None:
        with server.serve() as (origin, _):
            for page in ("playing.html", "figures.html", "cycles.html", "capture.html", "openings.html", "soak.html", "bench.js"):
                with urllib.request.urlopen(f"{origin}/{page}") as response:
                    self.assertIn(b"mozilla.org/MPL/2.0", response.read())


class TableTest(unittest.TestCase):
    def test_a_cell_has_the_figures_of_each_run(self) -> None:
        def playing(browser: str, seconds: float) -> dict:
            costs = {"seconds": [1, 1 + 8 * seconds], "memory": [50, 99.6]}
            return {"browser": browser, "page": "playing", "clip": "A", **costs, "played": 8, "dropped": 1}

        figures = {
            "browser": "x",
            "page": "figures",
            "clip": "A",
            "first_of_process": 60.4,
            "first_frames": [7, 8, 9],
            "seeks": [*range(1, 11)],
            "drags": [2, 2],
            "small_appends_a_second": 31_000,
            "bytes_a_second": [1 << 20, 3 << 20, 2 << 20],
        }
        cycles = {"browser": "x", "page": "cycles", "clip": "A", "memory": [100.2, 110.4]}
        failed = {"browser": "y", "page": "figures", "clip": "A", "error": "no result"}
        lines = table.tables([playing("x", 0.5), playing("y", 0.25), playing("x", 0.75), figures, cycles, failed])
        self.assertIn("| A | 0.50 (100; 1), 0.75 (100; 1) | 0.25 (100; 1) |", lines)
        self.assertIn("| random seek, median (p90), ms | 5.5 (10) | failed |", lines)
        self.assertIn("| 4 KiB appends a second | 31.0 k | failed |", lines)
        self.assertIn("| memory while 10 GB are appended and removed: early, at the end, MiB | 100 to 110 |  |", lines)
        self.assertIn("| appends of 1 MiB, median, MiB/s | 2 | failed |", lines)
