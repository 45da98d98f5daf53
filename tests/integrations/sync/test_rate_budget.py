"""One budget for all workers: no more calls leave than the platform allows."""

from __future__ import annotations

import time

import pytest

from integrations.connectors.base import Limit
from integrations.models import Connection, RateBudget
from integrations.sync import budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(key="shop", name="Shop", platform="rest")


def test_a_platform_without_a_limit_lets_all_calls_leave(connection: Connection) -> None:
    assert budget.take(connection, Limit(), 500).calls == 500


def test_a_burst_leaves_at_once_and_the_next_call_waits(connection: Connection) -> None:
    limit = Limit(calls_per_second=1, burst=3)
    assert budget.take(connection, limit, 10).calls == 3
    refused = budget.take(connection, limit, 1)
    assert refused.calls == 0
    assert 0.5 < refused.wait_seconds <= 1.0


def test_calls_beside_those_that_were_granted_are_waited_for_by_the_next(connection: Connection) -> None:
    """A fetch with two detail calls is three calls."""
    limit = Limit(calls_per_second=10, burst=1)
    assert budget.take(connection, limit, 1).calls == 1
    budget.owe(connection, limit, 20)
    assert 1.9 < budget.take(connection, limit, 1).wait_seconds <= 2.1
    budget.owe(connection, Limit(), 20)
    budget.owe(connection, limit, 0)
    assert budget.take(connection, limit, 1).wait_seconds <= 2.1


def test_no_more_calls_than_the_limit_leave_in_any_window(connection: Connection) -> None:
    limit = Limit(calls_per_second=100, burst=1)
    began, taken = time.monotonic(), 0
    while time.monotonic() - began < 0.5:
        taken += budget.take(connection, limit, 5).calls
    # The upper bound is the promise; how close one comes to it hangs on how busy the machine is.
    assert 10 <= taken <= 51


def test_after_a_retry_after_nobody_calls_until_it_is_over(connection: Connection) -> None:
    budget.block(connection, 30)
    refused = budget.take(connection, Limit(), 1)
    assert refused.calls == 0
    assert 29 < refused.wait_seconds <= 30


def test_a_shorter_wait_never_shortens_a_longer_one(connection: Connection) -> None:
    budget.block(connection, 30)
    budget.block(connection, 1)
    assert budget.take(connection, Limit(), 1).wait_seconds > 29


def test_a_call_that_lost_the_race_takes_nothing_twice(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker moves the row between our read and our UPDATE: we must see what it left."""
    limit = Limit(calls_per_second=1, burst=1)
    RateBudget.objects.create(connection=connection)
    stale = RateBudget.objects.get(connection=connection)
    assert budget.take(connection, limit, 1).calls == 1
    monkeypatch.setattr(RateBudget.objects, "get_or_create", lambda **_: (stale, False))
    assert budget.take(connection, limit, 1).calls == 0
