# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Upstream's tests, run from a checkout by its own wptrunner as the product `servo`. The checkout is not written to."""

import json
import subprocess
import sys
from pathlib import Path

from project import ROOT, TARGET, UserError, call, say
from wpt import browsers
from wpt.progress import Progress
from wpt.report import Report

FOLDER = TARGET / "wpt"
METADATA = ROOT / "wpt/meta"
SETS_PERMISSIONS = ROOT / "python/wpt/testdriver.js"
# The tests of captures want devices, and a user who allows their use where a test does not say that he denies it.
ARGUMENTS = (*browsers.CAPTURES, browsers.TEST_INTERFACES)


def run(
    binary: Path,
    checkout: Path,
    paths: list[str],
    *,
    jobs: int,
    multiplier: float,
    release: bool,
    update_expectations: bool,
) -> Report:
    """Run tests and compare them with the metadata, or write the metadata from their results."""
    for path in paths:
        if not (checkout / path.split("?")[0].lstrip("/")).exists() and not path.startswith("/"):
            raise UserError(f"{path} is neither a file of wpt/tests nor of {checkout}: correct the path.")
    prepare()
    report, log = FOLDER / "upstream.json", FOLDER / "upstream.log"
    report.unlink(missing_ok=True)
    command = [
        *wpt(checkout),
        "run",
        f"--binary={binary}",
        f"--inject-script={SETS_PERMISSIONS}",
        *(f"--binary-arg={argument}" for argument in ARGUMENTS),
        f"--metadata={METADATA}",
        f"--manifest={FOLDER / 'MANIFEST.json'}",
        f"--processes={jobs}",
        f"--timeout-multiplier={multiplier}",
        "--release-build" if release else "--debug-build",
        f"--log-wptreport={report}",
        f"--log-raw={log}",
        "--log-raw=-",
        "--no-pause-after-test",
        "--yes",
        "servo",
        *paths,
    ]
    # wptrunner looks for `resources/wpt-prefs.json` in the current folder: `prepare` puts one there.
    status = run_shown(command)
    if not report.is_file() or not report.stat().st_size:
        raise UserError("wptrunner stopped before it ran the tests; see its output above.")
    if update_expectations:
        update(checkout, log)
    return Report.read("upstream", report, as_expected=status == 0 or update_expectations)


def run_shown(command: list[str | Path]) -> int:
    """Run wptrunner, its raw log shown as progress. Returns its exit status."""
    progress = Progress()
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True, errors="replace") as wptrunner:
        for line in wptrunner.stdout:
            for shown in progress.lines(line.rstrip("\n")):
                print(shown, flush=True)
    return wptrunner.returncode


def update(checkout: Path, log: Path) -> None:
    """Write what was seen to the metadata as what is expected."""
    status = call(
        [
            *wpt(checkout),
            "update-expectations",
            "--product=servo",
            f"--metadata={METADATA}",
            f"--manifest={FOLDER / 'MANIFEST.json'}",
            f"--tests={checkout}",
            log,
        ],
        cwd=FOLDER,
    )
    if status != 0:
        raise UserError("the expectations could not be updated; see the output above.")
    say(f"{METADATA.relative_to(ROOT)} holds the results as what is expected: read the difference before you commit it")


def wpt(checkout: Path) -> list[str | Path]:
    return [sys.executable, ROOT / "python/wpt/wptrunner_main.py", checkout, "--venv", FOLDER / "venv"]


def prepare() -> None:
    METADATA.mkdir(parents=True, exist_ok=True)
    preferences = FOLDER / "resources/wpt-prefs.json"
    preferences.parent.mkdir(parents=True, exist_ok=True)
    preferences.write_text(json.dumps({}) + "\n")
