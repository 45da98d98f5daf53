"""Google says 2xx to everything. What it would drop, or count on a wrong day, is refused here by its field; and the
secret that it wants in the address is seen by nobody else."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.connectors import ga4
from integrations.connectors.base import Call, WriteContext
from integrations.connectors.ga4 import GoogleAnalytics
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.guard import Guard
from integrations.http.redact import RedactingFilter
from tests.contract.dialects.ga4 import CHECK, COLLECT, DIALECT, LATELY, PURCHASE, REFUND, TAKEN, WELL
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

SECRET = DIALECT.secrets["token"]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    made.on(COLLECT, TAKEN)
    yield made
    made.close()


def google(vendor: Vendor, **settings: Any) -> GoogleAnalytics:
    told = {"base_url": vendor.base, **DIALECT.settings, **settings}
    return GoogleAnalytics(told, DIALECT.secrets, guard=LOOPBACK)


def prepared(connector: GoogleAnalytics, resource: str = "purchases", **told: Any) -> Call:
    body = {**(PURCHASE if resource == "purchases" else REFUND), **told}
    return connector.prepare(resource, WriteContext("create", body), 0, "")


def test_a_purchase_as_google_wants_it(vendor: Vendor) -> None:
    connector = google(vendor)
    answer = connector.send(prepared(connector))
    (asked,) = vendor.asked
    assert asked.params == {"measurement_id": "G-ABC123DEF4", "api_secret": SECRET}
    sent = asked.json
    assert sent.pop("timestamp_micros") == int(LATELY.timestamp()) * 1_000_000
    assert re.fullmatch(r"[1-9]\d*\.[1-9]\d*", sent.pop("client_id"))
    assert sent == {
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [
            {
                "name": "purchase",
                "params": {
                    "transaction_id": "A-1042",
                    "currency": "EUR",
                    "value": 25,
                    "tax": 5.7,
                    "shipping": 5.95,
                    "items": [
                        {"item_id": "MUG-001", "item_name": "Mug", "price": 10, "quantity": 2},
                        {"item_name": "Gift 🎁", "price": 5, "quantity": 1},
                    ],
                },
            }
        ],
    }
    assert (answer.external_id, answer.status) == ("A-1042", 204)
    connector.close()


def test_whatever_stands_in_the_answer_says_nothing(vendor: Vendor) -> None:
    vendor.on(COLLECT, Says(raw=b"GIF89a", headers={"Content-Type": "image/gif"}))
    connector = google(vendor)
    assert connector.send(prepared(connector)).status == 200
    connector.close()


def test_a_lost_answer_of_a_purchase_is_harmless_and_one_of_a_refund_is_not(vendor: Vendor) -> None:
    connector = google(vendor)
    assert prepared(connector).is_repeatable
    assert not prepared(connector, "refunds").is_repeatable
    connector.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Whatever the HTTP library says, as the portal's own handler lets it through."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("urllib3")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield written
    logger.setLevel(level)
    logger.removeHandler(handler)


def shown(failure: Failure) -> list[str]:
    """All that is kept of it; its traceback, with the library's own errors, goes to the log."""
    logging.getLogger("urllib3").warning("It went wrong.", exc_info=failure)
    return [failure.sentence, json.dumps(failure.evidence), json.dumps(Failure.bug(failure).evidence)]


def test_the_secret_is_seen_by_google_alone(vendor: Vendor, log: io.StringIO) -> None:
    connector = google(vendor, check_events=True)
    made = prepared(connector)
    seen = [json.dumps(made.to_json())]
    vendor.on(CHECK, WELL)
    for says in (Says({"message": f"api_secret={SECRET} {SECRET}"}, 400), Says(silent=True)):
        vendor.on(COLLECT, says)
        with pytest.raises(Failure) as caught:
            connector.send(made)
        seen += shown(caught.value)
    vendor.on(CHECK, Says({"validationMessages": [{"description": SECRET}]}))
    with pytest.raises(Failure) as caught:
        connector.send(made)
    seen += [*shown(caught.value), connector.test().sentence()]
    connector.close()
    assert len(vendor.asked) == 6
    assert all(asked.params["api_secret"] == SECRET for asked in vendor.asked)
    assert "/mp/collect?" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert all(SECRET not in text for text in seen)


def test_an_address_that_cannot_be_reached_does_not_tell_the_secret(log: io.StringIO) -> None:
    """The library's own error holds the whole address."""
    connector = GoogleAnalytics(
        {"base_url": "https://203.0.113.5", **DIALECT.settings}, DIALECT.secrets, guard=Guard(ports=())
    )
    with pytest.raises(Failure) as caught:
        connector.send(prepared(connector))
    assert caught.value.connection_wide
    assert all(SECRET not in text for text in shown(caught.value))
    assert "url: /mp/collect?" in log.getvalue()
    assert SECRET not in log.getvalue()
    connector.close()


@pytest.mark.parametrize(
    ("hours", "code"), [(71.9, ""), (72.1, "too_old"), (2_000, "too_old"), (-0.1, ""), (-1.0, "not_yet")]
)
def test_what_is_too_old_is_refused_when_it_leaves(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, hours: float, code: str
) -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    monkeypatch.setattr(ga4, "utc_now", lambda: now)
    connector = google(vendor)
    made = prepared(connector, occurred_at=(now - timedelta(hours=hours)).isoformat())
    if not code:
        assert connector.send(made).status == 204
    else:
        with pytest.raises(Failure) as caught:
            connector.send(made)
        failure = caught.value
        assert (failure.kind, failure.code, failure.field) == (Kind.DATA, code, "occurred_at")
        assert not failure.in_doubt
        assert vendor.asked == []
    connector.close()


LINE = {"item_id": "MUG-001", "quantity": "1", "amount": "1.00", "tax": "0.10"}
DROPPED: list[tuple[str, dict[str, Any], str]] = [
    ("purchases", {"transaction_id": ""}, "transaction_id"),
    ("purchases", {"transaction_id": "x" * 101}, "transaction_id"),
    ("purchases", {"currency": ""}, "currency"),
    ("purchases", {"currency": "EURO"}, "currency"),
    ("purchases", {"occurred_at": "yesterday"}, "occurred_at"),
    ("purchases", {"occurred_at": "2026-11-20T10:00:00"}, "occurred_at"),
    ("purchases", {"items": []}, "items"),
    ("purchases", {"items": [LINE] * 201}, "items"),
    ("purchases", {"items": [LINE, {**LINE, "item_id": None}]}, "items.1.item_id"),
    ("purchases", {"items": [{**LINE, "item_id": "x" * 101}]}, "items.0.item_id"),
    ("purchases", {"items": [{**LINE, "amount": None}]}, "items.0.price"),
    ("purchases", {"items": [{**LINE, "tax": None}]}, "items.0.tax"),
    ("purchases", {"items": [{**LINE, "quantity": "many"}]}, "items.0.quantity"),
    ("purchases", {"tax": "NaN"}, "tax"),
    ("purchases", {"client_id": "buyer@example.com"}, "client_id"),
    ("purchases", {"params": {"_name": 1}}, "params._name"),
    ("purchases", {"params": {"x" * 41: 1}}, f"params.{'x' * 41}"),
    ("purchases", {"params": {"channel": "x" * 101}}, "params.channel"),
    ("purchases", {"params": {f"p{number}": number for number in range(20)}}, "params"),
    ("purchases", {"params": {"rows": ["x" * 100] * 1_400}}, "items"),
    ("refunds", {"value": None}, "value"),
    ("refunds", {"value": "-1"}, "value"),
    ("refunds", {"currency": None}, "currency"),
]


@pytest.mark.parametrize(("resource", "told", "field"), DROPPED)
def test_what_google_would_drop_is_refused_by_its_field(
    vendor: Vendor, resource: str, told: dict[str, Any], field: str
) -> None:
    connector = google(vendor)
    with pytest.raises(Failure) as caught:
        prepared(connector, resource, **told)
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, field)
    connector.close()


def test_a_total_is_needed_where_it_is_the_value(vendor: Vendor) -> None:
    connector = google(vendor, purchase_value="total")
    assert prepared(connector).body["events"][0]["params"]["value"] == 35.7
    assert prepared(connector, items=[]).body["events"][0]["params"]["items"] == []
    with pytest.raises(Failure, match="missing") as caught:
        prepared(connector, total=None)
    assert caught.value.field == "total"
    connector.close()


def test_up_to_25_parameters_are_taken(vendor: Vendor) -> None:
    connector = google(vendor)
    own = {f"p{number}": number for number in range(19)}
    params = prepared(connector, params=own).body["events"][0]["params"]
    assert len(params) == 25
    assert params["p18"] == 18
    connector.close()


def test_an_order_and_its_refund_are_of_one_client_and_no_person(vendor: Vendor) -> None:
    connector = google(vendor)
    clients = [
        made.body["client_id"]
        for made in (
            prepared(connector),
            prepared(connector, "refunds"),
            prepared(connector, transaction_id="A-1043"),
            prepared(google(vendor, measurement_id="G-OTHER12345")),
        )
    ]
    assert clients[0] == clients[1]
    assert len(set(clients)) == 3
    assert prepared(connector, client_id="709808103.1671720316").body["client_id"] == "709808103.1671720316"
    connector.close()


@pytest.mark.parametrize(
    ("consent", "word"), [("granted", "GRANTED"), ("denied", "DENIED"), ("as_online", "")]
)
def test_who_may_use_it_for_advertising_is_said(vendor: Vendor, consent: str, word: str) -> None:
    connector = google(vendor, consent=consent)
    told = prepared(connector).body.get("consent")
    assert told == ({"ad_user_data": word, "ad_personalization": word} if word else None)
    connector.close()


MESSAGE = {
    "fieldPath": "events[0].params",
    "description": "Item param [price] has unsupported type.",
    "validationCode": "VALUE_INVALID",
}


def test_google_is_asked_first_where_the_connection_says_so(vendor: Vendor) -> None:
    vendor.on(CHECK, [WELL, Says({"validationMessages": [MESSAGE]})])
    connector = google(vendor, check_events=True)
    made = prepared(connector)
    assert connector.send(made).status == 204
    first, second = vendor.asked
    assert (first.path, second.path) == ("/debug/mp/collect", "/mp/collect")
    assert first.json == {**second.json, "validation_behavior": "ENFORCE_RECOMMENDATIONS"}
    with pytest.raises(Failure) as caught:
        connector.send(made)
    failure = caught.value
    assert (failure.kind, failure.field, failure.in_doubt) == (Kind.DATA, "events[0].params", False)
    assert "unsupported type" in failure.sentence
    assert [asked.path for asked in vendor.asked[2:]] == ["/debug/mp/collect"]
    connector.close()


def test_the_test_button_checks_an_example_and_says_what_it_cannot_know(vendor: Vendor) -> None:
    vendor.on(CHECK, [WELL, Says({"validationMessages": [MESSAGE]})])
    connector = google(vendor)
    report = connector.test()
    assert report.ok
    assert "secret" in report.steps[0].sentence
    assert not connector.test().ok
    assert {asked.path for asked in vendor.asked} == {"/debug/mp/collect"}
    connector.close()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("measurement_id", "1234567890"),
        ("measurement_id", "g-abc123"),
        ("purchase_value", "gross"),
        ("consent", "yes"),
    ],
)
def test_settings_that_google_would_not_know_are_refused(field: str, value: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        GoogleAnalytics({**DIALECT.settings, field: value}, DIALECT.secrets, guard=Guard())
    assert caught.value.field == field


def test_what_a_purchase_is_worth_must_be_said() -> None:
    with pytest.raises(DeclarationError, match="Value of a purchase"):
        GoogleAnalytics({"measurement_id": "G-ABC123DEF4"}, DIALECT.secrets, guard=Guard())
