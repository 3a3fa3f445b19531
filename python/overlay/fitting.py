# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Finds where the edits of a file belong in another version of it, by the text that they meet there.

An edit fits where the lines that it changes stand in the other version, at the place whose surroundings agree the
most. An insertion fits between the lines that it stood between. If those on one side of it are gone, it fits beside
the others; if both are there but apart, it fits nowhere, as it may belong to either. What fits finds the way back:
the same rules lead from its place in the other version to the place where it was.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

from overlay.edits import Edit

# The number of lines above and below an edit that are compared.
REACH = 20
# The number of lines with words that have to agree, unless one of them occurs once in either version.
ENOUGH = 3
# The number of lines around an edit that does not fit which are compared to find what resembles them.
WINDOW = 4


@dataclass(frozen=True)
class Misfit:
    """An edit that has no place. `nearest` is the line of the other version where most of the text around is."""

    edit: Edit
    why: str
    nearest: int | None


def fit(edits: list[Edit], old: list[str], new: list[str]) -> tuple[list[Edit], list[Misfit]]:
    """The edits of `old` with the lines and hashes that they have in `new`, and those which fit nowhere."""
    placed: list[tuple[int, Edit]] = []
    misfits: list[Misfit] = []
    found = [(number, edit, place(edit, old, new)) for number, edit in enumerate(edits)]
    # The edits that agree with most of their surroundings get their places first.
    for number, edit, at in sorted(found, key=lambda entry: -entry[2].agreement):
        moved = edit
        why = at.why
        if at.start is not None:
            moved = replace(edit, first=at.start + 1, last=at.start + edit.last - edit.first + 1)
            moved = replace(moved, anchor=moved.anchor_in(new))
            if place(moved, new, old).start != edit.first - 1:
                why = "it may belong to several places"
            elif clash(sorted([*placed, (number, moved)], key=in_order)):
                why = "another edit changes the lines where it fits"
        if why:
            misfits.append(Misfit(edit, why, nearest(edit, old, new)))
        else:
            placed.append((number, moved))
    misfits.sort(key=lambda misfit: misfit.edit.first)
    return [edit for _, edit in sorted(placed, key=in_order)], misfits


def in_order(entry: tuple[int, Edit]) -> tuple[int, int, int]:
    """The edits sorted by lines. At one place insertions come first, and otherwise they stay in their order."""
    number, edit = entry
    return edit.first, edit.last, number


def clash(ordered: list[tuple[int, Edit]]) -> bool:
    """Whether two of the edits change the same lines."""
    return any(after.first <= before.last for (_, before), (_, after) in pairwise(ordered))


@dataclass(frozen=True)
class Place:
    """Where an edit fits: the index of its first line, and how many lines around it agree. Or why it fits nowhere."""

    start: int | None = None
    agreement: int = 0
    why: str = ""


def place(edit: Edit, old: list[str], new: list[str]) -> Place:
    """The place whose surroundings are most like those of the edit."""
    changed = old[edit.first - 1 : edit.last]
    size = len(changed)
    starts = [start for start in range(len(new) - size + 1) if new[start : start + size] == changed]
    if not starts:
        return Place(why="the lines that it changes are not there")
    around = {start: agreeing(edit, old, new, start) for start in starts}
    best = max(starts, key=lambda start: around[start].count)
    if not around[best].is_enough(changed, old, new):
        return Place(why="too little of what is around it is there")
    if sum(other.count == around[best].count for other in around.values()) > 1:
        return Place(why="several places are alike")
    if not changed and not (around[best].above and around[best].below):
        if sum(other.is_enough(changed, old, new) for other in around.values()) > 1:
            return Place(why="the lines that it stood between are apart")
    return Place(best, around[best].count)


@dataclass(frozen=True)
class Surroundings:
    """The lines directly above and below a place that are the same as those around an edit."""

    above: list[str]
    below: list[str]

    @property
    def count(self) -> int:
        return len(self.above) + len(self.below)

    def is_enough(self, changed: list[str], old: list[str], new: list[str]) -> bool:
        """Whether these and the changed lines are enough to know the place by."""
        worded = [line for line in [*self.above, *changed, *self.below] if has_words(line)]
        return len(worded) >= ENOUGH or any(old.count(line) == new.count(line) == 1 for line in worded)


def agreeing(edit: Edit, old: list[str], new: list[str], start: int) -> Surroundings:
    """The lines that would be the same around the edit if it stood at `start`."""
    end = start + edit.last - edit.first + 1
    above = common(old[max(0, edit.first - 1 - REACH) : edit.first - 1][::-1], new[max(0, start - REACH) : start][::-1])
    below = common(old[edit.last : edit.last + REACH], new[end : end + REACH])
    return Surroundings(above, below)


def common(one: list[str], other: list[str]) -> list[str]:
    """The lines that both begin with."""
    result = []
    for line, same in zip(one, other):
        if line != same:
            break
        result.append(line)
    return result


def nearest(edit: Edit, old: list[str], new: list[str]) -> int | None:
    """The line where the text around a misfit is most alike, if any of it is there."""
    top = max(0, edit.first - 1 - WINDOW)
    window = old[top : edit.last + WINDOW]
    sought = Counter(line.strip() for line in window if has_words(line))

    def likeness(start: int) -> int:
        return sum((sought & Counter(line.strip() for line in new[start : start + len(window)])).values())

    best = max(range(len(new)), key=likeness)
    return min(best + edit.first - top, len(new)) if likeness(best) else None


def has_words(line: str) -> bool:
    return re.search(r"\w", line) is not None
