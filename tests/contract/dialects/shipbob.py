"""https://developer.shipbob.com/errors, https://developer.shipbob.com/rate-limit"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

ORDERS = "/2026-01/order"
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
STANDARD = vector("standard-webhooks", "BigCommerce and ShipBob use this form")
MOMENT = datetime.fromtimestamp(int(STANDARD.get("timestamp", 1_614_265_330)), UTC)


def shipment(number: int, order: int, **more: Any) -> dict[str, Any]:
    like = (sample("shipbob/order.json").get("shipments") or [{}])[0]
    return {**like, "id": number, "order_id": order, "last_update_at": "2026-09-20T10:00:00Z", **more}


def order(number: int, *shipments: int, **more: Any) -> dict[str, Any]:
    """Without retailer_program_data: the vendor's own example does not keep to the vendor's document there."""
    like = {key: told for key, told in sample("shipbob/order.json").items() if key != "retailer_program_data"}
    return {**like, "id": number, "shipments": [shipment(one, number) for one in shipments], **more}


# The page in the middle has no shipment, and is not the last one.
PAGES = by_parameter(
    "Page",
    {
        "1": Says([order(1, 11, 12), order(2)]),
        "2": Says([order(3)]),
        "3": Says([order(4, 41)]),
        "4": Says([]),
    },
)


def linked(path: str, first: list[dict[str, Any]], second: list[dict[str, Any]]) -> Callable[[Asked], Says]:
    """The document names no cursor: whatever the vendor gives as the next address is called."""

    def page(asked: Asked) -> Says:
        behind = "SortBy" in asked.params
        more = None if behind else f"http://{asked.headers['host']}{path}?SortBy=behind"
        return Says(
            {"items": second if behind else first, "next": more, "prev": None, "first": None, "last": None}
        )

    return page


def level(number: int) -> dict[str, Any]:
    like = (sample("shipbob/inventory_levels.json").get("items") or [{}])[0]
    return {**like, "inventory_id": number, "sku": f"MUG-{number}"}


def product(number: int, *variants: int) -> dict[str, Any]:
    made = [{"id": one, "sku": f"MUG-{one}", "updated_on": "2026-09-20T10:00:00Z"} for one in variants]
    return {"id": number, "name": "Mug", "created_on": "2026-01-05T10:00:00Z", "variants": made}


def signed(name: str, topic: str, about: dict[str, Any], events: tuple[tuple[str, str, str], ...]) -> Hook:
    """As Standard Webhooks has it, with the secret of its own vector: ShipBob publishes no delivery of its own."""
    raw = json.dumps(about).encode()
    secret = STANDARD.get("secret", "whsec_AAAA")
    stamp = str(int(MOMENT.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join((b"msg_1", stamp.encode(), raw)), hashlib.sha256).digest()
    return hooked(name, raw, "msg_1", stamp, f"v1,{base64.b64encode(digest).decode()}", topic, events)


def hooked(
    name: str,
    raw: bytes,
    identity: str,
    stamp: str,
    signature: str,
    topic: str,
    events: tuple[tuple[str, str, str], ...],
) -> Hook:
    headers = {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signature}
    return Hook(
        name,
        {**headers, "x-webhook-topic": topic},
        raw,
        STANDARD.get("secret", ""),
        MOMENT,
        events,
        signed_by=tuple(headers),
        is_timed=True,
    )


SENT = {
    "reference_id": "1042",
    "order_number": "#1042",
    "type": "DTC",
    "shipping_method": "Standard",
    "purchase_date": "2026-09-20T10:00:00Z",
    "recipient": {
        "name": "Warehouse Test",
        "email": "orders@example.com",
        "address": {"address1": "1 Main Street", "city": "Chicago", "state": "IL", "country": "US"},
    },
    "products": [{"reference_id": "MUG-001", "name": "Mug", "quantity": 2}],
}
CANCELLED = {
    "canceled_shipment_results": [
        {"action": "Cancel", "is_success": True, "reason": None, "shipment_id": 11}
    ],
    "order": order(1001, 11, status="Cancelled"),
}

DIALECT = Dialect(
    platform="shipbob",
    contract=lambda: OpenApi.of(SPECS / "shipbob-2026-01.json"),
    settings={"channel_id": "77"},
    secrets={"token": "pat-0123456789abcdef", "webhook_secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="},
    readings=(
        Reading("orders", ORDERS, PAGES, ("1", "2", "3", "4")),
        Reading("orders", ORDERS, PAGES, ("1", "2", "3", "4"), since=SINCE),
        Reading("orders", ORDERS, PAGES, ("1", "2", "3", "4"), since=SINCE, not_final=True),
        Reading("shipments", ORDERS, PAGES, ("11", "12", "41")),
        Reading("shipments", ORDERS, PAGES, ("11", "12", "41"), since=SINCE),
        Reading("shipments", ORDERS, PAGES, ("11", "12", "41"), since=SINCE, not_final=True),
        Reading(
            "stock",
            "/2026-01/inventory-level",
            linked("/2026-01/inventory-level", [level(1), level(2)], [level(3)]),
            ("1", "2", "3"),
        ),
        Reading(
            "variants",
            "/2026-01/product",
            linked("/2026-01/product", [product(1, 11, 12)], [product(2, 21)]),
            ("11", "12", "21"),
            since=SINCE,
        ),
    ),
    writings=(
        Writing("orders", "create", SENT, {"POST /2026-01/order": Says(order(1001), 201)}, "1001"),
        Writing(
            "orders", "cancel", {}, {"POST /2026-01/order/1001:cancel": Says(CANCELLED)}, "1001", given="1001"
        ),
    ),
    hooks=(
        hooked(
            "standard-webhooks",
            STANDARD.get("raw_body", "").encode(),
            STANDARD.get("id", ""),
            STANDARD.get("timestamp", ""),
            STANDARD.get("expected", ""),
            "billing.charge.created",
            (),
        ),
        signed(
            "a-shipment",
            "order.shipment.delivered",
            {"id": 11, "order_id": 1, "status": "Completed"},
            (("order.shipment.delivered", "shipments", "11"),),
        ),
        signed(
            "an-order-with-its-shipments",
            "order.shipped",
            {"id": 1, "shipments": [{"id": 11, "order_id": 1}, {"id": 12, "order_id": 1}]},
            (("order.shipped", "shipments", "11"), ("order.shipped", "shipments", "12")),
        ),
    ),
    refusals=(
        Refusal("wrong-token", Says(None, 401), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", Says(None, 403), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            Says(
                {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 25 seconds."},
                429,
                {"x-retry-after": "25", "x-remaining-calls": "0"},
            ),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=25,
        ),
        Refusal("bad-value", Says({"Limit": ["It is too large."]}, 400), Kind.DATA, "bad_request"),
        Refusal("down", Says(None, 503), Kind.TRANSIENT, "server_error"),
    ),
)
