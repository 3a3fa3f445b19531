# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""What a browser costs: processor time and memory of its process and of all that it started."""

import os
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds of processor time so far, and the memory that is held, in MiB: shared pages count in parts."""

    seconds: float
    memory: float


def cost(root: int) -> Cost:
    """The cost of a process and of its descendants."""
    pids = tree(root)
    return Cost(sum(seconds(pid) for pid in pids), sum(memory(pid) for pid in pids))


def tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def seconds(pid: int) -> float:
    """What a process has used. (The time of children that have ended is the parent's.)"""
    fields = stat(pid)
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND if fields else 0.0


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on, which is the third; none if the process has ended."""
    try:
        return (PROCESSES / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def memory(pid: int) -> float:
    try:
        lines = (PROCESSES / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
