# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Finds the functions of a Rust file: enough of its syntax to match brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Comments, strings and characters: what may hold brackets that are not the code's.
OPAQUE = re.compile(
    r"""//[^\n]*
    | /\*.*?\*/
    | b?r(?P<hashes>\#*)".*?"(?P=hashes)
    | b?c?"(?:\\.|[^"\\])*"
    | b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])'
    """,
    re.DOTALL | re.VERBOSE,
)
FUNCTION = re.compile(r"\bfn\s+(\w+)")
STEP = re.compile(r"^\s*//+\s*Steps?\s+\d", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    """A function with a body: the line of its `fn`, its length in lines, and the comment above it."""

    name: str
    line: int
    length: int
    documentation: str
    has_steps: bool


def functions(text: str) -> Iterator[Function]:
    code = OPAQUE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for found in FUNCTION.finditer(code):
        body = bracketed(code, found.end())
        if body:
            start, end = body
            yield Function(
                name=found[1],
                line=code.count("\n", 0, found.start()) + 1,
                length=code.count("\n", found.start(), end) + 1,
                documentation=comment_above(text, found.start()),
                has_steps=STEP.search(text, start, end) is not None,
            )


def bracketed(code: str, position: int) -> tuple[int, int] | None:
    """The function's body: the first `{` outside of other brackets, to its `}`. None for a declaration."""
    depth, start = 0, None
    for place in re.finditer(r"[][(){};]", code[position:]):
        character, at = place[0], position + place.start()
        if character == ";" and depth == 0:
            return None
        if character == "{" and depth == 0:
            start = at
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if start is not None and depth == 0:
                return start, at
    return None


def comment_above(text: str, position: int) -> str:
    """The comment and attribute lines right above a function, and the function's own first line."""
    lines = text[:position].split("\n")
    above = []
    for line in reversed(lines[:-1]):
        if not re.match(r"\s*(//|#\[|\*|/\*|\)\]|[\w(), ]*\)\]$)", line):
            break
        above.append(line)
    return "\n".join(reversed(above))
