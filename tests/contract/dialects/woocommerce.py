"""WooCommerce publishes no description of its API: the shop here is as strict as one that was observed, and stricter
with parameters, of which a real one ignores those that it does not know.

https://woocommerce.github.io/woocommerce-rest-api-docs/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

BASE = "/wp-json/wc/v3"
START = datetime(2026, 11, 20, 10, tzinfo=UTC)
OF_ALL_LISTS = {"page", "per_page", "orderby", "order", "_fields"}
OF_ORDERS = {"status", "dates_are_gmt", "modified_after"}
OF_REFUNDS = {"dates_are_gmt", "after"}
OF_PRODUCTS = {"type", "dates_are_gmt", "modified_after"}


def refused(status: int, code: str, message: str = "No.", **data: Any) -> Says:
    return Says({"code": code, "message": message, "data": {"status": status, **data}}, status)


def listed(rows: list[dict[str, Any]], known: set[str], most: int = 100) -> Callable[[Asked], Says]:
    """A list as the shop pages it. `most`: some hosts give fewer than they are asked for."""

    def page(asked: Asked) -> Says:
        params = asked.params
        size = int(params.get("per_page", 10))
        if not set(params) <= known | OF_ALL_LISTS or not 1 <= size <= 100:
            return refused(400, "rest_invalid_param", params={"per_page": "Not so."})
        found = rows
        for name, at in (("modified_after", "date_modified_gmt"), ("after", "date_created_gmt")):
            if name in params:
                # With a zone it would be turned into the shop's own, without dates_are_gmt it would be read as that.
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", params[name])
                assert params["dates_are_gmt"] == "true"
                found = [row for row in found if row[at] > params[name]]
        if "type" in params:
            found = [row for row in found if row["type"] == params["type"]]
        size = min(size, most)
        start = (int(params.get("page", 1)) - 1) * size
        return Says(found[start : start + size], headers={"X-WP-Total": str(len(found))})

    return page


def at(number: int) -> str:
    return (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S")


def thing(name: str, number: int, **more: Any) -> dict[str, Any]:
    times = {"date_created_gmt": at(number), "date_modified_gmt": at(number)}
    return {**sample(f"woocommerce/{name}.json"), "id": number, **times, **more}


def numbers(*parts: range) -> tuple[str, ...]:
    return tuple(str(number) for part in parts for number in part)


def details(asked: Asked) -> Says | None:
    """What is asked for with each row of a list."""
    if asked.params.get("_fields") == "id,number,currency":
        return Says({"id": 727, "number": "727", "currency": "EUR"})
    if found := re.fullmatch(rf"{BASE}/products/(\d+)/variations", asked.path):
        assert set(asked.query) <= OF_ALL_LISTS
        number = int(found[1])
        return Says([thing("product_variation", number * 10 + which, sku=f"S{which}") for which in (1, 2)])
    return None


ORDERS = [thing("order_processing", number) for number in range(1, 102)]
CUSTOMERS = [thing("customer", number) for number in range(1, 102)]
REFUNDS = [thing("order_refund", number, parent_id=727) for number in range(1, 4)]
PRODUCTS = [
    *(thing("product", number, type="simple") for number in range(1, 101)),
    thing("product", 101, type="variable"),
    thing("product", 102, type="grouped"),
]
VARIABLE = [thing("product", number, type="variable") for number in range(101, 104)]
OF_VARIABLE = numbers(*(range(number * 10 + 1, number * 10 + 3) for number in range(101, 104)))

PRODUCT = {"id": 7, "parent_id": 0, "type": "simple", "sku": "MUG-001", "manage_stock": True}
ORDER = {
    "currency": "EUR",
    "set_paid": True,
    "line_items": [
        {"sku": "MUG-001", "quantity": 2, "meta_data": [{"key": "_crossdock_line", "value": "L1"}]}
    ],
    "meta_data": [
        {"key": "_crossdock_reference", "value": "1042"},
        {"key": "_crossdock_placed_at", "value": "2026-11-20T10:00:00+00:00"},
    ],
}
SHIPMENT = {
    "order_id": "727",
    "tracking_number": "T1",
    "carrier": "DHL",
    "lines": [{"line_id": "315", "quantity": 2}, {"line_id": "316", "quantity": 1}],
}
CHANGED = Says({**sample("woocommerce/order_processing.json"), "id": 727})


def hooked(name: str, sent: dict[str, Any], topic: str, events: tuple[tuple[str, str, str], ...]) -> Hook:
    headers = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": sent.get("expected", "")}
    return Hook(
        name,
        {**headers, **sent.get("headers", {})},
        sent.get("raw_body", "").encode(),
        sent.get("secret", ""),
        START,
        events,
        signed_by=("X-WC-Webhook-Signature",),
    )


DIALECT = Dialect(
    platform="woocommerce",
    base=BASE,
    # The signatures of OAuth 1.0a, which plain HTTP needs, are never the same twice; they are tried on their own.
    settings={"sign_in": "basic"},
    secrets={
        "client_id": "ck_0123456789abcdef",
        "client_secret": "cs_0123456789abcdef",
        "webhook_secret": "hook-0123456789abcdef",
    },
    session=details,
    readings=(
        Reading("orders", f"{BASE}/orders", listed(ORDERS, OF_ORDERS), numbers(range(1, 102))),
        Reading(
            "orders",
            f"{BASE}/orders",
            listed(ORDERS, OF_ORDERS, most=20),
            # A minute is read again, and the shop compares with "later than".
            numbers(range(49, 102)),
            since=START + timedelta(minutes=50),
        ),
        Reading("customers", f"{BASE}/customers", listed(CUSTOMERS, set()), numbers(range(1, 102))),
        Reading(
            "variants",
            f"{BASE}/products",
            listed(PRODUCTS, OF_PRODUCTS),
            numbers(range(1, 101), range(1011, 1013)),
        ),
        Reading(
            "stock",
            f"{BASE}/products",
            listed(PRODUCTS, OF_PRODUCTS, most=5),
            numbers(range(95, 101), range(1011, 1013)),
            since=START + timedelta(minutes=96),
        ),
        Reading(
            "stock",
            f"{BASE}/products",
            listed([*PRODUCTS[:3], *VARIABLE], OF_PRODUCTS, most=2),
            OF_VARIABLE,
            since=START,
            not_final=True,
        ),
        Reading("refunds", f"{BASE}/refunds", listed(REFUNDS, OF_REFUNDS, most=2), numbers(range(1, 4))),
        Reading(
            "refunds",
            f"{BASE}/refunds",
            listed(REFUNDS, OF_REFUNDS, most=1),
            ("2", "3"),
            since=START + timedelta(minutes=3),
        ),
    ),
    writings=(
        Writing(
            "stock",
            "upsert",
            {"sku": "MUG-001", "available": 5},
            {
                f"GET {BASE}/products": Says([PRODUCT]),
                f"PUT {BASE}/products/7": Says({**PRODUCT, "stock_quantity": 5}),
            },
            "7",
        ),
        Writing("orders", "create", ORDER, {f"POST {BASE}/orders": CHANGED}, "727"),
        Writing(
            "orders",
            "update",
            {**ORDER, "billing": {"city": "Berlin"}},
            {f"PUT {BASE}/orders/727": CHANGED},
            "727",
            given="727",
        ),
        *(
            Writing("orders", action, {}, {f"PUT {BASE}/orders/727": CHANGED}, "727", given="727")
            for action in ("cancel", "complete")
        ),
        Writing(
            "fulfillments",
            "create",
            SHIPMENT,
            {
                f"POST {BASE}/orders/727/notes": Says(
                    {"id": 281, "note": "DHL T1", "customer_note": False}, 201
                ),
                f"GET {BASE}/orders/727": CHANGED,
                f"PUT {BASE}/orders/727": CHANGED,
            },
            "281",
            ids={"order": "727"},
        ),
    ),
    hooks=(
        hooked(
            "as-in-the-code",
            vector("woocommerce", "webhook"),
            "order.updated",
            (("order.updated", "orders", "1"),),
        ),
        hooked(
            "order-updated",
            sample("woocommerce/webhook_order_updated.derived.json"),
            "order.updated",
            (("order.updated", "orders", "727"),),
        ),
    ),
    refusals=(
        Refusal(
            "wrong-secret",
            refused(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid."),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal("not-let-in", refused(401, "woocommerce_rest_cannot_view"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "woocommerce_rest_cannot_view"), Kind.CONFIG, "forbidden"),
        Refusal("no-such-call", refused(404, "rest_no_route"), Kind.CONFIG, "no_such_call"),
        Refusal(
            "wrong-value",
            refused(400, "rest_invalid_param", params={"modified_after": "Invalid date."}),
            Kind.DATA,
            "invalid_param",
        ),
        # By the shop's host or a firewall, which speak HTML.
        Refusal(
            "too-fast",
            Says(
                None, 429, {"Content-Type": "text/html", "Retry-After": "30"}, raw=b"<html>Slow down</html>"
            ),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=30,
        ),
        Refusal(
            "under-maintenance",
            Says(None, 503, {"Content-Type": "text/html", "Retry-After": "600"}, raw=b"<html>Briefly</html>"),
            Kind.TRANSIENT,
            "server_error",
        ),
        Refusal(
            "fell-over",
            refused(500, "internal_server_error", "Critical error."),
            Kind.TRANSIENT,
            "server_error",
        ),
    ),
)
