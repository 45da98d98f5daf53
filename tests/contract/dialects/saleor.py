"""https://docs.saleor.io/api-usage/error-handling: never 401, and errors in three places."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.graphql_schema import GraphQL
from tests.integrations.answering import Asked, Says

PATH = "/graphql/"
MOMENT = "2026-11-20T10:00:00.123456+00:00"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "webhook-secret-0123456789"
SENT_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOME = "V2FyZWhvdXNlOjE="


def money(amount: float, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def taxed(gross: float, tax: float = 0.0) -> dict[str, Any]:
    return {"gross": {"amount": gross}, "tax": {"amount": tax}}


def address() -> dict[str, Any]:
    return {
        "firstName": "Ada",
        "lastName": "Lace",
        "companyName": "",
        "streetAddress1": "1 Main Street",
        "streetAddress2": "",
        "city": "AUSTIN",
        "postalCode": "78701",
        "countryArea": "TX",
        "phone": "+15551234567",
        "country": {"code": "US"},
    }


def transaction(charged: float = 26.5, refunded: float = 0.0, *events: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "VHJhbnNhY3Rpb246MQ==",
        "name": "Credit card",
        "pspReference": "psp-1",
        "createdAt": MOMENT,
        "authorizedAmount": {"amount": 0.0},
        "chargedAmount": {"amount": charged},
        "refundedAmount": {"amount": refunded},
        "events": list(events),
    }


def event(kind: str, amount: float, name: str = "VHJhbnNhY3Rpb25FdmVudDox") -> dict[str, Any]:
    return {
        "id": name,
        "type": kind,
        "createdAt": MOMENT,
        "message": "Broken",
        "pspReference": "psp-2",
        "amount": money(amount),
    }


def payment(status: str = "FULLY_CHARGED", captured: float = 26.5, *events: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "UGF5bWVudDox",
        "name": "mirumee.payments.dummy",
        "pspReference": "old-1",
        "createdAt": MOMENT,
        "chargeStatus": status,
        "capturedAmount": {"amount": captured},
        "events": list(events),
    }


def went(kind: str, amount: float, *, well: bool = True) -> dict[str, Any]:
    """An older payment's event."""
    return {
        "id": "VHJhbnNhY3Rpb246OQ==",
        "type": kind,
        "isSuccess": well,
        "createdAt": MOMENT,
        "amount": money(amount),
    }


def line(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"T3JkZXJMaW5lO{number}",
        "productName": "Mug",
        "variantName": "Blue",
        "productSku": "MUG-001",
        "quantity": 2,
        "quantityFulfilled": 0,
        "isShippingRequired": True,
        "unitPrice": {"gross": {"amount": 12.5}},
        "totalPrice": taxed(25.0, 4.0),
        **more,
    }


def order(name: str = "T3JkZXI6MQ==", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "number": "19",
        "status": "UNFULFILLED",
        "created": MOMENT,
        "updatedAt": MOMENT,
        "userEmail": "ada@example.com",
        "customerNote": "",
        "voucherCode": None,
        "externalReference": None,
        "channel": {"slug": "default-channel", "currencyCode": "USD"},
        "user": {"id": "VXNlcjox", "firstName": "Ada", "lastName": "Lace", "email": "ada@example.com"},
        "billingAddress": address(),
        "shippingAddress": address(),
        "chargeStatus": "FULL",
        "authorizeStatus": "FULL",
        "paymentStatus": "FULLY_CHARGED",
        "total": {"gross": money(26.5), "tax": {"amount": 4.0}},
        "undiscountedTotal": {"gross": {"amount": 29.0}},
        "subtotal": {"gross": {"amount": 25.0}},
        "shippingPrice": {"gross": {"amount": 1.5}},
        "totalRefunded": {"amount": 0.0},
        "lines": [line()],
        "fulfillments": [],
        "transactions": [transaction()],
        "payments": [],
        **more,
    }


def customer(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "email": "ada@example.com",
        "firstName": "Ada",
        "lastName": "Lace",
        "isActive": True,
        "note": None,
        "externalReference": None,
        "dateJoined": MOMENT,
        "updatedAt": MOMENT,
        "defaultShippingAddress": address(),
        "defaultBillingAddress": None,
    }


def variant(name: str, *listings: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "sku": "MUG-001",
        "name": "Blue",
        "updatedAt": MOMENT,
        "externalReference": None,
        "weight": {"unit": "KG", "value": 0.4},
        "product": {"id": "UHJvZHVjdDox", "name": "Mug"},
        "channelListings": list(listings),
    }


def stock(name: str, quantity: int = 9, allocated: int = 2, warehouse: str = HOME) -> dict[str, Any]:
    return {
        "id": name,
        "quantity": quantity,
        "quantityAllocated": allocated,
        "warehouse": {"id": warehouse, "slug": "home" if warehouse == HOME else "away"},
        "productVariant": {"id": "UHJvZHVjdFZhcmlhbnQ6MQ==", "sku": "MUG-001"},
    }


def page(name: str, *nodes: dict[str, Any], behind: str = "") -> Says:
    info = {"hasNextPage": bool(behind), "endCursor": behind or None}
    return Says({"data": {name: {"pageInfo": info, "edges": [{"node": node} for node in nodes]}}})


def pages(
    name: str, first: tuple[dict[str, Any], ...], last: dict[str, Any], since: str = ""
) -> Callable[[Asked], Says]:
    def answer(asked: Asked) -> Says:
        variables = asked.json["variables"]
        told = (variables.get("filter") or {}).get("updatedAt", {}).get("gte", "")
        assert told == since
        assert variables["first"] <= 100
        if variables.get("after") is None:
            return page(name, *first, behind="WyIxIl0=")
        assert variables["after"] == "WyIxIl0="
        return page(name, last)

    return answer


def refused(code: str, message: str = "No.") -> Says:
    error = {"message": message, "path": ["orders"], "extensions": {"exception": {"code": code}}}
    return Says({"errors": [error], "data": {"orders": None}})


def warehouses(*found: tuple[str, str]) -> Says:
    edges = [{"node": {"id": name, "slug": slug}} for name, slug in found or ((HOME, "home"),)]
    return Says({"data": {"warehouses": {"edges": edges}}})


def written(asked: Asked) -> Says:
    query = asked.json["query"]
    if "warehouses(" in query:
        return warehouses()
    if "productVariantStocksUpdate" in query:
        made = {"id": "UHJvZHVjdFZhcmlhbnQ6MQ==", "stocks": [stock("U3RvY2s6MQ==", 7)]}
        return Says({"data": {"productVariantStocksUpdate": {"productVariant": made, "errors": []}}})
    if "productVariant(" in query:
        found = {"id": "UHJvZHVjdFZhcmlhbnQ6MQ==", "sku": "MUG-001", "stocks": [stock("U3RvY2s6MQ==")]}
        return Says({"data": {"productVariant": found}})
    if "orderFulfill" in query:
        return Says({"data": {"orderFulfill": {"fulfillments": [fulfilment("T1")], "errors": []}}})
    name = "customerUpdate" if "customerUpdate" in query else "customerCreate"
    return Says({"data": {name: {"user": customer("VXNlcjo3"), "errors": []}}})


def fulfilment(number: str, status: str = "FULFILLED", name: str = "RnVsZmlsbG1lbnQ6MQ==") -> dict[str, Any]:
    return {"id": name, "status": status, "trackingNumber": number, "created": MOMENT}


def hook(name: str, topic: str, told: Any, *events: tuple[str, str, str]) -> Hook:
    raw = json.dumps(told).encode()
    return Hook(
        name,
        {
            "Saleor-Event": topic,
            "Saleor-Signature": hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest(),
        },
        raw,
        SECRET,
        SENT_AT,
        events,
        signed_by=("Saleor-Signature",),
    )


REFUNDED = {
    "id": "T3JkZXI6MQ==",
    "number": "19",
    "updatedAt": MOMENT,
    "transactions": [transaction(20, 6.5, event("REFUND_SUCCESS", 6.5, "one"), event("REFUND_FAILURE", 1))],
    "payments": [],
}
OLDER = {
    **REFUNDED,
    "id": "T3JkZXI6Mg==",
    "transactions": [],
    "payments": [payment("PARTIALLY_REFUNDED", 20, went("REFUND", 6.5), went("REFUND", 1, well=False))],
}
CUSTOMER_SENT = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lace"}

DIALECT = Dialect(
    platform="saleor",
    contract=lambda: GraphQL.of(SPECS / "saleor.trimmed.graphql", PATH),
    secrets={"token": "token-0123456789abcdef", "webhook_secret": SECRET},
    readings=(
        Reading("orders", PATH, pages("orders", (order("1"), order("2")), order("3")), ("1", "2", "3")),
        Reading(
            "orders",
            PATH,
            pages("orders", (order("1"),), order("2"), "2026-11-20T08:59:00Z"),
            ("1", "2"),
            since=SINCE,
        ),
        Reading("refunds", PATH, pages("orders", (REFUNDED,), OLDER), ("one", "VHJhbnNhY3Rpb246OQ==")),
        Reading(
            "customers",
            PATH,
            pages("customers", (customer("1"),), customer("2"), "2026-11-20T08:59:00Z"),
            ("1", "2"),
            since=SINCE,
        ),
        Reading("variants", PATH, pages("productVariants", (variant("1"),), variant("2")), ("1", "2")),
        Reading("stock", PATH, pages("stocks", (stock("1"),), stock("2")), ("1", "2")),
    ),
    writings=(
        Writing("customers", "create", CUSTOMER_SENT, {f"POST {PATH}": written}, "VXNlcjo3"),
        Writing(
            "customers", "update", CUSTOMER_SENT, {f"POST {PATH}": written}, "VXNlcjo3", given="VXNlcjo3"
        ),
        Writing(
            "stock", "upsert", {"sku": "MUG-001", "available": 5}, {f"POST {PATH}": written}, "U3RvY2s6MQ=="
        ),
        Writing(
            "fulfillments",
            "create",
            {
                "order_id": "T3JkZXI6MQ==",
                "tracking_number": "T1",
                "lines": [{"order_line_id": "T3JkZXJMaW5lOjE=", "quantity": 2}],
            },
            {f"POST {PATH}": written},
            "RnVsZmlsbG1lbnQ6MQ==",
            ids={"order": "T3JkZXI6MQ=="},
        ),
    ),
    hooks=(
        hook(
            "as-asked-for",
            "order_updated",
            {"issuedAt": MOMENT, "order": {"id": "T3JkZXI6MQ=="}},
            ("order_updated", "orders", "T3JkZXI6MQ=="),
        ),
        hook(
            "of-an-older-shop",
            "order_updated",
            [{"type": "Order", "id": "T3JkZXI6MQ=="}],
            ("order_updated", "orders", "T3JkZXI6MQ=="),
        ),
        hook(
            "fulfilment-of-an-older-shop",
            "fulfillment_created",
            [{"type": "Fulfillment", "id": "RnVs", "order": {"id": "T3JkZXI6MQ=="}}],
            ("fulfillment_created", "orders", "T3JkZXI6MQ=="),
        ),
        hook(
            "variant",
            "product_variant_updated",
            {"productVariant": {"id": "UHJv"}},
            ("product_variant_updated", "variants", "UHJv"),
        ),
        hook(
            "customer",
            "customer_deleted",
            {"user": {"id": "VXNlcjo3"}},
            ("customer_deleted", "customers", "VXNlcjo3"),
        ),
        hook("of-no-interest", "menu_created", {"menu": {"id": "x"}}),
    ),
    refusals=(
        Refusal(
            "wrong-token",
            refused("PermissionDenied", "To access this path, you need MANAGE_ORDERS"),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal("token-ended", refused("ExpiredSignatureError"), Kind.CONFIG, "unauthorized"),
        Refusal(
            "unknown-field",
            Says({"errors": [{"message": "Cannot query field", "extensions": {}}]}, 400),
            Kind.CONFIG,
            "unknown_to_this_version",
        ),
        Refusal(
            "too-fast", Says({}, 429, {"Retry-After": "7"}), Kind.TRANSIENT, "rate_limited", retry_after=7
        ),
        Refusal("down", Says({}, 502), Kind.TRANSIENT, "server_error"),
    ),
)
