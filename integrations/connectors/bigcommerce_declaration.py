"""What BigCommerce's REST API looks like: orders in its version 2, all else in version 3.

https://developer.bigcommerce.com/docs/rest-management
"""

from __future__ import annotations

from typing import Any

V2 = "/stores/{store_hash}/v2"
V3 = "/stores/{store_hash}/v3"
ORDERS, CUSTOMERS = f"{V2}/orders", f"{V3}/customers"
REFUNDS = f"{V3}/orders/payment_actions/refunds"
# Lines and shipping addresses come with the orders, which are else two calls for each.
WITH_LINES = {"include": "consignments.line_items", "consignment_structure": "object"}
WITH_VARIANTS = {"include": "variants", "include_fields": "name,price,date_modified"}
WITH_ADDRESSES = {"include": "addresses"}
RFC_2822 = "%a, %d %b %Y %H:%M:%S %z"
# A page behind the last one is empty: 204 in version 2, a list without anything in version 3.
NUMBERED = {"style": "page", "param": "page", "size_param": "limit", "order": "stable"}
COUNTED = {**NUMBERED, "size": 250, "pages": "meta.pagination.total_pages"}
IS_REFUNDED = "contains(`[4, 14]`, status_id) || contains(['refunded', 'partially refunded'], payment_status)"

_ORDER_DETAILS: list[dict[str, Any]] = [
    {
        "path": ORDERS + "/{external_id}/coupons",
        "into": "coupon_details",
        "when": "to_number(coupon_discount || '0') > `0`",
    },
    {
        "path": V3 + "/orders/{external_id}/payment_actions/refunds",
        "records": "data",
        "into": "refund_details",
        "when": IS_REFUNDED,
    },
]
_ORDERS: dict[str, Any] = {
    "page": "https://store-{store_hash}.mybigcommerce.com/manage/orders/{external_id}",
    "updated_at": {"at": "date_modified", "format": RFC_2822},
    "deleted": "is_deleted",
    "list": {
        "path": ORDERS,
        "params": {"sort": "id", **WITH_LINES},
        "paging": {**NUMBERED, "size": 100},
        "since": {"param": "min_date_modified", "granularity": 1, "strict": True, "overlap": 60},
        # Left at the page where it is paid: no order yet.
        "skip": "status_id == `0`",
        "details": _ORDER_DETAILS,
    },
    "fetch": {"path": ORDERS + "/{external_id}", "params": WITH_LINES, "details": _ORDER_DETAILS},
}

_CUSTOMERS: dict[str, Any] = {
    "updated_at": {"at": "date_modified"},
    "natural_key": "email",
    "required": ["email", "first_name", "last_name"],
    "list": {
        "path": CUSTOMERS,
        "params": {"sort": "date_created:asc", **WITH_ADDRESSES},
        "records": "data",
        "paging": COUNTED,
        "since": {
            "param": "date_modified:min",
            "format": "%Y-%m-%dT%H:%M:%S",
            "granularity": 1,
            "strict": True,
            "overlap": 60,
        },
    },
    "fetch": {
        "path": CUSTOMERS,
        "params": {"id:in": "{external_id}", **WITH_ADDRESSES},
        "record": "data",
    },
    "lookup": {
        "path": CUSTOMERS,
        "params": {"email:in": "{natural_key}", **WITH_ADDRESSES},
        "record": "data",
        "match": "email",
    },
    # An e-mail address can be there once, so a second one is refused.
    "create": {"path": CUSTOMERS, "body": ["=body"], "answer": "data[0]"},
    "update": {
        "method": "PUT",
        "path": CUSTOMERS,
        "body": ["=merge(body, {id: to_number(external_id)})"],
        "answer": "data[0]",
        "repeatable": True,
    },
}

# Products are read with their variants, since these alone tell neither their product's name nor when they changed.
_VARIANTS: dict[str, Any] = {
    "updated_at": {"at": ["date_modified", "product.date_modified"]},
    "list": {
        "path": f"{V3}/catalog/products",
        "params": {"sort": "id", "direction": "asc", **WITH_VARIANTS},
        "records": "data",
        "paging": COUNTED,
        "since": {"param": "date_modified:min", "granularity": 1, "strict": True, "overlap": 60},
    },
    "fetch": {
        "path": f"{V3}/catalog/variants",
        "params": {"id": "{external_id}"},
        "record": "data",
        "details": [
            {
                "path": V3 + "/catalog/products/{record.product_id}",
                "params": {"include_fields": "name,price,date_modified"},
                "records": "data",
                "into": "product",
            }
        ],
    },
}

_AT_LOCATION = {"location_id:in": "{location_id}"}
_ITEMS = f"{V3}/inventory/items"
# Nothing tells when stock changed: it is read whole.
_STOCK: dict[str, Any] = {
    "id": "identity.variant_id",
    "natural_key": "sku",
    "list": {
        "path": _ITEMS,
        "params": _AT_LOCATION,
        "records": "data",
        "paging": COUNTED,
    },
    "fetch": {
        "path": _ITEMS,
        "params": {"variant_id:in": "{external_id}", **_AT_LOCATION},
        "record": "data",
    },
    "lookup": {
        "path": _ITEMS,
        "params": {"sku:in": "{natural_key}"},
        "record": "data",
        "match": "identity.sku",
    },
    # https://developer.bigcommerce.com/docs/rest-management/inventory/adjustments: of which location is added when it
    # is sent. All items of a call are taken, or none.
    "upsert": {
        "method": "PUT",
        "path": f"{V3}/inventory/adjustments/absolute",
        "body": {"sku": "=body.sku", "quantity": "=body.available"},
        "repeatable": True,
        "required": ["sku", "available"],
    },
    "batch": {
        "operation": "upsert",
        "method": "PUT",
        "path": f"{V3}/inventory/adjustments/absolute",
        "size": 50,
        "items": "items",
        "results": "@",
    },
}

_REFUNDS: dict[str, Any] = {
    "updated_at": {"at": "created"},
    "list": {
        "path": REFUNDS,
        "records": "data",
        "paging": {**NUMBERED, "size": 50},
        "since": {"param": "created:min", "granularity": 1, "overlap": 60},
        # A refund does not tell its currency.
        "details": [{"path": ORDERS + "/{record.order_id}", "into": "order"}],
    },
    "fetch": {
        "path": f"{REFUNDS}/{{external_id}}",
        "record": "data",
        "details": [{"path": ORDERS + "/{record.order_id}", "into": "order"}],
    },
}

_SHIPMENTS: dict[str, Any] = {
    "updated_at": {"at": "date_created", "format": RFC_2822},
    "natural_key": "join('/', [order_id, tracking_number])",
    # How it is really looked up is in the connector: shipments are listed by order, and cannot be searched.
    "lookup": {"path": ORDERS + "/{natural_key}/shipments"},
    # Which of the order's addresses it goes to is found out when it is sent.
    "create": {
        "path": ORDERS + "/{ids.order}/shipments",
        "required": ["order_id", "tracking_number", "items"],
        "body": {
            "tracking_number": "=body.tracking_number",
            "tracking_link": "=body.tracking_link",
            "shipping_provider": "=body.shipping_provider",
            "shipping_method": "=body.shipping_method",
            "items": "=body.items",
        },
    },
}

_ERRORS: list[dict[str, Any]] = [
    # Version 2 tells a list of them, version 3 an object with a title and the fields that are wrong.
    {
        "status": [400, 409, 422],
        "when": "type(@) == 'array' && [0].message",
        "kind": "data",
        "said": "[0].message",
    },
    {
        "status": [400, 409, 422],
        "when": "type(errors) == 'object' && errors",
        "kind": "data",
        "said": "join(' ', values(errors)[?type(@) == 'string'])",
        "field": "=keys(errors)[0]",
    },
]


def _topics() -> dict[str, dict[str, Any]]:
    """https://developer.bigcommerce.com/docs/integrations/webhooks/events: they tell ids alone."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("created", "updated", "statusUpdated", "archived"):
        found[f"store/order/{name}"] = {"resource": "orders", "id": "data.id"}
    for name in ("created", "updated"):
        found[f"store/order/transaction/{name}"] = {"resource": "orders", "id": "data.order_id"}
    for name in ("created", "updated", "deleted"):
        found[f"store/shipment/{name}"] = {"resource": "orders", "id": "data.orderId"}
        found[f"store/customer/{name}"] = {"resource": "customers", "id": "data.id"}
        found[f"store/customer/address/{name}"] = {
            "resource": "customers",
            "id": "data.address.customer_id",
        }
        found[f"store/sku/{name}"] = {"resource": "variants", "id": "data.sku.variant_id"}
    for name in ("updated", "order/updated"):
        found[f"store/sku/inventory/{name}"] = {"resource": "stock", "id": "data.inventory.variant_id"}
    found["store/order/refund/created"] = {"resource": "refunds", "id": "data.refund.refund_id"}
    return found


TOPICS = _topics()

DECLARATION: dict[str, Any] = {
    "label": "BigCommerce",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"default": "https://api.bigcommerce.com"},
        "store_hash": {"label": "Store hash"},
        "location_id": {"required": False},
    },
    # Without it version 2 answers in XML.
    "headers": {"Accept": "application/json"},
    "auth": {"kind": "api_key", "header": "X-Auth-Token"},
    # https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits: of the smallest plans, 150 calls in
    # 30 seconds. What is left of them is told by the answers, and heeded.
    "limits": {"requests_per_second": 5, "burst": 10, "concurrent": 4},
    # Two calls may make one write.
    "timeouts": {"connect": 4, "read": 12, "total": 14, "calls": 2},
    "test": {"path": f"{V2}/orders/count", "expect": "type(count) == 'number'"},
    "errors": _ERRORS,
    "resources": {
        "orders": _ORDERS,
        "customers": _CUSTOMERS,
        "variants": _VARIANTS,
        "stock": _STOCK,
        "refunds": _REFUNDS,
        "shipments": _SHIPMENTS,
    },
    "webhook": {
        # https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview: Standard Webhooks, whose
        # key is written in base64. Here it is the client secret's own text.
        "signature": {
            "header": "webhook-signature",
            "id_header": "webhook-id",
            "timestamp_header": "webhook-timestamp",
            "signed": "{id}.{timestamp}.{body}",
            "separator": " ",
            "prefix": "v1,",
            "encoding": "base64",
        },
        "topic": "scope",
        "delivery_id_header": "webhook-id",
        "occurred": {"at": "created_at", "format": "unix"},
        "topics": TOPICS,
        "subscriptions": {
            "topics": list(TOPICS),
            "each": True,
            "list": {"path": f"{V3}/hooks", "records": "data", "paging": COUNTED},
            "address": "destination",
            "topics_at": "scope",
            "active": "is_active",
            "create": {
                "path": f"{V3}/hooks",
                "body": {"scope": "{topic}", "destination": "{address}", "is_active": True},
            },
            "delete": {"path": f"{V3}/hooks/{{id}}"},
        },
    },
}
