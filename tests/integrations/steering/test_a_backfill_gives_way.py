"""What is fresh goes before what is caught up with, also where a worker has the backfill in hand already."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Batch, Door, Doorbell, Priority, SyncJob, SyncRun
from integrations.sync import deliver, give_way, hand, pull, steer
from integrations.sync.accept import accept
from tests import factories
from tests.integrations.foreground.in_memory import InMemory


def soon() -> float:
    return time.monotonic() + 20


def items(*numbers: int) -> list[Item]:
    return [
        Item(
            external_id=str(number), payload={"id": str(number), "number": str(number)}, version="1".zfill(20)
        )
        for number in numbers
    ]


def backfill(job: SyncJob, count: int) -> None:
    accept(job, Door.PULL, items(*range(count)), read_at=timezone.now(), priority=Priority.BACKFILL)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "GROUP", 2)
    monkeypatch.setattr(deliver, "LEFT_BEFORE_NEXT", 0)
    monkeypatch.setattr(give_way, "SECONDS_BETWEEN_LOOKS", 0.0)


def test_a_worker_puts_its_backfill_down_for_a_fresh_record_of_the_same_job(
    job: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order 99 comes by webhook while the third of the backfill is on its way."""
    job.concurrent_calls = 1
    job.save()
    third, fresh = threading.Event(), threading.Event()
    real_send, real_look = InMemory.send, give_way.Courtesy._look

    def send(self: InMemory, call: Any) -> Any:
        if self.writes == 2:
            third.set()
            assert fresh.wait(10)
        return real_send(self, call)

    def look(self: give_way.Courtesy, least: int) -> None:
        if third.is_set() and not fresh.is_set():
            accept(job, Door.WEBHOOK, items(99), read_at=timezone.now())
            fresh.set()
        real_look(self, least)

    monkeypatch.setattr(InMemory, "send", send)
    monkeypatch.setattr(give_way.Courtesy, "_look", look)
    backfill(job, 30)
    deliver.drain(job.pk, soon())
    assert list(warehouse.taken).index("99") <= 6
    assert (len(warehouse.taken), warehouse.writes) == (31, 31)


def test_a_worker_leaves_its_backfill_to_the_queue_for_a_webhook_that_nobody_takes(
    job: SyncJob, warehouse: InMemory
) -> None:
    backfill(job, 10)
    Doorbell.objects.create(task="inbox", subject_id=1, rung_at=timezone.now() - timedelta(seconds=2))
    deliver.drain(job.pk, soon())
    assert len(warehouse.taken) < 10
    assert Doorbell.objects.get(task="drain", subject_id=job.pk).rung_at is not None
    Doorbell.objects.filter(task="inbox").update(rung_at=None)
    deliver.drain(job.pk, soon())
    assert len(warehouse.taken) == 10


def other_jobs_batch(priority: Priority) -> SyncJob:
    other = factories.job()
    factories.batch(factories.run(other, finished_at=None), priority=priority)
    Doorbell.objects.create(task="drain", subject_id=other.pk, rung_at=timezone.now() - timedelta(seconds=2))
    return other


def test_only_what_is_fresh_of_another_job_is_waited_for(job: SyncJob) -> None:
    other_jobs_batch(Priority.BACKFILL)
    assert not give_way.fresh_work_waits(job)
    other_jobs_batch(Priority.FRESH)
    assert give_way.fresh_work_waits(job)


def test_a_bell_that_has_just_been_rung_is_none_that_nobody_answers(job: SyncJob) -> None:
    Doorbell.objects.create(task="inbox", subject_id=1, rung_at=timezone.now())
    assert not give_way.fresh_work_waits(job)


def test_fresh_records_are_never_put_down(job: SyncJob, warehouse: InMemory) -> None:
    accept(job, Door.WEBHOOK, items(*range(10)), read_at=timezone.now())
    Doorbell.objects.create(task="inbox", subject_id=1, rung_at=timezone.now() - timedelta(seconds=2))
    deliver.drain(job.pk, soon())
    assert len(warehouse.taken) == 10


def test_a_read_of_everything_gives_way_between_pages(job: SyncJob, shop: InMemory) -> None:
    for number in range(6):
        shop.add(number)
    Doorbell.objects.create(task="inbox", subject_id=1, rung_at=timezone.now() - timedelta(seconds=2))
    steer.run_now(job)
    assert not pull.pull(job.pk, soon())
    assert SyncRun.objects.get().read == 2
    assert Doorbell.objects.get(task="pull", subject_id=job.pk).rung_at is not None


def test_a_first_read_is_a_backfill_and_later_ones_are_not(job: SyncJob, shop: InMemory) -> None:
    shop.add(1)
    steer.run_now(job)
    assert pull.pull(job.pk, soon())
    shop.add(2)
    steer.run_now(job)
    assert pull.pull(job.pk, soon())
    assert list(Batch.objects.order_by("pk").values_list("priority", flat=True)) == [
        Priority.BACKFILL,
        Priority.ORDINARY,
    ]


def test_what_a_wider_rollout_lets_go_is_a_backfill(job: SyncJob) -> None:
    factories.delivery(job, "1", state="held")
    steer.release_held(job)
    assert Batch.objects.get().priority == Priority.BACKFILL
