# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Prints what the players did."""

# How many lines of a failed page's log and of its browser's output are printed.
LINES = 40


def print_result(result: dict) -> None:
    message = f": {result['message']}" if result["message"] else ""
    print(f"{result['player']} {result['scenario']}: {result['status']}{message}{metrics(result)}", flush=True)
    if result["status"] == "FAIL":
        for line in [*result["log"][-LINES:], *(f"| {line}" for line in result["output"][-LINES:])]:
            print(f"    {line}", flush=True)


def metrics(result: dict) -> str:
    if result.get("startUp") is None:
        return ""
    return (
        f" (first picture after {result['startUp']:.2f} s, waited {result['rebuffers']} times, "
        f"dropped {result['dropped']} of {result['frames']} pictures)"
    )


def print_table(results: list[dict]) -> None:
    """A line for each scenario, a column for each player."""
    players = list(dict.fromkeys(result["player"] for result in results))
    cells = {(result["scenario"], result["player"]): cell(result) for result in results}
    scenarios = list(dict.fromkeys(result["scenario"] for result in results))
    width = max(map(len, scenarios), default=0)
    print()
    print(" ".join([" " * width, *(f"{player:>8}" for player in players)]))
    for scenario in scenarios:
        print(" ".join([f"{scenario:{width}}", *(f"{cells.get((scenario, player), ''):>8}" for player in players)]))


def cell(result: dict) -> str:
    return "-" if result["status"] == "SKIP" else result["status"]
