"""Stored events are given to every job that reads what they are about, in order, and are marked."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from integrations.connectors.base import WebhookEvent
from integrations.exceptions import Failure
from integrations.models import (
    Batch,
    Connection,
    Delivery,
    Door,
    InboundEvent,
    InboundState,
    JobState,
    PayloadShape,
    Priority,
    SyncJob,
    Way,
)
from integrations.sync import accept as accepting
from integrations.webhooks import envelope, process
from integrations.webhooks.process import MOST_ATTEMPTS, TakenByAnother, process_inbox, replay
from mappings.payload_shape import ENOUGH, LEARNED

from .conftest import make_job
from .fake import FakeConnector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rung")]


def receive(shop: Connection, external_id: str = "1", resource: str = "orders", **more: Any) -> InboundEvent:
    told = {name: more.pop(name, None) for name in ("payload", "occurred")}
    event = WebhookEvent("topic", resource, external_id, **told)
    return InboundEvent.objects.create(
        connection=shop,
        topic="topic",
        resource=resource,
        external_id=external_id,
        body=envelope.seal(event, b"{}"),
        received_at=more.pop("received_at", timezone.now()),
        **more,
    )


def soon() -> float:
    return time.monotonic() + 5


def parcels(job: SyncJob) -> list[dict[str, Any]]:
    return [parcel for batch in Batch.objects.filter(job=job).order_by("pk") for parcel in batch.payloads]


def test_an_event_becomes_a_record_that_goes_first(shop: Connection, orders: SyncJob) -> None:
    event = receive(shop, "1042")

    assert process_inbox(shop.pk, soon()) == 1

    event.refresh_from_db()
    batch = Batch.objects.get(job=orders)
    assert (batch.priority, batch.run.door) == (Priority.FRESH, Door.WEBHOOK)
    assert event.state == InboundState.PROCESSED
    assert event.processed_at is not None
    assert Delivery.objects.filter(job=orders).count() == 1


def test_what_can_be_fetched_is_fetched_whatever_the_event_says(shop: Connection, orders: SyncJob) -> None:
    receive(shop, "1042", payload={"id": "1042", "status": "old news"})

    process_inbox(shop.pk, soon())

    (parcel,) = parcels(orders)
    assert (parcel["external_id"], parcel["partial"]) == ("1042", True)
    assert not parcel.get("payload")


def test_what_cannot_be_fetched_is_taken_from_the_event(
    shop: Connection, orders: SyncJob, connector: FakeConnector
) -> None:
    connector.fetches = False
    moment = timezone.now()
    receive(shop, "1042", payload={"id": "1042"}, occurred=moment)

    process_inbox(shop.pk, soon())

    (parcel,) = parcels(orders)
    assert parcel["payload"] == {"id": "1042"}
    assert parcel["version"] == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert not parcel.get("partial")


def test_payloads_of_events_that_change_are_noticed(
    shop: Connection, orders: SyncJob, connector: FakeConnector
) -> None:
    connector.fetches = False
    for number in range(LEARNED + ENOUGH):
        total = "12.50" if number < LEARNED else 12.5
        receive(shop, str(number), payload={"id": str(number), "total": total})
        process_inbox(shop.pk, soon())
    shape = PayloadShape.objects.get(connection=shop, resource="orders")
    assert shape.way == Way.TOLD
    assert [change.sentence for change in shape.read().breaks] == ["total was text, and is a number now."]


def test_several_events_about_one_thing_become_one_record(shop: Connection, orders: SyncJob) -> None:
    first, second, other = receive(shop, "1"), receive(shop, "1"), receive(shop, "2")

    assert process_inbox(shop.pk, soon()) == 3

    assert [parcel["external_id"] for parcel in parcels(orders)] == ["1", "2"]
    sentences = [InboundEvent.objects.get(pk=event.pk).sentence for event in (first, second, other)]
    assert sentences == ["A later event about the same thing spoke for it.", "", ""]


def test_every_job_that_reads_it_gets_it(shop: Connection, warehouse: Connection, orders: SyncJob) -> None:
    also = make_job("orders-too", shop, warehouse, "orders")
    make_job("stock", shop, warehouse, "stock")
    receive(shop, "1")

    process_inbox(shop.pk, soon())

    assert sorted(Batch.objects.values_list("job_id", flat=True)) == sorted([orders.pk, also.pk])


def test_a_paused_job_keeps_it_for_later(shop: Connection, orders: SyncJob) -> None:
    SyncJob.objects.filter(pk=orders.pk).update(state=JobState.PAUSED)
    receive(shop, "1")

    process_inbox(shop.pk, soon())

    assert Delivery.objects.filter(job=orders).count() == 1


def test_a_draft_takes_nothing_in(shop: Connection, orders: SyncJob) -> None:
    SyncJob.objects.filter(pk=orders.pk).update(state=JobState.DRAFT)
    event = receive(shop, "1")

    process_inbox(shop.pk, soon())

    event.refresh_from_db()
    assert event.sentence == "No job reads orders from here."
    assert not Delivery.objects.exists()


def test_an_event_that_no_job_reads_says_so(shop: Connection) -> None:
    event = receive(shop, "1", resource="customers")

    assert process_inbox(shop.pk, soon()) == 1

    event.refresh_from_db()
    assert (event.state, event.sentence) == (InboundState.PROCESSED, "No job reads customers from here.")


def test_events_of_another_connection_stay(shop: Connection, warehouse: Connection, orders: SyncJob) -> None:
    event = receive(warehouse, "1")

    assert process_inbox(shop.pk, soon()) == 0

    event.refresh_from_db()
    assert (event.state, event.attempts) == (InboundState.RECEIVED, 0)


def test_a_bad_event_harms_no_other_and_is_failed_in_the_end(
    shop: Connection, orders: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = receive(shop, "bad"), receive(shop, "good")
    real = process._item

    def item(connector: Any, event: InboundEvent) -> Any:
        if event.external_id == "bad":
            raise ValueError("cannot be read")
        return real(connector, event)

    monkeypatch.setattr(process, "_item", item)

    tries = [process_inbox(shop.pk, soon()) for _ in range(MOST_ATTEMPTS + 1)]

    bad.refresh_from_db()
    good.refresh_from_db()
    assert tries == [1, 0, 0, 0, 0, 0]
    assert good.state == InboundState.PROCESSED
    assert (bad.state, bad.attempts) == (InboundState.FAILED, MOST_ATTEMPTS)
    assert bad.sentence.startswith("It could not be processed in 5 tries")
    assert [parcel["external_id"] for parcel in parcels(orders)] == ["good"]


def test_an_event_that_kills_its_worker_is_tried_alone_and_then_failed(
    shop: Connection, orders: SyncJob
) -> None:
    """The attempt is written at claim: a worker that dies writes nothing more."""
    killer = receive(shop, "killer")
    neighbour = receive(shop, "neighbour")
    for _ in range(MOST_ATTEMPTS):
        claimed = process._claim(shop.pk, set())
        died_with = {event.pk for event in claimed}

    assert died_with == {killer.pk}
    assert process_inbox(shop.pk, soon()) == 1
    killer.refresh_from_db()
    neighbour.refresh_from_db()
    assert (killer.state, neighbour.state) == (InboundState.FAILED, InboundState.PROCESSED)


def test_events_that_another_worker_took_are_not_given_twice(
    shop: Connection, orders: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = receive(shop, "1")
    real = accepting.accept

    def accept(*args: Any, **more: Any) -> Any:
        InboundEvent.objects.filter(pk=event.pk).update(state=InboundState.PROCESSED)
        return real(*args, **more)

    monkeypatch.setattr("integrations.webhooks.process.accept", accept)

    assert process_inbox(shop.pk, soon()) == 0
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "trouble", [OperationalError("canceling statement due to lock timeout"), TakenByAnother()]
)
def test_no_event_is_failed_for_what_it_has_no_part_in(
    shop: Connection, orders: SyncJob, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    event = receive(shop, "1")

    def accept(*_: Any, **__: Any) -> None:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr("integrations.webhooks.process.accept", accept)
        assert [process_inbox(shop.pk, soon()) for _ in range(2 * MOST_ATTEMPTS)] == [0] * 2 * MOST_ATTEMPTS

    assert process_inbox(shop.pk, soon()) == 1
    event.refresh_from_db()
    assert event.state == InboundState.PROCESSED


def test_a_bell_for_a_connection_that_is_gone_does_nothing(shop: Connection) -> None:
    assert process_inbox(shop.pk + 999, soon()) == 0


def test_events_wait_while_the_connection_makes_no_sense(
    shop: Connection, orders: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise Failure.config("not_configured", "The address is missing.")

    event = receive(shop, "1")
    monkeypatch.setattr("integrations.connectors.registry.connect", refuse)

    assert process_inbox(shop.pk, soon()) == 0

    event.refresh_from_db()
    assert (event.state, event.attempts) == (InboundState.RECEIVED, 0)


def test_after_the_deadline_the_rest_is_rung_for(
    shop: Connection, orders: SyncJob, rung: list[tuple[str, int]], django_capture_on_commit_callbacks: Any
) -> None:
    receive(shop, "1")

    with django_capture_on_commit_callbacks(execute=True):
        assert process_inbox(shop.pk, time.monotonic() - 1) == 0

    assert rung == [("inbox", shop.pk)]


def test_a_replay_is_as_if_it_had_just_arrived(shop: Connection, orders: SyncJob) -> None:
    event = receive(shop, "1", state=InboundState.FAILED, attempts=5, sentence="It failed.")

    replay(event)

    assert process_inbox(shop.pk, soon()) == 1
    event.refresh_from_db()
    assert (event.state, event.sentence, event.attempts) == (InboundState.PROCESSED, "", 1)


def test_the_record_counts_from_when_the_event_came(
    shop: Connection, orders: SyncJob, connector: FakeConnector
) -> None:
    connector.fetches = False
    came = timezone.now() - timedelta(minutes=10)
    receive(shop, "1", payload={"id": "1"}, received_at=came)

    process_inbox(shop.pk, soon())

    assert parcels(orders)[0]["read_at"] == pytest.approx(came.timestamp(), abs=0.001)
