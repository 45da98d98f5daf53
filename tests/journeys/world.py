"""The demo's configuration against a real sandbox, carried by the engine in the test's own process."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from typing import Any

from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import Batch, Connection, Delivery, ErrorRecord, State, SyncJob
from integrations.sync import deliver, pull, steer
from tests.sandbox.running import SandboxProcess

ORDERS, STOCK, MARKET, SHIPMENTS = (
    "orders-to-warehouse",
    "stock-to-shop",
    "stock-to-market",
    "shipments-to-shop",
)
ALL = (ORDERS, STOCK, MARKET, SHIPMENTS)
PATIENCE = 60.0


@dataclass
class World:
    sandbox: SandboxProcess

    def configure(self) -> None:
        stage.configure(SandboxSide(self.sandbox.base, self.sandbox.tokens).environment())

    def job(self, key: str) -> SyncJob:
        return SyncJob.objects.select_related("source", "destination").get(key=key)

    def read(self, *keys: str) -> None:
        """Each source is read to its end."""
        ends = time.monotonic() + PATIENCE
        for key in keys or ALL:
            job = self.job(key)
            assert steer.run_now(job) is not None, f"{key} may not run"
            while not pull.pull(job.pk, ends):
                assert time.monotonic() < ends, f"{key} was not read in time"
                time.sleep(0.02)

    def deliver(self, *keys: str) -> None:
        """Until nothing is queued; what only waits for something else may be left."""
        ends = time.monotonic() + PATIENCE
        jobs = [self.job(key) for key in keys or ALL]
        while self.unsettled(jobs):
            for job in jobs:
                deliver.drain(job.pk, time.monotonic() + 10)
            assert time.monotonic() < ends, "not all was settled in time"
            time.sleep(0.01)

    def carry(self, *keys: str) -> None:
        self.read(*keys)
        self.deliver(*keys)

    def unsettled(self, jobs: list[SyncJob]) -> bool:
        return Batch.objects.filter(job__in=jobs, settled_at__isnull=True).exists()

    def declaration(self) -> dict[str, Any]:
        found: dict[str, Any] = copy.deepcopy(self.connection("warehouse").settings["declaration"])
        return found

    def redeclare(self, declaration: dict[str, Any]) -> None:
        warehouse = self.connection("warehouse")
        warehouse.settings = {**warehouse.settings, "declaration": declaration}
        warehouse.save()

    def connection(self, key: str) -> Connection:
        return Connection.objects.get(key=key)

    def place(self, number: str = "1001", *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        """A paid order in the shop."""
        address = {"name": "Käthe Groß", "line1": "Lindenstraße 12", "city": "Köln", "postal_code": "50667"}
        asked = {
            "number": number,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines or (("MUG", 1),)],
            "shipping_address": {**address, "country": "DE"},
            **more,
        }
        placed: dict[str, Any] = self.sandbox.control("POST", "/shop/orders", asked)
        return placed

    def warehouse_orders(self, reference: str | None = None) -> list[dict[str, Any]]:
        query = f"?reference={reference}" if reference else ""
        found: list[dict[str, Any]] = self.sandbox.ask("GET", f"/warehouse/orders{query}").body["orders"]
        return found

    def offered(self, sku: str, channel: str = "shop") -> int:
        return int(self.sandbox.ask("GET", f"/{channel}/stock/{sku}").body["available"])

    def states(self, key: str = ORDERS) -> dict[str, str]:
        """Subject → state of each record of a job."""
        return dict(Delivery.objects.filter(job__key=key).values_list("subject", "state"))

    def open_errors(self) -> list[ErrorRecord]:
        return list(ErrorRecord.objects.filter(settled_at__isnull=True).order_by("pk"))

    def delivered(self, key: str = ORDERS) -> int:
        return Delivery.objects.filter(job__key=key, state=State.DELIVERED).count()
