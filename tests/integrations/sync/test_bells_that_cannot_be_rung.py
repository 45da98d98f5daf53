"""A queue that is away: what was stored stays stored, nobody is told that it failed, and another rings."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule
from redis.exceptions import ConnectionError as RedisAway

from integrations import tasks
from integrations.connectors.base import Item
from integrations.models import Batch, Door, Doorbell, SyncJob
from integrations.sync import deliver, doorbell, reap, schedules, share, steer
from integrations.sync.accept import accept
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bells that reached the queue."""
    found: list[str] = []
    monkeypatch.setattr(doorbell, "_queue", doorbell._Queue())
    monkeypatch.setattr(doorbell, "async_task", lambda _, pk, task_name: found.append(task_name))
    return found


@pytest.fixture
def away(rung: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to have the queue back."""
    tries: list[str] = []

    def refuse(_: str, __: int, task_name: str) -> None:
        tries.append(task_name)
        raise RedisAway

    working = getattr(doorbell, "async_task")  # noqa: B009  # as the fixture before set it
    monkeypatch.setattr(doorbell, "async_task", refuse)

    def back() -> None:
        assert len(tries) == 1, "it was tried again and again, and each time somebody waited for it"
        doorbell._queue.quiet_until = 0.0
        monkeypatch.setattr(doorbell, "async_task", working)

    return back


def push(job: SyncJob, external_id: str = "1") -> None:
    accept(job, Door.PARTNER, [Item(external_id, {"id": external_id})], read_at=timezone.now())


def test_what_comes_in_is_stored_and_rung_for_later(rung: list[str], away: Callable[[], None]) -> None:
    job = factories.job()
    push(job, "1")
    push(job, "2")
    assert Batch.objects.count() == 2
    away()
    assert rung == []
    reap.ring_for_due_batches()
    assert rung == [f"drain {job.pk}"]


def test_a_bell_that_was_not_rung_is_not_noted_as_rung(away: Callable[[], None]) -> None:
    """Else a host that is cut off from the queue would keep all others from ringing."""
    push(factories.job())
    assert list(Doorbell.objects.values_list("task", "rung_at")) == [("drain", None)]


def test_it_is_said_once_and_once_when_it_is_over(
    rung: list[str], away: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    job = factories.job()
    for number in range(3):
        push(job, str(number))
    away()
    push(job, "after")
    told = [(r.levelno, r.getMessage()) for r in caplog.records if r.name == doorbell.__name__]
    assert [level for level, _ in told] == [logging.ERROR, logging.WARNING]


def test_a_run_that_a_person_asked_for_is_begun_though_its_bell_was_lost(
    rung: list[str], away: Callable[[], None]
) -> None:
    job = factories.job(every_seconds=0)
    assert steer.run_now(job) is not None
    away()
    reap.ring_for_due_reads()
    assert rung == [f"pull {job.pk}"]


def test_one_worker_of_a_host_is_left_for_other_destinations(
    rung: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "workers": 3}
    drained: list[int] = []
    monkeypatch.setattr(deliver, "drain", lambda job_id, _: drained.append(job_id))
    job, other = factories.job(), factories.job()
    with share.place(job.destination_id) as first, share.place(job.destination_id) as second:
        assert (first, second) == (True, True)
        tasks.drain(job.pk)
        tasks.drain(other.pk)
    tasks.drain(job.pk)
    assert drained == [other.pk, job.pk]


def test_a_worker_calls_another_while_there_is_more_than_one_batch(rung: list[str]) -> None:
    job = factories.job()
    factories.batch(factories.run(job))
    reap.call_another_worker(job)
    assert rung == []
    factories.batch(factories.run(job))
    reap.call_another_worker(job)
    assert rung == [f"drain {job.pk}"]


def test_a_schedule_is_there_once_and_is_mended() -> None:
    for _ in range(2):
        schedules.install("a name", "some.function")
        Schedule.objects.create(name="a name", func="another.function")
    schedules.install("a name", "some.function")
    (row,) = Schedule.objects.filter(name="a name")
    assert (row.func, row.minutes, row.repeats) == ("some.function", 1, -1)


@pytest.mark.postgres
def test_hosts_that_start_at_the_same_moment_make_it_once() -> None:
    together = threading.Barrier(4)

    def start() -> None:
        try:
            together.wait(20)
            schedules.install("a name", "some.function")
        finally:
            connection.close()

    for _ in range(5):
        Schedule.objects.all().delete()
        hosts = [threading.Thread(target=start) for _ in range(4)]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join(30)
        assert Schedule.objects.count() == 1
