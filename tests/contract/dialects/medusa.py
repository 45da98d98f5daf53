"""https://docs.medusajs.com/api/admin

Medusa's document of October 2024 judges, with four slips taken out that its source code shows: a secret key goes into a
Basic header, what did not happen has no time, a list of customers is a list, and stock is set together in one call.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.medusa_payloads import (
    HERE,
    LATER,
    customer,
    fulfilment,
    item,
    level,
    order,
    payment,
    refund,
    variant,
)
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "a-secret-of-our-own"
TOGETHER = "/admin/inventory-items/location-levels/batch"
# What may be null there, though the document says nothing of it.
EMPTY = {
    *("packed_at", "shipped_at", "delivered_at", "canceled_at", "captured_at", "deleted_at", "display_id"),
    *("sku", "barcode", "ean", "upc", "hs_code", "origin_country", "mid_code", "material", "variant_sku"),
    *("variant_barcode", "variant_title", "subtitle", "thumbnail", "product_description", "product_subtitle"),
    *("product_type", "product_collection", "variant_option_values", "metadata", "note", "company", "phone"),
    *("address_2", "province", "company_name", "first_name", "last_name", "title", "min_quantity"),
    *(
        "max_quantity",
        "default_billing_address_id",
        "default_shipping_address_id",
        "address_name",
        "customer",
    ),
    *("weight", "length", "height", "width", "shipping_address", "billing_address", "customer_id"),
}


@lru_cache(maxsize=1)
def contract() -> OpenApi:
    document = json.loads((SPECS / "medusa-admin-v2.json").read_text())
    document["components"]["securitySchemes"]["api_token"] = {"type": "http", "scheme": "basic"}
    _or_nothing(document["components"]["schemas"])
    listed = document["paths"]["/admin/customers"]["get"]["responses"]["200"]["content"]["application/json"]
    named = listed["schema"]["allOf"][1]["properties"]
    named["customers"] = {"type": "array", "items": named["customers"]}
    document["paths"][TOGETHER] = _set_together(document)
    return OpenApi(document)


def _or_nothing(part: Any) -> None:
    """What is not there is null: the document tells it nowhere."""
    if isinstance(part, list):
        for one in part:
            _or_nothing(one)
    elif isinstance(part, dict):
        for name, below in (part.get("properties") or {}).items():
            if name in EMPTY:
                below["nullable"] = True
        for below in part.values():
            _or_nothing(below)


def _set_together(document: dict[str, Any]) -> dict[str, Any]:
    """As the validator of that route in packages/medusa/src/api/admin/inventory-items has it."""
    texts = {name: {"type": "string"} for name in ("inventory_item_id", "location_id")}
    numbers = {name: {"type": "number", "minimum": 0} for name in ("stocked_quantity", "incoming_quantity")}
    level = {"type": "object", "required": list(texts), "properties": {**texts, **numbers}}
    levels = {"type": "array", "items": level}
    schema = {"type": "object", "properties": {"create": levels, "update": levels}}
    single = document["paths"]["/admin/inventory-items/{id}/location-levels/batch"]["post"]
    shown = {"schema": {"type": "object", "required": ["created", "updated"]}}
    return {
        "post": {
            "security": single["security"],
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": "OK", "content": {"application/json": shown}}},
        }
    }


def listed(of: str, *rows: dict[str, Any], count: int | None = None) -> Says:
    total = len(rows) if count is None else count
    return Says({of: list(rows), "limit": 100, "offset": 0, "count": total})


def pages(of: str, *rows: dict[str, Any], **wanted: str) -> Any:
    """Two on the first page and the rest on the second, by id. `wanted`: what else must be asked for."""

    def page(asked: Asked) -> Says:
        assert (asked.params["order"], asked.params["limit"]) == ("id", "100")
        times = {name: value for name, value in asked.params.items() if name.endswith("[$gte]")}
        assert times == wanted
        start = int(asked.params["offset"])
        return listed(of, *(rows[:2] if start == 0 else rows[start:]), count=len(rows))

    return page


def young(of: str, *rows: dict[str, Any]) -> Any:
    """Made in the last thirty days, whatever changed in them."""

    def page(asked: Asked) -> Says:
        told = datetime.fromisoformat(asked.params["created_at[$gte]"])
        assert abs(datetime.now(UTC) - timedelta(days=30) - told) < timedelta(minutes=1)
        assert "updated_at[$gte]" not in asked.params
        start = int(asked.params["offset"])
        return listed(of, *(rows[:2] if start == 0 else rows[start:]), count=len(rows))

    return page


CHANGED = {"updated_at[$gte]": "2026-11-20T08:59:00Z"}
THREE_ORDERS = tuple(order(number) for number in (1, 2, 3))
THREE_PAYMENTS = (payment(1, refund(1)), payment(2), payment(3, refund(2), refund(3)))


def named(kind: str) -> tuple[str, ...]:
    return tuple(f"{kind}_{number}" for number in (1, 2, 3))


DIALECT = Dialect(
    platform="medusa",
    contract=contract,
    settings={"location_id": HERE},
    secrets={"token": "sk_0123456789abcdef", "webhook_secret": SECRET},
    readings=(
        Reading("orders", "/admin/orders", pages("orders", *THREE_ORDERS), named("order")),
        Reading(
            "orders", "/admin/orders", pages("orders", *THREE_ORDERS, **CHANGED), named("order"), since=SINCE
        ),
        Reading(
            "orders",
            "/admin/orders",
            young("orders", *THREE_ORDERS),
            named("order"),
            since=SINCE,
            not_final=True,
        ),
        Reading(
            "customers",
            "/admin/customers",
            pages("customers", *(customer(number) for number in (1, 2, 3)), **CHANGED),
            named("cus"),
            since=SINCE,
        ),
        Reading(
            "variants",
            "/admin/product-variants",
            pages("variants", *(variant(number) for number in (1, 2, 3))),
            named("variant"),
        ),
        Reading(
            "stock",
            "/admin/inventory-items",
            pages("inventory_items", *(item(number, level(5, 2)) for number in (1, 2, 3))),
            named("iitem"),
        ),
        Reading(
            "payments",
            "/admin/payments",
            pages("payments", *THREE_PAYMENTS, **CHANGED),
            named("pay"),
            since=SINCE,
        ),
        Reading(
            "refunds",
            "/admin/payments",
            young("payments", *THREE_PAYMENTS),
            named("ref"),
            since=SINCE,
            not_final=True,
        ),
    ),
    writings=(
        Writing(
            "orders",
            "cancel",
            {"status": "cancelled"},
            {"POST /admin/orders/order_1/cancel": Says({"order": order(1, status="canceled")})},
            "order_1",
            given="order_1",
        ),
        Writing(
            "customers",
            "upsert",
            {
                "email": "1@example.com",
                "first_name": "Ada",
                "last_name": "L",
                "company_name": "",
                "phone": "+441234567890",
                "metadata": {},
            },
            {
                "GET /admin/customers": listed("customers"),
                "POST /admin/customers": Says({"customer": customer(1)}),
            },
            "cus_1",
        ),
        Writing(
            "stock",
            "upsert",
            {"sku": "MUG-001", "available": 3},
            {
                "GET /admin/inventory-items": listed("inventory_items", item(1, level(5, 2))),
                f"POST /admin/inventory-items/iitem_1/location-levels/{HERE}": Says(
                    {"inventory_item": item(1)}
                ),
            },
            "iitem_1",
        ),
        Writing(
            "fulfillments",
            "create",
            {"order_id": "order_1", "tracking_number": "T1", "lines": [{"id": "ordli_1", "quantity": 2}]},
            {
                "POST /admin/orders/order_1/fulfillments": Says(
                    {"order": order(1, fulfillments=[fulfilment(1, metadata={"crossdock": "T1"})])}
                ),
                "POST /admin/orders/order_1/fulfillments/ful_1/shipments": Says(
                    {"order": order(1, fulfillments=[fulfilment(1, "T1", shipped_at=LATER)])}
                ),
            },
            "ful_1",
            ids={"order": "order_1"},
        ),
        Writing(
            "refunds",
            "create",
            {"payment_id": "pay_1", "amount": "4.50", "reference": "R-1", "reason": "Broken"},
            {"POST /admin/payments/pay_1/refund": Says({"payment": payment(1, refund(1))})},
            "ref_1",
        ),
    ),
    hooks=(
        Hook(
            "shipped",
            {"X-Crossdock-Secret": SECRET, "Content-Type": "application/json"},
            json.dumps(
                {
                    "name": "order.fulfillment_created",
                    "data": {"order_id": "order_1", "fulfillment_id": "ful_1"},
                }
            ).encode(),
            SECRET,
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            (("order.fulfillment_created", "orders", "order_1"),),
            signed_by=("X-Crossdock-Secret",),
            signs_body=False,
        ),
        Hook(
            "refunded",
            {"X-Crossdock-Secret": SECRET, "Content-Type": "application/json"},
            json.dumps({"name": "payment.refunded", "data": {"id": "pay_1"}}).encode(),
            SECRET,
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            (("payment.refunded", "payments", "pay_1"),),
            signed_by=("X-Crossdock-Secret",),
            signs_body=False,
        ),
        Hook(
            "of-no-interest",
            {"X-Crossdock-Secret": SECRET, "Content-Type": "application/json"},
            json.dumps({"name": "cart.updated", "data": {"id": "cart_1"}}).encode(),
            SECRET,
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            (),
            signed_by=("X-Crossdock-Secret",),
            signs_body=False,
        ),
    ),
    refusals=(
        Refusal("wrong-key", Says(raw=b"Unauthorized", status=401), Kind.CONFIG, "unauthorized"),
        Refusal(
            "wrong-question",
            Says({"type": "invalid_data", "message": "Invalid request: Unrecognized fields"}, 400),
            Kind.DATA,
            "refused",
        ),
        Refusal("another-server", Says(raw=b"Cannot GET", status=404), Kind.CONFIG, "no_such_call"),
        Refusal(
            "at-the-same-moment",
            Says({"code": "invalid_state_error", "type": "conflict", "message": "Conflict"}, 409),
            Kind.TRANSIENT,
            "temporary",
        ),
        Refusal(
            "too-fast-for-the-host",
            Says({"message": "Slow down"}, 429, {"Retry-After": "4"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=4,
        ),
        Refusal(
            "down",
            Says({"code": "unknown_error", "type": "unknown_error", "message": "An unknown error"}, 500),
            Kind.TRANSIENT,
            "server_error",
        ),
    ),
)
