# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The groups that edits and new files belong to, on a small made-up crate."""

import contextlib
import io
import unittest

from overlay import listing
from overlay.groups import Groups
from overlay_crate import LIB, MadeUpCrate
from project import UserError


class GroupsTest(unittest.TestCase):
    def test_groups_stand_behind_what_they_need(self):
        described = {
            "a": {"purpose": "A."},
            "b": {"purpose": "B.", "needs": ["a"]},
            "c": {"purpose": "C.", "needs": ["b"]},
        }
        self.assertEqual(Groups(described).needed_by("c"), {"a", "b"})
        with self.assertRaisesRegex(UserError, "group b needs a, which does not stand above it"):
            Groups({"b": described["b"], "a": described["a"]})

    def test_a_group_says_what_it_is_for(self):
        for entry in ({}, {"purpose": "A.", "need": ["b"]}):
            with self.assertRaisesRegex(UserError, "group a must have a `purpose`"):
                Groups({"a": entry})


class ListingTest(MadeUpCrate):
    def test_groups_are_listed_with_their_counts(self):
        self.edit("lib.rs", LIB, ("bug", b"two\n", b""), ("feature", b"four", b"FOUR\nfour"))
        self.put("dom/mse.rs", "new\nlines\n")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            listing.groups(self.overlays())
        self.assertEqual(
            output.getvalue(),
            "bug: 1 edit, 0 lines for 1 in 1 file\n    What a page sees.\n"
            "feature: 1 edit, 1 line for 0 in 1 file and 1 new file of 2 lines; needs bug\n    What is new.\n",
        )

    def test_new_files_belong_to_one_group(self):
        self.put("dom/other.rs", "new\n")
        self.assertEqual(
            list(listing.strays(self.overlays())),
            [
                "script/dom/mse.rs belongs to a group but is not there",
                "script/dom/other.rs belongs to 0 groups: it must belong to one",
            ],
        )
