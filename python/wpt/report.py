# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Results in the form of `wptreport.json`, and their summary."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Report:
    """The results of one run. Each is a dictionary: test, status, message, subtests [name, status, message]."""

    title: str
    results: list[dict] = field(default_factory=list)
    as_expected: bool = True

    @classmethod
    def read(cls, title: str, path: Path, as_expected: bool) -> "Report":
        return cls(title, json.loads(path.read_text())["results"], as_expected)

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"results": self.results}, indent=1) + "\n")
        return path

    def summary(self) -> str:
        """One line: how many tests ran, how their harness ended, and how many subtests passed."""
        statuses = [result["status"] for result in self.results]
        subtests = [subtest["status"] for result in self.results for subtest in result["subtests"]]
        ended = {name: statuses.count(name) for name in ("OK", "PASS", "ERROR", "TIMEOUT", "CRASH")}
        harness = ", ".join(f"{count} {name}" for name, count in ended.items() if count)
        verdict = "as expected" if self.as_expected else "NOT as expected"
        return (
            f"{self.title}: {len(statuses)} tests ({harness or 'none'}), "
            f"{subtests.count('PASS')}/{len(subtests)} subtests passed, {verdict}"
        )
