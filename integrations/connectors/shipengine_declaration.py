"""How ShipStation API v2 and ShipEngine are called: https://docs.shipstation.com/apis/shipengine/openapi"""

from __future__ import annotations

from typing import Any

ADDRESS = "https://api.shipengine.com/v1"
# How long carriers have news of a parcel.
LATE_CHANGES = 30 * 86_400.0
SENDER = (
    ("sender_name", "name", ""),
    ("sender_company_name", "company", ""),
    ("sender_phone", "phone", ""),
    ("sender_address_line1", "street and number", ""),
    ("sender_city_locality", "city", ""),
    ("sender_state_province", "state or province", ""),
    ("sender_postal_code", "postal code", ""),
    ("sender_country_code", "country", "Two letters, such as US."),
)
SHIPMENT_NAME = {
    "natural_key": "external_shipment_id",
    "required": ["external_shipment_id", "ship_to.name", "ship_to.address_line1", "ship_to.country_code"],
    "lookup": {"path": "/shipments/external_shipment_id/{natural_key}"},
}
SHIPMENT_ERRORS = [
    {
        "when": "has_errors && shipments[0].errors[0]",
        "kind": "data",
        "code": "refused",
        "said": "shipments[0].errors[0]",
    }
]
LABELS = {
    "path": "/labels",
    "records": "labels",
    "params": {"sort_by": "created_at", "sort_dir": "asc"},
    "paging": {
        "style": "page",
        "param": "page",
        "size": 100,
        "size_param": "page_size",
        "pages": "pages",
        # The newest come last: none takes another's place.
        "order": "stable",
    },
}

DECLARATION: dict[str, Any] = {
    "label": "ShipStation",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"default": ADDRESS},
        "parcel_weight_grams": {"default": 500},
        **{
            name: {"required": False}
            for name in (
                "carrier_id",
                "service_code",
                "warehouse_id",
                "inventory_location_id",
                *(name for name, _, _ in SENDER),
            )
        },
    },
    "auth": {"kind": "api_key", "header": "API-Key"},
    # https://docs.shipstation.com/rate-limits
    "limits": {"requests_per_second": 3, "burst": 6, "concurrent": 4},
    # Buying or voiding a label takes up to three calls.
    "timeouts": {"connect": 4, "read": 9, "total": 10, "calls": 3},
    "errors": [
        {
            "status": 400,
            "when": "contains(['carrier_disconnected', 'carrier_not_connected', 'funding_source_error', "
            "'funding_source_missing_configuration', 'insufficient_funds', 'invalid_billing_plan', "
            "'subscription_inactive', 'terms_not_accepted', 'trial_expired'], errors[0].error_code || '')",
            "kind": "config",
            "code": "=errors[0].error_code",
            "said": "errors[0].message",
        },
        {
            "status": 400,
            "kind": "data",
            "code": "=errors[0].error_code",
            "said": "errors[0].message",
            "field": "=errors[0].field_name",
        },
    ],
    "test": {"path": "/shipments", "params": {"page_size": 1}, "expect": "type(shipments) == 'array'"},
    "resources": {
        "shipments": {
            "id": "shipment_id",
            "updated_at": {"at": "modified_at"},
            "list": {
                "path": "/shipments",
                "records": "shipments",
                "params": {"sort_by": "modified_at", "sort_dir": "asc"},
                "paging": {
                    "style": "page",
                    "param": "page",
                    "size": 100,
                    "size_param": "page_size",
                    "pages": "pages",
                    "order": "oldest_first",
                },
                "since": {"param": "modified_at_start", "overlap": 60},
            },
            "fetch": {"path": "/shipments/{external_id}"},
            **SHIPMENT_NAME,
            "create": {"path": "/shipments", "answer": "shipments[0]", "errors": SHIPMENT_ERRORS},
            "batch": {
                "operation": "create",
                "path": "/shipments",
                "size": 20,
                "items": "shipments",
                "results": "shipments",
                "match": "external_shipment_id",
                "failed": "errors[0]",
                # As in the answer to a single one, of which the first is taken.
                "answer": "{shipments: [@]}",
            },
            "actions": {
                "cancel": {
                    "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                    "method": "PUT",
                    "path": "/shipments/{external_id}/cancel",
                    "repeatable": True,
                }
            },
        },
        # The same shipments with a label bought for each: what becomes of an order.
        "labels": {
            "label": "Labels",
            "id": "shipment_id",
            "fetch": {"path": "/shipments/{external_id}"},
            **SHIPMENT_NAME,
            "create": {
                "path": "/shipments",
                "answer": "shipments[0]",
                "errors": SHIPMENT_ERRORS,
                "then": [
                    {
                        "path": "/labels/shipment/{external_id}",
                        "body": {"label_format": "=body.label_format || 'pdf'", "label_layout": "4x6"},
                        # Not by its nature: what was bought before is looked for first.
                        "repeatable": True,
                    }
                ],
            },
            "actions": {
                "cancel": {
                    "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                    "method": "PUT",
                    "path": "/shipments/{external_id}/cancel",
                    "repeatable": True,
                }
            },
        },
        "parcels": {
            "label": "Parcels",
            "id": "label_id",
            "list": {**LABELS, "since": {"param": "created_at_start", "overlap": 60}},
            # Nothing of a label moves when its parcel does.
            "not_final": {**LABELS, "since": {"param": "created_at_start", "window": LATE_CHANGES}},
            "fetch": {
                "path": "/labels/{external_id}",
                "details": [
                    {
                        "path": "/labels/{external_id}/track",
                        "into": "tracking",
                        "when": "trackable && !voided",
                    }
                ],
            },
        },
        # https://docs.shipstation.com/apis/shipstation-v2: at ShipStation's own address alone.
        "stock": {
            "id": "sku",
            "natural_key": "sku",
            "list": {
                "path": "/inventory",
                "records": "inventory",
                "paging": {"style": "link", "next": "links.next.href"},
            },
            "upsert": {
                "method": "POST",
                "path": "/inventory",
                "body": {
                    "transaction_type": "adjust",
                    "inventory_location_id": "=body.inventory_location_id || settings.inventory_location_id",
                    "sku": "=body.sku",
                    "quantity": "=body.quantity",
                    "condition": "sellable",
                },
                "required": ["sku", "quantity"],
                "repeatable": True,
            },
        },
    },
    "webhook": {
        # Beside it goes ShipEngine's own signature, which the connector checks itself.
        "signature": {"header": "X-Crossdock-Secret", "algorithm": "plain"},
        "topic": "resource_type",
        "topics": {
            name: {"resource": "parcels", "id": "data.label_url || resource_url"}
            for name in ("API_TRACK", "TRACK_EVENT_V2")
        },
        "subscriptions": {
            "topics": ["track"],
            "each": True,
            "list": {"path": "/environment/webhooks"},
            "id": "webhook_id",
            "address": "url",
            "topics_at": "event",
            "create": {
                "path": "/environment/webhooks",
                "body": {
                    "event": "{topic}",
                    "url": "{address}",
                    "headers": [{"key": "X-Crossdock-Secret", "value": "{secret}"}],
                },
            },
            "delete": {"path": "/environment/webhooks/{id}"},
        },
    },
}
