# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The browsers that open the players' pages, each page in a process of its own."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import browser_process

# The number of bytes that a SourceBuffer may hold in the scenario that fills it.
SMALL_QUOTA = 1 << 20


@dataclass
class Browser:
    """The way to start a browser without a window."""

    name: str
    command: list[str | Path]
    # The arguments that limit a SourceBuffer to `SMALL_QUOTA`.
    quota_arguments: list[str]

    def start(self, url: str, profile: str, small_quota: bool) -> subprocess.Popen:
        arguments = self.quota_arguments if small_quota else []
        command = [str(word).replace("PROFILE", profile) for word in [*self.command, *arguments, url]]
        return browser_process.start(command)


def mseshell(binary: Path) -> Browser:
    return Browser("mseshell", [binary, "--headless", "--window-size=800x700"], [f"--quota={SMALL_QUOTA}"])


def chromium(in_window: bool = False) -> Browser:
    flags = [*([] if in_window else ["--headless=new"]), "--disable-gpu", "--mute-audio", "--no-first-run", "--user-data-dir=PROFILE"]
    flags += ["--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling"]
    flags.append("--log-level=3")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    limit = SMALL_QUOTA >> 20
    return Browser("chromium", [browser_process.chromium(), *flags], [f"--mse-video-buffer-size-limit-mb={limit}"])


def open_page(
    browser: Browser,
    url: str,
    report: Callable[[float], Any],
    seconds: float,
    small_quota: bool = False,
    started: Callable[[int], None] = lambda pid: None,
) -> tuple[dict | None, str, list[str]]:
    """Open a page and wait for its result, for which `report` waits so many seconds.

    Returns the result or None, why there is none, and what the browser printed. `started` is told its process.
    """
    output: list[str] = []
    with tempfile.TemporaryDirectory(prefix="players-", ignore_cleanup_errors=True) as profile:
        process = browser.start(url, profile, small_quota)
        started(process.pid)
        reader = threading.Thread(target=lambda: output.extend(line.rstrip("\n") for line in process.stdout))
        reader.start()
        try:
            result, reason = wait(process, report, seconds)
        finally:
            browser_process.stop(process)
            reader.join()
            process.stdout.close()
    return result, reason, output


def wait(process: subprocess.Popen, report: Callable[[float], Any], seconds: float) -> tuple[dict | None, str]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        has_ended = process.poll() is not None
        if result := report(0.2):
            return result, ""
        if has_ended:
            return None, f"the browser ended with status {process.returncode}"
    return None, f"no result within {seconds:g} s"
