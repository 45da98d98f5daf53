"""Three channels that sell at random from one warehouse, and what is to be seen of it from outside.

Nothing here is taken from the portal: what was sold is asked of the shops, what lies on the shelves of the warehouse,
and the rule is worked out anew.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import Batch, RateBudget, SyncJob
from integrations.sync import deliver, pull, steer

from .told import as_text, read_told
from .world import World

CONFIGURATION = Path(__file__).parent / "channels.yaml"
# The sandbox's name of each channel, and the connection's.
CHANNELS = {"shop": "shop", "shop2": "market", "shop3": "outlet"}
LOCATIONS = ("MAIN", "NORTH", "SOUTH")
SELLS_FROM = {"shop": LOCATIONS, "shop2": LOCATIONS, "shop3": ("MAIN", "NORTH")}
SHELF = ("CUP", "POT", "RUG", "SPOON", "TRAY")
# Taken apart by hand.
BUNDLES = {"TEA-SET": {"CUP": 2, "POT": 1}, "PICNIC": {"CUP": 4, "POT": 1, "RUG": 1}}
ALL_SKUS = (*SHELF, *BUNDLES)
ADDRESS = {
    "name": "Käthe Groß",
    "line1": "Lindenstraße 12",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
}

Units = Counter[str]


def in_parts(sku: str, quantity: int) -> Units:
    return Counter({part: number * quantity for part, number in BUNDLES.get(sku, {sku: 1}).items()})


@dataclass
class Tally:
    """What the hour came to. `same_moment`: oversold although each channel was told all that could be known."""

    sales: int = 0
    refused: int = 0
    cancelled: int = 0
    refunded: int = 0
    edited: int = 0
    counts: int = 0
    outages: int = 0
    rounds: int = 0
    through_us: int = 0
    same_moment: int = 0
    most_within_one_delay: int = 0
    said: list[str] = field(default_factory=list)


@dataclass
class Channels(World):
    buffer: int = 0
    longest_turn: float = 0.0

    def configure(self) -> None:
        told = read_told(CONFIGURATION)
        demo = read_told(stage.CONFIGURATION)
        told["connections"]["warehouse"] = demo["connections"]["warehouse"]
        environment = SandboxSide(self.sandbox.base, self.sandbox.tokens).environment()
        apply(plan(as_text(told), environment))
        SyncJob.objects.filter(kind="stock_level").update(stock_buffer=self.buffer)

    def fill(self) -> None:
        """Ten to thirty of each on every shelf, and every SKU on offer in every channel, with nothing of it yet."""
        self.sandbox.control("POST", "/reset", {})
        for place, sku in enumerate(SHELF):
            for step, location in enumerate(LOCATIONS):
                self.count(sku, 10 + 5 * ((place + step) % 5), location)
        for channel in CHANNELS:
            for sku in ALL_SKUS:
                product = {
                    "sku": sku,
                    "title": sku.title(),
                    "price": "10.00",
                    "currency": "EUR",
                    "available": 0,
                }
                self.sandbox.control("POST", f"/{channel}/products", product)

    def count(self, sku: str, on_hand: int, location: str) -> None:
        self.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": on_hand, "location": location})

    # --- what is to be seen from outside ---------------------------------------------------------------------

    def books(self) -> dict[str, Any]:
        """The books of all systems, also of those that are down."""
        found: dict[str, Any] = self.sandbox.control("GET", "/books?effects=no")["systems"]
        return found

    def shelves(self, books: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in books["warehouse"].get("stock", []):
            rows[row["sku"]].append(row)
        return rows

    def sold(self, books: dict[str, Any]) -> Units:
        """Units of paid orders that stand, in parts."""
        units: Units = Counter()
        for channel in CHANNELS:
            for order in books[channel].get("orders", []):
                units += units_of(order)
        return units

    def free(self, books: dict[str, Any]) -> Units:
        """What no order has a claim on; below nothing where more was sold than there is."""
        sold = self.sold(books)
        return Counter(
            {
                sku: sum(row["on_hand"] for row in rows) - sold[sku]
                for sku, rows in self.shelves(books).items()
            }
        )

    def by_the_rule(self, books: dict[str, Any], channel: str) -> dict[str, int]:
        """Once nothing is on its way: every order that stands has its units allotted in the warehouse."""
        shelf = {
            sku: max(
                sum(
                    row["on_hand"] - row["allocated"]
                    for row in rows
                    if row["location"] in SELLS_FROM[channel]
                )
                - self.buffer,
                0,
            )
            for sku, rows in self.shelves(books).items()
        }
        sets = {
            sku: min(shelf[part] // number for part, number in parts.items())
            for sku, parts in BUNDLES.items()
        }
        return shelf | sets

    def offers(self, books: dict[str, Any], channel: str) -> dict[str, int]:
        return {row["sku"]: row["available"] for row in books[channel].get("stock", [])}

    # --- the portal ------------------------------------------------------------------------------------------

    def turn(self, closed: set[str]) -> None:
        """Everything is read and delivered that can be, while these systems are down."""
        began = time.monotonic()
        jobs = list(SyncJob.objects.select_related("source", "destination").order_by("kind", "pk"))
        # An outage of the compressed hour is over in a second: what waits for it, waits no longer than that.
        RateBudget.objects.update(failures=0, open_until_us=0)
        unread = [job for job in jobs if job.source.key not in closed]
        open_jobs = [job for job in jobs if job.destination.key not in closed]
        ends = time.monotonic() + 180
        for job in jobs:
            if job.destination.key in closed:
                # It is tried, and fails; what waits for it is delivered once it is back.
                deliver.drain(job.pk, time.monotonic() + 0.1)
        for job in unread:
            steer.run_now(job)
        while unread or Batch.objects.filter(job__in=open_jobs, settled_at__isnull=True).exists():
            unread = [job for job in unread if not pull.pull(job.pk, ends)]
            for job in unread:
                steer.run_now(job)
            for job in open_jobs:
                deliver.drain(job.pk, time.monotonic() + 5)
            assert time.monotonic() < ends, f"not all was settled in time: {self.unsettled_said()}"
            SyncJob.objects.filter(state="halted").update(state="active")
        self.longest_turn = max(self.longest_turn, time.monotonic() - began)

    def unsettled_said(self) -> list[tuple[str, str]]:
        return [(error.subject, error.sentence) for error in self.open_errors()]


def units_of(order: dict[str, Any]) -> Units:
    units: Units = Counter()
    if order["status"] == "cancelled" or order["payment_status"] not in ("paid", "partially_refunded"):
        return units
    for line in order["lines"]:
        units += in_parts(line["sku"], line["current_quantity"])
    return units


class Hour:
    """Customers, staff and misfortune, at random, and after each round a turn of the portal."""

    def __init__(self, world: Channels, seed: int, most: int, faults: list[dict[str, Any]]) -> None:
        self.world = world
        self.seed = seed
        self.fired: list[dict[str, Any]] = []
        self.world.turn(set())
        self.world.sandbox.control("POST", "/faults", {"rules": faults})
        self.chance = random.Random(seed)
        # So many units of one SKU are sold, at most, before a sale can be known everywhere.
        self.most = most
        self.tally = Tally()
        self.closed: dict[str, int] = {}

    def run(self, rounds: int) -> Tally:
        for _ in range(rounds):
            self.tally.rounds += 1
            self._outages()
            self._count_shelves()
            self._customers()
            self._second_thoughts()
            self.world.turn(set(self._down()))
            self._look()
        for system in list(self.closed):
            self._up(system)
        self.fired = self.world.sandbox.control("GET", "/faults")["faults"]
        self.world.sandbox.control("DELETE", "/faults")
        self.world.turn(set())
        self.world.turn(set())
        return self.tally

    def _down(self) -> list[str]:
        return [CHANNELS.get(system, system) for system in self.closed]

    def _open_channels(self) -> list[str]:
        return [channel for channel in CHANNELS if channel not in self.closed]

    def _outages(self) -> None:
        """The warehouse is away for some rounds, its orders wait; a channel that is away sells nothing either."""
        for system in list(self.closed):
            self.closed[system] -= 1
            if not self.closed[system]:
                self._up(system)
        if not self.closed and self.chance.random() < 0.2:
            system = self.chance.choice(["warehouse", "warehouse", *CHANNELS])
            mode = self.chance.choice(["refuse", "close"])
            self.world.sandbox.control("POST", f"/{system}/down", {"mode": mode})
            self.closed[system] = self.chance.randint(1, 3)
            self.tally.outages += 1

    def _up(self, system: str) -> None:
        self.world.sandbox.control("POST", f"/{system}/up")
        del self.closed[system]

    def _count_shelves(self) -> None:
        """Goods come in; now and then fewer lie there than was thought."""
        if "warehouse" in self.closed or self.chance.random() > 0.4:
            return
        sku, location = self.chance.choice(SHELF), self.chance.choice(LOCATIONS)
        books = self.world.books()
        (row,) = [row for row in self.world.shelves(books)[sku] if row["location"] == location]
        free = row["on_hand"] - row["allocated"]
        more = self.chance.randint(3, 12)
        if self.chance.random() < 0.25 and free > 4 and self.world.free(books)[sku] > 10:
            more = -1
        self.world.count(sku, row["on_hand"] + more, location)
        self.tally.counts += 1

    def _customers(self) -> None:
        """At all open channels at once, as it were: nobody is told of anybody's sale before the round is over."""
        before = self.world.free(self.world.books())
        wanted: Units = Counter()
        for channel in self.chance.sample(self._open_channels(), len(self._open_channels())):
            for _ in range(self.chance.randint(2, 6)):
                sku, quantity = self.chance.choice(ALL_SKUS), self.chance.choice((1, 1, 2))
                after = wanted + in_parts(sku, quantity)
                if max(after.values()) <= self.most and self._buy(channel, sku, quantity):
                    wanted = after
        self.tally.most_within_one_delay = max([self.tally.most_within_one_delay, *wanted.values()])
        after_all = self.world.free(self.world.books())
        for sku in SHELF:
            # Only what this round has oversold: what was short before is no fault of it.
            self.tally.same_moment += max(0, -after_all[sku]) - max(0, -before[sku])

    def _buy(self, channel: str, sku: str, quantity: int) -> bool:
        asked = {
            "lines": [{"sku": sku, "quantity": quantity}],
            "shipping_address": ADDRESS,
            "currency": "EUR",
        }
        answer = self.world.sandbox.ask("POST", f"/control/{channel}/orders", asked)
        assert answer.status in (201, 409), answer.body
        if answer.status == 409:
            self.tally.refused += 1
            return False
        self.tally.sales += 1
        return True

    def _second_thoughts(self) -> None:
        """An order is cancelled, refunded in part with the goods put back, or made smaller."""
        books = self.world.books()
        for channel in self._open_channels():
            orders = [order for order in books[channel].get("orders", []) if units_of(order)]
            if not orders or self.chance.random() > 0.5:
                continue
            order = self.chance.choice(orders)
            line = order["lines"][0]
            what = self.chance.choice(["cancel", "refund", "edit"])
            if line["current_quantity"] < 2:
                what = "cancel"
            body: dict[str, Any] = {}
            if what == "refund":
                body = {"lines": [{"line_id": line["id"], "quantity": 1}], "restock": True}
            if what == "edit":
                body = {"lines": [{"line_id": line["id"], "quantity": 1}]}
            self.world.sandbox.control("POST", f"/{channel}/orders/{order['id']}/{what}", body)
            counted = {"cancel": "cancelled", "refund": "refunded", "edit": "edited"}[what]
            setattr(self.tally, counted, getattr(self.tally, counted) + 1)

    def _look(self) -> None:
        """Everything that could be known is known, and told: no open channel may offer what is not there."""
        books = self.world.books()
        free = self.world.free(books)
        for channel in self._open_channels():
            for sku, offered in self.world.offers(books, channel).items():
                there = min(max(free[part], 0) // number for part, number in in_parts(sku, 1).items())
                if offered > there:
                    self.tally.through_us += offered - there
                    self.tally.said.append(
                        f"round {self.tally.rounds}: {channel} offers {offered} of {sku}, {there} are there"
                    )


def faults() -> Iterator[dict[str, Any]]:
    """Everything that can befall a call, now and then, at each of the systems."""
    kinds = ("rate_limited", "error_before", "error_after", "cut", "malformed")
    for place, kind in enumerate(kinds):
        more = {"retry_after": 0} if kind == "rate_limited" else {}
        for number, (system, method, path) in enumerate(
            (
                ("warehouse", "POST", "^/orders$"),
                ("warehouse", "PUT", "^/orders/"),
                ("warehouse", "GET", "^/stock"),
                ("shop", "PUT", "^/stock/"),
                ("shop2", "PUT", "^/stock/"),
                ("shop3", "PUT", "^/stock/"),
                ("shop", "GET", "^/orders$"),
            )
        ):
            yield {
                "system": system,
                "kind": kind,
                "method": method,
                "path": path,
                "probability": 0.02,
                "seed": 100 * place + number,
                **more,
            }
