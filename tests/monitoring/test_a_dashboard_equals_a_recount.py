"""Whatever is looked at, over whatever time: the figures are those of the facts, counted here in the plainest way."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.models import Connection, Kind, Outcome, SearchKey, State, SyncJob, Workflow
from integrations.sync.measures import processing_seconds
from mappings.search import keyed_hash
from monitoring import folding, histogram, periods, rollups
from monitoring.figures import Figures, before, figures
from monitoring.models import FoldedFigure, FoldMark
from monitoring.scopes import FROM_IT, TO_IT, Scope, of_connection, of_workflow, portal
from tests import factories

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The afternoons of the days on which clocks change in Berlin, and one far from them.
BACK = datetime(2026, 10, 25, 13, 20, tzinfo=UTC)
FORWARD = datetime(2026, 3, 29, 13, 20, tzinfo=UTC)
FAR = datetime(2026, 7, 15, 13, 20, tzinfo=UTC)
CURRENCIES = ("EUR", "USD", "JPY", "")
STATES = (State.DELIVERED, State.DELIVERED, State.DELIVERED, State.FAILED, State.UNCHANGED, State.RETRYING)


@pytest.fixture(params=["Europe/Berlin", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest) -> Any:
    with timezone.override(ZoneInfo(request.param)):
        yield request.param


def jobs() -> list[SyncJob]:
    shop, warehouse = factories.connection(), factories.connection()
    flow = factories.workflow(minutes_per_record=Decimal("2.5"))
    return [
        factories.job(source=shop, destination=warehouse, workflow=flow),
        factories.job(source=warehouse, destination=shop, kind="shipment", workflow=flow),
        factories.job(source=shop, destination=factories.connection(), workflow=factories.workflow()),
        factories.job(source=shop, destination=shop, kind="stock_level"),
    ]


def happens(dice: random.Random, of: list[SyncJob], now: datetime, number: int, days: float) -> None:
    edges = [periods.begin(period, now) for period in periods.BARS]
    for place in range(number):
        at = now - timedelta(days=dice.uniform(0, days) * dice.random())
        if place % 3 == 0:
            # Where one too many or too few is counted most easily.
            at = dice.choice(edges) + timedelta(
                hours=dice.randint(-30, 30), seconds=dice.choice([0, -1, 1, 1_799])
            )
        if at > now:
            continue
        job, state, currency = dice.choice(of), dice.choice(STATES), dice.choice(CURRENCIES)
        record = factories.delivery(job)
        occurred = at - timedelta(seconds=dice.lognormvariate(6, 2))
        if job.kind in ("order", "shipment"):
            digest = keyed_hash("order_number", str(dice.randint(1, number // 4)))
            SearchKey.objects.create(kind="order_number", digest=digest, thing=record.thing)
        factories.outcome(
            record,
            at,
            state=state,
            kind=dice.choice(Kind.values) if state == State.FAILED else "",
            operation=dice.choice(["create", "update", "upsert"]),
            serial=dice.randint(1, 2),
            occurred_at=occurred,
            accepted_at=at if state == State.DELIVERED else None,
            currency=currency,
            amount=Decimal(dice.randint(1, 99_999)) / 100 if currency else None,
        )


def plain(facts: list[Outcome], scope: Scope, since: datetime, until: datetime) -> dict[str, Any]:
    """One row after the other."""
    rows = [
        row
        for row in facts
        if since <= row.recorded_at < until and (scope.jobs is None or row.job_id in scope.jobs)
    ]
    new = [
        row
        for row in rows
        if row.state == State.DELIVERED
        and row.job.kind == "order"
        and (row.operation == "create" or (row.operation == "upsert" and row.serial == 1))
    ]
    carried: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in new:
        if row.currency:
            count, value = carried[row.currency]
            carried[row.currency] = (count + 1, value + (row.amount or 0))
    return {
        "counts": Counter((row.job_id, row.state, row.kind, row.currency) for row in rows),
        "carried": dict(carried),
        "processing": histogram.count(
            processing_seconds(row.occurred_at, row.accepted_at, row.job.created_at)
            for row in new
            if row.occurred_at and row.accepted_at
        ),
        "fulfilment": histogram.count(delays(rows, facts)),
        "parts": sum(1 for _ in rows),
    }


def delays(rows: Iterable[Outcome], facts: list[Outcome]) -> Iterable[float]:
    named = dict(SearchKey.objects.values_list("thing", "digest"))
    placed: dict[str, list[tuple[datetime, SyncJob]]] = defaultdict(list)
    for order in facts:
        if order.job.kind == "order" and order.occurred_at:
            placed[named[order.delivery.thing_id]].append((order.occurred_at, order.job))
    for row in rows:
        if row.state != State.DELIVERED or row.job.kind != "shipment" or row.occurred_at is None:
            continue
        ends = [
            at
            for at, job in placed[named[row.delivery.thing_id]]
            if row.job.destination_id == job.source_id
            or row.job.source_id in (job.destination_id, job.source_id)
        ]
        if ends:
            yield (row.occurred_at - min(ends)).total_seconds()


def told(found: Figures) -> dict[str, Any]:
    return {
        "counts": Counter(found.counts),
        "carried": found.carried(),
        "processing": found.processing,
        "fulfilment": found.fulfilment,
        "parts": sum(sum(states.values()) for states in found.parts.values()),
    }


def scopes(of: list[SyncJob]) -> list[Scope]:
    shop: Connection = of[0].source
    flow = of[0].workflow
    assert flow is not None
    return [
        portal(),
        of_workflow(Workflow.objects.get(pk=flow.pk)),
        of_connection(shop),
        of_connection(shop, FROM_IT),
        of_connection(shop, TO_IT),
    ]


def assert_all_equal(of: list[SyncJob], now: datetime) -> None:
    facts = list(Outcome.objects.select_related("job", "delivery"))
    for scope in scopes(of):
        for period in periods.BARS:
            found = figures(period, now, scope.jobs)
            earlier = before(found, period, scope.jobs, now)
            at = (scope.kind, scope.direction, period)
            assert told(found) == plain(facts, scope, found.since, now + DAY), at
            assert told(earlier) == plain(facts, scope, earlier.since, earlier.as_of), at


@pytest.mark.parametrize("now", [BACK, FORWARD, FAR])
def test_all_figures_of_all_scopes_equal_a_recount_before_and_after_they_are_folded(
    zone: str, now: datetime
) -> None:
    dice = random.Random(f"{zone}{now}")
    of = jobs()
    happens(dice, of, now, 110, 200)
    reached = rollups.roll_up(now - 3 * HOUR)
    assert_all_equal(of, now)
    folding.fold(reached)
    assert FoldedFigure.objects.exists()
    assert_all_equal(of, now)
    # Committed late, in a day that is folded, and counted anew.
    happens(dice, of, now, 30, 60)
    rollups.rebuild(None, reached)
    assert_all_equal(of, now)
    folding.fold(reached)
    assert_all_equal(of, now)


def test_old_figures_stay_when_their_facts_are_gone() -> None:
    of = jobs()
    happens(random.Random(7), of, FAR, 120, 300)
    folding.fold(rollups.roll_up(FAR))
    counted = {period: told(figures(period, FAR)) for period in periods.BARS}
    Outcome.objects.filter(recorded_at__lt=FAR - 31 * DAY).delete()
    assert {period: told(figures(period, FAR)) for period in periods.BARS} == counted


def test_an_hour_that_is_counted_anew_takes_its_day_out_of_what_is_folded() -> None:
    job = factories.job()
    at = FAR - 20 * DAY
    factories.outcome(factories.delivery(job), at)
    folding.fold(rollups.roll_up(FAR))
    assert folding.complete_until() == periods.day_start(FAR.date())
    factories.outcome(factories.delivery(job), at)
    rollups.rebuild(rollups.hour_of(at), FAR)
    assert folding.complete_until() == periods.day_start(at.date())
    assert figures("30d", FAR).number(State.DELIVERED) == 2


def test_a_fold_that_was_overtaken_by_a_recount_moves_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    job = factories.job()
    factories.outcome(factories.delivery(job), FAR - 20 * DAY)
    reached = rollups.roll_up(FAR)
    store = folding._store

    def overtaken(*args: Any) -> None:
        folding.unfold(FAR - 20 * DAY)
        store(*args)

    monkeypatch.setattr(folding, "_store", overtaken)
    folding.fold(reached)
    first = periods.monday((FAR - 20 * DAY).date())
    assert FoldMark.objects.get().complete_until == periods.day_start(first)


def test_a_slow_fold_does_not_replace_what_a_faster_one_has_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    job, at = factories.job(), FAR - 20 * DAY
    factories.outcome(factories.delivery(job), at)
    reached = rollups.roll_up(FAR)
    added = folding._of_hours

    def slowly(since: datetime, until: datetime) -> Any:
        sums = added(since, until)
        if since == periods.day_start(at.date()):
            monkeypatch.undo()
            factories.outcome(factories.delivery(job), at)
            rollups.rebuild(rollups.hour_of(at), FAR)
            folding.fold(reached)
        return sums

    monkeypatch.setattr(folding, "_of_hours", slowly)
    folding.fold(reached)
    assert folding.complete_until() == periods.day_start(FAR.date())
    assert figures("30d", FAR).number(State.DELIVERED) == 2


def test_another_time_zone_has_days_of_its_own() -> None:
    of = jobs()
    happens(random.Random(5), of, FAR, 60, 60)
    reached = rollups.roll_up(FAR)
    folding.fold(reached)
    with timezone.override(ZoneInfo("America/St_Johns")):
        assert folding.complete_until() is None
        assert_all_equal(of, FAR)
        folding.fold(reached)
        assert folding.complete_until() is not None
        assert_all_equal(of, FAR)


def test_only_the_first_news_of_a_parcel_counts_and_only_with_its_own_order() -> None:
    of = jobs()
    orders, parcels = of[0], of[1]
    stranger = factories.job()
    record = factories.delivery(parcels)
    for owner, hours in ((factories.delivery(orders), 30), (factories.delivery(stranger), 90), (record, 0)):
        digest = keyed_hash("order_number", "1042")
        SearchKey.objects.create(kind="order_number", digest=digest, thing=owner.thing)
        if hours:
            factories.outcome(owner, FAR - hours * HOUR, occurred_at=FAR - hours * HOUR)
    factories.outcome(record, FAR - 5 * HOUR, occurred_at=FAR - 6 * HOUR)
    factories.outcome(record, FAR - 1 * HOUR, occurred_at=FAR - 1 * HOUR, operation="update")
    unknown = factories.delivery(parcels)
    factories.outcome(unknown, FAR - HOUR, occurred_at=FAR - HOUR)
    assert figures("24h", FAR).fulfilment == histogram.count([24 * 3600.0])
