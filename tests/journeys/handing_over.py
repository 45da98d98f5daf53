"""Orders of a shop between a first warehouse and others that take what it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import (
    Batch,
    Delivery,
    SyncJob,
)
from integrations.sync import deliver
from tests.integrations.answering import Asked, Platform, Says

from .between import JOB, PATIENCE, WRITES, Between, Depot

SECOND, THIRD = "orders-to-second", "orders-to-third"
LISTED = {"list": {"path": "/orders"}, "updated_at": {"at": "changed"}}
ERRORS = [{"kind": "data", "status": 422, "code": "= code", "field": "= field", "sentence": "= message"}]
TO_SECOND = {"when": "out_of_stock", "then": "hand_over", "to": SECOND}


@pytest.fixture
def second() -> Iterator[Depot]:
    platform = Platform()
    yield Depot(platform)
    platform.close()


@pytest.fixture
def third() -> Iterator[Depot]:
    platform = Platform()
    yield Depot(platform)
    platform.close()


def configure(between: Between, *others: tuple[str, Depot, list[dict[str, Any]]], **words: Any) -> None:
    between.configure(
        LISTED | words.pop("reads", {}),
        {"errors": ERRORS} | words.pop("writes", {}),
        job={"every_seconds": 0},
    )
    data: dict[str, Any] = {"connections": {}, "jobs": {}}
    for key, depot, fallbacks in others:
        declaration = {
            "base_url": depot.platform.base,
            "resources": {"orders": {**WRITES, "errors": ERRORS, **words.get("second", {})}},
        }
        data["connections"][f"at-{key}"] = {
            "name": f"At {key}",
            "platform": "rest",
            "settings": {"declaration": declaration},
        }
        data["jobs"][key] = {
            "name": f"Job {key}",
            "source": "shop",
            "source_resource": "orders",
            "destination": f"at-{key}",
            "destination_resource": "orders",
            "read_mapping": "read",
            "write_mapping": "write",
            "every_seconds": 0,
            "concurrent_calls": 1,
            "takes_handed_over": True,
            "fallbacks": fallbacks,
        }
    data["jobs"][JOB] = {"fallbacks": words.get("fallbacks", [TO_SECOND])}
    text = json.dumps(data)
    apply(plan(text, {}))


def job(key: str) -> SyncJob:
    related = ("source", "destination", "read_mapping", "write_mapping")
    return SyncJob.objects.select_related(*related).get(key=key)


def carry(between: Between, *keys: str) -> None:
    between.carry()
    settle(*(keys or (SECOND,)))


def settle(*keys: str) -> None:
    ends = time.monotonic() + PATIENCE
    while Batch.objects.filter(job__key__in=keys, settled_at__isnull=True).exists():
        for key in keys:
            deliver.drain(job(key).pk, time.monotonic() + 5)
        assert time.monotonic() < ends
        time.sleep(0.01)


def shop_has(between: Between, *orders: dict[str, Any]) -> None:
    between.shop.on("GET /orders", Says(list(orders)))


def has_none(depot: Depot, code: str = "out_of_stock") -> list[Any]:
    asked_for: list[Any] = []

    def answer(asked: Asked) -> Says:
        asked_for.append(asked.json)
        return Says({"code": code, "field": "", "message": "Nothing is left."}, 422)

    depot.platform.on("POST /orders", answer)
    return asked_for


def states(key: str) -> list[str]:
    return list(Delivery.objects.filter(job__key=key).order_by("pk").values_list("state", flat=True))
