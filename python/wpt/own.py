# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The project's own tests: one browser process for each, several at once, compared with the expectations beside them.

A test is an `.html` file of `wpt/tests` in testharness.js form. `X.html.ini` beside it names what may differ from
every subtest passing in our browser, in the syntax of web-platform-tests' metadata:

    [X.html]
      expected: ERROR
      [name of a subtest]
        expected: [PASS, FAIL]

Of another browser nothing but passing is expected: what it prints is where it differs.
"""

import json
import re
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import browser_process
from project import TARGET, UserError, say
from wpt import browsers, harness, server
from wpt.report import Report

# The line with a test's results. Browsers put their own words before and after what the page logs.
RESULT = re.compile(r"ALERT: RESULT: (\[.*\])")
PROFILES = TARGET / "wpt/profiles"
HARNESS_STATUS = ("OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED")
SUBTEST_STATUS = ("PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED")
TIMEOUT, LONG_TIMEOUT = 10, 60  # seconds, as upstream's
GRACE = 5  # seconds for the browser to start and stop, before and after the test's own time


def run(
    binary: Path, folder: Path, paths: list[Path], jobs: int, multiplier: float, browser: str = browsers.OURS
) -> Report:
    """Run our own tests in a browser, one of `browsers.NAMES`, printing each as it ends."""
    tests = find_tests(paths)
    is_ours = browser == browsers.OURS
    expectations = {test: read_expectations(test) if is_ours else Expectations() for test in tests}
    started = time.monotonic()
    report = Report("own tests" if is_ours else f"own tests in {browser}")
    processes: set[subprocess.Popen] = set()
    with server.serve(folder, harness.testharness(), multiplier) as origin:
        with ThreadPoolExecutor(jobs) as pool:
            pending = [
                pool.submit(run_test, browser, binary, origin, folder, test, multiplier, processes) for test in tests
            ]
            try:
                for number, (test, future) in enumerate(zip(tests, pending), start=1):
                    result, output = future.result()
                    surprises = expectations[test].unexpected(result)
                    report.results.append(result)
                    report.as_expected &= not surprises
                    print_result(f"[{number}/{len(tests)}]", result, surprises, output)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in list(processes):
                    browser_process.stop(process)
                raise
    say(f"{len(tests)} own tests in {time.monotonic() - started:.0f} s")
    return report


def find_tests(paths: list[Path]) -> list[Path]:
    """The tests in files and folders, sorted. Pages that tests load lie in folders named `resources`."""
    found = {
        file
        for path in paths
        for file in ([path] if path.is_file() else path.rglob("*.html"))
        if file.suffix == ".html" and "resources" not in file.parts
    }
    if not found:
        raise UserError(f"there is no test in {', '.join(map(str, paths))}.")
    return sorted(found)


def run_test(
    browser: str,
    binary: Path,
    origin: str,
    folder: Path,
    test: Path,
    multiplier: float,
    processes: set[subprocess.Popen],
) -> tuple[dict, list[str]]:
    """Run one test in a process of its own, listed in `processes` meanwhile. Returns its result and other output."""
    name = f"/{test.relative_to(folder).as_posix()}"
    seconds = (LONG_TIMEOUT if is_long(test) else TIMEOUT) * multiplier + GRACE
    PROFILES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PROFILES, ignore_cleanup_errors=True) as profile:
        command = browsers.command(browser, binary, f"{origin}{name}", seconds + GRACE, Path(profile))
        process = browser_process.start(command)
        processes.add(process)
        expired = threading.Event()
        timer = threading.Timer(seconds, lambda: (expired.set(), browser_process.stop(process)))
        timer.start()
        output, data = [], None
        try:
            for line in process.stdout:
                if found := RESULT.search(line):
                    data = json.loads(found[1])
                    break
                if browsers.is_of_the_page(browser, line):
                    output.append(line.rstrip("\n"))
        finally:
            timer.cancel()
            browser_process.stop(process)
            process.stdout.close()
            processes.discard(process)
    if data is None:
        status = "TIMEOUT" if expired.is_set() else "CRASH"
        message = None if expired.is_set() else f"the browser ended with status {process.returncode}"
        return {"test": name, "status": status, "message": message, "subtests": []}, output
    return convert(name, data), output


def convert(name: str, data: list) -> dict:
    """The result that testharnessreport.js printed, in the form of wptreport.json."""
    _, status, message, _, subtests = data
    return {
        "test": name,
        "status": HARNESS_STATUS[status],
        "message": message,
        "subtests": [
            {"name": title, "status": SUBTEST_STATUS[code], "message": text} for title, code, text, _ in subtests
        ],
    }


def is_long(test: Path) -> bool:
    return re.search(r"<meta\s+name=[\"']?timeout[\"']?\s+content=[\"']?long", test.read_text()) is not None


def print_result(progress: str, result: dict, surprises: list[str], output: list[str]) -> None:
    passed = sum(subtest["status"] == "PASS" for subtest in result["subtests"])
    print(f"{progress} {result['test']}: {result['status']}, {passed}/{len(result['subtests'])} passed", flush=True)
    if surprises:
        for line in [*surprises, *(f"| {line}" for line in output[-30:])]:
            print(f"    {line}", flush=True)


@dataclass
class Expectations:
    """The results other than OK and PASS that a test may give."""

    status: list[str] = field(default_factory=lambda: ["OK"])
    subtests: dict[str, list[str]] = field(default_factory=dict)

    def unexpected(self, result: dict) -> list[str]:
        """The differences between the result and what was expected, one line each."""
        lines = []
        if result["status"] not in self.status:
            lines.append(f"{result['status']} (expected {' or '.join(self.status)}): {result['message'] or ''}")
        for subtest in result["subtests"]:
            expected = self.subtests.get(subtest["name"], ["PASS"])
            if subtest["status"] not in expected:
                because = f": {subtest['message']}" if subtest["message"] else ""
                lines.append(f"{subtest['status']} (expected {' or '.join(expected)}) {subtest['name']}{because}")
        if result["status"] == "OK" and not result["subtests"]:
            lines.append("it has no subtest")
        missing = self.subtests.keys() - {subtest["name"] for subtest in result["subtests"]}
        if result["status"] == "OK":
            lines += [f"expected subtest is missing: {name}" for name in sorted(missing)]
        return lines


def read_expectations(test: Path) -> Expectations:
    """The `.ini` file beside a test, if there is one."""
    path = test.with_name(f"{test.name}.ini")
    expectations, subtest = Expectations(), None
    for number, line in enumerate(path.read_text().splitlines() if path.is_file() else [], start=1):
        heading = re.fullmatch(r"( *)\[(.*)\]\s*", line)
        expected = re.fullmatch(r" +expected: *(\[[A-Z_, ]+\]|[A-Z_]+)\s*", line)
        if heading:
            subtest = heading[2].replace("\\]", "]") if heading[1] else None
        elif expected:
            statuses = re.findall(r"[A-Z_]+", expected[1])
            if subtest is None:
                expectations.status = statuses
            else:
                expectations.subtests[subtest] = statuses
        elif line.strip() and not line.lstrip().startswith("#"):
            raise UserError(f"{path}:{number}: only `[name]`, `expected:` and `#` lines are understood here.")
    return expectations
