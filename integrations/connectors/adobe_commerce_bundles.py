"""Which lines of an order Adobe Commerce ships: of what stands twice in it, or is made of others, only some are.

https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-create-shipment/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connectors.adobe_commerce_words import exactly, numbered
from integrations.exceptions import Failure

Line = Mapping[str, Any]


def lines_to_ship(
    order: Line, items: Sequence[Line], ships_in_parts: Callable[[int], bool]
) -> list[dict[str, Any]]:
    """`ships_in_parts` says of a bundle's product whether its parts may go one by one. Raises Failure (data)."""
    lines = {str(line["item_id"]): line for line in order.get("items") or []}
    wanted: dict[str, Decimal] = {}
    bundled: dict[str, dict[str, Decimal]] = {}
    for item in items:
        name, quantity = str(item.get("order_item_id")), exactly(item.get("qty"), "items")
        if name not in lines:
            raise _unknown(order, name)
        parent = lines.get(str(lines[name].get("parent_item_id")))
        if parent is None:
            wanted[name] = wanted.get(name, Decimal(0)) + quantity
        elif parent.get("product_type") != "bundle":
            # The simple product of a variant: the line of what was chosen is the one that is shipped.
            chosen = str(parent["item_id"])
            wanted[chosen] = wanted.get(chosen, Decimal(0)) + quantity
        else:
            parts = bundled.setdefault(str(parent["item_id"]), {})
            parts[name] = parts.get(name, Decimal(0)) + quantity
    for name, parts in bundled.items():
        if ships_in_parts(int(lines[name]["product_id"])):
            wanted |= parts
        else:
            wanted[name] = _bundles(lines[name], parts, lines)
    return [
        {"order_item_id": int(name), "qty": numbered(quantity)}
        for name, quantity in wanted.items()
        if quantity
    ]


def _bundles(bundle: Line, parts: Mapping[str, Decimal], lines: Mapping[str, Line]) -> Decimal:
    """How many of it these parts are."""
    ordered = Decimal(str(bundle["qty_ordered"]))
    whole = {
        name: Decimal(str(line["qty_ordered"])) / ordered
        for name, line in lines.items()
        if str(line.get("parent_item_id")) == str(bundle["item_id"]) and not line.get("is_virtual")
    }
    numbers = {parts.get(name, Decimal(0)) / each for name, each in whole.items() if each}
    number = numbers.pop() if len(numbers) == 1 else None
    if number is None or number != number.to_integral_value():
        raise Failure.data(
            "bundle_in_parts",
            f"The bundle “{bundle.get('name')}” ships as a whole in the shop, and this shipment holds parts of it. "
            "Ship it at once, or set “Ship Bundle Items” of the product to “Separately” there.",
            field="items",
        )
    return number


def _unknown(order: Line, name: str) -> Failure:
    return Failure.data(
        "no_such_line",
        f"Order {order.get('increment_id')} has no line {name} in the shop. Look at the lines in the mapping.",
        field="items",
    )
