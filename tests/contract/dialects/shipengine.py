"""https://docs.shipstation.com/apis/shipengine/openapi, https://docs.shipstation.com/errors"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from integrations.connectors.shipengine import KEYS
from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECRET = "secret-of-ours-0123456789"
KEY_NAME = "key-of-november"


def described(name: str) -> OpenApi:
    """What the server gives a shipment is asked for in what is sent, and a filter of pickups in every list."""
    document = json.loads((SPECS / f"{name}.json").read_text())
    sent = document["components"]["schemas"]["address_validating_shipment"]
    sent["required"] = [field for field in sent["required"] if field != "shipment_id"]
    for parameter in document["components"].get("parameters", {}).values():
        parameter["required"] = parameter["required"] and parameter["name"] != "pickup_id"
    return OpenApi(document)


ADDRESS = {
    "name": "Warehouse Test",
    "phone": "+1 512 555 0100",
    "address_line1": "Street 1",
    "city_locality": "Austin",
    "state_province": "TX",
    "postal_code": "78701",
    "country_code": "US",
    "address_residential_indicator": "unknown",
}
ITEM = {"external_order_item_id": "7", "sku": "MUG-001", "name": "Mug", "quantity": 2}


def shipment(number: int, status: str = "pending", **more: Any) -> dict[str, Any]:
    moment = f"2026-11-{10 + number:02}T10:00:00Z"
    return {
        "shipment_id": f"se-{number}",
        "carrier_id": "se-123",
        "service_code": "usps_priority_mail",
        "external_shipment_id": f"SO-{number}",
        "external_order_id": "1042",
        "shipment_number": f"SO-{number}",
        "items": [ITEM],
        "ship_date": "2026-11-20T00:00:00Z",
        "created_at": "2026-11-10T10:00:00Z",
        "modified_at": moment,
        "shipment_status": status,
        "ship_to": ADDRESS,
        "ship_from": ADDRESS,
        "return_to": ADDRESS,
        "warehouse_id": "se-5",
        "confirmation": "none",
        "customs": {"contents": "merchandise", "non_delivery": "return_to_sender"},
        "advanced_options": {},
        "insurance_provider": "none",
        "tags": [],
        "packages": [{"weight": {"value": 500, "unit": "gram"}}],
        "total_weight": {"value": 500, "unit": "gram"},
        **more,
    }


def label(number: int, **more: Any) -> dict[str, Any]:
    return {
        "label_id": f"se-9{number}",
        "status": "completed",
        "shipment_id": f"se-{number}",
        "external_shipment_id": f"SO-{number}",
        "created_at": f"2026-11-{10 + number:02}T10:00:00Z",
        "ship_date": "2026-11-20T00:00:00Z",
        "shipment_cost": {"currency": "usd", "amount": 9.53},
        "tracking_number": f"T{number}",
        "tracking_url": f"https://example.com/track/T{number}",
        "tracking_status": "in_transit",
        "carrier_code": "usps",
        "service_code": "usps_priority_mail",
        "voided": False,
        "trackable": True,
        "is_return_label": False,
        "label_download": {"href": "https://example.com/label.pdf"},
        **more,
    }


def pages(name: str, rows: list[dict[str, Any]], since: str, at: str) -> Callable[[Asked], Says]:
    """Two a page, from the time that is asked for, as the server sorts them."""

    def page(asked: Asked) -> Says:
        told = asked.params.get(since)
        young = [
            row
            for row in rows
            if told is None or datetime.fromisoformat(row[at]) >= datetime.fromisoformat(told)
        ]
        number = int(asked.params.get("page", 1))
        count = max(1, -(-len(young) // 2))
        link = {"href": "https://api.shipengine.com/v1/shipments?page=1"}
        return Says(
            {
                name: copy.deepcopy(young[2 * number - 2 : 2 * number]),
                "total": len(young),
                "page": number,
                "pages": count,
                "links": {"first": link, "last": link, "prev": {}, "next": {}},
            }
        )

    return page


SHIPMENTS = pages("shipments", [shipment(number) for number in (1, 2, 3)], "modified_at_start", "modified_at")
LABELS = pages("labels", [label(number) for number in (1, 2, 3)], "created_at_start", "created_at")
NAMES = ("se-1", "se-2", "se-3")
LABEL_NAMES = ("se-91", "se-92", "se-93")


def readings(base: str) -> tuple[Reading, ...]:
    return (
        Reading("shipments", f"{base}/shipments", SHIPMENTS, NAMES),
        Reading("shipments", f"{base}/shipments", SHIPMENTS, NAMES, since=SINCE),
        Reading("parcels", f"{base}/labels", LABELS, LABEL_NAMES),
        Reading("parcels", f"{base}/labels", LABELS, LABEL_NAMES, since=SINCE),
        Reading("parcels", f"{base}/labels", LABELS, LABEL_NAMES, since=SINCE, not_final=True),
    )


SENT = {
    "external_shipment_id": "SO-7",
    "external_order_id": "1042",
    "shipment_number": "SO-7",
    "ship_to": ADDRESS,
    "items": [ITEM],
}


def made(*shipments: dict[str, Any], errors: bool = False) -> Says:
    return Says({"has_errors": errors, "shipments": list(shipments)})


def writings(base: str) -> tuple[Writing, ...]:
    no_labels = Says({"labels": [], "total": 0, "page": 1, "pages": 1, "links": _links()})
    one_label = Says({"labels": [label(7)], "total": 1, "page": 1, "pages": 1, "links": _links()})
    return (
        Writing("shipments", "create", SENT, {f"POST {base}/shipments": made(shipment(7))}, "se-7"),
        Writing(
            "shipments",
            "cancel",
            {},
            {f"PUT {base}/shipments/se-7/cancel": Says(status=204)},
            "se-7",
            given="se-7",
        ),
        Writing(
            "labels",
            "create",
            SENT,
            {
                f"POST {base}/shipments": made(shipment(7)),
                f"GET {base}/labels": no_labels,
                f"POST {base}/labels/shipment/se-7": Says(label(7)),
            },
            "se-7",
        ),
        Writing(
            "labels",
            "cancel",
            {},
            {
                f"GET {base}/labels": one_label,
                f"PUT {base}/labels/se-97/void": Says({"approved": True, "message": "Done."}),
                f"PUT {base}/shipments/se-7/cancel": Says(status=204),
            },
            "se-7",
            given="se-7",
        ),
    )


def _links() -> dict[str, Any]:
    link = {"href": "https://api.shipengine.com/v1/labels?page=1"}
    return {"first": link, "last": link, "prev": {}, "next": {}}


def refused(status: int, code: str, headers: dict[str, str] | None = None, **more: str) -> Says:
    error = {"error_source": "shipengine", "error_type": "validation", "error_code": code, "message": "No."}
    body = {"request_id": "aa3d8e8e-462b-4476-9618-72db7f7b7009", "errors": [error | more]}
    return Says(body, status, headers or {})


@lru_cache(maxsize=1)
def _key() -> RSAPrivateKey:
    made_key = generate_private_key(65537, 2048)
    KEYS.keep({KEY_NAME: made_key.public_key()})
    return made_key


def signed(raw: bytes, timestamp: str = "2026-11-23T07:59:00Z", secret: str = SECRET) -> dict[str, str]:
    """As ShipEngine does it, with a key of our own in the place of its."""
    signature = _key().sign(timestamp.encode() + b"." + raw, PKCS1v15(), SHA256())
    return {
        "X-Crossdock-Secret": secret,
        "x-shipengine-rsa-sha256-key-id": KEY_NAME,
        "x-shipengine-timestamp": timestamp,
        "x-shipengine-rsa-sha256-signature": base64.b64encode(signature).decode(),
    }


def tracked(kind: str, address: str, label_url: str = "") -> bytes:
    data = {"tracking_number": "T1", "status_code": "DE", **({"label_url": label_url} if label_url else {})}
    return json.dumps({"resource_url": address, "resource_type": kind, "data": data}).encode()


def hooked(name: str, raw: bytes, events: tuple[tuple[str, str, str], ...]) -> Hook:
    headers = signed(raw)
    return Hook(name, headers, raw, SECRET, SENT_AT, events, signed_by=tuple(headers), is_timed=True)


DIALECT = Dialect(
    platform="shipengine",
    contract=lambda: described("shipengine"),
    base="/v1",
    settings={
        "carrier_id": "se-123",
        "service_code": "usps_priority_mail",
        **{f"sender_{name}": text for name, text in ADDRESS.items() if "indicator" not in name},
    },
    secrets={"token": "TEST_0123456789abcdef", "webhook_secret": SECRET},
    readings=readings("/v1"),
    writings=writings("/v1"),
    hooks=(
        hooked(
            "tracked-by-shipengine",
            tracked(
                "API_TRACK",
                "https://api.shipengine.com/v1/tracking?carrier_code=usps&tracking_number=T1",
                "https://api.shipengine.com/v1/labels/se-91",
            ),
            (("API_TRACK", "parcels", "se-91"),),
        ),
        hooked(
            "tracked-by-shipstation",
            tracked("TRACK_EVENT_V2", "https://api.shipstation.com/v2/labels/se-91/track"),
            (("TRACK_EVENT_V2", "parcels", "se-91"),),
        ),
        hooked(
            "of-no-label",
            tracked("API_TRACK", "https://api.shipengine.com/v1/tracking?tracking_number=T1"),
            (("API_TRACK", "parcels", ""),),
        ),
        hooked(
            "of-a-batch",
            b'{"resource_type": "API_BATCH", "resource_url": "https://api.shipengine.com/v1/batches/se-1"}',
            (),
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "unauthorized"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "forbidden"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "rate_limit_exceeded", {"Retry-After": "37"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=37,
        ),
        Refusal("wrong-field", refused(400, "invalid_field_value"), Kind.DATA, "invalid_field_value"),
        Refusal("down", refused(500, "unspecified"), Kind.TRANSIENT, "server_error"),
    ),
)
