# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The released crates that the overlay is laid over, as cargo downloaded them and nobody changed them."""

import io
import os
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path

from overlay.edits import sha256
from project import UserError, output_of, say

Files = dict[str, bytes]


@dataclass(frozen=True)
class Crate:
    """A released crate, the SHA-256 of its archive (as in the registry), and the folder of what we lay over it."""

    name: str
    version: str
    checksum: str
    folder: str

    @property
    def title(self) -> str:
        return f"{self.name}-{self.version}"

    def files(self) -> Files:
        """Every file of the crate, by path, out of its checked archive."""
        archive = self.archive()
        content = archive.read_bytes()
        if sha256(content) != self.checksum:
            raise UserError(
                f"{archive} is not the {self.title} that the overlay was made for "
                f"(SHA-256 {sha256(content)}, expected {self.checksum}): delete it and try again."
            )
        with tarfile.open(fileobj=io.BytesIO(content)) as members:
            return {
                member.name.removeprefix(f"{self.title}/"): members.extractfile(member).read()
                for member in members
                if member.isfile()
            }

    @classmethod
    def released(cls, name: str, version: str, folder: str) -> "Crate":
        """Any version of a crate. Cargo has compared its archive with the registry's hash when it downloaded it."""
        unchecked = cls(name, version, "", folder)
        return replace(unchecked, checksum=sha256(unchecked.archive().read_bytes()))

    def archive(self) -> Path:
        """The archive in cargo's registry cache, downloaded by cargo if it is not there."""
        if not (found := self.in_cache()):
            say(f"downloading {self.title}")
            # `cargo info` downloads one crate; run outside of any workspace it needs no lock file.
            output_of(["cargo", "info", "--registry", "crates-io", f"{self.name}@{self.version}"], cwd=Path("/"))
            found = self.in_cache()
        if not found:
            raise UserError(f"{self.title} cannot be downloaded from crates.io: check the version and the network.")
        return found

    def in_cache(self) -> Path | None:
        home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
        return next(iter(sorted(home.glob(f"registry/cache/*/{self.title}.crate"))), None)
