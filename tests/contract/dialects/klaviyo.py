"""https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00+00:00"
SENT = "Fri, 20 Nov 2026 10:00:05 GMT"
SECRET = "a-secret-of-sixteen-or-more"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def profile(name: str, **attributes: Any) -> dict[str, Any]:
    told = {"email": f"{name.lower()}@example.com", "created": MOMENT, "updated": MOMENT, **attributes}
    links = {"self": f"https://a.klaviyo.com/api/profiles/{name}/"}
    return {"type": "profile", "id": name, "attributes": told, "links": links}


def page(since: bool) -> Any:
    """Klaviyo repeats the whole question in the address of the next page."""

    def answer(asked: Asked) -> Says:
        here = f"http://{asked.headers['host']}{asked.path}"
        # A minute and a second earlier: it compares with "later than", and cuts to seconds.
        assert asked.params.get("filter") == ("greater-than(updated,2026-11-20T08:58:59Z)" if since else None)
        if "page[cursor]" in asked.params:
            return Says({"data": [profile("P3")], "links": {"self": here}})
        asked_with = "&".join(f"{name}={value}" for name, value in asked.params.items())
        after = f"{here}?{asked_with}&page%5Bcursor%5D=bmV4dA"
        return Says({"data": [profile("P1"), profile("P2")], "links": {"self": here, "next": after}})

    return answer


def refused(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Says:
    error = {"id": "1", "status": status, "code": code, "title": "No.", "detail": "No.", **more}
    return Says({"errors": [error]}, status, headers or {})


def signed(raw: bytes, moment: str, secret: str) -> str:
    return hmac.new(secret.encode(), raw + moment.encode(), hashlib.sha256).hexdigest()


def told(topic: str, number: int, person: str) -> dict[str, Any]:
    profile_of = {"data": {"type": "profile", "id": person}}
    event = {"type": "event", "id": f"e{number}", "attributes": {}, "relationships": {"profile": profile_of}}
    return {"topic": topic, "external_id": f"e{number}", "payload": {"data": event}}


RAW = json.dumps(
    {
        "meta": {"timestamp": MOMENT, "klaviyo_webhook_id": "W1", "version": "2026-07-15"},
        "data": [
            told("event:klaviyo.unsubscribed_from_email_marketing", 1, "P1"),
            told("event:klaviyo.opened_email", 2, "P2"),
        ],
    }
).encode()
EVENT = {
    "metric": "Placed Order",
    "unique_id": "A-1042/Placed Order",
    "email": "ada@example.com",
    "time": "2026-11-20T10:00:00Z",
    "value": "12.50",
    "currency": "EUR",
    "properties": {"OrderNumber": "1042", "Items": [{"SKU": "MUG-001", "Quantity": 2}]},
}

DIALECT = Dialect(
    platform="klaviyo",
    contract=lambda: OpenApi.of(SPECS / "klaviyo.json"),
    secrets={"token": "pk_0123456789abcdef0123456789", "webhook_secret": SECRET},
    readings=(
        Reading("profiles", "/api/profiles", page(since=False), ("P1", "P2", "P3")),
        Reading("profiles", "/api/profiles", page(since=True), ("P1", "P2", "P3"), since=SINCE),
    ),
    writings=(
        Writing(
            "profiles",
            "upsert",
            {
                "email": "p1@example.com",
                "first_name": "Ada",
                "phone_number": None,
                "location": {"city": "Ely"},
            },
            {"POST /api/profile-import": Says({"data": profile("P1", first_name="Ada")}, 201)},
            "P1",
        ),
        Writing("events", "upsert", EVENT, {"POST /api/events": Says(None, 202)}, "A-1042/Placed Order"),
    ),
    hooks=(
        Hook(
            "consent",
            {
                "Klaviyo-Signature": signed(RAW, SENT, SECRET),
                "Klaviyo-Timestamp": SENT,
                "Klaviyo-Webhook-Id": "W1",
            },
            RAW,
            SECRET,
            datetime(2026, 11, 20, 10, 0, 6, tzinfo=UTC),
            (("event:klaviyo.unsubscribed_from_email_marketing", "profiles", "P1"),),
            signed_by=("Klaviyo-Signature", "Klaviyo-Timestamp"),
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "not_authenticated"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "permission_denied"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "throttled", {"Retry-After": "8"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=8,
        ),
        Refusal("wrong-question", refused(400, "invalid"), Kind.DATA, "refused"),
        Refusal("down", refused(503, "service_unavailable"), Kind.TRANSIENT, "server_error"),
    ),
)
