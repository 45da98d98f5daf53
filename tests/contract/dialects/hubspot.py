"""https://developers.hubspot.com/docs/api-reference/error-handling"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.openapi_document import joined as joined_documents
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00.123Z"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ASSOCIATIONS = "/crm/associations/2026-03"
SECRET = "client-secret-0123456789"
URL = "https://crossdock.example.com/webhooks/7"
CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"


def thing(number: int, **properties: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "properties": {"hs_object_id": str(number), **properties},
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "archived": False,
    }


def found(*numbers: int, more: bool) -> Says:
    paging = {"paging": {"next": {"after": "200", "link": "?after=200"}}} if more else {}
    rows = [thing(number, email=f"{number}@example.com") for number in numbers]
    return Says({"total": 3, "results": rows, **paging})


def behind(pages: Mapping[str, Says], changed: str = "") -> Any:
    """The page by the id behind which it begins. `changed`: the property by whose time the search is narrowed."""

    def page(asked: Asked) -> Says:
        body = asked.json
        (group,) = body["filterGroups"]
        by_id, *others = group["filters"]
        assert (by_id["propertyName"], by_id["operator"]) == ("hs_object_id", "GT")
        assert body["sorts"] == ["hs_object_id"]
        assert [one["propertyName"] for one in others] == ([changed] if changed else [])
        # Two minutes earlier: what was just written is not found at once.
        assert all(one["value"] == "1795165080000" for one in others)
        return pages[by_id["value"]]

    return page


PAGES = {"0": found(2, 9, more=True), "9": found(11, more=False)}
IDS = ("2", "9", "11")


def written(*results: dict[str, Any], errors: tuple[dict[str, Any], ...] = ()) -> Says:
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "startedAt": MOMENT,
        "completedAt": MOMENT,
        "results": [{**result, "new": True} for result in results],
    }
    if errors:
        body |= {"errors": list(errors), "numErrors": len(errors)}
    return Says(body, 207 if errors else 200)


def part_refused(name: str) -> dict[str, Any]:
    """What a batch says of the one of its records that failed."""
    return {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "Property values were not valid",
        "context": {"objectWriteTraceId": [name]},
        "errors": [],
        "links": {},
    }


def refused(status: int, category: str, headers: dict[str, str] | None = None, **more: str) -> Says:
    body = {"status": "error", "message": "No.", "correlationId": CORRELATION, "category": category}
    return Says({**body, **more}, status, headers or {})


def joined(kind: str) -> Says:
    result = {
        "from": {"id": "77"},
        "to": {"id": "51"},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 507},
    }
    return Says({"status": "COMPLETE", "startedAt": MOMENT, "completedAt": MOMENT, "results": [result]})


def of_contact(kind: str) -> Writing:
    """Written, its contact looked up, and joined to it."""
    return Writing(
        kind,
        "upsert",
        {"id": "A-1042", "contact": "ada@example.com", "properties": {"hs_order_name": "1042"}},
        {
            f"POST /crm/v3/objects/{kind}/batch/upsert": written(thing(77, crossdock_id="A-1042")),
            "GET /crm/v3/objects/contacts/ada%40example.com": Says(thing(51, email="ada@example.com")),
            f"POST {ASSOCIATIONS}/{kind}/contacts/batch/associate/default": joined(kind),
        },
        "77",
    )


def signed(raw: bytes, moment: str) -> str:
    message = b"POST" + URL.encode() + raw + moment.encode()
    return base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).decode()


def hook(
    name: str,
    raw: bytes,
    headers: tuple[str, str],
    secret: str,
    url: str,
    events: tuple[tuple[str, str, str], ...],
) -> Hook:
    signature, moment = headers
    return Hook(
        name,
        {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": moment},
        raw,
        secret,
        datetime.fromtimestamp(int(moment) / 1000, UTC),
        events,
        signed_by=("X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"),
        is_timed=True,
        url=url,
    )


def of_several(name: str, events: list[dict[str, Any]], told: tuple[tuple[str, str, str], ...]) -> Hook:
    raw = json.dumps(events).encode()
    return hook(name, raw, (signed(raw, "1795168800000"), "1795168800000"), SECRET, URL, told)


VECTOR = vector("hubspot", "v3")
NEWER = [
    {"eventId": 1, "subscriptionType": "object.propertyChange", "objectTypeId": "0-123", "objectId": 77},
    {"eventId": 2, "subscriptionType": "object.deletion", "objectTypeId": "0-3", "objectId": 78},
    {"eventId": 3, "subscriptionType": "object.creation", "objectTypeId": "0-2", "objectId": 79},
    {"eventId": 4, "subscriptionType": "contact.merge", "objectId": 80, "newObjectId": 81},
]


def _contract() -> OpenApi:
    """HubSpot's reference shows the call of 2026-03 with the body and the answer of v4, in another place:
    https://developers.hubspot.com/docs/api-reference/2026-03/crm/associations/associate-records/batch/create-associations
    """
    names = ("objects", "contacts", "orders", "associations-v4")
    document = deepcopy(joined_documents(tuple(SPECS / f"hubspot-{name}.json" for name in names)))
    document["paths"] = {
        path.replace("/crm/v4/associations", ASSOCIATIONS): call for path, call in document["paths"].items()
    }
    return OpenApi(document)


DIALECT = Dialect(
    platform="hubspot",
    contract=_contract,
    secrets={"token": "pat-na1-0123456789abcdef", "webhook_secret": SECRET},
    readings=(
        Reading("contacts", "/crm/v3/objects/contacts/search", behind(PAGES), IDS),
        Reading(
            "contacts",
            "/crm/v3/objects/contacts/search",
            behind(PAGES, "lastmodifieddate"),
            IDS,
            since=SINCE,
        ),
        Reading("deals", "/crm/v3/objects/deals/search", behind(PAGES), IDS),
        Reading(
            "orders", "/crm/v3/objects/orders/search", behind(PAGES, "hs_lastmodifieddate"), IDS, since=SINCE
        ),
    ),
    writings=(
        Writing(
            "contacts",
            "upsert",
            {"id": "ada@example.com", "properties": {"email": "ada@example.com", "phone": None}},
            {"POST /crm/v3/objects/contacts/batch/upsert": written(thing(51, email="ada@example.com"))},
            "51",
        ),
        of_contact("orders"),
        of_contact("deals"),
    ),
    hooks=(
        hook(
            "as-documented",
            VECTOR.get("raw_body", "").encode(),
            (VECTOR.get("expected", ""), VECTOR.get("timestamp", "0")),
            VECTOR.get("secret", ""),
            VECTOR.get("uri", ""),
            # The vendor's example is no JSON, and is kept for a person.
            (("", "", ""),),
        ),
        of_several(
            "of-an-older-app",
            sample("hubspot/webhook_contact_creation.json") or [],
            (("contact.creation", "contacts", "65059681032"),),
        ),
        of_several(
            "of-a-newer-app",
            NEWER,
            (
                ("object.propertyChange/0-123", "orders", "77"),
                ("object.deletion/0-3", "deals", "78"),
                ("contact.merge", "contacts", "81"),
            ),
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "INVALID_AUTHENTICATION"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "MISSING_SCOPES"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "RATE_LIMITS", policyName="TEN_SECONDLY_ROLLING"),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=10,
        ),
        Refusal(
            "day-is-used-up",
            refused(429, "RATE_LIMITS", policyName="DAILY"),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=3600,
        ),
        Refusal(
            "searched-too-fast",
            refused(429, "RATE_LIMITS", {"Retry-After": "3"}, policyName="SECONDLY"),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=3,
        ),
        Refusal("locked", refused(423, "LOCKED"), Kind.TRANSIENT, "temporary", retry_after=2),
        Refusal("down", refused(502, "GATEWAY"), Kind.TRANSIENT, "server_error"),
    ),
)
