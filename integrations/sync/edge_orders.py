"""Orders that go wrong, as the sandbox's shop tells them: made from its own seed by its own rules."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final

from integrations.sandbox import seed, shop_orders

FIRST, LATER = "2026-01-05T10:00:00.000+00:00", "2026-01-05T12:00:00.000+00:00"
ROWS: Final = ("ordinary", "payment failed", "no postal code", "on backorder, filled and shipped later")
ORDINARY, UNPAID, NO_POSTAL_CODE, SHORT = ROWS
Payload = dict[str, Any]


def order(row: str) -> Payload:
    """A copy of the first of the seed's orders that are about this."""
    return deepcopy(_orders()[row])


def cancel(told: Payload) -> None:
    shop_orders.cancel(told, LATER, "customer")


def refund(told: Payload) -> None:
    shop_orders.refund(told, "1", LATER, {"amount": "1.00"})


def ship_one(told: Payload) -> None:
    part = {"line_id": told["lines"][0]["id"], "quantity": 1}
    shop_orders.fulfil(told, "1", LATER, {"lines": [part]})


def ship_all(told: Payload) -> None:
    parts = [{"line_id": line["id"], "quantity": line["current_quantity"]} for line in told["lines"]]
    shop_orders.fulfil(told, "1", LATER, {"lines": parts})


def nothing(told: Payload) -> None:
    told["updated_at"] = FIRST


@lru_cache(maxsize=1)
def _orders() -> dict[str, Payload]:
    found: dict[str, Payload] = {}
    for row in seed.read_lines("orders.jsonl"):
        if row["case"] in ROWS and row["case"] not in found:
            found[row["case"]] = _placed(row)
    return found


def _placed(row: Payload) -> Payload:
    lines: Sequence[tuple[str, int, str]] = row["lines"]
    asked = {
        "currency": row["currency"],
        "placed_at": FIRST,
        "payment_status": row["payment_status"],
        "shipping": row["shipping"],
        "discount": row["discount"],
        "tax_rate": "0",
        "taxes_included": True,
        "customer": {"id": f"cus_{row['number']}", "name": row["name"], "email": row["email"]},
        "email": row["email"],
        "shipping_address": row,
        "note": "",
        "is_renewal": False,
        "tags": [],
        "ship_by": None,
        "deliver_by": None,
        "lines": [{"sku": sku, "quantity": units, "price": price} for sku, units, price in lines],
    }
    made: Payload = shop_orders.new_order(f"73{row['number']}", row["number"], "shop", asked)
    return made
