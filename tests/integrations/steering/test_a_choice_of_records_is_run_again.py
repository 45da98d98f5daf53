"""A span of time, single ids, or what a run carried: read once more, and only what differs is sent."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connectors.base import Abilities, Item
from integrations.models import Batch, Door, JobState, Priority, RunState, SyncJob, SyncRun, Thing
from integrations.sync import accept as accepting
from integrations.sync import deliver, progress, pull, rerun, steer
from integrations.sync.cancel import cancel
from integrations.sync.connect import connect
from integrations.sync.gate import Gate
from integrations.sync.selection import NotPossible, Selection, by_ids, span
from mappings.models import FieldRule
from tests.integrations.foreground.in_memory import InMemory


@pytest.fixture(autouse=True)
def dated(job: SyncJob, shop: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's orders have a checkout, and single ones can be asked for."""
    FieldRule.objects.create(
        mapping=job.read_mapping, position=9, target="placed_at", source="placed_at", transform="time"
    )
    job.read_mapping.publish()
    able = Abilities(reads=True, creates=True, updates=True, keys=True, key_lifetime=3600.0, fetch=True)
    monkeypatch.setattr(InMemory, "resources", lambda self: {"orders": able})
    for day in range(1, 8):
        shop.add(day, placed_at=f"2026-05-{day:02d}T10:00:00Z")


def soon() -> float:
    return time.monotonic() + 20


def carry(job: SyncJob) -> None:
    assert steer.run_now(job) is not None
    while not pull.pull(job.pk, soon()):
        pass
    deliver.drain(job.pk, soon())


def again(job: SyncJob, selection: Selection) -> SyncRun:
    run = rerun.begin(job, selection)
    assert rerun.read(run.pk, soon())
    deliver.drain(job.pk, soon())
    run.refresh_from_db()
    return run


def test_a_span_takes_in_what_is_of_these_days_and_nothing_else(job: SyncJob, shop: InMemory) -> None:
    run = again(job, span("2026-05-01", "2026-05-03"))
    assert (run.door, run.state, run.read, run.accepted) == (Door.AGAIN, RunState.FINISHED, 7, 3)
    assert run.delivered == 3
    assert set(shop.reads) == {datetime(2026, 5, 1, tzinfo=UTC)}


def test_only_what_differs_is_sent(job: SyncJob, shop: InMemory, warehouse: InMemory) -> None:
    carry(job)
    shop.add(2, note="changed", placed_at="2026-05-02T10:00:00Z")
    warehouse.writes = 0
    run = again(job, span("2026-05-01", "2026-05-03"))
    assert (run.accepted, run.delivered, run.unchanged) == (3, 1, 2)
    assert warehouse.writes == 1
    assert warehouse.taken["2"]["note"] == "changed"


def test_single_ids_are_fetched_and_compared(job: SyncJob, shop: InMemory, warehouse: InMemory) -> None:
    carry(job)
    warehouse.writes = 0
    run = again(job, by_ids(["2", "5", "2"]))
    assert (run.accepted, run.unchanged, run.total, warehouse.writes) == (2, 2, 2, 0)
    shop.add(5, note="changed")
    assert again(job, by_ids(["5"])).delivered == 1


def test_an_id_that_the_source_does_not_have_leaves_nothing_behind(job: SyncJob) -> None:
    run = again(job, by_ids(["1", "typo"]))
    assert (run.accepted, run.delivered) == (1, 1)
    assert run.notices == ["Shop has no typo."]
    assert Thing.objects.count() == 1


def test_what_a_run_carried_is_run_again(job: SyncJob, shop: InMemory, warehouse: InMemory) -> None:
    carry(job)
    first = SyncRun.objects.get(job=job)
    shop.add(8)
    carry(job)
    warehouse.writes = 0
    run = again(job, Selection(run_id=first.pk))
    assert (run.accepted, run.unchanged, warehouse.writes) == (7, 7, 0)


def test_the_jobs_own_position_is_left_alone(job: SyncJob) -> None:
    carry(job)
    job.refresh_from_db()
    before = (job.watermark, job.position_version, job.resume_position)
    again(job, span("2026-05-01", ""))
    job.refresh_from_db()
    assert (job.watermark, job.position_version, job.resume_position) == before


def test_a_full_run_sends_nothing_where_nothing_differs(job: SyncJob, warehouse: InMemory) -> None:
    carry(job)
    warehouse.writes = 0
    run = steer.run_now(job, full=True)
    assert run is not None
    while not pull.pull(job.pk, soon()):
        pass
    deliver.drain(job.pk, soon())
    run.refresh_from_db()
    assert (run.accepted, run.unchanged, run.state) == (7, 7, RunState.FINISHED)
    assert warehouse.writes == 0


def test_a_cancelled_choice_is_read_no_further(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    run = rerun.begin(job, span("2026-05-01", ""))
    real = accepting.accept

    def cancelled(*args: Any, **options: Any) -> Any:
        cancel(run)
        return real(*args, **options)

    monkeypatch.setattr(rerun, "accept", cancelled)
    assert not rerun.read(run.pk, soon())
    run.refresh_from_db()
    assert (run.state, run.accepted, Batch.objects.count()) == (RunState.CANCELLED, 0, 0)


def test_a_page_that_two_workers_read_is_stored_once(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    run = rerun.begin(job, span("2026-05-01", ""))
    crossed: list[int] = []
    real = accepting.accept

    def twice(*args: Any, **options: Any) -> Any:
        if not crossed:
            crossed.append(1)
            assert rerun.read(run.pk, soon())
        return real(*args, **options)

    monkeypatch.setattr(rerun, "accept", twice)
    assert not rerun.read(run.pk, soon())
    run.refresh_from_db()
    assert (run.read, run.accepted) == (7, 7)


def test_a_worker_that_ends_in_the_middle_is_followed_by_another(job: SyncJob) -> None:
    run = rerun.begin(job, span("2026-05-01", ""))
    connector = connect(job.source)
    reading = rerun._Reading(
        SyncRun.objects.select_related("job__source").get(pk=run.pk),
        connector,
        Gate(job.source, connector, 1),
    )
    assert not reading.next_step()
    deliver.drain(job.pk, soon())
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert rerun.read(run.pk, soon())
    run.refresh_from_db()
    assert (run.read, run.accepted) == (7, 7)


def test_a_source_that_fails_puts_it_off_and_says_so_once(job: SyncJob, shop: InMemory) -> None:
    run = rerun.begin(job, span("2026-05-01", ""))
    shop.locked_out = True
    assert not rerun.read(run.pk, soon())
    assert not rerun.read(run.pk, soon())
    run.refresh_from_db()
    assert run.goes_on_at is not None
    assert job.errors.count() == 1
    shop.locked_out = False
    SyncRun.objects.update(goes_on_at=None)
    steer.resume(job)
    assert rerun.read(run.pk, soon())


def test_spans_go_behind_and_single_records_before_them(job: SyncJob) -> None:
    rerun.read(rerun.begin(job, span("2026-05-01", "2026-05-01")).pk, soon())
    rerun.read(rerun.begin(job, by_ids(["7"])).pk, soon())
    assert list(Batch.objects.order_by("pk").values_list("priority", flat=True)) == [
        Priority.BACKFILL,
        Priority.ORDINARY,
    ]


def test_a_job_that_is_paused_or_busy_with_another_choice_says_so(job: SyncJob) -> None:
    rerun.begin(job, span("2026-05-01", ""))
    with pytest.raises(NotPossible, match="being read for this job already"):
        rerun.begin(job, span("2026-05-02", ""))
    steer.pause(job)
    with pytest.raises(NotPossible, match="is paused"):
        rerun.begin(job, by_ids(["1"]))
    assert job.state == JobState.PAUSED


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [
        ("", "", "Say from when"),
        ("2026-05-03", "2026-05-01", "before the beginning"),
        ("1 May", "", "is a day such as"),
        ("2026-02-31", "", "is a day such as"),
        ("0001-01-01", "", "between the years"),
        ("", "9999-12-31", "between the years"),
        ("", "9999-12-31T23:59:59Z", "between the years"),
    ],
)
def test_a_span_that_is_none_is_refused(begin: str, end: str, reason: str) -> None:
    with pytest.raises(NotPossible, match=reason):
        span(begin, end)


def test_a_day_is_meant_whole_and_in_the_portals_zone(settings: Any) -> None:
    from django.utils import timezone

    with timezone.override("Europe/Berlin"):
        found = span("2026-05-01", "2026-05-03")
    assert found.begin == datetime(2026, 4, 30, 22, tzinfo=UTC)
    assert found.end == datetime(2026, 5, 3, 22, tzinfo=UTC)
    assert Selection.from_json(found.as_json()) == found


def test_what_the_list_shows_by_its_id_alone_is_compared_as_well(job: SyncJob, shop: InMemory) -> None:
    shop.items = [Item(external_id=item.external_id, payload={}, partial=True) for item in shop.items]
    run = rerun.begin(job, span("2026-05-01", "2026-05-01"))
    assert rerun.read(run.pk, soon())
    run.refresh_from_db()
    assert run.accepted == 7
    assert run.notices == [rerun.NO_DATES]


# --- progress -------------------------------------------------------------------------------------------------------


def test_progress_counts_what_is_left_and_foresees_the_end(job: SyncJob) -> None:
    run = rerun.begin(job, span("2026-05-01", ""))
    rerun.read(run.pk, soon())
    run.refresh_from_db()
    now = progress.of(run)
    assert (now.done, now.left, now.total, now.share, now.is_reading) == (0, 7, 7, 0, False)
    deliver.drain(job.pk, soon())
    run.refresh_from_db()
    done = progress.of(run)
    assert (done.done, done.left, done.share, done.rate, done.ends_at) == (7, 0, 100, None, None)


def test_the_rate_is_that_of_the_last_minute(job: SyncJob) -> None:
    from datetime import timedelta

    from django.utils import timezone

    run = rerun.begin(job, span("2026-05-01", ""))
    rerun.read(run.pk, soon())
    deliver.drain(job.pk, soon())
    # As if three more were still to come, in a run that began long ago.
    SyncRun.objects.filter(pk=run.pk).update(
        finished_at=None, accepted=10, started_at=timezone.now() - timedelta(hours=1)
    )
    run.refresh_from_db()
    now = progress.of(run)
    assert now.rate == pytest.approx(7 / 60, rel=0.01)
    assert now.ends_at is not None
    assert (now.ends_at - timezone.now()).total_seconds() == pytest.approx(3 * 60 / 7, abs=2)


def test_while_it_reads_the_end_is_known_only_where_the_source_says_it(job: SyncJob) -> None:
    run = SyncRun(job=job, door=Door.PULL, read=200, accepted=150, delivered=50, started_at=job.created_at)
    run.pk = 1
    unknown = progress.of(run)
    assert (unknown.total, unknown.left, unknown.ends_at, unknown.is_reading) == (None, 100, None, True)
    run.total = 1_000
    known = progress.of(run)
    assert (known.total, known.left, known.to_read, known.share) == (950, 900, 800, 5)


def test_many_runs_cost_two_queries(job: SyncJob) -> None:
    runs = [
        SyncRun(pk=number, job=job, door=Door.PULL, started_at=job.created_at, finished_at=None)
        for number in range(1, 9)
    ]
    with CaptureQueriesContext(connection) as seen:
        progress.of_all(runs)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("state", "stands"), [("active", ""), ("paused", "Paused"), ("halted", "Halted by a failure")]
)
def test_a_run_of_a_job_that_stands_foresees_no_end(job: SyncJob, state: str, stands: str) -> None:
    SyncJob.objects.update(state=state)
    started = timezone.now() - timedelta(seconds=30)
    run = SyncRun(
        pk=1, job=job, door=Door.PULL, started_at=started, accepted=100, delivered=40, read_through=True
    )
    seen = progress.of(run)
    assert (seen.stands, seen.rate is None) == (stands, bool(stands))
