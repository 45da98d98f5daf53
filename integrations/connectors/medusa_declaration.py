"""What Medusa's Admin API looks like: https://docs.medusajs.com/api/admin

What is read comes only as far as it is asked for by name: left to itself, a list shows little more than ids.
"""

from __future__ import annotations

from typing import Any

ORDERS = "/admin/orders"
CUSTOMERS = "/admin/customers"
VARIANTS = "/admin/product-variants"
PAYMENTS = "/admin/payments"
ITEMS = "/admin/inventory-items"
# It is in no document of 2024: stores before version 2.4 do not have it.
LEVELS_TOGETHER = f"{ITEMS}/location-levels/batch"


def _of(relation: str, names: str) -> str:
    return ",".join(f"{relation}.{name}" for name in names.split())


# "*" shows the whole of what is behind a relation. The payments' `data` is left out: it holds secrets of providers.
_PAYMENT = "id amount currency_code provider_id created_at updated_at captured_at canceled_at"
_COLLECTED = "payment_collections"
ORDER_FIELDS = (
    "id,display_id,status,email,currency_code,created_at,updated_at,canceled_at,sales_channel_id,metadata,"
    "payment_status,fulfillment_status,total,item_total,tax_total,shipping_total,discount_total,"
    "*items,*items.detail,*customer,*shipping_address,*billing_address,"
    f"{_of(_COLLECTED, 'id status updated_at amount captured_amount refunded_amount')},"
    f"{_of(f'{_COLLECTED}.payments', _PAYMENT)},"
    f"*{_COLLECTED}.payments.captures,*{_COLLECTED}.payments.refunds,"
    "*fulfillments,*fulfillments.labels,*fulfillments.items"
)
PAYMENT_FIELDS = (
    f"{_PAYMENT.replace(' ', ',')},*captures,*refunds,"
    "payment_collection.id,payment_collection.order.id,payment_collection.order.display_id"
)
CUSTOMER_FIELDS = (
    "id,email,first_name,last_name,company_name,phone,has_account,metadata,created_at,updated_at,*addresses"
)
VARIANT_FIELDS = (
    "id,title,sku,barcode,ean,upc,weight,manage_inventory,allow_backorder,created_at,updated_at,"
    "product.id,product.title,*prices"
)
ITEM_FIELDS = "id,sku,title,created_at,updated_at,*location_levels"
FULFILMENT_FIELDS = "id,*fulfillments,*fulfillments.labels"

# Neither a payment nor a shipment moves the time of its order: orders so young are read again each time.
STILL_CHANGING = 30 * 86_400.0
OVERLAP = 60


def _listed(path: str, records: str, fields: str) -> dict[str, Any]:
    """By id: ids begin with the time at which they were made, so that nothing comes between two that were read."""
    return {
        "path": path,
        "params": {"fields": fields, "order": "id"},
        "records": records,
        "paging": {
            "style": "offset",
            "param": "offset",
            "size": 100,
            "size_param": "limit",
            "total": "count",
            "order": "stable",
        },
    }


_CHANGED = {"param": "updated_at[$gte]", "overlap": OVERLAP}
_YOUNG = {"param": "created_at[$gte]", "window": STILL_CHANGING}

_ORDERS: dict[str, Any] = {
    "page": "{base_url}/app/orders/{external_id}",
    "updated_at": {
        "at": [
            "updated_at",
            "items[].detail.updated_at",
            "payment_collections[].updated_at",
            "payment_collections[].payments[].updated_at",
            "payment_collections[].payments[].refunds[].created_at",
            "fulfillments[].updated_at",
        ]
    },
    "list": {**_listed(ORDERS, "orders", ORDER_FIELDS), "since": _CHANGED},
    "not_final": {**_listed(ORDERS, "orders", ORDER_FIELDS), "since": _YOUNG},
    "fetch": {"path": f"{ORDERS}/{{external_id}}", "params": {"fields": ORDER_FIELDS}, "record": "order"},
    "actions": {
        "cancel": {
            "when": "record.status == 'cancelled' && written.status != 'cancelled'",
            "path": f"{ORDERS}/{{external_id}}/cancel",
            "answer": "order",
            "repeatable": True,
            "errors": [
                {
                    "status": 400,
                    "when": "ends_with(message || '', 'has been canceled.')",
                    "kind": "done",
                },
                {
                    "status": 400,
                    "when": "contains(message || '', 'cannot be canceled') "
                    "|| contains(message || '', 'must be canceled')",
                    "kind": "data",
                    "code": "too_late_to_cancel",
                    "sentence": "=join('', ['Medusa does not cancel this order: “', message, '”. Refund what was paid "
                    "and cancel what was packed in its admin, then retry.'])",
                },
            ],
        },
    },
}

_PAYMENT_TIMES = {"at": ["updated_at", "captured_at", "refunds[].created_at"]}

# https://docs.medusajs.com/api/admin#orders_postordersidfulfillments: packing is one call and shipping another. Both
# are answered with the order, in which the fulfilment that was made is looked for when it is sent.
_FULFILLMENTS: dict[str, Any] = {
    "natural_key": "join('/', [order_id, tracking_number])",
    "required": ["order_id", "tracking_number", "lines"],
    "lookup": {
        "path": f"{ORDERS}/{{natural_key}}",
        "params": {"fields": FULFILMENT_FIELDS},
        "record": "order.fulfillments",
    },
    "create": {
        "path": f"{ORDERS}/{{ids.order}}/fulfillments",
        "params": {"fields": FULFILMENT_FIELDS},
        "body": {
            "items": "=body.lines",
            "location_id": "{location_id}",
            "no_notification": "=settings.tell_customer == `false`",
            "metadata": {"crossdock": "=body.tracking_number"},
        },
        "answer": "order",
        "id": "sort_by(fulfillments, &created_at)[-1].id",
        "then": [
            {
                "path": f"{ORDERS}/{{ids.order}}/fulfillments/{{external_id}}/shipments",
                "params": {"fields": FULFILMENT_FIELDS},
                "body": {
                    "items": "=body.lines",
                    "labels": [
                        {
                            "tracking_number": "=body.tracking_number",
                            # A label without one of its addresses is refused.
                            "tracking_url": "=body.tracking_url || ''",
                            "label_url": "",
                        }
                    ],
                    "no_notification": "=settings.tell_customer == `false`",
                    "metadata": {"crossdock": "=body.tracking_number"},
                },
                # The order's id is not that of the fulfilment.
                "answer": "fulfillment",
                "repeatable": True,
                "errors": [
                    {
                        "status": 400,
                        "when": "contains(message || '', 'already been created')",
                        "kind": "done",
                    }
                ],
            }
        ],
    },
}


def _topics() -> dict[str, dict[str, str]]:
    """https://docs.medusajs.com/resources/references/events"""
    of_order = ("placed", "updated", "completed", "archived", "canceled")
    within = ("fulfillment_created", "fulfillment_canceled", "return_requested", "return_received")
    return {
        **{f"order.{name}": {"resource": "orders", "id": "data.id"} for name in of_order},
        **{f"order.{name}": {"resource": "orders", "id": "data.order_id"} for name in within},
        **{f"payment.{name}": {"resource": "payments", "id": "data.id"} for name in ("captured", "refunded")},
        **{
            f"customer.{name}": {"resource": "customers", "id": "data.id"}
            for name in ("created", "updated", "deleted")
        },
        **{
            f"product-variant.{name}": {"resource": "variants", "id": "data.id"}
            for name in ("created", "updated", "deleted")
        },
    }


DECLARATION: dict[str, Any] = {
    "label": "Medusa",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"label": "Address"},
        "location_id": {"required": False},
        "tell_customer": {"default": False, "required": False},
    },
    # https://docs.medusajs.com/api/admin#authentication: the key stands there as it is.
    "auth": {"kind": "bearer", "prefix": "Basic "},
    "limits": {"concurrent": 4},
    # Two calls may make one write.
    "timeouts": {"connect": 4, "read": 12, "total": 14, "calls": 2},
    "test": {
        "path": ORDERS,
        "params": {"limit": 1, "fields": "id"},
        "expect": "type(orders) == 'array'",
    },
    "errors": [
        {
            "status": 404,
            "when": "type != 'not_found'",
            "kind": "config",
            "code": "no_such_call",
            "sentence": "There is no Admin API of Medusa 2 at this address. Enter the address of Medusa's server "
            "itself, without /admin or /app behind it.",
        },
        # Two calls changed the same thing at the same moment.
        {"status": 409, "kind": "transient", "in_doubt": True},
    ],
    "resources": {
        "orders": _ORDERS,
        "customers": {
            "updated_at": {"at": "updated_at"},
            "natural_key": "email",
            "required": ["email"],
            "list": {**_listed(CUSTOMERS, "customers", CUSTOMER_FIELDS), "since": _CHANGED},
            "fetch": {
                "path": f"{CUSTOMERS}/{{external_id}}",
                "params": {"fields": CUSTOMER_FIELDS},
                "record": "customer",
            },
            # One address may belong to a guest and to an account, which goes before.
            "lookup": {
                "path": CUSTOMERS,
                "params": {"email": "{natural_key}", "fields": CUSTOMER_FIELDS, "order": "-has_account"},
                "record": "customers",
                "match": "email",
            },
            # Which of the two addresses is called is found out when it is sent.
            "upsert": {"path": CUSTOMERS, "answer": "customer", "repeatable": True},
        },
        # A new price does not move a variant's time, so all of them are read.
        "variants": {
            "updated_at": {"at": ["updated_at", "prices[].updated_at"]},
            "list": _listed(VARIANTS, "variants", VARIANT_FIELDS),
            "fetch": {
                "path": VARIANTS,
                "params": {"id": "{external_id}", "fields": VARIANT_FIELDS},
                "record": "variants[0]",
            },
        },
        # Stock cannot be asked for by time either.
        "stock": {
            "updated_at": {"at": ["updated_at", "location_levels[].updated_at"]},
            "natural_key": "sku",
            "list": _listed(ITEMS, "inventory_items", ITEM_FIELDS),
            "fetch": {
                "path": f"{ITEMS}/{{external_id}}",
                "params": {"fields": ITEM_FIELDS},
                "record": "inventory_item",
            },
            "lookup": {
                "path": ITEMS,
                "params": {"sku": "{natural_key}", "fields": ITEM_FIELDS},
                "record": "inventory_items",
                "match": "sku",
            },
            # Which item and which level is found out when it is sent.
            "upsert": {
                "path": LEVELS_TOGETHER,
                "body": {"sku": "=body.sku", "available": "=body.available"},
                "repeatable": True,
                "required": ["sku", "available"],
            },
            "batch": {
                "operation": "upsert",
                "path": LEVELS_TOGETHER,
                "size": 50,
                "items": "update",
                "results": "updated",
            },
        },
        "payments": {
            "updated_at": _PAYMENT_TIMES,
            "list": {**_listed(PAYMENTS, "payments", PAYMENT_FIELDS), "since": _CHANGED},
            "not_final": {**_listed(PAYMENTS, "payments", PAYMENT_FIELDS), "since": _YOUNG},
            "fetch": {
                "path": f"{PAYMENTS}/{{external_id}}",
                "params": {"fields": PAYMENT_FIELDS},
                "record": "payment",
            },
        },
        # They are read with their payments, and told one by one by the connector. The time of a row is the newest of
        # both, so that a refund of an old payment is not taken for one that was not asked for.
        "refunds": {
            "updated_at": _PAYMENT_TIMES | {"at": ["created_at", *_PAYMENT_TIMES["at"]]},
            "natural_key": "join('/', [payment_id, reference])",
            "required": ["payment_id", "amount", "reference"],
            "list": {**_listed(PAYMENTS, "payments", PAYMENT_FIELDS), "since": _CHANGED},
            "not_final": {**_listed(PAYMENTS, "payments", PAYMENT_FIELDS), "since": _YOUNG},
            "lookup": {
                "path": f"{PAYMENTS}/{{natural_key}}",
                "params": {"fields": "id,*refunds"},
                "record": "payment.refunds",
            },
            "create": {
                "path": f"{PAYMENTS}/{{body.payment_id}}/refund",
                "params": {"fields": "id,*refunds"},
                "body": {
                    "amount": "=to_number(body.amount)",
                    "note": "=[body.reference, body.reason] | [?@] | join(' ', @)",
                },
                "answer": "payment",
                "id": "sort_by(refunds, &created_at)[-1].id",
            },
        },
        "fulfillments": _FULFILLMENTS,
    },
    "webhook": {
        "signature": {"header": "X-Crossdock-Secret", "algorithm": "plain"},
        "topic": "name",
        "topics": _topics(),
    },
}
