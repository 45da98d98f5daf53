from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Connection, SyncJob
from mappings.models import FieldRule, Mapping
from tests.integrations.foreground.in_memory import InMemory


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


@pytest.fixture
def warehouse() -> InMemory:
    return InMemory()


@pytest.fixture
def job(db: None, shop: InMemory, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch) -> SyncJob:
    """Orders from the shop to the warehouse, with published mappings."""
    sides = {"shop": shop, "warehouse": warehouse}

    def connect(platform: str, **_: Any) -> InMemory:
        return sides[platform]

    monkeypatch.setattr("integrations.connectors.registry.connect", connect)
    source, destination = (
        Connection.objects.create(key=key, name=key.capitalize(), platform=key) for key in sides
    )
    return SyncJob.objects.create(
        key="orders",
        name="Orders",
        kind="order",
        source=source,
        source_resource="orders",
        destination=destination,
        destination_resource="orders",
        read_mapping=_mapping("orders-in", "read"),
        write_mapping=_mapping("orders-out", "write"),
    )


def _mapping(key: str, direction: str) -> Mapping:
    mapping = Mapping.objects.create(
        key=key, name=key, direction=direction, platform="shop", resource="orders", kind="order"
    )
    for position, name in enumerate(("id", "number", "email", "note")):
        FieldRule.objects.create(
            mapping=mapping, position=position, target=name, source=name, required=name == "number"
        )
    mapping.publish()
    return mapping
