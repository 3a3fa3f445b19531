# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""A file under check, and what is found in it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One line of output. A note does not fail the command."""

    name: str
    line: int
    message: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.name}:{self.line}: {'' if self.fails else 'note: '}{self.message}"


class SourceFile:
    """A file of the project by its name from the root. Its text is read once, when first asked for."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.path = root / name

    @property
    def suffix(self) -> str:
        return self.path.suffix

    @cached_property
    def text(self) -> str:
        """The content of the file. It is empty for what is not text."""
        try:
            return self.path.read_bytes().decode()
        except UnicodeDecodeError:
            return ""

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")
