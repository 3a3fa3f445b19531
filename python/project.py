# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Where things are, running programs, and the error that a user sees as one sentence."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"
SHELL_PORT = "mseshell"


class UserError(Exception):
    """Something the user can put right. The message says what to do; no traceback is shown."""


def say(message: str) -> None:
    print(f"mach: {message}", flush=True)


def run(
    command: list[str | Path], *, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> None:
    """Run a program, its output passing through. A failure becomes a `UserError`."""
    status = call(command, cwd=cwd, environment=environment)
    if status != 0:
        raise UserError(f"`{shown(command)}` failed (exit status {status}); see its output above.")


def call(
    command: list[str | Path], *, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> int:
    """Run a program, its output passing through, and return its exit status."""
    try:
        return subprocess.run(
            command, cwd=cwd, env={**os.environ, **(environment or {})}
        ).returncode
    except FileNotFoundError:
        raise UserError(f"`{command[0]}` is not installed: run `./mach bootstrap`.") from None


def output_of(command: list[str | Path], *, cwd: Path = ROOT) -> str | None:
    """What a program prints on standard output; None if it is missing or fails."""
    try:
        result = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None


def shown(command: list[str | Path]) -> str:
    return shlex.join(str(word) for word in command)


def is_installed(program: str) -> bool:
    return shutil.which(program) is not None


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file whole or not at all, and only when its content differs: times stay, so nothing is rebuilt."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
    return True
