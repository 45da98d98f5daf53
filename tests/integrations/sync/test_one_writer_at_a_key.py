"""What keeps two workers apart: the key of a repeated write, the lease of a batch, the lock of a key."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Batch, Delivery, Intent, State, SyncJob
from integrations.sync import deliver, intents
from integrations.sync.send import Sender
from tests.journeys.world import ORDERS, World


def another_writer(world: World) -> Intent:
    """The same order is on its way in another worker's hands, whose lease has not run out."""
    job, row = world.job(ORDERS), Delivery.objects.get(job__key=ORDERS)
    own = Batch.objects.get(job=job)
    now = timezone.now()
    lease = {"lease_token": "another", "lease_until": now + timedelta(seconds=60)}
    batch = Batch.objects.create(job=job, run=own.run, size=1, created_at=now, **lease)
    return Intent.objects.create(
        delivery=row,
        destination=job.destination,
        resource=job.destination_resource,
        thing=row.thing,
        operation="create",
        idempotency_key="of the other",
        batch=batch,
        lease_token="another",
        created_at=now,
    )


def drain_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "LONGEST_REST", 0.0)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)


def test_a_write_is_sent_again_under_the_key_it_had(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    call = Sender._call

    def noting(self: Sender, part: Any) -> Any:
        keys.append(part[0].call.key)
        return call(self, part)

    monkeypatch.setattr(Sender, "_call", noting)
    world.sandbox.fault("warehouse", "error_after", method="POST", path="^/orders$", count=1)
    world.place()
    world.carry(ORDERS)
    first, second = keys
    assert first == second != ""


def test_a_worker_that_lost_its_lease_writes_nothing_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in = Sender.take_in

    def overtaken(self: Sender, patience: float) -> Any:
        found = take_in(self, patience)
        later = timezone.now() + timedelta(seconds=60)
        for lease, _, _ in found:
            Batch.objects.filter(pk=lease.batch.pk).update(lease_token="another", lease_until=later)
        return found

    monkeypatch.setattr(Sender, "take_in", overtaken)
    world.place()
    world.read(ORDERS)
    drain_once(world, monkeypatch)
    assert Delivery.objects.get(job__key=ORDERS).state == "queued"
    assert Intent.objects.filter(settled_at__isnull=True).count() == 1
    assert Batch.objects.filter(settled_at__isnull=True, lease_token="another").count() == 1


def test_nothing_leaves_while_another_worker_writes_the_same_thing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    theirs = another_writer(world)
    drain_once(world, monkeypatch)
    assert world.warehouse_orders() == []
    assert Intent.objects.get().lease_token == theirs.lease_token


def test_nothing_leaves_when_another_worker_was_quicker_to_lock_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = intents.lock

    def quicker(*arguments: Any) -> Any:
        another_writer(world)
        return lock(*arguments)

    monkeypatch.setattr(intents, "lock", quicker)
    world.place()
    world.read(ORDERS)
    drain_once(world, monkeypatch)
    assert world.warehouse_orders() == []
    assert [intent.idempotency_key for intent in Intent.objects.all()] == ["of the other"]


def test_another_jobs_write_of_the_same_thing_is_left_to_that_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    theirs = another_writer(world)
    other = SyncJob.objects.create(
        key="also-orders",
        name="Also orders",
        kind="order",
        **{
            name: getattr(world.job(ORDERS), name)
            for name in (
                "source",
                "source_resource",
                "destination",
                "destination_resource",
                "read_mapping",
                "write_mapping",
            )
        },
    )
    now = timezone.now()
    delivery = Delivery.objects.create(
        job=other, thing=theirs.thing, state=State.QUEUED, state_since=now, accepted_at=now
    )
    # Its worker is gone: whoever meets the write of its own Delivery may take it over.
    assert theirs.batch is not None
    Batch.objects.filter(pk=theirs.batch.pk).update(lease_until=now - timedelta(seconds=60))
    Intent.objects.filter(pk=theirs.pk).update(delivery=delivery)
    drain_once(world, monkeypatch)
    assert Intent.objects.get().lease_token == "another"
    assert Delivery.objects.get(job__key=ORDERS).state == State.QUEUED
    assert world.warehouse_orders() == []
