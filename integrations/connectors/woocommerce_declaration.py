"""What WooCommerce's REST API v3 looks like: https://woocommerce.github.io/woocommerce-rest-api-docs/"""

from __future__ import annotations

from typing import Any

# What we write into an order, so that it is found again. A key that begins with "_" is not shown to customers.
REFERENCE = "_crossdock_reference"
PLACED_AT = "_crossdock_placed_at"
LINE = "_crossdock_line"
SHIPMENT = "_crossdock_shipment_"

# Times have no zone: asked for with dates_are_gmt they are UTC, and one with a zone would be turned into the shop's.
SINCE = {"format": "%Y-%m-%dT%H:%M:%S", "granularity": 1, "strict": True, "overlap": 60}
PAGES = {"style": "page", "param": "page", "size": 100, "size_param": "per_page"}
BY_CHANGE = {"orderby": "modified", "order": "asc", "dates_are_gmt": True}
BY_ID = {"orderby": "id", "order": "asc"}
# Drafts of the checkout are no orders yet.
IS_DRAFT = "status == 'checkout-draft' || status == 'auto-draft'"


def _meta(name: str) -> str:
    return f"meta_data[?key=='{name}'].value | [0]"


# A product with variations is sold as these, which are called for one product at a time. A change of theirs does not
# move the product's time, so all that have some are read again each time.
_VARIATIONS: dict[str, Any] = {
    "path": "/products/{external_id}/variations",
    "params": BY_ID,
    "into": "variation_details",
    "when": "type == 'variable'",
    "paging": {**PAGES, "order": "stable"},
}
_PRODUCTS: dict[str, Any] = {
    "updated_at": {"at": "date_modified_gmt"},
    "deleted": "status == 'trash'",
    "list": {
        "path": "/products",
        "params": BY_CHANGE,
        "paging": {**PAGES, "order": "oldest_first"},
        "since": {"param": "modified_after", **SINCE},
        "details": [_VARIATIONS],
    },
    "not_final": {
        "path": "/products",
        "params": {"type": "variable", **BY_ID},
        "paging": {**PAGES, "order": "stable"},
        "details": [_VARIATIONS],
    },
    "fetch": {
        "path": "/products/{external_id}",
        "details": [
            {
                "path": "/products/{record.parent_id}",
                "params": {"_fields": "id,name"},
                "into": "parent",
                "when": "type == 'variation'",
            }
        ],
    },
}

_ORDERS: dict[str, Any] = {
    "page": "{base_url}/../../../wp-admin/post.php?post={external_id}&action=edit",
    "updated_at": {"at": "date_modified_gmt"},
    "deleted": "status == 'trash'",
    "natural_key": f"join('@', [{_meta(REFERENCE)}, {_meta(PLACED_AT)}])",
    "list": {
        "path": "/orders",
        "params": {"status": "any", **BY_CHANGE},
        "paging": {**PAGES, "order": "oldest_first"},
        "since": {"param": "modified_after", **SINCE},
        "skip": IS_DRAFT,
    },
    "fetch": {"path": "/orders/{external_id}"},
    # How it is really looked up is in the connector: there is no search for what we write into an order.
    "lookup": {"path": "/orders", "params": {"per_page": 100}},
    "create": {
        "path": "/orders",
        "required": ["line_items", "meta_data"],
        "lines": {"at": "line_items", "id": "id", "ref": _meta(LINE)},
    },
    # Lines that are sent again would be added to those that are there.
    "update": {
        "method": "PUT",
        "path": "/orders/{external_id}",
        "body": {
            "billing": "=body.billing",
            "shipping": "=body.shipping",
            "customer_note": "=body.customer_note",
        },
        "repeatable": True,
    },
    "actions": {
        "cancel": {
            "when": "record.status == 'cancelled' && written.status != 'cancelled'",
            "method": "PUT",
            "path": "/orders/{external_id}",
            "body": {"status": "cancelled"},
            "repeatable": True,
        },
        "complete": {
            "when": "record.fulfillment_status == 'fulfilled' && written.fulfillment_status != 'fulfilled'",
            "method": "PUT",
            "path": "/orders/{external_id}",
            "body": {"status": "completed"},
            "repeatable": True,
        },
    },
    # WooCommerce takes 100, but a shop that is slow needs a second for each.
    "batch": {
        "operation": "create",
        "path": "/orders/batch",
        "size": 10,
        "items": "create",
        "results": "create",
        "failed": "error",
        "status": "error.data.status",
    },
}

_STOCK: dict[str, Any] = {
    **_PRODUCTS,
    "natural_key": "sku",
    "lookup": {
        "path": "/products",
        "params": {"sku": "{natural_key}", "per_page": 100},
        "match": "sku",
    },
    # Which address and id it has is found out when it is sent.
    "upsert": {
        "method": "PUT",
        "path": "/products",
        "body": {"sku": "=body.sku", "stock_quantity": "=body.available"},
        "repeatable": True,
        "required": ["sku", "available"],
        "errors": [
            {
                "when": "manage_stock == `false`",
                "kind": "config",
                "code": "stock_not_managed",
                "sentence": "The shop took the stock and did not keep it: it does not manage stock. Turn on "
                "WooCommerce → Settings → Products → Inventory → Enable stock management, then retry.",
            }
        ],
    },
    "batch": {
        "operation": "upsert",
        "path": "/products/batch",
        "size": 25,
        "items": "update",
        "results": "update",
        "match": "id",
        "failed": "error",
        "status": "error.data.status",
    },
}

# https://woocommerce.github.io/woocommerce-rest-api-docs/#order-notes: the core knows no shipments, so the tracking
# number is told in a note, and what was shipped is kept in the order.
_FULFILLMENTS: dict[str, Any] = {
    "natural_key": "join('/', [order_id, tracking_number])",
    "lookup": {"path": "/orders/{natural_key}/notes"},
    "create": {
        "path": "/orders/{ids.order}/notes",
        "required": ["order_id", "tracking_number"],
        "body": {
            "note": "=[body.carrier, body.tracking_number, body.tracking_url] | [?@] | join(' ', @)",
            "customer_note": "=settings.tell_customer",
        },
        "then": [
            {
                "method": "PUT",
                "path": "/orders/{ids.order}",
                "body": {
                    "tracking_number": "=body.tracking_number",
                    "carrier": "=body.carrier",
                    "tracking_url": "=body.tracking_url",
                    "lines": "=body.lines",
                },
                "repeatable": True,
            }
        ],
    },
}

_ERRORS: list[dict[str, Any]] = [
    {
        "status": 401,
        "when": "code == 'woocommerce_rest_cannot_view'",
        "kind": "config",
        "code": "unauthorized",
        "sentence": "The shop does not know who asks. Over plain http:// it ignores key and secret: choose OAuth 1.0a "
        "at “How to sign in”, also where the shop's own server does not see that it is called by https://. Else the "
        "key is not there any more, or its user may not see this: look under WooCommerce → Settings → Advanced → "
        "REST API.",
    },
    {
        "status": 401,
        "when": "starts_with(code, 'woocommerce_rest_authentication')",
        "kind": "config",
        "code": "unauthorized",
        "sentence": "=join('', ['The shop refuses the key. It says: “', message, '” Look under WooCommerce → Settings "
        "→ Advanced → REST API whether the key is there with the permission Read/Write, and enter both parts anew. "
        "With OAuth 1.0a the address must also be written as under Settings → General → Site Address, and the "
        "clocks must agree.'])",
    },
    {
        "status": 404,
        "when": "code == 'rest_no_route'",
        "kind": "config",
        "code": "no_such_call",
        "sentence": "The shop has no such call. Check that the address ends with /wp-json/wc/v3 and that WooCommerce "
        "is active and not older than version 9.",
    },
    # Of one among several it stands below "error".
    {"status": [400, 404], "when": "ends_with(code || error.code, '_invalid_id')", "kind": "not_found"},
    {
        "status": 400,
        "when": "(code || error.code) == 'rest_invalid_param'",
        "kind": "data",
        "code": "invalid_param",
        "said": "values((data || error.data).params)[0]",
        "field": "=keys((data || error.data).params)[0]",
    },
]

_EVENTS = ("created", "updated", "deleted", "restored")


def _topics() -> dict[str, dict[str, Any]]:
    """Deleting tells the id alone, and what is deleted may be in the trash: it is looked at."""
    topics: dict[str, dict[str, Any]] = {}
    for event in _EVENTS:
        whole = {"payload": "@"} if event != "deleted" else {}
        topics[f"order.{event}"] = {"resource": "orders", **whole}
        topics[f"customer.{event}"] = {"resource": "customers", **whole}
        # A variation's event does not tell what its product is called.
        topics[f"product.{event}"] = {"resource": "variants", "also": ["stock"]}
    return topics


DECLARATION: dict[str, Any] = {
    "label": "WooCommerce",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"label": "Address of the REST API"},
        "sign_in": {"default": "", "required": False},
        "tell_customer": {"default": False, "required": False},
    },
    "auth": {"kind": "basic", "username": "{client_id}", "password": "{client_secret}"},
    "limits": {"concurrent": 4},
    # Two calls may make one write.
    "timeouts": {"connect": 4, "read": 13, "total": 14, "calls": 2},
    "test": {"path": "/orders", "params": {"per_page": 1, "_fields": "id"}, "expect": "type(@) == 'array'"},
    "errors": _ERRORS,
    "resources": {
        "orders": _ORDERS,
        # Registered ones; guests stand in their orders. A time that is asked for is ignored, so all are read.
        "customers": {
            "updated_at": {"at": "date_modified_gmt"},
            "list": {"path": "/customers", "params": BY_ID, "paging": {**PAGES, "order": "stable"}},
            "fetch": {"path": "/customers/{external_id}"},
        },
        "variants": _PRODUCTS,
        "stock": _STOCK,
        # Of all orders since version 9.0: https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/
        # includes/rest-api/Controllers/Version3/class-wc-rest-refunds-controller.php
        "refunds": {
            "updated_at": {"at": "date_created_gmt"},
            "list": {
                "path": "/refunds",
                "params": {"orderby": "date", "order": "asc", "dates_are_gmt": True},
                "paging": {**PAGES, "order": "oldest_first"},
                "since": {"param": "after", **SINCE},
                "details": [
                    {
                        "path": "/orders/{record.parent_id}",
                        "params": {"_fields": "id,number,currency"},
                        "into": "order",
                    }
                ],
            },
        },
        "fulfillments": _FULFILLMENTS,
    },
    "webhook": {
        # https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
        "signature": {"header": "X-WC-Webhook-Signature", "encoding": "base64", "key_form": "html"},
        "topic_header": "X-WC-Webhook-Topic",
        "topics": _topics(),
    },
}
