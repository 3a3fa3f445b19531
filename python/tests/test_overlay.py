# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Laying, saving and discarding, on a small made-up crate."""

import dataclasses
import unittest

from overlay import edits, layers, recording
from overlay_crate import LIB, MadeUpCrate


class OverlayTest(MadeUpCrate):
    def test_a_second_lay_touches_nothing(self):
        self.put("dom/mse.rs", "new\n")
        self.lay()
        before = {path: path.stat().st_mtime_ns for path in self.laid.rglob("*")}
        self.lay()
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in self.laid.rglob("*")})
        self.assertEqual((self.laid / "dom/mse.rs").read_text(), "new\n")

    def test_a_file_that_no_longer_belongs_goes(self):
        self.put("dom/mse.rs", "new\n")
        self.lay()
        (self.ours / "dom/mse.rs").unlink()
        self.lay()
        self.assertFalse((self.laid / "dom/mse.rs").exists())

    def test_save_records_edits_and_new_files_and_lay_brings_them_back(self):
        self.lay()
        changed = b"zero\none\nTWO\nthree\nfive\nsix"
        (self.laid / "lib.rs").write_bytes(changed)
        (self.laid / "dom/new.rs").write_text("new\n")
        layers.save(self.overlays(), "bug")
        self.assertEqual((self.ours / "dom/new.rs").read_text(), "new\n")
        text = (self.ours / "lib.rs.edit").read_text()
        for upstream_line in ("two", "four"):
            self.assertNotIn(upstream_line, text)
        for file in (self.laid / "lib.rs", self.laid / "dom/new.rs"):
            file.unlink()
        layers.discard(self.overlays(), [])
        self.assertEqual((self.laid / "lib.rs").read_bytes(), changed)
        self.assertEqual((self.laid / "dom/new.rs").read_text(), "new\n")

    def test_save_without_a_manifest_compares_with_upstream(self):
        self.lay()
        (self.root / "target/overlay/made-up.manifest.json").unlink()
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two", b"TWO"))
        (self.laid / ".cargo-ok").write_text("ok")
        layers.save(self.overlays(), "bug")
        self.assertEqual([path.name for path in self.ours.iterdir()], ["lib.rs.edit"])

    def test_save_keeps_comments(self):
        self.lay()
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two", b"TWO"))
        layers.save(self.overlays(), "bug")
        edit = self.ours / "lib.rs.edit"
        edit.write_text(edit.read_text().replace("+TWO", "# Why it must shout.\n+TWO"))
        self.lay()
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two", b"TWO").replace(b"five", b"FIVE"))
        layers.save(self.overlays(), "bug")
        self.assertIn("# Why it must shout.\n+TWO\n", edit.read_text())
        self.assertIn("+FIVE\n", edit.read_text())

    def test_save_keeps_groups_and_needs_one_for_what_is_new(self):
        self.edit("lib.rs", LIB, ("feature", b"two", b"TWO"))
        self.lay()
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two", b"Two"))
        layers.save(self.overlays())
        self.assertIn(" for feature\n+Two\n", (self.ours / "lib.rs.edit").read_text())
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two", b"Two").replace(b"five", b"FIVE"))
        self.assert_refused(lambda: layers.save(self.overlays()), "new change", "--group NAME", "bug, feature")
        layers.save(self.overlays(), "bug")
        self.assertIn(" for bug\n+FIVE\n", (self.ours / "lib.rs.edit").read_text())

    def test_save_keeps_edits_of_several_groups_at_one_place(self):
        self.edit("lib.rs", LIB, ("bug", b"two\n", b"two\nbug\n"), ("feature", b"two\n", b"two\nfeature\n"))
        before = (self.ours / "lib.rs.edit").read_text()
        self.lay()
        laid = (self.laid / "lib.rs").read_bytes()
        self.assertEqual(laid, LIB.replace(b"two\n", b"two\nbug\nfeature\n"))
        (self.laid / "lib.rs").write_bytes(laid.replace(b"five", b"FIVE"))
        layers.save(self.overlays(), "bug")
        self.assertTrue((self.ours / "lib.rs.edit").read_text().startswith(before))
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two\n", b"two\nBUG\n\nfeature\nmore\n"))
        layers.save(self.overlays())
        text = (self.ours / "lib.rs.edit").read_text()
        self.assertIn(" for bug\n+BUG\n+\n\n", text)
        self.assertIn(" for feature\n+feature\n+more\n", text)
        (self.laid / "lib.rs").write_bytes(LIB.replace(b"two\n", b"2\nBUG\nfeature\n"))
        self.assert_refused(lambda: layers.save(self.overlays(), "bug"), "lines of several groups (bug, feature)")

    def test_save_finds_an_edit_again_where_its_lines_could_stand_elsewhere(self):
        upstream = b"a\n},\nb\n},\nc\n"
        changed = b"a\n},\nours\n},\nb\n},\nc\n"
        recorded = recording.record("c", "1", "f", upstream, changed)
        other_way = edits.Edit(2, 1, edits.short_hash(["a"]), ("},", "ours"), ("# Why.",), "bug")
        before = dataclasses.replace(recorded, edits=[other_way])
        self.assertEqual(before.apply(upstream), changed)
        self.assertNotEqual(recorded.edits[0].first, other_way.first)
        self.assertEqual(recording.with_notes(recorded, before, upstream, "feature"), before)

    def test_save_after_undoing_a_change_removes_its_edit(self):
        self.lay()
        (self.laid / "lib.rs").write_bytes(LIB + b"six\n")
        layers.save(self.overlays(), "bug")
        (self.laid / "lib.rs").write_bytes(LIB)
        layers.save(self.overlays(), "bug")
        self.assertFalse((self.ours / "lib.rs.edit").exists())

    def test_lay_never_loses_an_unsaved_change(self):
        self.lay()
        (self.laid / "lib.rs").write_text("mine\n")
        (self.laid / "added.rs").write_text("mine\n")
        (self.laid / "dom/url.rs").unlink()
        self.put("dom/mse.rs", "laid meanwhile\n")
        for _ in range(2):
            self.lay()
            self.assertEqual((self.laid / "lib.rs").read_text(), "mine\n")
            self.assertEqual((self.laid / "added.rs").read_text(), "mine\n")
            self.assertFalse((self.laid / "dom/url.rs").exists())
            self.assertEqual((self.laid / "dom/mse.rs").read_text(), "laid meanwhile\n")
            self.assertIn("added.rs, dom/url.rs, lib.rs", self.said.call_args.args[0])
            unsaved = layers.unsaved_files(self.overlays())
            self.assertEqual(unsaved, [self.laid / name for name in ("added.rs", "dom/url.rs", "lib.rs")])

    def test_discard_drops_the_named_changes_or_all(self):
        self.lay()
        (self.laid / "lib.rs").write_text("mine\n")
        (self.laid / "added.rs").write_text("mine\n")
        (self.laid / "dom/url.rs").unlink()
        layers.discard(self.overlays(), ["script/lib.rs"])
        self.assertEqual((self.laid / "lib.rs").read_bytes(), LIB)
        self.assertTrue((self.laid / "added.rs").exists())
        layers.discard(self.overlays(), [])
        self.assertFalse((self.laid / "added.rs").exists())
        self.assertEqual((self.laid / "dom/url.rs").read_bytes(), b"url\n")
        self.assertEqual(layers.unsaved_files(self.overlays()), [])

    def test_what_was_changed_in_both_places_stops_lay_until_it_is_discarded(self):
        self.put("dom/mse.rs", "new\n")
        self.lay()
        self.put("dom/mse.rs", "changed in our folder\n")
        self.put("other.rs", "new\n")
        (self.laid / "dom/mse.rs").write_text("changed in place\n")
        self.assert_refused(self.lay, "dom/mse.rs", "overlay discard script/dom/mse.rs")
        self.assertFalse((self.laid / "other.rs").exists())
        layers.discard(self.overlays(), ["script/dom/mse.rs"])
        self.lay()
        self.assertEqual((self.laid / "dom/mse.rs").read_text(), "changed in our folder\n")

    def test_save_refuses_what_was_changed_in_both_places(self):
        self.put("dom/mse.rs", "new\n")
        self.lay()
        self.put("dom/mse.rs", "changed in our folder\n")
        (self.laid / "dom/mse.rs").write_text("changed in place\n")
        self.assert_refused(lambda: layers.save(self.overlays(), "bug"), "dom/mse.rs", "in place")
        self.assertEqual((self.ours / "dom/mse.rs").read_text(), "changed in our folder\n")

    def test_save_leaves_alone_what_was_changed_in_our_folder_only(self):
        self.put("dom/mse.rs", "new\n")
        self.lay()
        self.put("dom/mse.rs", "newer\n")
        layers.save(self.overlays(), "bug")
        self.assertEqual((self.ours / "dom/mse.rs").read_text(), "newer\n")
        self.assertEqual((self.laid / "dom/mse.rs").read_text(), "newer\n")

    def test_an_edit_that_does_not_fit_lays_nothing(self):
        self.lay()
        self.edit("lib.rs", b"zero\n" + LIB, ("bug", b"two", b"TWO"))
        self.put("a.rs", "new\n")
        self.assert_refused(self.lay, "lib.rs.edit", "made-up-1.0.0/lib.rs", "not the one", "overlay rebase")
        self.assertFalse((self.laid / "a.rs").exists())

    def test_an_edit_for_another_version_is_refused(self):
        other = recording.record("made-up", "0.9.0", "lib.rs", LIB, LIB + b"six\n")
        self.put("lib.rs.edit", other.text())
        self.assert_refused(self.lay, "it is for made-up 0.9.0 lib.rs")

    def test_an_edit_of_an_unknown_group_or_of_none_is_refused(self):
        self.edit("lib.rs", LIB, ("bugs", b"two", b"TWO"))
        self.assert_refused(self.lay, "lib.rs.edit", "is for bugs, which is no group", "bug, feature")
        self.edit("lib.rs", LIB, ("", b"two", b"TWO"))
        self.assert_refused(self.lay, "lib.rs.edit", "says no group", "bug, feature")

    def test_a_new_file_must_not_replace_an_upstream_file(self):
        self.put("lib.rs", "mine\n")
        self.assert_refused(self.lay, "lib.rs", "overlay edit script/lib.rs")

    def test_an_archive_with_another_checksum_is_refused(self):
        self.archive.write_bytes(b"something else")
        self.assert_refused(self.lay, "is not the made-up-1.0.0", "delete it")

    def test_edit_names_the_laid_copy(self):
        overlays = self.overlays()
        self.assertEqual(layers.edit(overlays, "script/dom/url.rs"), self.laid / "dom/url.rs")
        self.assertTrue((self.laid / "dom/url.rs").is_file())
        self.assert_refused(lambda: layers.edit(overlays, "script/none.rs"), "has no file none.rs")
        self.assert_refused(lambda: layers.edit(overlays, "net/lib.rs"), "script/…")


class EditFormatTest(unittest.TestCase):
    def round_trip(self, old: bytes, new: bytes) -> edits.EditFile:
        recorded = recording.record("c", "1", "f", old, new)
        read = edits.parse(recorded.text())
        self.assertEqual(read, recorded)
        self.assertEqual(read.apply(old), new)
        return recorded

    def test_round_trips(self):
        self.round_trip(LIB, b"")
        self.round_trip(b"", LIB)
        self.round_trip(LIB, b"top\n" + LIB)
        self.round_trip(LIB, LIB + b"bottom\n")
        self.round_trip(LIB, LIB.removesuffix(b"\n"))
        self.round_trip(LIB.replace(b"\n", b"\r\n"), LIB)
        self.round_trip(LIB, b"# one\n+two\n\n\nthree\nreplace 1 00000000\n")

    def test_differences_parted_by_a_bracket_are_one_edit(self):
        old = b"a {\n  b\n}\nc {\n}\n"
        new = b"a {\n  B\n}\nC {\n}\n"
        self.assertEqual([edit.heading()[:11] for edit in self.round_trip(old, new).edits], ["replace 2-4"])

    def test_a_damaged_edit_file_names_its_line(self):
        good = recording.record("c", "1", "f", LIB, LIB + b"six\n").text()
        with self.assertRaisesRegex(edits.EditError, "line 6 is neither"):
            edits.parse(good + "what is this\n")
        with self.assertRaisesRegex(edits.EditError, "line 6 is neither"):
            edits.parse(good + "# A comment below the lines that it is about.\n")
        with self.assertRaisesRegex(edits.EditError, "first two lines"):
            edits.parse("")
