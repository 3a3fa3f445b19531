# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The server of the measuring pages, which report to it."""

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from browser_bench import media
from wpt.server import Handler, listen

PAGES = Path(__file__).with_name("pages")


@contextlib.contextmanager
def serve() -> Iterator[tuple[str, queue.Queue]]:
    """Serve while the `with` block runs. Gives the origin, and what the pages report: a name, a result and an event
    for which the page waits, so that what the browser costs until then can be read.
    """
    reports: queue.Queue = queue.Queue()
    fields = {"pages": {}, "folders": {"/media/": media.FOLDER, "/": PAGES}, "reports": reports}
    with listen(type("BenchHandler", (BenchHandler,), fields)) as origin:
        yield origin, reports


class BenchHandler(Handler):
    reports: queue.Queue

    def do_POST(self) -> None:
        result = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = threading.Event()
        self.reports.put((self.path.rpartition("/")[2], result, answer))
        answer.wait()
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()
