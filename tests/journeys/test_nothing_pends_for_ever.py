"""A record that is pending too long asks for a person, and what a person gives up is not sent after all."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Batch, Delivery, ErrorRecord, Outcome, RunState, SyncRun
from integrations.sync import cancel, deliver, endings, hand, overdue, retry, steer
from integrations.sync.deliver import Carrier

from .world import ORDERS, World


def due_now() -> None:
    """As if the pause before the next try were over."""
    for batch in Batch.objects.filter(settled_at__isnull=True):
        batch.remaining = dict.fromkeys(batch.remaining or (), 0.0)
        batch.not_before = None
        batch.save(update_fields=["remaining", "not_before"])


@pytest.fixture
def held_up(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The warehouse cannot take the order now, and the order's deadline is over."""
    monkeypatch.setattr(endings, "FIRST_PAUSE", 30.0)
    world.place()
    world.read(ORDERS)
    world.sandbox.fault("warehouse", "error_before", method="POST", path="/orders$", status=503)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 10)
    due_now()
    assert world.states() == {"Order #1001": "retrying"}
    Delivery.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    return world


def test_what_is_pending_past_its_deadline_is_told_once_and_still_tried(held_up: World) -> None:
    assert overdue.tell_overdue() == 1
    assert overdue.tell_overdue() == 0
    (error,) = held_up.open_errors()
    assert error.sentence.startswith("Order #1001 has not reached The warehouse in 24 hours.")
    assert held_up.states() == {"Order #1001": "retrying"}
    held_up.sandbox.control("DELETE", "/faults")
    held_up.deliver(ORDERS)
    assert held_up.open_errors() == []
    assert len(held_up.warehouse_orders()) == 1


def test_what_is_not_pending_has_no_deadline(world: World) -> None:
    world.place()
    world.carry(ORDERS)
    Delivery.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    assert overdue.tell_overdue() == 0


def test_an_overdue_record_that_a_person_ignores_is_not_sent(held_up: World) -> None:
    overdue.tell_overdue()
    retry.ignore(ErrorRecord.objects.all(), "Sold over the counter.", None)
    held_up.sandbox.control("DELETE", "/faults")
    held_up.deliver(ORDERS)
    assert held_up.warehouse_orders() == []
    assert held_up.states() == {"Order #1001": "ignored"}
    assert held_up.open_errors() == []
    assert overdue.tell_overdue() == 0


def run_of(world: World) -> SyncRun:
    return SyncRun.objects.get(job__key=ORDERS, finished_at__isnull=True)


def test_a_cancelled_run_sends_nothing_more_and_says_so_at_each_record(world: World) -> None:
    world.place("1001")
    world.place("1002")
    world.read(ORDERS)
    run = run_of(world)
    assert cancel.cancel(run, by="kim") == 2
    assert cancel.cancel(run, by="kim") == 0
    world.deliver(ORDERS)
    world.carry(ORDERS)
    assert world.warehouse_orders() == []
    assert world.states() == {"Order #1001": "ignored", "Order #1002": "ignored"}
    assert set(Delivery.objects.values_list("state_reason", flat=True)) == {"The run was cancelled by kim."}
    assert list(Outcome.objects.values_list("state", flat=True)) == ["ignored", "ignored"]
    world.sandbox.control("POST", "/shop/orders/1001/touch")
    steer.run_now(world.job(ORDERS), full=True)
    world.carry(ORDERS)
    assert len(world.warehouse_orders()) == 2, "a full run takes them up again"


def test_a_write_that_has_left_is_settled_before_its_run_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    run = run_of(world)
    world.sandbox.fault("warehouse", "error_after", method="POST", path="/orders$", count=1)
    monkeypatch.setattr(endings, "FIRST_PAUSE", 30.0)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 10)
    assert world.states() == {"Order #1001": "retrying"}
    assert cancel.cancel(run) == 0
    due_now()
    world.deliver(ORDERS)
    assert world.states() == {"Order #1001": "delivered"}
    assert len(world.warehouse_orders()) == 1


@pytest.fixture
def five_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(hand, "GROUP", 1)
    for number in range(1001, 1006):
        world.place(str(number))
    world.read(ORDERS)
    return world


def after_the_first_group(monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """Calls `act` while the worker has the batch in hand, its first group delivered."""
    deliver_group = Carrier._deliver_group
    done: list[int] = []

    def then_act(self: Carrier, *args: object) -> None:
        deliver_group(self, *args)  # type: ignore[arg-type]  # passed on as they came
        if not done:
            done.append(1)
            while self.sender.outstanding:
                self._take_in()
            act()  # type: ignore[operator]  # a function without arguments

    monkeypatch.setattr(Carrier, "_deliver_group", then_act)


def test_a_worker_drops_the_rest_of_a_run_that_is_cancelled_meanwhile(
    five_groups: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(five_groups)
    after_the_first_group(monkeypatch, lambda: cancel.cancel(run))
    five_groups.deliver(ORDERS)
    assert len(five_groups.warehouse_orders()) == 1
    assert sorted(five_groups.states().values()) == ["delivered", *["ignored"] * 4]
    assert SyncRun.objects.get(pk=run.pk).state == RunState.CANCELLED


def test_a_worker_stops_before_its_next_group_when_the_job_is_paused(
    five_groups: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = five_groups.job(ORDERS)
    after_the_first_group(monkeypatch, lambda: steer.pause(job))
    deliver.drain(job.pk, time.monotonic() + 10)
    assert len(five_groups.warehouse_orders()) == 1
    assert Batch.objects.get(settled_at__isnull=True).lease_token == ""
    steer.resume(job)
    five_groups.deliver(ORDERS)
    assert len(five_groups.warehouse_orders()) == 5
