# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The players themselves, from npm, in the versions that tests/players/package-lock.json fixes."""

import shutil
from pathlib import Path

from project import ROOT, TARGET, UserError, call, is_installed, say

FOLDER = ROOT / "tests/players"
INSTALLED = TARGET / "players"
LISTS = ("package.json", "package-lock.json")


def install() -> Path:
    """Install the packages, unless these very versions are there. Nothing of them is executed here."""
    modules = INSTALLED / "node_modules"
    if modules.is_dir() and all(same(FOLDER / name, INSTALLED / name) for name in LISTS):
        return modules
    if not is_installed("npm"):
        raise UserError("npm is not installed: run `./mach bootstrap`.")
    say("installing the players with npm")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    # The lists come last, so that an interrupted installation is begun again.
    shutil.rmtree(modules, ignore_errors=True)
    for name in LISTS:
        shutil.copyfile(FOLDER / name, INSTALLED / name)
    if call(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=INSTALLED) != 0:
        shutil.rmtree(modules, ignore_errors=True)
        raise UserError("npm could not install the players; check the network with `npm view hls.js` and try again.")
    return modules


def same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
