# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Files that nothing reaches: they look like tests or code, but are neither compiled nor run."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tidy.finding import Finding, SourceFile

# Cargo finds these by itself.
ROOTS = {"lib.rs", "main.rs", "build.rs"}
TARGET_FOLDERS = {"benches", "bin", "examples", "fuzz_targets"}


def modules(files: list[SourceFile]) -> Iterator[Finding]:
    """Find Rust files that no `mod` declares. A crate's `tests/main.rs` must name every other file beside it."""
    rust = [file for file in files if file.suffix == ".rs" or file.name.endswith(".rs.edit")]
    declared = {(crate_of(file), name) for file in rust for name in declarations(file.text)}
    tests_with_main = {str(PurePosixPath(file.name).parent) for file in rust if file.name.endswith("tests/main.rs")}
    for file in rust:
        path = PurePosixPath(file.name)
        folder = path.parent
        if file.suffix != ".rs" or path.name in ROOTS or folder.name in TARGET_FOLDERS:
            continue
        if folder.name == "tests" and str(folder) not in tests_with_main:
            continue
        module = folder.name if path.name == "mod.rs" else path.stem
        if (crate_of(file), module) not in declared:
            yield Finding(file.name, 1, f"no `mod {module}` declares this file, so it is not compiled")


def declarations(text: str) -> set[str]:
    names = re.findall(r"^\+?\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", text, re.MULTILINE)
    paths = re.findall(r"path\s*=\s*\"([^\"]+)\.rs\"", text)
    return {*names, *(PurePosixPath(path).name for path in paths)}


def crate_of(file: SourceFile) -> str:
    """The folder under components/ or ports/ that the file lies in, or its top folder."""
    parts = PurePosixPath(file.name).parts
    return "/".join(parts[: 2 if parts[0] in {"components", "ports", "tests"} else 1])


def web_tests(files: list[SourceFile]) -> Iterator[Finding]:
    """Find files in wpt/tests that are no test and that no test loads, and tests that would never report."""
    ours = [file for file in files if file.name.startswith("wpt/tests/")]
    for file in ours:
        path = PurePosixPath(file.name)
        if path.suffix == ".html" and "resources" not in path.parts:
            if "/resources/testharness.js" not in file.text or "/resources/testharnessreport.js" not in file.text:
                yield Finding(file.name, 1, "a test must load /resources/testharness.js and testharnessreport.js")
        elif path.suffix == ".ini":
            if not file.path.with_suffix("").is_file():
                yield Finding(file.name, 1, "these expectations are of a test that is not there")
        elif not any(path.name in other.text for other in ours if other is not file):
            yield Finding(file.name, 1, "no test loads this file (a test's name ends with .html)")
