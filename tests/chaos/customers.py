"""People who place, change and cancel orders while everything falls; remembers nothing that the shop does not hold."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .world import SKU, World

CITIES = ("Köln", "Bonn", "Münster", "Łódź", "Brno", "Århus", "Gent", "Porto")
ENOUGH, TOO_MANY = 25, 80
AT_ONCE = 6


class Customers:
    """`done`: how many orders each job is through with. Enough always wait, and never so many that the end is far."""

    def __init__(self, world: World, seed: int, done: Callable[[], Mapping[str, int]]) -> None:
        self.world, self.chance, self.done = world, random.Random(seed), done
        # Number → quantity, of the orders that stand and may still be changed.
        self.standing: dict[str, int] = {}
        self.unpaid: list[str] = []
        self.placed = 0
        self.did: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)
        if self.failure is not None:
            raise self.failure

    def _live(self) -> None:
        try:
            while not self._stopping.wait(0.25):
                waiting = [self.placed - done for done in self.done().values()]
                if min(waiting) < ENOUGH and max(waiting) < TOO_MANY:
                    for _ in range(AT_ONCE):
                        self.act()
        except BaseException as error:  # noqa: BLE001  # told by `stop`, on the test's own thread
            self.failure = error

    def act(self) -> None:
        draw = self.chance.random()
        if draw < 0.62 or not self.standing:
            self.place()
        elif draw < 0.90:
            self.edit()
        elif draw < 0.97:
            self.cancel()
        elif self.unpaid:
            number = self.unpaid.pop(0)
            self.world.shop.control("POST", f"/shop/orders/{number}/pay", {})
            self.standing[number] = 1
            self.did["paid late"] += 1

    def place(self) -> str:
        self.placed += 1
        number = str(1000 + self.placed)
        draw = self.chance.random()
        address: dict[str, Any] = {
            "name": "Käthe Groß",
            "line1": "Lindenstraße 12",
            "city": "Köln",
            "postal_code": "50667",
        }
        asked: dict[str, Any] = {
            "number": number,
            "lines": [{"sku": SKU, "quantity": 1}],
            "shipping_address": {**address, "country": "DE"},
        }
        if draw < 0.03:
            asked["payment_status"] = "pending"
            self.unpaid.append(number)
        elif draw < 0.05:
            asked["shipping_address"] = {**address, "country": "DE", "postal_code": None}
        else:
            self.standing[number] = 1
        self.world.shop.control("POST", "/shop/orders", asked)
        self.did["placed"] += 1
        return number

    def edit(self, number: str = "") -> None:
        """Each change asks for one more: so an older version that comes after a newer one can be seen."""
        number = number or self.chance.choice(list(self.standing))
        self.standing[number] += 1
        asked = {
            "lines": [{"sku": SKU, "quantity": self.standing[number]}],
            "shipping_address": {"city": self.chance.choice(CITIES)},
        }
        self.world.shop.control("POST", f"/shop/orders/{number}/edit", asked)
        self.did["edited"] += 1

    def cancel(self, number: str = "") -> None:
        number = number or self.chance.choice(list(self.standing))
        self.standing.pop(number)
        self.world.shop.control("POST", f"/shop/orders/{number}/cancel", {})
        self.did["cancelled"] += 1
