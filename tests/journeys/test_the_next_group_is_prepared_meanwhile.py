"""While calls are on their way the next records are prepared; a lost lease stops all of its batch."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from integrations.models import Batch, SyncJob
from integrations.sync import deliver, gather, hand
from integrations.sync.answers import Answers
from integrations.sync.claim import LeaseLost
from integrations.sync.send import Sender

from .world import ORDERS, World

PATIENCE = 10.0


@pytest.fixture
def five_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five orders, each in a group of its own, sent one after the other."""
    monkeypatch.setattr(hand, "GROUP", 1)
    SyncJob.objects.filter(key=ORDERS).update(concurrent_calls=1)
    for number in range(1001, 1006):
        world.place(str(number))
    world.read(ORDERS)
    return world


def test_the_second_group_is_gathered_before_the_first_has_come_back(
    five_groups: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered, call = threading.Semaphore(0), Sender._call
    overlapped: list[bool] = []

    def noting(*arguments: Any) -> Any:
        gathered.release()
        return gather.gather(*arguments)

    def waiting(self: Sender, sendings: Any) -> Any:
        if not overlapped:
            overlapped.append(all(gathered.acquire(timeout=PATIENCE) for _ in range(2)))
        return call(self, sendings)

    monkeypatch.setattr(deliver, "gather", noting)
    monkeypatch.setattr(Sender, "_call", waiting)
    deliver.drain(five_groups.job(ORDERS).pk, time.monotonic() + 20)
    assert overlapped == [True]
    assert len(five_groups.warehouse_orders()) == 5


def test_what_waits_does_not_leave_once_its_lease_is_lost(
    five_groups: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, call = threading.Event(), Sender._call
    sent: list[int] = []

    def losing(self: Answers, lease: Any, results: Any, **how: Any) -> Any:
        Batch.objects.filter(pk=lease.batch.pk).update(lease_token="another")
        lost.set()
        raise LeaseLost

    def waiting(self: Sender, sendings: Any) -> Any:
        """The second leaves when the first is about to be written down, and its batch found to be lost."""
        sent.append(1)
        if len(sent) > 1:
            lost.wait(PATIENCE)
        return call(self, sendings)

    monkeypatch.setattr(hand, "COMMIT_EVERY", 0.0)
    monkeypatch.setattr(Answers, "write_down", losing)
    monkeypatch.setattr(Sender, "_call", waiting)
    deliver.drain(five_groups.job(ORDERS).pk, time.monotonic() + 20)
    assert len(sent) <= 2
    assert Batch.objects.get(settled_at__isnull=True).lease_token == "another"
