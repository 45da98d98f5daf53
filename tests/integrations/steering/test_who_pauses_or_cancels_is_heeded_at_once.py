"""A group may take a minute where the destination is slow: who pauses or cancels does not wait for its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, RunState, State, SyncJob, SyncRun
from integrations.sync import cancel, deliver, steer
from integrations.sync.accept import accept
from tests.integrations.foreground.in_memory import InMemory

pytestmark = pytest.mark.django_db(transaction=True)

RECORDS, CALLS = 60, 2


@pytest.fixture
def slow(job: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch) -> SyncJob:
    """Sixty records wait, two calls at the same time, each of which takes a while."""
    real = InMemory.send

    def send(self: InMemory, call: object) -> object:
        time.sleep(0.05)
        return real(self, call)  # type: ignore[arg-type]

    monkeypatch.setattr(InMemory, "send", send)
    monkeypatch.setattr(deliver, "HEED_EVERY", 0.05)
    job.concurrent_calls = CALLS
    job.save()
    accept(job, Door.WEBHOOK, page(0), read_at=timezone.now())
    return job


def page(first: int) -> list[Item]:
    return [
        Item(external_id=str(number), payload={"id": str(number), "number": str(number)}, version="1")
        for number in range(first, first + RECORDS)
    ]


def drain(
    job: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch, decide: Callable[[], object]
) -> None:
    """Has `decide` happen once some have arrived, as a person's click does in another process."""
    waits = deliver.Carrier._take_in

    def take_in(carrier: deliver.Carrier) -> None:
        waits(carrier)
        if warehouse.writes >= 4 and not decided:
            decided.append(warehouse.writes)
            decide()

    decided: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(deliver.Carrier, "_take_in", take_in)
        deliver.drain(job.pk, time.monotonic() + 30)
    assert decided


def test_a_pause_lets_only_what_has_left_go_on(
    slow: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(slow, warehouse, monkeypatch, lambda: steer.pause(slow))

    assert warehouse.writes < RECORDS / 3
    waiting = Delivery.objects.filter(state=State.QUEUED).count()
    assert waiting == RECORDS - warehouse.writes

    steer.resume(slow)
    deliver.drain(slow.pk, time.monotonic() + 30)
    assert (warehouse.writes, len(warehouse.taken)) == (RECORDS, RECORDS)


def test_a_cancelled_run_sends_nothing_more(
    slow: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SyncRun.objects.get()

    drain(slow, warehouse, monkeypatch, lambda: cancel.cancel(run))

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert warehouse.writes < RECORDS / 3
    assert (run.ignored, run.filtered) == (RECORDS - warehouse.writes, 0)
    assert Delivery.objects.filter(state=State.IGNORED).count() == RECORDS - warehouse.writes
    assert not Delivery.objects.filter(state=State.QUEUED).exists()


def test_what_a_webhook_brought_and_a_person_dropped_stays_out_until_it_changes(
    job: SyncJob, warehouse: InMemory
) -> None:
    """The webhook told its id alone, so that only the time of its last change says whether a read shows a new one."""
    now = timezone.now()
    told = [Item(external_id="7", payload={}, partial=True)]
    accept(job, Door.WEBHOOK, told, read_at=now)
    cancel.cancel(SyncRun.objects.get())

    def read(changed_at: datetime) -> State:
        payload = {"id": "7", "number": "7"}
        item = Item(external_id="7", payload=payload, version=changed_at.isoformat())
        accept(job, Door.PULL, [item], read_at=timezone.now())
        deliver.drain(job.pk, time.monotonic() + 30)
        return State(Delivery.objects.get().state)

    assert read(now - timedelta(seconds=10)) == State.IGNORED
    assert warehouse.writes == 0
    assert read(now + timedelta(seconds=60)) == State.DELIVERED
