"""Saleor 3 by its GraphQL API: https://docs.saleor.io/api-usage/overview

What is seen on a running shop (3.23) and shapes this file:
- A wrong token is no 401: it is HTTP 200, and reads as if a permission were missing.
- Errors stand in three places: HTTP 400 for a document that is wrong, errors[] beside HTTP 200 for what is not allowed,
  and errors[] inside the mutation's answer for what does not fit.
- Nothing is idempotent. A fulfilment is found again by its tracking number, a customer by the e-mail address, and stock
  is a level that is set. It includes what open orders have taken.
- Where a webhook has a secret key, its signature is an HMAC; else it is signed with the shop's own key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.connectors import saleor_documents as ask
from integrations.connectors.base import Answer, Call, Item, Page, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.exceptions import Failure
from integrations.http.client import Request

# https://docs.saleor.io/api-usage/pagination: at most 100 are given. What is asked for has its price.
PAGE = 50
MONEY_WENT_BACK = ("REFUND_SUCCESS", "REFUND")
_NOT_LET_IN = (
    "['PermissionDenied', 'InvalidTokenError', 'ExpiredSignatureError', "
    "'InvalidSignatureError', 'DecodeError']"
)


def _listed(document: str, records: str, **variables: Any) -> dict[str, Any]:
    return {
        "document": document,
        "variables": {
            "first": "{size}",
            "after": "{cursor}",
            "filter": {"updatedAt": {"gte": "{since}"}},
            **variables,
        },
        "records": f"data.{records}.edges[].node",
        "paging": {"style": "page_info", "page_info": f"data.{records}.pageInfo", "size": PAGE},
        "since": {"overlap": 60},
    }


def _one(document: str, record: str) -> dict[str, Any]:
    return {"document": document, "variables": {"id": "{external_id}"}, "record": f"data.{record}"}


class Saleor(DeclaredConnector):
    platform = "saleor"
    label = "Saleor"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address of the API",
            kind="url",
            help_text="Without /graphql/ at its end, for example https://shop.saleor.cloud. A sandbox has its own.",
        ),
        SettingField(
            "channel",
            "Channel",
            required=False,
            help_text="Slug of the channel whose orders are read; empty for the orders of all.",
        ),
        SettingField(
            "warehouse",
            "Warehouse",
            required=False,
            help_text="Slug of the warehouse whose stock is read and written and from which is shipped; empty where "
            "there is only one.",
        ),
        SettingField(
            "tell_customer",
            "Tell the customer of fulfilments",
            kind="boolean",
            required=False,
            default=False,
            help_text="The shop then sends an e-mail with each.",
        ),
        SettingField("token", "App token", secret=True),
        SettingField(
            "webhook_secret",
            "Secret key of the webhook",
            required=False,
            secret=True,
            help_text="Made by itself where webhooks are ordered by the button.",
        ),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://docs.saleor.io/api-usage/overview",
        native_integrations=native_of("saleor"),
        credentials=(
            "In the dashboard open Extensions → Installed, click “Add extension” and “Provide details manually”.",
            "Enter a name such as Crossdock, and choose the permissions Manage orders, Manage products, Manage users.",
            "Click Save, and copy the token into “App token”. Saleor shows it once.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Saleor's GraphQL schema of August 2026, and what was observed on a running Saleor 3.23",
        limits="Saleor names none; sandboxes of Saleor Cloud take 120 calls a minute. Crossdock makes 4 at a time.",
        traps=(
            "A wrong token looks like a missing permission.",
            "One list of orders has several currencies, where the shop has several channels.",
            "A variant has a price per channel: where there are several, they are told beside it.",
            "Saleor refuses webhooks to private addresses by default.",
        ),
        lacks=(
            "Webhooks need a secret key: those that Saleor signs with a key of its own (JWS) are not taken yet.",
            "Which stock changed is not told, so it is read whole in intervals.",
            "Refunds are read and not made here.",
        ),
        webhooks="Press “Order webhooks”. Or make one in the app's page of the dashboard, with this connection's "
        "webhook address and a secret key of your own, and enter the same key here.",
    )
    declaration = {
        "label": "Saleor",
        "base_url": "{base_url}",
        "graphql_path": "/graphql/",
        "variables": {
            "base_url": {"label": "Address"},
            "channel": {"required": False},
            "warehouse": {"required": False},
            "tell_customer": {"default": False, "required": False},
        },
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 4},
        # Three calls may make one write.
        "timeouts": {"connect": 4, "read": 9, "total": 10, "calls": 3},
        "errors": [
            {
                "when": f"errors[?contains({_NOT_LET_IN}, extensions.exception.code)]",
                "kind": "config",
                "code": "unauthorized",
                "connection_wide": False,
                "sentence": "=join('', ['Saleor does not let us in. It says: “', errors[0].message, '” It says so "
                "for a wrong token and for a missing permission: give the app the permission, or enter its token "
                "anew.'])",
            },
            {
                "status": 400,
                "when": "errors",
                "kind": "config",
                "code": "unknown_to_this_version",
                "said": "errors[0].message",
            },
            {
                "when": "data.*.errors[]",
                "kind": "data",
                "code": "=data.*.errors[] | [0].code",
                "said": "data.*.errors[] | [0].message",
                "field": "=data.*.errors[] | [0].field",
            },
        ],
        "test": {"document": "{ orders(first: 1) { totalCount } }", "expect": "data.orders"},
        "resources": {
            "orders": {
                "page": "{base_url}/dashboard/orders/{external_id}",
                "updated_at": {"at": "updatedAt"},
                "list": _listed(ask.ORDERS, "orders", channel="{channel}"),
                "fetch": _one(ask.ONE_ORDER, "order"),
            },
            "refunds": {
                "updated_at": {"at": ["updatedAt", "createdAt"]},
                "list": _listed(ask.REFUNDS, "orders", channel="{channel}"),
            },
            "customers": {
                "updated_at": {"at": "updatedAt"},
                "natural_key": "email",
                "required": ["email"],
                "list": _listed(ask.CUSTOMERS, "customers"),
                "fetch": _one(ask.ONE_CUSTOMER, "user"),
                "lookup": {
                    "document": ask.CUSTOMER_OF_EMAIL,
                    "variables": {"email": "{natural_key}"},
                    "record": "data.user",
                },
                # An e-mail address can be there once, so a second one is refused.
                "create": {
                    "document": ask.MAKE_CUSTOMER,
                    "variables": {"input": "=body"},
                    "answer": "data.customerCreate.user",
                },
                "update": {
                    "document": ask.CHANGE_CUSTOMER,
                    "variables": {"id": "{external_id}", "input": "=body"},
                    "answer": "data.customerUpdate.user",
                    "repeatable": True,
                },
            },
            "variants": {
                "updated_at": {"at": "updatedAt"},
                "list": _listed(ask.VARIANTS, "productVariants"),
                "fetch": _one(ask.ONE_VARIANT, "productVariant"),
            },
            "stock": {
                "natural_key": "sku",
                "list": {
                    "document": ask.STOCKS,
                    "variables": {"first": "{size}", "after": "{cursor}"},
                    "records": "data.stocks.edges[].node",
                    "paging": {"style": "page_info", "page_info": "data.stocks.pageInfo", "size": 100},
                },
                "fetch": _one(ask.ONE_STOCK, "stock"),
                "lookup": {
                    "document": ask.STOCK_OF_SKU,
                    "variables": {"sku": "{natural_key}"},
                    "record": "data.productVariant.stocks",
                },
                # Of which variant and warehouse, and what open orders have taken, is found out when it is sent.
                "upsert": {
                    "document": ask.SET_STOCK,
                    "variables": {"sku": "=body.sku", "available": "=body.available"},
                    "repeatable": True,
                    "required": ["sku", "available"],
                },
            },
            "fulfillments": {
                "updated_at": {"at": "created"},
                "natural_key": "join('/', [order_id, tracking_number])",
                "required": ["order_id", "tracking_number", "lines"],
                "lookup": {"document": ask.FULFILMENTS_OF_ORDER, "variables": {"id": "{natural_key}"}},
                "create": {
                    "document": ask.FULFIL,
                    "variables": {
                        "order": "{ids.order}",
                        "input": {
                            "lines": "=body.lines",
                            "trackingNumber": "=body.tracking_number",
                            "notifyCustomer": "=settings.tell_customer",
                        },
                    },
                    "answer": "data.orderFulfill.fulfillments[0]",
                },
            },
        },
        "webhook": {
            # https://docs.saleor.io/developer/extending/webhooks/payload-signature
            "signature": {"header": "Saleor-Signature"},
            "events": "[@][]",
            "topic_header": "Saleor-Event",
            "occurred": {"at": "issuedAt"},
            "topics": ask.TOPICS,
            "subscriptions": {
                "topics": [name.upper() for name in ask.TOPICS],
                "list": {"document": ask.WEBHOOKS, "records": "data.app.webhooks"},
                "address": "targetUrl",
                "topics_at": "asyncEvents[].eventType",
                "active": "isActive",
                "create": {
                    "document": ask.MAKE_WEBHOOK,
                    "variables": {
                        "input": {
                            "name": "Crossdock",
                            "targetUrl": "{address}",
                            "asyncEvents": "{topics}",
                            "secretKey": "{secret}",
                            "isActive": True,
                            "query": ask.SUBSCRIPTION.replace("{", "{{").replace("}", "}}"),
                        }
                    },
                },
                "delete": {"document": ask.TAKE_WEBHOOK, "variables": {"id": "{id}"}},
            },
        },
    }

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        if resource == "refunds":
            return replace(page, items=tuple(one for item in page.items for one in self._refunds(item)))
        wanted = self.settings.get("warehouse")
        if resource == "stock" and wanted:
            here = [item for item in page.items if item.payload["warehouse"]["slug"] == wanted]
            return replace(page, items=tuple(here))
        return page

    def _refunds(self, order: Item) -> Iterator[Item]:
        """What went back of an order's payments, each with the order that it is of."""
        of = {name: order.payload.get(name) for name in ("id", "number")}
        for payment in [*order.payload["transactions"], *order.payload["payments"]]:
            for event in payment["events"]:
                if event["type"] in MONEY_WENT_BACK and event.get("isSuccess", True):
                    told = {**event, "order": of, "provider": payment["name"]}
                    yield self.plan.resources["refunds"].record.item(told)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        look = {"fulfillments": self._made_fulfilment, "stock": self._stock_of}.get(resource)
        if look is None:
            return super().lookup(resource, natural_key)
        return self._in_session(("lookup", resource), lambda: look(natural_key))

    def _made_fulfilment(self, natural_key: str) -> Item | None:
        """By "order id/tracking number"."""
        order_id, _, number = natural_key.rpartition("/")
        order = self._ask(ask.FULFILMENTS_OF_ORDER, {"id": order_id})["order"] or {}
        for made in order.get("fulfillments") or []:
            if made["trackingNumber"] == number and made["status"] != "CANCELED":
                return self.plan.resources["fulfillments"].record.item(made)
        return None

    def _stock_of(self, sku: str) -> Item | None:
        variant = self._ask(ask.STOCK_OF_SKU, {"sku": sku})["productVariant"] or {}
        warehouse = self._warehouse()
        for stock in variant.get("stocks") or []:
            if stock["warehouse"]["id"] == warehouse:
                return self.plan.resources["stock"].record.item(stock)
        return None

    # Writing.

    def send(self, call: Call) -> Answer:
        if call.resource == "stock":
            return self._in_session(("set", "stock"), lambda: self._set_stock(call))
        if call.resource == "fulfillments":
            call = self._in_session(("warehouse", "fulfillments"), lambda: self._from_warehouse(call))
        return super().send(call)

    def _set_stock(self, call: Call) -> Answer:
        """The shop offers its stock less what open orders have taken, and takes only the former."""
        wanted = call.body["variables"]
        sku, available = str(wanted.get("sku") or ""), int(wanted.get("available") or 0)
        variant = self._ask(ask.STOCK_OF_SKU, {"sku": sku})["productVariant"]
        if variant is None:
            raise Failure.data(
                "unknown_sku",
                f"{self.client.name} has no product variant with the SKU {sku}. Correct the SKU in the shop or leave "
                "it out in the job's filter.",
                field="sku",
            )
        warehouse = self._warehouse()
        taken = sum(
            stock["quantityAllocated"]
            for stock in variant["stocks"] or []
            if stock["warehouse"]["id"] == warehouse
        )
        level = {"warehouse": warehouse, "quantity": available + taken}
        body = {**call.body, "variables": {"id": variant["id"], "stocks": [level]}}
        answer = super().send(Call.from_json({**call.to_json(), "body": body}))
        told = answer.body if isinstance(answer.body, dict) else {}
        stocks = told["data"]["productVariantStocksUpdate"]["productVariant"]["stocks"]
        made = next((stock["id"] for stock in stocks if stock["warehouse"]["id"] == warehouse), None)
        return replace(answer, external_id=made)

    def _from_warehouse(self, call: Call) -> Call:
        """Saleor wants to know of each line from where it is shipped."""
        variables = call.body["variables"]
        given = variables.get("input") or {}
        warehouse = self._warehouse()
        lines = [
            {
                "orderLineId": line["order_line_id"],
                "stocks": [{"warehouse": warehouse, "quantity": line["quantity"]}],
            }
            for line in given.get("lines") or []
        ]
        body = {**call.body, "variables": {**variables, "input": {**given, "lines": lines}}}
        return Call.from_json({**call.to_json(), "body": body})

    def _warehouse(self) -> str:
        """Id of the one that is named at the connection, or of the only one."""
        wanted = self.settings.get("warehouse")
        variables = {"slugs": [wanted]} if wanted else {}
        document = ask.WAREHOUSE_OF_SLUG if wanted else ask.WAREHOUSES
        found = [edge["node"]["id"] for edge in self._ask(document, variables)["warehouses"]["edges"]]
        if len(found) == 1:
            return str(found[0])
        what = f"has no warehouse {wanted}" if wanted else "has several warehouses"
        raise Failure.config(
            "warehouse",
            f"{self.client.name} {what}. Enter the slug of the one that is meant at the connection.",
            field="warehouse",
        )

    def _ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = {"query": document, "variables": variables}
        data: dict[str, Any] = self.ask(Request("POST", "/graphql/", body=body))["data"]
        return data
