# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The edits of one upstream file: `X.edit` in the tree of ours stands for changes to upstream's `X`.

An edit file holds no upstream text. It names the upstream file it fits by its SHA-256, then lists edits in the
order of the file's lines. Each names its lines by number and a short hash of their text, and the group that it
belongs to (`components/overlay.toml` says what each group is for):

    edits servo-script 0.7.0 dom/url.rs
    sha256 3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b

    replace 12-14 1f2e3d4c for mse
    # Why this is done, in as many comment lines as it takes.
    +our first line
    +
    +our third line

    insert after 50 5e6f7a8b for timers
    +our line

    delete 61 9c0d1e2f for timers

The hash of an insertion is that of the line before it (line 0, the top of the file, is empty). Edits of different
groups may insert at the same place; their lines then stand in the order of the edits.
"""

import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass, field, replace

SUFFIX = ".edit"
# The edits of a file that `./mach overlay rebase` found no place for. Nothing lays them.
MISFIT_SUFFIX = ".misfit"


class EditError(Exception):
    """An edit file that cannot be read, or that does not fit the upstream file."""


@dataclass(frozen=True)
class Edit:
    """Lines `first` to `last` (counted from 1) give way to `lines`. An insertion has `last == first - 1`."""

    first: int
    last: int
    anchor: str
    lines: tuple[str, ...]
    comment: tuple[str, ...] = ()
    group: str = ""

    def heading(self) -> str:
        purpose = f" for {self.group}" if self.group else ""
        if self.last < self.first:
            return f"insert after {self.last} {self.anchor}{purpose}"
        verb = "replace" if self.lines else "delete"
        span = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{verb} {span} {self.anchor}{purpose}"

    def anchor_in(self, upstream: list[str]) -> str:
        """The hash of the text that this edit meets in the upstream file."""
        start = min(self.first, self.last)
        return short_hash(upstream[start - 1 : self.last] if start > 0 else [])

    def text(self) -> str:
        """The edit as it is written."""
        body = [self.heading(), *self.comment, *(f"+{line}" for line in self.lines)]
        return "".join(f"{line}\n" for line in body)


@dataclass(frozen=True)
class EditFile:
    """Every edit of one upstream file, in the order of its lines."""

    crate: str
    version: str
    path: str
    sha256: str
    edits: list[Edit] = field(default_factory=list)

    def apply(self, upstream: bytes, chosen: Container[str] | None = None) -> bytes:
        """The upstream file with the edits made; `EditError` if it is not the file they were made for.

        With `chosen` groups, only their edits are made.
        """
        if sha256(upstream) != self.sha256:
            raise EditError("the file is not the one that the edits were made for.")
        lines = split_lines(upstream)
        for edit in self.edits:
            if edit.last > len(lines) or edit.anchor_in(lines) != edit.anchor:
                raise EditError(f"`{edit.heading()}` names text that is not at these lines.")
        made = [edit for edit in self.edits if chosen is None or edit.group in chosen]
        return "\n".join(applied(made, lines)).encode()

    def text(self) -> str:
        """The edit file as it is written."""
        title = f"edits {self.crate} {self.version} {self.path}\nsha256 {self.sha256}\n"
        return "\n".join([title, *(edit.text() for edit in self.edits)])


def applied(edits: list[Edit], lines: list[str], start: int = 1) -> list[str]:
    """The lines, of which the first is line `start` of its file, with the edits made. The last edit is made first."""
    result = list(lines)
    for edit in reversed(edits):
        result[edit.first - start : edit.last - start + 1] = edit.lines
    return result


HEADING = re.compile(
    r"(?:(?:replace|delete) (?P<first>\d+)(?:-(?P<last>\d+))?|insert after (?P<after>\d+)) (?P<anchor>[0-9a-f]{8})"
    r"(?: for (?P<group>\S+))?"
)


def parse(text: str) -> EditFile:
    """Read an edit file. `EditError` names the line that cannot be understood."""
    lines = text.removesuffix("\n").split("\n")
    title = re.fullmatch(r"edits (\S+) (\S+) (\S+)", lines[0])
    digest = re.fullmatch(r"sha256 ([0-9a-f]{64})", lines[1]) if len(lines) > 1 else None
    if not title or not digest:
        raise EditError("its first two lines must be `edits CRATE VERSION PATH` and `sha256 HASH`.")
    edits: list[Edit] = []
    for number, line in enumerate(lines[2:], start=3):
        if heading := HEADING.fullmatch(line):
            edits.append(edit_of(heading))
        elif line.startswith("+") and edits:
            edits[-1] = replace(edits[-1], lines=(*edits[-1].lines, line[1:]))
        elif line.startswith("#") and edits and not edits[-1].lines:
            edits[-1] = replace(edits[-1], comment=(*edits[-1].comment, line))
        elif line:
            raise EditError(f"line {number} is neither an edit's heading, a `#` comment below it nor a `+` line.")
    for before, after in zip(edits, edits[1:]):
        if after.first <= before.last or after.first < before.first:
            raise EditError(f"`{after.heading()}` does not lie after `{before.heading()}`.")
    return EditFile(*title.groups(), digest[1], edits)


def edit_of(heading: re.Match[str]) -> Edit:
    if heading["after"] is not None:
        last = int(heading["after"])
        first = last + 1
    else:
        first = int(heading["first"])
        last = int(heading["last"] or first)
    return Edit(first, last, heading["anchor"], (), group=heading["group"] or "")


def split_lines(content: bytes) -> list[str]:
    """Lines without their ends. A last line end shows as a last empty line, so that joining gives the same bytes."""
    try:
        return content.decode().split("\n")
    except UnicodeDecodeError:
        raise EditError("it is not text, so it cannot be edited; replace what uses it instead.") from None


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def short_hash(lines: list[str]) -> str:
    return sha256("\n".join(lines).encode())[:8]
