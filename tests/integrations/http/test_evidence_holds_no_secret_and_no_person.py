"""What is kept of a failed call, and what a log line may hold."""

from __future__ import annotations

import io
import json
import logging

import pytest

from integrations.exceptions import Failure
from integrations.http import auth
from integrations.http.client import HttpClient, Request
from integrations.http.redact import ANYTHING, RedactingFilter, Redactor
from tests.integrations.answering import LOOPBACK, Platform, Says

TOKEN = "tok-2f9c0d1e8a/with+signs"
ORDER = {
    "reference": "1042",
    "email": "kaethe@example.com",
    "total": "12.50",
    "ship_to": {
        "name": "Käthe Groß",
        "line1": "Lindenstraße 12",
        "postal_code": "",
        "country": "DE",
        "phone": None,
    },
    "customer": {"id": 7, "nickname": "Kät", "notes": "rings twice"},
    "items": [{"sku": "MUG-001", "name": "Mug no 1", "quantity": 2}],
    "note": "Please call +49 151 2345 6789",
}


def evidence_of(platform: Platform, says: Says, **more: object) -> dict[str, object]:
    platform.on("/orders", says)
    client = HttpClient(platform.base, auth.bearer(TOKEN), guard=LOOPBACK)
    request = Request(
        "POST", "/orders", body=ORDER, writes=True, headers={"X-Api-Key": "abcdefgh", "X-Shop": "one"}
    )
    request.params = [("email", "kaethe@example.com"), ("page", "2"), ("token", "abcdefgh")]
    with pytest.raises(Failure) as caught:
        client.check(client.send(request), **more)  # type: ignore[arg-type]
    return caught.value.evidence


def test_no_personal_value_and_no_secret_is_in_the_evidence(platform: Platform) -> None:
    says = Says(
        {"message": f"{TOKEN}: no address for kaethe@example.com, +49 151 2345 6789", "order": ORDER}, 422
    )
    text = json.dumps(evidence_of(platform, says), ensure_ascii=False)
    for secret in (TOKEN, "abcdefgh", "kaethe", "Käthe", "Groß", "Linden", "151 2345", "Kät", "rings twice"):
        assert secret not in text


def test_what_an_integrator_needs_is_in_the_evidence(platform: Platform) -> None:
    says = Says(
        {"errors": [{"code": "required", "field": "ship_to.postal_code"}]}, 422, {"X-Request-Id": "r-1"}
    )
    shown = evidence_of(platform, says)
    request, response = shown["request"], shown["response"]
    assert isinstance(request, dict)
    assert isinstance(response, dict)
    assert request["url"] == f"{platform.base}/orders?email=[email]&page=2&token=[hidden]"
    assert request["headers"] == {"X-Api-Key": "[hidden]", "X-Shop": "one"}
    assert request["body"]["ship_to"] == {
        "name": "[personal]",
        "line1": "[address]",
        "postal_code": "",
        "country": "DE",
        "phone": None,
    }
    assert request["body"]["items"] == [{"sku": "MUG-001", "name": "Mug no 1", "quantity": 2}]
    assert (request["body"]["reference"], request["body"]["total"]) == ("1042", "12.50")
    assert response["body"] == {"errors": [{"code": "required", "field": "ship_to.postal_code"}]}
    assert (response["status"], response["headers"]["x-request-id"]) == (422, "r-1")


def test_what_the_platform_says_is_in_the_sentence_without_the_person(platform: Platform) -> None:
    platform.on("/orders", Says({}, 422))
    client = HttpClient(platform.base, auth.bearer(TOKEN), guard=LOOPBACK, name="The warehouse")
    with pytest.raises(Failure) as caught:
        client.check(client.send(Request("GET", "/orders")), f"kaethe@example.com is unknown to {TOKEN}")
    assert caught.value.sentence == (
        "The warehouse does not accept it. It says: “[email] is unknown to [hidden]”. "
        "Correct the value at its source or in the mapping, then retry."
    )


def test_a_secret_is_hidden_in_its_quoted_form_too() -> None:
    assert Redactor([TOKEN]).text("GET /x?k=tok-2f9c0d1e8a%2Fwith%2Bsigns") == "GET /x?k=[hidden]"


def test_a_short_secret_does_not_hide_every_other_word() -> None:
    assert Redactor(["a", ""]).text("an order") == "an order"


def test_dates_and_order_numbers_are_no_telephone_numbers() -> None:
    text = "Order 7300001001 of 2026-11-23 06:45:00+01:00 has 12.50"
    assert Redactor().text(text) == text


def test_very_deep_and_long_bodies_are_cut() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = {"in": deep}
    shown = Redactor().value({"deep": deep, "list": list(range(1000)), "text": "x" * 10_000})
    assert len(json.dumps(shown)) < 4_000
    assert shown["list"][-1] == "[950 more]"


def test_a_log_line_holds_neither(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    log = logging.getLogger("tests.redaction")
    log.addHandler(handler)
    try:
        log.error("sent %s to %s", "Authorization: Bearer abcdefghijk", "kaethe@example.com")
        log.warning("Unauthorized: /hooks/pKhnQTjX-_abcdefghijk")
        try:
            raise ValueError("kaethe@example.com has api_key=abcdefghijk")
        except ValueError:
            log.exception("it failed")
    finally:
        log.removeHandler(handler)
    text = stream.getvalue()
    assert "kaethe" not in text
    assert "abcdefghijk" not in text
    assert "ValueError" in text
    assert "sent Authorization: Bearer [hidden] to [email]" in text


@pytest.mark.parametrize(
    ("path", "value", "is_of_person", "shown"),
    [
        ("ship_to.street1", "Ring 1", False, "[address]"),
        ("addresses[0].second", "Ring 1", False, "[personal]"),
        ("shipping_address.country", "DE", False, "DE"),
        ("lines[0].name", "Mug", False, "Mug"),
        ("remark", "Write to ann@example.com", False, "Write to [email]"),
        ("credentials.of", "me", False, "[hidden]"),
        ("name", "Ann", True, "[personal]"),
        ("email", "", True, ""),
    ],
)
def test_one_value_is_hidden_by_its_path(path: str, value: str, is_of_person: bool, shown: str) -> None:
    assert ANYTHING.at(path, value, is_of_person) == shown
