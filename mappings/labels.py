"""What people call the fields of a Record, in sentences."""

from __future__ import annotations

from typing import NamedTuple

OWNERS = {
    "shipping_address": "the shipping address",
    "billing_address": "the billing address",
    "customer": "the customer",
    "customer.address": "the customer's address",
    "lines": "one of its lines",
    "payments": "one of its payments",
    "refunds": "one of its refunds",
}
WORDS = {
    "line1": "street",
    "line2": "second address line",
    "sku": "SKU",
    "placed_at": "time of the order",
    "id": "id",
    "number": "number",
    "on_hand": "quantity on hand",
    "ordered": "quantity",
    "name": "name",
    "total": "total",
    "updated_at": "time of the last change",
}


class Label(NamedTuple):
    """`of`: whose field it is ("" for the thing itself); `what`: the field."""

    of: str
    what: str


def label(path: str) -> Label:
    """`shipping_address.postal_code` → (“the shipping address”, “postal code”)."""
    plain = path.removeprefix("root.").replace("[]", "")
    owner, _, name = plain.rpartition(".")
    return Label(
        OWNERS.get(owner, f"the {owner.replace('_', ' ')}" if owner else ""), WORDS.get(name, _spoken(name))
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ") or "value"


def kind_name(kind: str) -> str:
    """What travels, as people call it: order → Orders."""
    names = {"stock_level": "Stock", "event": "Events", "variant": "Products and variants"}
    return names.get(kind) or f"{kind.replace('_', ' ').capitalize()}s"


def field_name(path: str) -> str:
    """A vendor's field as a person reads it: `ship_to.line1` → “Ship to › line1”."""
    return path.replace("[]", "").replace(".", " › ").replace("_", " ").strip()
