# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The browsers that are measured, each with a window or without one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import players.browsers
from players.browsers import Browser
from project import UserError, is_installed

SIZE = (1300, 800)


def mseshell(binary: Path, in_window: bool) -> Browser:
    flags = [] if in_window else ["--headless"]
    flags += ["--fake-capture-devices", "--permissions=allow"]
    return Browser("mseshell", [binary, *flags, f"--window-size={SIZE[0]}x{SIZE[1]}"], [])


def chromium(in_window: bool) -> Browser:
    browser = players.browsers.chromium(in_window)
    flags = ["--disable-background-networking", f"--window-size={SIZE[0]},{SIZE[1]}"]
    flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    return replace(browser, command=[*browser.command, *flags])


def firefox(in_window: bool) -> Browser:
    name = next((name for name in ("firefox-esr", "firefox") if is_installed(name)), None)
    if name is None:
        raise UserError("firefox is not installed: `apt-get install firefox-esr`, or name other browsers.")
    flags = ["--no-remote", "--width", str(SIZE[0]), "--height", str(SIZE[1]), "--profile", "PROFILE"]
    return Browser("firefox", [name, *flags, *([] if in_window else ["--headless"])], [])


OTHERS: dict[str, Callable[[bool], Browser]] = {"chromium": chromium, "firefox": firefox}
NAMES = ("mseshell", *OTHERS)
