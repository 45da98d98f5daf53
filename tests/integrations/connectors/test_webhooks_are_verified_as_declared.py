"""Signatures of many vendors by words alone, and what a verified delivery is about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from integrations.connectors import signatures
from integrations.connectors.base import SignatureRefused, WebhookEvent
from integrations.connectors.rest import RestConnector
from integrations.exceptions import DeclarationError
from integrations.http.guard import Guard
from tests.conftest import NO_REFERENCE, REFERENCE

VECTORS = REFERENCE / "samples" / "signature-vectors.json"
NOW = datetime(2026, 11, 23, 6, 45, tzinfo=UTC)
SECONDS = str(int(NOW.timestamp()))
SECRET = "a shared secret"
BODY = '{"id": "e1", "type": "order.paid", "at": 1795416300, "data": {"id": 42, "note": "café"}}'.encode()

T_V1: dict[str, Any] = {
    "encoding": "hex",
    "signed": "{timestamp}.{body}",
    "separator": ",",
    "part": "v1",
    "timestamp_part": "t",
}
# One line per vendor: everything that tells its signature from others'.
VENDORS: dict[tuple[str, str], dict[str, Any]] = {
    ("shopify", "webhook"): {"encoding": "base64"},
    ("razorpay", "webhook"): {"encoding": "hex"},
    ("easypost", "webhook"): {"prefix": "hmac-sha256-hex=", "key_form": "nfkd"},
    ("standard-webhooks", "BigCommerce and ShipBob use this form"): {
        "encoding": "base64",
        "signed": "{id}.{timestamp}.{body}",
        "id_header": "webhook-id",
        "timestamp_header": "webhook-timestamp",
        "separator": " ",
        "prefix": "v1,",
        "key_form": "base64",
        "secret_prefix": "whsec_",
    },
    ("stripe", "webhook"): T_V1,
    ("shippo", "webhook"): T_V1,
    ("woocommerce", "webhook"): {"encoding": "base64"},
    ("zendesk", "webhook"): {
        "encoding": "base64",
        "signed": "{timestamp}{body}",
        "timestamp_header": "X-Zendesk-Webhook-Signature-Timestamp",
        "timestamp_format": "iso",
    },
    ("xero", "webhook"): {"encoding": "base64"},
    ("quickbooks", "webhook"): {"encoding": "base64"},
    ("shiphero", "webhook"): {"encoding": "base64"},
    ("mollie", "next-gen webhook"): {"prefix": "sha256="},
    ("squarespace", "webhook"): {"key_form": "hex"},
    ("klaviyo", "system webhook"): {
        "signed": "{body}{timestamp}",
        "timestamp_header": "Klaviyo-Timestamp",
        "timestamp_format": "iso",
    },
    ("erpnext", "frappe webhook"): {"encoding": "base64"},
}


def connector(
    signature: dict[str, Any], secret: str = SECRET, topics: dict[str, Any] | None = None, **webhook: Any
) -> RestConnector:
    declaration = {
        "base_url": "https://vendor.example.com",
        "resources": {"orders": {"list": {"path": "/orders"}}, "stock": {"list": {"path": "/stock"}}},
        "webhook": {
            "signature": {"header": "X-Signature", **signature},
            "topics": topics or {"*": {"resource": "orders", "id": "id"}},
            **webhook,
        },
    }
    secrets = {"webhook_secret": secret} if secret else {}
    return RestConnector({"declaration": declaration}, secrets, guard=Guard())


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "utc_now", lambda: NOW)


@cache
def vectors() -> dict[tuple[str, str], dict[str, Any]]:
    found = json.loads(VECTORS.read_text())["vectors"]
    return {(vector["vendor"], vector["name"]): vector for vector in found}


@pytest.mark.skipif(not VECTORS.exists(), reason=NO_REFERENCE)
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor[0])
def test_a_vendors_own_vector(vendor: tuple[str, str]) -> None:
    vector = vectors()[vendor]
    words = {"header": vector["header"], **VENDORS[vendor], "tolerance": 1e12}
    plan = connector(words, vector["secret"])
    headers = {vector["header"]: vector["expected"], words.get("id_header", "X-Id"): vector.get("id", "")}
    if "timestamp_header" in words:
        headers[words["timestamp_header"]] = vector["timestamp"]
    raw = vector["raw_body"].encode()
    assert isinstance(plan.verify_webhook(headers, raw), list)
    with pytest.raises(SignatureRefused):
        plan.verify_webhook(headers, raw + b" ")
    with pytest.raises(SignatureRefused):
        connector(words, "another " + vector["secret"]).verify_webhook(headers, raw)


def signed(algorithm: str = "sha256", message: bytes = BODY) -> hmac.HMAC:
    return hmac.new(SECRET.encode(), message, getattr(hashlib, algorithm))


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_algorithms_and_encodings(algorithm: str, encoding: str) -> None:
    digest = signed(algorithm)
    sent = digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()
    plan = connector({"algorithm": algorithm, "encoding": encoding})
    assert len(plan.verify_webhook({"x-signature": sent}, BODY)) == 1
    with pytest.raises(SignatureRefused):
        plan.verify_webhook({"x-signature": sent[:-2] + "00"}, BODY)


@pytest.mark.parametrize(
    ("entered", "key"),
    [
        ("a &amp; &quot;b&quot; &#039;c&#39; &lt;d&gt; &#x26; &#X3E;", "a & \"b\" 'c' <d> & >"),
        ("&amp;amp; stays half", "&amp; stays half"),
        ("a&b &copy &ltd &eacute; &#233; &AMP;", "a&b &copy &ltd &eacute; &#233; &AMP;"),
    ],
)
def test_a_secret_that_was_written_for_html_has_five_signs_differently(entered: str, key: str) -> None:
    sent = hmac.new(key.encode(), BODY, hashlib.sha256).hexdigest()
    assert connector({"key_form": "html"}, entered).verify_webhook({"X-Signature": sent}, BODY)


def test_a_token_instead_of_a_signature() -> None:
    plan = connector({"algorithm": "plain", "prefix": "Bearer "})
    assert plan.verify_webhook({"X-Signature": f"Bearer {SECRET}"}, BODY)
    with pytest.raises(SignatureRefused):
        plan.verify_webhook({"X-Signature": "Bearer something"}, BODY)


@pytest.mark.parametrize("headers", [{}, {"X-Signature": ""}, {"X-Signature": "é"}, {"X-Other": "abc"}])
def test_without_a_signature_nothing_is_taken(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        connector({}).verify_webhook(headers, BODY)


def test_without_a_secret_nothing_is_taken() -> None:
    """Everybody could sign with an empty secret."""
    sent = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    with pytest.raises(SignatureRefused, match="no webhook secret"):
        connector({}, secret="").verify_webhook({"X-Signature": sent}, BODY)


def test_a_connection_without_webhooks_takes_none() -> None:
    declaration = {"base_url": "https://x.example.com", "resources": {"a": {"list": {"path": "/a"}}}}
    plan = RestConnector({"declaration": declaration}, {}, guard=Guard())
    with pytest.raises(SignatureRefused):
        plan.verify_webhook({}, BODY)


@pytest.mark.parametrize(
    ("offset", "accepted"), [(0, True), (-300, True), (300, True), (-301, False), (301, False)]
)
def test_an_old_delivery_is_refused(offset: int, accepted: bool) -> None:
    stamp = str(int(SECONDS) + offset)
    sent = f"t={stamp},v1={signed(message=stamp.encode() + b'.' + BODY).hexdigest()}"
    plan = connector(T_V1)
    if accepted:
        assert plan.verify_webhook({"X-Signature": sent}, BODY)
    else:
        with pytest.raises(SignatureRefused, match="too far"):
            plan.verify_webhook({"X-Signature": sent}, BODY)


def test_the_time_is_part_of_what_is_signed() -> None:
    sent = f"t={SECONDS},v1={signed(message=b'1.' + BODY).hexdigest()}"
    with pytest.raises(SignatureRefused):
        connector(T_V1).verify_webhook({"X-Signature": sent}, BODY)


@pytest.mark.parametrize("sent", ["v1=abc", "t=,v1=abc", "t=soon,v1=abc", "t=1", ",,,", "t=nan,v1=abc"])
def test_a_header_that_makes_no_sense(sent: str) -> None:
    with pytest.raises(SignatureRefused):
        connector(T_V1).verify_webhook({"X-Signature": sent}, BODY)


def test_while_a_secret_is_changed_either_signature_will_do() -> None:
    good = signed(message=SECONDS.encode() + b"." + BODY).hexdigest()
    sent = f"t={SECONDS},v1=00ff,v0={good},v1={good}"
    assert connector(T_V1).verify_webhook({"X-Signature": sent}, BODY)


def verified(body: Any, headers: dict[str, str] | None = None, **words: Any) -> list[WebhookEvent]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connector({}, **words).verify_webhook(
        {"X-Signature": signed(message=raw).hexdigest(), **(headers or {})}, raw
    )


def test_an_event_can_be_about_two_resources() -> None:
    topics = {"*": {"resource": "orders", "also": ["stock"]}}
    events = verified({"id": 7}, {"X-Id": "d1"}, topics=topics, delivery_id_header="X-Id")
    assert [(event.resource, event.external_id, event.delivery_id) for event in events] == [
        ("orders", "7", "d1"),
        ("stock", "7", None),
    ]
    with pytest.raises(DeclarationError, match="dreams"):
        connector({}, topics={"*": {"resource": "orders", "also": ["dreams"]}})


def test_what_an_event_is_about() -> None:
    topics = {"order.paid": {"resource": "orders", "id": "data.id", "payload": "data"}}
    events = verified(
        BODY, topics=topics, topic="type", delivery_id="id", occurred={"at": "at", "format": "unix"}
    )
    assert events == [
        WebhookEvent(
            "order.paid",
            "orders",
            "42",
            "e1",
            {"id": 42, "note": "café"},
            datetime(2026, 11, 23, 6, 45, tzinfo=UTC),
        )
    ]


def test_topic_and_delivery_id_in_headers() -> None:
    topics = {
        "stock": {"resource": "stock", "id": "data.id", "id_tail": True},
        "*": {"resource": "orders", "id": "data.id"},
    }
    words = {"topics": topics, "topic_header": "X-Topic", "delivery_id_header": "X-Delivery"}
    body = {"data": {"id": "gid://shop/Stock/7"}}
    headers = {"x-topic": "stock", "X-Delivery": "d1"}
    assert verified(body, headers, **words) == [WebhookEvent("stock", "stock", "7", "d1")]
    assert verified(body, {"x-topic": "other"}, **words) == [
        WebhookEvent("other", "orders", "gid://shop/Stock/7")
    ]


def test_a_topic_that_is_not_declared_is_left_out() -> None:
    assert (
        verified({"type": "app.uninstalled", "id": 1}, topics={"a": {"resource": "orders"}}, topic="type")
        == []
    )


def test_an_event_without_the_id_is_left_out() -> None:
    assert verified({"ping": True}) == []


def test_several_events_in_one_delivery_have_no_delivery_id_in_common() -> None:
    body = {"events": [{"id": 1}, {"id": 2}]}
    events = verified(body, {"X-Delivery": "d1"}, events="events", delivery_id_header="X-Delivery")
    assert [(event.external_id, event.delivery_id) for event in events] == [("1", None), ("2", None)]


def test_a_signed_body_that_is_no_json_is_taken_and_holds_nothing() -> None:
    """A ping in another form: refusing it would have some vendors switch the webhook off."""
    assert verified(b"webhook_id=7") == []


def test_what_resources_are_told_by_webhook() -> None:
    able = connector({}, topics={"*": {"resource": "stock"}}).resources()
    assert (able["stock"].webhook, able["orders"].webhook) == (True, False)
