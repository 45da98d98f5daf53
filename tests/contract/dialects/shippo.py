"""https://docs.goshippo.com/api-reference: there is no document to judge by, so the payloads are built in the shape of
its examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing
from tests.contract.samples import vector
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
TOKEN = "shippo_test_0123456789abcdef"
SECRET = "secret-0123456789"
HOOKS = "https://portal.example.com/hooks/1"
MOMENT = "2026-11-20T10:00:00.129Z"

ADDRESS = {
    "name": "Warehouse Test",
    "street1": "Street 1",
    "city": "Austin",
    "state": "TX",
    "zip": "78701",
    "country": "US",
}
PARCEL = {
    "length": "30",
    "width": "20",
    "height": "10",
    "distance_unit": "cm",
    "weight": "500",
    "mass_unit": "g",
}


def offer(service: str, amount: str, currency: str = "USD") -> dict[str, Any]:
    return {
        "object_id": f"rate-{service}",
        "amount": amount,
        "currency": currency,
        "provider": "USPS",
        "servicelevel": {"name": service.title(), "token": service},
    }


OFFERS = [offer("express", "51.20"), offer("priority", "9.90"), offer("ground", "10.20")]


def shipment(number: int, **more: Any) -> dict[str, Any]:
    return {
        "object_id": f"ship-{number}",
        "object_created": MOMENT,
        "object_updated": MOMENT,
        "status": "SUCCESS",
        "metadata": f"SO-{number}",
        "address_from": ADDRESS,
        "address_to": ADDRESS,
        "parcels": [PARCEL],
        "rates": OFFERS,
        "messages": [],
        "test": True,
        **more,
    }


def label(number: int, **more: Any) -> dict[str, Any]:
    return {
        "object_id": f"label-{number}",
        "object_created": MOMENT,
        "object_updated": MOMENT,
        "object_state": "VALID",
        "status": "SUCCESS",
        "metadata": f"SO-{number}",
        "rate": {
            "object_id": "rate-priority",
            "amount": "9.90",
            "currency": "USD",
            "provider": "USPS",
            "servicelevel_name": "Priority",
            "servicelevel_token": "priority",
        },
        "tracking_number": f"T{number}",
        "tracking_status": "TRANSIT",
        "tracking_url_provider": f"https://example.com/track/T{number}",
        "label_url": f"https://example.com/label-{number}.pdf",
        "eta": None,
        "messages": [],
        "test": True,
        **more,
    }


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "object_id": f"order-{number}",
        "order_number": f"SO-{number}",
        "order_status": "PAID",
        "placed_at": "2026-11-20T10:00:00Z",
        "shop_app": "Shippo",
        "to_address": {**ADDRESS, "company": "", "street2": "", "phone": "", "email": "test@example.com"},
        "currency": "USD",
        "total_price": "24.93",
        "subtotal_price": "12.10",
        "total_tax": "0.00",
        "shipping_cost": "12.83",
        "shipping_cost_currency": "USD",
        "shipping_method": "Standard",
        "line_items": [
            {
                "object_id": f"item-{number}",
                "sku": "MUG-001",
                "title": "Mug",
                "quantity": 1,
                "total_price": "12.10",
                "currency": "USD",
            }
        ],
        "transactions": [],
        "notes": None,
        **more,
    }


def tracker(number: int, **more: Any) -> dict[str, Any]:
    return {
        "carrier": "usps",
        "tracking_number": f"T{number}",
        "metadata": f"SO-{number}",
        "transaction": None,
        "eta": None,
        "messages": [],
        "tracking_status": {
            "status": "TRANSIT",
            "substatus": {"code": "package_accepted", "text": "Accepted.", "action_required": False},
            "status_details": "Accepted",
            "status_date": "2026-11-20T09:00:00Z",
            "object_updated": MOMENT,
        },
        "tracking_history": [],
        **more,
    }


def listed(*rows: dict[str, Any], more: bool = False) -> Says:
    following = "https://api.goshippo.com/transactions/?page=2&results=100" if more else None
    return Says({"next": following, "previous": None, "results": list(rows)})


def pages(since: str, make: Callable[[int], dict[str, Any]]) -> Callable[[Asked], Says]:
    """Two, the newest first. A parameter that Shippo does not know would find nothing."""

    def page(asked: Asked) -> Says:
        known = set(asked.params) <= {"page", "results", since} and asked.params["results"] == "100"
        numbers = {"1": (3, 2), "2": (1,)}[asked.params["page"]] if known else ()
        return listed(*(make(number) for number in numbers), more=asked.params["page"] == "1")

    return page


def readings(
    resource: str, path: str, since: str, prefix: str, make: Callable[[int], dict[str, Any]]
) -> tuple[Reading, ...]:
    ids = tuple(f"{prefix}-{number}" for number in (3, 2, 1))
    return (
        Reading(resource, path, pages(since, make), ids),
        Reading(resource, path, pages(since, make), ids, since=SINCE),
    )


def not_final(
    resource: str, path: str, since: str, prefix: str, make: Callable[[int], dict[str, Any]]
) -> Reading:
    ids = tuple(f"{prefix}-{number}" for number in (3, 2, 1))
    return Reading(resource, path, pages(since, make), ids, since=SINCE, not_final=True)


PARCELS = ("parcels", "/transactions", "object_created_gte", "label", label)
ORDERS = ("orders", "/orders", "start_date", "order", order)
SHIPMENTS = ("shipments", "/shipments", "object_created_gte", "ship", shipment)

LABEL = {"reference": "SO-7", "address_to": ADDRESS}
ORDER = {
    "order_number": "SO-7",
    "placed_at": "2026-11-20T10:00:00Z",
    "order_status": "PAID",
    "to_address": ADDRESS,
    "currency": "USD",
    "total_price": "24.93",
    "line_items": [{"sku": "MUG-001", "title": "Mug", "quantity": 1}],
}
TRACKER = {"carrier": "usps", "tracking_number": "T7", "metadata": "SO-7"}


def refused(status: int, detail: str = "No.", headers: dict[str, str] | None = None) -> Says:
    return Says({"detail": detail}, status, headers or {})


def let_in(asked: Asked) -> Says | None:
    """The account's own version of the API would answer where none is named."""
    named = asked.headers.get("shippo-api-version") == "2018-02-08"
    known = asked.headers.get("authorization") == f"ShippoToken {TOKEN}"
    return None if named and known else refused(401, "Token does not exist")


def told(event: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"event": event, "test": True, "data": data}).encode()


def hooked(event: str, data: dict[str, Any], *events: tuple[str, str]) -> Hook:
    """Not signed: the secret stands in the address."""
    return Hook(
        event,
        {"Content-Type": "application/json"},
        told(event, data),
        SECRET,
        datetime(2026, 11, 23, tzinfo=UTC),
        tuple((event, resource, external_id) for resource, external_id in events),
        signed_by=(),
        signs_body=False,
        url=f"{HOOKS}?token={SECRET}",
    )


VECTOR = vector("shippo", "webhook")

DIALECT = Dialect(
    platform="shippo",
    session=let_in,
    settings={f"sender_{name}": text for name, text in ADDRESS.items()},
    secrets={"token": TOKEN, "webhook_secret": SECRET},
    readings=(
        *readings(*PARCELS),
        not_final(*PARCELS),
        *readings(*ORDERS),
        not_final(*ORDERS),
        *readings(*SHIPMENTS),
    ),
    writings=(
        Writing(
            "labels",
            "create",
            LABEL,
            {
                "POST /shipments": Says(shipment(7), 201),
                "POST /transactions": Says(label(7), 201),
            },
            "label-7",
        ),
        Writing(
            "labels",
            "cancel",
            {},
            {
                "GET /transactions/label-7": Says(label(7)),
                "POST /refunds": Says(
                    {"object_id": "refund-7", "status": "PENDING", "transaction": "label-7"}, 201
                ),
            },
            "label-7",
            given="label-7",
        ),
        Writing("orders", "create", ORDER, {"POST /orders": Says(order(7), 201)}, "order-7"),
        Writing("trackers", "create", TRACKER, {"POST /tracks": Says(tracker(7), 201)}, "usps:T7"),
    ),
    hooks=(
        Hook(
            "as-shippo-signs-it",
            {"Shippo-Auth-Signature": VECTOR.get("expected", ""), "Content-Type": "application/json"},
            VECTOR.get("raw_body", "{}").encode(),
            VECTOR.get("secret", SECRET),
            datetime.fromtimestamp(int(VECTOR.get("timestamp", 0)), UTC),
            (),
            signed_by=("Shippo-Auth-Signature",),
            is_timed=True,
        ),
        hooked("transaction_created", label(7), ("parcels", "label-7")),
        hooked("transaction_updated", label(7), ("parcels", "label-7")),
        hooked("track_updated", tracker(7), ("trackers", "usps:T7")),
        hooked(
            "track_updated",
            tracker(7, transaction="label-7"),
            ("trackers", "usps:T7"),
            ("parcels", "label-7"),
        ),
    ),
    refusals=(
        Refusal("wrong-token", refused(401, "Token does not exist"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403), Kind.CONFIG, "forbidden"),
        Refusal("too-fast", refused(429), Kind.TRANSIENT, "rate_limited"),
        Refusal(
            "too-fast-for-a-while",
            refused(429, headers={"Retry-After": "10"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=10,
        ),
        Refusal(
            "too-fast-until",
            refused(429, headers={"X-RateLimit-Reset": "20"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=20,
        ),
        Refusal("too-many-at-once", refused(409), Kind.TRANSIENT, "too_many_at_once"),
        Refusal("wrong-field", Says({"results": ["A number is needed."]}, 400), Kind.DATA, "refused"),
        Refusal("down", refused(503), Kind.TRANSIENT, "server_error"),
    ),
)
