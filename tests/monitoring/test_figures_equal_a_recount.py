from __future__ import annotations

import random
import time
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Kind, Outcome, State, SyncJob
from integrations.sync.measures import PERIODS, period_start
from monitoring import histogram, rollups
from monitoring.figures import before, figures
from monitoring.models import HourlyFigure, RollupMark
from tests import factories
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def stored() -> list[tuple[Any, ...]]:
    rows = HourlyFigure.objects.order_by("hour", "state", "operation", "kind", "currency", "job_id")
    return list(
        rows.values_list("hour", "job_id", "state", "operation", "kind", "currency", "count", "amount")
    )


def random_outcomes(jobs: list[SyncJob], number: int) -> None:
    dice = random.Random(3)
    for minutes in (1, 19):  # after the last pass and before it, within the hour under way
        factories.outcome(factories.delivery(jobs[0]), NOW - minutes * MINUTE)
    for _ in range(number):
        at = NOW - timedelta(seconds=dice.uniform(0, 40 * 3_600))
        make = factories.outcome if dice.random() < 0.8 else factories.failure
        make(
            factories.delivery(dice.choice(jobs)),
            at,
            amount=Decimal(dice.randint(1, 9_999)) / 100,
            currency=dice.choice(["EUR", "USD"]),
            occurred_at=at - timedelta(seconds=dice.uniform(1, 5_000)),
        )


def recount(since: datetime) -> Counter[tuple[Any, ...]]:
    rows = Outcome.objects.filter(recorded_at__gte=since, recorded_at__lte=NOW)
    return Counter(rows.values_list("job_id", "state", "kind", "currency"))


@pytest.mark.parametrize("rolled_up_at", [None, NOW - 3 * HOUR, NOW - 5 * MINUTE, NOW])
@pytest.mark.parametrize("period", ["1h", "24h", "7d"])
def test_figures_equal_a_recount_whenever_the_last_rollup_was(
    job: SyncJob, period: str, rolled_up_at: datetime | None
) -> None:
    random_outcomes([job, factories.job(kind="stock_level")], 120)
    if rolled_up_at is not None:
        rollups.roll_up(rolled_up_at)
    found = figures(period, NOW)
    since = period_start(period, NOW)
    assert found.counts == recount(since)
    by_hour = Counter(
        (row.recorded_at.replace(minute=0, second=0, microsecond=0), row.state)
        for row in Outcome.objects.filter(recorded_at__gte=since)
    )
    assert {(h, s): n for h, states in found.parts.items() for s, n in states.items()} == by_hour


def test_processing_times_equal_those_of_the_facts(job: SyncJob) -> None:
    random_outcomes([job], 60)
    rollups.roll_up(NOW - 2 * HOUR)
    timed = Outcome.objects.filter(state=State.DELIVERED, recorded_at__gte=period_start("24h", NOW))
    durations = [
        (row.accepted_at - row.occurred_at).total_seconds()
        for row in timed
        if row.accepted_at and row.occurred_at
    ]
    assert durations
    assert figures("24h", NOW).processing == histogram.count(durations)


def test_what_was_sold_before_the_job_began_counts_from_its_beginning(job: SyncJob) -> None:
    SyncJob.objects.filter(pk=job.pk).update(created_at=NOW - timedelta(seconds=30))
    factories.outcome(factories.delivery(job), NOW, occurred_at=NOW - timedelta(days=300))

    assert figures("24h", NOW).processing == histogram.count([30.0])


def test_only_new_orders_have_a_processing_time(job: SyncJob) -> None:
    stock = factories.job(kind="stock_level")
    factories.outcome(factories.delivery(job), NOW, operation="create")
    factories.outcome(factories.delivery(job), NOW, operation="upsert", serial=1)
    for of, values in (
        (job, {"operation": "update"}),
        (job, {"operation": "upsert", "serial": 2}),
        (job, {"operation": "create", "occurred_at": None}),
        (stock, {"operation": "create"}),
    ):
        factories.outcome(factories.delivery(of), NOW, **values)
    factories.failure(factories.delivery(job), NOW)
    assert figures("24h", NOW).timed == 2


def test_a_second_pass_changes_nothing(job: SyncJob) -> None:
    random_outcomes([job], 40)
    rollups.roll_up(NOW)
    once = stored()
    rollups.roll_up(NOW)
    assert stored() == once


def test_what_was_committed_late_is_counted_in_the_next_pass(job: SyncJob) -> None:
    factories.outcome(factories.delivery(job), NOW - 10 * MINUTE)
    rollups.roll_up(NOW)
    late = factories.outcome(factories.delivery(job), NOW - 9 * MINUTE)
    assert sum(row[6] for row in stored()) == 1
    rollups.roll_up(NOW + MINUTE)
    assert sum(row[6] for row in stored()) == 2
    late.delete()


def test_what_was_committed_late_in_the_hour_before_is_counted_too(job: SyncJob) -> None:
    full_hour = NOW.replace(minute=0)
    rollups.roll_up(full_hour + 2 * MINUTE)
    factories.outcome(factories.delivery(job), full_hour - MINUTE)
    rollups.roll_up(full_hour + 3 * MINUTE)
    assert sum(row[6] for row in stored()) == 1


def test_what_may_not_be_committed_yet_is_left_to_the_facts(job: SyncJob) -> None:
    factories.outcome(factories.delivery(job), NOW - timedelta(seconds=30))
    rollups.roll_up(NOW)
    assert stored() == []
    assert RollupMark.objects.get().complete_until == NOW - rollups.MARGIN
    assert figures("24h", NOW).number(State.DELIVERED) == 1


def test_a_rebuild_corrects_figures_that_are_wrong(job: SyncJob) -> None:
    random_outcomes([job], 40)
    rollups.roll_up(NOW)
    right = stored()
    HourlyFigure.objects.update(count=7)
    HourlyFigure.objects.create(hour=right[0][0], job=job, state=State.IGNORED, count=3)
    rollups.rebuild(None, NOW - rollups.MARGIN)
    assert stored() == right


def test_gaps_in_which_nothing_happened_are_not_walked_through(job: SyncJob) -> None:
    factories.outcome(factories.delivery(job), NOW - timedelta(days=700))
    factories.outcome(factories.delivery(job), NOW - 2 * HOUR)
    assert list(rollups.hours_with_facts(None, NOW)) == [
        (NOW - timedelta(days=700)).replace(minute=0),
        (NOW - 2 * HOUR).replace(minute=0),
    ]


def test_a_long_backlog_is_counted_over_several_passes(job: SyncJob) -> None:
    for hours in range(5):
        factories.outcome(factories.delivery(job), NOW - timedelta(hours=hours, minutes=10))
    past = time.monotonic() - 1
    reached = [rollups.roll_up(NOW, deadline=past) for _ in range(4)]
    full_hour = NOW.replace(minute=0)
    assert reached == [full_hour - 2 * HOUR, full_hour - HOUR, full_hour, NOW - rollups.MARGIN]
    assert [row[0] for row in stored()] == [full_hour - hours * HOUR for hours in (4, 3, 2, 1, 0)]


def test_money_is_summed_by_currency_only(job: SyncJob) -> None:
    for currency, amount in (("EUR", 10), ("EUR", 5), ("USD", 7)):
        factories.outcome(factories.delivery(job), NOW - HOUR, amount=amount, currency=currency)
    rollups.roll_up(NOW)
    assert {row[5]: row[7] for row in stored()} == {"EUR": Decimal(15), "USD": Decimal(7)}


def test_the_success_rate_is_of_what_had_to_be_written(job: SyncJob) -> None:
    for _ in range(3):
        factories.outcome(factories.delivery(job), NOW)
    factories.failure(factories.delivery(job), NOW, kind=Kind.CONFIG)
    factories.outcome(factories.delivery(job), NOW, state=State.UNCHANGED)
    factories.outcome(factories.delivery(job), NOW, state=State.RETRYING)
    found = figures("24h", NOW)
    assert found.success_rate == 0.75
    for state in (State.SKIPPED, State.HANDED_OVER):
        factories.outcome(factories.delivery(job), NOW, state=state)
    found = figures("24h", NOW)
    assert found.success_rate == 0.6, (
        "a fallback's skip was not delivered; what went to another job counts there"
    )
    assert figures("24h", NOW + timedelta(days=9)).success_rate is None


def test_past_hours_are_not_counted_again_to_draw_a_page(job: SyncJob) -> None:
    for hours in range(1, 24):
        factories.outcome(factories.delivery(job), NOW - hours * HOUR)
    rollups.roll_up(NOW)
    with CaptureQueriesContext(connection) as few:
        figures("24h", NOW)
    rows = [query["sql"] for query in few if "integrations_outcome" in query["sql"]]
    assert len(rows) == 1, rows  # only: is there anything since the last pass?


@pytest.mark.parametrize("rolled_up_at", [None, NOW - 30 * HOUR, NOW])
@pytest.mark.parametrize("period", ["1h", "24h"])
def test_the_period_before_is_counted_to_the_hour_at_which_this_one_begins(
    job: SyncJob, period: str, rolled_up_at: datetime | None
) -> None:
    begin = period_start(period, NOW)
    hours = timedelta(hours=PERIODS[period][1])
    for at, minutes in ((begin, 1), (begin - timedelta(seconds=1), 2), (begin - hours, 3)):
        factories.outcome(factories.delivery(job), at, occurred_at=at - minutes * MINUTE)
    factories.outcome(factories.delivery(job), begin - hours - timedelta(seconds=1))
    factories.failure(factories.delivery(job), begin - MINUTE)
    if rolled_up_at is not None:
        rollups.roll_up(rolled_up_at)

    found = figures(period, NOW)
    earlier = before(found, period)

    assert (found.number(State.DELIVERED), earlier.number(State.DELIVERED)) == (1, 2)
    assert earlier.success_rate == pytest.approx(2 / 3)
    assert earlier.processing == histogram.count([120.0, 180.0])
