"""The warehouse's order document and its rules: what it demands of an order, and how stock is allotted.

No HTTP, no storage: `validate` names every problem by field, as a strict vendor does.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from integrations.sandbox.clock import to_moment, to_text
from integrations.sandbox.refusals import Refusal, problem
from integrations.sandbox.shop_orders import PLACES
from integrations.sandbox.store import Document

ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone", "email")
NEEDED = {
    "name": "the recipient's name",
    "line1": "the street",
    "city": "the city",
    "postal_code": "a postal code",
    "country": "the country",
}
LONGEST = 100
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,3})?")
Problems = list[dict[str, str]]


def validate(body: Document, known: Callable[[str], bool]) -> None:
    """Raises Refusal 422 with every problem of an order at once; `known` says whether a SKU is stocked."""
    problems = [
        *_head_problems(body),
        *_address_problems(body.get("ship_to")),
        *_item_problems(body.get("items"), known),
    ]
    if problems:
        raise Refusal(422, "", problems[0]["message"], more=problems)


def _head_problems(body: Document) -> Problems:
    found: Problems = []
    reference, currency, total = body.get("reference"), body.get("currency"), body.get("total")
    if not _filled(reference):
        found.append(problem("required", "An order needs a reference.", "reference"))
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        found.append(problem("invalid", "currency must be a three-letter ISO 4217 code.", "currency"))
    elif not isinstance(total, str) or not _AMOUNT.fullmatch(total):
        found.append(problem("invalid", "total must be a decimal string.", "total"))
    elif -Decimal(total).as_tuple().exponent > PLACES.get(currency, 2):  # type: ignore[operator]
        found.append(problem("too_precise", f"total has more decimal places than {currency} has.", "total"))
    placed = body.get("placed_at")
    if placed is not None:
        try:
            to_moment(placed)
        except (TypeError, ValueError):
            found.append(problem("invalid", "placed_at must be an ISO 8601 time with its zone.", "placed_at"))
    return found


def _address_problems(address: Any) -> Problems:
    if not isinstance(address, dict):
        return [problem("required", "An order needs an address to ship to.", "ship_to")]
    found = []
    for name in ADDRESS:
        value, field = address.get(name), f"ship_to.{name}"
        if name in NEEDED and not _filled(value):
            found.append(problem("required", f"The address needs {NEEDED[name]}.", field))
        elif value is not None and not isinstance(value, str):
            found.append(problem("invalid", f"{name} must be text.", field))
        elif isinstance(value, str) and len(value) > LONGEST:
            found.append(problem("too_long", f"{name} must have at most {LONGEST} characters.", field))
        elif name == "country" and not re.fullmatch("[A-Z]{2}", str(value)):
            found.append(problem("invalid", "country must be a two-letter ISO 3166 code.", field))
    return found


def _item_problems(items: Any, known: Callable[[str], bool]) -> Problems:
    if not isinstance(items, list) or not items:
        return [problem("required", "An order needs at least one item.", "items")]
    found = []
    for place, item in enumerate(items):
        sku = item.get("sku") if isinstance(item, dict) else None
        quantity = item.get("quantity") if isinstance(item, dict) else None
        if not isinstance(sku, str) or not sku:
            found.append(problem("required", "The item has no SKU.", f"items.{place}.sku"))
        elif not known(sku):
            found.append(problem("unknown_sku", f"SKU {sku} is not stocked here.", f"items.{place}.sku"))
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            found.append(problem("invalid", "quantity must be 1 or more.", f"items.{place}.quantity"))
    return found


def fields_of(body: Document) -> Document:
    """The validated fields as they are kept: empty text becomes null, times are told in UTC."""
    placed = body.get("placed_at")
    return {
        "reference": body["reference"],
        "external_id": body.get("external_id"),
        "currency": body["currency"],
        "total": body["total"],
        "placed_at": None if placed is None else to_text(to_moment(placed)),
        "ship_to": {name: body["ship_to"].get(name) or None for name in ADDRESS},
        "notes": body.get("notes"),
        "is_renewal": bool(body.get("is_renewal")),
    }


def items_of(asked: list[Document], old: list[Document], new_id: Callable[[], str]) -> list[Document]:
    """Items as asked; one that stands for the same line as before keeps its id."""
    known = {item["reference"] or item["sku"]: item["id"] for item in old}
    items = []
    for item in asked:
        reference = item.get("reference")
        identity = known.pop(reference or item["sku"], None) or new_id()
        made = {"id": identity, "sku": item["sku"], "quantity": item["quantity"], "reference": reference}
        counted = {
            "allocated": 0,
            "backordered": item["quantity"],
            "shipped_quantity": 0,
            "returned_quantity": 0,
        }
        items.append(made | counted)
    return items


def refuse_short(items: list[Document]) -> None:
    """Of a warehouse that takes no backorders: raises Refusal 409 with every item that is not there in full."""
    short = [
        problem("out_of_stock", f"{item['sku']} is out of stock.", f"items.{place}.sku")
        for place, item in enumerate(items)
        if item["backordered"]
    ]
    if short:
        raise Refusal(409, "", short[0]["message"], more=short)


def ship(order: Document, asked: list[Document] | None) -> list[Document]:
    """Marks items as shipped and gives the parcel's contents. Without `asked`, everything that is allotted.

    `asked` is [{order_item_id | reference | sku, quantity}]. Raises Refusal 409 when it is not there to ship.
    """
    contents = []
    for item in order["items"]:
        quantity = item["allocated"] if asked is None else _asked_units(item, asked)
        if quantity > item["allocated"]:
            message = f"Only {item['allocated']} of {item['sku']} are on the shelf for this order."
            raise Refusal(409, "not_allocated", message, "items")
        if quantity:
            item["allocated"] -= quantity
            item["shipped_quantity"] += quantity
            part = {"order_item_id": item["id"], "sku": item["sku"], "quantity": quantity}
            contents.append({**part, "reference": item["reference"]})
    if not contents:
        raise Refusal(409, "nothing_to_ship", f"Nothing of order {order['id']} can be shipped now.")
    left = any(item["shipped_quantity"] < item["quantity"] for item in order["items"])
    order["state"] = "partially_shipped" if left else "shipped"
    return contents


def _asked_units(item: Document, asked: list[Document]) -> int:
    for part in asked:
        names = (part.get("order_item_id"), part.get("reference"), part.get("sku"))
        if item["id"] == names[0] or (item["reference"] or "-") == names[1] or item["sku"] == names[2]:
            return int(part["quantity"])
    return 0


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
