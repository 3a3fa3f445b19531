# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Checks by cargo: lints, links in the documentation, and builds of what no test builds."""

import bootstrap
import build
from project import ROOT, SHELL_PORT, TARGET, UserError, call, is_installed, say

# The crates that name no engine, no Servo and no GStreamer type.
NEUTRAL_CRATES = ("byte_stream", "track_buffer", "media_source", "blob_url", "media_stream", "media_recorder")
# The environment in which pkg-config finds no library.
WITHOUT_LIBRARIES = {"PKG_CONFIG_LIBDIR": str(TARGET / "no-libraries"), "PKG_CONFIG_PATH": ""}
FUZZ = ROOT / "tests/fuzz"


def require(component: str) -> None:
    bootstrap.require_rust()
    program = {"clippy": "cargo-clippy"}.get(component, component)
    if not is_installed(program):
        raise UserError(f"{component} is not installed: run `rustup component add {component}`.")


def linted() -> bool:
    """Run clippy on the workspace and on the browser."""
    require("clippy")
    lints = ["--all-targets", "--quiet", "--", "--deny", "warnings"]
    workspace = call(["cargo", "clippy", "--workspace", *lints]) == 0
    try:
        build.cargo_in_browser(SHELL_PORT, ["clippy", *lints])
    except UserError as error:
        say(str(error))
        return False
    return workspace


def documented() -> bool:
    """Make the documentation of the crates. A link that leads nowhere is an error."""
    command = ["cargo", "doc", "--workspace", "--no-deps", "--quiet"]
    return call(command, environment={"RUSTDOCFLAGS": "--deny warnings"}) == 0


def neutral() -> bool:
    """Check the neutral crates as on a machine without GStreamer."""
    packages = [word for crate in NEUTRAL_CRATES for word in ("--package", f"sprocket-{crate.replace('_', '-')}")]
    return call(["cargo", "check", "--quiet", *packages], environment=WITHOUT_LIBRARIES) == 0


def fuzz_targets() -> bool:
    """Check the fuzz targets, a workspace of their own. It needs no cargo-fuzz."""
    # `cargo check` links nothing. Any file stands for libFuzzer, which else is compiled from C++.
    environment = {"CARGO_TARGET_DIR": str(TARGET / "fuzz"), "CUSTOM_LIBFUZZER_PATH": str(FUZZ / "Cargo.toml")}
    return call(["cargo", "check", "--quiet"], cwd=FUZZ, environment=environment) == 0
