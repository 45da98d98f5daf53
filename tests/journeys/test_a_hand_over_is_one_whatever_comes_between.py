"""A worker falls, two hold the same, a newer version comes, a job goes: an order is handed over once, or not at all."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import (
    Batch,
    Delivery,
    Door,
    ErrorRecord,
    Intent,
    IntentState,
    JobState,
    State,
    SyncJob,
)
from integrations.sync import deliver, hand_over
from integrations.sync.accept import accept
from integrations.sync.case import Case, Ending
from integrations.sync.claim import LeaseLost
from integrations.sync.falling_back import FallingBack
from integrations.sync.parcels import Parcel
from tests.integrations.answering import Asked, Says

from .between import JOB, PATIENCE, Between, Depot, order
from .handing_over import (
    SECOND,
    carry,
    configure,
    has_none,
    job,
    second,
    settle,
    shop_has,
    states,
)

__all__ = ["second"]


class Fell(BaseException):
    """As a kill: nobody catches it."""


@pytest.mark.parametrize("where", ["_look_once_more", "record"])
def test_a_worker_that_falls_between_the_two_writes_leaves_neither(
    between: Between, second: Depot, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    asked_for = has_none(between.depot)
    whole = getattr(hand_over, where)

    def falls(*arguments: Any) -> Any:
        if where == "record":
            whole(*arguments)
        raise Fell

    monkeypatch.setattr(hand_over, where, falls)
    with pytest.raises(Fell):
        between.carry()
    assert (states(SECOND), Delivery.objects.filter(handed_to__isnull=False).count()) == ([], 0)
    assert Batch.objects.filter(job__key=JOB, settled_at__isnull=True).count() == 1
    monkeypatch.setattr(hand_over, where, whole)
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Intent.objects.filter(settled_at__isnull=True).update(lease_holder="gone:1:1")
    deadline = time.monotonic() + PATIENCE
    while states(JOB) != [State.HANDED_OVER] and states(JOB) != [State.FAILED]:
        deliver.drain(job(JOB).pk, time.monotonic() + 5)
        assert time.monotonic() < deadline
    settle(SECOND)
    in_all = len(second.told) + ErrorRecord.objects.filter(settled_at__isnull=True).count()
    assert in_all == 1, "made there once, or a person is asked: never lost, never twice"
    assert len(between.depot.told) == 0
    assert len(asked_for) >= 1


def test_of_two_workers_with_one_batch_only_the_holder_hands_over(
    between: Between, second: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    whole = hand_over._hand_over
    lost: list[Any] = []

    def taken_meanwhile(a_job: Any, lease: Any, *arguments: Any) -> None:
        if not lost:
            Batch.objects.filter(pk=lease.batch.pk).update(lease_token="another", lease_until=timezone.now())
            try:
                whole(a_job, lease, *arguments)
            except LeaseLost:
                lost.append((states(SECOND), Delivery.objects.filter(handed_to__isnull=False).count()))
                raise
        whole(a_job, lease, *arguments)

    monkeypatch.setattr(hand_over, "_hand_over", taken_meanwhile)
    between.carry()
    settle(SECOND)
    assert lost == [([], 0)], "the one that lost its lease stored nothing"
    assert len(second.told) + len(between.errors()) == 1


def test_a_newer_version_that_came_meanwhile_goes_its_own_way_and_is_made_once(
    between: Between, second: Depot
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    read = job(JOB)

    def refuses(asked: Asked) -> Says:
        if asked.json["state"] == "open":
            accept(
                read,
                Door.WEBHOOK,
                [Item(external_id="1", payload=order(1, "newer"))],
                read_at=timezone.now(),
            )
        return Says({"code": "out_of_stock", "message": "None."}, 422)

    between.depot.platform.on("POST /orders", refuses)
    carry(between)
    assert [told[0::2] for told in second.told] == [("create", "newer")]
    assert states(JOB) == [State.HANDED_OVER]


def test_nothing_is_handed_over_while_another_write_of_it_is_open(between: Between, second: Depot) -> None:
    configure(
        between,
        (SECOND, second, []),
        fallbacks=[{"when": "missing_field", "then": "hand_over", "to": SECOND}],
    )
    shop_has(between, {**order(1), "number": None})
    read = job(JOB)
    accept(
        read,
        Door.WEBHOOK,
        [Item(external_id="1", payload={**order(1), "number": None})],
        read_at=timezone.now(),
    )
    row = Delivery.objects.get()
    intent = Intent.objects.create(
        delivery=row,
        destination=read.destination,
        resource="orders",
        thing=row.thing,
        operation="create",
        state=IntentState.OPEN,
        idempotency_key="k-1",
        created_at=timezone.now(),
    )
    cases = Case(0, Parcel("1"), row)
    row.refresh_from_db()
    ending = Ending(State.HANDED_OVER, to=job(SECOND))
    with pytest.raises(hand_over.NotHanded) as refused:
        hand_over._look_once_more(read, cases, ending)
    assert refused.value.instead.state == State.QUEUED
    intent.delete()
    hand_over._look_once_more(read, cases, ending)
    row.accepted_serial += 1
    row.save()
    with pytest.raises(hand_over.NotHanded) as superseded:
        hand_over._look_once_more(read, cases, ending)
    assert superseded.value.instead.state == State.SUPERSEDED


def test_the_other_job_is_asked_for_once_a_drain(
    between: Between, second: Depot, django_assert_max_num_queries: Any
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, *(order(number) for number in range(1, 9)))
    has_none(between.depot)
    carry(between)
    falling_back = FallingBack(job(JOB))
    cases = [
        Case(place, Parcel("1", serial=9), row)
        for place, row in enumerate(Delivery.objects.filter(job__key=JOB))
    ]
    with django_assert_max_num_queries(1):
        for case in cases:
            falling_back.follow(case)
    assert {case.ending.state for case in cases if case.ending} == {State.HANDED_OVER}


def test_a_job_that_goes_while_a_worker_knows_it_is_noticed(
    between: Between, second: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there when this drain asked for it, and is gone when the change is handed to it."""
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    carry(between)
    known = job(SECOND)
    monkeypatch.setattr(FallingBack, "_taker", lambda *_: known)
    Delivery.objects.filter(job__key=SECOND).delete()
    SyncJob.objects.get(key=SECOND).delete()
    shop_has(between, order(1, "changed"))
    between.carry()
    (error,) = between.errors()
    assert (error.code, between.depot.told, states(JOB)) == ("job_gone", [], [State.FAILED])


def test_a_job_that_is_paused_while_a_worker_knows_it_takes_nothing_new(
    between: Between, second: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    known = job(SECOND)
    monkeypatch.setattr(FallingBack, "others", {SECOND: known})
    SyncJob.objects.filter(key=SECOND).update(state=JobState.PAUSED)
    between.carry()
    (error,) = between.errors()
    assert "does not run at present" in error.sentence
    assert (states(JOB), states(SECOND)) == ([State.FAILED], [])
