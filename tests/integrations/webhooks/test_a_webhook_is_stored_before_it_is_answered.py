"""POST /hooks/{address}: verified first, then stored, then answered."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client, RequestFactory
from django.utils import timezone

from integrations.exceptions import Failure
from integrations.models import Connection, InboundEvent, InboundState, RefusedWebhooks
from integrations.webhooks import committer, known_connectors, receive
from integrations.webhooks.envelope import open_envelope

from .conftest import ADDRESS
from .fake import SIGNATURE, FakeConnector

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rung")]


def send(client: Client, *events: dict[str, Any], signature: str = SIGNATURE, **headers: str) -> Any:
    return client.post(
        f"/hooks/{ADDRESS}",
        json.dumps({"events": events}),
        content_type="application/json",
        headers={"X-Signature": signature, **headers},
    )


def test_it_is_stored_encrypted_and_a_worker_is_rung(
    client: Client, shop: Connection, rung: list[tuple[str, int]]
) -> None:
    answer = send(
        client, {"id": "1042", "topic": "orders/paid", "payload": {"email": "customer@example.com"}}
    )

    row = InboundEvent.objects.get()
    stored = str(InboundEvent.objects.values_list("body", flat=True).query)
    assert answer.status_code == 200
    assert (row.connection_id, row.topic, row.resource, row.external_id) == (
        shop.pk,
        "orders/paid",
        "orders",
        "1042",
    )
    assert row.state == InboundState.RECEIVED
    assert open_envelope(row).payload == {"email": "customer@example.com"}
    assert "customer@example.com" not in stored
    assert rung == [("inbox", shop.pk)]


def test_a_bad_signature_is_counted_and_not_stored(client: Client, shop: Connection) -> None:
    answers = [send(client, {"id": "1"}, signature="wrong") for _ in range(2)]

    counted = RefusedWebhooks.objects.get(connection=shop)
    assert [answer.status_code for answer in answers] == [401, 401]
    assert (counted.count, counted.day) == (2, timezone.now().date())
    assert not InboundEvent.objects.exists()


def test_a_connection_that_cannot_verify_has_it_sent_again(
    client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise Failure.config("not_configured", "The address is missing.")

    monkeypatch.setattr("integrations.connectors.registry.connect", refuse)

    assert send(client, {"id": "1"}).status_code == 503
    assert not InboundEvent.objects.exists()


def test_signatures_and_secrets_are_not_among_the_kept_headers(client: Client, shop: Connection) -> None:
    send(
        client,
        {"id": "1"},
        **{
            "X-Shop-Topic": "orders/paid",
            "X-Shop-Hmac-Sha256": "abc",
            "Authorization": "Bearer abc",
            "Cookie": "a=b",
            "X-Forwarded-For": "203.0.113.9",
        },
    )

    kept = InboundEvent.objects.get().headers
    assert kept["X-Shop-Topic"] == "orders/paid"
    assert set(kept) == {"Content-Length", "Content-Type", "X-Shop-Topic"}


def test_an_unknown_address_is_not_there(client: Client, shop: Connection, connector: FakeConnector) -> None:
    assert client.post("/hooks/another", b"{}", content_type="application/json").status_code == 404
    assert connector.verified == []


def test_the_address_answers_a_vendor_that_looks_first(client: Client, shop: Connection) -> None:
    assert client.get(f"/hooks/{ADDRESS}").status_code == 200
    assert client.put(f"/hooks/{ADDRESS}").status_code == 405


def test_too_long_a_body_is_refused_unread(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().post(f"/hooks/{ADDRESS}", b"x" * 21, content_type="application/json")
    monkeypatch.setattr(receive, "BODY_LIMIT", 20)
    monkeypatch.setattr(receive, "_stream", lambda _: pytest.fail("the body was read"))

    assert receive.receive(request, ADDRESS).status_code == 413


def test_never_more_than_the_limit_is_read(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            self.read_bytes += size
            return b"x" * size

    stream = Endless()
    request = RequestFactory().post(f"/hooks/{ADDRESS}", headers={"Transfer-Encoding": "chunked"})
    request.META |= {"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    monkeypatch.setattr(receive, "BODY_LIMIT", 20)

    assert receive.receive(request, ADDRESS).status_code == 413
    assert stream.read_bytes == 21


def test_a_body_in_chunks_is_read_whole(shop: Connection) -> None:
    request = RequestFactory().post(
        f"/hooks/{ADDRESS}", headers={"Transfer-Encoding": "chunked", "X-Signature": SIGNATURE}
    )
    body = io.BytesIO(b'{"events": [{"id": "7"}]}')
    request.META |= {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    assert receive.receive(request, ADDRESS).status_code == 200
    assert InboundEvent.objects.get().external_id == "7"


def test_a_repeat_with_a_stable_delivery_id_is_stored_once(client: Client, shop: Connection) -> None:
    answers = [send(client, {"id": "1", "delivery_id": "d-1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert InboundEvent.objects.count() == 1


def test_without_a_stable_delivery_id_nothing_is_taken_for_a_repeat(client: Client, shop: Connection) -> None:
    for _ in range(2):
        send(client, {"id": "1"})

    assert InboundEvent.objects.count() == 2


def test_long_delivery_ids_that_differ_at_their_end_are_two_events(client: Client, shop: Connection) -> None:
    for end in ("1", "2", "2"):
        send(client, {"id": end, "delivery_id": "k" * 120 + end})

    assert sorted(InboundEvent.objects.values_list("external_id", flat=True)) == ["1", "2"]


def test_one_that_could_not_be_read_keeps_no_mended_one_of_its_id_out(
    client: Client, shop: Connection
) -> None:
    send(client, {"id": "1", "delivery_id": "d-1", "problem": "It is no order."})
    send(client, {"id": "1", "delivery_id": "d-1"})

    states = InboundEvent.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [InboundState.FAILED, InboundState.RECEIVED]


def test_several_events_in_one_call_are_stored_together(client: Client, shop: Connection) -> None:
    send(client, {"id": "1"}, {"id": "2"}, {"id": "3"})

    assert sorted(InboundEvent.objects.values_list("external_id", flat=True)) == ["1", "2", "3"]


def test_a_call_without_events_is_answered_and_not_stored(client: Client, shop: Connection) -> None:
    assert send(client).status_code == 200
    assert not InboundEvent.objects.exists()


def test_the_raw_body_is_kept_where_the_vendor_sent_no_payload(client: Client, shop: Connection) -> None:
    send(client, {"id": "1"})

    assert open_envelope(InboundEvent.objects.get()).raw == '{"events": [{"id": "1"}]}'


def test_what_no_column_takes_is_cut(client: Client, shop: Connection) -> None:
    send(client, {"id": "a\x00b" + "x" * 300, "topic": "t" * 90})

    row = InboundEvent.objects.get()
    assert row.external_id == ("ab" + "x" * 300)[:255]
    assert row.topic == "t" * 80


def test_when_it_cannot_be_stored_the_vendor_is_told_to_send_again(
    client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(committer, "_write", fail)

    assert send(client, {"id": "1"}).status_code == 500
    assert not InboundEvent.objects.exists()


def test_when_only_the_bell_fails_the_event_is_safe_and_answered(
    client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(task: str, subject: int) -> None:
        raise ConnectionError("the queue is away")

    monkeypatch.setattr("integrations.sync.doorbell._send", fail)

    assert send(client, {"id": "1"}).status_code == 200
    assert InboundEvent.objects.count() == 1


def test_requests_that_wait_together_are_committed_together(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first is being committed ten others come: they share one transaction."""
    sizes: list[int] = []
    first_began, others_wait = threading.Event(), threading.Event()
    real = committer._write

    def write(group: list[Any]) -> None:
        sizes.append(len(group))
        if len(sizes) == 1:
            first_began.set()
            assert others_wait.wait(10)
        real(group)

    monkeypatch.setattr(committer, "_write", write)
    storing = [threading.Thread(target=committer.committer.store, args=([_event(shop)],)) for _ in range(11)]
    storing[0].start()
    assert first_began.wait(10)
    for thread in storing[1:]:
        thread.start()
    while len(committer.committer._waiting) < 10:
        threading.Event().wait(0.001)
    others_wait.set()
    for thread in storing:
        thread.join(10)

    assert sizes == [1, 10]
    assert InboundEvent.objects.count() == 11


def test_one_that_waited_too_long_is_told_and_keeps_no_other_waiting(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_began, goes_on = threading.Event(), threading.Event()
    real = committer._write

    def write(group: list[Any]) -> None:
        if not first_began.is_set():
            first_began.set()
            assert goes_on.wait(10)
        real(group)

    monkeypatch.setattr(committer, "_write", write)
    monkeypatch.setattr(committer, "LONGEST_WAIT_SECONDS", 0.05)
    leader = threading.Thread(target=committer.committer.store, args=([_event(shop)],))
    leader.start()
    assert first_began.wait(10)
    with pytest.raises(TimeoutError):
        committer.committer.store([_event(shop)])
    goes_on.set()
    leader.join(10)
    committer.committer.store([_event(shop)])

    assert InboundEvent.objects.count() == 2


def test_a_fault_is_told_to_those_it_concerns_and_the_next_are_stored(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "_write", lambda _: (_ for _ in ()).throw(DatabaseError("full")))
    with pytest.raises(DatabaseError):
        committer.committer.store([_event(shop)])
    monkeypatch.undo()

    committer.committer.store([_event(shop)])

    assert InboundEvent.objects.count() == 1


def test_one_bad_row_harms_no_other_of_its_group(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = committer._Waiting(events=[_event(shop)]), committer._Waiting(events=[_event(shop)])
    bad.events[0].connection_id = shop.pk + 999
    monkeypatch.setattr("django.db.connection.close", lambda: None)

    committer.commit([bad, good])

    assert isinstance(bad.fault, Exception)
    assert good.fault is None
    assert InboundEvent.objects.count() == 1


def test_a_connector_is_built_once_until_its_connection_changes(
    client: Client, shop: Connection, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def build(platform: str, **_: Any) -> FakeConnector:
        built.append(platform)
        return connector

    monkeypatch.setattr("integrations.connectors.registry.connect", build)
    send(client, {"id": "1"})
    send(client, {"id": "2"})
    assert built == ["fake"]

    monkeypatch.setattr(known_connectors, "LOOKED_UP_FOR", 0.0)
    shop.name = "Another name"
    shop.save()
    send(client, {"id": "3"})
    assert built == ["fake", "fake"]


def _event(shop: Connection) -> InboundEvent:
    return InboundEvent(connection=shop, body=b"{}", received_at=timezone.now(), topic="t", resource="orders")
