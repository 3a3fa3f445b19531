# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach bench-browsers`: what playing, seeking and appending cost in our browser and in others."""

import json
import queue
from pathlib import Path
from urllib.parse import quote

import bootstrap
import build
from browser_bench import browsers, media, process_tree, server, table
from browser_bench.media import Clip
from browser_bench.process_tree import Cost
from players.browsers import Browser, open_page
from project import SHELL_PORT, UserError, say

# Seconds that a clip is played, and seconds for a page to come to its end.
PLAYED = 8
PATIENCE = 400

SMALL = media.CLIPS[0]
# The pages of a run.
STEPS = [
    *(("playing", clip) for clip in media.CLIPS),
    *((page, SMALL) for page in ("figures", "cycles", "capture", "openings")),
]

SUMMARY = "Measure playing, seeking and appending in our browser and in others"
DETAILS = (
    "It opens the same pages in each browser and prints Markdown tables. Figures of one run can be compared with each "
    "other, not with those of another machine or another hour: name all browsers in one command, and let nothing else "
    "run. ffmpeg makes the media once, in target/bench."
)


def add_options(command) -> None:
    command.add_argument(
        "browsers", nargs="*", metavar="BROWSER", help=f"some of {', '.join(browsers.NAMES)} (default: all)"
    )
    command.add_argument("--runs", type=int, default=2, metavar="N", help="how often each is measured (default: 2)")
    command.add_argument(
        "--soak", type=int, metavar="MINUTES", help="only play for so long, and say each minute how much memory is held"
    )
    command.add_argument("--window", action="store_true", help="with a window, on the display of DISPLAY")
    command.add_argument("--binary", type=Path, metavar="FILE", help="this mseshell instead of an optimized build")
    command.add_argument("--json", type=Path, metavar="FILE", help="where to write all that was measured")


def run(options) -> int:
    chosen = options.browsers or list(browsers.NAMES)
    if unknown := [name for name in chosen if name not in browsers.NAMES]:
        raise UserError(f"there is no browser {unknown[0]}: name some of {', '.join(browsers.NAMES)}.")
    started = [browser(name, options) for name in chosen]
    media.make()
    results = []
    with server.serve() as (origin, reports):
        if options.soak:
            patience = options.soak * 60 * 1.5 + PATIENCE
            results = [measure(one, "soak", SMALL, origin, reports, patience, options.soak) for one in started]
        else:
            steps = [(number, *step) for number in range(1, options.runs + 1) for step in STEPS]
            for number, page, clip in steps:
                for one in started:
                    results.append(measure(one, page, clip, origin, reports, PATIENCE))
                    say(f"run {number}, {one.name}, {page}, {clip.name}: {table.summary(results[-1])}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    if not options.soak:
        print("\n".join(table.tables(results)))
    return 0 if not any("error" in result for result in results) else 1


def browser(name: str, options) -> Browser:
    if name != "mseshell":
        return browsers.OTHERS[name](options.window)
    if options.binary:
        return browsers.mseshell(options.binary.absolute(), options.window)
    bootstrap.bootstrap(for_tests=False)
    build.build(SHELL_PORT, release=True)
    return browsers.mseshell(build.binary(SHELL_PORT, release=True), options.window)


def measure(
    browser: Browser, page: str, clip: Clip, origin: str, reports: queue.Queue, patience: float, minutes: int = 0
) -> dict:
    """Open a page in a new process. The result has what the page counted, and what the processes cost at each report."""
    media = {"file": f"/media/{clip.file.name}", "type": clip.type}
    parameters = {"clip": media, "seconds": PLAYED, "minutes": minutes}
    url = f"{origin}/{page}.html?parameters={quote(json.dumps(parameters))}"
    processes: list[int] = []
    costs: list[Cost] = []

    def report(seconds: float) -> dict | None:
        try:
            name, result, answer = reports.get(timeout=seconds)
        except queue.Empty:
            return None
        costs.append(process_tree.cost(processes[0]))
        answer.set()
        if minutes:
            say(f"{browser.name}: {result}, {costs[-1].memory:.0f} MiB")
        return {"page": page, **result} if name == "end" else None

    result, reason, _ = open_page(browser, url, report, patience, started=processes.append)
    result = result or {"page": page, "error": reason}
    costs_told = {"seconds": [cost.seconds for cost in costs], "memory": [cost.memory for cost in costs]}
    return {"browser": browser.name, "clip": clip.name, **costs_told, **result}
