# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Moving edits to another version of a crate, on small made-up ones."""

import contextlib
import io
import unittest
from unittest import mock

from overlay import edits, fitting, layers, rebase, recording
from overlay_crate import LIB, MadeUpCrate

ALPHABET = [f"line {letter}" for letter in "abcdefghijklmnop"]


class FittingTest(unittest.TestCase):
    def fit(self, old: list[str], changed: list[str], new: list[str]) -> list[str] | str:
        """`new` with what makes `changed` of `old`, or why that does not fit."""
        recorded = recording.record("c", "1", "f", *("\n".join(lines).encode() for lines in (old, changed)))
        fits, misfits = fitting.fit(recorded.edits, old, new)
        return misfits[0].why if misfits else edits.applied(fits, new)

    def insertion(self, after: str) -> list[str]:
        at = ALPHABET.index(after) + 1
        return [*ALPHABET[:at], "ours", *ALPHABET[at:]]

    def test_an_insertion_moves_with_the_lines_around_it(self):
        for new in (["first", *ALPHABET], ALPHABET[3:], [*ALPHABET[8:], *ALPHABET[:8]]):
            fitted = self.fit(ALPHABET, self.insertion("line e"), new)
            self.assertEqual(fitted.index("ours"), fitted.index("line e") + 1)

    def test_an_insertion_stays_beside_the_lines_that_are_left(self):
        below_changed = [line.replace("line f", "line F") for line in ALPHABET]
        fitted = self.fit(ALPHABET, self.insertion("line e"), below_changed)
        self.assertEqual(fitted[4:7], ["line e", "ours", "line F"])

    def test_an_insertion_does_not_fit_between_lines_that_are_apart(self):
        apart = [*ALPHABET[:5], "between", *ALPHABET[5:]]
        self.assertEqual(
            self.fit(ALPHABET, self.insertion("line e"), apart), "the lines that it stood between are apart"
        )

    def test_an_insertion_needs_something_around_it(self):
        new = ["other", "line", "lines"]
        self.assertIn("too little", self.fit(ALPHABET, self.insertion("line e"), new))

    def test_a_replacement_follows_its_lines(self):
        changed = [line.replace("line e", "ours") for line in ALPHABET]
        new = ["x", "y", "line e", "z", "line a"]
        self.assertEqual(self.fit(ALPHABET, changed, new), ["x", "y", "ours", "z", "line a"])
        self.assertEqual(self.fit(ALPHABET, changed, ["x"]), "the lines that it changes are not there")

    def test_the_surroundings_choose_between_lines_that_are_alike(self):
        old = ["a {", "}", "same();", "b {", "}", "same();", "c {"]
        changed = [*old[:5], "ours();", *old[6:]]
        self.assertEqual(self.fit(old, changed, ["top", *old]), ["top", *changed])
        alike = [*old[2:6], *old[2:6]]
        self.assertEqual(self.fit(old, changed, alike), "several places are alike")

    def test_a_misfit_names_what_is_nearest(self):
        changed = [line.replace("line e", "ours") for line in ALPHABET]
        recorded = recording.record("c", "1", "f", *("\n".join(lines).encode() for lines in (ALPHABET, changed)))
        new = ["top", *(line.replace("line e", "line E") for line in ALPHABET)]
        _, [misfit] = fitting.fit(recorded.edits, ALPHABET, new)
        self.assertEqual(new[misfit.nearest - 1], "line E")


class RebaseTest(MadeUpCrate):
    def setUp(self):
        super().setUp()
        self.edit("lib.rs", LIB, ("bug", b"two", b"TWO"), ("feature", b"four\n", b""))
        self.edit("dom/url.rs", b"url\n", ("feature", b"url", b"URL"))
        self.before = layers.read_tree(self.root / "components")

    def rebase(self, version: str, dry_run: bool = False) -> tuple[int, str]:
        """The exit status and what is printed."""
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = rebase.rebase(self.overlays(), version, dry_run, self.root)
        return status, output.getvalue()

    def test_what_fits_is_written_back_and_comes_back_as_it_was(self):
        self.lay()
        self.release("2.0.0", {"lib.rs": b"zero\n" + LIB, "dom/url.rs": b"url\n"})
        status, output = self.rebase("2.0.0")
        self.assertEqual(status, 0)
        self.assertIn("3 of 3 edits in 2 files fit 2.0.0", output)
        self.assertIn("edits made-up 2.0.0 lib.rs\n", (self.ours / "lib.rs.edit").read_text())
        self.lay()
        self.assertEqual((self.laid / "lib.rs").read_text(), "zero\none\nTWO\nthree\nfive\n")
        self.assertEqual(self.rebase("1.0.0")[0], 0)
        self.assertEqual(layers.read_tree(self.root / "components"), self.before)

    def test_what_does_not_fit_is_listed_and_kept(self):
        self.release("2.0.0", {"lib.rs": LIB.replace(b"four", b"fourth"), "url.rs": b"url\n"})
        status, output = self.rebase("2.0.0")
        self.assertEqual(status, 1)
        for words in (
            "lib.rs.edit: `delete 4 04efaf08 for feature`: the lines that it changes are not there\n",
            "expected, as in 1.0.0 at line 4:\n        4 | four\n",
            "nearest, in 2.0.0 at line 4:\n        3 | three\n        4 | fourth\n",
            "dom/url.rs.edit: `replace 1 ",
            "the file is not there\n",
            "If url.rs is that file now, move",
            "1 of 3 edits in 2 files fit 2.0.0",
            "2 in 2 files do not",
        ):
            self.assertIn(words, output)
        self.assertIn("edits made-up 1.0.0 lib.rs\n", (self.ours / "lib.rs.misfit").read_text())
        self.assertFalse((self.ours / "dom/url.rs.edit").exists())
        self.lay()
        self.assertEqual((self.laid / "lib.rs").read_text(), "one\nTWO\nthree\nfourth\nfive\n")
        self.assertFalse((self.laid / "lib.rs.misfit").exists())
        self.assertIn("lib.rs.misfit", self.said.call_args.args[0])
        self.assertEqual(self.rebase("1.0.0")[0], 0)
        self.assertEqual(layers.read_tree(self.root / "components"), self.before)

    def test_an_edit_file_that_was_moved_with_its_file_fits(self):
        self.release("2.0.0", {"lib.rs": LIB, "url.rs": b"url\n"})
        self.rebase("2.0.0")
        (self.ours / "dom/url.rs.misfit").rename(self.ours / "url.rs.edit")
        self.assertEqual(self.rebase("2.0.0")[0], 0)
        self.assertIn("edits made-up 2.0.0 url.rs\n", (self.ours / "url.rs.edit").read_text())

    def test_a_dry_run_writes_nothing(self):
        self.release("2.0.0", {"lib.rs": b"zero\n" + LIB})
        self.assertEqual(self.rebase("2.0.0", dry_run=True)[0], 1)
        self.assertEqual(layers.read_tree(self.root / "components"), self.before)

    def test_a_new_file_that_upstream_has_too_does_not_fit(self):
        self.put("dom/mse.rs", "new\n")
        self.release("2.0.0", {"lib.rs": LIB, "dom/url.rs": b"url\n", "dom/mse.rs": b"theirs\n"})
        status, output = self.rebase("2.0.0", dry_run=True)
        self.assertEqual(status, 1)
        self.assertIn("dom/mse.rs: made-up-2.0.0 has a file of this name", output)

    def test_misfits_of_two_versions_are_refused(self):
        self.release("2.0.0", {"lib.rs": LIB.replace(b"four", b"fourth"), "dom/url.rs": b"url\n"})
        self.release("3.0.0", {"lib.rs": b"nothing\n", "dom/url.rs": b"url\n"})
        self.rebase("2.0.0")
        self.assert_refused(lambda: self.rebase("3.0.0"), "lib.rs.misfit", "`./mach overlay rebase 1.0.0`")

    def test_a_change_that_is_not_saved_is_refused(self):
        self.lay()
        (self.laid / "lib.rs").write_text("mine\n")
        self.assert_refused(lambda: self.rebase("1.0.0"), "lib.rs was changed in place", "overlay save")

    def test_a_version_that_is_not_there_is_refused(self):
        with contextlib.redirect_stdout(io.StringIO()), mock.patch("overlay.upstream.output_of"):
            self.assert_refused(lambda: self.rebase("9.0.0"), "made-up-9.0.0 cannot be downloaded", "version")
