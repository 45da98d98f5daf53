"""When more fails than a job allows, it halts by itself, says so once, and goes on when a person lets it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations.models import ErrorRecord, JobState, Outcome, State, SyncJob
from integrations.sync import error_guard, steer

from .world import ORDERS, World


def job(**values: Any) -> SyncJob:
    SyncJob.objects.filter(key=ORDERS).update(**values)
    return SyncJob.objects.get(key=ORDERS)


def place(world: World, good: int, bad: int, first: int = 2001) -> None:
    """What the warehouse does not know of fails."""
    for number in range(good + bad):
        world.place(str(first + number), ("MUG" if number < good else "NOBODY-KNOWS", 1))


def test_a_job_halts_when_its_errors_rise_above_its_rate(world: World) -> None:
    job(halts_above_percent=20)
    place(world, good=8, bad=4)
    world.carry(ORDERS)
    halted = job()
    assert halted.state == JobState.HALTED
    assert "4 of the last 12 records failed" in halted.state_reason
    told = ErrorRecord.objects.get(job=halted, code=error_guard.CODE)
    assert told.settled_at is None
    assert told.connection is None
    assert halted.destination.health != "failing", "the system works: its records were wrong"


def test_what_fallbacks_skip_counts_as_failed(world: World) -> None:
    """Nobody is asked about it, and the warehouse does not have it: a job that skips all is not a healthy one."""
    skips = {"when": "refused", "then": "skip", "note": "Sold in the showroom."}
    job(halts_above_percent=20, fallbacks=[skips])
    place(world, good=8, bad=4)
    world.carry(ORDERS)
    halted = job()
    assert (halted.state, ErrorRecord.objects.filter(delivery__isnull=False).count()) == (
        JobState.HALTED,
        0,
    )
    assert "4 of the last 12 records failed (4 of them skipped by its fallbacks)" in halted.state_reason
    assert "belongs into the job's filter" in halted.state_reason


def test_what_was_handed_over_was_tried_and_has_not_failed(world: World) -> None:
    job(halts_above_percent=20)
    place(world, good=8, bad=4)
    world.carry(ORDERS)
    steer.resume(job())
    Outcome.objects.filter(state=State.FAILED).update(state=State.HANDED_OVER, recorded_at=timezone.now())
    Outcome.objects.filter(state=State.DELIVERED).update(recorded_at=timezone.now())
    assert not error_guard.heed(job(halts_above_percent=1))


def test_once_it_is_let_go_on_what_failed_before_is_forgotten(world: World) -> None:
    job(halts_above_percent=20)
    place(world, good=8, bad=4)
    world.carry(ORDERS)
    steer.resume(job())
    assert not error_guard.heed(job())
    assert job().state == JobState.ACTIVE
    assert ErrorRecord.objects.get(code=error_guard.CODE).settled_at is not None


def test_a_few_errors_and_a_job_without_a_rate_go_on(world: World) -> None:
    job(halts_above_percent=50)
    place(world, good=8, bad=4)
    world.carry(ORDERS)
    assert job().state == JobState.ACTIVE
    assert not error_guard.heed(job(halts_above_percent=0))
    assert error_guard.heed(job(halts_above_percent=30))
