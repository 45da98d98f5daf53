"""https://pipedrive.readme.io/docs/core-api-concepts-http-status-codes"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00Z"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "a-password-of-our-own"


@lru_cache(maxsize=1)
def contract() -> OpenApi:
    """The newer document, and the older one for webhooks, each below its own part of the address."""
    newer, older = (
        json.loads((SPECS / f"pipedrive-{name}.json").read_text()) for name in ("v2", "v1-webhooks")
    )
    paths = {f"/api/v2{path}": item for path, item in newer["paths"].items()}
    paths |= {f"/v1{path}": item for path, item in older["paths"].items() if path.startswith("/webhooks")}
    return OpenApi(_with_ends({**newer, "paths": paths}))


def _with_ends(part: Any) -> Any:
    """The last page has no next cursor: the document tells it in words alone."""
    if isinstance(part, list):
        return [_with_ends(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: _with_ends(below) for name, below in part.items()}
    if "next_cursor" in made and "type" in made["next_cursor"]:
        made["next_cursor"] = {**made["next_cursor"], "nullable": True}
    return made


def person(number: int, **more: Any) -> dict[str, Any]:
    emails = [{"value": f"{number}@example.com", "primary": True, "label": "work"}]
    told = {"id": number, "name": "Ada", "emails": emails, "is_deleted": False}
    return {**told, "add_time": MOMENT, "update_time": MOMENT, **more}


def deal(number: int, **more: Any) -> dict[str, Any]:
    told = {"id": number, "title": f"Order {number}", "value": 12.5, "currency": "EUR", "status": "won"}
    return {**told, "add_time": MOMENT, "update_time": MOMENT, "is_deleted": False, **more}


def page(make: Any, since: str | None = None) -> Any:
    def answer(asked: Asked) -> Says:
        assert (asked.params["sort_by"], asked.params["limit"]) == ("id", "500")
        assert asked.params.get("updated_since") == since
        if asked.params.get("cursor") == "bmV4dA":
            return Says({"success": True, "data": [make(11)], "additional_data": {"next_cursor": None}})
        rows = [make(7), make(9)]
        return Says({"success": True, "data": rows, "additional_data": {"next_cursor": "bmV4dA"}})

    return answer


def said(data: Any, status: int = 200) -> Says:
    return Says({"success": True, "data": data}, status)


def found(*items: dict[str, Any]) -> Says:
    return said({"items": [{"result_score": 1.0, "item": item} for item in items]})


def refused(status: int, error: str, headers: dict[str, str] | None = None, **more: Any) -> Says:
    told = {"success": False, "error": error, "error_info": "See the guide.", "data": None}
    return Says({**told, **more}, status, headers or {})


def proof(password: str, user: str = "crossdock") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def hook(entity: str, action: str, events: tuple[tuple[str, str, str], ...]) -> Hook:
    meta = {"action": action, "entity": entity, "entity_id": "77", "timestamp": MOMENT, "version": "2.0"}
    return Hook(
        f"{entity}-{action}",
        proof(SECRET),
        json.dumps({"meta": meta, "data": {"id": 77}, "previous": None}).encode(),
        SECRET,
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        events,
        signed_by=("Authorization",),
        signs_body=False,
    )


PERSON = {"name": "Ada", "emails": [{"value": "ada@example.com", "primary": True, "label": "work"}]}
DEAL = {
    "title": "Order 1042",
    "value": "12.50",
    "currency": "EUR",
    "status": "won",
    "lost_reason": None,
    "contact": "ada@example.com",
}

DIALECT = Dialect(
    platform="pipedrive",
    contract=contract,
    secrets={"token": "0123456789abcdef0123456789abcdef01234567", "webhook_secret": SECRET},
    readings=(
        Reading("persons", "/api/v2/persons", page(person), ("7", "9", "11")),
        Reading(
            "persons", "/api/v2/persons", page(person, "2026-11-20T08:59:00Z"), ("7", "9", "11"), since=SINCE
        ),
        Reading("deals", "/api/v2/deals", page(deal), ("7", "9", "11")),
        Reading("deals", "/api/v2/deals", page(deal, "2026-11-20T08:59:00Z"), ("7", "9", "11"), since=SINCE),
    ),
    writings=(
        Writing("persons", "create", PERSON, {"POST /api/v2/persons": said(person(51))}, "51"),
        Writing(
            "persons",
            "update",
            PERSON,
            {"GET /api/v2/persons/51": said(person(51)), "PATCH /api/v2/persons/51": said(person(51))},
            "51",
            given="51",
        ),
        Writing(
            "deals",
            "create",
            DEAL,
            {
                "POST /api/v2/deals": said(deal(77)),
                "GET /api/v2/persons/search": found({"id": 51, "name": "Ada", "emails": ["ada@example.com"]}),
                "PATCH /api/v2/deals/77": said(deal(77, person_id=51)),
            },
            "77",
        ),
        Writing("deals", "update", DEAL, {"PATCH /api/v2/deals/77": said(deal(77))}, "77", given="77"),
    ),
    hooks=(
        hook("deal", "change", (("deal", "deals", "77"),)),
        hook("person", "delete", (("person", "persons", "77"),)),
        hook("note", "create", ()),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "unauthorized access"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "Scope and URL mismatch"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "request over limit", {"x-ratelimit-reset": "2", "x-ratelimit-remaining": "0"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=2,
        ),
        Refusal(
            "shut-out",
            Says(raw=b"error code: 1015", status=403),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=60,
        ),
        Refusal("not-done", refused(200, "No.", data=[], code="ERR_NOT_FOUND"), Kind.DATA, "err_not_found"),
        Refusal("wrong-question", refused(400, "Validation failed"), Kind.DATA, "refused"),
        Refusal("not-paid", refused(402, "Company account is not open"), Kind.CONFIG, "payment_required"),
        Refusal("down", refused(503, "Service unavailable"), Kind.TRANSIENT, "server_error"),
    ),
)
