"""What belongs to Odoo's records and stands in others: lines, products, partners, addresses, invoices.

For a whole page at once: one call for all lines of all orders, and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from integrations.connectors.odoo_declaration import (
    LINE,
    LINE_FIELDS,
    MOVE,
    MOVE_FIELDS,
    ORDER,
    PARTNER,
    PARTNER_FIELDS,
    PRODUCT,
    PRODUCT_FIELDS,
    YES_OR_NO,
)

Row = dict[str, Any]
# Rows of a model that fit a domain, with these fields.
Look = Callable[[str, list[Any], Sequence[str]], list[Row]]
PARTNERS_OF_ORDER = {
    "customer": "partner_id",
    "invoice_address": "partner_invoice_id",
    "shipping_address": "partner_shipping_id",
}
ORDERS_OF_MOVES = ["name", "client_order_ref", "invoice_ids"]


def told(row: Row) -> Row:
    """Odoo says false where there is nothing; here that is null."""
    return {name: None if value is False and name not in YES_OR_NO else value for name, value in row.items()}


def completed(resource: str, rows: list[Row], look: Look) -> list[Row]:
    """The same rows, in order, each with what belongs to it."""
    rows = [told(row) for row in rows]
    if resource == "orders":
        return _orders(rows, look)
    if resource == "customers":
        return _with_codes(rows, look)
    return _moves(rows, look) if resource in ("invoices", "refunds") else rows


def _orders(orders: list[Row], look: Look) -> list[Row]:
    lines = _found(look, LINE, "order_id", _ids(orders, "id"), LINE_FIELDS)
    products = _by_id(_found(look, PRODUCT, "id", _ids(lines, "product_id"), PRODUCT_FIELDS))
    people = {one for name in PARTNERS_OF_ORDER.values() for one in _ids(orders, name)}
    partners = _by_id(_with_codes(_found(look, PARTNER, "id", sorted(people), PARTNER_FIELDS), look))
    moves = _by_id(_found(look, MOVE, "id", _ids(orders, "invoice_ids"), MOVE_FIELDS))
    for line in lines:
        line["product"] = products.get(_id(line["product_id"]))
    return [
        {
            **order,
            "lines": [line for line in lines if _id(line["order_id"]) == order["id"]],
            **{name: partners.get(_id(order[field])) for name, field in PARTNERS_OF_ORDER.items()},
            **_money(order, [moves[one] for one in order.get("invoice_ids") or [] if one in moves]),
        }
        for order in orders
    ]


def _money(order: Row, moves: list[Row]) -> Row:
    """The invoices and credit notes that count, and what they come to: added up here, since amounts are binary
    fractions in JSON and their sum would be none of what any of them says."""
    counted = [move for move in moves if move.get("state") == "posted"]
    invoiced = [move for move in counted if move.get("move_type") == "out_invoice"]
    refunded = [move for move in counted if move.get("move_type") == "out_refund"]
    return {
        "invoices": invoiced,
        "refunds": refunded,
        "invoiced": _sum(invoiced),
        "refunded": _sum(refunded),
    }


def _moves(moves: list[Row], look: Look) -> list[Row]:
    """With the orders that each is of: there may be several in one."""
    ids = _ids(moves, "id")
    orders = _found(look, ORDER, "order_line.invoice_lines.move_id", ids, ORDERS_OF_MOVES)
    return [
        {**move, "orders": [order for order in orders if move["id"] in (order.get("invoice_ids") or [])]}
        for move in moves
    ]


def _with_codes(partners: list[Row], look: Look) -> list[Row]:
    """Partners name a country and a state; what the world calls them stands at these."""
    countries = _by_id(_found(look, "res.country", "id", _ids(partners, "country_id"), ["code"]))
    states = _by_id(_found(look, "res.country.state", "id", _ids(partners, "state_id"), ["code"]))
    return [
        {
            **partner,
            "country_code": (countries.get(_id(partner.get("country_id"))) or {}).get("code"),
            "state_code": (states.get(_id(partner.get("state_id"))) or {}).get("code"),
        }
        for partner in partners
    ]


def _found(look: Look, model: str, field: str, ids: list[int], fields: Sequence[str]) -> list[Row]:
    return [told(row) for row in look(model, [[field, "in", ids]], fields)] if ids else []


def _id(value: Any) -> int | None:
    """A reference is the id and the name that is shown, [7, "Name"]."""
    found = value[0] if isinstance(value, list) and value else value
    return found if type(found) is int else None


def _ids(rows: Iterable[Row], field: str) -> list[int]:
    """Of a reference, or of a list of ids."""
    found: set[int] = set()
    for row in rows:
        value = row.get(field)
        if isinstance(value, list) and all(type(one) is int for one in value):
            found.update(value)
        elif (one := _id(value)) is not None:
            found.add(one)
    return sorted(found)


def _by_id(rows: Iterable[Row]) -> dict[int | None, Row]:
    return {row["id"]: row for row in rows}


def _sum(moves: list[Row]) -> str:
    return format(sum((Decimal(str(move["amount_total"])) for move in moves), Decimal(0)), "f")
