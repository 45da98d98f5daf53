"""https://developer.bigcommerce.com/docs/start/about/status-codes

Orders are of version 2, which ends a list with an empty answer; all else is of version 3, which counts its pages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample
from tests.integrations.answering import Asked, Says

STORE = "/stores/abc123"
V2, V3 = f"{STORE}/v2", f"{STORE}/v3"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "client-secret-0123456789"
SENT_AT = 1_795_168_800


class BothVersions:
    """Two documents of one vendor, of which each knows its own version's calls."""

    def __init__(self) -> None:
        older = SPECS / "bigcommerce-orders-v2.json"
        names = ("orders", "customers", "products", "variants", "inventory", "webhooks")
        newer = [SPECS / f"bigcommerce-{name}-v3.json" for name in names]
        self.of = {V2: OpenApi.of(older, mount=V2), V3: OpenApi.of(*newer, mount=V3)}

    def _fitting(self, asked: Asked) -> OpenApi:
        return self.of[V2 if asked.path.startswith(V2) else V3]

    def request_problems(self, asked: Asked) -> list[str]:
        wanted = asked.headers.get("accept")
        told = [] if wanted == "application/json" else [f"{asked.path} would be answered in XML"]
        return [*told, *self._fitting(asked).request_problems(asked)]

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        # The end of a list is in the vendor's prose alone.
        if says.status == 204 and asked.method == "GET":
            return []
        return self._fitting(asked).answer_problems(asked, says)


def line(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "order_address_id": 51, "sku": "MUG-001", "quantity": 2, **more}


def order(number: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {**sample("bigcommerce/order_v2.json"), "id": number, "coupon_discount": "0.0000", **more}
    shipping = {"id": 51, "first_name": "Jane", "line_items": list(lines or [line(number * 10)])}
    return {
        **made,
        "consignments": {
            "shipping": [shipping],
            "pickups": [],
            "downloads": [],
            "email": {"gift_certificates": []},
        },
    }


def rows(*found: dict[str, Any], page: int = 1, pages: int = 2) -> Says:
    return Says({"data": list(found), "meta": {"pagination": {"current_page": page, "total_pages": pages}}})


def paged(*pages: Says, since: tuple[str, str] | None = None) -> Callable[[Asked], Says]:
    """By number. `since`: the parameter that narrows the list, and what it must say."""

    def page(asked: Asked) -> Says:
        if since is not None:
            assert asked.params[since[0]] == since[1]
        number = int(asked.params["page"])
        return pages[number - 1] if number <= len(pages) else Says(status=204)

    return page


def customer(number: int) -> dict[str, Any]:
    made = (
        sample("bigcommerce/customers_v3.json")["data"][0] if sample("bigcommerce/customers_v3.json") else {}
    )
    return {**made, "id": number, "email": f"{number}@example.com", "date_modified": "2026-11-20T10:00:00Z"}


def product(number: int, *variants: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Mug",
        "price": 12.5,
        "date_modified": "2026-11-20T10:00:00+00:00",
        "variants": [{"id": one, "product_id": number, "sku": f"MUG-{one}", "price": 13} for one in variants],
    }


def item(variant: int, sku: str = "") -> dict[str, Any]:
    place = {"location_id": 1, "location_code": "main", "available_to_sell": 7, "total_inventory_onhand": 8}
    identity = {"sku": sku or f"MUG-{variant}", "variant_id": variant, "product_id": 1}
    return {"identity": identity, "locations": [place]}


def refund(number: int) -> dict[str, Any]:
    """Without what the vendor's example has and its document does not allow: an amount that is null."""
    made = (sample("bigcommerce/refund_v3.json") or {"data": {}})["data"]
    items = [{**one, "requested_amount": 50} for one in made.get("items", [])]
    return {**made, "id": number, "order_id": 180, "items": items}


def shipment(number: int, tracking: str = "T1") -> dict[str, Any]:
    made = (sample("bigcommerce/order_shipments_v2.json") or [{}])[0]
    return {**made, "id": number, "tracking_number": tracking}


def refused(status: int, title: str = "No.", headers: dict[str, str] | None = None, **more: Any) -> Says:
    return Says({"status": status, "title": title, "type": "about:blank", **more}, status, headers or {})


def signed(raw: bytes, number: str = "msg_1", moment: int = SENT_AT) -> dict[str, str]:
    """Standard Webhooks: its key is base64 of the client secret, which is the secret itself again."""
    key = base64.b64decode(base64.b64encode(SECRET.encode()))
    digest = hmac.new(key, f"{number}.{moment}.".encode() + raw, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {
        "webhook-id": number,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,b3RoZXI= {signature}",
    }


def hook(name: str, told: dict[str, Any], *events: tuple[str, str, str]) -> Hook:
    raw = orjson.dumps(told)
    return Hook(
        name,
        signed(raw),
        raw,
        SECRET,
        datetime.fromtimestamp(SENT_AT, UTC),
        events,
        signed_by=("webhook-id", "webhook-timestamp", "webhook-signature"),
        is_timed=True,
    )


def event(scope: str, **data: Any) -> dict[str, Any]:
    return {"scope": scope, "store_id": "11111", "producer": "stores/abc123", "data": data, "hash": "3f9e"}


CHANGED = "2026-11-20T08:58:59Z"
MADE = {"email": "7@example.com", "first_name": "Ada", "last_name": "Lace"}

DIALECT = Dialect(
    platform="bigcommerce",
    contract=BothVersions,
    settings={"store_hash": "abc123"},
    secrets={"token": "token-0123456789abcdef", "webhook_secret": SECRET},
    readings=(
        Reading(
            "orders",
            f"{V2}/orders",
            paged(Says([order(1), order(2)]), Says([order(3), order(4, status_id=0)])),
            ("1", "2", "3"),
        ),
        Reading(
            "orders",
            f"{V2}/orders",
            paged(Says([order(1)]), Says([order(2)]), since=("min_date_modified", CHANGED)),
            ("1", "2"),
            since=SINCE,
        ),
        Reading(
            "customers",
            f"{V3}/customers",
            paged(rows(customer(1), customer(2)), rows(customer(3), page=2)),
            ("1", "2", "3"),
        ),
        Reading(
            "customers",
            f"{V3}/customers",
            paged(
                rows(customer(1)),
                rows(customer(2), page=2),
                since=("date_modified:min", "2026-11-20T08:58:59"),
            ),
            ("1", "2"),
            since=SINCE,
        ),
        Reading(
            "variants",
            f"{V3}/catalog/products",
            paged(rows(product(1, 11, 12)), rows(product(2, 21), page=2)),
            ("11", "12", "21"),
        ),
        Reading(
            "variants",
            f"{V3}/catalog/products",
            paged(rows(product(1, 11)), rows(product(2, 21), page=2), since=("date_modified:min", CHANGED)),
            ("11", "21"),
            since=SINCE,
        ),
        Reading(
            "stock",
            f"{V3}/inventory/items",
            paged(rows(item(11), item(12)), rows(item(21), page=2)),
            ("11", "12", "21"),
        ),
    ),
    writings=(
        Writing(
            "customers",
            "create",
            MADE,
            {f"POST {V3}/customers": Says({"data": [customer(7)], "meta": {}})},
            "7",
        ),
        Writing(
            "customers",
            "update",
            MADE,
            {f"PUT {V3}/customers": Says({"data": [customer(7)], "meta": {}})},
            "7",
            given="7",
        ),
        Writing(
            "stock",
            "upsert",
            {"sku": "MUG-11", "available": 5},
            {
                f"GET {V3}/inventory/items": rows(item(11), pages=1),
                f"PUT {V3}/inventory/adjustments/absolute": Says({"transaction_id": "t-1"}),
            },
            "11",
        ),
        Writing(
            "shipments",
            "create",
            {
                "order_id": "7",
                "tracking_number": "T1",
                "shipping_provider": "ups",
                "items": [{"order_product_id": 70, "quantity": 2}],
            },
            {
                f"GET {V2}/orders/7/products": Says([line(70), line(71, order_address_id=52)]),
                f"POST {V2}/orders/7/shipments": Says(shipment(6), 201),
            },
            "6",
            ids={"order": "7"},
        ),
    ),
    hooks=(
        hook(
            "as-documented",
            sample("bigcommerce/webhook_order_status_updated.json"),
            ("store/order/statusUpdated", "orders", "173331"),
        ),
        hook(
            "refund",
            event("store/order/refund/created", type="order", id=250, refund={"refund_id": 3}),
            ("store/order/refund/created", "refunds", "3"),
        ),
        hook(
            "shipment",
            event("store/shipment/created", type="shipment", id=12, orderId=251),
            ("store/shipment/created", "orders", "251"),
        ),
        hook(
            "address",
            event("store/customer/address/updated", type="customer", id=60, address={"customer_id": 32}),
            ("store/customer/address/updated", "customers", "32"),
        ),
        hook(
            "stock",
            event("store/sku/inventory/updated", type="sku", id=461, inventory={"variant_id": 509}),
            ("store/sku/inventory/updated", "stock", "509"),
        ),
        hook("of-no-interest", event("store/cart/created", type="cart", id="x")),
    ),
    refusals=(
        Refusal("wrong-key", refused(401), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, headers={"X-Rate-Limit-Time-Reset-Ms": "7000", "X-Rate-Limit-Requests-Left": "0"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=7,
        ),
        Refusal("overloaded", refused(429), Kind.TRANSIENT, "rate_limited"),
        Refusal("filtered-wrongly", refused(422, errors={"sort": "It is none."}), Kind.DATA, "refused"),
        Refusal("down", refused(503), Kind.TRANSIENT, "server_error"),
    ),
)
