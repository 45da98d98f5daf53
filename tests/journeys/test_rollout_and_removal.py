"""A rollout holds the same records back until it widens; what vanishes from the source is followed with care."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.connectors.base import Page
from integrations.connectors.http import DeclaredConnector
from integrations.models import SyncJob
from integrations.sync import reap, steer
from mappings.models import Mapping

from .world import ORDERS, World


def change(key: str, **values: Any) -> None:
    SyncJob.objects.filter(key=key).update(**values)


def test_what_a_rollout_holds_back_is_caught_up_when_it_widens(world: World) -> None:
    change(ORDERS, rollout_percent=40)
    for number in range(1001, 1009):
        world.place(str(number))
    world.carry(ORDERS)
    held = [subject for subject, state in world.states().items() if state == "held"]
    assert 0 < len(held) < 8
    assert len(world.warehouse_orders()) == 8 - len(held)
    reap.release_where_the_rollout_widened()
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 8 - len(held), "the rollout has not widened"
    change(ORDERS, rollout_percent=100)
    reap.release_where_the_rollout_widened()
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 8
    assert set(world.states().values()) == {"delivered"}


@pytest.mark.parametrize("setting", [{"rollout_percent": 40}, {"filter": "number == '1001'"}])
def test_that_an_order_is_there_by_another_job_lets_it_in_nowhere(
    world: World, setting: dict[str, Any]
) -> None:
    for number in range(1001, 1009):
        world.place(str(number))
    world.carry(ORDERS)
    before = {order["reference"]: order["updated_at"] for order in world.warehouse_orders()}
    second = world.job(ORDERS)
    second.pk, second.key, second.name = None, "orders-once-more", "Orders once more"
    second._state.adding = True
    second.save()
    change("orders-once-more", released_percent=100, **setting)
    # It tells the warehouse otherwise, so that each one that is in would be written.
    again = Mapping.objects.get(pk=second.write_mapping_id)
    again.rules.filter(target="notes").update(source="'again'")
    again.publish(None)
    world.carry("orders-once-more")
    states = world.states("orders-once-more")
    out = {subject for subject, state in states.items() if state in ("held", "filtered")}
    assert 0 < len(out) < 8
    after = {order["reference"]: order["updated_at"] for order in world.warehouse_orders()}
    assert {f"Order #{number}" for number in after if after[number] == before[number]} == out


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Ids of orders that the shop does not show any more: it cannot delete any itself."""
    ids: set[str] = set()
    shown = DeclaredConnector.read

    def read(self: DeclaredConnector, resource: str, **more: Any) -> Page:
        page = shown(self, resource, **more)
        return replace(page, items=tuple(item for item in page.items if item.external_id not in ids))

    monkeypatch.setattr(DeclaredConnector, "read", read)
    return ids


def read_all_again(world: World) -> None:
    assert steer.run_now(world.job(ORDERS), full=True) is not None
    world.carry(ORDERS)


def test_an_order_that_vanished_is_cancelled_only_after_a_complete_read(
    world: World, hidden: set[str]
) -> None:
    change(ORDERS, removed="cancel")
    world.place("1001")
    gone = world.place("1002")
    world.carry(ORDERS)
    hidden.add(gone["id"])
    world.carry(ORDERS)
    assert {order["state"] for order in world.warehouse_orders()} == {"accepted"}, (
        "a read of changes tells nothing"
    )
    read_all_again(world)
    states = {order["reference"]: order["state"] for order in world.warehouse_orders()}
    assert states == {"1001": "accepted", "1002": "cancelled"}


def test_nothing_is_removed_when_too_much_is_missing(world: World, hidden: set[str]) -> None:
    change(ORDERS, removed="cancel", removed_at_most_percent=10)
    for number in range(1001, 1013):
        hidden.add(world.place(str(number), ("MUG", 1), backorder=True)["id"])
    shown = set(hidden)
    hidden.clear()
    world.carry(ORDERS)
    hidden |= shown
    read_all_again(world)
    assert {order["state"] for order in world.warehouse_orders()} == {"accepted"}
    assert [error.code for error in world.open_errors()] == ["too_many_removed"]


def test_nothing_is_removed_where_the_job_says_so(world: World, hidden: set[str]) -> None:
    hidden.add(world.place("1001")["id"])
    shown = set(hidden)
    hidden.clear()
    world.carry(ORDERS)
    hidden |= shown
    read_all_again(world)
    assert [order["state"] for order in world.warehouse_orders()] == ["accepted"]
