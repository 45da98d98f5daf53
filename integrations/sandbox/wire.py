"""The HTTP layer: HTTP/1.1 with keep-alive over plain sockets, one thread per connection.

Hand-written because `http.server` answers some hundred requests a second and writes head and body apart;
here an answer leaves in one write with TCP_NODELAY set, so a test run is limited by the portal, not by the sandbox.
"""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from integrations.sandbox.refusals import Refusal

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Fate(Enum):
    """What becomes of an answer on its way out."""

    SENT = "sent"
    CUT = "cut"
    WITHHELD = "withheld"


@dataclass(slots=True)
class Request:
    method: str
    path: str
    segments: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object. Raises Refusal 400."""
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "malformed_body", f"The body is not valid JSON: {error}.") from error
        if not isinstance(value, dict):
            raise Refusal(400, "malformed_body", "The body must be a JSON object.")
        return value


@dataclass(slots=True)
class Response:
    """`payload` is a JSON value; `rows` (JSON texts) join it under `rows_name` when this is a list.

    Rows are kept as texts so that a page costs no JSON encoding. `delay` (seconds) and `fate` let faults
    spoil the sending; `raw` replaces the encoded body.
    """

    status: int = 200
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    rows_name: str = ""
    rows: list[bytes] = field(default_factory=list)
    raw: bytes | None = None
    delay: float = 0.0
    fate: Fate = Fate.SENT

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if not self.rows_name:
            return encode(self.payload)
        rest = encode(self.payload)[1:] if self.payload else b"}"
        comma = b"," if self.payload else b""
        return b'{"' + self.rows_name.encode() + b'":[' + b",".join(self.rows) + b"]" + comma + rest

    def message(self) -> tuple[bytes, int]:
        """The whole answer as bytes, and where its body begins."""
        body = self.content()
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        headers = {"Content-Type": "application/json", **self.headers}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        head = "\r\n".join(lines).encode("latin-1")
        return head + body, len(head)


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class _Incoming:
    """Cuts one connection's stream into requests."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""

    def request(self) -> Request | None:
        """The next request; None when the client has closed. Raises Refusal for what cannot be read."""
        end = self.buffer.find(b"\r\n\r\n")
        while end < 0:
            if len(self.buffer) > HEAD_LIMIT:
                raise Refusal(431, "head_too_large", "The request's head is too large.")
            received = self.connection.recv(65536)
            if not received:
                return None
            self.buffer += received
            end = self.buffer.find(b"\r\n\r\n")
        head, self.buffer = self.buffer[:end], self.buffer[end + 4 :]
        method, target, headers = _parse_head(head)
        body = self._body(headers)
        if body is None:
            return None
        path, _, query = target.partition("?")
        parts = [unquote(part) for part in path.split("/") if part]
        return Request(method, path, parts, dict(parse_qsl(query, keep_blank_values=True)), headers, body)

    def _body(self, headers: dict[str, str]) -> bytes | None:
        if "transfer-encoding" in headers:
            raise Refusal(411, "length_required", "Send the body with a Content-Length.")
        announced = headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > BODY_LIMIT:
            raise Refusal(413, "body_too_large", "The body is too large or its length is not a number.")
        length = int(announced)
        if headers.get("expect", "").lower() == "100-continue" and len(self.buffer) < length:
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.buffer) < length:
            received = self.connection.recv(65536)
            if not received:
                return None
            self.buffer += received
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return body


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refusal(400, "malformed_request", "The request line is not HTTP/1.1.")
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return words[0], words[1], headers


class HttpServer:
    """Serves `handle` on 127.0.0.1; `port` 0 lets the system choose. `handle` must answer, never raise."""

    def __init__(self, handle: Callable[[Request], Response], port: int) -> None:
        self.handle = handle
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self.listener.getsockname()[1]

    def serve(self) -> None:
        """Accepts until `stop`; each connection is a daemon thread, so the process can always end."""
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                if self.stopping.is_set():
                    return
                raise
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        # Closing alone does not wake a thread that waits in accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming = _Incoming(connection)
        with connection:
            try:
                while self._exchange(incoming, connection):
                    pass
            except (ConnectionError, TimeoutError):
                return  # The client went away: it is the client's to tell, and there is nobody to answer.

    def _exchange(self, incoming: _Incoming, connection: socket.socket) -> bool:
        """One request and its answer; False when the connection is to be closed."""
        try:
            request = incoming.request()
        except Refusal as refusal:
            connection.sendall(Response(refusal.status, refusal.payload()).message()[0])
            return False
        if request is None:
            return False
        response = self.handle(request)
        if response.delay:
            self.stopping.wait(response.delay)
        if response.fate is Fate.WITHHELD:
            return False
        message, body_at = response.message()
        if response.fate is Fate.CUT:
            connection.sendall(message[: (body_at + len(message)) // 2])
            return False
        connection.sendall(message)
        return request.headers.get("connection", "").lower() != "close"
