"""What a bundle (a set, a kit) is made of, down to what lies on a shelf. No database, no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from .records import ABSENT, Order, OrderLine, told

# The SKU of each bundle → the SKU of each part → how many of it.
Bills = Mapping[str, Mapping[str, int]]
Parts = dict[str, dict[str, int]]


class CircularBundle(ValueError):
    """A bundle that would contain itself. `way` names the SKUs from it back to it."""

    def __init__(self, way: list[str]) -> None:
        self.way = way
        super().__init__(
            f"{' → '.join(way)}: a bundle cannot contain itself. Take one of these out of the one before it."
        )


def expanded(bills: Bills) -> Parts:
    """Each bundle in parts that are no bundles themselves. Raises CircularBundle."""
    found: Parts = {}
    for sku in sorted(bills):
        _expand(sku, bills, found, [])
    return found


def _expand(sku: str, bills: Bills, found: Parts, way: list[str]) -> dict[str, int]:
    if sku not in bills:
        return {sku: 1}
    if sku in found:
        return found[sku]
    if sku in way:
        raise CircularBundle([*way[way.index(sku) :], sku])
    parts: Counter[str] = Counter()
    for part, quantity in sorted(bills[sku].items()):
        for leaf, number in _expand(part, bills, found, [*way, sku]).items():
            parts[leaf] += number * quantity
    found[sku] = dict(parts)
    return found[sku]


def parts_of(sku: str, parts: Parts) -> dict[str, int]:
    """What of the shelf one unit of this SKU needs: itself, where it is no bundle."""
    return parts.get(sku, {sku: 1})


def touched(skus: Iterable[str], parts: Parts) -> set[str]:
    """All whose stock changes when these are sold: their parts, and every bundle that needs one of those."""
    leaves = {leaf for sku in skus for leaf in parts_of(sku, parts)}
    return leaves | {bundle for bundle, needed in parts.items() if leaves & needed.keys()}


def in_parts(order: Order, parts: Parts) -> Order:
    """The order as whoever packs it wants it: each line of a bundle becomes one line for each part.

    The lines of the parts keep the id of the bundle's line. They are worth nothing by themselves: what was paid
    stands in the order's totals.
    """
    lines = told(order.lines)
    if not lines or not any(line.sku in parts for line in lines):
        return order
    return msgspec.structs.replace(
        order, lines=[made for line in lines for made in _line_in_parts(line, parts)]
    )


def _line_in_parts(line: OrderLine, parts: Parts) -> list[OrderLine]:
    if not isinstance(line.sku, str) or line.sku not in parts:
        return [line]
    return [
        OrderLine(
            id=line.id,
            sku=leaf,
            title=line.title,
            **{
                name: value * number
                for name in ("ordered", "cancelled", "shipped", "refunded")
                if (value := getattr(line, name)) is not ABSENT and value is not None
            },
        )
        for leaf, number in sorted(parts[line.sku].items())
    ]
