"""What belongs to ERPNext's documents and stands in others: lines, addresses, invoices, prices.

For a whole page at once: one call for all lines of all orders, and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from integrations.connectors.erpnext_declaration import INVOICE, ITEM, ORDER, SUBMITTED

Row = dict[str, Any]
# Documents of a kind that fit the filters; lines name the kind of document that they are of.
Look = Callable[[str, list[Any], str], list[Row]]
ADDRESSES = {"billing": "customer_address", "shipping": "shipping_address_name"}


def completed(resource: str, rows: list[Row], look: Look, price_list: str) -> list[Row]:
    """The same documents, in order, each with what belongs to it."""
    if resource == "orders":
        return _orders(rows, look)
    if resource == "customers":
        return _with_addresses(rows, look, {"address": "customer_primary_address"})
    if resource == "variants":
        return _items(rows, look, price_list)
    return _invoices(rows, look) if resource in ("invoices", "refunds") else rows


def _orders(orders: list[Row], look: Look) -> list[Row]:
    names = _names(orders, "name")
    lines = _found(look, "Sales Order Item", "parent", names, ORDER)
    invoices = _invoices_of(names, look)
    return [
        {
            **order,
            "items": sorted(
                (line for line in lines if line["parent"] == order["name"]), key=lambda line: line["idx"]
            ),
            **_money(order, invoices.get(order["name"], [])),
        }
        for order in _with_addresses(orders, look, ADDRESSES)
    ]


def _invoices_of(names: list[str], look: Look) -> dict[str, list[Row]]:
    """Those that count, by the order that they are of."""
    if not names:
        return {}
    filters = [["sales_order", "in", names], ["docstatus", "=", SUBMITTED]]
    parts = look("Sales Invoice Item", filters, INVOICE)
    known = {row["name"]: row for row in _found(look, INVOICE, "name", _names(parts, "parent"))}
    found: dict[str, list[Row]] = {}
    for order, invoice in sorted({(part["sales_order"], part["parent"]) for part in parts}):
        if invoice in known:
            found.setdefault(order, []).append(known[invoice])
    return found


def _money(order: Row, invoices: list[Row]) -> Row:
    """Added up here: amounts are binary fractions in JSON, and their sum as such would be none of what they say."""
    billed = [invoice for invoice in invoices if not invoice.get("is_return")]
    returned = [invoice for invoice in invoices if invoice.get("is_return")]
    return {
        "invoices": billed,
        "refunds": returned,
        "invoiced": _sum(billed, "grand_total"),
        "outstanding": _sum(billed, "outstanding_amount"),
        # What goes back is below zero there.
        "refunded": _sum(returned, "grand_total").removeprefix("-"),
        # Where amounts are rounded to a coin, that is what is to be paid.
        "due": format(abs(_number(order.get("rounded_total")) or _number(order.get("grand_total"))), "f"),
    }


def _invoices(invoices: list[Row], look: Look) -> list[Row]:
    """With the orders that each is of: there may be several in one."""
    parts = _found(look, "Sales Invoice Item", "parent", _names(invoices, "name"), INVOICE)
    return [
        {
            **invoice,
            "orders": _names((part for part in parts if part["parent"] == invoice["name"]), "sales_order"),
        }
        for invoice in invoices
    ]


def _items(items: list[Row], look: Look, price_list: str) -> list[Row]:
    names = _names(items, "name")
    barcodes = _found(look, "Item Barcode", "parent", names, ITEM)
    prices = []
    if names and price_list:
        prices = look("Item Price", [["item_code", "in", names], ["price_list", "=", price_list]], "")
    # What is for one customer, or for a batch, is no price of the shop.
    common = [price for price in prices if not price.get("customer") and not price.get("batch_no")]
    common.sort(key=lambda price: str(price.get("valid_from") or ""))
    return [
        {
            **item,
            "barcodes": [one for one in barcodes if one["parent"] == item["name"]],
            "price": next((one for one in reversed(common) if one["item_code"] == item["name"]), None),
        }
        for item in items
    ]


def _with_addresses(rows: list[Row], look: Look, places: dict[str, str]) -> list[Row]:
    """An address names a country as people do; its two letters stand at the country."""
    names = sorted({name for field in places.values() for name in _names(rows, field)})
    addresses = {row["name"]: row for row in _found(look, "Address", "name", names)}
    countries = _found(look, "Country", "name", _names(addresses.values(), "country"))
    codes = {row["name"]: row.get("code") for row in countries}
    for address in addresses.values():
        address["country_code"] = codes.get(address.get("country"))
    return [
        {**row, **{name: addresses.get(row.get(field) or "") for name, field in places.items()}}
        for row in rows
    ]


def _found(look: Look, doctype: str, field: str, names: list[str], parent: str = "") -> list[Row]:
    return look(doctype, [[field, "in", names]], parent) if names else []


def _names(rows: Iterable[Row], field: str) -> list[str]:
    return sorted({str(row[field]) for row in rows if row.get(field)})


def _number(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def _sum(rows: list[Row], field: str) -> str:
    return format(sum((_number(row.get(field)) for row in rows), Decimal(0)), "f")
