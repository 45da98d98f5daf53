"""Odoo by its external API: https://www.odoo.com/documentation/19.0/developer/reference/external_api.html

- Every call is a transaction of its own, and an error undoes all of it. Nothing is idempotent: an order is found again
  by its customer reference, a partner by its e-mail address.
- Records name others by id and shown name: what belongs to an order is asked for beside it, for a whole page at once.
- Stock is counted: a quantity is put down for a product at a location, and then applied.
- Some methods answer with a window that asks a person instead of doing it, and with HTTP 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from integrations.connectors.base import Answer, Call, Item, SettingField
from integrations.connectors.completing import CompletedConnector
from integrations.connectors.http import BASE_URL
from integrations.connectors.odoo_declaration import (
    DECLARATION,
    EVEN_ARCHIVED,
    LINE,
    LINE_FIELDS,
    ORDER,
    PARTNER,
    PRODUCT,
    QUANT,
)
from integrations.connectors.odoo_facts import FACTS
from integrations.connectors.odoo_orders import Making, place, same_lines
from integrations.connectors.odoo_parts import Row, completed
from integrations.connectors.odoo_rpc import Login, OdooClient, asks_a_person, undecided
from integrations.exceptions import DeclarationError, Failure
from integrations.http.client import HttpClient, Request

JSON2_SINCE = "19"
# https://github.com/odoo/odoo/blob/19.0/addons/stock/models/stock_quant.py: without it nothing is counted.
COUNTING = {"inventory_mode": True}
OPEN, CONFIRMED, CANCELLED = ("draft", "sent"), ("sale", "done"), ("cancel",)
PERSON = ("name", "email", "phone", "ref", "is_company", "lang")


class OdooConnector(CompletedConnector):
    platform = "odoo"
    label = "Odoo"
    http_client = OdooClient
    settings_fields = (
        replace(BASE_URL, help_text="Of your Odoo, for example https://acme.odoo.com."),
        SettingField(
            "version",
            "Version of Odoo",
            required=False,
            default=JSON2_SINCE,
            choices=((JSON2_SINCE, "19 or newer"), ("18", "18"), ("15", "15 to 17")),
            help_text="Odoo Settings, at the bottom of the page. Before 19, Crossdock speaks JSON-RPC.",
        ),
        SettingField(
            "database",
            "Database",
            required=False,
            help_text="Needed before version 19, and where one server has several. On Odoo Online it is the part of "
            "the address before .odoo.com.",
        ),
        SettingField(
            "stock_location",
            "Stock location",
            required=False,
            kind="integer",
            help_text="Id of the location whose stock is read and set. Left open, all are read, and set is that of "
            "the only warehouse.",
        ),
        SettingField(
            "shipping_sku",
            "Product for shipping costs",
            required=False,
            help_text="Internal reference of the service product that stands for them in orders made here.",
        ),
        SettingField("token", "API key", secret=True),
        SettingField(
            "username",
            "Login of the user",
            required=False,
            secret=True,
            help_text="Needed before version 19: whose API key it is.",
        ),
    )
    facts = FACTS
    declaration = DECLARATION

    def _client(self, base_url: str, auth: Any) -> HttpClient:
        client = super()._client(base_url, auth)
        if isinstance(client, OdooClient) and self.settings.get("version") != JSON2_SINCE:
            database, user = self.setting("database"), str(self.secrets.get("username") or "")
            for name, value in (("database", database), ("username", user)):
                if not value:
                    raise DeclarationError(name, "Odoo before version 19 needs it to let us log in.")
            client.rpc = Login(database, user, str(self.secrets.get("token") or ""))
            client.hide([user])
        return client

    # What the parts of it ask for.

    def found(
        self, model: str, domain: list[Any], fields: Sequence[str], limit: int = 0, **named: Any
    ) -> list[Row]:
        body = {"domain": domain, "fields": list(fields), "order": "id", **named}
        rows: list[Row] = self.do(model, "search_read", **body, **({"limit": limit} if limit else {}))
        return rows

    def make(self, model: str, values: Row) -> int:
        return int(self.do(model, "create", vals_list=[values])[0])

    def do(self, model: str, method: str, **named: Any) -> Any:
        writes = method != "search_read"
        return self.ask(Request("POST", f"/json/2/{model}/{method}", body=named, writes=writes))

    def _completed(self, resource: str, items: Sequence[Item]) -> list[Item]:
        rows = completed(resource, [item.payload for item in items], self._look)
        return [replace(item, payload=row) for item, row in zip(items, rows, strict=True)]

    def _look(self, model: str, domain: list[Any], fields: Sequence[str]) -> list[Row]:
        """Archived products and partners still stand in orders."""
        self._turn()
        return self.found(model, domain, fields, context=EVEN_ARCHIVED)

    # Writing.

    def send(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        match call.resource, call.operation, call.step:
            case "stock", _, _:
                return self._count(body)
            case "customers", _, _:
                values = self._person(body)
                named = {"vals_list": [values]} if call.operation == "create" else _on(call, vals=values)
                return super().send(replace(call, body=named))
            case "orders", "create", 0:
                return super().send(replace(call, body={"vals_list": [Making(self, body).values()]}))
            case "orders", "update", _:
                return self._change(call, body)
            case "orders", "cancel", _:
                return self._bring(call, "action_cancel", CANCELLED, **body)
            case "orders", _, _:
                return self._confirm(call, body)
        return super().send(call)

    def _person(self, body: Row) -> Row:
        told = {name: body[name] for name in PERSON if body.get(name) not in (None, "")}
        return {**place(self, body), **told}

    def _order(self, call: Call) -> Row:
        """As it stands in Odoo. Raises Failure (data) where it is not there any more."""
        name = int(call.external_id) if call.external_id.isdigit() else 0
        found = self.found(ORDER, [["id", "=", name]], ["name", "state", "amount_total"])
        if not found:
            raise Failure.data(
                "not_found",
                f"{self.say()} does not have the order any more. Decide whether it is to be made anew there.",
            )
        return found[0]

    def _confirm(self, call: Call, body: Row) -> Answer:
        """What comes to another total than the shop's is left to a person: it would be invoiced wrongly."""
        if not body.get("confirm"):
            return _unmoved(call)
        order = self._order(call)
        total = body.get("total")
        if (
            order["state"] in OPEN
            and total not in (None, "")
            and Decimal(str(total)) != Decimal(str(order["amount_total"]))
        ):
            raise Failure.data(
                "other_total",
                f"{self.say()} comes to a total of {order['amount_total']} for {order['name']}, and the shop to "
                f"{total}. It stays a quotation. Look at its taxes and prices there, then retry.",
                field="total",
            )
        return self._bring(call, "action_confirm", CONFIRMED, order, ids=body.get("ids"))

    def _bring(
        self, call: Call, method: str, wanted: Sequence[str], order: Row | None = None, **named: Any
    ) -> Answer:
        """To a state, unless it is there already, where doing it again would be refused."""
        order = order or self._order(call)
        if order["state"] in wanted:
            return replace(_unmoved(call), replayed=True)
        answer = self.do(ORDER, method, **named)
        if asks_a_person(answer) and self._order(call)["state"] not in wanted:
            raise undecided(self.say(), str(order["name"]), answer)
        return _unmoved(call)

    def _change(self, call: Call, body: Row) -> Answer:
        """A quotation gets our lines in place of its own. Of a confirmed order only the addresses are changed."""
        order = self._order(call)
        if order["state"] in CANCELLED:
            raise Failure.data(
                "order_cancelled",
                f"{order['name']} is cancelled in {self.say()} and was changed in the shop. Decide what is right.",
            )
        making = Making(self, body)
        if order["state"] in OPEN:
            values = making.values()
            # The first takes all lines away (https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html).
            values["order_line"] = [[5, 0, 0], *values["order_line"]]
            return super().send(replace(call, body=_on(call, vals=values)))
        there = self.found(LINE, [["order_id", "=", order["id"]], ["display_type", "=", False]], LINE_FIELDS)
        if not same_lines(making.lines(), there):
            raise Failure.data(
                "order_confirmed",
                f"{order['name']} is confirmed in {self.say()}, and its lines were changed in the shop. "
                "Change them there as well.",
                field="lines",
            )
        fields = ["partner_id", "partner_invoice_id", "partner_shipping_id"]
        now = self.found(ORDER, [["id", "=", order["id"]]], fields)[0]
        partner = self.found(
            PARTNER,
            [["id", "=", now["partner_id"][0]]],
            ["name", "street", "zip", "city"],
            context=EVEN_ARCHIVED,
        )[0]
        wanted = making.addresses(partner)
        values = {name: value for name, value in wanted.items() if value != now[name][0]}
        return super().send(replace(call, body=_on(call, vals=values))) if values else _unmoved(call)

    # Stock.

    def _count(self, body: Row) -> Answer:
        """Puts down how many there are, and applies it. What only tells how many can be sold counts those that open
        orders have taken beside."""
        sku = str(body.get("default_code") or "")
        location = self._location()
        fields = ["default_code", "qty_available", "free_qty"]
        found = self.found(PRODUCT, [["default_code", "=", sku]], fields, context={"location": location})
        if len(found) != 1:
            what = "no product" if not found else "several products"
            raise Failure.data(
                "unknown_sku",
                f"{self.say()} has {what} with the internal reference {sku}. Correct it there or leave it out in the "
                "job's filter.",
                field="default_code",
            )
        counted = self._counted(body, found[0])
        values = {"product_id": found[0]["id"], "location_id": location, "inventory_quantity": counted}
        made = self.do(QUANT, "create", vals_list=[values], context=COUNTING)
        applied = self.do(QUANT, "action_apply_inventory", ids=made, context=COUNTING)
        if asks_a_person(applied):
            raise undecided(self.say(), sku, applied)
        return Answer(external_id=str(found[0]["id"]), status=200)

    def _counted(self, body: Row, product: Row) -> int | float:
        on_hand, available = body.get("on_hand"), body.get("available")
        if on_hand in (None, "") and available in (None, ""):
            raise Failure.data(
                "no_quantity", "It tells neither what is on hand nor what can be sold.", field="on_hand"
            )
        counted = Decimal(str(on_hand if on_hand not in (None, "") else available))
        if on_hand in (None, ""):
            counted += Decimal(str(product["qty_available"])) - Decimal(str(product["free_qty"]))
        return int(counted) if counted == counted.to_integral_value() else float(counted)

    def _location(self) -> int:
        """The one that is named at the connection, or that of the only warehouse."""
        named = self.setting("stock_location")
        if named.isdigit():
            return int(named)
        found = self.found("stock.warehouse", [], ["lot_stock_id"])
        if len(found) == 1 and not named:
            return int(found[0]["lot_stock_id"][0])
        raise Failure.config(
            "stock_location",
            f"Which location of {self.say()} is meant is not clear: it has {len(found)} warehouses. Enter the "
            "location's id, a number, at the connection.",
            field="stock_location",
        )


def _on(call: Call, **named: Any) -> dict[str, Any]:
    return {"ids": [int(call.external_id)] if call.external_id.isdigit() else [], **named}


def _unmoved(call: Call) -> Answer:
    return Answer(external_id=call.external_id or None, status=200)
