"""Also a store whose orders come one by one, by webhook and fetched, learns when they change."""

from __future__ import annotations

import pytest

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, PayloadShape, Way
from integrations.sync import shared_clock
from integrations.sync.accept import accept
from mappings import payload_shape
from tests.journeys.world import ORDERS, World


def test_what_is_fetched_one_by_one_is_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload_shape, "LEARNED", 2)
    for number in ("1001", "1002", "1003"):
        placed = world.place(number)
        bare = Item(external_id=placed["id"], payload={}, partial=True)
        accept(world.job(ORDERS), Door.WEBHOOK, [bare], read_at=shared_clock.now())
        world.deliver(ORDERS)
    assert Delivery.objects.filter(job__key=ORDERS, state="delivered").count() == 3
    shape = PayloadShape.objects.get(way=Way.FETCHED)
    assert (shape.connection, shape.resource) == (world.job(ORDERS).source, "orders")
    known = shape.read()
    assert known.is_learned
    assert known.fields["shipping_address.city"] == ["text"]
