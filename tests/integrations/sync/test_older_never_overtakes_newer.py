"""Whatever a person retries and whatever an unanswered change leaves open: what the shop said last is what counts."""

from __future__ import annotations

from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, ErrorRecord
from integrations.sync import retry
from integrations.sync.accept import accept
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
