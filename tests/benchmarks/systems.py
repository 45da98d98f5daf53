"""A shop and a warehouse that cost little: `python -m tests.benchmarks.systems` prints its port, and counts.

`/shop/orders` by cursor; `/warehouse/shipments-orders` with an Idempotency-Key and `/warehouse/orders/batch`;
`POST /control` sets the faults of the warehouse and forgets what was, `GET /control` tells what came.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import orjson

from tests.growth.orders import order
from tests.serving import Serving, serve_forever

Answer = tuple[int, dict[str, Any], str]


class Faults(msgspec.Struct):
    orders: int = 1_000
    latency_ms: float = 0.0
    # 429 above so many in one second of the clock.
    per_second: int = 0
    # Of 1: half of these after the effect.
    fails: float = 0.0


@dataclass
class Systems:
    faults: Faults = field(default_factory=Faults)
    shop: list[bytes] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    of_key: dict[str, str] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    first_call: float = 0.0
    last_made: float = 0.0
    window: int = 0
    in_window: int = 0

    def forget(self, faults: Faults) -> None:
        self.__init__(faults)  # type: ignore[misc] # as new
        self.shop = [orjson.dumps(order(f"o-{n}", n, n).payload) for n in range(faults.orders)]
        self.counts = dict.fromkeys(("doubled", "replayed", "refused", "failed", "early"), 0)
        self.chance = random.Random(7)

    def books(self) -> dict[str, Any]:
        seconds = self.last_made - self.first_call
        return {**self.counts, "made": len(self.made), "seconds": seconds}

    def page(self, query: dict[str, list[str]]) -> Answer:
        self.first_call = self.first_call or time.monotonic()
        size, start = int(query.get("limit", ["50"])[0]), int(query.get("cursor", ["0"])[0])
        following = start + size if start + size < len(self.shop) else None
        orders = [orjson.Fragment(raw) for raw in self.shop[start : start + size]]
        return 200, {"orders": orders, "next_cursor": following and str(following)}, ""

    def take(self, key: str, body: dict[str, Any]) -> Answer:
        if self.faults.per_second and self._is_too_fast(key):
            return 429, {"error": "slow down"}, "Retry-After: 1\r\n"
        fails = self.faults.fails and self.chance.random() < self.faults.fails
        late = fails and self.chance.random() < 0.5
        if fails:
            self.counts["failed"] += 1
        if fails and not late:
            return 500, {"error": "broken"}, ""
        answer = self.store(key, body)
        return (500, {"error": "broken"}, "") if late else answer

    def _is_too_fast(self, key: str) -> bool:
        now = time.monotonic()
        if now < self.told.pop(key, 0.0) - 0.02:
            self.counts["early"] += 1
        if int(now) != self.window:
            self.window, self.in_window = int(now), 0
        self.in_window += 1
        if self.in_window <= self.faults.per_second:
            return False
        self.told[key] = now + 1
        self.counts["refused"] += 1
        return True

    def store(self, key: str, body: dict[str, Any]) -> Answer:
        name = str(body["external_id"])
        if key in self.of_key:
            self.counts["replayed"] += 1
            return 200, {"id": self.of_key[key], "external_id": name, "replayed": True}, ""
        if name in self.made:
            self.counts["doubled"] += 1
        made = self.of_key[key] = self.made[name] = f"w-{len(self.of_key) + 1}"
        self.last_made = time.monotonic()
        return 201, {"id": made, "external_id": name}, ""

    def batch(self, bodies: list[dict[str, Any]]) -> Answer:
        answers = [self.store(str(body["external_id"]), body) for body in bodies]
        return 200, {"results": [{"status": status, **said} for status, said, _ in answers]}, ""


SYSTEMS = Systems()


class Sides(Serving):
    def serve(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, target, _ = first.split(" ")
        address = urlsplit(target)
        if address.path.startswith("/warehouse/"):
            answer = self._warehouse(address.path, headers.get("idempotency-key", ""), orjson.loads(body))
            asyncio.get_running_loop().call_later(SYSTEMS.faults.latency_ms / 1000, self._answer, answer)
        elif address.path == "/shop/orders":
            self._answer(SYSTEMS.page(parse_qs(address.query)))
        elif address.path == "/control":
            if method == "POST":
                SYSTEMS.forget(msgspec.json.decode(body, type=Faults))
            self._answer((200, SYSTEMS.books(), ""))
        else:
            self._answer((404, {}, ""))

    def _warehouse(self, path: str, key: str, sent: dict[str, Any]) -> Answer:
        return SYSTEMS.batch(sent["orders"]) if path.endswith("/batch") else SYSTEMS.take(key, sent)

    def _answer(self, answer: Answer) -> None:
        status, said, headers = answer
        self.say(f"{status} {HTTPStatus(status).phrase}", orjson.dumps(said), headers)


if __name__ == "__main__":
    SYSTEMS.forget(Faults())
    asyncio.run(serve_forever(Sides))
