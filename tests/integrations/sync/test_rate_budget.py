"""One budget for all workers: no more calls leave than the platform allows, or reports that it allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.connectors.base import Limit, Told
from integrations.models import CallShare, Connection, RateBudget
from integrations.sync import budget
from integrations.sync.call_shares import Share, fair_shares
from integrations.sync.clock import Clock

pytestmark = pytest.mark.django_db
SECOND = 1_000_000


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(key="shop", name="Shop", platform="rest")


def moments(grant: budget.Grant) -> list[float]:
    """In seconds after the first."""
    first = grant.releases[0][0]
    return [(at - first) / SECOND for at, _ in grant.releases]


def taken(connection: Connection, limit: Limit, wanted: int, **more: Any) -> int:
    return len(budget.take(connection, limit, wanted, **more).releases)


def test_a_platform_without_a_limit_lets_all_calls_leave(connection: Connection) -> None:
    grant = budget.take(connection, Limit(), 500)
    assert (len(grant.releases), grant.free) == (500, True)


def test_a_burst_leaves_at_once_and_the_next_call_waits(connection: Connection) -> None:
    limit = Limit(calls_per_second=1, burst=3)
    assert moments(budget.take(connection, limit, 10)) == [0.0, 0.0, 0.0]
    refused = budget.take(connection, limit, 1)
    assert refused.releases == ()
    assert 0.5 < refused.wait_seconds <= 1.0


def test_a_block_of_moments_is_spaced_evenly_and_a_little_wider_than_the_limit(
    connection: Connection,
) -> None:
    """So much wider as a call may leave too late: a second never holds more than the limit."""
    found = moments(budget.take(connection, Limit(calls_per_second=50), 5))
    assert found == pytest.approx([0, 0.0206, 0.0412, 0.0618, 0.0824], abs=0.0001)


def test_nobody_takes_far_ahead_but_one_for_whom_a_person_waits_comes_in_between(
    connection: Connection,
) -> None:
    limit = Limit(calls_per_second=10)
    assert taken(connection, limit, 50) == 3
    assert taken(connection, limit, 50) == 0
    grant = budget.take(connection, limit, 1, urgent=True)
    assert len(grant.releases) == 1
    seen = budget.look(connection)
    assert (grant.releases[0][0] - seen.now_us) / SECOND < 0.5


def test_what_is_not_used_is_given_back_unless_others_took_more(connection: Connection) -> None:
    limit = Limit(calls_per_second=10)
    grant = budget.take(connection, limit, 3)
    budget.give_back(connection, limit, grant, 3)
    again = budget.take(connection, limit, 3)
    assert again.releases[0][0] - grant.releases[0][0] < 0.1 * SECOND, "not as if three had left"
    budget.give_back(connection, limit, again, 3)
    first = budget.take(connection, limit, 2)
    second = budget.take(connection, limit, 1)
    budget.give_back(connection, limit, first, 2)
    assert budget.look(connection).next_free_us > second.releases[-1][0]


def test_calls_beside_those_that_were_granted_are_waited_for_by_the_next(connection: Connection) -> None:
    """A fetch with two detail calls is three calls."""
    limit = Limit(calls_per_second=10)
    assert taken(connection, limit, 1) == 1
    budget.owe(connection, limit, 20)
    assert 1.6 < budget.take(connection, limit, 1).wait_seconds <= 2.1
    budget.owe(connection, Limit(), 20)
    budget.owe(connection, limit, 0)
    assert budget.take(connection, limit, 1).wait_seconds <= 2.1


def test_after_a_retry_after_nobody_calls_until_it_is_over(connection: Connection) -> None:
    budget.block(connection, 30)
    refused = budget.take(connection, Limit(), 1, urgent=True)
    assert (refused.releases, refused.why) == ((), "blocked")
    assert 29 < refused.wait_seconds <= 30


def test_a_shorter_wait_never_shortens_a_longer_one(connection: Connection) -> None:
    budget.block(connection, 30)
    budget.block(connection, 1)
    assert budget.take(connection, Limit(), 1).wait_seconds > 29


def test_a_call_that_lost_the_race_takes_nothing_twice(connection: Connection) -> None:
    """Another worker moves the row between our look and our UPDATE: we must see what it left."""
    limit = Limit(calls_per_second=1)
    stale = budget.look(connection)
    assert taken(connection, limit, 1) == 1
    assert taken(connection, limit, 1, seen=stale) == 0


def test_the_daily_quota_is_counted_and_its_rest_kept_for_those_for_whom_a_person_waits(
    connection: Connection,
) -> None:
    limit = Limit(calls_per_day=100)
    assert taken(connection, limit, 500) == 98
    refused = budget.take(connection, limit, 1)
    assert (refused.releases, refused.why) == ((), "quota")
    assert 0 < refused.wait_seconds <= 24 * 3600
    assert taken(connection, limit, 5, urgent=True) == 2
    assert taken(connection, limit, 1, urgent=True) == 0
    RateBudget.objects.update(day=1)
    assert taken(connection, limit, 1) == 1, "a new day"


def test_points_are_spent_by_what_calls_cost_and_come_back_by_and_by(connection: Connection) -> None:
    limit = Limit(points_per_second=100, points=1000, cost=100)
    assert moments(budget.take(connection, limit, 10)) == pytest.approx([0.0] * 10, abs=0.001)
    assert 0.6 < budget.take(connection, limit, 1).wait_seconds <= 1.0


def test_the_points_that_the_platform_reports_count_whatever_is_declared(connection: Connection) -> None:
    limit = Limit(points_per_second=1000, points=10_000, cost=1)
    budget.report(connection, limit, Told(points=20, points_most=1000, points_rate=50, cost=120))
    refused = budget.take(connection, limit, 1)
    # 100 points are missing, and 50 come each second.
    assert 1.6 < refused.wait_seconds <= 2.0


@pytest.mark.parametrize(
    ("told", "at_least", "at_most"),
    [
        (Told(remaining=0, limit=100, reset=20), 19, 20),
        (Told(remaining=0, limit=40), 0.9, 1.1),
        (Told(remaining=1, limit=40), 0.4, 0.6),
    ],
)
def test_a_platform_that_reports_nothing_left_is_left_alone(
    connection: Connection, told: Told, at_least: float, at_most: float
) -> None:
    """Until its window is over; a bucket, until there is room for a call at the rate that is declared."""
    limit = Limit(calls_per_second=2, burst=40)
    budget.report(connection, limit, told)
    assert at_least < budget.take(connection, limit, 1).wait_seconds <= at_most


def test_what_is_left_of_a_window_is_spread_over_it(connection: Connection) -> None:
    budget.report(connection, Limit(), Told(remaining=20, limit=100, reset=2))
    assert moments(budget.take(connection, Limit(), 3)) == pytest.approx([0, 0.103, 0.206], abs=0.002)
    assert RateBudget.objects.get().told == "20 of 100 calls left, all of them again in 2 s"


def test_a_window_that_is_hardly_used_slows_nobody_down(connection: Connection) -> None:
    budget.report(connection, Limit(), Told(remaining=80, limit=100, reset=60))
    assert budget.take(connection, Limit(), 3).free


def test_the_quickest_look_says_how_the_clocks_stand_to_each_other() -> None:
    """A slow look saw the time at some moment of its own: by it calls would leave too late."""
    clock = Clock()
    clock.note(100.0, 100.001, 5_000_000)
    clock.note(101.0, 101.5, 6_100_000)
    assert clock.monotonic(6_000_000) == pytest.approx(101.001, abs=0.0005)
    clock.note(120.0, 120.5, 25_600_000)
    assert clock.monotonic(25_600_000) == pytest.approx(120.5, abs=0.0005), "the old one is believed no more"


def test_shares_are_even_and_nobody_gets_more_than_it_wants() -> None:
    assert fair_shares(16, [(16, False), (16, False), (16, False)]) == [6, 5, 5]
    assert fair_shares(16, [(2, False), (16, False)]) == [2, 14]
    assert fair_shares(1, [(4, False), (1, True)]) == [0, 1]
    assert fair_shares(4, []) == []


def test_a_share_that_ran_out_with_its_worker_goes_to_the_others(connection: Connection) -> None:
    budget.look(connection)
    dead, alive = Share(connection, 4), Share(connection, 4)
    for share in (dead, alive):
        share.due()
    assert dead.settle(4, 0) == 4
    alive.due()
    assert alive.settle(4, 0) == 0
    CallShare.objects.filter(holder=dead.holder).update(until_us=0)
    alive.due()
    assert alive.settle(4, 0) == 4


def test_a_share_is_not_given_away_while_its_calls_are_on_their_way(connection: Connection) -> None:
    budget.look(connection)
    first, second = Share(connection, 4), Share(connection, 4)
    first.due()
    assert first.settle(4, 0) == 4
    second.due()
    assert second.settle(4, 0) == 0
    assert first.due() == 2
    assert first.settle(4, 3) == 2, "three are still on their way, and no further one may leave"
    second.due()
    assert second.settle(4, 0) == 1
    assert sum(CallShare.objects.values_list("calls", flat=True)) == 4


def test_an_open_breaker_lets_nobody_through_and_then_one(connection: Connection) -> None:
    seen = budget.look(connection)
    RateBudget.objects.update(failures=3, open_until_us=seen.now_us + 30 * SECOND)
    assert budget.take(connection, Limit(), 5, urgent=True).why == "open"
    RateBudget.objects.update(open_until_us=seen.now_us)
    assert taken(connection, Limit(), 5) == 1
    assert budget.take(connection, Limit(), 5).why == "open", (
        "one probes, the others wait for what comes of it"
    )


def test_two_probes_cannot_be_let_through_by_one_look(connection: Connection) -> None:
    RateBudget.objects.get_or_create(connection=connection)
    RateBudget.objects.update(failures=3, open_until_us=1)
    stale = budget.look(connection)
    assert taken(connection, Limit(), 1, seen=stale) == 1
    assert taken(connection, Limit(), 1, seen=replace(stale)) == 0
