"""An order that one warehouse refuses is made in another, once, and all that comes of it later follows it there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.configuration.apply import apply
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.state import load
from integrations.connectors.base import Item
from integrations.models import (
    Batch,
    Delivery,
    Door,
    ErrorRecord,
    Intent,
    IntentState,
    JobState,
    Outcome,
    State,
    SyncJob,
)
from integrations.sync import deliver, hand_over, rerun, steer
from integrations.sync.accept import accept
from integrations.sync.case import Case, Ending
from integrations.sync.claim import LeaseLost
from integrations.sync.falling_back import FallingBack
from integrations.sync.parcels import Parcel
from integrations.sync.selection import NotPossible, by_ids
from integrations.webhooks.process import _jobs_reading
from tests.integrations.answering import Asked, Platform, Says

from .between import JOB, PATIENCE, WRITES, Between, Depot, order

SECOND, THIRD = "orders-to-second", "orders-to-third"
LISTED = {"list": {"path": "/orders"}, "updated_at": {"at": "changed"}}
ERRORS = [{"kind": "data", "status": 422, "code": "= code", "field": "= field", "sentence": "= message"}]
TO_SECOND = {"when": "out_of_stock", "then": "hand_over", "to": SECOND}


@pytest.fixture
def second() -> Iterator[Depot]:
    platform = Platform()
    yield Depot(platform)
    platform.close()


@pytest.fixture
def third() -> Iterator[Depot]:
    platform = Platform()
    yield Depot(platform)
    platform.close()


def configure(between: Between, *others: tuple[str, Depot, list[dict[str, Any]]], **words: Any) -> None:
    between.configure(
        LISTED | words.pop("reads", {}),
        {"errors": ERRORS} | words.pop("writes", {}),
        job={"every_seconds": 0},
    )
    data: dict[str, Any] = {"connections": {}, "jobs": {}}
    for key, depot, fallbacks in others:
        declaration = {
            "base_url": depot.platform.base,
            "resources": {"orders": {**WRITES, "errors": ERRORS, **words.get("second", {})}},
        }
        data["connections"][f"at-{key}"] = {
            "name": f"At {key}",
            "platform": "rest",
            "settings": {"declaration": declaration},
        }
        data["jobs"][key] = {
            "name": f"Job {key}",
            "source": "shop",
            "source_resource": "orders",
            "destination": f"at-{key}",
            "destination_resource": "orders",
            "read_mapping": "read",
            "write_mapping": "write",
            "every_seconds": 0,
            "concurrent_calls": 1,
            "takes_handed_over": True,
            "fallbacks": fallbacks,
        }
    data["jobs"][JOB] = {"fallbacks": words.get("fallbacks", [TO_SECOND])}
    text = json.dumps(data)
    apply(plan(text, {}))


def job(key: str) -> SyncJob:
    related = ("source", "destination", "read_mapping", "write_mapping")
    return SyncJob.objects.select_related(*related).get(key=key)


def carry(between: Between, *keys: str) -> None:
    between.carry()
    settle(*(keys or (SECOND,)))


def settle(*keys: str) -> None:
    ends = time.monotonic() + PATIENCE
    while Batch.objects.filter(job__key__in=keys, settled_at__isnull=True).exists():
        for key in keys:
            deliver.drain(job(key).pk, time.monotonic() + 5)
        assert time.monotonic() < ends
        time.sleep(0.01)


def shop_has(between: Between, *orders: dict[str, Any]) -> None:
    between.shop.on("GET /orders", Says(list(orders)))


def has_none(depot: Depot, code: str = "out_of_stock") -> list[Any]:
    asked_for: list[Any] = []

    def answer(asked: Asked) -> Says:
        asked_for.append(asked.json)
        return Says({"code": code, "field": "", "message": "Nothing is left."}, 422)

    depot.platform.on("POST /orders", answer)
    return asked_for


def states(key: str) -> list[str]:
    return list(Delivery.objects.filter(job__key=key).order_by("pk").values_list("state", flat=True))


def test_what_is_out_of_stock_here_is_made_there_once_and_told(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    asked_for = has_none(between.depot)
    carry(between)
    carry(between)
    assert (len(asked_for), second.told) == (1, [("create", "A1", "open")])
    assert (states(JOB), states(SECOND)) == ([State.HANDED_OVER], [State.DELIVERED])
    assert not ErrorRecord.objects.exists()
    note = Outcome.objects.get(state=State.HANDED_OVER).note
    assert note == f"When The depot says out of stock, it is handed over to Job {SECOND}."
    things = set(Delivery.objects.values_list("thing_id", flat=True))
    assert len(things) == 1, "one order, two Deliveries"
    assert plan(as_yaml(load()), {}).changes == []


def test_later_versions_and_cancellations_follow_it_for_good(between: Between, second: Depot) -> None:
    """Also once the fallback is taken out, and this warehouse would take it again: it would be there twice."""
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    carry(between)
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    SyncJob.objects.filter(key=JOB).update(fallbacks=[])
    for state in ("changed", "cancelled"):
        shop_has(between, order(1, state))
        carry(between)
    assert between.depot.told == []
    assert [told[0::2] for told in second.told] == [
        ("create", "open"),
        ("update", "changed"),
        ("update", "cancelled"),
    ]
    assert states(JOB) == [State.HANDED_OVER]


def test_what_may_have_arrived_is_never_handed_over(between: Between, second: Depot) -> None:
    every = [TO_SECOND, {"when": "temporary", "then": "skip", "note": "x"}]
    every.append({"when": "refused", "then": "hand_over", "to": SECOND})
    configure(between, (SECOND, second, []), fallbacks=every, writes={"natural_key": "", "lookup": None})
    shop_has(between, order(1))
    between.depot.platform.on("POST /orders", Says({"code": "out_of_stock"}, 500))
    carry(between)
    (error,) = between.errors()
    assert (error.place, second.told, states(SECOND)) == ("in_doubt", [], [])


def test_a_lost_answer_that_turns_out_to_have_arrived_is_no_hand_over(
    between: Between, second: Depot
) -> None:
    """The first call was taken and its answer lost; it is found there, and its refused repeat is no reason."""
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))

    def lost(asked: Asked) -> Says:
        between.depot.create(asked.json)
        between.depot.platform.on("POST /orders", Says({"code": "out_of_stock", "message": "None."}, 422))
        return Says({}, 500)

    between.depot.platform.on("POST /orders", lost)
    carry(between)
    assert (len(between.depot.told), second.told) == (1, [])
    assert states(JOB) == [State.DELIVERED]


def test_a_refused_repeat_of_what_may_have_arrived_is_no_hand_over(between: Between, second: Depot) -> None:
    """Its first answer was lost. That the repeat is refused says nothing of the first: a person is asked."""
    create = {"path": "/orders", "key": {"header": "Idempotency-Key", "lifetime": 86400}}
    configure(between, (SECOND, second, []), writes={"create": create, "natural_key": "", "lookup": None})
    shop_has(between, order(1))

    def lost(asked: Asked) -> Says:
        between.depot.create(asked.json)
        between.depot.platform.on("POST /orders", Says({"code": "out_of_stock", "message": "None."}, 422))
        return Says({}, 500)

    between.depot.platform.on("POST /orders", lost)
    carry(between)
    assert (second.told, states(SECOND), states(JOB)) == ([], [], [State.FAILED])


def test_what_is_there_is_not_made_elsewhere_as_well(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    carry(between)
    refused = Says({"code": "out_of_stock", "message": "No more."}, 422)
    between.depot.platform.on("PUT /orders/1", refused)
    shop_has(between, order(1, "changed"))
    carry(between)
    assert (states(JOB), states(SECOND), second.told) == ([State.FAILED], [], [])


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


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": JobState.PAUSED}, "does not run at present"),
        ({"takes_handed_over": False}, "does not take over"),
        ({"key": "renamed"}, f"there is no job “{SECOND}” any more"),
    ],
)
def test_where_the_other_job_cannot_take_it_a_person_is_asked_and_told_why(
    between: Between, second: Depot, values: dict[str, Any], words: str
) -> None:
    configure(between, (SECOND, second, []))
    SyncJob.objects.filter(key=SECOND).update(**values)
    shop_has(between, order(1))
    has_none(between.depot)
    between.carry()
    (error,) = between.errors()
    assert words in error.sentence
    assert (states(JOB), second.told) == ([State.FAILED], [])


def test_what_was_handed_to_a_job_that_is_gone_is_not_made_here(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    carry(between)
    Delivery.objects.filter(job__key=SECOND).delete()
    SyncJob.objects.get(key=SECOND).delete()
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    shop_has(between, order(1, "changed"))
    between.carry()
    (error,) = between.errors()
    assert (error.code, between.depot.told) == ("job_gone", [])


def test_it_goes_on_to_a_third_and_never_in_a_circle(between: Between, second: Depot, third: Depot) -> None:
    further = [{**TO_SECOND, "to": THIRD}]
    configure(between, (THIRD, third, []), (SECOND, second, further))
    back = [{"when": "out_of_stock", "then": "hand_over", "to": SECOND}]
    shop_has(between, order(1))
    for depot in (between.depot, second, third):
        has_none(depot)
    SyncJob.objects.filter(key=THIRD).update(fallbacks=back)
    carry(between, SECOND, THIRD)
    (error,) = between.errors()
    assert (error.job and error.job.key, states(JOB), states(SECOND)) == (
        THIRD,
        [State.HANDED_OVER],
        [State.HANDED_OVER],
    )
    assert "it came from there" in error.sentence


def test_a_job_that_takes_what_is_handed_over_reads_nothing(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    other = job(SECOND)
    assert steer.run_now(other) is None
    assert [row.key for row in _jobs_reading(other.source_id, "orders")] == [JOB]
    with pytest.raises(NotPossible, match="takes only what others hand over"):
        rerun.begin(other, by_ids(["1"]))
    carry(between)
    assert (between.states(), states(SECOND)) == ({"Order #A1": "delivered"}, [])


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
