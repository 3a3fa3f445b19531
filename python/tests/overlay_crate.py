# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""A small made-up crate with an overlay, for the tests of the overlay's commands."""

import dataclasses
import io
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from overlay import edits, layers, recording
from overlay.edits import sha256
from project import UserError

LIB = b"one\ntwo\nthree\nfour\nfive\n"

DESCRIPTION = """
[crates.made-up]
version = "1.0.0"
sha256 = "{sha256}"
folder = "script"

[groups.bug]
purpose = "What a page sees."

[groups.feature]
purpose = "What is new."
needs = ["bug"]
files = ["script/dom/mse.rs"]
"""


class MadeUpCrate(unittest.TestCase):
    """An overlay of a small crate, `made-up`, in a folder of its own."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.ours = self.root / "components/script"
        self.ours.mkdir(parents=True)
        self.archive = self.release("1.0.0", {"lib.rs": LIB, "dom/url.rs": b"url\n"})
        self.describe(self.archive)
        self.laid = self.root / "target/overlay/made-up"
        self.enterContext(mock.patch.dict("os.environ", CARGO_HOME=str(self.root / "cargo")))
        self.said = self.enterContext(mock.patch("overlay.layers.say"))

    def release(self, version: str, files: dict[str, bytes]) -> Path:
        """Put a version of the crate where cargo would have downloaded it."""
        cache = self.root / "cargo/registry/cache/index"
        cache.mkdir(parents=True, exist_ok=True)
        archive = cache / f"made-up-{version}.crate"
        archive.write_bytes(crate_archive(f"made-up-{version}", files))
        return archive

    def describe(self, archive: Path):
        """Lay the overlay over version 1.0.0, which the archive holds."""
        description = DESCRIPTION.format(sha256=sha256(archive.read_bytes()))
        (self.root / "components/overlay.toml").write_text(description)

    def overlays(self):
        return layers.overlays(self.root, self.root / "target")

    def lay(self):
        layers.lay(self.overlays())

    def put(self, path: str, text: str):
        (self.ours / path).parent.mkdir(parents=True, exist_ok=True)
        (self.ours / path).write_text(text)

    def edit(self, path: str, upstream: bytes, *changes: tuple[str, bytes, bytes]):
        """Write the edit file that makes the changes of upstream's file, each of a group, and of other lines."""
        found = []
        for group, before, after in changes:
            changed = recording.record("made-up", "1.0.0", path, upstream, upstream.replace(before, after)).edits
            found += [dataclasses.replace(edit, group=group) for edit in changed]
        found.sort(key=lambda edit: (edit.first, edit.last))
        self.put(f"{path}.edit", edits.EditFile("made-up", "1.0.0", path, sha256(upstream), found).text())

    def assert_refused(self, action, *words):
        with self.assertRaises(UserError) as caught:
            action()
        for word in words:
            self.assertIn(word, str(caught.exception))


def crate_archive(title: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(f"{title}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
