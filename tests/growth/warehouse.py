"""A warehouse that takes everything at once: `python -m tests.growth.warehouse` prints its port, and counts writes.

Small on purpose: what is measured is the portal.
"""

from __future__ import annotations

import asyncio
import re
import sys
from itertools import count
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ids = count(1)
LATENCY_MS = 0.0


class Taking(asyncio.Protocol):
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
            self.held = self.held[whole:]
            asyncio.get_running_loop().call_later(LATENCY_MS / 1000, self._answer)

    def _answer(self) -> None:
        body = b'{"id": "w-%d"}' % next(_ids)
        head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.out.write(head % len(body) + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    LATENCY_MS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    asyncio.run(serve())
