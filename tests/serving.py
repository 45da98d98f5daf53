"""The least of an HTTP server, for what is measured against: keep-alive, whole requests, no more."""

from __future__ import annotations

import asyncio
import re
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Serving(asyncio.Protocol):
    """Calls `serve` with each whole request; `say` answers it, at once or later."""

    def __init__(self) -> None:
        self.held = b""
        self.out: Any = None

    def connection_made(self, transport: Any) -> None:
        self.out = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.held, 0, end)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.held) < whole:
                return
            head, body, self.held = self.held[:end], self.held[end + 4 : whole], self.held[whole:]
            self.serve(head, body)

    def serve(self, head: bytes, body: bytes) -> None:
        """What a subclass does with a request: its first line and headers, and its body."""

    def say(self, status: str, content: bytes, headers: str = "") -> None:
        """`status`: as "201 Created"; `headers`: whole lines."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
        self.out.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)


async def serve_forever(protocol: type[Serving]) -> None:
    """On a free port of this machine, which is printed first."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()
