"""Vendure 3 by its GraphQL Admin API: https://docs.vendure.io/reference/graphql-api/admin/

What is seen on a running shop and shapes this file:
- An order's updatedAt does not move when it is paid, shipped or refunded. New orders are found by orderPlacedAt,
  changes by reading again what is not final, and the version is the newest of all the times inside.
- Business errors are union members inside HTTP 200; an expired session is HTTP 200 with the code FORBIDDEN.
- "after" is strictly later, and times are cut to seconds. A page above the shop's own limit is an error.
- Nothing is idempotent. The same units cannot be fulfilled twice, and a fulfilment is found by its tracking code.
"""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Answer, Call, Item, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.vendure_documents import (
    CUSTOMERS,
    FULFIL,
    FULFILMENTS_OF_ORDER,
    LOGIN,
    ONE_CUSTOMER,
    ONE_ORDER,
    ONE_VARIANT,
    ORDERS,
    SET_STOCK,
    SHIP,
    STOCK_OF_SKU,
    VARIANTS,
)
from integrations.exceptions import Failure
from integrations.http.client import Request

# Delivered and Cancelled are final, but may still be refunded: those are looked at again for some days.
OPEN_STATES = [
    "PaymentAuthorized",
    "PaymentSettled",
    "PartiallyShipped",
    "Shipped",
    "PartiallyDelivered",
    "Modifying",
    "ArrangingAdditionalPayment",
]
LATE_CHANGES = 14 * 86_400.0

# The newest of all that is inside: the order's own updatedAt stays where it is.
TIMES_OF_ORDER = [
    "orderPlacedAt",
    "updatedAt",
    "payments[].updatedAt",
    "payments[].refunds[].updatedAt",
    "fulfillments[].updatedAt",
]
LIMIT_REFUSED = "errors[?contains(message, 'Cannot take more than')]"


def _listed(document: str, filters: dict[str, Any], sort: dict[str, str], records: str) -> dict[str, Any]:
    return {
        "document": document,
        "variables": {"options": {"take": "{size}", "skip": "{offset}", "sort": sort, "filter": filters}},
        "records": f"data.{records}.items",
        "paging": {
            "style": "offset",
            "size": 100,
            "total": f"data.{records}.totalItems",
            "order": "stable",
            "size_refused": LIMIT_REFUSED,
        },
    }


class Vendure(DeclaredConnector):
    platform = "vendure"
    label = "Vendure"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address of the Admin API",
            kind="url",
            help_text="For example https://shop.example.com/admin-api",
        ),
        SettingField(
            "channel_token",
            "Channel token",
            required=False,
            help_text="Of the channel that is meant; empty for the default channel, which shows all orders.",
        ),
        SettingField(
            "stock_location",
            "Stock location",
            required=False,
            help_text="Id of the location whose stock is written; empty where there is only one.",
        ),
        SettingField("username", "Administrator", secret=True),
        SettingField("password", "Password", secret=True),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://docs.vendure.io/reference/graphql-api/admin/",
        native_integrations=native_of("vendure"),
        credentials=(
            "In Vendure's admin open Settings → Administrators and create one for Crossdock.",
            "Give it a role with ReadOrder, UpdateOrder, ReadCustomer, ReadCatalog and UpdateCatalog.",
            "Enter its e-mail address and password here.",
        ),
        verified=Verified.REAL,
        verified_against="Vendure 3.7 and its Admin API's schema",
        limits="Vendure names none; Crossdock makes up to 8 calls at the same time.",
        traps=(
            "An order's time of change stands still when it is paid, shipped or refunded: open ones are read again.",
            "The default channel shows the orders of all channels.",
            "Refunds and cancellations that were made more than 14 days after the order was final are not seen.",
        ),
        lacks=("Vendure sends no webhooks without a plugin, so it is read in intervals.",),
    )
    declaration = {
        "label": "Vendure",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"label": "Address"},
            "channel_token": {"required": False},
            "stock_location": {"required": False},
        },
        "headers": {"vendure-token": "{channel_token}"},
        "auth": {
            "kind": "login",
            "document": LOGIN,
            "variables": {"username": "{username}", "password": "{password}"},
            "token_header": "vendure-auth-token",
            "refused": "data.login.errorCode",
        },
        "limits": {"concurrent": 8},
        # Two calls may make one write.
        "timeouts": {"connect": 4, "read": 12, "total": 14, "calls": 2},
        "errors": [
            {
                "when": "errors[?extensions.code == 'FORBIDDEN' || extensions.code == 'UNAUTHORIZED']",
                "kind": "expired",
            },
            {
                "when": "errors[?extensions.code == 'INTERNAL_SERVER_ERROR']",
                "kind": "transient",
                "in_doubt": True,
            },
            {
                "when": "data.*.errorCode[]",
                "kind": "data",
                "code": "=data.*.errorCode | [0]",
                "said": "data.*.message | [0]",
            },
        ],
        "test": {"document": "{ orders(options: { take: 1 }) { totalItems } }", "expect": "data.orders"},
        "resources": {
            "orders": {
                "page": "{base_url}/../admin/orders/{external_id}",
                "updated_at": {"at": TIMES_OF_ORDER},
                "list": {
                    **_listed(
                        ORDERS,
                        # Carts and drafts are orders too.
                        {"active": {"eq": False}, "orderPlacedAt": {"isNull": False, "after": "{since}"}},
                        {"orderPlacedAt": "ASC", "id": "ASC"},
                        "orders",
                    ),
                    "since": {"granularity": 1, "strict": True, "overlap": 5},
                },
                "not_final": {
                    "variables": {
                        "options": {
                            "take": "{size}",
                            "skip": "{offset}",
                            "sort": {"orderPlacedAt": "ASC", "id": "ASC"},
                            "filter": {
                                "active": {"eq": False},
                                "_or": [
                                    {"state": {"in": OPEN_STATES}},
                                    {"orderPlacedAt": {"after": "{since}"}},
                                ],
                            },
                        }
                    },
                    # Orders leave this list while it is read, when they become final.
                    "paging": {
                        "style": "offset",
                        "size": 100,
                        "total": "data.orders.totalItems",
                        "order": "changing",
                        "size_refused": LIMIT_REFUSED,
                    },
                    "since": {"window": LATE_CHANGES},
                },
                "fetch": {
                    "document": ONE_ORDER,
                    "variables": {"id": "{external_id}"},
                    "record": "data.order",
                },
            },
            "customers": {
                "updated_at": {"at": "updatedAt"},
                "list": {
                    **_listed(
                        CUSTOMERS,
                        {"updatedAt": {"after": "{since}"}},
                        {"id": "ASC"},
                        "customers",
                    ),
                    "since": {"granularity": 1, "strict": True, "overlap": 5},
                },
                "fetch": {
                    "document": ONE_CUSTOMER,
                    "variables": {"id": "{external_id}"},
                    "record": "data.customer",
                },
            },
            "variants": {
                "updated_at": {"at": "updatedAt"},
                "list": {
                    **_listed(
                        VARIANTS, {"updatedAt": {"after": "{since}"}}, {"id": "ASC"}, "productVariants"
                    ),
                    "since": {"granularity": 1, "strict": True, "overlap": 5},
                },
                "fetch": {
                    "document": ONE_VARIANT,
                    "variables": {"id": "{external_id}"},
                    "record": "data.productVariant",
                },
            },
            # A sale moves the time of the stock level and not that of the variant, and the former cannot be asked for.
            "stock": {
                "updated_at": {"at": ["updatedAt", "stockLevels[].updatedAt"]},
                "natural_key": "sku",
                "list": _listed(VARIANTS, {}, {"id": "ASC"}, "productVariants"),
                "fetch": {
                    "document": ONE_VARIANT,
                    "variables": {"id": "{external_id}"},
                    "record": "data.productVariant",
                },
                "lookup": {
                    "document": STOCK_OF_SKU,
                    "variables": {"sku": "{natural_key}"},
                    "record": "data.productVariants.items",
                    "match": "sku",
                },
                "upsert": {
                    "document": SET_STOCK,
                    "variables": {"sku": "=body.sku", "available": "=body.available"},
                    "answer": "data.updateProductVariants[0]",
                    "repeatable": True,
                    "required": ["sku", "available"],
                },
            },
            "fulfillments": {
                "updated_at": {"at": "updatedAt"},
                "natural_key": "join('/', [order_id, tracking_code])",
                "required": ["order_id", "lines", "tracking_code"],
                "lookup": {
                    "document": FULFILMENTS_OF_ORDER,
                    "variables": {"id": "{natural_key}"},
                    "record": "data.order.fulfillments",
                },
                "create": {
                    "document": FULFIL,
                    "variables": {
                        "input": {
                            "lines": "=body.lines",
                            "handler": {
                                "code": "manual-fulfillment",
                                "arguments": [
                                    {"name": "method", "value": "=body.method || 'Warehouse'"},
                                    {"name": "trackingCode", "value": "=body.tracking_code"},
                                ],
                            },
                        }
                    },
                    "answer": "data.addFulfillmentToOrder",
                    "then": [
                        {
                            "document": SHIP,
                            "variables": {"id": "{external_id}"},
                            "answer": "data.transitionFulfillmentToState",
                            "repeatable": True,
                            "errors": [
                                {
                                    "when": "data.transitionFulfillmentToState.fromState == 'Shipped' "
                                    "|| data.transitionFulfillmentToState.fromState == 'Delivered'",
                                    "kind": "done",
                                }
                            ],
                        }
                    ],
                },
            },
        },
    }

    def send(self, call: Call) -> Answer:
        if call.resource == "stock":
            call = self._in_session(("level", "stock"), lambda: self._with_stock(call))
        return super().send(call)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """A fulfilment by "order id/tracking code": the shop has no search for it, but shows it with its order."""
        if resource != "fulfillments":
            return super().lookup(resource, natural_key)
        order_id, _, tracking_code = natural_key.partition("/")
        body = {"query": FULFILMENTS_OF_ORDER, "variables": {"id": order_id}}
        found = self._in_session(("lookup", resource), lambda: self._ask(body))
        order = found.get("order") or {}
        for made in order.get("fulfillments") or []:
            if made.get("trackingCode") == tracking_code and made.get("state") != "Cancelled":
                return self.plan.resources[resource].record.item(made)
        return None

    def _with_stock(self, call: Call) -> Call:
        """The shop offers what is on hand less what its own open orders have taken, and takes only the former.

        So the level that is to be offered is written with these added: read just before, since each sale moves it.
        """
        wanted = call.body["variables"]
        sku, available = wanted["sku"], int(wanted["available"])
        items = self._ask({"query": STOCK_OF_SKU, "variables": {"sku": sku}})["productVariants"]["items"]
        if len(items) != 1:
            what = "has no product variant" if not items else "has several product variants"
            raise Failure.data(
                "unknown_sku",
                f"Vendure {what} with the SKU {sku}. Correct the SKU in the shop or leave it out in the job's filter.",
                field="sku",
            )
        level = self._level(items[0]["stockLevels"], sku)
        made = {
            "stockLocationId": level["stockLocationId"],
            "stockOnHand": available + level["stockAllocated"],
        }
        variables = {"input": [{"id": items[0]["id"], "stockLevels": [made]}]}
        return _replaced(call, {**call.body, "variables": variables})

    def _level(self, levels: list[dict[str, Any]], sku: str) -> dict[str, Any]:
        wanted = str(self.settings.get("stock_location") or "")
        fitting = [level for level in levels if wanted in ("", str(level["stockLocationId"]))]
        if len(fitting) == 1:
            return fitting[0]
        if wanted and not fitting:
            return {"stockLocationId": wanted, "stockAllocated": 0}
        raise Failure.config(
            "stock_location",
            f"{sku} has stock at {len(levels)} locations of the shop. Name the one that is meant at the connection.",
            field="stock_location",
        )

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = self.ask(Request("POST", "", body=body))["data"]
        return data


def _replaced(call: Call, body: dict[str, Any]) -> Call:
    return Call.from_json({**call.to_json(), "body": body})
