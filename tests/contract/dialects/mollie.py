"""https://docs.mollie.com/reference/error-handling, https://docs.mollie.com/reference/webhooks-new"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
KEPT = timedelta(days=14)
HAL = "application/hal+json"
DOCUMENTATION = {"href": "https://docs.mollie.com/reference/error-handling", "type": "text/html"}
PAYMENTS, REFUNDS = ("tr_3", "tr_2", "tr_1"), ("re_3", "re_2", "re_1")
Row = dict[str, Any]


def payment(name: str, **more: Any) -> Row:
    """A paid one. Its other times are not later than its creation."""
    told = {**sample("mollie/payment_3.json"), "id": name, **more}
    return {**told, "paidAt": told.get("createdAt")}


def refund(name: str, **more: Any) -> Row:
    return {
        **sample("mollie/refunds.json").get("_embedded", {"refunds": [{}]})["refunds"][0],
        "id": name,
        **more,
    }


def listed(asked: Asked, what: str, *rows: Row, more: str = "") -> Says:
    """A page; `more` is the id that the next one begins with."""
    here = f"http://{asked.headers['host']}{asked.path}"
    links = {
        "self": {"href": here, "type": HAL},
        "previous": None,
        "next": {"href": f"{here}?from={more}&limit=250", "type": HAL} if more else None,
        "documentation": DOCUMENTATION,
    }
    return Says({"count": len(rows), "_embedded": {what: list(rows)}, "_links": links})


def pages(what: str, rows: list[Row], more: str = "") -> Callable[[Asked], Says]:
    """Two of them; `more` is where a third one would begin, for which nobody may ask."""

    def page(asked: Asked) -> Says:
        assert asked.params["limit"] == "250"
        behind = asked.params.get("from")
        if behind is None:
            return listed(asked, what, *rows[:2], more=rows[2]["id"])
        assert behind == rows[2]["id"]
        return listed(asked, what, *rows[2:], more=more)

    return page


def until(
    what: str, made: Callable[..., Row], ids: tuple[str, ...], end: datetime
) -> Callable[[Asked], Says]:
    """The newest first; one that is older than `end` stands on the second page."""
    ages = {
        ids[0]: timedelta(days=2),
        ids[1]: timedelta(days=1),
        ids[2]: timedelta(hours=12),
        f"{ids[2]}_old": timedelta(minutes=-2),
    }
    rows = [made(name, createdAt=(end + age).isoformat()) for name, age in ages.items()]
    return pages(what, rows, more=f"{ids[2]}_older")


def refused(status: int, title: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Says:
    body = {"status": status, "title": title, "detail": detail, **more}
    return Says({**body, "_links": {"documentation": DOCUMENTATION}}, status, headers or {})


TOO_FAST = "You have exceeded the rate limit. Please slow down your requests."
REFUND = {
    "payment_id": "tr_5B8cwPMGnU6qLbRvo7qEZo",
    "amount": {"currency": "EUR", "value": "2.5"},
    "description": "Broken",
    "metadata": {"reference": "1042-R1", "order_number": "1042"},
}
MADE = Says(refund("re_1", description="Broken", metadata=REFUND["metadata"]), 201)


def event(kind: str, about: str, entity: Row | None = None) -> bytes:
    """As Mollie's document shows it; `entity` where the whole thing comes with it."""
    name = "event_GvJ8WHrp5isUdRub9CJyH"
    told = {
        "resource": "event",
        "id": name,
        "type": kind,
        "entityId": about,
        "createdAt": "2026-09-01T10:00:00+00:00",
        "_embedded": {"entity": entity} if entity is not None else None,
        "_links": {
            "self": {"href": f"https://api.mollie.com/v2/events/{name}", "type": HAL},
            "documentation": {"href": "https://docs.mollie.com/guides/webhooks", "type": "text/html"},
        },
    }
    return json.dumps(told).encode()


SECRET = "VpQ3WukU6uSCGQ8TPTD3WPDpac3GyNEj"


def signed(raw: bytes) -> str:
    return hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()


def hooked(name: str, raw: bytes, signature: str, *events: tuple[str, str, str]) -> Hook:
    headers = {"X-Mollie-Signature": signature, "Content-Type": "application/json"}
    return Hook(name, headers, raw, SECRET, SINCE, events, signed_by=("X-Mollie-Signature",))


VECTOR = vector("mollie", "next-gen webhook")
PAID = event("payment.paid", "tr_1")
BACK = event("refund.refunded", "re_1", refund("re_1", paymentId="tr_1"))
BACK_ALONE = event("refund.refunded", "re_1")


def document() -> OpenApi:
    """Mollie's document derives what is asked from what is answered, and so demands a refund's id and links."""
    told = json.loads((SPECS / "mollie.json").read_text())
    schemas = told["components"]["schemas"]
    fields = schemas["entity-refund"]["properties"]
    schemas["refund-request"] = {"type": "object", "required": ["amount"], "properties": fields}
    return OpenApi(told)


DIALECT = Dialect(
    platform="mollie",
    contract=document,
    base="/v2",
    secrets={"token": "test_0123456789abcdef", "webhook_secret": "webhook-secret-0123456789"},
    readings=(
        Reading(
            "payments", "/v2/payments", pages("payments", [payment(name) for name in PAYMENTS]), PAYMENTS
        ),
        Reading(
            "payments", "/v2/payments", until("payments", payment, PAYMENTS, SINCE), PAYMENTS, since=SINCE
        ),
        Reading(
            "payments",
            "/v2/payments",
            until("payments", payment, PAYMENTS, datetime.now(UTC) - KEPT),
            PAYMENTS,
            since=SINCE,
            not_final=True,
        ),
        Reading("refunds", "/v2/refunds", pages("refunds", [refund(name) for name in REFUNDS]), REFUNDS),
        Reading("refunds", "/v2/refunds", until("refunds", refund, REFUNDS, SINCE), REFUNDS, since=SINCE),
        Reading(
            "refunds",
            "/v2/refunds",
            until("refunds", refund, REFUNDS, datetime.now(UTC) - KEPT),
            REFUNDS,
            since=SINCE,
            not_final=True,
        ),
    ),
    writings=(
        Writing(
            "refunds",
            "create",
            REFUND,
            {"POST /v2/payments/tr_5B8cwPMGnU6qLbRvo7qEZo/refunds": MADE},
            "re_1",
        ),
    ),
    hooks=(
        Hook(
            "as-documented",
            {"X-Mollie-Signature": VECTOR.get("expected", ""), "Content-Type": "application/json"},
            VECTOR.get("raw_body", "").encode(),
            VECTOR.get("secret", ""),
            SINCE,
            (),
            signed_by=("X-Mollie-Signature",),
        ),
        hooked("paid", PAID, f"sha256={signed(PAID)}", ("payment.paid", "payments", "tr_1")),
        hooked("without-prefix", PAID, signed(PAID), ("payment.paid", "payments", "tr_1")),
        # While a secret is changed: one signature by each.
        hooked(
            "two-signatures",
            PAID,
            f"sha256={'0' * 64}, sha256={signed(PAID)}",
            ("payment.paid", "payments", "tr_1"),
        ),
        hooked(
            "refunded",
            BACK,
            f"sha256={signed(BACK)}",
            ("refund.refunded", "refunds", "re_1"),
            ("refund.refunded", "payments", "tr_1"),
        ),
        hooked(
            "refunded-without-the-refund",
            BACK_ALONE,
            f"sha256={signed(BACK_ALONE)}",
            ("refund.refunded", "refunds", "re_1"),
        ),
    ),
    refusals=(
        Refusal(
            "wrong-key",
            refused(401, "Unauthorized Request", "Missing authentication, or failed to authenticate"),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal(
            "no-right", refused(403, "Forbidden", "The access token lacks a scope"), Kind.CONFIG, "forbidden"
        ),
        Refusal("too-fast", refused(429, "Too Many Requests", TOO_FAST), Kind.TRANSIENT, "rate_limited"),
        Refusal(
            "too-fast-with-a-wait",
            refused(429, "Too Many Requests", TOO_FAST, {"Retry-After": "4"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=4,
        ),
        Refusal(
            "wrong-place",
            refused(400, "Bad Request", "Invalid cursor value", field="from"),
            Kind.DATA,
            "refused",
        ),
        Refusal(
            "down",
            refused(503, "Service Unavailable", "The platform is undergoing maintenance"),
            Kind.TRANSIENT,
            "server_error",
        ),
    ),
)
