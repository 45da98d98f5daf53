"""Shopify's own examples, of its older API, as Records worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets import shopify_older
from mappings.records import (
    ABSENT,
    Address,
    Customer,
    Order,
    OrderLine,
    Refund,
    units,
)
from tests.contract.samples import read_with, sample

MOMENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def older_order(name: str) -> Order:
    record = read_with(shopify_older.ORDERS_READ, sample(f"shopify/{name}.json")["order"])
    assert isinstance(record, Order)
    return record


def older_line(number: int, colour: str, kept: int, discount: str) -> OrderLine:
    return OrderLine(
        id=str(number),
        sku=f"IPOD2008{colour.upper()}",
        title=f"IPod Nano - 8gb - {colour}",
        ordered=Decimal(1),
        cancelled=Decimal(1 - kept),
        shipped=Decimal(0),
        unit_price=Decimal("199.00"),
        tax=Decimal("3.98"),
        discount=Decimal(discount),
    )


def partially_refunded(**more: Any) -> Order:
    """The vendor's order 1001: two of three units were refunded."""
    address = Address(
        name="Bob Norman",
        company=None,
        line1="Chestnut Street 92",
        line2=None,
        city="Louisville",
        region="KY",
        postal_code="40202",
        country="US",
        phone="+1(502)-459-2181",
    )
    values: dict[str, Any] = {
        "id": "450789469",
        "number": "#1001",
        "placed_at": datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
        "updated_at": datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
        "currency": "USD",
        "total": Decimal("199.65"),
        "subtotal": Decimal("195.67"),
        "tax": Decimal("3.98"),
        "shipping_total": Decimal("0.00"),
        "discount_total": Decimal("3.33"),
        "status": "open",
        "payment_status": "partially_refunded",
        "fulfillment_status": "unfulfilled",
        "cancelled_at": None,
        "email": "bob.norman@mail.example.com",
        "customer": Customer(
            id="207119551",
            name="Bob Norman",
            first_name="Bob",
            last_name="Norman",
            email="bob.norman@mail.example.com",
            phone="+16136120707",
        ),
        "shipping_address": address,
        "billing_address": address,
        "lines": [
            older_line(466157049, "green", 0, "3.34"),
            older_line(518995019, "red", 1, "3.33"),
            older_line(703073504, "black", 0, "3.33"),
        ],
        "refunds": [
            Refund(
                id="509562969",
                order_id="450789469",
                amount=Decimal("209.00"),
                currency="USD",
                reason="it broke during shipping",
                created_at=datetime(2025, 4, 2, 16, 29, 59, tzinfo=UTC),
            )
        ],
        "note": None,
        "is_renewal": False,
        "extra": {
            "original_total": Decimal("598.94"),
            "presentment_currency": "USD",
            "presentment_total": Decimal("199.65"),
        },
    }
    return Order(**values | more)


def test_an_order_that_was_refunded_in_part() -> None:
    record = older_order("order_partially_refunded_rest")
    assert record == partially_refunded()
    assert units(record) == [("IPOD2008RED", 1)]


def test_a_cancelled_order_keeps_its_lines_and_wants_nothing_shipped() -> None:
    cancelled = datetime(2025, 4, 2, 16, 31, 25, tzinfo=UTC)
    record = older_order("order_cancelled_rest")
    assert record == partially_refunded(status="cancelled", cancelled_at=cancelled, updated_at=cancelled)
    assert units(record) == []


def test_an_order_of_which_a_part_was_shipped() -> None:
    record = older_order("order_partially_fulfilled_rest.derived")
    assert record == partially_refunded(fulfillment_status="partial")


@pytest.mark.parametrize(
    ("name", "number", "payment", "fulfillment_status", "shipped"),
    [
        ("order_fulfilled_rest", "1073459972", "paid", "fulfilled", 1),
        ("order_partially_paid_rest", "1073459980", "partially_paid", "unfulfilled", 0),
        ("order_pending_rest", "1073459983", "pending", "unfulfilled", 0),
    ],
)
def test_an_order_of_one_line(
    name: str, number: str, payment: str, fulfillment_status: str, shipped: int
) -> None:
    record = older_order(name)
    assert (record.id, record.number, record.total, record.status) == (
        number,
        "#1002",
        Decimal("199.00"),
        "open",
    )
    assert (record.payment_status, record.fulfillment_status) == (payment, fulfillment_status)
    assert record.lines == [
        OrderLine(
            id=str(sample(f"shopify/{name}.json")["order"]["line_items"][0]["id"]),
            sku="IPOD2009BLACK",
            title="IPod Touch 8GB - Black",
            ordered=Decimal(1),
            cancelled=Decimal(0),
            shipped=Decimal(shipped),
            unit_price=Decimal("199.00"),
            tax=Decimal(0),
            discount=Decimal(0),
        )
    ]
    assert record.refunds == []
    assert record.payments is ABSENT


def test_customers_of_the_older_shape() -> None:
    first, second = (
        read_with(shopify_older.CUSTOMERS_READ, one)
        for one in sample("shopify/customers_rest.json")["customers"]
    )
    assert first == Customer(
        id="1073339462",
        updated_at=datetime(2025, 4, 2, 16, 27, tzinfo=UTC),
        created_at=datetime(2025, 4, 2, 16, 27, tzinfo=UTC),
        name="Steve Lastnameson",
        first_name="Steve",
        last_name="Lastnameson",
        company=None,
        email="steve.lastnameson@example.com",
        phone="+15142546011",
        accepts_marketing=False,
        address=Address(
            name="Mother Lastnameson",
            company=None,
            line1="123 Oak St",
            line2=None,
            city="Ottawa",
            region="ON",
            postal_code="123 ABC",
            country="CA",
            phone="555-1212",
        ),
    )
    assert (second.id, second.name, second.address.name) == ("207119551", "Bob Norman", None)


def test_a_refund_of_the_older_shape_is_what_went_back_and_not_what_the_lines_are_worth() -> None:
    [told] = sample("shopify/refunds_rest.json")["refunds"]
    assert read_with(shopify_older.REFUNDS_READ, told) == Refund(
        id="509562969",
        order_id="450789469",
        amount=Decimal("209.00"),
        currency="USD",
        reason="it broke during shipping",
        created_at=datetime(2025, 4, 2, 16, 38, 15, tzinfo=UTC),
    )


def test_stock_of_the_older_shape_is_one_level_for_each_item_and_location() -> None:
    told = sample("shopify/inventory_levels_rest.json")["inventory_levels"]
    records = [read_with(shopify_older.STOCK_READ, one) for one in told]
    assert [(one.id, one.location, one.available) for one in records] == [
        ("548380009?inventory_item_id=808950810", "487838322", Decimal(9)),
        ("548380009?inventory_item_id=39072856", "487838322", Decimal(27)),
        ("655441491?inventory_item_id=808950810", "655441491", Decimal(1)),
        ("655441491?inventory_item_id=39072856", "655441491", Decimal(3)),
    ]
