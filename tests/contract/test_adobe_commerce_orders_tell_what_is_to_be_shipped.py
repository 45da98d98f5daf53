"""What Adobe Commerce's orders say: what was paid, what was shipped, and of lines that stand twice the right one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.adobe_commerce import ORDERS_READ
from mappings.records import Address, Customer, Refund, units
from mappings.translate import compile_rules, read
from tests.contract.adobe_commerce_payloads import (
    address,
    bundled,
    chosen,
    comment,
    line,
    memo,
    order,
    payment,
)
from tests.contract.samples import read_with


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "paid"),
        ({"total_paid": 0, "state": "new"}, "pending"),
        ({"total_paid": 0, "payment": payment(amount_authorized=34.75)}, "authorized"),
        ({"total_paid": 10}, "partially_paid"),
        ({"state": "payment_review"}, "pending"),
        ({"total_paid": 0, "state": "canceled"}, "voided"),
        ({"total_refunded": 10}, "partially_refunded"),
        ({"total_refunded": 34.75, "state": "closed"}, "refunded"),
        ({"total_refunded": 30, "state": "closed"}, "refunded"),
        ({"grand_total": 0, "total_paid": 0}, "paid"),
        ({"grand_total": 0, "total_paid": 0, "state": "canceled"}, "voided"),
        ({"state": "holded"}, "paid"),
    ],
)
def test_what_was_paid(told: dict[str, Any], expected: str) -> None:
    assert read_with(ORDERS_READ, order(1, **told)).payment_status == expected


def test_what_was_never_paid_tells_nothing_of_it() -> None:
    told = order(1)
    del told["total_paid"]
    record = read_with(ORDERS_READ, told)
    assert (record.payment_status, record.payments) == ("pending", [])


@pytest.mark.parametrize(
    ("lines", "state", "expected"),
    [
        ([line(1)], "processing", "unfulfilled"),
        ([line(1, qty_shipped=1)], "processing", "partial"),
        ([line(1, qty_shipped=2)], "complete", "fulfilled"),
        ([line(1, qty_shipped=2), line(2)], "processing", "partial"),
        # What is only downloaded is never shipped.
        ([line(1, qty_shipped=2), line(2, is_virtual=1)], "processing", "fulfilled"),
        ([line(1, is_virtual=1)], "complete", "fulfilled"),
        ([line(1, is_virtual=1)], "processing", "unfulfilled"),
        # What was cancelled, or refunded before it was shipped, is not waited for.
        ([line(1, qty_shipped=1, qty_canceled=1)], "processing", "fulfilled"),
        ([line(1, qty_shipped=1, qty_refunded=2)], "processing", "fulfilled"),
        ([line(1, qty_shipped=1, qty_refunded=1)], "processing", "partial"),
        ([line(1, qty_refunded=2)], "closed", "unfulfilled"),
        (chosen(1, qty_shipped=2), "processing", "fulfilled"),
    ],
)
def test_what_was_shipped(lines: list[dict[str, Any]], state: str, expected: str) -> None:
    assert read_with(ORDERS_READ, order(1, *lines, state=state)).fulfillment_status == expected


def test_what_was_chosen_is_one_line_with_its_price() -> None:
    record = read_with(ORDERS_READ, order(1, *chosen(10), line(20)))
    assert [(one.id, one.sku, one.ordered, one.unit_price) for one in record.lines] == [
        ("10", "SHIRT-M", Decimal(2), Decimal("12.5")),
        ("20", "MUG-001", Decimal(2), Decimal("12.5")),
    ]
    assert units(record) == [("SHIRT-M", 2), ("MUG-001", 2)]


def test_a_bundle_is_what_is_packed() -> None:
    record = read_with(ORDERS_READ, order(1, *bundled(10, row_total=25)))
    assert [(one.id, one.sku, one.ordered, one.total) for one in record.lines] == [
        ("11", "CUP", Decimal(2), Decimal(16)),
        ("12", "SPOON", Decimal(6), Decimal(9)),
    ]
    assert units(record) == [("CUP", 2), ("SPOON", 6)]


@pytest.mark.parametrize(
    ("told", "cancelled", "left"),
    [
        ({"qty_canceled": 1}, 1, [("MUG-001", 2)]),
        ({"qty_refunded": 1}, 1, [("MUG-001", 2)]),
        ({"qty_refunded": 1, "qty_shipped": 1}, 0, [("MUG-001", 2)]),
        ({"qty_refunded": 2, "qty_shipped": 1}, 1, [("MUG-001", 1)]),
        ({"qty_refunded": 3, "qty_shipped": 0}, 3, []),
        # An order for later is told like any other.
        ({"qty_backordered": 3}, 0, [("MUG-001", 3)]),
    ],
)
def test_what_is_still_to_be_shipped(
    told: dict[str, Any], cancelled: int, left: list[tuple[str, int]]
) -> None:
    record = read_with(ORDERS_READ, order(1, line(1, qty_ordered=3, **told)))
    assert record.lines[0].cancelled == cancelled
    assert units(record) == left


def test_of_a_discount_its_tax_stands_by_itself() -> None:
    """Three at 11.90 with tax, 10 % off: 3.57, of which 0.57 was tax."""
    told = line(1, row_total=30, discount_amount=3.57, discount_tax_compensation_amount=0.57)
    (found,) = read_with(ORDERS_READ, order(1, told)).lines
    assert (found.discount, found.total) == (Decimal("3.00"), Decimal("27.00"))


def test_refunds_stand_in_their_order_without_those_that_were_cancelled() -> None:
    memos = [memo(1, comments=[comment("Broken")]), memo(2, state=3), memo(3, grand_total=0.5)]
    record = read_with(ORDERS_READ, order(1, total_refunded=13, refund_details=memos))
    assert record.refunds == [
        Refund(
            id="1",
            amount=Decimal("12.5"),
            currency="EUR",
            reason="Broken",
            created_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        ),
        Refund(
            id="3",
            amount=Decimal("0.5"),
            currency="EUR",
            created_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize(
    ("currency", "total", "expected"),
    [("JPY", 1250, Decimal(1250)), ("KWD", 1.2505, Decimal("1.2505")), ("USD", 0.1, Decimal("0.1"))],
)
def test_amounts_are_exact_and_in_what_the_buyer_paid(currency: str, total: float, expected: Decimal) -> None:
    told = order(1, order_currency_code=currency, grand_total=total, base_grand_total=99)
    record = read_with(ORDERS_READ, told)
    assert (record.currency, record.total, record.extra["base_currency"]) == (currency, expected, "EUR")


def test_an_order_that_was_edited_is_cancelled_and_names_the_new_one() -> None:
    told = order(1, state="canceled", total_paid=0, relation_child_real_id="000000001-1")
    record = read_with(ORDERS_READ, told)
    assert (record.status, record.extra["replaced_by"]) == ("cancelled", "000000001-1")
    assert units(record) == []
    new = order(2, increment_id="000000001-1", relation_parent_real_id="000000001")
    assert read_with(ORDERS_READ, new).extra["replaces"] == "000000001"


def test_a_guest_with_an_emoji_in_the_name_and_a_line_without_a_sku() -> None:
    told = order(1, line(1, sku=""), billing_address=address(firstname="Ada 🦊", lastname=""))
    record = read_with(ORDERS_READ, told)
    assert record.customer == Customer(
        name="Ada 🦊", first_name="Ada 🦊", last_name=None, email="buyer@example.com", phone="030 1"
    )
    assert record.lines[0].sku is None


def test_what_is_not_shipped_anywhere_has_no_address() -> None:
    told = order(1, extension_attributes={"shipping_assignments": [{"shipping": {}, "items": []}]})
    assert not isinstance(read_with(ORDERS_READ, told).shipping_address, Address)


def test_a_long_street() -> None:
    told = order(1, billing_address=address(street=["Works 3", "Gate 2", "Floor 1"], region="Berlin"))
    home = read_with(ORDERS_READ, told).billing_address
    assert (home.line1, home.line2, home.region) == ("Works 3", "Gate 2, Floor 1", "Berlin")


@pytest.mark.parametrize("name", ["entity_id", "increment_id", "order_currency_code"])
def test_what_must_be_told_and_is_not_is_an_error(name: str) -> None:
    told = {field: value for field, value in order(1).items() if field != name}
    found = read(compile_rules(list(ORDERS_READ.rules), "read", "order"), told)
    assert [problem.code for problem in found.problems] == ["missing_field"]
