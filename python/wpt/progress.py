# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Shows a wptrunner run as it goes, from the raw log on its standard output: one line for each test that ends."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable

# How much of a browser's own output is shown when its test ends badly.
OUTPUT_LINES = 30


class Progress:
    """The state that follows from the messages of the log so far."""

    def __init__(self) -> None:
        self.total = 0
        self.ended = 0
        self.subtests: dict[str, list[dict]] = defaultdict(list)
        self.output: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=OUTPUT_LINES))

    def lines(self, line: str) -> Iterable[str]:
        """The text to show for one line of output. Lines that do not belong to the log are shown as they are."""
        try:
            message = json.loads(line)
        except ValueError:
            return [line]
        if not isinstance(message, dict):
            return [line]
        handler = getattr(self, f"handle_{message.get('action')}", None)
        return handler(message) if handler else []

    def handle_suite_start(self, message: dict) -> list[str]:
        self.total = sum(len(tests) for tests in message["tests"].values())
        return []

    def handle_log(self, message: dict) -> list[str]:
        serious = message["level"] in ("CRITICAL", "ERROR")
        return [f"{message['level']} {message['message']}"] if serious else []

    def handle_process_output(self, message: dict) -> list[str]:
        self.output[message.get("command") or ""].append(message["data"])
        return []

    def handle_test_status(self, message: dict) -> list[str]:
        self.subtests[message["test"]].append(message)
        return []

    def handle_test_end(self, message: dict) -> list[str]:
        """`[3/80] /media-source/x.html: OK, 5/6 passed`, then whatever was not expected."""
        test, status = message["test"], message["status"]
        self.ended += 1
        subtests = self.subtests.pop(test, [])
        passed = sum(subtest["status"] == "PASS" for subtest in subtests)
        lines = [f"[{self.ended}/{self.total}] {test}: {status}, {passed}/{len(subtests)} passed"]
        lines += [surprise(subtest, subtest["subtest"]) for subtest in subtests if "expected" in subtest]
        output = self.output_of(test)
        if "expected" in message:
            lines.append(surprise(message, "the test as a whole"))
            lines += [f"    | {line}" for line in output]
        return lines

    def output_of(self, test: str) -> list[str]:
        commands = [command for command in self.output if any(word.endswith(test) for word in command.split())]
        return [line for command in commands for line in self.output.pop(command)]


def surprise(message: dict, name: str) -> str:
    because = f": {message['message']}" if message.get("message") else ""
    return f"    {message['status']} (expected {message['expected']}) {name}{because}"
