"""What an order of ours becomes in Odoo: who buys, where it goes to, which products, in which currency.

All that is needed is found first, and made where it is not there; then the order is made with its lines in one call,
which Odoo does whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from integrations.connectors.odoo_declaration import PARTNER, PRODUCT
from integrations.connectors.unit_prices import in_units, left_of
from integrations.exceptions import Failure

Row = dict[str, Any]
# A worker's lease lasts for four calls at their slowest: what is asked for in this time (two of them), one more that is
# under way by then, and the order itself.
LONGEST_SEARCH = 14.0
ADDRESS = ("name", "company_name", "street", "street2", "city", "zip", "phone")
# Where two are alike in these they are one place.
SAME_PLACE = ("name", "street", "zip", "city")


class Odoo(Protocol):
    """What is needed of the connector here."""

    def found(self, model: str, domain: list[Any], fields: list[str], limit: int = 0) -> list[Row]: ...
    def make(self, model: str, values: Row) -> int: ...
    def say(self) -> str:
        """How the platform is called in sentences."""

    def setting(self, name: str) -> str: ...


class Making:
    """One order on its way. Raises Failure (data) with the field that is wrong with it."""

    def __init__(self, odoo: Odoo, body: Row, clock: Callable[[], float] = time.monotonic) -> None:
        self.odoo = odoo
        self.body = body
        self._clock = clock
        self._ends = clock() + LONGEST_SEARCH

    def values(self) -> Row:
        lines = self.lines()
        currency = self._currency()
        partner = self._partner()
        made = {
            "partner_id": partner["id"],
            "client_order_ref": self.body.get("client_order_ref"),
            "date_order": self.body.get("date_order"),
            **self.addresses(partner),
            **currency,
            "order_line": lines,
        }
        if self._clock() > self._ends:
            raise Failure.transient(
                "not_sent", f"{self.odoo.say()} was slow in telling what the order needs; it is sent again."
            )
        return {name: value for name, value in made.items() if value not in (None, "")}

    # Lines.

    def lines(self) -> list[Any]:
        currency = str(self.body.get("currency") or "")
        wanted = [
            line for line in self.body.get("lines") or [] if _number(line.get("quantity"), "lines[].quantity")
        ]
        if not wanted:
            raise Failure.data("no_lines", "The order has no line of which anything is left.", field="lines")
        shipping = _number(self.body.get("shipping_total"), "shipping_total")
        sku_of_shipping = self.odoo.setting("shipping_sku")
        if shipping and not sku_of_shipping:
            raise Failure.config(
                "shipping_product",
                f"The order has shipping costs, and {self.odoo.say()} needs a product for them. Enter the internal "
                "reference of a service product, such as Delivery, at the connection.",
                field="shipping_sku",
            )
        skus = [str(line.get("sku") or "") for line in wanted]
        products = self.products([*skus, *([sku_of_shipping] if shipping else [])])
        made = [part for line in wanted for part in self._parts(line, products, currency)]
        if shipping:
            made.append(_line(products[sku_of_shipping], Decimal(1), shipping))
        return [[0, 0, line] for line in made]

    def _parts(self, line: Row, products: dict[str, int], currency: str) -> list[Row]:
        product = products[str(line.get("sku") or "")]
        quantity = _number(line.get("quantity"), "lines[].quantity")
        total, price = _known(line.get("total"), "lines[].total"), _known(line.get("price"), "lines[].price")
        title = line.get("title")
        if total is not None:
            ordered = _number(line.get("ordered"), "lines[].ordered")
            left = left_of(total, ordered, quantity, currency)
            return [_line(product, units, each, title) for units, each in in_units(left, quantity, currency)]
        return [_line(product, quantity, price, title)]

    def products(self, skus: list[str]) -> dict[str, int]:
        """Ids by internal reference; exactly one for each."""
        if "" in skus:
            raise Failure.data(
                "no_sku",
                "A line has no SKU, so its product cannot be found. Enter the SKU in the shop.",
                field="lines[].sku",
            )
        asked = sorted(set(skus))
        rows = self.odoo.found(PRODUCT, [["default_code", "in", asked]], ["default_code"])
        known: dict[str, list[int]] = {}
        for row in rows:
            known.setdefault(str(row["default_code"]), []).append(row["id"])
        for sku in asked:
            if len(known.get(sku, [])) != 1:
                what = "several products" if known.get(sku) else "no product"
                raise Failure.data(
                    "unknown_sku",
                    f"{self.odoo.say()} has {what} with the internal reference {sku}. Correct it there, or the SKU in "
                    "the shop.",
                    field="lines[].sku",
                )
        return {sku: known[sku][0] for sku in asked}

    # The currency.

    def _currency(self) -> Row:
        """The price list that brings it, or nothing where it is that of the company."""
        wanted = str(self.body.get("currency") or "").upper()
        if not wanted:
            raise Failure.data("no_currency", "The order tells no currency.", field="currency")
        lists = self.odoo.found(
            "product.pricelist", [["currency_id.name", "=", wanted]], ["currency_id"], limit=1
        )
        if lists:
            return {"pricelist_id": lists[0]["id"]}
        own = {row["currency_id"][1] for row in self.odoo.found("res.company", [], ["currency_id"])}
        if own == {wanted}:
            return {}
        raise Failure.config(
            "no_price_list",
            f"{self.odoo.say()} has no price list in {wanted}, so no order can be made in it. Make one there: Sales → "
            "Products → Pricelists.",
            field="currency",
        )

    # Who buys, and where it goes to.

    def _partner(self) -> Row:
        """By the e-mail address; a guest without one by the order's number. Made where there is none."""
        email = str(self.body.get("email") or "").strip().lower()
        reference = str(self.body.get("client_order_ref") or "")
        known: list[Any] = ["email_normalized", "=", email] if email else ["ref", "=", reference]
        fields = ["name", "street", "zip", "city"]
        found = self.odoo.found(PARTNER, [known, ["type", "=", "contact"]], fields, limit=1)
        if found:
            return found[0]
        billing = self.body.get("billing") or self.body.get("shipping") or {}
        values = {
            **self.place(billing),
            "name": self.body.get("name") or billing.get("name") or email or reference,
        }
        values |= {"email": email} if email else {"ref": reference}
        values.setdefault("phone", self.body.get("phone"))
        values = _without_empty(values)
        return {**values, "id": self.odoo.make(PARTNER, values)}

    def addresses(self, partner: Row) -> Row:
        """The partner's own where it is the same place, else one of its addresses, which is made where it is not."""
        found: Row = {}
        kinds = {
            "partner_invoice_id": ("invoice", "billing"),
            "partner_shipping_id": ("delivery", "shipping"),
        }
        for field, (kind, name) in kinds.items():
            address = self.body.get(name) or {}
            if address.get("street") or address.get("city"):
                found[field] = self._address(partner, kind, address)
        return found

    def _address(self, partner: Row, kind: str, address: Row) -> int:
        if all((address.get(name) or "") == (partner.get(name) or "") for name in SAME_PLACE):
            return int(partner["id"])
        domain: list[Any] = [["parent_id", "=", partner["id"]], ["type", "=", kind]]
        domain += [[name, "=", address.get(name) or False] for name in SAME_PLACE]
        known = self.odoo.found(PARTNER, domain, ["name"], limit=1)
        if known:
            return int(known[0]["id"])
        return self.odoo.make(PARTNER, {**self.place(address), "parent_id": partner["id"], "type": kind})

    def place(self, address: Row) -> Row:
        return place(self.odoo, address)


def place(odoo: Odoo, address: Row) -> Row:
    """An address with Odoo's own countries and states; those it does not know are left out."""
    values: Row = {name: address.get(name) for name in ADDRESS}
    code = str(address.get("country_code") or "").upper()
    countries = odoo.found("res.country", [["code", "=", code]], ["code"], limit=1) if code else []
    if countries:
        values["country_id"] = countries[0]["id"]
        region = address.get("state")
        if region:
            named = ["|", ["code", "=", region], ["name", "=", region]]
            of_country = ["country_id", "=", countries[0]["id"]]
            states = odoo.found("res.country.state", [of_country, *named], ["code"], limit=1)
            values |= {"state_id": states[0]["id"]} if states else {}
    return _without_empty(values)


def same_lines(wanted: list[Any], there: list[Row]) -> bool:
    """Whether an order has of each product as many as we would send."""
    ours: dict[int, Decimal] = {}
    for _, _, line in wanted:
        product = line["product_id"]
        ours[product] = ours.get(product, Decimal(0)) + Decimal(str(line["product_uom_qty"]))
    theirs: dict[int, Decimal] = {}
    for line in there:
        if line.get("product_id") and not line.get("is_downpayment"):
            product = line["product_id"][0]
            theirs[product] = theirs.get(product, Decimal(0)) + Decimal(str(line["product_uom_qty"]))
    return ours == {product: count for product, count in theirs.items() if count}


def _line(product: int, quantity: Decimal, price: Decimal | None, title: Any = None) -> Row:
    values = {"product_id": product, "product_uom_qty": _json(quantity), "name": title}
    return _without_empty({**values, "price_unit": None if price is None else _json(price)})


def _json(number: Decimal) -> int | float:
    """The shortest way of writing a binary fraction is the decimal that it was made from."""
    return int(number) if number == number.to_integral_value() else float(number)


def _known(value: Any, field: str) -> Decimal | None:
    return None if value in (None, "") else _number(value, field)


def _number(value: Any, field: str) -> Decimal:
    try:
        return Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation as error:
        raise Failure.data("no_number", "It is not a number.", field=field) from error


def _without_empty(values: Row) -> Row:
    return {name: value for name, value in values.items() if value not in (None, "")}
