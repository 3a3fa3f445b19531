# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The edits of one upstream file: `X.edit` in the tree of ours stands for changes to upstream's `X`.

An edit file holds no upstream text. It names the upstream file it fits by its SHA-256, then lists edits in the
order of the file's lines, each naming its lines by number and a short hash of their text:

    edits servo-script 0.7.0 dom/url.rs
    sha256 3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b

    replace 12-14 1f2e3d4c
    # Why this is done, in as many comment lines as it takes.
    +our first line
    +
    +our third line

    insert after 50 5e6f7a8b
    +our line

    delete 61 9c0d1e2f

The hash of an insertion is that of the line before it (line 0, the top of the file, is empty).
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

SUFFIX = ".edit"


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

    def heading(self) -> str:
        if self.last < self.first:
            return f"insert after {self.last} {self.anchor}"
        verb = "replace" if self.lines else "delete"
        span = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{verb} {span} {self.anchor}"

    def anchor_in(self, upstream: list[str], shift: int = 0) -> str:
        """The hash of the text that this edit would meet if it stood `shift` lines further down."""
        start = min(self.first, self.last) + shift
        return short_hash(upstream[start - 1 : self.last + shift] if start > 0 else [])


@dataclass(frozen=True)
class EditFile:
    """Every edit of one upstream file, in the order of its lines."""

    crate: str
    version: str
    path: str
    sha256: str
    edits: list[Edit] = field(default_factory=list)

    def apply(self, upstream: bytes) -> bytes:
        """The upstream file with the edits made; `EditError` if it is not the file they were made for."""
        lines = split_lines(upstream)
        if sha256(upstream) != self.sha256:
            raise EditError(self.refusal(lines))
        for edit in reversed(self.edits):
            if edit.last > len(lines) or edit.anchor_in(lines) != edit.anchor:
                raise EditError(f"`{edit.heading()}` names text that is not at these lines.")
            lines[edit.first - 1 : edit.last] = edit.lines
        return "\n".join(lines).encode()

    def refusal(self, lines: list[str]) -> str:
        """Which edits still fit a file that is not the expected one, and where the others' text is now."""
        reasons = []
        for number, edit in enumerate(self.edits, start=1):
            places = [
                f"{edit.first + shift}"
                for shift in range(-edit.first, len(lines) - edit.last + 1)
                if edit.first + shift > 0 and edit.anchor_in(lines, shift) == edit.anchor
            ]
            if str(edit.first) not in places:
                where = f"its text is now at line {places[0]}" if len(places) == 1 else "its text is not found"
                reasons.append(f"edit {number} (`{edit.heading()}`): {where}")
        fitting = "every edit still names the text it was made for" if not reasons else "; ".join(reasons)
        return f"the file is not the one the edits were made for: {fitting}."

    def text(self) -> str:
        """The edit file as it is written."""
        parts = [f"edits {self.crate} {self.version} {self.path}\nsha256 {self.sha256}\n"]
        for edit in self.edits:
            body = [edit.heading(), *edit.comment, *(f"+{line}" for line in edit.lines)]
            parts.append("".join(f"{line}\n" for line in body))
        return "\n".join(parts)

    def with_comments_of(self, before: "EditFile") -> "EditFile":
        """The same edits, each with the comment of the earlier edit that met the same upstream lines."""

        def comment_for(edit: Edit) -> tuple[str, ...]:
            for old in before.edits:
                same = (old.first, old.last) == (edit.first, edit.last)
                overlap = max(old.first, edit.first) <= min(old.last, edit.last)
                if (same or overlap) and old.comment:
                    return old.comment
            return ()

        return replace(self, edits=[replace(edit, comment=comment_for(edit)) for edit in self.edits])


HEADING = re.compile(
    r"(?:(?:replace|delete) (?P<first>\d+)(?:-(?P<last>\d+))?|insert after (?P<after>\d+)) (?P<anchor>[0-9a-f]{8})"
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
        elif line.startswith("#") and edits:
            edits[-1] = replace(edits[-1], comment=(*edits[-1].comment, line))
        elif line:
            raise EditError(f"line {number} is neither an edit's heading, a `#` comment nor a `+` line.")
    for before, after in zip(edits, edits[1:]):
        if after.first <= before.last or after.first < before.first:
            raise EditError(f"`{after.heading()}` does not lie after `{before.heading()}`.")
    return EditFile(*title.groups(), digest[1], edits)


def edit_of(heading: re.Match[str]) -> Edit:
    if heading["after"] is not None:
        after = int(heading["after"])
        return Edit(after + 1, after, heading["anchor"], ())
    first = int(heading["first"])
    return Edit(first, int(heading["last"] or first), heading["anchor"], ())


def record(crate: str, version: str, path: str, upstream: bytes, changed: bytes) -> EditFile:
    """The edits that make `changed` of `upstream`."""
    old, new = split_lines(upstream), split_lines(changed)
    edits = []
    for start, end, lines in merged(differences(old, new), old):
        edit = Edit(start + 1, end, "", tuple(lines))
        edits.append(replace(edit, anchor=edit.anchor_in(old)))
    return EditFile(crate, version, path, sha256(upstream), edits)


Difference = tuple[int, int, list[str]]


def differences(old: list[str], new: list[str]) -> list[Difference]:
    """(start, end, lines): `old[start:end]` gives way to `lines`. What both share at the ends is set aside first."""
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
    return [
        (head + start, head + end, middle_new[new_start:new_end])
        for tag, start, end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def merged(found: list[Difference], old: list[str]) -> list[Difference]:
    """Differences that only blank lines or brackets part are one edit: easier to read, and nothing is copied."""
    result: list[Difference] = []
    for start, end, lines in found:
        gap = old[result[-1][1] : start] if result else []
        if result and len(gap) <= 2 and not any(re.search(r"\w", line) for line in gap):
            before = result.pop()
            result.append((before[0], end, [*before[2], *gap, *lines]))
        else:
            result.append((start, end, lines))
    return result


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
