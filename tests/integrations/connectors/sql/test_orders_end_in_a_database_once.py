"""A shop's orders through the engine into tables for BI, with workers that fall in between: each record once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, Delivery, ErrorRecord, Intent, SyncJob
from integrations.sync import deliver, hand_over, intents, pull, shared_clock, steer
from integrations.sync import record as engine_record
from mappings.presets.sql import PRESETS
from tests.integrations.answering import Platform, Says
from tests.integrations.connectors.sql.databases import Database
from tests.journeys.between import READ

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS, FALLS = 450, 2


class Fell(BaseException):
    """The worker is gone: nothing of what it was about to write down is written."""


def configure(database: Database, shop: Platform) -> SyncJob:
    rules = [
        {key: value for key, value in vars_of(rule).items() if value not in ("", {}, False)}
        for rule in PRESETS["sql-orders"].rules
    ]
    declaration = {
        "base_url": shop.base,
        "resources": {"orders": {"list": {"path": "/orders", "records": "orders"}}},
    }
    tables = {"orders": {"key": "id", "write": {}}}
    data = {
        "connections": {
            "shop": {"name": "The shop", "platform": "rest", "settings": {"declaration": declaration}},
            "bi": {
                "name": "The BI store",
                "platform": "sql",
                "settings": {"kind": database.kind, **database.settings, "tables": tables},
                "secrets": database.secrets,
            },
        },
        "mappings": {
            "read": {
                "platform": "rest",
                "resource": "orders",
                "kind": "order",
                "direction": "read",
                "rules": READ,
            },
            "write": {
                "platform": "sql",
                "resource": "orders",
                "kind": "order",
                "direction": "write",
                "rules": rules,
            },
        },
        "jobs": {
            "bi": {
                "source": "shop",
                "source_resource": "orders",
                "destination": "bi",
                "destination_resource": "orders",
                "read_mapping": "read",
                "write_mapping": "write",
            }
        },
    }
    apply(plan(json.dumps(data), {}))
    return SyncJob.objects.get(key="bi")


def vars_of(rule: Any) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in ("target", "source", "transform", "arguments", "required")}


@pytest.fixture
def shop() -> Iterator[Platform]:
    running = Platform()
    yield running
    running.close()


@pytest.fixture
def reachable(database: Database, settings: Settings) -> Database:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8", f"127.0.0.1/32 {database.settings.get('port', 1)}"]
    return database


def settle(job: SyncJob) -> int:
    """Until nothing is left; how often a worker fell. What it held is taken over as after a real fall."""
    falls, ends = 0, time.monotonic() + 60
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        assert time.monotonic() < ends
        try:
            deliver.drain(job.pk, time.monotonic() + 20)
        except Fell:
            falls += 1
            past = shared_clock.now() - timedelta(seconds=1)
            Batch.objects.filter(job=job, settled_at__isnull=True).update(lease_until=past)
    return falls


def test_each_order_is_one_row_though_workers_fall_after_the_commit(
    reachable: Database, shop: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, rows = (
        reachable,
        [
            {
                "id": n,
                "number": f"A{n}",
                "state": "open",
                "lines": [{"sku": "MUG", "quantity": 2}, {"sku": "☕", "quantity": 1}],
            }
            for n in range(1, ORDERS + 1)
        ],
    )
    shop.on("/orders", lambda asked: Says({"orders": rows}))
    job = configure(database, shop)
    left = [FALLS]
    real = engine_record.record

    def record(*told: Any) -> Any:
        """The database has committed these rows; the worker falls before it can write that down."""
        if left[0] and told[2].delivered:
            left[0] -= 1
            raise Fell
        return real(*told)

    monkeypatch.setattr(hand_over, "record", record)
    monkeypatch.setattr(intents, "is_proven_dead", lambda holder: True)
    steer.run_now(job)
    assert pull.pull(job.pk, time.monotonic() + 30)
    assert settle(job) == FALLS
    assert database.rows("SELECT count(*), count(DISTINCT id) FROM orders") == [(ORDERS, ORDERS)]
    assert database.rows("SELECT count(*) FROM orders_lines")[0][0] == 2 * ORDERS
    assert set(Delivery.objects.filter(job=job).values_list("state", flat=True)) == {"delivered"}
    assert not ErrorRecord.objects.filter(settled_at__isnull=True).exists()
    assert not Intent.objects.filter(settled_at__isnull=True).exists()
    rows[6] |= {"state": "cancelled", "lines": [{"sku": "MUG", "quantity": 2}]}
    steer.run_now(job)
    assert pull.pull(job.pk, time.monotonic() + 30)
    settle(job)
    assert database.rows("SELECT id FROM orders WHERE status = 'cancelled'") == [("7",)]
    assert database.rows("SELECT sku FROM orders_lines WHERE orders_id = '7'") == [("MUG",)]
    assert set(database.types("orders")) >= {
        "id",
        "number",
        "status",
        "crossdock_version",
        "crossdock_read_at",
    }
