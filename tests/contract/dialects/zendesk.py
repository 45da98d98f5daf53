"""https://developer.zendesk.com/api-reference/introduction/requests/"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.samples import vector
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00Z"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GONE = 500
SHOW_MANY = "/api/v2/users/show_many"
SECRET = "signing-secret-0123456789"
NUMBER, TEXT = {"type": "integer"}, {"type": "string"}
# The published document has lost its shared parameters. The guides name these:
# https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
EXPORT = {"start_time": NUMBER, "cursor": TEXT, "per_page": NUMBER}
LOST = {
    "/api/v2/incremental/tickets/cursor": EXPORT,
    "/api/v2/incremental/users/cursor": EXPORT,
    SHOW_MANY: {"ids": TEXT},
}


def contract() -> OpenApi:
    document = json.loads((SPECS / "zendesk-support.json").read_text())
    for path, names in LOST.items():
        named = [{"name": name, "in": "query", "schema": schema} for name, schema in names.items()]
        document["paths"][path]["get"].setdefault("parameters", []).extend(named)
    return OpenApi(document)


def ticket(number: int, **more: Any) -> dict[str, Any]:
    told = {"id": number, "subject": "Where is it?", "status": "open", "requester_id": 500 + number % 2}
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, **more}


def user(number: int, **more: Any) -> dict[str, Any]:
    told = {"id": number, "name": "Ada", "email": f"{number}@example.com", "role": "end-user", "active": True}
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, **more}


def export(kind: str, make: Any, start: str) -> Any:
    """The first page by the time, the second by the cursor alone."""

    def page(asked: Asked) -> Says:
        assert asked.params["per_page"] == "500"
        if asked.params.get("cursor") == "bmV4dA":
            assert "start_time" not in asked.params
            return Says(
                {kind: [make(9), make(11)], "after_cursor": "ZW5k", "after_url": "x", "end_of_stream": True}
            )
        assert asked.params["start_time"] == start
        return Says(
            {kind: [make(7), make(9)], "after_cursor": "bmV4dA", "after_url": "x", "end_of_stream": False}
        )

    return page


def requesters(asked: Asked) -> Says | None:
    """One of them is gone."""
    if asked.path != SHOW_MANY:
        return None
    ids = [int(one) for one in asked.params["ids"].split(",")]
    return Says({"users": [user(one) for one in ids if one != GONE]})


def refused(status: int, error: Any, headers: dict[str, str] | None = None, **more: Any) -> Says:
    return Says({"error": error, "description": "No.", **more}, status, headers or {})


def signed(raw: bytes, moment: str, secret: str) -> str:
    return base64.b64encode(
        hmac.new(secret.encode(), moment.encode() + raw, hashlib.sha256).digest()
    ).decode()


def event(kind: str, what: str, number: str) -> bytes:
    told = {
        "type": f"zen:event-type:{kind}.{what}",
        "account_id": 12514403,
        "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
        "time": MOMENT,
        "zendesk_event_version": "2022-06-20",
        "subject": f"zen:{kind}:{number}",
        "detail": {"id": number, "updated_at": MOMENT},
        "event": {"current": "SOLVED", "previous": "OPEN"},
    }
    return json.dumps(told).encode()


def hook(name: str, raw: bytes, moment: str, secret: str, events: tuple[tuple[str, str, str], ...]) -> Hook:
    return Hook(
        name,
        {
            "X-Zendesk-Webhook-Signature": signed(raw, moment, secret),
            "X-Zendesk-Webhook-Signature-Timestamp": moment,
        },
        raw,
        secret,
        datetime.fromisoformat(moment),
        events,
        signed_by=("X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"),
        is_timed=True,
    )


VECTOR = vector("zendesk", "webhook")
TICKETS, USERS = "/api/v2/incremental/tickets/cursor", "/api/v2/incremental/users/cursor"
TICKET = {
    "external_id": "T-7",
    "subject": "Where is it?",
    "comment": {"body": "Order 1042 is late."},
    "status": "open",
    "requester": {"email": "ada@example.com", "name": "Ada"},
    "tags": ["late"],
}

DIALECT = Dialect(
    platform="zendesk",
    contract=contract,
    secrets={"username": "it@example.com", "token": "0123456789abcdef0123456789", "webhook_secret": SECRET},
    readings=(
        Reading("users", USERS, export("users", user, "0"), ("7", "9", "11")),
        # Two minutes earlier: what is not a minute old is left out of an export.
        Reading("users", USERS, export("users", user, "1795165080"), ("7", "9", "11"), since=SINCE),
        Reading("tickets", TICKETS, export("tickets", ticket, "0"), ("7", "9", "11")),
        Reading("tickets", TICKETS, export("tickets", ticket, "1795165080"), ("7", "9", "11"), since=SINCE),
    ),
    session=requesters,
    writings=(
        Writing(
            "tickets", "create", TICKET, {"POST /api/v2/tickets": Says({"ticket": ticket(35)}, 201)}, "35"
        ),
        Writing(
            "tickets",
            "update",
            TICKET,
            {"PUT /api/v2/tickets/35": Says({"ticket": ticket(35), "audit": {}})},
            "35",
            given="35",
        ),
        Writing(
            "users",
            "upsert",
            {"email": "ada@example.com", "name": "Ada", "phone": None},
            {"POST /api/v2/users/create_or_update": Says({"user": user(51)}, 201)},
            "51",
        ),
    ),
    hooks=(
        hook(
            "as-documented",
            VECTOR.get("raw_body", "{}").encode(),
            VECTOR.get("timestamp", MOMENT),
            VECTOR.get("secret", SECRET),
            (),
        ),
        hook(
            "ticket", event("ticket", "status_changed", "35"), MOMENT, SECRET, (("ticket", "tickets", "35"),)
        ),
        hook("user", event("user", "created", "51"), MOMENT, SECRET, (("user", "users", "51"),)),
        hook("article", event("article", "published", "3"), MOMENT, SECRET, ()),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "Couldn't authenticate you"), Kind.CONFIG, "unauthorized"),
        Refusal(
            "no-right",
            refused(403, {"title": "Forbidden", "message": "You do not have access."}),
            Kind.CONFIG,
            "forbidden",
        ),
        Refusal(
            "too-fast",
            refused(429, "APIRateLimitExceeded", {"Retry-After": "36"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=36,
        ),
        Refusal("wrong-question", refused(422, "InvalidPaginationParameter"), Kind.DATA, "refused"),
        Refusal("written-at-once", refused(409, "DatabaseConflict"), Kind.TRANSIENT, "temporary"),
        Refusal(
            "maintenance",
            refused(503, "ServiceUnavailable", {"Retry-After": "20"}),
            Kind.TRANSIENT,
            "server_error",
            retry_after=20,
        ),
    ),
)
