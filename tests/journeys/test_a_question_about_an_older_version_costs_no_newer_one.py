"""A worker fell with a write on its way. What a person is asked, and what they answer, is about that write alone."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Batch, Delivery, Door, State, UnitsInFlight
from integrations.sync import deliver, intents, retry
from integrations.sync.accept import accept
from integrations.sync.send import Sender

from .test_an_order_arrives_once_whatever_becomes_of_the_answer import without
from .world import ORDERS, World


@pytest.fixture(autouse=True)
def a_quick_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "PERSON_MAY_TAKE", 0.05)


def fall_while_sending(world: World, *, arrived: bool) -> None:
    """As after kill -9: the Intent stays as it is, and the lease runs out."""
    call = Sender._call

    def falls(self: Sender, part: Any) -> Any:
        if arrived:
            call(self, part)
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sender, "_call", falls)
        with pytest.raises(SystemExit):
            deliver.drain(world.job(ORDERS).pk, time.monotonic() + 10)
    Batch.objects.update(lease_until=timezone.now())


def change_and_read(world: World, quantity: int) -> None:
    """The newer version comes to the worker first: the older one's batch is not due yet."""
    Batch.objects.filter(settled_at__isnull=True).update(not_before=timezone.now() + timedelta(hours=1))
    lines = [{"sku": "MUG", "quantity": quantity}]
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": lines})
    world.read(ORDERS)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)


def quantities(world: World) -> list[int]:
    return [item["quantity"] for order in world.warehouse_orders() for item in order["items"]]


def until_all_is_settled(world: World) -> None:
    Batch.objects.filter(settled_at__isnull=True).update(not_before=None)
    world.deliver(ORDERS)


def test_an_order_of_which_only_the_id_was_known_is_fetched_to_be_sent_again(world: World) -> None:
    """A webhook tells the id alone. What a person has sent again is the order, not the nothing that came with it."""
    world.redeclare(without(world, "lookup"))
    placed = world.place()
    item = Item(external_id=placed["id"], payload={}, partial=True)
    accept(world.job(ORDERS), Door.WEBHOOK, [item], read_at=timezone.now())
    fall_while_sending(world, arrived=False)
    world.deliver(ORDERS)
    (error,) = world.open_errors()
    assert (error.place, error.payload) == ("in_doubt", None)

    retry.send_again(error, None)
    world.deliver(ORDERS)

    assert (quantities(world), world.states()) == ([1], {"Order #1001": State.DELIVERED})


def test_a_newer_version_is_written_after_the_older_one_was_confirmed(world: World) -> None:
    world.redeclare(without(world, "lookup"))
    world.place()
    world.read(ORDERS)
    fall_while_sending(world, arrived=True)
    change_and_read(world, 3)
    (error,) = world.open_errors()
    assert world.states() == {"Order #1001": State.WAITING}

    retry.confirm_arrived(error, world.warehouse_orders()[0]["id"], None)

    # It had arrived, but what the shop holds now has not.
    assert world.states() == {"Order #1001": State.WAITING}
    until_all_is_settled(world)
    assert (quantities(world), world.states()) == ([3], {"Order #1001": State.DELIVERED})
    assert world.open_errors() == []


def test_a_newer_version_is_sent_after_the_older_one_was_found_missing(world: World) -> None:
    world.redeclare(without(world, "lookup"))
    world.place()
    world.read(ORDERS)
    fall_while_sending(world, arrived=False)
    change_and_read(world, 3)
    (error,) = world.open_errors()

    retry.send_again(error, None)
    until_all_is_settled(world)

    assert (quantities(world), world.states()) == ([3], {"Order #1001": State.DELIVERED})
    assert world.open_errors() == []


def test_a_newer_version_is_not_failed_for_the_older_one(world: World) -> None:
    """The older one is sent once more under its key, and refused for good: that says nothing of the newer one."""
    world.place()
    world.read(ORDERS)
    fall_while_sending(world, arrived=False)
    world.sandbox.fault("warehouse", "error_before", method="POST", path="^/orders$", count=1, status=422)
    change_and_read(world, 3)
    until_all_is_settled(world)
    assert (quantities(world), world.states()) == ([3], {"Order #1001": State.DELIVERED})
    assert world.open_errors() == []


def test_units_are_the_warehouse_s_once_a_person_has_seen_the_order_there(world: World) -> None:
    world.redeclare(without(world, "lookup"))
    world.place()
    world.read(ORDERS)
    fall_while_sending(world, arrived=True)
    world.deliver(ORDERS)
    (error,) = world.open_errors()
    assert UnitsInFlight.objects.filter(accepted_at__isnull=True).count() == 1
    retry.confirm_arrived(error, world.warehouse_orders()[0]["id"], None)
    assert UnitsInFlight.objects.filter(accepted_at__isnull=True).count() == 0
    assert Delivery.objects.get(job__key=ORDERS).state == State.DELIVERED
