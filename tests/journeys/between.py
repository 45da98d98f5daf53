"""Any shop and any depot, described by declarations alone over real HTTP, with the engine between them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, Delivery, ErrorRecord, SyncJob, SyncRun
from integrations.sync import deliver, pull, steer
from tests.integrations.answering import Asked, Platform, Says

Words = dict[str, Any]
JOB = "orders"
PATIENCE = 30.0

READ = [
    {"target": "id", "source": "id", "required": True},
    {"target": "number", "source": "number"},
    {"target": "status", "source": "state"},
    {"target": "lines[]", "source": "lines"},
    {"target": "lines[].sku", "source": "sku"},
    {"target": "lines[].ordered", "source": "quantity"},
]
WRITE = [
    {"target": "reference", "source": "number", "required": True},
    {"target": "state", "source": "status"},
    {"target": "items[]", "source": "lines"},
    {"target": "items[].sku", "source": "sku"},
    {"target": "items[].quantity", "source": "ordered"},
]
WRITES: Words = {
    "natural_key": "reference",
    "lookup": {"path": "/orders", "params": {"reference": "{natural_key}"}, "record": "orders"},
    "create": {"path": "/orders"},
    "update": {"method": "PUT", "path": "/orders/{external_id}", "repeatable": True},
}


@dataclass
class Depot:
    """Takes orders and keeps what it was told, in order. `refuses`: references that are not accepted."""

    platform: Platform
    told: list[tuple[str, str, str]] = field(default_factory=list)
    orders: dict[str, Words] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.platform.on("POST /orders", lambda asked: self.create(asked.json))
        self.platform.on("GET /orders", self._find)

    def create(self, body: Words) -> Says:
        if body["reference"] in self.refuses:
            return Says({"message": "not accepted"}, 422)
        self.told.append(("create", body["reference"], body.get("state", "")))
        number = str(len(self.orders) + 1)
        self.orders[number] = body
        self.platform.on(f"PUT /orders/{number}", lambda asked: self._update(number, asked))
        return Says({"id": number, **body}, 201)

    def _update(self, number: str, asked: Asked) -> Says:
        self.orders[number] = asked.json
        self.told.append(("update", asked.json["reference"], asked.json.get("state", "")))
        return Says({"id": number, **asked.json})

    def _find(self, asked: Asked) -> Says:
        wanted = asked.params["reference"]
        found = [{"id": n, **body} for n, body in self.orders.items() if body["reference"] == wanted]
        return Says({"orders": found})


@dataclass
class Between:
    shop: Platform
    depot: Depot

    def configure(self, orders: Words, writes: Words | None = None, **words: Any) -> None:
        """`orders`: how the shop's are declared; `shop`, `depot` and `secrets` go to the connections."""
        secrets = words.get("secrets", {})
        declared = {
            "shop": {"base_url": self.shop.base, "resources": {"orders": orders}, **words.get("shop", {})},
            "depot": {
                "base_url": self.depot.platform.base,
                "resources": {"orders": {**WRITES, **(writes or {})}},
                **words.get("depot", {}),
            },
        }
        data = {
            "connections": {
                key: {"name": f"The {key}", "platform": "rest", "settings": {"declaration": declaration}}
                | {"secrets": secrets}
                for key, declaration in declared.items()
            },
            "mappings": {
                name: {
                    "platform": "rest",
                    "resource": "orders",
                    "kind": "order",
                    "direction": name,
                    "rules": rules,
                }
                for name, rules in (("read", READ), ("write", WRITE))
            },
            "jobs": {
                JOB: {
                    "source": "shop",
                    "source_resource": "orders",
                    "destination": "depot",
                    "destination_resource": "orders",
                    "read_mapping": "read",
                    "write_mapping": "write",
                    # One after the other, so that a test can say in which order things arrive.
                    "concurrent_calls": 1,
                    **words.get("job", {}),
                }
            },
        }
        apply(plan(json.dumps(data), {}))

    def carry(self) -> SyncRun:
        """Reads the shop to its end, and settles all that came in; the run of this read."""
        ends = time.monotonic() + PATIENCE
        job = SyncJob.objects.get(key=JOB)
        run = steer.run_now(job)
        assert run is not None
        while not pull.pull(job.pk, ends):
            assert time.monotonic() < ends, "the shop was not read in time"
            # A read that was put off is due again at once: nobody waits in a test.
            SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
        while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
            deliver.drain(job.pk, time.monotonic() + 10)
            assert time.monotonic() < ends, "not all was settled in time"
            time.sleep(0.01)
        return SyncRun.objects.filter(job=job).order_by("-pk")[0]

    def states(self) -> dict[str, str]:
        return dict(Delivery.objects.filter(job__key=JOB).values_list("subject", "state"))

    def errors(self) -> list[ErrorRecord]:
        return list(ErrorRecord.objects.filter(settled_at__isnull=True).order_by("pk"))


def order(number: int, state: str = "open", **more: Any) -> Words:
    line = {"sku": "MUG", "quantity": 1}
    return {"id": number, "number": f"A{number}", "state": state, "lines": [line], **more}
