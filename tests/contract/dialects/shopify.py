"""https://shopify.dev/docs/api/admin-graphql/2026-07, https://shopify.dev/docs/api/admin-graphql#status_and_error_codes"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_variable
from tests.contract.graphql_schema import GraphQL
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

PATH = "/admin/api/2026-07/graphql.json"
MOMENT = "2026-11-20T10:00:00Z"
SINCE = datetime(2026, 11, 19, tzinfo=UTC)
KEY = "key-0123456789abcdef"


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def money(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def both(amount: str, currency: str = "EUR", paid: str = "", paid_in: str = "") -> dict[str, Any]:
    """In the store's currency and in the customer's."""
    theirs = {"amount": paid or amount, "currencyCode": paid_in or currency}
    return {**money(amount, currency), "presentmentMoney": theirs}


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": gid("LineItem", number),
        "name": "Mug - blue",
        "sku": "MUG-001",
        "quantity": 2,
        "currentQuantity": 2,
        "unfulfilledQuantity": 2,
        "requiresShipping": True,
        "variant": None,
        "originalUnitPriceSet": money("10.00"),
        "originalTotalSet": money("20.00"),
        "discountedTotalSet": money("18.00"),
        "taxLines": [{"priceSet": money("2.87")}],
        **more,
    }


def transaction(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": gid("OrderTransaction", number),
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "paymentId": f"#1042.{number}",
        "createdAt": MOMENT,
        "processedAt": MOMENT,
        "test": False,
        "errorCode": None,
        "amountSet": both("18.00"),
        "parentTransaction": None,
        "order": {"id": gid("Order", 1), "name": "#1042"},
        **more,
    }


def refund(number: int, note: str | None = "Broken", **more: Any) -> dict[str, Any]:
    return {
        "id": gid("Refund", number),
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "note": note,
        "totalRefundedSet": money("5.00"),
        "order": {"id": gid("Order", 1), "name": "#1042"},
        **more,
    }


def connected(rows: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": after is not None, "endCursor": after}, "nodes": rows}


def order(number: int, **more: Any) -> dict[str, Any]:
    """As the connector asks for it: placed by a guest, paid, not shipped."""
    return {
        "id": gid("Order", number),
        "name": "#1042",
        "createdAt": MOMENT,
        "processedAt": MOMENT,
        "updatedAt": MOMENT,
        "cancelledAt": None,
        "cancelReason": None,
        "closed": False,
        "test": False,
        "edited": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "taxesIncluded": True,
        "email": "ada@example.com",
        "phone": None,
        "note": None,
        "tags": [],
        "sourceName": "web",
        "discountCodes": ["TEA"],
        "paymentGatewayNames": ["shopify_payments"],
        "currentTotalPriceSet": both("18.00"),
        "totalPriceSet": money("18.00"),
        "currentSubtotalPriceSet": money("18.00"),
        "currentTotalTaxSet": money("2.87"),
        "currentTotalDiscountsSet": money("2.00"),
        "currentShippingPriceSet": money("0.00"),
        "customer": None,
        "shippingAddress": None,
        "billingAddress": None,
        "transactions": [transaction(1)],
        "refunds": [],
        "fulfillments": [],
        "fulfillmentOrders": connected([]),
        "lineItems": connected([line(7)]),
        **more,
    }


def customer(number: int) -> dict[str, Any]:
    return {
        "id": gid("Customer", number),
        "firstName": "Ada",
        "lastName": "🍵",
        "displayName": "Ada 🍵",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "tags": ["tea"],
        "note": None,
        "verifiedEmail": True,
        "defaultEmailAddress": {"emailAddress": f"{number}@example.com", "marketingState": "SUBSCRIBED"},
        "defaultPhoneNumber": None,
        "defaultAddress": None,
    }


def variant(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": gid("ProductVariant", number),
        "sku": "MUG-001",
        "title": "blue",
        "displayName": "Mug - blue",
        "barcode": None,
        "price": "10.00",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "product": {
            "id": gid("Product", 1),
            "title": "Mug",
            "status": "ACTIVE",
            "priceRangeV2": {"minVariantPrice": {"currencyCode": "EUR"}},
        },
        "inventoryItem": {
            "id": gid("InventoryItem", 11),
            "tracked": True,
            "measurement": {"weight": {"unit": "POUNDS", "value": 0.5}},
        },
        **more,
    }


def level(number: int) -> dict[str, Any]:
    quantities = {"available": 3, "on_hand": 5, "committed": 2}
    return {
        "id": gid("InventoryLevel", f"{number}?inventory_item_id=11"),
        "updatedAt": MOMENT,
        "item": {"id": gid("InventoryItem", 11), "sku": "MUG-001", "tracked": True},
        "location": {"id": gid("Location", 5), "name": "Main"},
        "quantities": [
            {"name": name, "quantity": quantity, "updatedAt": MOMENT} for name, quantity in quantities.items()
        ],
    }


def fulfillment(number: int, **more: Any) -> dict[str, Any]:
    parts = [
        {
            "id": gid("FulfillmentLineItem", 3),
            "quantity": 1,
            "lineItem": {"id": gid("LineItem", 7), "sku": "MUG-001"},
        }
    ]
    return {
        "id": gid("Fulfillment", number),
        "name": "#1042-F1",
        "status": "SUCCESS",
        "displayStatus": "FULFILLED",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "deliveredAt": None,
        "trackingInfo": [{"company": "DHL", "number": "T1", "url": None}],
        "order": {"id": gid("Order", 1), "name": "#1042"},
        "fulfillmentLineItems": {"nodes": parts},
        **more,
    }


def page(at: str, rows: list[dict[str, Any]], after: str | None = None) -> Says:
    """A connection at a dotted place of the answer."""
    found: dict[str, Any] = connected(rows, after)
    for name in reversed(at.split(".")):
        found = {name: found}
    return Says({"data": found})


def pages(at: str, make: Callable[[int], dict[str, Any]]) -> Callable[[Asked], Says]:
    return by_variable(
        "after", {None: page(at, [make(3), make(2)], "cursor-2"), "cursor-2": page(at, [make(1)])}
    )


def few(then: Callable[[Asked], Says]) -> Callable[[Asked], Says]:
    """A store that is asked first how much it has, and is too small to be exported."""

    def answer(asked: Asked) -> Says:
        return Says({"data": {"many": {"count": 3}}}) if "Count(" in asked.json["query"] else then(asked)

    return answer


def parts(name: str, make: Callable[[int], dict[str, Any]]) -> Callable[[Asked], Says]:
    """Orders that have changed, for what they hold."""
    return pages("orders", lambda number: {"id": gid("Order", number), name: [make(number)]})


LEVELS: dict[str, Any] = {
    "location": {"id": gid("Location", 5), "name": "Main"},
    "inventoryItems": {
        "nodes": [
            {
                "id": gid("InventoryItem", 11),
                "sku": "MUG-001",
                "inventoryLevels": {
                    "nodes": [
                        {
                            "id": gid("InventoryLevel", "4?inventory_item_id=11"),
                            "location": {"id": gid("Location", 4)},
                        },
                        {
                            "id": gid("InventoryLevel", "5?inventory_item_id=11"),
                            "location": {"id": gid("Location", 5)},
                        },
                    ]
                },
            }
        ]
    },
}
TO_FULFIL: dict[str, Any] = {
    "order": {
        "name": "#1042",
        "fulfillmentOrders": connected(
            [
                {
                    "id": gid("FulfillmentOrder", 21),
                    "status": "OPEN",
                    "assignedLocation": {"location": {"id": gid("Location", 5)}},
                    "lineItems": {
                        "nodes": [
                            {
                                "id": gid("FulfillmentOrderLineItem", 31),
                                "remainingQuantity": 2,
                                "lineItem": {"id": gid("LineItem", 7)},
                            }
                        ]
                    },
                }
            ]
        ),
    }
}
PAID = {
    "order": {
        "transactions": [
            {
                "id": gid("OrderTransaction", 1),
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": "shopify_payments",
            }
        ]
    }
}
ANSWERS: dict[str, dict[str, Any]] = {
    "inventoryItems(": LEVELS,
    "inventorySetQuantities(": {
        "inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": []}
    },
    "fulfillmentOrders(": TO_FULFIL,
    "fulfillmentCreate(": {"fulfillmentCreate": {"fulfillment": fulfillment(9), "userErrors": []}},
    "fulfillmentTrackingInfoUpdate(": {
        "fulfillmentTrackingInfoUpdate": {"fulfillment": fulfillment(9), "userErrors": []}
    },
    "fulfillmentCancel(": {
        "fulfillmentCancel": {"fulfillment": fulfillment(9, status="CANCELLED"), "userErrors": []}
    },
    "refundCreate(": {"refundCreate": {"refund": refund(8, "Broken (R1)"), "userErrors": []}},
    "transactions {": PAID,
    "orderCancel(": {"orderCancel": {"job": {"id": gid("Job", 1)}, "orderCancelUserErrors": []}},
    "customerSet(": {"customerSet": {"customer": customer(6), "userErrors": []}},
}


def answered(asked: Asked) -> Says:
    """By what is asked for; the first that fits."""
    found = next(answer for sign, answer in ANSWERS.items() if sign in asked.json["query"])
    return Says({"data": found})


ALL = {f"POST {PATH}": answered}


def refused(code: str) -> Says:
    return Says({"errors": [{"message": "No.", "extensions": {"code": code}}]})


def hooked(name: str, sent: dict[str, Any], topic: str, events: tuple[tuple[str, str, str], ...]) -> Hook:
    headers = sent.get("headers") or {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": sent.get("expected", ""),
    }
    return Hook(
        name,
        headers,
        sent.get("raw_body", "").encode(),
        sent.get("secret", ""),
        datetime(2026, 8, 1, 10, 0, tzinfo=UTC),
        events,
        signed_by=("X-Shopify-Hmac-Sha256",),
    )


DIALECT = Dialect(
    platform="shopify",
    contract=lambda: GraphQL.of(SPECS / "shopify-admin-2026-07.trimmed.graphql", PATH),
    secrets={"token": "shpat_0123456789abcdef", "webhook_secret": "shpss_0123456789abcdef"},
    settings={"location": "5"},
    readings=(
        Reading("orders", PATH, few(pages("orders", order)), ("3", "2", "1")),
        Reading("orders", PATH, pages("orders", order), ("3", "2", "1"), since=SINCE),
        Reading("customers", PATH, pages("customers", customer), ("3", "2", "1"), since=SINCE),
        Reading("variants", PATH, pages("productVariants", variant), ("3", "2", "1"), since=SINCE),
        Reading(
            "stock",
            PATH,
            pages("location.inventoryLevels", level),
            ("3?inventory_item_id=11", "2?inventory_item_id=11", "1?inventory_item_id=11"),
            since=SINCE,
        ),
        Reading("payments", PATH, parts("transactions", transaction), ("3", "2", "1"), since=SINCE),
        Reading("refunds", PATH, parts("refunds", refund), ("3", "2", "1"), since=SINCE),
        Reading("fulfillments", PATH, parts("fulfillments", fulfillment), ("3", "2", "1"), since=SINCE),
    ),
    writings=(
        Writing("stock", "upsert", {"sku": "MUG-001", "available": 3}, ALL, "5?inventory_item_id=11"),
        Writing(
            "stock",
            "upsert",
            {"sku": "MUG-001", "available": 3, "change_from": 2, "location": "4"},
            ALL,
            "4?inventory_item_id=11",
        ),
        Writing(
            "refunds",
            "create",
            {"order_id": "1", "reference": "R1", "amount": "5.00", "currency": "EUR", "note": "Broken"},
            ALL,
            "8",
            ids={"order": "1"},
        ),
        Writing(
            "fulfillments",
            "create",
            {
                "order_id": "1",
                "tracking": {"number": "T1", "company": "DHL"},
                "lines": [{"line_id": "7", "quantity": 1}],
            },
            ALL,
            "9",
            ids={"order": "1"},
        ),
        Writing("fulfillments", "update", {"tracking": {"number": "T2"}}, ALL, "9", given="9"),
        Writing("fulfillments", "cancel", {}, ALL, "9", given="9"),
        Writing("orders", "cancel", {}, ALL, "1", given="1"),
        Writing("customers", "upsert", {"email": "6@example.com", "firstName": "Ada"}, ALL, "6"),
    ),
    hooks=(
        hooked("vendors-vector", vector("shopify", "webhook"), "app/uninstalled", ()),
        hooked(
            "orders-updated",
            sample("shopify/webhook_orders_updated.derived.json"),
            "",
            (("orders/updated", "orders", "450789469"),),
        ),
    ),
    refusals=(
        Refusal("wrong-key", Says({"errors": "[API] Invalid"}, 401), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused("ACCESS_DENIED"), Kind.CONFIG, "access_denied"),
        Refusal(
            "throttled",
            Says(sample("shopify/graphql_throttled.derived.json")),
            Kind.TRANSIENT,
            "rate_limited",
            # 202 points are wanted, 118 are there, and 50 come each second.
            retry_after=1.68,
        ),
        Refusal(
            "throttled-by-status", Says({}, 429, {"Retry-After": "2"}), Kind.TRANSIENT, "rate_limited", 2
        ),
        Refusal("security", Says({}, 430), Kind.TRANSIENT, "rate_limited"),
        Refusal("frozen", Says({"errors": "Unavailable Shop"}, 402), Kind.CONFIG, "payment_required"),
        Refusal("fault", refused("INTERNAL_SERVER_ERROR"), Kind.TRANSIENT, "internal_server_error"),
        Refusal("down", Says({}, 503), Kind.TRANSIENT, "server_error"),
    ),
)
