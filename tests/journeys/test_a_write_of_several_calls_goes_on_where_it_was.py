"""Create, then confirm: what fails in between goes on with the second call and never repeats the first."""

from __future__ import annotations

import pytest

from integrations.models import ErrorRecord, Intent
from integrations.sync import retry

from .world import ORDERS, World


@pytest.fixture
def in_two_calls(world: World) -> World:
    """An order is created without its notes, and confirmed by a second call that brings them."""
    declaration = world.declaration()
    create = declaration["resources"]["orders"]["create"]
    create.pop("key")
    create["then"] = [{"method": "PUT", "path": "orders/{external_id}", "body": {"notes": "confirmed"}}]
    world.redeclare(declaration)
    return world


def made(world: World) -> list[str]:
    return [effect for effect, _, _ in world.sandbox.effects("warehouse") if effect != "stock.counted"]


def test_both_calls_are_made_in_order(in_two_calls: World) -> None:
    in_two_calls.place()
    in_two_calls.carry(ORDERS)
    assert made(in_two_calls) == ["order.created", "order.edited"]
    assert [order["notes"] for order in in_two_calls.warehouse_orders()] == ["confirmed"]
    assert in_two_calls.states() == {"Order #1001": "delivered"}


def test_a_second_call_that_must_wait_is_made_later(in_two_calls: World) -> None:
    in_two_calls.sandbox.fault("warehouse", "rate_limited", method="PUT", path="^/orders/", count=1)
    in_two_calls.place()
    in_two_calls.carry(ORDERS)
    assert made(in_two_calls) == ["order.created", "order.edited"]
    assert in_two_calls.states() == {"Order #1001": "delivered"}


def test_a_second_call_that_is_refused_is_what_a_person_retries(in_two_calls: World) -> None:
    in_two_calls.sandbox.fault(
        "warehouse", "error_before", method="PUT", path="^/orders/", count=1, status=422
    )
    in_two_calls.place()
    in_two_calls.carry(ORDERS)
    assert in_two_calls.states() == {"Order #1001": "failed"}
    assert retry.retry(ErrorRecord.objects.all(), None) == 1
    in_two_calls.deliver(ORDERS)
    assert made(in_two_calls) == ["order.created", "order.edited"]
    assert in_two_calls.open_errors() == []
    assert Intent.objects.filter(settled_at__isnull=True).count() == 0
