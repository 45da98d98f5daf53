"""What an order of ours becomes in ERPNext: who buys, where it goes to, what and when.

All that is needed is found first, and made where it is not there; then the order is made with its lines in one call,
which Frappe does whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from integrations.connectors.erpnext_declaration import CUSTOMER
from integrations.connectors.unit_prices import in_units, left_of
from integrations.exceptions import Failure

Row = dict[str, Any]
# A worker's lease lasts for four calls at their slowest: what is asked for in this time (two of them), one more that is
# under way by then, and the order itself.
LONGEST_SEARCH = 14.0
SAME_PLACE = ("address_line1", "city", "pincode")


class Site(Protocol):
    """What is needed of the connector here."""

    def found(self, doctype: str, filters: list[Any], order: str = "", limit: int = 0) -> list[Row]: ...
    def make(self, doctype: str, values: Row) -> str: ...
    def say(self) -> str:
        """How the platform is called in sentences."""

    def setting(self, name: str) -> str: ...


class Making:
    """One order on its way. Raises Failure (data) with the field that is wrong with it."""

    def __init__(self, site: Site, body: Row, clock: Callable[[], float] = time.monotonic) -> None:
        self.site = site
        self.body = body
        self._clock = clock
        self._ends = clock() + LONGEST_SEARCH

    def values(self) -> Row:
        day = self._day()
        items = self.items(day)
        taxes = self._shipping()
        customer = self._customer()
        made = {
            "customer": customer,
            "company": self.site.setting("company"),
            "order_type": "Sales",
            "po_no": self.body.get("po_no"),
            "po_date": day,
            "transaction_date": day,
            "delivery_date": day,
            "currency": self.body.get("currency"),
            # Our prices are agreed already.
            "ignore_pricing_rule": 1,
            "set_warehouse": self.site.setting("warehouse"),
            "customer_address": self._address(customer, "Billing", self.body.get("billing") or {}),
            "shipping_address_name": self._address(customer, "Shipping", self.body.get("shipping") or {}),
            "items": items,
            "taxes": taxes,
        }
        if self._clock() > self._ends:
            raise Failure.transient(
                "not_sent", f"{self.site.say()} was slow in telling what the order needs; it is sent again."
            )
        return _without_empty(made)

    def _day(self) -> str:
        """When it was placed, as the site's calendar has it."""
        try:
            moment = datetime.fromisoformat(str(self.body.get("placed_at")))
        except ValueError as error:
            raise Failure.data(
                "no_time", "The order does not tell when it was placed.", field="placed_at"
            ) from error
        return moment.astimezone(ZoneInfo(self.site.setting("time_zone") or "UTC")).date().isoformat()

    # Lines.

    def items(self, day: str) -> list[Row]:
        currency = str(self.body.get("currency") or "")
        if not currency:
            raise Failure.data("no_currency", "The order tells no currency.", field="currency")
        found: list[Row] = []
        for line in self.body.get("items") or []:
            quantity = _number(line.get("qty"), "items[].qty")
            if not quantity:
                continue
            if not line.get("item_code"):
                raise Failure.data(
                    "no_sku",
                    "A line has no SKU, so its item cannot be named. Enter the SKU in the shop.",
                    field="items[].item_code",
                )
            same = {
                "item_code": line["item_code"],
                "item_name": line.get("item_name"),
                "delivery_date": day,
                "warehouse": self.site.setting("warehouse"),
            }
            found += [_without_empty({**same, **part}) for part in _parts(line, quantity, currency)]
        if not found:
            raise Failure.data("no_lines", "The order has no line of which anything is left.", field="items")
        return found

    def _shipping(self) -> list[Row]:
        """A charge of its own, booked on the account that the connection names."""
        amount = _number(self.body.get("shipping_total"), "shipping_total")
        if not amount:
            return []
        account = self.site.setting("shipping_account")
        if not account:
            raise Failure.config(
                "shipping_account",
                f"The order has shipping costs, and {self.site.say()} needs an account to book them on. Enter it at "
                "the connection, as it is called in the Chart of Accounts.",
                field="shipping_account",
            )
        return [
            {
                "charge_type": "Actual",
                "account_head": account,
                "description": "Shipping",
                "tax_amount": json_number(amount),
            }
        ]

    # Who buys, and where it goes to.

    def _customer(self) -> str:
        """By the e-mail address; a guest without one gets a customer of the order's own. Made where there is none."""
        email = str(self.body.get("email") or "").strip().lower()
        billing = self.body.get("billing") or self.body.get("shipping") or {}
        name = str(self.body.get("name") or billing.get("address_title") or email or "Guest")
        if not email:
            name = f"{name} ({self.body.get('po_no')})"
        known = ["email_id", "=", email] if email else ["customer_name", "=", name]
        found = self.site.found(CUSTOMER, [known, ["disabled", "=", 0]], "creation asc", limit=1)
        if found:
            return str(found[0]["name"])
        values = {"customer_name": name, "customer_type": "Individual", "email_id": email}
        values["mobile_no"] = self.body.get("phone") or billing.get("phone") or ""
        return self.site.make(CUSTOMER, _without_empty(values))

    def _address(self, customer: str, kind: str, address: Row) -> str:
        """Of the customer's own addresses the very place, else a new one. "" where it is not told: ERPNext wants a
        street and a city."""
        if not address.get("address_line1") or not address.get("city"):
            return ""
        filters: list[Any] = [
            ["Dynamic Link", "link_doctype", "=", CUSTOMER],
            ["Dynamic Link", "link_name", "=", customer],
            ["Address", "disabled", "=", 0],
        ]
        for name in SAME_PLACE:
            value = address.get(name)
            filters.append(["Address", name, "=", value] if value else ["Address", name, "is", "not set"])
        found = self.site.found("Address", filters, "creation asc", limit=1)
        if found:
            return str(found[0]["name"])
        values = {name: value for name, value in address.items() if name != "country_code"}
        values["country"] = self._country(str(address.get("country_code") or ""))
        values["address_title"] = address.get("address_title") or customer
        links = [{"link_doctype": CUSTOMER, "link_name": customer}]
        return self.site.make("Address", _without_empty({**values, "address_type": kind, "links": links}))

    def _country(self, code: str) -> str:
        """As ERPNext calls it; left to its own default where it is not known."""
        found = self.site.found("Country", [["code", "=", code.lower()]], limit=1) if code else []
        return str(found[0]["name"]) if found else ""


def same_items(wanted: list[Row], there: list[Row]) -> bool:
    """Whether an order has of each item as many as we would send."""
    return _counted(wanted) == _counted(there)


def _counted(items: list[Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item in items:
        code = str(item.get("item_code"))
        found[code] = found.get(code, Decimal(0)) + Decimal(str(item.get("qty") or 0))
    return found


def _parts(line: Row, quantity: Decimal, currency: str) -> list[Row]:
    total, rate = line.get("total"), line.get("rate")
    if total in (None, ""):
        price = None if rate in (None, "") else _number(rate, "items[].rate")
        return [{"qty": json_number(quantity), **_priced(price)}]
    ordered = _number(line.get("ordered"), "items[].ordered")
    left = left_of(_number(total, "items[].total"), ordered, quantity, currency)
    return [
        {"qty": json_number(units), **_priced(price)} for units, price in in_units(left, quantity, currency)
    ]


def _priced(price: Decimal | None) -> Row:
    """A rate of nothing is taken for one that is not told, so what is free is given a discount of all of it."""
    if price is None:
        return {}
    return {"rate": json_number(price)} if price else {"rate": 0, "discount_percentage": 100}


def json_number(number: Decimal) -> int | float:
    """The shortest way of writing a binary fraction is the decimal that it was made from."""
    return int(number) if number == number.to_integral_value() else float(number)


def _number(value: Any, field: str) -> Decimal:
    try:
        return Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation as error:
        raise Failure.data("no_number", "It is not a number.", field=field) from error


def _without_empty(values: Row) -> Row:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
