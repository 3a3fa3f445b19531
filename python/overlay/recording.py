# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Makes an edit file of what was changed in a laid file, and keeps what the edit file before said about each edit."""

import re
from collections.abc import Iterator
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
    """The differences as (start, end, lines): `old[start:end]` gives way to `lines`. Equal ends are set aside first."""
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
    """Join differences that only blank lines or brackets separate: one edit is easier to read."""
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
    """The edits with the comments and groups that they had before. New edits get the given group."""
    lines = split_lines(upstream)
    edits: list[Edit] = []
    for edit, met in met_edits(recorded.edits, before.edits, lines):
        if met and (kept := revised(met, edit, lines)) is not None:
            edits += kept
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


def met_edits(edits: list[Edit], before: list[Edit], upstream: list[str]) -> Iterator[tuple[Edit, list[Edit]]]:
    """Each edit with the former edits that touch its lines. An insertion may be moved to where it meets one."""
    for edit in edits:
        for same in [edit, *slid(edit, upstream, 1), *slid(edit, upstream, -1)]:
            if met := [old for old in before if old.first <= same.last + 1 and same.first <= old.last + 1]:
                yield same, met
                break
        else:
            yield edit, []


def slid(edit: Edit, upstream: list[str], step: int) -> Iterator[Edit]:
    """The insertions further down or up that make the same file: the lines begin or end as what is around them."""
    while edit.last < edit.first and 0 <= (passed := edit.last if step > 0 else edit.last - 1) < len(upstream):
        if upstream[passed] != edit.lines[0 if step > 0 else -1]:
            break
        lines = (*edit.lines[1:], edit.lines[0]) if step > 0 else (edit.lines[-1], *edit.lines[:-1])
        edit = replace(edit, first=edit.first + step, last=edit.last + step, lines=lines)
        edit = replace(edit, anchor=edit.anchor_in(upstream))
        yield edit


def revised(several: list[Edit], edit: Edit, upstream: list[str]) -> list[Edit] | None:
    """The several edits, changed to do together what the one edit does. None if it changes other lines than theirs."""
    first = min(other.first for other in [*several, edit])
    last = max(other.last for other in [*several, edit])
    lines = upstream[first - 1 : last]
    result = list(several)
    for start, end, changed in reversed(differences(applied(several, lines, first), applied([edit], lines, first))):
        shift = first
        for index, other in enumerate(several):
            # Where the lines of the other edit are among those that the edits make together.
            top = other.first - shift
            if top <= start and end <= top + len(other.lines):
                ours = result[index].lines
                result[index] = replace(other, lines=(*ours[: start - top], *changed, *ours[end - top :]))
                break
            shift -= len(other.lines) - (other.last - other.first + 1)
        else:
            return None
    return [other for other in result if other.lines or other.first <= other.last]
