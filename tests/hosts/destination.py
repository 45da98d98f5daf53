"""`python -m tests.hosts.destination ADDRESS PORT MILLISECONDS`: takes orders, each after so long, and keeps books.

`POST /orders` with an Idempotency-Key; a key that came before is answered as before and makes nothing new.
`POST /plain`: the same without the books. `GET /books`: every order that was made and every repeat, with its time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

made: dict[str, dict[str, Any]] = {}
made_at: list[tuple[str, float]] = []
repeated: list[str] = []


def take(key: str, body: dict[str, Any]) -> dict[str, Any]:
    if key in made:
        repeated.append(str(body["reference"]))
        return {**made[key], "replayed": True}
    made[key] = {"id": str(len(made) + 1), "reference": body["reference"]}
    made_at.append((str(body["reference"]), time.time()))
    return made[key]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if first.startswith("GET /books"):
                status, answer = 200, {"made": made_at, "repeated": repeated}
            elif first.startswith("POST /plain"):
                status, answer = 201, {}
                await asyncio.sleep(seconds)
            else:
                # Taken before the wait: who dies while he waits for the answer has had his effect.
                status, answer = 201, take(headers["idempotency-key"], json.loads(body))
                await asyncio.sleep(seconds)
            content = json.dumps(answer).encode()
            said = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
            writer.write(said.encode() + b"\r\n\r\n" + content)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(address: str, port: int, milliseconds: int) -> None:
    server = await asyncio.start_server(lambda r, w: serve(r, w, milliseconds / 1000), address, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
