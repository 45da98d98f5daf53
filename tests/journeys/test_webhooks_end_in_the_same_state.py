"""Doubled, out of order, forged, or never sent: what the shop holds is what the warehouse gets, once."""

from __future__ import annotations

import time

import pytest
from pytest_django.live_server_helper import LiveServer

from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import InboundEvent, RefusedWebhooks
from integrations.webhooks import known_connectors
from integrations.webhooks.process import process_inbox

from .world import ORDERS, World


@pytest.fixture
def told(world: World, live_server: LiveServer) -> World:
    """The shop tells the portal what changes; nobody reads it."""
    known_connectors.forget()
    side = SandboxSide(world.sandbox.base, world.sandbox.tokens)
    side.subscribe(f"{live_server.url}{stage.webhook_path()}")
    return world


def until_all_have_come(world: World) -> None:
    side = SandboxSide(world.sandbox.base, world.sandbox.tokens)
    ends = time.monotonic() + 30
    while side.webhooks_to_come():
        assert time.monotonic() < ends, "the shop did not get rid of its webhooks"
        time.sleep(0.02)


def take_in(world: World) -> None:
    """Until the shop has no webhook left to send, and what came is delivered."""
    until_all_have_come(world)
    process_inbox(world.connection("shop").pk, time.monotonic() + 10)
    world.deliver(ORDERS)


def quantities(world: World) -> dict[str, list[int]]:
    orders = world.warehouse_orders()
    return {order["reference"]: [item["quantity"] for item in order["items"]] for order in orders}


def created(world: World) -> int:
    return [effect for effect, _, _ in world.sandbox.effects("warehouse")].count("order.created")


def edit(world: World, quantity: int) -> None:
    lines = [{"sku": "MUG", "quantity": quantity}]
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": lines})


def test_an_order_arrives_by_webhook_alone(told: World) -> None:
    told.place("1001", ("MUG", 2))
    take_in(told)
    assert quantities(told) == {"1001": [2]}


def test_a_doubled_webhook_has_one_effect(told: World) -> None:
    told.sandbox.fault("shop", "webhook_duplicate", path="^orders/updated$")
    told.place()
    take_in(told)
    edit(told, 3)
    take_in(told)
    assert (quantities(told), created(told)) == ({"1001": [3]}, 1)


def test_webhooks_out_of_order_end_with_the_newest(told: World) -> None:
    told.sandbox.fault("shop", "webhook_reorder", path="^orders/updated$", count=1)
    told.place()
    edit(told, 3)
    take_in(told)
    assert (quantities(told), created(told)) == ({"1001": [3]}, 1)
    topics = InboundEvent.objects.order_by("pk").values_list("state", flat=True)
    assert set(topics) == {"processed"}


def test_a_forged_webhook_is_refused_counted_and_not_kept(told: World) -> None:
    told.sandbox.fault("shop", "webhook_forge", path="^orders/updated$", count=1)
    told.place()
    take_in(told)
    assert [order["total"] for order in told.warehouse_orders()] == ["12.50"]
    assert (InboundEvent.objects.count(), RefusedWebhooks.objects.get().count) == (1, 1)


def test_what_no_webhook_told_is_found_by_reading(told: World) -> None:
    told.sandbox.fault("shop", "webhook_drop", path="^orders/updated$")
    told.place("1001", ("MUG", 2))
    take_in(told)
    assert quantities(told) == {}
    told.carry(ORDERS)
    told.carry(ORDERS)
    assert (quantities(told), created(told)) == ({"1001": [2]}, 1)


def test_a_webhook_and_a_read_of_the_same_order_have_one_effect(told: World) -> None:
    told.place()
    until_all_have_come(told)
    told.read(ORDERS)
    take_in(told)
    edit(told, 2)
    take_in(told)
    told.carry(ORDERS)
    assert (quantities(told), created(told)) == ({"1001": [2]}, 1)
