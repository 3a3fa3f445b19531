# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Decides where SpiderMonkey, Servo's JavaScript engine, comes from.

Its crate (`mozjs_sys`) downloads a prebuilt library from GitHub. Without that, an archive can be given
(`MOZJS_ARCHIVE`), or it is built from source (`MOZJS_FROM_SOURCE`), which needs a newer clang than Debian's default.
Changing the way rebuilds all of Servo, so the first choice is kept beside the build until another one is asked for.
"""

import json
import os
import re
from pathlib import Path

import bootstrap
from project import ROOT, UserError, call, is_installed, say

CLANG = 19
CLANG_PACKAGES = {
    f"clang-{CLANG}": "SpiderMonkey from source",
    f"libclang-{CLANG}-dev": "SpiderMonkey from source",
    f"llvm-{CLANG}": "SpiderMonkey from source",
}
VARIABLES = ("MOZJS_ARCHIVE", "MOZJS_FROM_SOURCE", "MOZJS_CREATE_ARCHIVE")


def environment(target: Path) -> dict[str, str]:
    """The environment variables for cargo, after saying which way SpiderMonkey comes."""
    record = target / "spidermonkey.json"
    asked = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
    kept = json.loads(record.read_text()) if record.is_file() else None
    chosen = asked or usable(kept)
    if chosen is None:
        chosen = {} if can_download() else {"MOZJS_FROM_SOURCE": "1"}
    if archive := chosen.get("MOZJS_ARCHIVE"):
        chosen["MOZJS_ARCHIVE"] = checked_archive(archive)
    if chosen != kept:
        say(f"SpiderMonkey comes {description(chosen)}")
        target.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(chosen) + "\n")
    return {**chosen, **(source_environment() if "MOZJS_FROM_SOURCE" in chosen else {})}


def usable(kept: dict[str, str] | None) -> dict[str, str] | None:
    archive = (kept or {}).get("MOZJS_ARCHIVE")
    return None if archive and not Path(archive).is_file() else kept


def description(chosen: dict[str, str]) -> str:
    if archive := chosen.get("MOZJS_ARCHIVE"):
        return f"from the archive {archive}"
    if chosen:
        return "from source: this takes about 12 minutes on two cores"
    return "prebuilt from GitHub"


def checked_archive(archive: str) -> str:
    """An absolute path: cargo runs the build script in another folder. A URL stays as it is."""
    if re.match(r"https?://", archive):
        return archive
    path = Path(archive).absolute()
    if not path.is_file():
        raise UserError(f"MOZJS_ARCHIVE names {archive}, which does not exist: correct or unset it.")
    return str(path)


def can_download() -> bool:
    """Whether the prebuilt library that `mozjs_sys` asks for can be had: the same request, without its body."""
    lock = (ROOT / "ports/mseshell/Cargo.lock").read_text()
    version = re.search(r'name = "mozjs_sys"\nversion = "([^"]+)"', lock)
    if not version or not is_installed("curl"):
        return False
    machine = os.uname().machine
    url = (
        f"https://github.com/servo/mozjs/releases/download/mozjs-sys-v{version[1]}/"
        f"libmozjs-{machine}-unknown-linux-gnu.tar.gz"
    )
    status = call(
        ["curl", "--silent", "--location", "--fail", "--head", "--max-time", "30", "--output", os.devnull, url]
    )
    if status != 0:
        say("SpiderMonkey's prebuilt library cannot be downloaded from GitHub")
    return status == 0


def source_environment() -> dict[str, str]:
    """The environment for a build from source: clang 19 before any other on the PATH, installed if it is missing."""
    folder = Path(f"/usr/lib/llvm-{CLANG}")
    if not (folder / "bin/clang").exists() and is_installed("apt-get"):
        bootstrap.install(CLANG_PACKAGES)
    if not (folder / "bin/clang").exists():
        return {}
    return {"PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}", "LIBCLANG_PATH": f"{folder}/lib"}
