"""How many writes are open at a time: what becomes of them when their worker dies."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

import pytest

from integrations.connectors.base import Abilities, Limit
from integrations.models import Door, Intent, Priority
from integrations.sync import accept, hand, intents, pull
from integrations.sync.hand import FRESH_GROUP, GROUP, group_size, size_for
from tests.integrations.answering import Says

from .between import Between, order

CALLS, ORDERS = 3, 40


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many Intents were stored at a time."""
    return counted(monkeypatch, len)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many Intents were open, each time that more were stored."""
    return counted(monkeypatch, lambda _: Intent.objects.filter(settled_at__isnull=True).count())


def counted(monkeypatch: pytest.MonkeyPatch, count: Callable[[Sized], int]) -> list[int]:
    found: list[int] = []
    store = intents.lock

    def counting(*arguments: Any) -> Any:
        stored = store(*arguments)
        found.append(count(stored))
        return stored

    monkeypatch.setattr(intents, "lock", counting)
    return found


def carry_all(between: Between, writes: dict[str, Any]) -> None:
    rows = [order(number) for number in range(1, ORDERS + 1)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    orders = {"list": {"path": "/orders", "records": "orders"}}
    between.configure(orders, writes, job={"concurrent_calls": CALLS})
    between.carry()
    assert sorted(told[1] for told in between.depot.told) == sorted(row["number"] for row in rows)


def test_where_a_person_would_be_asked_few_writes_are_open(between: Between, opened: list[int]) -> None:
    carry_all(between, {"lookup": None, "natural_key": ""})
    assert max(opened) < 2 * CALLS


def test_where_a_write_can_be_looked_up_all_are_stored_together_but_for_the_first(
    between: Between, stored: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two for each call make the first group: nothing is on its way yet, and a whole group would be waited for."""
    monkeypatch.setattr(hand, "GROUP", ORDERS // 2)
    carry_all(between, {})
    assert stored == [2 * CALLS, ORDERS // 2 - 2 * CALLS, ORDERS // 2]


def test_what_is_no_whole_group_is_not_parted(between: Between, stored: list[int]) -> None:
    carry_all(between, {})
    assert stored == [ORDERS]


@pytest.mark.parametrize(
    ("abilities", "limit", "size"),
    [
        (Abilities(keys=True), Limit(), GROUP),
        (Abilities(lookup=True), Limit(), GROUP),
        (Abilities(upserts=True), Limit(), GROUP),
        (Abilities(creates=True), Limit(), 8),
        (Abilities(creates=True), Limit(calls_per_second=100), 8),
        (Abilities(keys=True), Limit(calls_per_second=100), GROUP),
        (Abilities(keys=True), Limit(calls_per_second=2), 20),
        (Abilities(keys=True), Limit(calls_per_second=0.1), 8),
        (Abilities(keys=True, batch_size=10), Limit(calls_per_second=1), 100),
    ],
)
def test_a_group_is_what_the_limit_lets_through_soon(abilities: Abilities, limit: Limit, size: int) -> None:
    assert group_size(abilities, limit, calls=8) == size


@pytest.mark.parametrize(
    ("priority", "size", "asked"),
    [(Priority.FRESH, FRESH_GROUP, GROUP), (Priority.FRESH, 8, 8), (Priority.BACKFILL, GROUP, GROUP)],
)
def test_what_is_fresh_goes_in_small_groups(priority: Priority, size: int, asked: int) -> None:
    assert size_for(priority, asked) == size


def test_fresh_orders_are_written_down_in_small_groups(
    between: Between, stored: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook that comes meanwhile waits for one such group at most."""
    monkeypatch.setattr(hand, "FRESH_GROUP", ORDERS // 4)
    monkeypatch.setattr(accept, "PRIORITIES", {Door.PULL: Priority.FRESH})
    monkeypatch.setattr(pull, "_is_backfill", lambda job: False)
    carry_all(between, {})
    assert max(stored) == ORDERS // 4
