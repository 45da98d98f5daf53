"""A lost answer, where a destination has neither keys nor a look-up: only what is harmless is sent once more."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, SyncJob
from integrations.sync import deliver, pull, steer
from tests.integrations.answering import Asked, Platform, Says

from .between import Between, order

LIST = {"path": "/orders", "records": "orders"}
LATELY = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
COLLECT = "POST /mp/collect"


def lost_once(answer: Callable[[Asked], Says]) -> Callable[[Asked], Says]:
    """It does what it is asked, and the first time nobody hears of it."""
    lost: list[Asked] = []

    def answered(asked: Asked) -> Says:
        says = answer(asked)
        lost.append(asked)
        return says if len(lost) > 1 else Says(silent=True)

    return answered


@pytest.mark.parametrize("is_harmless", [True, False])
def test_a_change_is_made_again_or_a_person_is_asked(between: Between, is_harmless: bool) -> None:
    rows = [order(1)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    update = {"method": "PUT", "path": "/orders/{external_id}", "repeatable": is_harmless}
    between.configure({"list": LIST}, {"lookup": None, "update": update})
    between.carry()
    platform = between.depot.platform
    platform.on("PUT /orders/1", lost_once(platform.answers["PUT /orders/1"]))
    rows[0]["state"] = "paid"
    between.carry()
    changes = [told for told in between.depot.told if told[0] == "update"]
    assert changes == [("update", "A1", "paid")] * (2 if is_harmless else 1)
    assert [error.place for error in between.errors()] == ([] if is_harmless else ["in_doubt"])
    assert between.states() == {"Order #A1": "delivered" if is_harmless else "failed"}


def rules(**sources: str) -> list[dict[str, str]]:
    return [{"target": target, "source": source} for target, source in sources.items()]


def google(shop: Platform, analytics: Platform) -> None:
    """The shop's orders and refunds for Google Analytics."""
    resources = {name: {"list": {"path": f"/{name}", "records": "rows"}} for name in ("orders", "refunds")}
    order_rules = rules(id="id", number="number", currency="currency", total="total")
    refund_rules = rules(id="id", order_id="order", amount="amount", currency="currency")
    moments = {"orders": "placed_at", "refunds": "created_at"}
    reads = {"orders": order_rules, "refunds": refund_rules}
    data: dict[str, Any] = {
        "connections": {
            "shop": {
                "name": "The shop",
                "platform": "rest",
                "settings": {"declaration": {"base_url": shop.base, "resources": resources}},
            },
            "google": {
                "name": "Google",
                "platform": "ga4",
                "settings": {
                    "base_url": analytics.base,
                    "measurement_id": "G-ABC123DEF4",
                    "purchase_value": "total",
                },
                "secrets": {"token": "s3cret-0123456789"},
            },
        },
        "mappings": {
            "write-orders": {"preset": "ga4-write-purchases"},
            "write-refunds": {"preset": "ga4-write-refunds"},
        },
        "jobs": {},
    }
    for name, kind in (("orders", "order"), ("refunds", "refund")):
        time_rule = {"target": moments[name], "source": "at", "transform": "time"}
        data["mappings"][name] = {
            "platform": "rest",
            "resource": name,
            "kind": kind,
            "direction": "read",
            "rules": [*reads[name], time_rule],
        }
        data["jobs"][name] = {
            "source": "shop",
            "source_resource": name,
            "destination": "google",
            "destination_resource": "purchases" if name == "orders" else "refunds",
            "read_mapping": name,
            "write_mapping": f"write-{name}",
        }
    apply(plan(json.dumps(data), {}))


def carried(name: str) -> SyncJob:
    """Reads the shop, and settles all that came in."""
    ends = time.monotonic() + 20
    job = SyncJob.objects.get(key=name)
    steer.run_now(job)
    assert pull.pull(job.pk, ends)
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        deliver.drain(job.pk, time.monotonic() + 5)
        assert time.monotonic() < ends, "not all was settled in time"
        time.sleep(0.01)
    return job


def test_google_hears_of_a_purchase_twice_and_of_a_refund_once(between: Between) -> None:
    """Google takes purchases with the same transaction id for one; of refunds it does not say so."""
    shop, analytics = between.shop, between.depot.platform
    told = {"currency": "EUR", "at": LATELY}
    shop.on("/orders", Says({"rows": [{**told, "id": "A1", "number": "#1", "total": "12.50"}]}))
    shop.on("/refunds", Says({"rows": [{**told, "id": "R1", "order": "A1", "amount": "2.50"}]}))
    google(shop, analytics)
    for name, seen, errors in (("orders", 2, []), ("refunds", 1, ["in_doubt"])):
        analytics.asked.clear()
        analytics.on(COLLECT, lost_once(lambda asked: Says(None, 204)))
        carried(name)
        params = [asked.json["events"][0]["params"] for asked in analytics.asked]
        assert [one["transaction_id"] for one in params] == ["A1"] * seen
        assert [error.place for error in between.errors()] == errors
    assert len({asked.raw for asked in analytics.asked}) == 1


def test_what_happened_long_ago_is_an_error_that_says_so(between: Between) -> None:
    shop, analytics = between.shop, between.depot.platform
    old = {"id": "A1", "number": "#1", "total": "1.00", "currency": "EUR", "at": "2026-01-05T10:00:00Z"}
    shop.on("/orders", Says({"rows": [old]}))
    google(shop, analytics)
    carried("orders")
    assert analytics.asked == []
    (error,) = between.errors()
    assert (error.kind, error.code, error.field) == ("data", "too_old", "occurred_at")
    assert "72 hours" in error.sentence
