"""Both sides of a stock job at any size: `python -m tests.growth.shelves ROWS` prints its port.

`/here/stock` is the owner's list and `/there/stock` the channel's, in pages by a cursor; `/there/stock/SKU-n` is one
row. Each hundredth row says something else there. Rows are made when they are asked for: nothing grows but the portal.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

from tests.serving import Serving, serve_forever

ROWS = 0
PAGE = 250
EVERY_NTH_DIFFERS = 100
LATENCY_MS = 0.0
_LIST = re.compile(rb"GET /(here|there)/stock(?:\?(?:\S*cursor=(\d+))?\S*)? ")
_ONE = re.compile(rb"GET /there/stock/SKU-(\d+) ")


def row(side: str, number: int) -> dict[str, object]:
    units = number % 90 + 5
    if side == "there":
        units += number % EVERY_NTH_DIFFERS == 0
        return {"id": f"SKU-{number}", "sku": f"SKU-{number}", "available": units}
    return {
        "id": f"MAIN:SKU-{number}",
        "sku": f"SKU-{number}",
        "location": "MAIN",
        "on_hand": units,
        "allocated": 0,
    }


class Shelves(Serving):
    def serve(self, head: bytes, body: bytes) -> None:
        content = _answer(head)
        status = "200 OK" if content else "404 Not Found"
        asyncio.get_running_loop().call_later(LATENCY_MS / 1000, self.say, status, content or b"{}")


def _answer(head: bytes) -> bytes:
    if one := _ONE.match(head):
        return json.dumps(row("there", int(one[1]))).encode()
    if not (page := _LIST.match(head)):
        return b""
    side, start = page[1].decode(), int(page[2] or 0)
    end = min(start + PAGE, ROWS)
    following = str(end) if end < ROWS else None
    rows = [row(side, n) for n in range(start, end)]
    return json.dumps({"stock": rows, "next": following}).encode()


if __name__ == "__main__":
    ROWS = int(sys.argv[1])
    LATENCY_MS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    asyncio.run(serve_forever(Shelves))
