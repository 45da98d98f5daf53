"""Retention: what is old goes, what is young or still needed stays, and no figure changes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import (
    Batch,
    ErrorRecord,
    InboundEvent,
    Intent,
    Outcome,
    PartnerRequest,
    SyncJob,
    SyncRun,
)
from integrations.sync.measures import PERIODS
from monitoring import retention, rollups
from monitoring.figures import figures
from monitoring.models import (
    AlertChannel,
    AlertEvent,
    AlertKind,
    AlertMessage,
    AlertRule,
    HourlyFigure,
    RollupMark,
)
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD, YOUNG = NOW - timedelta(days=400), NOW - timedelta(days=2)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)


def soon() -> float:
    return time.monotonic() + 30


def facts(job: SyncJob, at: datetime) -> None:
    """One of everything, of this time."""
    run = factories.run(job, started_at=at, finished_at=at)
    record = factories.delivery(job)
    factories.outcome(record, at, run=run)
    factories.batch(run, settled_at=at)
    factories.inbound_event(job.source, state="processed", received_at=at, processed_at=at)
    Intent.objects.create(
        delivery=record,
        destination=job.destination,
        resource="orders",
        thing=record.thing,
        operation="create",
        state="settled",
        idempotency_key=f"key-{record.pk}",
        created_at=at,
        settled_at=at,
    )
    factories.error(
        record, settled_at=at, settled_how="delivered", evidence={"status": 422}, payload={"a": 1}
    )
    PartnerRequest.objects.create(
        partner=factories.partner(),
        idempotency_key=f"key-{record.pk}",
        body_digest="",
        status=202,
        answer={},
        created_at=at,
    )


def test_alerts_that_are_over_go_with_the_outcomes_and_what_still_fires_stays(settings: LazySettings) -> None:
    rule = AlertRule.objects.create(name="Orders fail", kind=AlertKind.FAILURES, threshold=0)
    channel = AlertChannel.objects.create(name="Duty", kind="email", recipients="duty@example.com")
    for fired, over in [(OLD, OLD), (OLD, YOUNG), (YOUNG, YOUNG), (OLD, None)]:
        event = AlertEvent.objects.create(
            rule=rule, sentence="S", fired_at=fired, seen_at=fired, recovered_at=over
        )
        AlertMessage.objects.create(event=event, channel=channel, due_at=fired, state="sent")

    retention.prune(soon(), NOW)

    left = AlertEvent.objects.order_by("pk").values_list("fired_at", "recovered_at")
    assert list(left) == [(OLD, YOUNG), (YOUNG, YOUNG), (OLD, None)]
    assert AlertMessage.objects.count() == 3
    settings.KEEP_OUTCOMES_DAYS = 0
    retention.prune(soon(), NOW + timedelta(days=4_000))
    assert AlertEvent.objects.count() == 3


TABLES: tuple[Any, ...] = (Intent, Outcome, Batch, SyncRun, InboundEvent, PartnerRequest)


def counts() -> list[int]:
    return [model.objects.count() for model in TABLES]


def test_what_is_old_goes_and_what_is_young_stays(job: SyncJob) -> None:
    facts(job, OLD)
    facts(job, YOUNG)
    rollups.roll_up()
    done = retention.prune(soon())
    assert counts() == [1, 1, 1, 1, 1, 1]
    assert done.is_done
    assert set(done.counts.values()) == {1}
    kept, emptied = ErrorRecord.objects.order_by("-settled_at")
    assert (kept.payload, kept.evidence) == ({"a": 1}, {"status": 422})
    assert (emptied.payload, emptied.evidence) == (None, None)
    assert emptied.sentence


def test_what_is_not_settled_stays_whatever_its_age(job: SyncJob) -> None:
    run = factories.run(job, started_at=OLD, finished_at=None, state="running")
    record = factories.delivery(job)
    error = factories.in_doubt(record)
    Intent.objects.update(created_at=OLD)
    factories.batch(run, created_at=OLD)
    factories.inbound_event(job.source, received_at=OLD)
    ErrorRecord.objects.update(first_seen_at=OLD, last_seen_at=OLD, payload={"a": 1})
    rollups.roll_up()
    retention.prune(soon())
    assert (Intent.objects.count(), Batch.objects.count(), SyncRun.objects.count()) == (1, 1, 1)
    assert InboundEvent.objects.count() == 1
    error.refresh_from_db()
    assert error.payload == {"a": 1}


def test_the_write_behind_an_open_error_stays(job: SyncJob) -> None:
    error = factories.in_doubt(factories.delivery(job))
    Intent.objects.update(state="settled", settled_at=OLD)
    retention.prune(soon())
    assert Intent.objects.count() == 1
    ErrorRecord.objects.filter(pk=error.pk).update(settled_at=YOUNG)
    retention.prune(soon())
    assert Intent.objects.count() == 0


def test_nothing_goes_that_the_figures_have_not_counted(job: SyncJob) -> None:
    facts(job, OLD)
    retention.prune(soon())
    assert (Outcome.objects.count(), SyncRun.objects.count()) == (1, 1)
    rollups.roll_up()
    retention.prune(soon())
    assert (Outcome.objects.count(), SyncRun.objects.count()) == (0, 0)


def test_an_hour_that_may_be_counted_anew_keeps_all_its_facts(job: SyncJob) -> None:
    hour = OLD.replace(minute=0, second=0, microsecond=0)
    record = factories.delivery(job)
    for minute in (10, 50):
        factories.outcome(record, hour + timedelta(minutes=minute))
    RollupMark.objects.create(complete_until=hour + timedelta(minutes=30))
    retention.prune(soon())
    assert Outcome.objects.count() == 2


def test_figures_are_the_same_before_and_after(job: SyncJob, settings: LazySettings) -> None:
    settings.KEEP_OUTCOMES_DAYS = 1
    for days in (0.01, 1.5, 3, 20, 29, 40):
        facts(job, NOW - timedelta(days=days))
    rollups.roll_up()
    before = {period: figures(period, NOW).counts for period in PERIODS}
    hours = list(HourlyFigure.objects.order_by("pk").values())
    retention.prune(soon())
    rollups.roll_up()
    assert {period: figures(period, NOW).counts for period in PERIODS} == before
    assert list(HourlyFigure.objects.order_by("pk").values()) == hours
    # However few days are asked for, the numbers of the longest period still lead to their rows.
    assert Outcome.objects.count() == 5


def test_a_run_stays_as_long_as_one_of_its_outcomes(job: SyncJob) -> None:
    run = factories.run(job, started_at=OLD, finished_at=OLD)
    factories.outcome(factories.delivery(job), YOUNG, run=run)
    rollups.roll_up()
    retention.prune(soon())
    assert SyncRun.objects.count() == 1
    assert Outcome.objects.count() == 1


def test_a_pass_that_is_interrupted_goes_on_where_it_stopped(
    job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    for _ in range(5):
        facts(job, OLD)
    rollups.roll_up()
    real, calls = retention._let_go, 0

    def falls(old: Any, ids: list[int]) -> int:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return real(old, ids)

    monkeypatch.setattr(retention, "_let_go", falls)
    with pytest.raises(KeyboardInterrupt):
        retention.prune(soon())
    assert counts() == [0, 5, 5, 5, 5, 5]
    assert retention.prune(soon()).is_done
    assert counts() == [0, 0, 0, 0, 0, 0]


def test_a_pass_ends_at_its_deadline(job: SyncJob) -> None:
    facts(job, OLD)
    assert not retention.prune(time.monotonic() - 1).is_done
    assert Intent.objects.count() == 1


def test_of_two_passes_at_once_each_row_goes_once(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins between the first one's look and its delete."""
    for _ in range(3):
        facts(job, OLD)
    rollups.roll_up()
    real = retention._let_go
    inner: list[dict[str, int]] = []

    def crossed(old: Any, ids: list[int]) -> int:
        if not inner:
            inner.append({})
            inner[0] = retention.prune(soon()).counts
        return real(old, ids)

    monkeypatch.setattr(retention, "_let_go", crossed)
    outer = retention.prune(soon()).counts
    assert counts() == [0, 0, 0, 0, 0, 0]
    names = {"intents", "outcomes", "batches", "runs", "events", "partner answers", "error contents"}
    assert {name: outer.get(name, 0) + inner[0].get(name, 0) for name in names} == dict.fromkeys(names, 3)


def test_a_webhook_that_is_replayed_meanwhile_is_kept(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    event = factories.inbound_event(job.source, state="processed", received_at=OLD, processed_at=OLD)
    real = retention._let_go

    def replayed(old: Any, ids: list[int]) -> int:
        InboundEvent.objects.filter(pk=event.pk).update(state="received", processed_at=None)
        return real(old, ids)

    monkeypatch.setattr(retention, "_let_go", replayed)
    retention.prune(soon())
    assert InboundEvent.objects.count() == 1


def test_a_slice_is_of_a_few_hundred_rows_whatever_there_is(
    job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 3)
    run = factories.run(job, started_at=OLD, finished_at=OLD)
    record = factories.delivery(job)
    for _ in range(10):
        factories.outcome(record, OLD, run=run)
    rollups.roll_up()
    with CaptureQueriesContext(connection) as seen:
        assert retention.prune(soon()).counts["outcomes"] == 10
    deletes = [
        row["sql"]
        for row in seen
        if row["sql"].startswith('DELETE FROM "integrations_outcome" WHERE "integrations_outcome"."id"')
    ]
    assert len(deletes) == 4
    assert all(sql.count(",") <= 2 for sql in deletes)


def test_no_days_mean_for_ever(job: SyncJob, settings: LazySettings) -> None:
    for name in ("INTENTS", "OUTCOMES", "BATCHES", "RUNS", "EVENTS", "PARTNER_ANSWERS", "ERROR_CONTENT"):
        setattr(settings, f"KEEP_{name}_DAYS", 0)
    facts(job, OLD)
    rollups.roll_up()
    assert retention.prune(soon()).counts == {}
    assert counts() == [1, 1, 1, 1, 1, 1]
