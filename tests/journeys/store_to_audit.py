"""A store of 400 articles on two channels, with orders, parcels and prices, and hands that put it out of order."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Door, SyncJob, SyncRun
from integrations.sync import rerun, shared_clock
from integrations.sync.selection import by_ids
from mappings.models import Mapping
from monitoring.audits.foreground import run_to_end
from monitoring.models import Audit, AuditDifference, AuditRun
from tests.journeys.world import MARKET, ORDERS, SHIPMENTS, STOCK, World

PRICES = "prices-to-market"
AUDITED = (STOCK, MARKET, ORDERS, SHIPMENTS, PRICES)
SKUS = [f"A-{number:03d}" for number in range(1, 401)]
# In the warehouse alone: what orders take, so that they move no figure that is planted.
PARTS = [f"W-{number:02d}" for number in range(1, 11)]
RHYTHM = 8

Told = tuple[str, str, str, str]


@dataclass
class Store:
    world: World
    planted: set[Told] = field(default_factory=set)

    def open(self) -> None:
        """Everything is in its place, and both sides of every job agree."""
        self._fill()
        self._configure()
        # Each has an address, two units of a part, and every second one a note.
        for number in range(2001, 2061):
            self.place(number)
        self.world.carry(ORDERS, STOCK, MARKET, PRICES)
        for number in range(2051, 2056):
            self.ship(number)
        self.world.carry(SHIPMENTS, ORDERS, STOCK, MARKET)

    def _fill(self) -> None:
        control = self.world.sandbox.control
        for place, sku in enumerate(SKUS):
            units = 5 + place % 40
            control("POST", f"/warehouse/stock/{sku}", {"on_hand": units})
            for channel in ("shop", "shop2"):
                product = {"sku": sku, "title": f"Article {sku}", "price": f"{4 + place % 30}.50"}
                control("POST", f"/{channel}/products", {**product, "currency": "EUR", "available": 0})
        for sku in PARTS:
            control("POST", f"/warehouse/stock/{sku}", {"on_hand": 500})

    def _configure(self) -> None:
        told = {
            "mappings": {
                "shop-products": {"preset": "sandbox-shop-products"},
                "shop-prices": {"preset": "sandbox-shop-prices"},
                "warehouse-orders-there": {"preset": "sandbox-warehouse-orders-read"},
            },
            "jobs": {
                PRICES: {
                    "source": "shop",
                    "source_resource": "products",
                    "destination": "market",
                    "destination_resource": "products",
                    "read_mapping": "shop-products",
                    "write_mapping": "shop-prices",
                },
                **{key: {"filter": "starts_with(sku, 'A-')"} for key in (STOCK, MARKET)},
            },
            "audits": {f"{key}-audit": {"job": key, "every_minutes": 0, **_more(key)} for key in AUDITED},
        }
        apply(plan(json.dumps(told), {}))
        SyncJob.objects.update(every_seconds=RHYTHM)

    # --- what people do -----------------------------------------------------------------------------------------

    def place(self, number: int, **more: Any) -> None:
        part = PARTS[number % len(PARTS)]
        note = {"note": "Leave it at the door"} if number % 2 else {}
        self.world.place(
            str(number), lines=[{"sku": part, "quantity": 2, "price": "12.50"}], **{**note, **more}
        )

    def ship(self, number: int) -> None:
        self.world.sandbox.control("POST", f"/warehouse/orders/{number}/ship", {})

    def edit(self, number: int, **asked: Any) -> None:
        self.world.sandbox.control("POST", f"/shop/orders/{number}/edit", asked)

    def count_in_the_warehouse(self, articles: Iterable[int], on_hand: int) -> None:
        for sku in _skus(articles):
            self.world.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": on_hand})

    def count_in_a_channel(self, channel: str, articles: Iterable[int], available: int) -> None:
        for sku in _skus(articles):
            self.world.sandbox.control("POST", f"/{channel}/stock/{sku}", {"available": available})

    def price(self, channel: str, articles: Iterable[int], price: str) -> None:
        for sku in _skus(articles):
            answer = self.world.sandbox.ask("PUT", f"/{channel}/products/{sku}", {"price": price})
            assert answer.status == 200, answer.raw

    def in_the_warehouse(self, number: int) -> dict[str, Any]:
        (order,) = self.world.warehouse_orders(str(number))
        return order

    def at_the_warehouse(self, method: str, number: int, path: str = "", body: Any = None) -> None:
        identity = self.in_the_warehouse(number)["id"]
        answer = self.world.sandbox.ask(method, f"/warehouse/orders/{identity}{path}", body or {})
        assert answer.status == 200, answer.raw

    def overlooked(self, *keys: str) -> None:
        """The job's last read began after the change and did not show it, as some platforms' lists do."""
        later = shared_clock.now() + timedelta(seconds=1)
        SyncJob.objects.filter(key__in=keys).update(last_complete_read_at=later)

    def publish(self, mapping: str, target: str, source: str) -> None:
        row = Mapping.objects.get(key=mapping)
        row.rules.filter(target=target).update(source=source)
        row.publish()

    # --- what is compared ---------------------------------------------------------------------------------------

    def audit(self, key: str, sample: int | None = None) -> AuditRun:
        run = run_to_end(Audit.objects.get(key=f"{key}-audit"), 30.0, lambda _: None, sample)
        assert run.state == "finished", run.sentence
        return run

    def told(self) -> set[Told]:
        rows = AuditDifference.objects.filter(state="open").select_related("audit__job")
        return {(row.audit.job.key, row.subject, row.field, row.cause) for row in rows}

    def carry_again(self, *keys: str) -> None:
        """What a repair has asked for, as the workers would."""
        ends = time.monotonic() + 60
        for run in SyncRun.objects.filter(door=Door.AGAIN, finished_at__isnull=True, read_through=False):
            while not rerun.read(run.pk, ends):
                assert time.monotonic() < ends
        self.world.deliver(*(keys or AUDITED))

    def begin_again(self, key: str, *ids: str) -> SyncRun:
        """These records alone, to their end."""
        run = rerun.begin(self.world.job(key), by_ids(ids))
        self.carry_again(key)
        run.refresh_from_db()
        return run

    def writes(self) -> Counter[tuple[str, str]]:
        """(system, reference) → how often something was done there by a call, counted by the systems themselves."""
        told = self.world.sandbox.control("GET", "/effects?limit=10000")["effects"]
        return Counter((entry["system"], entry["reference"]) for entry in told)

    def calls(self) -> dict[str, int]:
        found: dict[str, int] = self.world.sandbox.control("GET", "/books?effects=no&system=mail")["requests"]
        return found

    def limit(self, system: str, connection: str, calls: int, seconds: float = 1.0) -> None:
        """The system refuses more than this, and the connection says so."""
        settings = {"rate_limit": {"requests": calls, "seconds": seconds}}
        self.world.sandbox.control("PUT", f"/{system}/settings", settings)
        row = self.world.connection(connection)
        row.settings["declaration"]["limits"] = {"requests_per_second": calls / seconds, "burst": 1}
        row.save()


def _skus(articles: Iterable[int]) -> list[str]:
    return [f"A-{number:03d}" for number in articles]


def _more(key: str) -> dict[str, Any]:
    return {"destination_mapping": "warehouse-orders-there"} if key == ORDERS else {}


def wait_until(moment: float) -> None:
    """By time.monotonic: a change has to be older than a job's rhythm to count as overlooked."""
    while (left := moment - time.monotonic()) > 0:
        time.sleep(min(left, 0.5))


def aged() -> float:
    return time.monotonic() + timedelta(seconds=RHYTHM + 1).total_seconds()
