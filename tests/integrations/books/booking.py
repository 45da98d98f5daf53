"""Jobs whose destination is the books, and records that come in as if a source had told them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.connectors.base import Item
from integrations.models import Batch, Door, SyncJob
from integrations.sync import accept, deliver

# Payloads that have the Records' own names, so that what is read needs no thought.
PLAIN: dict[str, list[dict[str, Any]]] = {
    "order": [
        *(
            {"target": name, "source": name}
            for name in ("id", "number", "currency", "status", "email", "is_renewal")
        ),
        *({"target": name, "source": name} for name in ("payment_status", "fulfillment_status")),
        *({"target": name, "source": name, "transform": "decimal"} for name in ("total", "subtotal", "tax")),
        *({"target": name, "source": name, "transform": "time"} for name in ("placed_at", "updated_at")),
        {"target": "shipping_address.country", "source": "country"},
        {"target": "lines[]", "source": "lines"},
        *({"target": f"lines[].{name}", "source": name} for name in ("id", "sku", "title")),
        *(
            {"target": f"lines[].{name}", "source": name, "transform": "decimal"}
            for name in ("ordered", "total")
        ),
        {"target": "refunds[]", "source": "refunds"},
        {"target": "refunds[].id", "source": "id"},
        {"target": "refunds[].amount", "source": "amount", "transform": "decimal"},
        {"target": "refunds[].created_at", "source": "created_at", "transform": "time"},
    ],
    "payment": [
        *({"target": name, "source": name} for name in ("id", "order_number", "currency", "status", "email")),
        *({"target": name, "source": name} for name in ("order_id", "provider", "reference", "payout_id")),
        *({"target": name, "source": name, "transform": "decimal"} for name in ("amount", "fee")),
        {"target": "created_at", "source": "created_at", "transform": "time"},
    ],
    "customer": [
        *({"target": name, "source": name} for name in ("id", "name", "email", "phone", "accepts_marketing")),
        {"target": "address.country", "source": "country"},
    ],
}
LISTS = {
    name: {"list": {"path": f"/{name}", "records": name}} for name in ("orders", "payments", "customers")
}
RESOURCES = {"order": "orders", "payment": "payments", "customer": "customers"}


def configure(*kinds: str, source: str = "shop", **more: Any) -> None:
    """A job `<source>-<resource>` for each kind; `more` are fields of the jobs."""
    data: dict[str, Any] = {
        "connections": {
            source: {
                "name": source.title(),
                "platform": "rest",
                "settings": {"declaration": {"base_url": "https://shop.example", "resources": LISTS}},
            },
            "books": {"name": "Books", "platform": "books"},
        },
        "mappings": {},
        "jobs": {},
    }
    for kind in kinds:
        resource = RESOURCES[kind]
        data["mappings"] |= {
            f"{source}-{kind}": {
                "platform": "rest",
                "resource": resource,
                "kind": kind,
                "direction": "read",
                "rules": PLAIN[kind],
            },
            f"books-{resource}": {"preset": f"books-{resource}"},
        }
        data["jobs"][f"{source}-{resource}"] = {
            "name": f"{source.title()}: {resource}",
            "kind": kind,
            "source": source,
            "source_resource": resource,
            "destination": "books",
            "destination_resource": resource,
            "read_mapping": f"{source}-{kind}",
            "write_mapping": f"books-{resource}",
            **more,
        }
    apply(plan(json.dumps(data), {}))


def told(
    job_key: str, *payloads: dict[str, Any], at: datetime | None = None, versions: Sequence[str] = ()
) -> None:
    """They come in and are delivered."""
    items = [
        Item(
            str(payload["id"]),
            payload,
            version=versions[place] if versions else str(payload.get("updated_at", "")),
        )
        for place, payload in enumerate(payloads)
    ]
    bring(job_key, items, at)
    carry(job_key)


def bring(job_key: str, items: Sequence[Item], at: datetime | None = None) -> None:
    job = SyncJob.objects.get(key=job_key)
    accept.accept(job, Door.PARTNER, items, read_at=at or datetime.now(UTC))


def carry(job_key: str) -> None:
    job = SyncJob.objects.get(key=job_key)
    ends = time.monotonic() + 60
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        deliver.drain(job.pk, ends)
        assert time.monotonic() < ends, "not all was settled in time"
