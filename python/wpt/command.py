# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach test-wpt`: upstream's web-platform-tests by wptrunner, our own tests by a small runner of the same form."""

import argparse
import os
from pathlib import Path

import bootstrap
import browser_process
import build
from project import ROOT, SHELL_PORT, UserError, say
from wpt import browsers, own, upstream
from wpt.report import Report

OWN_TESTS = ROOT / "wpt/tests"
HOW_TO_GET_ONE = (
    "get a checkout with `git clone --depth 1 https://github.com/web-platform-tests/wpt` "
    "and name it with --wpt DIR or WPT_ROOT=DIR"
)
DETAILS = (
    "A PATH in wpt/tests is one of the project's own tests and needs nothing else. Any other PATH is upstream's, such "
    f"as media-source/mediasource-play.html, and needs a checkout of web-platform-tests: {HOW_TO_GET_ONE}. "
    "Without a PATH: the project's own tests and, with a checkout, those of upstream's folders "
    "media-source, mediacapture-streams, mediacapture-fromelement and mediacapture-record. "
    "Results that wpt/meta does not expect fail the command."
)


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", metavar="PATH", help="tests or folders of tests")
    command.add_argument("--wpt", type=Path, metavar="DIR", help="checkout of web-platform-tests (default: $WPT_ROOT)")
    command.add_argument(
        "--update-expectations", action="store_true", help="write upstream's results to wpt/meta as what is expected"
    )
    command.add_argument("--report", type=Path, metavar="FILE", help="where wptreport.json goes (default: target/wpt/)")
    command.add_argument("--release", action="store_true", help="test the optimized build (default: debug)")
    command.add_argument("--jobs", type=int, metavar="N", help="tests at once (default: one for each core)")
    command.add_argument(
        "--browser",
        choices=browsers.NAMES,
        default=browsers.OURS,
        help="run the project's own tests in another browser, to compare (default: %(default)s)",
    )
    command.add_argument("--binary", type=Path, metavar="FILE", help="use this browser, and build nothing")


def run(options) -> int:
    """Run the chosen tests. 0 when every result was expected."""
    own_paths, upstream_paths = sort_paths(options.paths)
    if options.browser != browsers.OURS:
        return run_elsewhere(options, own_paths, upstream_paths)
    checkout = find_checkout(options.wpt, needed=bool(upstream_paths) or options.update_expectations)
    if not options.paths:
        own_paths = [OWN_TESTS]
        if checkout:
            upstream_paths = ["media-source"] + [f"mediacapture-{name}" for name in ("streams", "fromelement", "record")]
        else:
            say(f"only the project's own tests are run; for upstream's, {HOW_TO_GET_ONE}")
    binary = options.binary.absolute() if options.binary else built_browser(options.release)
    multiplier = 1 if options.release else 2
    reports: list[Report] = []
    if own_paths:
        reports.append(own.run(binary, OWN_TESTS, own_paths, jobs(options.jobs), multiplier))
    if upstream_paths:
        reports.append(
            upstream.run(
                binary,
                checkout,
                upstream_paths,
                jobs=jobs(options.jobs),
                multiplier=multiplier,
                release=options.release,
                update_expectations=options.update_expectations,
            )
        )
    return finish(reports, options.report)


def run_elsewhere(options, own_paths: list[Path], upstream_paths: list[str]) -> int:
    """Run our own tests in another browser. 0 when every subtest passes there."""
    if upstream_paths or options.update_expectations:
        raise UserError(f"{options.browser} runs only the project's own tests: name files of wpt/tests, or none.")
    binary = options.binary.absolute() if options.binary else browser_process.chromium()
    paths = own_paths or [OWN_TESTS]
    report = own.run(binary, OWN_TESTS, paths, jobs(options.jobs), multiplier=1, browser=options.browser)
    return finish([report], options.report)


def jobs(asked: int | None = None) -> int:
    return asked or os.cpu_count() or 1


def finish(reports: list[Report], destination: Path | None) -> int:
    """Write the results of all runs to one file and print a summary of each."""
    whole = Report("all", [result for report in reports for result in report.results])
    path = whole.write((destination or upstream.FOLDER / "wptreport.json").absolute())
    for report in reports:
        say(report.summary())
    say(f"results: {path}")
    return 0 if all(report.as_expected for report in reports) else 1


def built_browser(release: bool) -> Path:
    bootstrap.bootstrap()
    build.build(SHELL_PORT, release)
    return build.binary(SHELL_PORT, release)


def sort_paths(paths: list[str]) -> tuple[list[Path], list[str]]:
    """Our own tests, by file, and upstream's, by path within a checkout."""
    own_paths, upstream_paths = [], []
    for path in paths:
        found = next((base / path for base in (Path.cwd(), ROOT) if (base / path).exists()), None)
        if found and found.resolve().is_relative_to(OWN_TESTS):
            own_paths.append(found.resolve())
        else:
            upstream_paths.append(path)
    return own_paths, upstream_paths


def find_checkout(given: Path | None, needed: bool) -> Path | None:
    named = given or (Path(os.environ["WPT_ROOT"]) if os.environ.get("WPT_ROOT") else None)
    if named is None:
        if needed:
            raise UserError(f"upstream's tests need web-platform-tests: {HOW_TO_GET_ONE}.")
        return None
    checkout = named.expanduser().absolute()
    if not (checkout / "wpt").is_file() or not (checkout / "tools/wptrunner").is_dir():
        raise UserError(f"{checkout} is not a checkout of web-platform-tests: {HOW_TO_GET_ONE}.")
    return checkout
