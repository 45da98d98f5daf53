"""ERPNext by Frappe's REST API: https://docs.frappe.io/framework/user/en/api/rest

- A document is a draft, submitted or cancelled (docstatus 0, 1, 2). What is submitted is booked, is not changed any
  more, and is cancelled and not deleted; a draft is deleted and not cancelled.
- Lists give documents without their lines: these are asked for beside, for a whole page at once.
- Times have no zone: they are those of the site's own clock.
- Nothing is idempotent: an order is found again by its customer's purchase order number, a customer by the e-mail
  address. Stock that is as it should be already is refused, which is as good as done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from integrations.connectors.base import Answer, Call, Item, SettingField
from integrations.connectors.completing import CompletedConnector
from integrations.connectors.declaration import plan_of
from integrations.connectors.erpnext_client import FrappeClient
from integrations.connectors.erpnext_declaration import (
    BIN,
    CANCELLED,
    COUNT,
    DRAFT,
    FACTS,
    SUBMITTED,
    declared,
    path,
)
from integrations.connectors.erpnext_orders import Making, json_number, same_items
from integrations.connectors.erpnext_parts import Row, completed
from integrations.connectors.http import BASE_URL
from integrations.connectors.plan import Plan
from integrations.connectors.times import zone
from integrations.exceptions import Failure
from integrations.http.client import HttpClient, Request

# https://github.com/frappe/erpnext/blob/develop/erpnext/stock/doctype/stock_reconciliation/stock_reconciliation.py
NOTHING_TO_COUNT = "EmptyStockReconciliationItemsError"


class ERPNext(CompletedConnector):
    platform = "erpnext"
    label = "ERPNext"
    http_client = FrappeClient
    settings_fields = (
        replace(BASE_URL, help_text="Of your site, for example https://acme.frappe.cloud."),
        SettingField(
            "time_zone",
            "Time zone",
            help_text="As it stands in ERPNext under System Settings → Time Zone, for example Europe/Berlin.",
        ),
        SettingField(
            "company",
            "Company",
            required=False,
            help_text="Whose orders and stock are written, where ERPNext has several.",
        ),
        SettingField(
            "warehouse",
            "Warehouse",
            required=False,
            help_text="Whose stock is read and set, and from which orders are delivered, for example Stores - A. Left "
            "open, that of all is read and none is set.",
        ),
        SettingField(
            "price_list",
            "Price list",
            required=False,
            default="Standard Selling",
            help_text="From which the prices of items are told.",
        ),
        SettingField(
            "shipping_account",
            "Account for shipping costs",
            required=False,
            help_text="On which they are booked in orders made here, for example Freight and Forwarding Charges - A.",
        ),
        SettingField("client_id", "API key", secret=True),
        SettingField("client_secret", "API secret", secret=True),
        SettingField(
            "webhook_secret",
            "Secret of the webhooks",
            required=False,
            secret=True,
            help_text="It is filled in when webhooks are ordered.",
        ),
    )
    facts = FACTS
    declaration = declared("UTC")

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        return _plan(str(settings.get("time_zone") or "UTC"))

    def _client(self, base_url: str, auth: Any) -> HttpClient:
        client = super()._client(base_url, auth)
        client.hide(str(self.secrets.get(name) or "") for name in ("client_id", "client_secret"))
        return client

    # What the parts of it ask for.

    def found(
        self, doctype: str, filters: list[Any], order: str = "", limit: int = 0, parent: str = ""
    ) -> list[Row]:
        params = [
            ("fields", '["*"]'),
            ("filters", orjson.dumps(filters).decode()),
            ("limit_page_length", str(limit)),
        ]
        params += [(name, value) for name, value in (("order_by", order), ("parent", parent)) if value]
        rows: list[Row] = self.ask(Request("GET", path(doctype), params))["data"]
        return rows

    def make(self, doctype: str, values: Row) -> str:
        made = self.ask(Request("POST", path(doctype), body=values, writes=True))
        return str(made["data"]["name"])

    def _completed(self, resource: str, items: Sequence[Item]) -> list[Item]:
        """Each with the time zone that its times are of, which a mapping needs."""
        rows = completed(resource, [item.payload for item in items], self._look, self.setting("price_list"))
        told = {"time_zone": self.setting("time_zone") or "UTC"}
        return [replace(item, payload={**row, **told}) for item, row in zip(items, rows, strict=True)]

    def _look(self, doctype: str, filters: list[Any], parent: str) -> list[Row]:
        self._turn()
        return self.found(doctype, filters, parent=parent)

    # Writing.

    def send(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        match call.resource, call.operation, call.step:
            case "stock", _, _:
                return self._count(call, body)
            case "customers", "create", _:
                told = {name: value for name, value in body.items() if value not in (None, "")}
                return super().send(replace(call, body={"customer_type": "Individual", **told}))
            case "orders", "create", 0:
                return super().send(replace(call, body=Making(self, body).values()))
            case "orders", "update", _:
                return self._change(call, body)
            case "orders", "cancel", _:
                return self._cancel(call)
            case "orders", _, _:
                return self._submit(call, body)
        return super().send(call)

    def _order(self, call: Call) -> Row:
        order: Row = self.ask(Request("GET", call.path))["data"]
        return order

    def _submit(self, call: Call, body: Row) -> Answer:
        """What comes to another total than the shop's is left to a person: it would be booked wrongly."""
        if not body.get("confirm"):
            return _unmoved(call)
        order = self._order(call)
        if order["docstatus"] != DRAFT:
            return replace(_unmoved(call), replayed=True)
        total = body.get("total")
        theirs = {Decimal(str(order.get(name) or 0)) for name in ("grand_total", "rounded_total")}
        if total not in (None, "") and Decimal(str(total)) not in theirs:
            raise Failure.data(
                "other_total",
                f"{self.say()} comes to a total of {order.get('grand_total')} for {order['name']}, and the shop to "
                f"{total}. It stays a draft. Look at its taxes and prices there, then retry.",
                field="total",
            )
        return super().send(replace(call, body={"docstatus": SUBMITTED}))

    def _cancel(self, call: Call) -> Answer:
        try:
            order = self._order(call)
        except Failure as failure:
            if failure.code != "not_found":
                raise
            # A draft that was deleted, perhaps by us with an answer that was lost.
            return replace(_unmoved(call), replayed=True)
        if order["docstatus"] == CANCELLED:
            return replace(_unmoved(call), replayed=True)
        if order["docstatus"] == DRAFT:
            self.ask(Request("DELETE", call.path, writes=True))
            return _unmoved(call)
        return super().send(call)

    def _change(self, call: Call, body: Row) -> Answer:
        """A draft is written anew. What is submitted stays as it is, and is told where it should not."""
        order = self._order(call)
        making = Making(self, body)
        if order["docstatus"] == DRAFT:
            return super().send(replace(call, body=making.values()))
        if order["docstatus"] == CANCELLED:
            raise Failure.data(
                "order_cancelled",
                f"{order['name']} is cancelled in {self.say()} and was changed in the shop. Decide what is right.",
            )
        if not same_items(making.items(str(order.get("delivery_date"))), order.get("items") or []):
            raise Failure.data(
                "order_submitted",
                f"{order['name']} is submitted in {self.say()}, and its lines were changed in the shop. "
                "Change them there with “Update Items”.",
                field="items",
            )
        return _unmoved(call)

    # Stock.

    def _count(self, call: Call, body: Row) -> Answer:
        """Books how many there are. What only tells how many can be sold counts those that are reserved beside."""
        warehouse = self.setting("warehouse")
        if not warehouse:
            raise Failure.config(
                "warehouse",
                f"In which warehouse of {self.say()} stock is to be set is not told. Enter it at the connection.",
                field="warehouse",
            )
        code = body.get("item_code")
        bins = [["item_code", "=", code], ["warehouse", "=", warehouse]]
        known = self.found(BIN, bins, limit=1)
        line = {"item_code": code, "warehouse": warehouse, "qty": self._counted(body, known)}
        counted = {
            "purpose": COUNT,
            "company": self.setting("company"),
            "items": [line],
            "docstatus": SUBMITTED,
        }
        told = {name: value for name, value in counted.items() if value != ""}
        made = self.client.send(Request("POST", path(COUNT), body=told, writes=True))
        refused = made.json.get("exc_type") if isinstance(made.json, dict) else None
        if refused != NOTHING_TO_COUNT:
            self._resource(call.resource).operations[call.operation].step(0).rules.judge(self.client, made)
        # The first count of an item makes its place in the warehouse.
        there = known or self.found(BIN, bins, limit=1)
        return Answer(external_id=str(there[0]["name"]) if there else None, status=made.status)

    def _counted(self, body: Row, known: Sequence[Row]) -> int | float:
        on_hand, available = body.get("on_hand"), body.get("available")
        if on_hand in (None, "") and available in (None, ""):
            raise Failure.data(
                "no_quantity", "It tells neither what is on hand nor what can be sold.", field="on_hand"
            )
        counted = Decimal(str(on_hand if on_hand not in (None, "") else available))
        if on_hand in (None, "") and known:
            counted += Decimal(str(known[0].get("reserved_qty") or 0))
        return json_number(counted)


@lru_cache(maxsize=64)
def _plan(name: str) -> Plan:
    """Raises DeclarationError for a time zone that is none."""
    zone(name, "time_zone")
    return plan_of(declared(name))


def _unmoved(call: Call) -> Answer:
    return Answer(external_id=call.external_id or None, status=200)
