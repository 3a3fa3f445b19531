# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach test-players`: real players play real presentations in a real browser."""

import argparse
import contextlib
import importlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import bootstrap
import build
import project
from players import browsers, packages, table
from players.browsers import Browser
from project import SHELL_PORT, UserError, say

PLAYERS = ("hls", "dash", "shaka", "videojs")
PAGES = packages.FOLDER / "pages"
CI_SCENARIOS = ("vod", "live")
# Seconds that a scenario may take; what loads 20 times or waits for the network takes longer.
TIMEOUT = 90
LONG_TIMEOUT = 240
LONG_SCENARIOS = ("reload", "throttle")
QUOTA_SCENARIO = "quota"
# The text before the result that a page prints for people. The result comes by POST, too.
RESULT_PREFIX = "PLAYERS RESULT: "
DETAILS = (
    f"PLAYER is one of {', '.join(PLAYERS)}; SCENARIO one of those that a player's page lists. Without them: all. "
    "The players come from npm and the presentations from ffmpeg, once. With --serve a page is opened in any browser: "
    "it plays, lists the scenarios and shows what happens. "
    "tests/players/README.md tells more."
)


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("player", nargs="?", choices=PLAYERS, metavar="PLAYER", help="only this player")
    command.add_argument("scenario", nargs="?", metavar="SCENARIO", help="only this scenario")
    command.add_argument("--browser", choices=("mseshell", "chromium"), default="mseshell", help="default: mseshell")
    command.add_argument("--ci", action="store_true", help=f"only {' and '.join(CI_SCENARIOS)}, as `./mach test` does")
    command.add_argument("--serve", action="store_true", help="only serve the pages, for a browser of yours")
    command.add_argument("--json", type=Path, metavar="FILE", help="where to write all results, with the pages' logs")
    command.add_argument("--release", action="store_true", help="test the optimized build (default: debug)")
    command.add_argument("--binary", type=Path, metavar="FILE", help="test this mseshell instead of building ours")


def run(options) -> int:
    """Run the chosen scenarios. 0 if none fails."""
    if options.serve:
        return serve()
    browser = browsers.chromium() if options.browser == "chromium" else browsers.mseshell(chosen_binary(options))
    chosen = CI_SCENARIOS if options.ci else scenarios()
    if options.scenario:
        if options.scenario not in scenarios():
            raise UserError(f"there is no scenario {options.scenario}: name one of {', '.join(scenarios())}.")
        chosen = (options.scenario,)
    players = (options.player,) if options.player else PLAYERS
    results = run_all(browser, players, chosen)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 0 if all(result["status"] != "FAIL" for result in results) else 1


def run_ci(binary: Path) -> bool:
    """Run what `./mach test` runs: one scenario on demand and one live for each player. False if one fails."""
    results = run_all(browsers.mseshell(binary), PLAYERS, CI_SCENARIOS)
    return all(result["status"] != "FAIL" for result in results)


def chosen_binary(options) -> Path:
    if options.binary:
        return options.binary.absolute()
    bootstrap.bootstrap()
    build.build(SHELL_PORT, options.release)
    return build.binary(SHELL_PORT, options.release)


def scenarios() -> tuple[str, ...]:
    """The names of the scenarios, which stand in the pages' script."""
    return tuple(re.findall(r"^  \{ name: \"([a-z0-9-]+)\"", (PAGES / "scenarios.js").read_text(), re.MULTILINE))


def run_all(browser: Browser, players: tuple[str, ...], chosen: tuple[str, ...]) -> list[dict]:
    """Run each scenario with each player, printing each as it ends and the table of all."""
    results = []
    with served() as server:
        for scenario in chosen:
            for player in players:
                result = run_one(browser, server, player, scenario)
                results.append(result)
                table.print_result(result)
    table.print_table(results)
    return results


def run_one(browser: Browser, server, player: str, scenario: str) -> dict:
    name = f"{player}-{scenario}"
    small_quota = scenario == QUOTA_SCENARIO
    quota = f"&quota={browsers.SMALL_QUOTA}" if small_quota else ""
    url = f"{server.origin}/pages/{player}.html?scenario={scenario}&report=/report/{name}{quota}"
    seconds = LONG_TIMEOUT if scenario in LONG_SCENARIOS else TIMEOUT
    report = server.sessions[name].wait_for_report
    result, reason, output = browsers.open_page(browser, url, report, seconds, small_quota)
    result = result or {"status": "FAIL", "message": reason, "log": []}
    output = [line for line in output if not line.startswith(RESULT_PREFIX)]
    return {**result, "browser": browser.name, "player": player, "scenario": scenario, "output": output[-100:]}


@contextlib.contextmanager
def served() -> Iterator:
    """The server of tests/players with what it serves: the players and the presentations, made if they are missing."""
    packages.install()
    project.run([packages.FOLDER / "streams.sh"])
    sys.path.insert(0, str(packages.FOLDER))
    with importlib.import_module("server").serve() as server:
        yield server


def serve() -> int:
    """Serve until Ctrl-C."""
    with served() as server:
        for player in PLAYERS:
            say(f"{server.origin}/pages/{player}.html")
        say("Ctrl-C ends it")
        threading.Event().wait()
    return 0
