"""One effect per change: with keys, with a look-up alone, and with neither."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.connectors.base import Item
from integrations.connectors.http import DeclaredConnector
from integrations.models import ErrorRecord, Intent, State
from integrations.sync import deliver, intents, retry
from tests.sandbox.running import warehouse_order

from .world import ORDERS, World

LOST = ["error_after", "no_answer", "cut", "malformed"]


def without(world: World, *words: str) -> dict[str, Any]:
    """The warehouse's declaration without its idempotency keys, and without these words of its orders."""
    declaration = world.declaration()
    orders = declaration["resources"]["orders"]
    for word in words:
        orders.pop(word, None)
    for write in (orders["create"], orders["update"], *orders["actions"].values()):
        write.pop("key", None)
    return declaration


@pytest.mark.parametrize("kind", [*LOST, "error_before", "no_answer_before", "rate_limited"])
def test_with_keys_it_is_sent_again_and_had_one_effect(world: World, kind: str) -> None:
    world.sandbox.fault("warehouse", kind, method="POST", path="^/orders$", count=1, seconds=6)
    world.place()
    world.carry(ORDERS)
    assert [order["reference"] for order in world.warehouse_orders()] == ["1001"]
    assert world.states() == {"Order #1001": "delivered"}
    assert Intent.objects.filter(settled_at__isnull=True).count() == 0
    assert world.sandbox.fired()[kind] == 1


@pytest.mark.parametrize("kind", ["error_after", "cut", "error_before"])
def test_without_keys_it_is_looked_up_before_it_is_sent_again(world: World, kind: str) -> None:
    world.sandbox.control("PUT", "/warehouse/settings", {"idempotency": "lookup"})
    world.redeclare(without(world))
    world.sandbox.fault("warehouse", kind, method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    assert [order["reference"] for order in world.warehouse_orders()] == ["1001"]
    assert world.states() == {"Order #1001": "delivered"}


@pytest.mark.parametrize("kind", ["error_after", "cut"])
def test_with_neither_it_is_never_sent_blindly_but_a_person_is_asked(world: World, kind: str) -> None:
    world.sandbox.control("PUT", "/warehouse/settings", {"idempotency": "neither"})
    world.redeclare(without(world, "lookup"))
    world.sandbox.fault("warehouse", kind, method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    world.carry(ORDERS)
    assert len(world.sandbox.effects("warehouse")) == 1 + 2  # the order, and two shelves that were counted
    (error,) = world.open_errors()
    assert (error.place, error.kind) == ("in_doubt", "transient")
    assert "may or may not have taken it" in error.sentence
    assert world.states() == {"Order #1001": "failed"}


def in_doubt(world: World) -> ErrorRecord:
    world.redeclare(without(world, "lookup"))
    world.sandbox.fault("warehouse", "error_after", method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    (error,) = world.open_errors()
    return error


def test_a_person_confirms_that_it_had_arrived(world: World) -> None:
    error = in_doubt(world)
    (order,) = world.warehouse_orders()
    retry.confirm_arrived(error, order["id"], None)
    assert world.open_errors() == []
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    assert [order["state"] for order in world.warehouse_orders()] == ["cancelled"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("typo-4711", "has nothing under typo-4711"),
        ("{other}", "{other} is Order #1002, another record"),
        ("", "Enter the id"),
    ],
)
def test_an_id_that_cannot_be_right_is_not_believed(world: World, typed: str, said: str) -> None:
    """Or the order would count as delivered, and never reach the warehouse."""
    world.place("1002")
    world.carry(ORDERS)
    (other,) = [order["id"] for order in world.warehouse_orders()]
    world.redeclare(without(world, "lookup"))
    world.sandbox.fault("warehouse", "error_before", method="POST", path="^/orders$", count=1)
    world.place("1001")
    world.carry(ORDERS)
    (error,) = world.open_errors()
    with pytest.raises(retry.NotPossible) as caught:
        retry.confirm_arrived(error, typed.format(other=other), None)
    assert said.format(other=other) in str(caught.value)
    assert world.states()["Order #1001"] == "failed"
    assert world.open_errors() == [error]


def test_the_id_of_an_order_that_is_not_ours_is_seen_by_the_reference(world: World) -> None:
    with_lookup = without(world)
    in_doubt(world)
    stranger = world.sandbox.ask("POST", "/warehouse/orders", warehouse_order("9999")).body["id"]
    world.redeclare(with_lookup)
    (error,) = world.open_errors()
    with pytest.raises(retry.NotPossible) as caught:
        retry.confirm_arrived(error, stranger, None)
    (ours,) = [order["id"] for order in world.warehouse_orders() if order["reference"] != "9999"]
    assert f"as {ours}. Enter that." in str(caught.value)
    retry.confirm_arrived(error, ours, None)


def test_while_the_warehouse_is_away_nothing_is_believed(world: World) -> None:
    error = in_doubt(world)
    (order,) = world.warehouse_orders()
    world.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    with pytest.raises(retry.NotPossible, match="could not be asked"):
        retry.confirm_arrived(error, order["id"], None)
    world.sandbox.control("POST", "/warehouse/up", {})
    retry.confirm_arrived(error, order["id"], None)


def test_a_person_says_that_it_had_not_arrived(world: World) -> None:
    world.redeclare(without(world, "lookup"))
    world.sandbox.fault("warehouse", "error_before", method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    (error,) = world.open_errors()
    retry.send_again(error, None)
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 1
    assert world.states() == {"Order #1001": State.DELIVERED}
    assert world.open_errors() == []


def test_a_newer_version_waits_until_the_doubt_is_settled(world: World) -> None:
    error = in_doubt(world)
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"shipping_address": {"city": "Bonn"}})
    world.read(ORDERS)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    assert [order["ship_to"]["city"] for order in world.warehouse_orders()] == ["Köln"]
    (order,) = world.warehouse_orders()
    retry.confirm_arrived(error, order["id"], None)


def test_a_lease_is_never_too_short_for_a_call(world: World, settings: Settings) -> None:
    """A worker does not send what may come back after its lease: with too short a lease nothing would ever leave."""
    settings.LEASE_SECONDS = 1.0
    world.place()
    world.carry(ORDERS)
    assert len(world.warehouse_orders()) == 1
    assert Intent.objects.count() == 1


def test_a_search_that_lags_is_not_asked_too_early(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not show the order yet, which would be taken for missing, and made a second time."""
    monkeypatch.setattr(intents, "LEAVES_WITHIN", timedelta(0))
    declaration = without(world)
    declaration["resources"]["orders"]["lookup"]["after"] = 4.0
    world.redeclare(declaration)
    made, lookup = time.monotonic(), DeclaredConnector.lookup

    def lagging(self: DeclaredConnector, resource: str, natural_key: str) -> Item | None:
        return lookup(self, resource, natural_key) if time.monotonic() - made > 3.0 else None

    monkeypatch.setattr(DeclaredConnector, "lookup", lagging)
    world.sandbox.fault("warehouse", "error_after", method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    assert len(world.warehouse_orders()) == 1
    assert world.states() == {"Order #1001": "delivered"}
    assert world.open_errors() == []
