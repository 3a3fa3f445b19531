# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Makes an edit file of what was changed in a laid file, and keeps what the edit file before said about each edit."""

import re
from dataclasses import replace
from difflib import SequenceMatcher

from overlay.edits import Edit, EditError, EditFile, applied, sha256, split_lines


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


def with_notes(recorded: EditFile, before: EditFile, upstream: bytes, group: str) -> EditFile:
    """The same edits with the comments and groups that they had before. What is new gets the given group."""
    lines = split_lines(upstream)
    edits: list[Edit] = []
    for edit in recorded.edits:
        met = [old for old in before.edits if old.first <= edit.last + 1 and edit.first <= old.last + 1]
        if met and amounts_to(met, edit, lines):
            edits += met
            continue
        groups = list(dict.fromkeys(old.group for old in met))
        if len(groups) > 1:
            raise EditError(
                f"`{edit.heading()}` changes lines of several groups ({', '.join(groups)}): "
                "write the parts into the edit file by hand, an edit for each group."
            )
        comment = next((old.comment for old in met if old.comment), ())
        edits.append(replace(edit, comment=comment, group=groups[0] if groups else group))
    return replace(recorded, edits=edits)


def amounts_to(several: list[Edit], edit: Edit, upstream: list[str]) -> bool:
    """Whether the edits together do what the one edit does."""
    first = min(other.first for other in [*several, edit])
    last = max(other.last for other in [*several, edit])
    lines = upstream[first - 1 : last]
    return applied(several, lines, first) == applied([edit], lines, first)
