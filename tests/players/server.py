# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The http server of the players' tests: pages, players, presentations on demand and live, and faults on demand.

    python3 server.py [PORT]

README.md says what is where.
"""

import contextlib
import json
import mimetypes
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "python"))

from live import Live  # noqa: E402
from sessions import Refused, Session, Sessions  # noqa: E402
from wpt.server import TYPES as COMMON_TYPES  # noqa: E402
from wpt.server import byte_range  # noqa: E402

TARGET = ROOT / "target/players"
TYPES = COMMON_TYPES | {
    ".css": "text/css; charset=utf-8",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mjs": "text/javascript; charset=utf-8",
    ".mpd": "application/dash+xml",
}
POST_LIMIT = 1 << 20  # bytes


@dataclass
class Answer:
    """What a request gets. A body in parts is sent as they come."""

    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Listens from the start; `serve_forever` answers."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int = 0,
        streams: Path = TARGET / "streams",
        players: Path = TARGET / "node_modules",
        pages: Path = HERE / "pages",
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.streams = streams
        self.folders = {"streams": streams, "players": players, "pages": pages}
        self.sessions = Sessions()
        self._live_lock = threading.Lock()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def live(self, session: Session, options: dict[str, str]) -> Live:
        """The session's live presentation, which begins with its first request and that one's options."""
        with self._live_lock:
            if session.live is None:
                session.live = Live(self.streams, options)
            return session.live

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serve(**arguments) -> Iterator[Server]:
    """A server that answers while the `with` block runs."""
    with Server(**arguments) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self.respond()

    def do_HEAD(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def do_DELETE(self) -> None:
        self.respond()

    def do_OPTIONS(self) -> None:
        allowed = {"Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE"}
        self.send(Answer(HTTPStatus.NO_CONTENT, headers=allowed), None, {})

    def respond(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path).removeprefix("/")
        session, entry = None, {}
        try:
            body = self.posted()
            match path.split("/"):
                case ["s" | "live" as tree, name, *rest]:
                    session = self.server.sessions[name]
                    entry = session.begin(self.command, self.path, self.headers.get("Range"))
                    answer = self.troubled(session, tree, "/".join(rest), dict(parse_qsl(url.query)))
                case ["control" | "report", _] if self.headers.get("Origin") not in {None, self.server.origin}:
                    raise Refused("only pages of this server control faults and report")
                case ["control", name]:
                    answer = self.control(self.server.sessions[name], body)
                case ["report", name]:
                    answer = self.report(self.server.sessions[name], body)
                case [top, *rest]:
                    answer = self.file(top, "/".join(rest))
        except Refused as error:
            answer = Answer(HTTPStatus.BAD_REQUEST, body=f"{error}\n".encode())
        self.send(self.selected(answer), session, entry)

    def posted(self) -> bytes:
        length = self.headers.get("Content-Length") or "0"
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > POST_LIMIT:
            self.close_connection = True
            raise Refused(f"Content-Length must be a number of bytes, at most {POST_LIMIT}")
        return self.rfile.read(int(length))

    def troubled(self, session: Session, tree: str, path: str, query: dict[str, str]) -> Answer:
        """What the session is asked for, after the faults that it is told to have."""
        session.wait_while_withheld(self.path)
        if status := session.failure(self.path):
            return Answer(status, body=b"as told\n")
        if tree == "s":
            top, _, rest = path.partition("/")
            return self.file(top, rest) if top == "streams" else missing()
        found = self.server.live(session, query).get(path, query)
        return missing() if found is None else Answer(HTTPStatus.OK, content_type(path), found)

    def file(self, top: str, path: str) -> Answer:
        folder = self.server.folders.get(top)
        if folder is None or self.command not in {"GET", "HEAD"}:
            return missing()
        file = (folder / path).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            return missing()
        return Answer(HTTPStatus.OK, content_type(path), file.read_bytes())

    def control(self, session: Session, body: bytes) -> Answer:
        if self.command == "POST":
            fault = parsed(body)
            if not isinstance(fault, dict):
                raise Refused("a fault is a JSON object")
            session.control(fault)
        elif self.command == "DELETE":
            session.recover()
        return as_json(session.state())

    def report(self, session: Session, body: bytes) -> Answer:
        if self.command == "POST":
            session.report(parsed(body))
        found = session.wait_for_report()
        return missing() if found is None else as_json(found)

    def selected(self, answer: Answer) -> Answer:
        """The part of the answer that the request asks for."""
        asked = self.headers.get("Range")
        if not asked or answer.status != HTTPStatus.OK or not isinstance(answer.body, bytes):
            return answer
        length = len(answer.body)
        part = byte_range(asked, length)
        if part is None:
            headers = {"Content-Range": f"bytes */{length}"}
            return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        start, end = part
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{length}"}
        return Answer(HTTPStatus.PARTIAL_CONTENT, answer.content_type, answer.body[start:end], headers)

    def send(self, answer: Answer, session: Session | None, entry: dict) -> None:
        is_whole = isinstance(answer.body, bytes)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if is_whole:
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Accept-Ranges", "bytes")
        else:
            self.send_header("Transfer-Encoding", "chunked")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Content-Length, Content-Range, Date")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        entry["status"] = int(answer.status)
        if self.command != "HEAD":
            for part in [answer.body] if is_whole else answer.body:
                self.send_part(part, session, entry, is_chunk=not is_whole)
            if not is_whole:
                self.wfile.write(b"0\r\n\r\n")
        if session is not None:
            session.ended(entry)

    def send_part(self, part: bytes, session: Session | None, entry: dict, is_chunk: bool) -> None:
        """Sends as fast as the session may."""
        while part:
            count = len(part) if session is None else min(session.portion, len(part))
            if session is not None:
                session.wait_to_send(count)
            sent, part = part[:count], part[count:]
            self.wfile.write(b"%x\r\n%s\r\n" % (count, sent) if is_chunk else sent)
            entry["bytes"] = entry.get("bytes", 0) + count

    def handle(self) -> None:
        # A player that seeks, and a browser that is stopped, close connections in the middle of an answer.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_) -> None:
        """Nothing: sessions keep logs of their own."""


def missing() -> Answer:
    return Answer(HTTPStatus.NOT_FOUND, body=b"not found\n")


def as_json(value) -> Answer:
    return Answer(HTTPStatus.OK, "application/json", json.dumps(value).encode())


def parsed(body: bytes):
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(f"this is no JSON: {error}") from None


def content_type(path: str) -> str:
    suffix = Path(path).suffix
    return TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"


def main(port: int) -> None:
    with Server(port) as server:
        print(server.origin, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
