"""A receiver that runs here is told of each event under one id, with a signature of the moment."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from integrations.connectors import webhook_out
from integrations.connectors.base import Call, WriteContext
from integrations.connectors.webhook_out import SignedCalls, WebhookOut
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.guard import Guard
from tests.contract.dialects.webhook_out import AT, DIALECT, ORDER, SECRET, STANDARD, is_signed
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

OTHER = "whsec_" + base64.b64encode(b"another secret of 24 byte and more").decode()
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TAKEN = Says(None, 204)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()


def sender(vendor: Vendor, at: str = "/hook/", **secrets: str) -> WebhookOut:
    return WebhookOut({"base_url": vendor.base + at}, {"webhook_secret": SECRET, **secrets}, guard=LOOPBACK)


def call(connector: WebhookOut, key: str = "0123456789abcdef", **told: Any) -> Call:
    return connector.prepare("orders", WriteContext("upsert", ORDER, **told), 0, key)


def test_the_vector_of_the_schemes_authors(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.fromtimestamp(int(STANDARD["timestamp"]), UTC)
    monkeypatch.setattr(webhook_out, "utc_now", lambda: moment)
    headers = {"webhook-id": STANDARD["id"]}
    signed = SignedCalls([STANDARD["secret"]], "", "")
    assert signed.sign("POST", "https://example.com", headers, STANDARD["raw_body"].encode())
    assert headers["webhook-timestamp"] == STANDARD["timestamp"]
    assert headers["webhook-signature"] == STANDARD["expected"]


def test_every_try_has_the_same_id_and_body_and_a_signature_of_its_own(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.on(AT, [Says(silent=True), TAKEN])
    connector = sender(vendor)
    stored = json.dumps(call(connector).to_json())
    monkeypatch.setattr(webhook_out, "utc_now", lambda: NOW)
    with pytest.raises(Failure) as caught:
        connector.send(Call.from_json(json.loads(stored)))
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.TRANSIENT, "lost_answer", True)
    monkeypatch.setattr(webhook_out, "utc_now", lambda: NOW + timedelta(minutes=5))
    answer = connector.send(Call.from_json(json.loads(stored)))
    assert (answer.external_id, answer.status) == ("A-1042", 204)
    first, second = vendor.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.raw == second.raw
    moments = [asked.headers["webhook-timestamp"] for asked in vendor.asked]
    assert moments == ["1795168800", "1795169100"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert all(is_signed(asked, SECRET) for asked in vendor.asked)
    connector.close()


def test_while_a_secret_is_replaced_either_of_both_fits(vendor: Vendor) -> None:
    vendor.on(AT, TAKEN)
    connector = sender(vendor, webhook_secret=OTHER, webhook_secret_before=SECRET)
    connector.send(call(connector))
    (asked,) = vendor.asked
    assert len(asked.headers["webhook-signature"].split(" ")) == 2
    assert is_signed(asked, OTHER)
    assert is_signed(asked, SECRET)
    assert vendor.problems == []
    connector.close()


def test_what_was_no_signing_secret_before_signs_nothing(vendor: Vendor) -> None:
    vendor.on(AT, TAKEN)
    connector = sender(vendor, webhook_secret_before="short")
    connector.send(call(connector))
    assert vendor.asked[0].headers["webhook-signature"].count("v1,") == 1
    connector.close()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_not base64",
        "whsec_" + base64.b64encode(b"23 bytes are too few...").decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "grüße",
    ],
)
def test_a_secret_that_is_none_is_refused_at_once(secret: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        WebhookOut({"base_url": "https://203.0.113.5/hook"}, {"webhook_secret": secret}, guard=Guard())
    assert caught.value.field == "webhook_secret"


@pytest.mark.parametrize("address", ["https://203.0.113.5/hook?code=abc", "https://203.0.113.5/#hook"])
def test_a_secret_in_the_address_is_asked_for_as_one(address: str) -> None:
    with pytest.raises(DeclarationError, match="Query of the address"):
        WebhookOut({"base_url": address}, {"webhook_secret": SECRET}, guard=Guard())


@pytest.mark.parametrize("at", ["", "/", "/hook", "/hook/", "/a/b%20c/"])
def test_the_address_is_called_as_it_was_entered(vendor: Vendor, at: str) -> None:
    vendor.on(f"POST {at or '/'}", TAKEN)
    connector = sender(vendor, at)
    assert connector.send(call(connector)).status == 204
    assert connector.test().ok
    connector.close()


def test_what_else_the_receiver_wants_to_see_is_sent_and_never_shown(vendor: Vendor) -> None:
    vendor.on(AT, Says({"message": "q-0123456789 and Bearer t-0123456789 are unknown"}, 422))
    connector = sender(vendor, token="Bearer t-0123456789", query="?code=q-0123456789&v=2")
    made = call(connector)
    with pytest.raises(Failure) as caught:
        connector.send(made)
    (asked,) = vendor.asked
    assert asked.headers["authorization"] == "Bearer t-0123456789"
    assert asked.params == {"code": "q-0123456789", "v": "2"}
    shown = json.dumps([made.to_json(), caught.value.sentence, caught.value.evidence])
    for secret in ("0123456789 ", "q-0123456789", "t-0123456789", SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in shown
    assert "are unknown" in caught.value.sentence
    assert asked.headers["webhook-signature"] not in shown
    connector.close()


@pytest.mark.parametrize(
    ("status", "is_wide"), [(401, True), (403, True), (404, True), (410, True), (308, True), (422, False)]
)
def test_what_every_event_would_meet_stops_the_job(vendor: Vendor, status: int, is_wide: bool) -> None:
    vendor.on(AT, Says(None, status, {"Location": "/other"}))
    connector = sender(vendor)
    with pytest.raises(Failure) as caught:
        connector.send(call(connector))
    assert (caught.value.connection_wide, caught.value.in_doubt) == (is_wide, False)
    assert [asked.path for asked in vendor.asked] == ["/hook/"]
    connector.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_receiver_that_fell_over_may_have_taken_it(vendor: Vendor, status: int) -> None:
    vendor.on(AT, Says(None, status))
    connector = sender(vendor)
    with pytest.raises(Failure) as caught:
        connector.send(call(connector))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)
    able = connector.resources()["orders"]
    assert (able.keys, able.key_lifetime) == (True, 259_200)
    connector.close()


PLUS_ONE = timezone(timedelta(hours=1))
READ_AT = 1_795_168_800.25


@pytest.mark.parametrize(
    ("told", "kind", "moment"),
    [
        ({}, "order.created", None),
        ({"read_at": READ_AT}, "order.created", "2026-11-20T10:00:00.250000Z"),
        (
            {"record": {"updated_at": datetime(2026, 11, 20, 9, 0, tzinfo=PLUS_ONE)}, "read_at": READ_AT},
            "order.created",
            "2026-11-20T08:00:00Z",
        ),
        ({"external_id": "A-1042"}, "order.updated", None),
        ({"written": {"status": "open"}}, "order.updated", None),
    ],
)
def test_an_event_says_what_happened_and_when(
    vendor: Vendor, told: dict[str, Any], kind: str, moment: str | None
) -> None:
    body = call(sender(vendor), **told).body
    assert body["type"] == kind
    assert body["data"] == ORDER
    assert body.get("timestamp") == moment


def test_a_record_that_is_gone_is_told_by_its_id(vendor: Vendor) -> None:
    context = WriteContext("delete", {}, "A-1042", read_at=READ_AT)
    made = sender(vendor).prepare("orders", context, 0, "k")
    assert made.body == {
        "type": "order.deleted",
        "timestamp": "2026-11-20T10:00:00.250000Z",
        "data": {"id": "A-1042"},
    }


def test_the_test_button_sends_a_signed_ping(vendor: Vendor) -> None:
    vendor.on(AT, [Says(raw=b"pong"), Says(None, 401)])
    connector = sender(vendor)
    report = connector.test()
    assert (report.ok, [step.what for step in report.steps]) == (True, ["Sending a test event"])
    assert vendor.asked[0].json["type"] == "crossdock.ping"
    assert vendor.problems == []
    report = connector.test()
    assert not report.ok
    assert "signing secret" in report.sentence()
    connector.close()


def test_no_more_events_leave_than_the_connection_says() -> None:
    assert WebhookOut.limit_for({}).calls_per_second == 20
    limit = WebhookOut.limit_for({"calls_per_second": 3})
    assert (limit.calls_per_second, limit.burst, limit.concurrent_calls) == (3, 3, 8)
    settings = {"base_url": "https://203.0.113.5", "calls_per_second": "2"}
    made = WebhookOut(settings, {"webhook_secret": SECRET}, guard=Guard())
    assert made.limit().calls_per_second == 2
    made.close()
    for wrong in (0, -1, "many"):
        with pytest.raises(DeclarationError, match="calls_per_second"):
            WebhookOut.limit_for({"calls_per_second": wrong})
