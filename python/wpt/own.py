# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The project's own tests: one browser process for each, several at once, compared with the expectations beside them.

A test is an `.html` file of `wpt/tests` in testharness.js form. `X.html.ini` beside it names what may differ from
every subtest passing, in the syntax of web-platform-tests' metadata:

    [X.html]
      expected: ERROR
      [name of a subtest]
        expected: [PASS, FAIL]
"""

import json
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from project import UserError, say
from wpt import harness, server
from wpt.report import Report

RESULT_PREFIX = "ALERT: RESULT: "
HARNESS_STATUS = ("OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED")
SUBTEST_STATUS = ("PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED")
TIMEOUT, LONG_TIMEOUT = 10, 60  # seconds, as upstream's
COUNT_OBJECTS = "--pref=dom_testutils_enabled=true"  # for tests of what is left alive
GRACE = 5  # seconds for the browser to start and stop, before and after the test's own time


def run(binary: Path, folder: Path, paths: list[Path], jobs: int, multiplier: float) -> Report:
    """Run our own tests, printing each as it ends."""
    tests = find_tests(paths)
    expectations = {test: read_expectations(test) for test in tests}
    started = time.monotonic()
    report = Report("own tests")
    browsers: set[subprocess.Popen] = set()
    with server.serve(folder, harness.testharness(), multiplier) as origin:
        with ThreadPoolExecutor(jobs) as pool:
            pending = [pool.submit(run_test, binary, origin, folder, test, multiplier, browsers) for test in tests]
            try:
                for number, (test, future) in enumerate(zip(tests, pending), start=1):
                    result, output = future.result()
                    surprises = expectations[test].unexpected(result)
                    report.results.append(result)
                    report.as_expected &= not surprises
                    print_result(f"[{number}/{len(tests)}]", result, surprises, output)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for browser in list(browsers):
                    stop(browser)
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
    binary: Path, origin: str, folder: Path, test: Path, multiplier: float, browsers: set[subprocess.Popen]
) -> tuple[dict, list[str]]:
    """Run one test in a browser of its own, listed in `browsers` meanwhile. Returns its result and other output."""
    name = f"/{test.relative_to(folder).as_posix()}"
    seconds = (LONG_TIMEOUT if is_long(test) else TIMEOUT) * multiplier + GRACE
    browser = subprocess.Popen(
        [binary, "--headless", COUNT_OBJECTS, f"--timeout={seconds + GRACE:g}", f"{origin}{name}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    browsers.add(browser)
    expired = threading.Event()
    timer = threading.Timer(seconds, lambda: (expired.set(), stop(browser)))
    timer.start()
    output, data = [], None
    try:
        for line in browser.stdout:
            if line.startswith(RESULT_PREFIX):
                data = json.loads(line.removeprefix(RESULT_PREFIX))
                break
            output.append(line.rstrip("\n"))
    finally:
        timer.cancel()
        stop(browser)
        browser.stdout.close()
        browsers.discard(browser)
    if data is None:
        status = "TIMEOUT" if expired.is_set() else "CRASH"
        message = None if expired.is_set() else f"the browser ended with status {browser.returncode}"
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


def stop(browser: subprocess.Popen) -> None:
    """End the browser and whatever it started: they are a session of their own."""
    try:
        os.killpg(browser.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    browser.wait()


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
    """What a test may give other than OK and PASS."""

    status: list[str] = field(default_factory=lambda: ["OK"])
    subtests: dict[str, list[str]] = field(default_factory=dict)

    def unexpected(self, result: dict) -> list[str]:
        """What the result has that was not expected, one line each."""
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
