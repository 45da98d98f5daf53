"""Whatever a person retries and whatever an unanswered change leaves open: what the shop said last is what counts."""

from __future__ import annotations

import pytest
from django.db.models import F
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, ErrorRecord, Outcome, UnitsInFlight
from integrations.sync import retry
from integrations.sync.accept import Accepted, accept
from integrations.sync.answers import Answers
from integrations.sync.case import Sending
from integrations.sync.claim import Lease
from integrations.sync.connect import connect
from integrations.sync.send import Results
from tests.journeys.test_an_order_arrives_once_whatever_becomes_of_the_answer import without
from tests.journeys.world import ORDERS, World


def failed_then_edited(world: World) -> None:
    """The warehouse did not know the item; now it does, and the customer has moved in the meantime."""
    product = {"sku": "LAMP", "title": "Lamp", "price": "9.00", "currency": "EUR", "available": 3}
    world.sandbox.control("POST", "/shop/products", product)
    world.place("1001", ("LAMP", 1))
    world.carry(ORDERS)
    assert world.states() == {"Order #1001": "failed"}
    world.sandbox.control("POST", "/warehouse/stock/LAMP", {"on_hand": 3})
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"shipping_address": {"city": "Bonn"}})
    world.read(ORDERS)


def test_a_retry_does_not_overtake_the_newer_version_that_is_queued(world: World) -> None:
    failed_then_edited(world)
    assert retry.retry(ErrorRecord.objects.all(), None) == 0
    world.deliver(ORDERS)
    assert [order["ship_to"]["city"] for order in world.warehouse_orders()] == ["Bonn"]
    assert world.states() == {"Order #1001": "delivered"}
    assert world.open_errors() == []


def test_an_older_version_is_not_accepted_even_by_force(world: World) -> None:
    failed_then_edited(world)
    newest = Delivery.objects.get(job__key=ORDERS)
    (error,) = world.open_errors()
    assert error.version < newest.accepted_version
    known = newest.thing.external_ids.get(connection=newest.job.source)
    item = Item(external_id=known.external_id, payload=error.payload, version=error.version)
    assert accept(world.job(ORDERS), Door.PULL, [item], read_at=timezone.now(), force=True).accepted == 0
    world.deliver(ORDERS)
    assert [order["ship_to"]["city"] for order in world.warehouse_orders()] == ["Bonn"]


def test_that_the_order_is_there_does_not_prove_that_its_cancellation_arrived(world: World) -> None:
    """Without keys a lost answer is looked up; but the look-up finds the order, cancelled or not."""
    world.sandbox.control("PUT", "/warehouse/settings", {"idempotency": "lookup"})
    declaration = without(world)
    declaration["resources"]["orders"]["actions"]["cancel"].pop("repeatable")
    world.redeclare(declaration)
    world.place()
    world.carry(ORDERS)
    world.sandbox.fault("warehouse", "error_before", method="POST", path="/cancel$", count=1)
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    (order,) = world.warehouse_orders()
    assert order["state"] != "cancelled"
    assert world.states() == {"Order #1001": "failed"}
    (error,) = world.open_errors()
    assert error.place == "in_doubt"


def test_a_read_that_was_overtaken_by_a_webhook_leaves_nothing_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began before the webhook's order was fetched, shows the same version, and is taken in while that is sent."""
    product = {"sku": "LAMP", "title": "Lamp", "price": "9.00", "currency": "EUR", "available": 3}
    world.sandbox.control("POST", "/shop/products", product)
    world.place("1001", ("LAMP", 1))
    world.carry(ORDERS)
    assert len(world.open_errors()) == 1
    world.sandbox.control("POST", "/warehouse/stock/LAMP", {"on_hand": 3})
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"shipping_address": {"city": "Bonn"}})
    job = world.job(ORDERS)
    began = timezone.now()
    connector = connect(job.source)
    (item,) = connector.read(job.source_resource, since=None, position=None).items
    connector.close()
    told = Item(external_id=item.external_id, payload={}, version=item.version, partial=True)
    accept(job, Door.WEBHOOK, [told], read_at=timezone.now())
    write_down = Answers.write_down
    slow: list[Accepted] = []

    def overtaking(self: Answers, lease: Lease, results: Results, **how: bool) -> list[Sending]:
        if not slow:
            slow.append(accept(job, Door.PULL, [item], read_at=began))
        return write_down(self, lease, results, **how)

    monkeypatch.setattr(Answers, "write_down", overtaking)
    world.deliver(ORDERS)
    assert slow[0].accepted == 1
    assert [order["ship_to"]["city"] for order in world.warehouse_orders()] == ["Bonn"]
    assert world.open_errors() == []
    assert not UnitsInFlight.objects.filter(accepted__lt=F("quantity")).exists()
    outcomes = Outcome.objects.filter(job=job).order_by("pk").values_list("state", flat=True)
    assert list(outcomes)[-2:] == ["delivered", "unchanged"]
