# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""A browser's process, which ends with whatever it started."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from project import UserError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> Path:
    """Chromium's program."""
    program = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise UserError("chromium is not installed: run `apt-get install chromium`, or leave out --browser.")
    return Path(program)


def start(command: Sequence[str | Path]) -> subprocess.Popen:
    """Start a browser in a session of its own. What it prints is read from its `stdout`."""
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def stop(process: subprocess.Popen) -> None:
    """End the browser and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
