# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach fmt` and `./mach tidy`: cargo's checks, and ours over every file that git knows or would add."""

from collections.abc import Callable, Iterator
from pathlib import Path

import spec_coverage
from overlay import layers
from project import ROOT, SHELL_PORT, UserError, call, output_of, run, say
from tidy import cargo, forgotten, overlaid, text
from tidy.finding import Finding, SourceFile

# Laid over upstream's files: not crates, so cargo does not find these.
OVERLAY_FOLDERS = ("components/script/", "components/script_bindings/", "components/media_audio/")

CHECKS: list[Callable[[list[SourceFile]], Iterator[Finding]]] = [
    text.licence_headers,
    text.trailing_white_space,
    text.specification_links,
    text.bare_steps,
    text.fragments,
    text.sizes,
    forgotten.modules,
    forgotten.web_tests,
    spec_coverage.check,
]


def fmt() -> None:
    """Format the workspace and the browser, and the overlay as Servo is formatted."""
    cargo.require("rustfmt")
    run(["cargo", "fmt", "--all"])
    run(["cargo", "fmt"], cwd=ROOT / "ports" / SHELL_PORT)
    for file in overlay_files():
        run([*overlaid.RUSTFMT, file])
    overlaid.format_edits(layers.overlays())


def tidy() -> int:
    """Run every check, even after one fails. 1 if anything must be put right."""
    files = source_files()
    findings = [finding for check in CHECKS for finding in check(files)]
    cargo.require("rustfmt")
    findings += overlaid.findings(layers.overlays())
    for finding in sorted(findings):
        print(finding)
    failed = [] if not any(finding.fails for finding in findings) else ["the findings above"]
    for name, check in CARGO_CHECKS.items():
        say(f"checking {name.split(' (')[0]}")
        if not check():
            failed.append(name)
    if failed:
        say(f"not tidy: {', '.join(dict.fromkeys(failed))}")
    return 1 if failed else 0


def formatted() -> bool:
    cargo.require("rustfmt")
    results = [
        call(["cargo", "fmt", "--all", "--check"]) == 0,
        call(["cargo", "fmt", "--check"], cwd=ROOT / "ports" / SHELL_PORT) == 0,
        *(call([*overlaid.RUSTFMT, "--check", file]) == 0 for file in overlay_files()),
    ]
    return all(results)


# What it is called -> the check. Those with a compiler come last, because they take longest.
CARGO_CHECKS: dict[str, Callable[[], bool]] = {
    "formatting (`./mach fmt` puts it right)": formatted,
    "clippy": cargo.linted,
    "the crates' documentation": cargo.documented,
    "the neutral crates without GStreamer": cargo.neutral,
    "the fuzz targets": cargo.fuzz_targets,
}


def overlay_files() -> list[Path]:
    return [file.path for file in source_files() if file.suffix == ".rs" and file.name.startswith(OVERLAY_FOLDERS)]


def source_files() -> list[SourceFile]:
    """Every file of the project: those git tracks and those it would add."""
    listed = output_of(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if listed is None:
        raise UserError("the list of files comes from git: install it and run this in a git checkout.")
    names = sorted(set(filter(None, listed.split("\0"))))
    return [SourceFile(ROOT, name) for name in names if (ROOT / name).is_file()]
