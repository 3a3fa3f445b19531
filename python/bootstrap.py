# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Installs what building, running and testing needs."""

import os
import platform
import re
from pathlib import Path

from project import ROOT, UserError, is_installed, output_of, run, say

RUST_VERSION = (1, 95)
# Set by a user of another system who has installed what stands for the packages.
SKIP = "SPROCKET_SKIP_BOOTSTRAP"

# Package -> what needs it, to build and run the browser.
PACKAGES = {
    "build-essential": "C and C++ parts of Servo",
    "ca-certificates": "https",
    "cmake": "cryptography (aws-lc)",
    "curl": "download of SpiderMonkey's prebuilt library, and of Rust",
    "fonts-dejavu-core": "text in pages",
    "gstreamer1.0-libav": "H.264, H.265 and AAC decoders",
    "gstreamer1.0-plugins-bad": "media parsers, AV1 decoder",
    "gstreamer1.0-plugins-base": "Vorbis and Opus decoders, conversion, sound output (ALSA)",
    "gstreamer1.0-plugins-good": "VP8 and VP9 decoders, MP3 decoder, automatic choice of sound output",
    "libegl1": "WebGL and the window",
    "libfontconfig-dev": "fonts",
    "libgl1-mesa-dri": "WebGL and the window, in software where there is no graphics card",
    "libgstreamer-plugins-bad1.0-dev": "media (WebRTC)",
    "libgstreamer-plugins-base1.0-dev": "media",
    "libgstreamer1.0-dev": "media",
    "libx11-xcb1": "the window",
    "libxcursor1": "the window's mouse pointer",
    "libxi6": "the window's input devices",
    "libxkbcommon-x11-0": "the window's keyboard",
    "libxrandr2": "the window's screens",
    "pkg-config": "finding the libraries above",
    "python3": "these tools, and SpiderMonkey from source",
}
# The packages that only the tests need, likewise.
TEST_PACKAGES = {
    "ffmpeg": "making what the players play, and the tests' media anew",
    "pulseaudio": "microphones and loudspeakers that tests capture from and play to",
    "xauth": "the browser's tests in a window without a screen",
    "xvfb": "the browser's tests in a window without a screen",
}
# What the tests need as a program, whichever way it was installed.
TEST_PROGRAMS = {
    "git": "the list of files that tidy checks",
    "npm": "testharness.js comes from npm's wpt-runner; the streaming players",
}


def bootstrap(for_tests: bool = True) -> None:
    """Install the missing packages and Rust, or say how. Prints nothing when there is nothing to do."""
    if missing := missing_packages(for_tests):
        install(missing)
    require_rust()


def missing_packages(for_tests: bool) -> dict[str, str]:
    """The packages that are not there and why they are needed. Elsewhere than on Debian, only the user can tell."""
    packages = {**PACKAGES, **(TEST_PACKAGES if for_tests else {})}
    programs = {name: why for name, why in TEST_PROGRAMS.items() if for_tests and not is_installed(name)}
    if not is_installed("dpkg-query"):
        return {} if os.environ.get(SKIP) else {**packages, **programs}
    listed = output_of(["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n"]) or ""
    installed = {line.split()[1] for line in listed.splitlines() if line.startswith("installed ")}
    return {**{name: why for name, why in packages.items() if name not in installed}, **programs}


def install(packages: dict[str, str]) -> None:
    """Install Debian packages; where that is not possible, say what is needed."""
    lines = "\n".join(f"  {name:34} {why}" for name, why in sorted(packages.items()))
    if not is_installed("apt-get"):
        raise UserError(
            f"this system ({system_name()}) has no apt-get. Install what stands for these Debian packages, then set "
            f"{SKIP}=1 and run the command again:\n{lines}"
        )
    say(f"installing missing packages:\n{lines}")
    prefix = apt_prefix(packages)
    try:
        run([*prefix, "apt-get", "update", "--quiet"])
        run([*prefix, "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *sorted(packages)])
    except UserError:
        raise UserError(
            "apt-get could not install the packages: check the network and the lines above, or install them by hand: "
            f"{' '.join(sorted(packages))}"
        ) from None


def apt_prefix(packages: dict[str, str]) -> list[str]:
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    if is_installed("sudo"):
        return ["sudo", "DEBIAN_FRONTEND=noninteractive"]
    raise UserError(f"packages are missing; run as root: apt-get install {' '.join(sorted(packages))}")


def require_rust() -> None:
    """Make sure that there is Rust of the right version. It is installed by rustup if there is none at all."""
    use_cargo_home()
    if not is_installed("cargo"):
        say("installing Rust with rustup (https://rustup.rs)")
        run(["sh", "-c", "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default"])
        use_cargo_home()
    version = cargo_version()
    if version is None:
        raise UserError("cargo is not installed and could not be: install Rust from https://rustup.rs and try again.")
    if version < RUST_VERSION:
        wanted = ".".join(map(str, RUST_VERSION))
        raise UserError(
            f"Rust {wanted} or newer is needed; this is {version[0]}.{version[1]}: run `rustup update stable`."
        )


def cargo_version() -> tuple[int, int] | None:
    found = re.match(r"cargo (\d+)\.(\d+)", output_of(["cargo", "--version"], cwd=ROOT) or "")
    return (int(found[1]), int(found[2])) if found else None


def use_cargo_home() -> None:
    """Put cargo on the PATH: one just installed is not on that of the shell that started us."""
    programs = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin"
    if not is_installed("cargo") and (programs / "cargo").exists():
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def system_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
