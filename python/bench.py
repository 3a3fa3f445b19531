# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Runs the benchmarks of the neutral crates, and counts instructions, which need no quiet machine."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import bootstrap
from project import ROOT, UserError, is_installed, output_of, run, say

PACKAGES = ["sprocket-byte-stream", "sprocket-track-buffer", "sprocket-media-source"]
COUNTED = ["--package", "sprocket-media-source", "--bench", "operations"]
# What was counted last, by `--save`.
COUNTS = ROOT / "components/media_source/benches/operations.txt"
# Two runs differ by less than a tenth of that.
TOLERANCE = 0.02

SUMMARY = "Measure what must be fast and must not grow with what is buffered"
DETAILS = (
    "Without an option it runs the benchmarks of byte_stream, track_buffer and media_source, which take minutes on a "
    "quiet machine. With --counts it counts the instructions of appends, removals, reads and seeks instead, with "
    f"little and with much buffered, and fails if one takes {TOLERANCE:.0%} more than {COUNTS.relative_to(ROOT)} says. "
    "It needs valgrind. Counts of another compiler differ: keep those of the commit before with --save, then compare."
)

HEAD = """\
# Instructions that each operation of operations.rs takes: `./mach bench --counts` compares, with --save it writes.
# They were counted with {}.
"""


def add_options(command) -> None:
    command.add_argument("--counts", action="store_true", help="count instructions and compare them")
    command.add_argument("--save", action="store_true", help="with --counts: keep what was counted")
    command.set_defaults(do=bench)


def bench(options) -> int:
    if options.save and not options.counts:
        raise UserError("--save keeps what --counts counts: add --counts.")
    if not options.counts:
        bootstrap.require_rust()
        packages = [word for name in PACKAGES for word in ("--package", name)]
        run(["cargo", "bench", *packages, "--bench", "*"])
        return 0
    counts = count()
    saved = read(COUNTS.read_text()) if COUNTS.is_file() else {}
    print("\n".join(table(saved, counts)))
    if options.save:
        COUNTS.write_text(written(counts, output_of(["rustc", "--version"]) or "an unknown compiler"))
        say(f"saved in {COUNTS.relative_to(ROOT)}")
        return 0
    if findings := compare(saved, counts):
        print("\n".join(findings))
        say("if that is how it shall be, `./mach bench --counts --save` accepts it")
        return 1
    return 0


def count() -> dict[str, int]:
    """The instructions of each operation, by its name."""
    if not is_installed("valgrind"):
        raise UserError("valgrind counts the instructions, and is not installed: `apt-get install valgrind`.")
    bootstrap.require_rust()
    program = build()
    say("counting instructions, which takes a minute or two")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        # These are functions of operations.rs.
        command += ["--toggle-collect=*run_measured*", "--dump-after=*report_measured*", program]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if result.returncode != 0:
            raise UserError(f"the benchmark failed:\n{result.stderr}")
        lines = result.stdout.splitlines()
        dumps = [Path(f"{out}.{number}").read_text() for number in range(1, len(lines) + 1)]
    return by_growth(dict(map(operation, lines, dumps)))


def build() -> str:
    """Build the benchmark. Returns the path of the program."""
    command = ["cargo", "bench", *COUNTED, "--no-run", "--message-format=json-render-diagnostics"]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, result.stdout.splitlines())
    programs = [message["executable"] for message in messages if message.get("executable")]
    if result.returncode != 0 or not programs:
        raise UserError("the benchmark does not build; see above.")
    return programs[-1]


def operation(line: str, dump: str) -> tuple[str, int]:
    """The name of an operation and its instructions: the line is the benchmark's, the dump callgrind's."""
    name, times = re.fullmatch(r"(.+): \d+ ns, (\d+) times", line).groups()
    total = re.search(r"^(?:totals|summary): (\d+)$", dump, re.MULTILINE)
    return name, int(total[1]) // int(times)


def by_growth(counts: dict[str, int]) -> dict[str, int]:
    """The same, with what differs only in how much is buffered next to each other."""
    steps = list(dict.fromkeys(step(name) for name in counts))
    return dict(sorted(counts.items(), key=lambda entry: steps.index(step(entry[0]))))


def step(name: str) -> str:
    return name.partition(", of ")[0]


def read(text: str) -> dict[str, int]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    entries = [re.fullmatch(r" *([\d ]*\d)  (\S.*)", line) for line in lines]
    return {entry[2]: int(entry[1].replace(" ", "")) for entry in entries}


def written(counts: dict[str, int], compiler: str) -> str:
    return HEAD.format(compiler.strip()) + "".join(f"{shown(count)}  {name}\n" for name, count in counts.items())


def shown(count: int) -> str:
    return f"{count:,}".replace(",", " ").rjust(11)


def table(saved: dict[str, int], counts: dict[str, int]) -> list[str]:
    """What was counted, and how that differs from what was saved."""
    changes = {name: f"{count / saved[name] - 1:+.1%}" if name in saved else "new" for name, count in counts.items()}
    return [f"{shown(count)}  {changes[name]:>7}  {name}" for name, count in counts.items()]


def compare(saved: dict[str, int], counts: dict[str, int]) -> list[str]:
    """What takes more than was saved, beyond the tolerance, and what was counted in one of both only."""
    findings = [f"{name}: it is counted no more" for name in saved if name not in counts]
    for name, count in counts.items():
        if name not in saved:
            findings.append(f"{name}: nothing is saved to compare it with")
        elif count > saved[name] * (1 + TOLERANCE):
            was, now = shown(saved[name]).strip(), shown(count).strip()
            findings.append(f"{name}: {count / saved[name] - 1:.1%} more instructions ({was} before, {now} now)")
    return findings
