# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Builds the ports: each folder of `ports/` that has a `Cargo.toml`."""

import shutil
import tomllib
from pathlib import Path

import bootstrap
import spidermonkey
from overlay import layers
from project import ROOT, TARGET, UserError, run, say


def ports() -> list[str]:
    return sorted(manifest.parent.name for manifest in (ROOT / "ports").glob("*/Cargo.toml"))


def build(port: str, release: bool) -> None:
    """Build one port. A port that is a workspace of its own is a browser: the overlay is laid for it first."""
    if port not in ports():
        raise UserError(f"there is no port {port}: name one of {', '.join(ports())}.")
    bootstrap.require_rust()
    profile = ["--release"] if release else []
    if not is_browser(port):
        run(["cargo", "build", *profile, "--package", port])
        return
    cargo_in_browser(port, ["build", *profile])


def cargo_in_browser(port: str, arguments: list[str]) -> None:
    """Run cargo on a browser port, which has a build folder of its own."""
    cargo_on_overlay(ROOT / "ports" / port, target_folder(port), arguments)


def cargo_on_overlay(package: Path, target: Path, arguments: list[str]) -> None:
    """Run cargo on a package that uses Servo, with the overlay laid and SpiderMonkey chosen."""
    layers.lay(layers.overlays())
    environment = spidermonkey.environment(target)
    run(["cargo", *arguments], cwd=package, environment={"CARGO_TARGET_DIR": str(target), **environment})


def is_browser(port: str) -> bool:
    return "workspace" in tomllib.loads((ROOT / "ports" / port / "Cargo.toml").read_text())


def target_folder(port: str) -> Path:
    return TARGET / port if is_browser(port) else TARGET


def binary(port: str, release: bool) -> Path:
    return target_folder(port) / ("release" if release else "debug") / port


def clean() -> None:
    """Delete what was built. Unsaved changes in the overlay are somebody's work and stop this."""
    if not TARGET.exists():
        return
    if (TARGET / "overlay").exists() and (unsaved := layers.unsaved_files(layers.overlays())):
        raise UserError(
            f"{unsaved[0]} holds a change that is saved nowhere else (one of {len(unsaved)}): keep such changes with "
            "`./mach overlay save` or drop them with `./mach overlay discard`."
        )
    shutil.rmtree(TARGET)
    say(f"{TARGET} deleted")
