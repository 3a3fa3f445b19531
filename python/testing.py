# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Runs the tests: of the crates, of these tools, of the browser; and everything, in CI's order."""

import sys

import bootstrap
import build
import players.command
import tidy.command
import wpt.command
from project import ROOT, SHELL_PORT, UserError, output_of, run, say
from wpt import own

PYTHON_TESTS = ROOT / "python/tests"


def test() -> int:
    """Run everything that CI runs, cheap things first."""
    bootstrap.bootstrap()
    test_unit()
    build.build(SHELL_PORT, release=False)
    test_shell()
    binary = build.binary(SHELL_PORT, release=False)
    report = own.run(binary, wpt.command.OWN_TESTS, [wpt.command.OWN_TESTS], wpt.command.jobs(), multiplier=2)
    if wpt.command.finish([report], None) != 0:
        raise UserError("tests in wpt/tests did not give what is expected; see above.")
    if not players.command.run_ci(binary):
        raise UserError("a player did not play as it should; see above.")
    return tidy.command.tidy()


def test_unit() -> None:
    """Run the tests of the crates, the examples of their documentation, and the tests of these tools."""
    bootstrap.require_rust()
    say("testing the tools")
    run(
        [sys.executable, "-B", "-m", "unittest", "discover", "--start-directory", PYTHON_TESTS],
        environment={"PYTHONPATH": str(ROOT / "python")},
    )
    say("testing the crates")
    if output_of(["cargo", "nextest", "--version"]):
        run(["cargo", "nextest", "run", "--workspace", "--no-tests=pass"])
        run(["cargo", "test", "--workspace", "--doc", "--quiet"])
    else:
        run(["cargo", "test", "--workspace"])


def test_shell() -> None:
    """Run the tests in ports/mseshell, which start the browser."""
    bootstrap.require_rust()
    say("testing the browser shell")
    build.cargo_in_browser(SHELL_PORT, ["test"])
