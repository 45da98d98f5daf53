"""How Shippo is called: https://docs.goshippo.com/api-reference"""

from __future__ import annotations

from typing import Any

ADDRESS = "https://api.goshippo.com"
# How long an order or a parcel may still change.
LATE_CHANGES = 30 * 86_400.0
# A purchase that nobody waits for any more may still be under way for so long.
SHOWN_AFTER = 60.0
SENDER = (
    ("sender_name", "name"),
    ("sender_company", "company"),
    ("sender_street1", "street and number"),
    ("sender_city", "city"),
    ("sender_state", "state or province"),
    ("sender_zip", "postal code"),
    ("sender_country", "country"),
    ("sender_phone", "phone"),
    ("sender_email", "e-mail"),
)
PARCEL = (
    ("parcel_length_cm", "Length of a parcel in cm", 30),
    ("parcel_width_cm", "Width of a parcel in cm", 20),
    ("parcel_height_cm", "Height of a parcel in cm", 10),
    ("parcel_weight_grams", "Weight of a parcel in grams", 500),
)
VARIABLES = ("service", *(name for name, _ in SENDER))
# A fault is told as {"detail": "…"}, or by field: {"address_to": ["…"]}, and deeper.
SAID = "detail || (values(@)[] | [?type(@) == 'string'] | [0]) || to_string(@)"
# A label that was given back, or was never bought, is none.
LABELS_THERE = "results[?contains(['SUCCESS', 'REFUNDREJECTED', 'QUEUED', 'WAITING'], status)]"
PAGING = {
    "style": "page",
    "param": "page",
    "size": 100,
    "size_param": "results",
    "more": "next",
    # By the time of creation, so nothing takes another's place.
    "order": "stable",
}


def _list(path: str) -> dict[str, Any]:
    return {"path": path, "records": "results", "paging": PAGING}


def _listed(path: str, since: str) -> dict[str, Any]:
    """No list can be narrowed by change, so what may have changed is read again. Nor is it said whether each change
    moves object_updated, so contents are compared and not times."""
    return {
        "id": "object_id",
        "list": {**_list(path), "since": {"param": since, "overlap": 60}},
        "not_final": {**_list(path), "since": {"param": since, "window": LATE_CHANGES}},
        "fetch": {"path": path + "/{external_id}"},
    }


SHIPMENTS = {
    "id": "object_id",
    "updated_at": {"at": "object_updated"},
    "list": {**_list("/shipments"), "since": {"param": "object_created_gte", "overlap": 60}},
    "fetch": {"path": "/shipments/{external_id}"},
}

# https://docs.goshippo.com/api-reference/transactions/create-a-shipping-label
LABELS: dict[str, Any] = {
    "label": "Labels",
    "id": "object_id",
    "natural_key": "reference",
    "required": ["reference", "address_to.name", "address_to.street1", "address_to.country"],
    "fetch": {"path": "/transactions/{external_id}"},
    # Page by page, of the last weeks: see `lookup`.
    "lookup": {
        "path": "/transactions",
        "params": {"results": 100},
        "record": LABELS_THERE,
        "match": "metadata",
        "after": SHOWN_AFTER,
    },
    "create": {
        "path": "/transactions",
        # What a rate is asked for by is taken out before it is sent: see `send`.
        "body": {
            "shipment": {
                "address_from": "=body.address_from",
                "address_to": "=body.address_to",
                "parcels": ["=body.parcel"],
                "extra": "=body.extra",
                "customs_declaration": "=body.customs_declaration",
                "carrier_accounts": "=body.carrier_accounts",
                "metadata": "=body.reference",
                "async": False,
            },
            "service": "=body.service || settings.service",
            "metadata": "=body.reference",
            "label_file_type": "=body.label_file_type",
            "order": "=body.order",
            "async": False,
        },
        "errors": [
            {
                "when": "status == 'ERROR' && messages[?code == 'carrier_timeout']",
                "kind": "transient",
                "code": "carrier_silent",
                "said": "messages[?code == 'carrier_timeout'] | [0].text",
            },
            {
                "when": "status == 'ERROR'",
                "kind": "data",
                "code": "not_bought",
                "said": "messages[?text] | [0].text",
            },
            # It was to be bought before the answer. Whether it was is looked up.
            {
                "when": "contains(['QUEUED', 'WAITING'], status)",
                "kind": "transient",
                "code": "still_buying",
                "in_doubt": True,
            },
        ],
    },
    "actions": {
        # https://docs.goshippo.com/billing-and-invoices/refunding-labels
        "cancel": {
            "when": "record.status == 'cancelled' && written.status != 'cancelled'",
            "path": "/refunds",
            "body": {"transaction": "{external_id}", "async": False},
            "id": "transaction",
            # Not by its nature: what was given back before is looked for first.
            "repeatable": True,
            "errors": [
                {
                    "when": "status == 'ERROR'",
                    "kind": "data",
                    "code": "not_refunded",
                    "sentence": "Shippo does not give this label back. It may have been used, or be too old for its "
                    "carrier. Hold the parcel back, and ask Shippo for the money.",
                }
            ],
        }
    },
}

# https://docs.goshippo.com/orders/orders
ORDERS: dict[str, Any] = {
    **_listed("/orders", "start_date"),
    "natural_key": "order_number",
    "required": ["order_number", "placed_at", "to_address.name", "to_address.street1", "to_address.country"],
    # Those that came by the API, page by page: see `lookup`.
    "lookup": {
        "path": "/orders",
        "params": {"results": 100, "shop_app": "Shippo"},
        "record": "results",
        "match": "order_number",
        "after": SHOWN_AFTER,
    },
    "create": {"path": "/orders"},
}

# https://docs.goshippo.com/tracking/tracking
TRACKERS: dict[str, Any] = {
    "id": "join(':', [carrier, tracking_number])",
    "natural_key": "join(':', [carrier, tracking_number])",
    "required": ["carrier", "tracking_number"],
    # Carrier and number are parts of the address of their own: see `fetch` and `lookup`.
    "fetch": {"path": "/tracks/{external_id}"},
    "lookup": {"path": "/tracks/{natural_key}"},
    # A parcel that is followed twice is told of twice, and that is all.
    "create": {"path": "/tracks", "repeatable": True},
}

# https://docs.goshippo.com/tracking/webhooks
TOPICS: dict[str, Any] = {
    "transaction_created": {"resource": "parcels", "id": "data.object_id"},
    "transaction_updated": {"resource": "parcels", "id": "data.object_id"},
    "track_updated": {"resource": "trackers", "id": "join(':', [data.carrier, data.tracking_number])"},
}

DECLARATION: dict[str, Any] = {
    "label": "Shippo",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"default": ADDRESS},
        **{name: {"default": default} for name, _, default in PARCEL},
        **{name: {"required": False} for name in VARIABLES},
    },
    "auth": {"kind": "bearer", "prefix": "ShippoToken "},
    # https://docs.goshippo.com/api-concepts/api-versioning
    "headers": {"Shippo-API-Version": "2018-02-08"},
    # https://docs.goshippo.com/api-concepts/rate-limits: 500 purchases and 500 requests for rates a minute.
    "limits": {"requests_per_second": 4, "burst": 8, "concurrent": 4},
    # Rates come from several carriers; buying takes two calls.
    "timeouts": {"connect": 4, "read": 14, "total": 14, "calls": 2},
    "test": {
        "path": "/transactions",
        "params": {"results": 1},
        "expect": "type(results) == 'array'",
    },
    # https://docs.goshippo.com/api-concepts/apihttp-status-codes
    "errors": [
        {"status": 409, "kind": "transient", "code": "too_many_at_once"},
        {
            "status": 400,
            "when": "address_from",
            "kind": "config",
            "code": "sender",
            "sentence": "=join('', ['The sender is not complete. Shippo says: ', to_string(address_from), "
            "' Enter it at the connection.'])",
            "connection_wide": False,
        },
        {
            "status": [400, 422],
            "kind": "data",
            "code": "refused",
            "said": SAID,
            "field": "=keys(@)[?@ != 'detail'] | [0]",
        },
    ],
    "resources": {
        "shipments": SHIPMENTS,
        # Labels that were bought, by whomever.
        "parcels": {
            **_listed("/transactions", "object_created_gte"),
            # A purchase that failed: no parcel came of it.
            "deleted": "status == 'ERROR'",
        },
        # The same, as what becomes of an order.
        "labels": LABELS,
        "orders": ORDERS,
        "trackers": TRACKERS,
    },
    "webhook": {
        # https://docs.goshippo.com/tracking/webhook-security
        "signature": {
            "header": "Shippo-Auth-Signature",
            "separator": ",",
            "part": "v1",
            "timestamp_part": "t",
            "signed": "{timestamp}.{body}",
        },
        "topic": "event",
        "occurred": {"at": ["data.object_updated", "data.tracking_status.object_updated"]},
        "topics": TOPICS,
        "subscriptions": {
            "topics": list(TOPICS),
            "each": True,
            "id": "object_id",
            "list": _list("/webhooks"),
            "address": "url",
            "topics_at": "[event, (is_test && 'test') || 'live']",
            "active": "active",
            "create": {
                "path": "/webhooks",
                "body": {
                    "url": "{address}?token={secret}",
                    "event": "{topic}",
                    "active": True,
                    "is_test": "=settings.is_test",
                },
            },
            "delete": {"path": "/webhooks/{id}"},
        },
    },
}
