"""What a bundle needs of the shelf, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.bundles import CircularBundle, expanded, in_parts, touched
from mappings.records import Order, OrderLine

BREAKFAST = {"MUG": 2, "BOWL": 1}
BILLS = {"BREAKFAST": BREAKFAST, "GIFT": {"BREAKFAST": 2, "CARD": 1}}


def test_a_bundle_of_bundles_is_counted_in_what_lies_on_the_shelf() -> None:
    assert expanded(BILLS)["GIFT"] == {"MUG": 4, "BOWL": 2, "CARD": 1}


@pytest.mark.parametrize(
    "bills",
    [
        {"A": {"A": 1}},
        {"A": {"B": 1}, "B": {"A": 1}},
        {"X": {"A": 1}, "A": {"B": 1}, "B": {"C": 1}, "C": {"A": 1}},
    ],
)
def test_a_bundle_that_would_contain_itself_is_refused_with_the_way_round(
    bills: dict[str, dict[str, int]],
) -> None:
    with pytest.raises(CircularBundle, match="a bundle cannot contain itself") as refused:
        expanded(bills)
    assert refused.value.way[0] == refused.value.way[-1]


def test_a_part_that_is_used_twice_is_no_circle() -> None:
    assert expanded({"A": {"B": 1, "C": 1}, "B": {"D": 1}, "C": {"D": 2}})["A"] == {"D": 3}


def test_a_sold_part_touches_every_bundle_with_it_and_a_sold_bundle_its_parts() -> None:
    parts = expanded(BILLS)
    assert touched(["CARD"], parts) == {"CARD", "GIFT"}
    assert touched(["BREAKFAST"], parts) == {"MUG", "BOWL", "BREAKFAST", "GIFT"}
    assert touched(["SPOON"], parts) == {"SPOON"}


def test_the_lines_of_a_bundle_become_lines_of_its_parts() -> None:
    line = OrderLine(id="1", sku="GIFT", ordered=Decimal(3), cancelled=Decimal(1), unit_price=Decimal(50))
    plain = OrderLine(id="2", sku="CARD", ordered=Decimal(1))
    order = in_parts(Order(id="7", lines=[line, plain]), expanded(BILLS))
    assert isinstance(order.lines, list)
    found = [
        (str(made.id), str(made.sku), str(made.ordered), str(made.cancelled)) for made in order.lines[:3]
    ]
    assert found == [("1", "BOWL", "6", "2"), ("1", "CARD", "3", "1"), ("1", "MUG", "12", "4")]
    assert order.lines[3] == plain


def test_an_order_without_a_bundle_stays_the_very_same() -> None:
    order = Order(id="7", lines=[OrderLine(id="1", sku="CARD", ordered=Decimal(1))])
    assert in_parts(order, expanded(BILLS)) is order
