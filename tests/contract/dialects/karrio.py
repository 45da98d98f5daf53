"""https://docs.karrio.io/reference/api, and what a running server answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.conftest import REFERENCE
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Says

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
MOMENT = "2026-11-20 10:00:00.000000+00:00"
PAGED = [
    {"name": name, "in": "query", "schema": {"type": kind}}
    for name, kind in (
        ("limit", "integer"),
        ("offset", "integer"),
        ("created_after", "string"),
        ("order_id", "string"),
    )
]


def seen(name: str) -> Any:
    """What was recorded from a running server. {} where ../shared is absent."""
    file = REFERENCE / "real" / "karrio" / "samples" / name
    return json.loads(file.read_text()) if file.is_file() else {}


def as_it_runs() -> OpenApi:
    """The document is silent on pages and on filters of orders, and calls the list of shipments one shipment.

    A bought label is “purchased” there and “created” on the server."""
    document = json.loads((SPECS / "karrio.json").read_text())
    for kind in ("orders", "shipments", "trackers"):
        call = document["paths"][f"/v1/{kind}"]["get"]
        told = {parameter["name"] for parameter in call.get("parameters", [])}
        call["parameters"] = [
            *call.get("parameters", []),
            *(parameter for parameter in PAGED if parameter["name"] not in told),
        ]
    schemas = document["components"]["schemas"]
    schemas["ShipmentList"] = copy.deepcopy(schemas["OrderList"])
    schemas["ShipmentList"]["properties"]["results"]["items"]["$ref"] = "#/components/schemas/Shipment"
    answer = document["paths"]["/v1/shipments"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/ShipmentList"
    schemas["Shipment"]["properties"]["status"]["enum"].append("created")
    return OpenApi(document)


def address(name: str) -> dict[str, Any]:
    return {
        "person_name": name,
        "address_line1": "Street 1",
        "city": "Berlin",
        "postal_code": "10115",
        "country_code": "DE",
    }


def offer(name: str, charge: float, currency: str = "EUR") -> dict[str, Any]:
    return {
        "id": f"rat_{name}",
        "carrier_name": "local_post",
        "carrier_id": "local_post",
        "service": name,
        "total_charge": charge,
        "currency": currency,
        "test_mode": True,
    }


OFFERS = [offer("local_express", 11.5), offer("local_standard", 4.9)]


def shipment(number: int, status: str = "created", **more: Any) -> dict[str, Any]:
    return {
        "id": f"shp_{number}",
        "status": status,
        "shipper": address("Shop"),
        "recipient": address("Warehouse Test"),
        "parcels": [{"weight": 500.0, "weight_unit": "G"}],
        "created_at": MOMENT,
        "test_mode": True,
        "reference": f"SO-{number}",
        "rates": OFFERS,
        **more,
    }


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ord_{number}",
        "order_id": f"SO-{number}",
        "status": "unfulfilled",
        "shipping_to": address("Warehouse Test"),
        "line_items": [
            {
                "id": "oli_1",
                "sku": "MUG-001",
                "quantity": 1,
                "weight": 100.0,
                "weight_unit": "G",
                "metadata": {"line": "1"},
            }
        ],
        "created_at": MOMENT,
        "test_mode": True,
        **more,
    }


def tracker(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"trk_{number}",
        "carrier_name": "dhl_express",
        "carrier_id": "dhl",
        "tracking_number": f"T{number}",
        "status": "in_transit",
        "test_mode": True,
        **more,
    }


def pages(make: Callable[[int], dict[str, Any]]) -> Any:
    def page(*numbers: int) -> Says:
        rows = [make(number) for number in numbers]
        return Says({"count": 3, "next": None, "previous": None, "results": rows})

    return by_parameter("offset", {"0": page(3, 2), "2": page(1), "3": page()})


def readings(kind: str, prefix: str, make: Callable[[int], dict[str, Any]]) -> tuple[Reading, ...]:
    ids = tuple(f"{prefix}_{number}" for number in (3, 2, 1))
    return (
        Reading(kind, f"/v1/{kind}", pages(make), ids),
        Reading(kind, f"/v1/{kind}", pages(make), ids, since=SINCE),
        Reading(kind, f"/v1/{kind}", pages(make), ids, since=SINCE, not_final=True),
    )


def hooked(event: str, about: dict[str, Any], resource: str) -> Hook:
    """As it was received, with the secret in the header."""
    sent = seen("webhook_deliveries.json").get(event) or {
        "body": {"event": event, "data": about},
        "headers": {},
    }
    secret = sent["headers"].get("X-Event-Id", "whsec_0123456789abcdef")
    return Hook(
        event,
        {"X-Event-Id": secret, "Content-Type": "application/json"},
        json.dumps(sent["body"]).encode(),
        secret,
        datetime(2026, 11, 23, tzinfo=UTC),
        ((event, resource, sent["body"]["data"]["id"]),),
        signed_by=("X-Event-Id",),
        signs_body=False,
    )


def refused(status: int, code: str, message: str = "No.", headers: dict[str, str] | None = None) -> Says:
    return Says({"errors": [{"code": code, "level": "error", "message": message}]}, status, headers or {})


LABEL = {"reference": "SO-7", "recipient": address("Warehouse Test"), "metadata": {"order_id": "1042"}}
BOUGHT = shipment(7, "purchased", tracking_number="T7", selected_rate_id="rat_local_standard")
SENT = {
    "order_id": "SO-7",
    "source": "crossdock",
    "order_date": "2026-11-20",
    "shipping_to": address("Warehouse Test"),
    "line_items": [
        {
            "sku": "MUG-001",
            "title": "Mug",
            "quantity": 1,
            "weight": 100,
            "weight_unit": "G",
            "metadata": {"line": "1"},
        }
    ],
}

DIALECT = Dialect(
    platform="karrio",
    contract=as_it_runs,
    settings={
        "sender_name": "Shop",
        "sender_line1": "Street 1",
        "sender_city": "Berlin",
        "sender_postal_code": "10115",
        "sender_country": "DE",
    },
    secrets={"token": "key_0123456789abcdef", "webhook_secret": "whsec_0123456789abcdef"},
    readings=(
        *readings("shipments", "shp", shipment),
        *readings("orders", "ord", order),
        *readings("trackers", "trk", tracker),
    ),
    writings=(
        Writing(
            "labels",
            "create",
            LABEL,
            {
                "POST /v1/shipments": Says(shipment(7, "draft"), 201),
                "GET /v1/shipments/shp_7": Says(shipment(7, "draft")),
                "POST /v1/shipments/shp_7/purchase": Says(BOUGHT),
            },
            "shp_7",
        ),
        Writing(
            "labels",
            "cancel",
            {},
            {"POST /v1/shipments/shp_7/cancel": Says(shipment(7, "cancelled"))},
            "shp_7",
            given="shp_7",
        ),
        Writing("orders", "create", SENT, {"POST /v1/orders": Says(order(7), 201)}, "ord_7"),
        Writing(
            "orders",
            "cancel",
            {},
            {"POST /v1/orders/ord_7/cancel": Says(order(7, status="cancelled"))},
            "ord_7",
            given="ord_7",
        ),
        Writing(
            "trackers",
            "create",
            {"tracking_number": "T7", "carrier_name": "dhl_express", "metadata": {"order_number": "SO-7"}},
            {"POST /v1/trackers": Says(tracker(7))},
            "trk_7",
        ),
    ),
    hooks=(
        hooked("shipment_purchased", shipment(7), "shipments"),
        hooked("order_created", order(7), "orders"),
        hooked("tracker_updated", tracker(7), "trackers"),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "invalid_token"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "permission_denied"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "throttled", "Expected available in 59 seconds.", {"Retry-After": "59"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=59,
        ),
        Refusal(
            "carrier",
            Says({"messages": [{"code": "7", "message": "No.", "carrier_name": "dhl_express"}]}, 424),
            Kind.DATA,
            "carrier_refused",
        ),
        Refusal("down", Says({"errors": []}, 500), Kind.TRANSIENT, "server_error"),
    ),
)
