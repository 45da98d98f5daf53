"""https://docs.easypost.com/docs/errors, and EasyPost's own examples: there is no document to judge by."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
TOKEN = "EZTK0123456789abcdef"
ASKED = {"before_id", "page_size", "start_datetime"}


def tracker(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"trk_{number}",
        "object": "Tracker",
        "tracking_code": f"T{number}",
        "status": "in_transit",
        "carrier": "FedEx",
        "updated_at": "2026-11-20T10:00:00Z",
        "tracking_details": [],
        **more,
    }


def shipment(number: int, **more: Any) -> dict[str, Any]:
    return {
        **sample("easypost/shipment_bought.json"),
        "id": f"shp_{number}",
        "reference": f"SO-{number}",
    } | more


def draft(number: int, **more: Any) -> dict[str, Any]:
    return shipment(number, postage_label=None, selected_rate=None, tracker=None, tracking_code=None, **more)


def pages(kind: str, make: Callable[[int], dict[str, Any]]) -> Callable[[Asked], Says]:
    """By the id before which it goes on; a parameter that EasyPost does not know would find nothing."""

    def page(asked: Asked) -> Says:
        before = asked.params.get("before_id")
        numbers = {None: (3, 2), make(2)["id"]: (1,)}[before] if set(asked.params) <= ASKED else ()
        return Says({kind: [make(number) for number in numbers], "has_more": before is None})

    return page


def readings(kind: str, prefix: str, make: Callable[[int], dict[str, Any]]) -> tuple[Reading, ...]:
    ids = tuple(f"{prefix}_{number}" for number in (3, 2, 1))
    path = f"/v2/{kind}"
    return (
        Reading(kind, path, pages(kind, make), ids),
        Reading(kind, path, pages(kind, make), ids, since=SINCE),
        Reading(kind, path, pages(kind, make), ids, since=SINCE, not_final=True),
    )


ADDRESS = {
    "name": "Warehouse Test",
    "street1": "Street 1",
    "city": "Austin",
    "state": "TX",
    "zip": "78701",
    "country": "US",
}
LABEL = {"reference": "SO-7", "to_address": ADDRESS}


def only_as_ours(asked: Asked) -> bool:
    """The key is the user's name, and the password is empty."""
    coded = base64.b64encode(f"{TOKEN}:".encode()).decode()
    return asked.headers.get("authorization") == f"Basic {coded}"


def let_in(asked: Asked) -> Says | None:
    return None if only_as_ours(asked) else refused(401, "APIKEY.INVALID")


def refused(status: int, code: str, headers: dict[str, str] | None = None) -> Says:
    return Says({"error": {"code": code, "message": "No.", "errors": []}}, status, headers or {})


def hooked(name: str, sent: dict[str, Any], signature: str) -> Hook:
    return Hook(
        name,
        {"X-Hmac-Signature": signature, "Content-Type": "application/json"},
        sent.get("raw_body", "{}").encode(),
        sent.get("secret", "secret"),
        datetime(2024, 8, 2, 19, 27, tzinfo=UTC),
        (("tracker.updated", "trackers", "trk_1"),),
        signed_by=("X-Hmac-Signature",),
    )


VECTOR = vector("easypost", "webhook")
HOOK = sample("easypost/webhook_tracker_updated.json")

DIALECT = Dialect(
    platform="easypost",
    base="/v2",
    session=let_in,
    settings={f"sender_{name}": text for name, text in ADDRESS.items()},
    secrets={"token": TOKEN, "webhook_secret": "secret-0123456789"},
    readings=(
        *readings("trackers", "trk", tracker),
        *readings("shipments", "shp", shipment),
    ),
    writings=(
        Writing(
            "labels",
            "create",
            LABEL,
            {
                "POST /v2/shipments": Says(draft(7), 201),
                "GET /v2/shipments/shp_7": Says(draft(7)),
                "POST /v2/shipments/shp_7/buy": Says(shipment(7)),
            },
            "shp_7",
        ),
        Writing(
            "labels",
            "cancel",
            {},
            {
                "GET /v2/shipments/shp_7": Says(shipment(7)),
                "POST /v2/shipments/shp_7/refund": Says(shipment(7, refund_status="submitted")),
            },
            "shp_7",
            given="shp_7",
        ),
        Writing(
            "trackers",
            "create",
            {"tracking_code": "T7", "carrier": "FedEx"},
            {"POST /v2/trackers": Says(tracker(7), 201)},
            "trk_7",
        ),
    ),
    hooks=(
        hooked("as-easypost-tries-it", VECTOR, VECTOR.get("expected", "")),
        hooked("tracked", HOOK, HOOK.get("headers", {}).get("X-Hmac-Signature", "")),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "APIKEY.INVALID"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "FORBIDDEN"), Kind.CONFIG, "forbidden"),
        Refusal("too-fast", refused(429, "RATE_LIMITED"), Kind.TRANSIENT, "rate_limited"),
        Refusal(
            "too-fast-for-a-while",
            refused(429, "RATE_LIMITED", {"Retry-After": "10"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=10,
        ),
        Refusal("no-money", refused(402, "PAYMENT_REQUIRED"), Kind.CONFIG, "insufficient_funds"),
        Refusal("wrong-field", refused(422, "PARAMETER.INVALID"), Kind.DATA, "parameter_invalid"),
        Refusal("down", refused(503, "SERVICE.UNAVAILABLE"), Kind.TRANSIENT, "server_error"),
    ),
)
