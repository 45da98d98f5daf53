"""A shop that sends webhooks, and the jobs that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.models import Connection, SyncJob
from integrations.webhooks import known_connectors
from tests.integrations.mapping_rows import add_mapping

from .fake import FakeConnector

ADDRESS = "an-address-that-nobody-guesses"


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeConnector]:
    fake = FakeConnector()
    monkeypatch.setattr("integrations.connectors.registry.connect", lambda *_, **__: fake)
    known_connectors.forget()
    yield fake
    known_connectors.forget()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The bells that reach the queue."""
    bells: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "integrations.sync.doorbell._send", lambda task, subject: bells.append((task, subject))
    )
    return bells


@pytest.fixture
def shop(connector: FakeConnector) -> Connection:
    return Connection.objects.create(key="shop", name="Shop", platform="fake", webhook_address=ADDRESS)


@pytest.fixture
def warehouse() -> Connection:
    return Connection.objects.create(key="warehouse", name="Warehouse", platform="fake")


@pytest.fixture
def orders(shop: Connection, warehouse: Connection) -> SyncJob:
    return make_job("orders", shop, warehouse, "orders")


def make_job(key: str, source: Connection, destination: Connection, resource: str, **more: Any) -> SyncJob:
    return SyncJob.objects.create(
        key=key,
        name=key.capitalize(),
        kind="order",
        source=source,
        source_resource=resource,
        destination=destination,
        destination_resource=resource,
        read_mapping=add_mapping(f"{key}-in", "read"),
        write_mapping=add_mapping(f"{key}-out", "write"),
        **more,
    )
