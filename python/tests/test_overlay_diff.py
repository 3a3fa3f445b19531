# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Showing the overlay as patches, on a small made-up crate: git itself applies them."""

import subprocess

from overlay import diff, layers
from overlay.diff import Choice
from overlay_crate import LIB, MadeUpCrate


class DiffTest(MadeUpCrate):
    def setUp(self):
        super().setUp()
        self.edit("lib.rs", LIB, ("bug", b"two\n", b"two\nbug\n"), ("feature", b"two\n", b"two\nfeature\n"))
        self.edit("dom/url.rs", b"url\n", ("feature", b"url\n", b"URL"))
        self.put("dom/mse.rs", "new\n")

    def patch(self, **choice) -> str:
        return diff.patch(self.overlays(), Choice(**choice))

    def applied(self, *patches: str) -> dict[str, bytes]:
        """The files of the crate, after git has applied the patches to a checkout."""
        checkout = self.root / "checkout"
        crate = checkout / "components/script"
        (crate / "dom").mkdir(parents=True)
        (crate / "lib.rs").write_bytes(LIB)
        (crate / "dom/url.rs").write_bytes(b"url\n")
        subprocess.run(["git", "init", "--quiet", checkout], check=True)
        for patch in patches:
            command = ["git", "apply", "--whitespace=nowarn", "-"]
            subprocess.run(command, cwd=checkout, input=patch, text=True, check=True)
        return layers.read_tree(crate)

    def test_the_whole_patch_makes_what_is_laid(self):
        self.lay()
        self.assertEqual(self.applied(self.patch()), layers.read_tree(self.laid))

    def test_a_patch_has_context_and_the_paths_of_the_repository(self):
        patch = self.patch(names=["script/lib.rs"])
        name = "components/script/lib.rs"
        self.assertEqual(
            patch,
            f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1,5 +1,7 @@\n"
            " one\n two\n+bug\n+feature\n three\n four\n five\n",
        )

    def test_new_files_are_added_or_left_out(self):
        added = "new file mode 100644\n--- /dev/null\n+++ b/components/script/dom/mse.rs\n@@ -0,0 +1 @@\n+new\n"
        self.assertIn(added, self.patch())
        self.assertNotIn("mse.rs", self.patch(no_new=True))

    def test_a_group_applies_after_what_it_needs(self):
        bug = self.patch(group="bug")
        self.assertIn("+bug\n", bug)
        self.assertNotIn("feature", bug)
        self.assertEqual(self.patch(group="feature", needs=True), bug)
        self.lay()
        self.assertEqual(self.applied(bug, self.patch(group="feature")), layers.read_tree(self.laid))

    def test_a_group_without_needs_applies_alone(self):
        files = self.applied(self.patch(group="bug"))
        self.assertEqual(files, {"lib.rs": LIB.replace(b"two\n", b"two\nbug\n"), "dom/url.rs": b"url\n"})

    def test_what_is_not_there_is_refused(self):
        self.put("dom/other.rs", "new\n")
        self.assert_refused(lambda: self.patch(group="none"), "no group none", "bug, feature")
        self.assert_refused(lambda: self.patch(names=["script/none.rs"]), "does not change script/none.rs")

    def test_colours_leave_the_text_alone(self):
        coloured = diff.coloured(self.patch())
        self.assertIn("\x1b[32m+bug\x1b[0m\n", coloured)
        self.assertIn("\n--- a/components/script/lib.rs\n", coloured)
