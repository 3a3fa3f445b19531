# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The browsers that run our own tests: how each is started without a window, so that it prints the page's console."""

from pathlib import Path

OURS, CHROMIUM = "mseshell", "chromium"
NAMES = (OURS, CHROMIUM)
TEST_INTERFACES = "--pref=dom_testutils_enabled=true"  # what is left alive, and what is permitted
CAPTURES = ("--fake-capture-devices", "--permissions=allow")


def command(name: str, binary: Path, url: str, seconds: float, profile: Path) -> list[str | Path]:
    """The command that opens a page. Our browser ends by itself after `seconds`; another stores things in `profile`."""
    if name == OURS:
        return [binary, "--headless", TEST_INTERFACES, *CAPTURES, f"--timeout={seconds:g}", url]
    return [
        binary,
        "--headless",
        "--no-sandbox",  # root cannot have it
        "--enable-logging=stderr",  # the page's console goes there
        "--autoplay-policy=no-user-gesture-required",
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--user-data-dir={profile}",
        url,
    ]


def is_of_the_page(name: str, line: str) -> bool:
    """Whether a line of a browser's output is worth showing: Chromium complains at length of what a server lacks."""
    return name == OURS or ":CONSOLE:" in line
