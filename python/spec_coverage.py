# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach spec-coverage`: which function follows each of the specifications' algorithms, and which tests show it.

A function names its algorithm by a link in its comment, `<https://w3c.github.io/media-source/#...>`, and so does a
test. What must be covered is listed in spec_coverage.txt.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tidy import rust
from tidy.finding import Finding, SourceFile

LIST = Path(__file__).with_suffix(".txt")
LIST_NAME = f"python/{LIST.name}"
LINK = re.compile(r"<(https://[^>\s]+#[^>\s]+)>")


@dataclass
class Algorithm:
    """A line of the list, and what was found for it: `file:line name` of functions, names of tests."""

    link: str
    name: str
    left_out: str
    line: int
    functions: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        """The things that are missing, as ends of a sentence."""
        if self.left_out:
            return ["it is said to be left out, but a function links it"] if self.functions else []
        kinds = (("function", self.functions), ("test", self.tests))
        return [f"no {kind} links {self.link}" for kind, found in kinds if not found]


def algorithms(text: str) -> Iterator[Algorithm]:
    """The entries of the list, without what covers them."""
    section = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("https://"):
            section = line
            continue
        anchor, name, left_out = [part.strip() for part in [*line.split("|"), ""][:3]]
        yield Algorithm(f"{section}#{anchor}", name, left_out, number)


def cover(listed: list[Algorithm], files: list[SourceFile]) -> None:
    """Enter the functions and the tests of the files."""
    by_link = {algorithm.link: algorithm for algorithm in listed}
    for file in files:
        if file.suffix != ".rs" or not file.name.startswith(("components/", "tests/")):
            continue
        for function in rust.functions(file.text):
            for link in dict.fromkeys(LINK.findall(function.documentation)):
                if link not in by_link:
                    continue
                if re.search(r"^\s*#\[test\]", function.documentation, re.MULTILINE):
                    by_link[link].tests.append(test_name(file, function.name))
                elif "/tests/" not in file.name:
                    by_link[link].functions.append(f"{function.name} ({file.name}:{function.line})")


def test_name(file: SourceFile, function: str) -> str:
    """The name of a test, such as `media_source::events::attaching_opens`."""
    path = PurePosixPath(file.name)
    return f"{path.parts[1]}::{path.stem}::{function}"


def check(files: list[SourceFile], text: str | None = None) -> Iterator[Finding]:
    """Check for `./mach tidy` that every algorithm of the list has a function and a test."""
    listed = list(algorithms(LIST.read_text() if text is None else text))
    cover(listed, files)
    for algorithm in listed:
        for missing in algorithm.missing():
            yield Finding(LIST_NAME, algorithm.line, f"{algorithm.name}: {missing}")


def table(files: list[SourceFile]) -> Iterator[str]:
    """The lines of a Markdown table, one for each algorithm."""
    listed = list(algorithms(LIST.read_text()))
    cover(listed, files)
    yield "| algorithm | function | tests |"
    yield "|---|---|---|"
    for algorithm in listed:
        functions = ", ".join(algorithm.functions) or (f"left out: {algorithm.left_out}" if algorithm.left_out else "-")
        yield f"| [{algorithm.name}]({algorithm.link}) | {functions} | {', '.join(algorithm.tests) or '-'} |"


def spec_coverage(files: list[SourceFile]) -> int:
    """Print the table, then what is missing. 1 if anything is."""
    for line in table(files):
        print(line)
    findings = list(check(files))
    for finding in findings:
        print(finding)
    return 1 if findings else 0
