# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""What the server knows of one player: its requests, the trouble it shall have, its live presentation, its report."""

import re
import threading
import time
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """A request that makes no sense. The message says why."""


@dataclass
class Withheld:
    pattern: re.Pattern
    until: float  # on the monotonic clock


@dataclass
class Failure:
    pattern: re.Pattern
    status: int
    times: int | None  # that are left; None for ever


class Session:
    """Everything here may be called from any thread."""

    def __init__(self) -> None:
        self.live: Any = None  # set by the first request of a live presentation
        self.requests: list[dict] = []
        self._changed = threading.Condition()
        self._withheld: list[Withheld] = []
        self._failures: list[Failure] = []
        self._bytes_per_second: float | None = None
        self._sent_until = 0.0  # when the bytes that were allowed so far have gone through
        self._report: Any = None

    # The trouble

    def control(self, fault: dict) -> None:
        """Adds a fault, or changes the throttle. A throttle of 0 and a pattern of None end them."""
        if "fail" in fault:
            fault = {"status": 404, "times": 1} | fault
        with self._changed:
            match fault:
                case {"throttle": int() | float() | None as rate, **rest} if not rest and (rate or 0) >= 0:
                    self._throttle(rate)
                case {"withhold": None, **rest} if not rest:
                    self._withheld.clear()
                case {"withhold": str() as pattern, "seconds": int() | float() as seconds, **rest} if not rest:
                    self._withheld.append(Withheld(compiled(pattern), time.monotonic() + seconds))
                case {"fail": None, "status": _, "times": _, **rest} if not rest:
                    self._failures.clear()
                case {"fail": str() as pattern, "status": int() as status, "times": int() | None as times} if (
                    len(fault) == 3 and 200 <= status <= 599
                ):
                    self._failures.append(Failure(compiled(pattern), status, times))
                case _:
                    raise Refused(
                        'a fault is {"throttle": bytes a second}, {"withhold": pattern, "seconds": number} or '
                        '{"fail": pattern, "status": number, "times": number or null}'
                    )
            self._changed.notify_all()

    def recover(self) -> None:
        """Ends all trouble and forgets the requests."""
        with self._changed:
            self._withheld.clear()
            self._failures.clear()
            self._throttle(None)
            self.requests.clear()
            self._changed.notify_all()

    def _throttle(self, bytes_per_second: float | None) -> None:
        self._bytes_per_second = bytes_per_second or None
        self._sent_until = time.monotonic()

    def wait_while_withheld(self, path: str) -> None:
        with self._changed:
            while (until := self._withheld_until(path)) > (now := time.monotonic()):
                self._changed.wait(until - now)

    def _withheld_until(self, path: str) -> float:
        return max((it.until for it in self._withheld if it.pattern.search(path)), default=0.0)

    def failure(self, path: str) -> int | None:
        """The status that this request shall fail with."""
        with self._changed:
            for failure in self._failures:
                if failure.times != 0 and failure.pattern.search(path):
                    if failure.times is not None:
                        failure.times -= 1
                    return failure.status
        return None

    @property
    def portion(self) -> int:
        """How many bytes to send at once: a tenth of a second's where there is a limit."""
        rate = self._bytes_per_second
        return 1 << 16 if rate is None else max(1, min(1 << 16, int(rate / 10)))

    def wait_to_send(self, count: int) -> None:
        """Returns when so many more bytes may have gone through the line, which all requests share."""
        with self._changed:
            if self._bytes_per_second is None:
                return
            self._sent_until = max(self._sent_until, time.monotonic()) + count / self._bytes_per_second
            while self._bytes_per_second is not None and (left := self._sent_until - time.monotonic()) > 0:
                self._changed.wait(left)

    # What happened

    def begin(self, method: str, path: str, byte_range: str | None) -> dict:
        """Notes a request. Its `status` is None until it is answered, its `end` until all is sent."""
        entry = {"method": method, "path": path, "range": byte_range, "time": time.time()}
        entry |= {"status": None, "bytes": 0, "end": None}
        with self._changed:
            self.requests.append(entry)
        return entry

    def ended(self, entry: dict) -> None:
        with self._changed:
            entry["end"] = time.time()

    def state(self) -> dict:
        """What the control endpoint tells."""
        with self._changed:
            return {"now": time.time(), "requests": [dict(entry) for entry in self.requests]}

    # What the page told

    def report(self, value: Any) -> None:
        with self._changed:
            self._report = value
            self._changed.notify_all()

    def wait_for_report(self, seconds: float = 0) -> Any:
        """What the page told last; None if it did not within that time."""
        with self._changed:
            self._changed.wait_for(lambda: self._report is not None, seconds)
            return self._report


def compiled(pattern: str) -> re.Pattern:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise Refused(f"the pattern {pattern!r} is no regular expression: {error}") from None


class Sessions:
    """All sessions by name. A session begins when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def __getitem__(self, name: str) -> Session:
        with self._lock:
            return self._sessions.setdefault(name, Session())
