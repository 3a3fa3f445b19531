# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""What was measured, as Markdown."""

import statistics
from collections.abc import Callable

MIB = 1 << 20

# What a row of the second table is called, and its text from the result of a run.
FIGURES: dict[str, Callable[[dict], str]] = {
    "first append to `loadeddata`, the first of the process, ms": lambda result: f"{result['first_of_process']:.0f}",
    "first append to `loadeddata`, later, median, ms": lambda result: median(result["first_frames"]),
    "random seek, median (p90), ms": lambda result: median_and_p90(result["seeks"]),
    "seek 350 ms forwards, median (p90), ms": lambda result: median_and_p90(result["drags"]),
    "4 KiB appends a second": lambda result: f"{result['small_appends_a_second'] / 1000:.1f} k",
    "appends of 1 MiB, median, MiB/s": lambda result: f"{statistics.median(result['bytes_a_second']) / MIB:.0f}",
}

CYCLES: dict[str, Callable[[dict], str]] = {
    "memory while 10 GB are appended and removed: early, at the end, MiB": lambda result: growth(result),
}
CAPTURE: dict[str, Callable[[dict], str]] = {
    "preview of a camera, 640x480x30, processor seconds a second": lambda result: f"{rate(result, 'previewed'):.2f}",
    "from the camera to the callback of the frame, median (p90), ms": lambda result: median_and_p90(result["latencies"]),
}

OPENINGS: dict[str, Callable[[dict], str]] = {
    "getUserMedia() to the first frame, median (p90), ms": lambda result: median_and_p90(result["openings"]),
    "memory after 50 and after 1000 of them, MiB": lambda result: growth(result),
}
PAGES = {"figures": FIGURES, "cycles": CYCLES, "capture": CAPTURE, "openings": OPENINGS}


def tables(results: list[dict]) -> list[str]:
    """Both tables. A cell has the figures of each run."""
    names = list(dict.fromkeys(result["browser"] for result in results))
    playing = [result for result in results if result["page"] == "playing"]
    clips = list(dict.fromkeys(result["clip"] for result in playing))

    def cell(chosen: list[dict], text: Callable[[dict], str]) -> str:
        return ", ".join("failed" if "error" in result else text(result) for result in chosen)

    lines = ["", "Processor seconds for each second of playback, memory in MiB, dropped frames:", ""]
    lines += head(names)
    for clip in clips:
        chosen = [[result for result in playing if (result["browser"], result["clip"]) == (name, clip)] for name in names]
        lines.append(row(clip, [cell(runs, playing_text) for runs in chosen]))
    lines += ["", "First frames, seeks, appends, removals and captures:", "", *head(names)]
    for page, figures in PAGES.items():
        for label, text in figures.items():
            measured = [result for result in results if result["page"] == page]
            chosen = [[result for result in measured if result["browser"] == name] for name in names]
            lines.append(row(label, [cell(runs, text) for runs in chosen]))
    return lines


def head(names: list[str]) -> list[str]:
    return [row("", names), row("---", ["---"] * len(names)).replace(" ", "")]


def row(label: str, cells: list[str]) -> str:
    return f"| {' | '.join([label, *cells])} |"


def playing_text(result: dict) -> str:
    return f"{rate(result, 'played'):.2f} ({result['memory'][-1]:.0f}; {result['dropped']})"


def rate(result: dict, duration: str) -> float:
    """The processor seconds for each second between both reports, of which the result has the number."""
    begin, end = result["seconds"]
    return (end - begin) / result[duration]


def growth(result: dict) -> str:
    return " to ".join(f"{memory:.0f}" for memory in result["memory"])


def summary(result: dict) -> str:
    """A result in one line."""
    if "error" in result:
        return result["error"]
    if result["page"] == "playing":
        return playing_text(result)
    return "; ".join(f"{label}: {text(result)}" for label, text in PAGES[result["page"]].items())


def median(values: list[float]) -> str:
    return f"{statistics.median(values):.1f}"


def median_and_p90(values: list[float]) -> str:
    return f"{median(values)} ({sorted(values)[len(values) * 9 // 10]:.0f})"
