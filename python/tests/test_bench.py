# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach bench --counts`: what it reads from callgrind, what it keeps, and what it refuses."""

import contextlib
import io
import tempfile
import unittest
from argparse import Namespace
from pathlib import Path
from unittest import mock

import bench
from project import UserError

DUMP = "desc: Trigger: --dump-after=operations::report_measured\nevents: Ir\nsummary: {0}\n\nfn=main\n0 {0}\ntotals: {0}\n"


class BenchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=bench.ROOT)
        self.addCleanup(folder.cleanup)
        self.counts = Path(folder.name) / "counts.txt"
        mock.patch.object(bench, "COUNTS", self.counts).start()
        self.addCleanup(mock.patch.stopall)

    def bench(self, counted: dict[str, int], save: bool = False) -> tuple[int, str]:
        """The exit status and the output when so much is counted."""
        output = io.StringIO()
        with mock.patch.object(bench, "count", lambda: counted), contextlib.redirect_stdout(output):
            status = bench.bench(Namespace(counts=True, save=save))
        return status, output.getvalue()

    def test_instructions_are_those_of_one_operation(self):
        line = "append a range, of 10: 8065 ns, 100 times"
        self.assertEqual(bench.operation(line, DUMP.format(4_040_800)), ("append a range, of 10", 40_408))

    def test_the_same_operation_with_more_buffered_comes_next(self):
        counts = {"append, of 10": 1, "seek, of 10": 2, "append, of 1000": 3, "seek, of 1000": 4}
        names = ["append, of 10", "append, of 1000", "seek, of 10", "seek, of 1000"]
        self.assertEqual(list(bench.by_growth(counts)), names)

    def test_what_is_saved_is_read_again(self):
        counts = {"append 32 s of fMP4 in 1 MiB": 39_111_860, "seek": 999}
        text = bench.written(counts, "rustc 1.95.0")
        self.assertEqual(bench.read(text), counts)
        self.assertIn("rustc 1.95.0", text)
        self.assertIn("\n 39 111 860  append 32 s of fMP4 in 1 MiB\n        999  seek\n", text)

    def test_the_saved_counts_can_be_read(self):
        mock.patch.stopall()
        self.assertGreater(len(bench.read(bench.COUNTS.read_text())), 10)

    def test_more_than_the_tolerance_fails_and_can_be_accepted(self):
        self.assertEqual(self.bench({"append": 1000, "seek": 1000}, save=True)[0], 0)
        self.assertEqual(self.bench({"append": 1019, "seek": 500})[0], 0)
        status, output = self.bench({"append": 1021, "seek": 1000})
        self.assertEqual(status, 1)
        self.assertIn("append: 2.1% more instructions (1 000 before, 1 021 now)", output)
        self.assertNotIn("seek:", output)
        self.assertIn("./mach bench --counts --save", output)
        self.bench({"append": 1021, "seek": 1000}, save=True)
        self.assertEqual(self.bench({"append": 1021, "seek": 1000})[0], 0)

    def test_operations_that_come_and_go_are_told(self):
        self.bench({"append": 1000}, save=True)
        status, output = self.bench({"seek": 1000})
        self.assertEqual(status, 1)
        self.assertIn("append: it is counted no more", output)
        self.assertIn("seek: nothing is saved to compare it with", output)

    def test_without_valgrind_it_says_how_to_get_it(self):
        with mock.patch.object(bench, "is_installed", lambda program: False):
            with self.assertRaisesRegex(UserError, "apt-get install valgrind"):
                bench.count()

    def test_save_alone_is_refused(self):
        with self.assertRaisesRegex(UserError, "add --counts"):
            bench.bench(Namespace(counts=False, save=True))


if __name__ == "__main__":
    unittest.main()
