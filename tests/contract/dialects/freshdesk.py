"""https://developers.freshdesk.com/api/#error: the vendor publishes no document, so nothing judges this."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00Z"
LATER = "2026-11-20T11:00:00Z"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "a-secret-of-our-own"
TICKETS = "/api/v2/tickets"


def ticket(number: int, updated: str = MOMENT, **more: Any) -> dict[str, Any]:
    told = {"id": number, "subject": "Where is it?", "status": 2, "priority": 1, "requester_id": 51}
    told |= {"requester": {"id": 51, "name": "Ada", "email": "Ada@example.com"}, "spam": False}
    return {**told, "created_at": MOMENT, "updated_at": updated, "custom_fields": {}, **more}


def page(start: str) -> Any:
    """The second page is asked for by the time of the first one's last ticket."""

    def answer(asked: Asked) -> Says:
        assert (asked.params["order_by"], asked.params["order_type"]) == ("updated_at", "asc")
        if asked.params["page"] != "1":
            return Says([])
        assert (asked.params["per_page"], asked.params["include"]) == ("100", "requester")
        if asked.params["updated_since"] == "2026-11-20T10:58:59Z":
            return Says([ticket(100, LATER), ticket(101, LATER)])
        assert asked.params["updated_since"] == start
        return Says([*(ticket(number) for number in range(1, 100)), ticket(100, LATER)])

    return answer


def refused(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Says:
    return Says({"code": code, "message": "No.", **more}, status, headers or {})


NUMBERS = tuple(str(number) for number in range(1, 102))
TICKET = {
    "custom_fields": {"cf_crossdock_id": "T-7"},
    "subject": "Where is it?",
    "description": "Order 1042 is late.",
    "email": "ada@example.com",
    "status": 2,
    "priority": 1,
    "tags": ["late"],
}

DIALECT = Dialect(
    platform="freshdesk",
    secrets={"token": "0123456789abcdef0123", "webhook_secret": SECRET},
    readings=(
        Reading("tickets", TICKETS, page("2000-01-01T00:00:00Z"), NUMBERS),
        Reading("tickets", TICKETS, page("2026-11-20T08:58:59Z"), NUMBERS, since=SINCE),
    ),
    writings=(
        Writing("tickets", "create", TICKET, {f"POST {TICKETS}": Says(ticket(35), 201)}, "35"),
        Writing("tickets", "update", TICKET, {f"PUT {TICKETS}/35": Says(ticket(35))}, "35", given="35"),
    ),
    hooks=(
        Hook(
            "ticket",
            {"X-Crossdock-Secret": SECRET},
            json.dumps({"ticket_id": "35"}).encode(),
            SECRET,
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            (("", "tickets", "35"),),
            signed_by=("X-Crossdock-Secret",),
            signs_body=False,
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "invalid_credentials"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "access_denied"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "rate_limited", {"Retry-After": "33"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=33,
        ),
        Refusal(
            "wrong-question",
            Says(
                {
                    "description": "Validation failed",
                    "errors": [
                        {"field": "per_page", "message": "It should be a number", "code": "invalid_value"}
                    ],
                },
                400,
            ),
            Kind.DATA,
            "refused",
        ),
        Refusal("down", refused(500, "internal_error"), Kind.TRANSIENT, "server_error"),
    ),
)
