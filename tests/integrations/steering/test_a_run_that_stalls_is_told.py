from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Batch, Door, ErrorRecord, JobState, Settled, SyncJob, SyncRun
from integrations.sync import reap, stalled
from tests import factories

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(minutes=30)


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job(name="Orders to the warehouse")


def standing_still(job: SyncJob, **batch: Any) -> SyncRun:
    run = factories.run(
        job, finished_at=None, state="running", started_at=LONG_AGO, moved_at=LONG_AGO, accepted=3
    )
    factories.batch(run, **{"created_at": LONG_AGO} | batch)
    return run


def test_it_is_told_once_with_a_sentence(job: SyncJob) -> None:
    standing_still(job)
    assert stalled.tell_stalled() == 1
    stalled.tell_stalled()
    error = ErrorRecord.objects.get()
    assert error.sentence.startswith("Orders to the warehouse: nothing has moved in run")
    assert "3 records wait" in error.sentence
    assert error.attempts == 2
    job.refresh_from_db()
    assert job.state == JobState.ACTIVE


def test_it_closes_by_itself_when_the_run_goes_on(job: SyncJob) -> None:
    run = standing_still(job)
    stalled.tell_stalled()
    SyncRun.objects.filter(pk=run.pk).update(moved_at=timezone.now())
    assert stalled.tell_stalled() == 0
    assert ErrorRecord.objects.get().settled_how == Settled.GONE


def test_the_sweep_looks_for_it(job: SyncJob) -> None:
    standing_still(job)
    reap.sweep()
    assert ErrorRecord.objects.filter(code=stalled.CODE).count() == 1


def test_what_waits_for_its_time_does_not_stall(job: SyncJob) -> None:
    standing_still(job, not_before=timezone.now() + timedelta(hours=1))
    assert stalled.tell_stalled() == 0


def test_what_has_just_become_due_does_not_stall(job: SyncJob) -> None:
    standing_still(job, not_before=timezone.now() - timedelta(seconds=5))
    assert stalled.tell_stalled() == 0


def test_a_job_that_is_paused_or_switched_off_does_not_stall(job: SyncJob) -> None:
    standing_still(job)
    SyncJob.objects.update(state=JobState.PAUSED)
    assert stalled.tell_stalled() == 0
    SyncJob.objects.update(state=JobState.ACTIVE)
    type(job.source).objects.filter(pk=job.destination_id).update(enabled=False)
    assert stalled.tell_stalled() == 0


def test_a_run_that_moves_does_not_stall(job: SyncJob) -> None:
    standing_still(job)
    SyncRun.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
    assert stalled.tell_stalled() == 0


def test_a_read_that_nobody_goes_on_with_is_told(job: SyncJob) -> None:
    factories.run(job, finished_at=None, state="running", read_through=False, started_at=LONG_AGO)
    SyncJob.objects.update(read_started_at=LONG_AGO, next_read_at=None)
    assert stalled.tell_stalled() == 1
    assert "the source is not read on" in ErrorRecord.objects.get().sentence


def test_a_persons_choice_that_nobody_reads_is_told(job: SyncJob) -> None:
    factories.run(
        job, door=Door.AGAIN, finished_at=None, state="running", read_through=False, started_at=LONG_AGO
    )
    assert stalled.tell_stalled() == 1
    assert Batch.objects.count() == 0
