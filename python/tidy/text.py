# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Checks that read one file at a time."""

import re
from collections.abc import Iterator

from tidy import rust
from tidy.finding import Finding, SourceFile

LICENCE = "This Source Code Form is subject to the terms of the Mozilla Public"
LICENSED = {".css", ".html", ".js", ".py", ".rs", ".sh", ".webidl"}
LICENSED_NAMES = {"mach", ".ci/run"}
FILE_LIMIT = 600  # lines, unit tests apart
FUNCTION_LIMIT = 70  # lines, from `fn` to its closing bracket
# Inputs of fuzz targets are kept byte for byte.
BYTES = "tests/fuzz/regressions/"


def licence_headers(files: list[SourceFile]) -> Iterator[Finding]:
    for file in files:
        licensed = file.suffix in LICENSED or file.name in LICENSED_NAMES
        if licensed and LICENCE not in "\n".join(file.lines[:4]):
            yield Finding(file.name, 1, "the MPL-2.0 header is missing")


def trailing_white_space(files: list[SourceFile]) -> Iterator[Finding]:
    for file in files:
        if file.name.startswith(BYTES):
            continue
        for number, line in enumerate(file.lines, start=1):
            # An edit's `+` line is what the compiler reads: it is held to the same.
            if line != line.rstrip():
                yield Finding(file.name, number, "white space at the end of the line")
        if file.text and not file.text.endswith("\n"):
            yield Finding(file.name, len(file.lines), "the last line has no end")


def specification_links(files: list[SourceFile]) -> Iterator[Finding]:
    """Check that interfaces, and functions that follow the steps of an algorithm, link the specification."""
    for file in files:
        if file.suffix == ".webidl" and not re.search(r"//.*https://|\*.*https://", without_licence(file.text)):
            yield Finding(file.name, 1, "no comment links the specification of this interface")
        if file.suffix == ".rs":
            for function in rust.functions(file.text):
                if function.has_steps and "https://" not in function.documentation:
                    yield Finding(
                        file.name, function.line, f"`{function.name}` follows steps but its comment links no algorithm"
                    )


def without_licence(text: str) -> str:
    return text.replace("https://mozilla.org/MPL/2.0/", "")


DOC_COMMENT = re.compile(r"\s*//[/!] ?(.*)")
BARE_STEP = re.compile(r"//+[/!]?\s*Steps?\s+[\d.]+(?:\s*(?:-|–|to|and|,)\s*[\d.]+)*[.:]?\s*")


def bare_steps(files: list[SourceFile]) -> Iterator[Finding]:
    for file in files:
        if file.suffix != ".rs" and not file.name.endswith(".rs.edit"):
            continue
        for number, line in enumerate(file.lines, start=1):
            if BARE_STEP.fullmatch(line.removeprefix("+").strip()):
                yield Finding(file.name, number, "a step's number needs its text")


# Beginnings of comments that say nothing when an editor shows them alone.
FRAGMENT = re.compile(r"(Of|The same|As|And|Or|So many|So often|Such as|Likewise|Also)\b|(In|By)( [^ .,]+){1,5}\.$")


def fragments(files: list[SourceFile]) -> Iterator[Finding]:
    """Find documentation comments that make no sense without the item, as they only continue its name."""
    for file in files:
        if file.suffix != ".rs" and not file.name.endswith(".rs.edit"):
            continue
        before = None
        for number, line in enumerate(file.lines, start=1):
            comment = DOC_COMMENT.match(line.removeprefix("+"))
            if comment and before is None and (found := FRAGMENT.match(comment[1])):
                beginning = found[1] or found[2]
                yield Finding(file.name, number, f"a comment that begins with \"{beginning}\" is no sentence")
            before = comment


def sizes(files: list[SourceFile]) -> Iterator[Finding]:
    """Report long files and functions, for somebody to judge."""
    for file in files:
        if file.suffix not in {".rs", ".py"}:
            continue
        code = file.text.split("#[cfg(test)]\nmod ")[0]
        count = code.count("\n")
        if count > FILE_LIMIT:
            yield Finding(file.name, 1, f"{count} lines (more than {FILE_LIMIT})", fails=False)
        for function in rust.functions(code) if file.suffix == ".rs" else []:
            if function.length > FUNCTION_LIMIT:
                message = f"`{function.name}` has {function.length} lines (more than {FUNCTION_LIMIT})"
                yield Finding(file.name, function.line, message, fails=False)
