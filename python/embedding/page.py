# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Serves the demo with a script that watches it and reports how it plays."""

import contextlib
import json
import queue
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

from project import ROOT
from wpt import server

DEMO = ROOT / "ports/mseshell/demo"
WATCH = Path(__file__).with_name("watch.js")

Wait = Callable[[float], dict | None]


@contextlib.contextmanager
def serve() -> Iterator[tuple[str, Wait]]:
    """Serve while the `with` block runs: the page's address, and what waits so many seconds for its report."""
    reports: queue.Queue[dict] = queue.Queue()
    page = (DEMO / "index.html").read_bytes() + b'<script src="/watch.js"></script>\n'
    attributes = {
        "pages": {"/index.html": page, "/watch.js": WATCH.read_bytes()},
        "folders": {"/": DEMO},
        "reports": reports,
    }
    with server.listen(type("DemoHandler", (Handler,), attributes)) as origin:
        yield f"{origin}/index.html", lambda seconds: next_of(reports, seconds)


def next_of(reports: queue.Queue[dict], seconds: float) -> dict | None:
    try:
        return reports.get(timeout=seconds)
    except queue.Empty:
        return None


class Handler(server.Handler):
    """What a page sends by POST is its report."""

    reports: queue.Queue[dict]

    def do_POST(self) -> None:
        self.reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()
