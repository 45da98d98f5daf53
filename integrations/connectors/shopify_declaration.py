"""What Shopify's connector reads and writes, in the words of a declaration.

- Refunds, payments and fulfilments have no list of their own: they are read with the orders that have changed, so an
  older one may stand among what is new, and its own time says nothing of where the list is.
- Stock and refunds carry a key, which Shopify insists on since 2026-04
  (https://shopify.dev/docs/api/usage/implementing-idempotency). `shopify_writes` completes them when they are sent.
"""

from __future__ import annotations

from typing import Any

from integrations.connectors import shopify_documents as ask

# An order is dear: half of it is asked for where Shopify finds a page too dear.
TOO_DEAR = "errors[?extensions.code == 'MAX_COST_EXCEEDED']"
SINCE = {"granularity": 1, "overlap": 120}
CHANGED = "updated_at:>='{since}'"


def _listed(document: str, at: str, records: str = "nodes", size: int = 50) -> dict[str, Any]:
    return {
        "document": document,
        "variables": {"after": "{cursor}", "first": "{size}", "query": CHANGED},
        "records": f"data.{at}.{records}",
        "paging": {
            "style": "page_info",
            "page_info": f"data.{at}.pageInfo",
            "size": size,
            "size_refused": TOO_DEAR,
        },
        "since": SINCE,
    }


def _one(document: str, kind: str, record: str) -> dict[str, Any]:
    return {
        "document": document,
        "variables": {"id": f"gid://shopify/{kind}/{{external_id}}"},
        "record": f"data.{record}",
    }


# All lines of an order that has more of them than a list shows.
MORE_LINES = {
    "document": ask.ALL_LINES,
    "variables": {"id": "{record.id}", "after": "{cursor}", "first": "{size}"},
    "records": "data.order.lineItems.nodes",
    "paging": {"style": "page_info", "page_info": "data.order.lineItems.pageInfo", "size": 100},
    "into": "allLines",
    "when": "lineItems.pageInfo.hasNextPage",
}


def topics(resource: str, names: str) -> dict[str, dict[str, Any]]:
    """What was deleted comes with its bare number, all else with the id that GraphQL knows as well."""
    return {
        name: {"resource": resource, "id": "admin_graphql_api_id || id", "id_tail": True}
        for name in names.split()
    }


RESOURCES: dict[str, Any] = {
    "orders": {
        "page": "{base_url}/admin/orders/{external_id}",
        "id_tail": True,
        "updated_at": {"at": "updatedAt"},
        "list": {**_listed(ask.ORDERS, "orders", size=25), "details": [MORE_LINES]},
        "fetch": {**_one(ask.ONE_ORDER, "Order", "order"), "details": [MORE_LINES]},
        "actions": {
            "cancel": {
                "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                "document": ask.CANCEL,
                "variables": {"id": "gid://shopify/Order/{external_id}"},
                # It names a job, and not the order.
                "answer": "`null`",
                "repeatable": True,
                "errors": [
                    {
                        "when": "data.orderCancel.orderCancelUserErrors[?contains(message, 'already')]",
                        "kind": "done",
                    },
                    {
                        "when": "data.orderCancel.orderCancelUserErrors[0]",
                        "kind": "data",
                        "code": "=data.orderCancel.orderCancelUserErrors[0].code",
                        "said": "data.orderCancel.orderCancelUserErrors[0].message",
                    },
                ],
            }
        },
    },
    "customers": {
        "page": "{base_url}/admin/customers/{external_id}",
        "id_tail": True,
        "updated_at": {"at": "updatedAt"},
        "natural_key": "email",
        "required": ["email"],
        "list": _listed(ask.CUSTOMERS, "customers", size=100),
        "fetch": _one(ask.ONE_CUSTOMER, "Customer", "customer"),
        "lookup": {
            "document": ask.CUSTOMER_BY_EMAIL,
            "variables": {"email": "{natural_key}"},
            "record": "data.customerByIdentifier",
        },
        "upsert": {
            "document": ask.SET_CUSTOMER,
            "variables": {"identifier": {"email": "=body.email"}, "input": "=body"},
            "answer": "data.customerSet.customer",
            "repeatable": True,
        },
    },
    "variants": {
        "id_tail": True,
        "updated_at": {"at": "updatedAt"},
        "list": _listed(ask.VARIANTS, "productVariants", size=100),
        "fetch": _one(ask.ONE_VARIANT, "ProductVariant", "productVariant"),
    },
    "stock": {
        "id_tail": True,
        "updated_at": {"at": ["updatedAt", "quantities[].updatedAt"]},
        "natural_key": "sku",
        "required": ["sku", "available"],
        "list": {
            **_listed(ask.LEVELS, "location.inventoryLevels", size=100),
            "variables": {
                "location": "=settings.location && join('', ['gid://shopify/Location/', settings.location])",
                "after": "{cursor}",
                "first": "{size}",
                "query": CHANGED,
            },
        },
        "fetch": _one(ask.ONE_LEVEL, "InventoryLevel", "inventoryLevel"),
        "lookup": {
            "document": ask.LEVELS_OF_SKUS,
            "variables": {"query": "{natural_key}", "first": 10},
            "record": "data.inventoryItems.nodes",
        },
        "upsert": {
            "document": ask.SET_STOCK,
            "variables": {
                "sku": "=body.sku",
                "available": "=body.available",
                "location": "=body.location || settings.location",
                "change_from": "=body.change_from",
            },
            "key": {"body": "variables.key", "lifetime": 86_400},
            "answer": "`null`",
            "repeatable": True,
        },
        "batch": {
            "operation": "upsert",
            "size": 50,
            "document": ask.SET_STOCK,
            "variables": {"input": "{items}"},
            "results": "data",
        },
    },
    "payments": {
        "id_tail": True,
        "version": {"at": "processedAt || createdAt", "kind": "text"},
        "list": {
            **_listed(ask.PAYMENTS, "orders", "nodes[].transactions[]", 25),
            "skip": "kind == 'REFUND' || kind == 'SUGGESTED_REFUND' || kind == 'CHANGE'",
        },
        "fetch": _one(ask.ONE_PAYMENT, "OrderTransaction", "node"),
    },
    "refunds": {
        "id_tail": True,
        "version": {"at": "updatedAt", "kind": "text"},
        "natural_key": "join('/', [order_id, reference])",
        "required": ["order_id", "reference", "amount"],
        "list": _listed(ask.REFUNDS, "orders", "nodes[].refunds[]"),
        "fetch": _one(ask.ONE_REFUND, "Refund", "refund"),
        "lookup": {
            "document": ask.REFUNDS_OF_ORDER,
            "variables": {"id": "{natural_key}"},
            "record": "data.order.refunds",
        },
        "create": {
            "document": ask.MAKE_REFUND,
            "variables": {
                "input": {
                    "orderId": "gid://shopify/Order/{body.order_id}",
                    "currency": "=body.currency",
                    "note": "=join('', [body.note || 'Refund', ' (', body.reference, ')'])",
                    "notify": "{notify_customers}",
                    "transactions": [
                        {
                            "orderId": "gid://shopify/Order/{body.order_id}",
                            "kind": "REFUND",
                            "amount": "=body.amount",
                            "gateway": "=body.gateway",
                            "parentId": "=body.payment_id",
                        }
                    ],
                }
            },
            "key": {"body": "variables.key", "lifetime": 86_400},
            "answer": "data.refundCreate.refund",
        },
    },
    "fulfillments": {
        "id_tail": True,
        "version": {"at": "updatedAt", "kind": "text"},
        "natural_key": "join('/', [order_id, tracking.number])",
        "required": ["order_id", "tracking.number"],
        "list": _listed(ask.FULFILLMENTS, "orders", "nodes[].fulfillments[]", 25),
        "fetch": _one(ask.ONE_FULFILLMENT, "Fulfillment", "fulfillment"),
        "lookup": {
            "document": ask.FULFILLMENTS_OF_ORDER,
            "variables": {"id": "{natural_key}"},
            "record": "data.order.fulfillments",
        },
        "create": {
            "document": ask.FULFIL,
            "variables": {
                "order_id": "=body.order_id",
                "lines": "=body.lines",
                "tracking": "=body.tracking",
                "notify": "{notify_customers}",
            },
            "answer": "data.fulfillmentCreate.fulfillment",
        },
        "update": {
            "document": ask.CHANGE_TRACKING,
            "variables": {
                "id": "gid://shopify/Fulfillment/{external_id}",
                "tracking": "=body.tracking",
                "notify": "{notify_customers}",
            },
            "answer": "data.fulfillmentTrackingInfoUpdate.fulfillment",
            "repeatable": True,
        },
        "actions": {
            "cancel": {
                "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                "document": ask.CANCEL_FULFILLMENT,
                "variables": {"id": "gid://shopify/Fulfillment/{external_id}"},
                "answer": "data.fulfillmentCancel.fulfillment",
                "repeatable": True,
            }
        },
    },
}

# https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
WEBHOOK: dict[str, Any] = {
    "signature": {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
    "topic_header": "X-Shopify-Topic",
    "delivery_id_header": "X-Shopify-Webhook-Id",
    "topics": {
        **topics(
            "orders",
            "orders/create orders/updated orders/paid orders/cancelled orders/fulfilled "
            "orders/partially_fulfilled orders/delete",
        ),
        **topics("customers", "customers/create customers/update customers/delete"),
        **topics("payments", "order_transactions/create"),
        **topics("refunds", "refunds/create"),
        **topics("fulfillments", "fulfillments/create fulfillments/update"),
        **topics("stock", "inventory_levels/connect inventory_levels/update"),
    },
    "subscriptions": {
        # What an order's payment or shipping changes is told by its update as well.
        "topics": [
            *("orders/create", "orders/updated", "orders/delete"),
            *("customers/create", "customers/update", "customers/delete"),
            *("order_transactions/create", "refunds/create", "fulfillments/create", "fulfillments/update"),
            *("inventory_levels/connect", "inventory_levels/update"),
        ],
        "each": True,
        "list": {
            "document": ask.SUBSCRIPTIONS,
            "variables": {"after": "{cursor}", "first": "{size}"},
            "records": "data.webhookSubscriptions.nodes",
            "paging": {"style": "page_info", "page_info": "data.webhookSubscriptions.pageInfo", "size": 100},
        },
        "address": "uri",
        "topics_at": "topic",
        "create": {"document": ask.SUBSCRIBE, "variables": {"topic": "{topic}", "address": "{address}"}},
        "delete": {"document": ask.UNSUBSCRIBE, "variables": {"id": "{id}"}},
    },
}
