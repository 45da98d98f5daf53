"""A platform for tests: a real HTTP server on loopback that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.http.guard import Guard

LOOPBACK = Guard(["127.0.0.0/8", "::1/128"])


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def params(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.query.items()}


@dataclass
class Says:
    """`cut`: the connection is closed in the middle of the body. `silent`: closed without an answer."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False
    silent: bool = False

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


Answers = Callable[[Asked], Says]


class Platform:
    """`on` sets what a path answers: a Says, a list of them (one after the other, the last for ever) or a function."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Answers] = {}
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def serve(self) -> None:
                platform.serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815  # the base class's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, answer: Says | list[Says] | Answers) -> None:
        if callable(answer):
            self.answers[path] = answer
            return
        waiting = list(answer) if isinstance(answer, list) else [answer]
        self.answers[path] = lambda asked: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        asked = Asked(handler.command, parts.path, query, headers, handler.rfile.read(length))
        self.asked.append(asked)
        self._say(handler, self.answer(asked))

    def answer(self, asked: Asked) -> Says:
        found = self.answers.get(f"{asked.method} {asked.path}") or self.answers.get(asked.path)
        return found(asked) if found else Says({"message": "no such address"}, 404)

    def _say(self, handler: BaseHTTPRequestHandler, says: Says) -> None:
        handler.close_connection = says.cut or says.silent
        if says.silent:
            return
        content = says.content()
        lines = [f"HTTP/1.1 {says.status} Whatever", f"Content-Length: {len(content)}"]
        lines += [
            f"{name}: {value}" for name, value in {"Content-Type": "application/json", **says.headers}.items()
        ]
        message = ("\r\n".join(lines) + "\r\n\r\n").encode()
        handler.wfile.write(message + (content[: len(content) // 2] if says.cut else content))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def raw_server(speak: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that hands each connection to `speak` and closes it after."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    speak(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    # Closing alone does not wake a thread that waits in accept().
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
