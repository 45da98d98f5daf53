"""A worker that falls at the worst moment: the work is taken up again, or a person is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Batch, JobState, SyncRun
from integrations.sync import deliver, pull, steer
from integrations.sync.claim import LOST_ALONE, LOST_BEFORE_SPLIT
from integrations.sync.send import Sender
from tests.journeys.world import ORDERS, World


class Killed(BaseException):
    """What stands for SIGKILL: nobody catches it, and nothing is given back."""


def kill(*_: Any, **__: Any) -> Any:
    raise Killed


def falls_until_settled(world: World) -> int:
    """How many workers fall, one after the other, until nothing is left to be delivered."""
    falls = 0
    while Batch.objects.filter(settled_at__isnull=True).exists():
        try:
            deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
        except Killed:
            falls += 1
        assert falls < 9, "it kills one worker after the other"
        Batch.objects.update(lease_until=timezone.now())
    return falls


def test_a_record_that_kills_its_worker_while_it_is_sent_is_given_to_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    monkeypatch.setattr(Sender, "take_in", kill)
    assert falls_until_settled(world) == 1 + LOST_ALONE
    assert [error.code for error in world.open_errors()] == ["worker_died"]
    assert list(world.states().values()) == ["failed"]


def test_its_neighbours_are_not_blamed_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("1001", "1002", "1003"):
        world.place(number)
    world.read(ORDERS)
    send = deliver.Carrier._send

    def kill_at_one(self: deliver.Carrier, lease: Any, sendings: Any) -> None:
        if any(sending.leaving.subject == "Order #1002" for sending in sendings):
            raise Killed
        send(self, lease, sendings)

    monkeypatch.setattr(deliver.Carrier, "_send", kill_at_one)
    assert falls_until_settled(world) == LOST_BEFORE_SPLIT + LOST_ALONE
    assert [(error.code, error.subject) for error in world.open_errors()] == [
        ("worker_died", "Order 7300001002")
    ]
    assert world.states() == {
        "Order #1001": "delivered",
        "Order 7300001002": "failed",
        "Order #1003": "delivered",
    }


def test_an_older_version_that_arrives_answers_nothing_about_the_newest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    with monkeypatch.context() as falling:
        falling.setattr(Sender, "take_in", kill)
        with pytest.raises(Killed):
            deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    older = Batch.objects.get()
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 2}]})
    world.read(ORDERS)
    # The newest is given up while the write of the one before it is still open.
    Batch.objects.exclude(pk=older.pk).update(attempts=9)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    assert [error.code for error in world.open_errors()] == ["worker_died"]
    Batch.objects.update(lease_until=timezone.now())
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 1
    assert [error.code for error in world.open_errors()] == ["worker_died"]
    assert list(world.states().values()) == ["failed"]


def test_the_run_ends_also_if_the_reader_falls_right_after_the_last_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    job = world.job(ORDERS)
    assert steer.run_now(job) is not None
    with monkeypatch.context() as falling:
        falling.setattr(pull, "_note", kill)
        with pytest.raises(Killed):
            pull.pull(job.pk, time.monotonic() + 5)
    world.deliver(ORDERS)
    assert list(SyncRun.objects.filter(job=job).values_list("state", flat=True)) == ["finished"]


def test_a_reader_that_our_own_code_fails_stops_the_job_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise KeyError("unforeseen")

    monkeypatch.setattr(pull._Reading, "_read", fail)
    job = world.job(ORDERS)
    assert steer.run_now(job) is not None
    assert pull.pull(job.pk, time.monotonic() + 5) is False
    (error,) = world.open_errors()
    assert (error.kind, error.place) == ("bug", "read")
    job.refresh_from_db()
    assert job.state == JobState.HALTED
