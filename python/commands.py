# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The command line: what `./mach` understands and which function does it."""

import argparse
import os
import sys
from pathlib import Path

import bench
import bootstrap
import browser_bench.command
import build
import demos
import embedding.command
import embedding.manifest
import overlay.command
import players.command
import spec_coverage
import testing
import tidy.command
import wpt.command
from demos import Demo
from project import ROOT, SHELL_PORT, UserError, call, say


def main(arguments: list[str]) -> int:
    """Run one command. Returns the exit status: 0, 1 for a failure, 2 for wrong usage, 130 after Ctrl-C."""
    # What follows `--` is not ours: only `run` takes it, for the browser.
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    top = parser()
    options = top.parse_args(own)
    options.arguments = arguments[len(own) + 1 :]
    if options.arguments and options.do is not do_run:
        top.error("only `run` takes arguments after `--`")
    try:
        return options.do(options) or 0
    except UserError as error:
        print(f"mach: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmach: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="./mach",
        description="Build, run and test the Servo browser with Media Source Extensions.",
        epilog="First time here? `./mach run` installs what is missing, builds the browser and opens a page.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name, do, text, details=""):
        added = commands.add_parser(name, help=text, description=f"{text}. {details}".strip())
        added.set_defaults(do=do)
        return added

    command(
        "bootstrap",
        lambda options: bootstrap.bootstrap(),
        "Install what building, running and testing needs",
        "On Debian and Ubuntu it installs the missing packages with apt-get, and Rust with rustup if there is no "
        "cargo; elsewhere it prints the list. `run` and `test` do this by themselves.",
    )
    with_build_options(
        command("build", do_build, "Build a port (the browser mseshell, unless another is named)")
    ).add_argument("port", nargs="?", default=SHELL_PORT, metavar="PORT", help="a folder of ports/")
    add_run(command)
    command(
        "test",
        lambda options: testing.test(),
        "Run every test and check, as CI does",
        "In order: bootstrap, test-unit, build, test-shell, test-wpt with the project's own tests, "
        "test-players on demand and live, tidy.",
    )
    command("test-unit", lambda options: testing.test_unit(), "Run the tests of the crates and of the tools")
    command("test-shell", lambda options: testing.test_shell(), "Run the tests of the browser shell itself")
    players.command.add_options(
        command("test-players", players.command.run, "Let streaming players play", players.command.DETAILS)
    )
    wpt.command.add_options(command("test-wpt", wpt.command.run, "Run web-platform-tests", wpt.command.DETAILS))
    overlay.command.add_options(command("overlay", None, overlay.command.SUMMARY, overlay.command.DETAILS))
    add_embedding(command)
    bench.add_options(command("bench", None, bench.SUMMARY, bench.DETAILS))
    browser_bench.command.add_options(
        command("bench-browsers", browser_bench.command.run, browser_bench.command.SUMMARY, browser_bench.command.DETAILS)
    )
    command("fmt", lambda options: tidy.command.fmt(), "Format every Rust file of ours")
    command(
        "tidy",
        lambda options: tidy.command.tidy(),
        "Check formatting, lints, documentation, licence headers, specification links, sizes and forgotten files",
        "It also checks that the neutral crates build without GStreamer, and that the fuzz targets build. Findings "
        "are printed as `path:line: message`. Those marked `note:` do not fail the command.",
    )
    command(
        "spec-coverage",
        lambda options: spec_coverage.spec_coverage(tidy.command.source_files()),
        "List the specifications' algorithms with the function and the tests of each",
        "It prints a Markdown table and fails if a function or a test is missing; `tidy` checks the same. Functions "
        "and tests name an algorithm by a link in their comments; the algorithms stand in python/spec_coverage.txt.",
    )
    command("clean", lambda options: build.clean(), "Delete what was built", "Changes made in the overlay are kept.")
    return top


def with_build_options(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--release", action="store_true", help="optimized build (default: debug)")
    return command


def add_run(command) -> None:
    added = with_build_options(
        command(
            "run",
            do_run,
            "Build the browser and open a page",
            "Without a name it opens the demo of a player, and by `mediastream` that of captures. "
            "What follows `--` goes to the browser: `./mach run page.html -- --headless --screenshot page.png`; "
            "`./mach run -- --help` lists its flags. Without a display it runs headless, and tours a demo. "
            "`./mach run mseplay -- FILE...` runs the player without a browser instead.",
        )
    )
    added.usage = "./mach run [-h] [--release] [URL|FILE|mediastream|mseplay] [-- ARGS]"
    added.add_argument(
        "page",
        nargs="?",
        metavar="URL|FILE|mediastream|mseplay",
        help=f"what to open (default: {demos.PLAYER.page.relative_to(ROOT)})",
    )


def add_embedding(command) -> None:
    command(
        "embed",
        lambda options: embedding.manifest.embed(),
        "Print what a program that embeds Servo has in its Cargo.toml to get Media Source Extensions",
        embedding.manifest.DETAILS,
    )
    embedding.command.add_options(
        command(
            "test-embedding",
            embedding.command.run,
            "Let Servo's own example of an embedder play the demo",
            embedding.command.DETAILS,
        )
    )


def do_build(options) -> None:
    build.build(options.port, options.release)


def do_run(options) -> int:
    if options.page in build.ports() and not build.is_browser(options.page):
        return run_port(options)
    demo = demos.BY_NAME.get(options.page)
    if demo and not demo.page.is_file():
        raise UserError("say which page to open: `./mach run URL` or `./mach run FILE`.")
    bootstrap.bootstrap(for_tests=False)
    build.build(SHELL_PORT, options.release)
    return call([build.binary(SHELL_PORT, options.release), *browser_arguments(options, demo)], cwd=Path.cwd())


def browser_arguments(options, demo: Demo | None) -> demos.Arguments:
    """What the browser is told: by the user, else by whether there is a display; and the page."""
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    arguments = options.arguments or (() if has_display else without_display(demo))
    return (*demo.arguments, *arguments, demo.page) if demo else (*arguments, options.page)


def run_port(options) -> int:
    """Run a port that is no browser: what follows `--` is all that it is told."""
    bootstrap.bootstrap(for_tests=False)
    build.build(options.page, options.release)
    return call([build.binary(options.page, options.release), *options.arguments], cwd=Path.cwd())


def without_display(demo: Demo | None) -> demos.Arguments:
    """The browser's arguments without a display: a demo is toured, another page runs until it closes itself."""
    if demo is None:
        say("there is no display, so the browser runs without a window (-- --screenshot FILE shows the page)")
        return ()
    say(f"there is no display: what the page shows is in {demo.picture} at the end")
    return demo.tour()
