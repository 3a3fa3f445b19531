# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The http server of our own tests: `wpt/tests` at `/`, `tests/media` at `/media/`, testharness.js at `/resources/`."""

import contextlib
import mimetypes
import re
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from project import ROOT

REPORTER = Path(__file__).with_name("testharnessreport.js")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt; charset=utf-8",
    ".webm": "video/webm",
}


@contextlib.contextmanager
def serve(tests: Path, testharness: bytes, multiplier: float, media: Path = ROOT / "tests/media") -> Iterator[str]:
    """Serve while the `with` block runs; gives the origin, `http://127.0.0.1:PORT`."""
    reporter = REPORTER.read_text().replace("TIMEOUT_MULTIPLIER", f"{multiplier:g}").encode()
    handler = type(
        "TestHandler",
        (Handler,),
        {
            "pages": {"/resources/testharness.js": testharness, "/resources/testharnessreport.js": reporter},
            "folders": {"/media/": media, "/": tests},
        },
    )
    with listen(handler) as origin:
        yield origin


@contextlib.contextmanager
def listen(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer with a handler while the `with` block runs; gives the origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, whole or for one range of bytes."""

    protocol_version = "HTTP/1.1"
    pages: dict[str, bytes]
    folders: dict[str, Path]

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        content = self.content_of(path)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        start, end, status = 0, len(content), HTTPStatus.OK
        if asked := self.headers.get("Range"):
            selected = byte_range(asked, len(content))
            if selected is None:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start, end = selected
            status = HTTPStatus.PARTIAL_CONTENT
        self.send_response(status)
        if status == HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        suffix = Path(path).suffix
        self.send_header(
            "Content-Type", TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"
        )
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-store")
        for name, value in asked_headers(urlsplit(self.path).query):
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content[start:end])

    def content_of(self, path: str) -> bytes | None:
        if path in self.pages:
            return self.pages[path]
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                file = (folder / path.removeprefix(prefix)).resolve()
                found = file.is_relative_to(folder.resolve()) and file.is_file()
                return file.read_bytes() if found else None
        return None

    def handle(self) -> None:
        # A browser that is stopped closes its connections in the middle of an answer.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_) -> None:
        """Print nothing: a missing file shows as the failure of the test."""


def asked_headers(query: str) -> list[tuple[str, str]]:
    """The headers that a page asks for in its own URL, as upstream's server has it: `?pipe=header(Name,Value)`."""
    pipes = parse_qs(query).get("pipe", [])
    return [found.groups() for pipe in pipes if (found := re.fullmatch(r"header\(([\w-]+),(.*)\)", pipe))]


def byte_range(header: str, length: int) -> tuple[int, int] | None:
    """`bytes=first-last`, `bytes=first-` or `bytes=-count` as (start, end); None if it cannot be satisfied.

    <https://www.rfc-editor.org/rfc/rfc9110#name-range>
    """
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, length - int(found[2])), length
    else:
        start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else length, length)
    return (start, end) if start < end else None
