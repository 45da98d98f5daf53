"""A read that is under way is not joined by a second worker, which would only fetch the same pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import tasks
from integrations.models import Doorbell, SyncJob
from integrations.sync import doorbell, pull, reap
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bells that reached the queue."""
    found: list[str] = []
    monkeypatch.setattr(doorbell, "async_task", lambda _, __, task_name: found.append(task_name))
    return found


@pytest.fixture
def job() -> SyncJob:
    job = factories.job()
    SyncJob.objects.filter(pk=job.pk).update(every_seconds=60, next_read_at=None)
    return job


def test_who_looks_while_it_is_read_rings_nobody(
    job: SyncJob, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with doorbell.at_work("pull", job.pk):
        with monkeypatch.context() as other:
            other.setattr(doorbell, "_at_work", {})
            reap.ring_for_due_reads()
        assert rung == []
    reap.ring_for_due_reads()

    assert rung == [f"pull {job.pk}"]


def test_what_it_rings_for_itself_is_rung_when_it_is_done(job: SyncJob, rung: list[str]) -> None:
    with doorbell.at_work("pull", job.pk):
        doorbell.ring("pull", job.pk)
        assert rung == []

    assert rung == [f"pull {job.pk}"]


def test_one_that_fell_is_taken_for_dead_after_a_while(job: SyncJob, rung: list[str]) -> None:
    Doorbell.objects.create(
        task="pull", subject_id=job.pk, at_work_until=timezone.now() + doorbell.AT_WORK_AT_MOST
    )
    reap.ring_for_due_reads()
    assert rung == []

    Doorbell.objects.update(at_work_until=timezone.now() - timedelta(seconds=1))
    reap.ring_for_due_reads()
    assert rung == [f"pull {job.pk}"]


def test_a_cluster_that_starts_waits_for_none_that_fell(job: SyncJob, rung: list[str]) -> None:
    Doorbell.objects.create(
        task="pull", subject_id=job.pk, at_work_until=timezone.now() + doorbell.AT_WORK_AT_MOST
    )

    tasks.sweep(after_a_start=1)

    assert f"pull {job.pk}" in rung


def test_a_read_that_is_asked_for_meanwhile_comes_next(
    job: SyncJob, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "pull", lambda *_: False)

    tasks.pull(job.pk)

    assert rung == [f"pull {job.pk}"]
