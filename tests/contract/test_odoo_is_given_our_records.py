"""Our orders, customers and stock for Odoo, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.odoo import CUSTOMERS_WRITE, ORDERS_WRITE, STOCK_WRITE
from mappings.records import Address, Customer, Order, OrderLine, StockLevel
from tests.contract.samples import write_with

MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def ours(**more: Any) -> Order:
    home = Address(
        name="Test Buyer", line1="Street 1", city="Austin", region="TX", postal_code="78701", country="US"
    )
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "#1042",
        "status": "open",
        "payment_status": "paid",
        "placed_at": MOMENT,
        "currency": "eur",
        "total": Decimal("27.20"),
        "shipping_total": Decimal("3.00"),
        "email": "Buyer@Example.com",
        "billing_address": home,
        "shipping_address": home,
        "lines": [
            OrderLine(
                id="L1",
                sku="MUG-001",
                title="Mug 🎁",
                ordered=Decimal(3),
                cancelled=Decimal(1),
                unit_price=Decimal("8.00"),
                total=Decimal("24.20"),
            ),
            OrderLine(id="L2", sku="CAP-001", ordered=Decimal(1), cancelled=Decimal(1)),
        ],
    }
    return Order(**(values | more))


def test_an_order_is_written() -> None:
    place = {
        "name": "Test Buyer",
        "street": "Street 1",
        "city": "Austin",
        "state": "TX",
        "zip": "78701",
        "country_code": "US",
    }
    assert write_with(ORDERS_WRITE, ours()) == {
        "client_order_ref": "#1042",
        "date_order": "2026-11-20 10:00:00",
        "currency": "EUR",
        "total": "27.20",
        "shipping_total": "3.00",
        "email": "buyer@example.com",
        "name": "Test Buyer",
        "billing": place,
        "shipping": place,
        "lines": [
            {
                "sku": "MUG-001",
                "title": "Mug 🎁",
                "quantity": "2",
                "ordered": "3",
                "price": "8.00",
                "total": "24.20",
            }
        ],
        "confirm": True,
    }


@pytest.mark.parametrize(
    ("told", "confirm"),
    [
        ({"payment_status": "authorized"}, True),
        ({"payment_status": "partially_refunded"}, True),
        ({"payment_status": "pending"}, False),
        ({"payment_status": "failed"}, False),
        ({"payment_status": "refunded"}, False),
        ({"payment_status": None}, False),
        ({"status": "cancelled"}, False),
    ],
)
def test_only_what_is_paid_is_confirmed(told: dict[str, Any], confirm: bool) -> None:
    assert write_with(ORDERS_WRITE, ours(**told))["confirm"] is confirm


def test_an_order_without_a_number_is_known_by_its_id() -> None:
    assert write_with(ORDERS_WRITE, ours(number=None))["client_order_ref"] == "A-1042"


def test_a_customer_is_written() -> None:
    record = Customer(
        id="7",
        first_name="Test",
        last_name="Buyer",
        email="Buyer@Example.com",
        address=Address(line1="Street 1", country="US", phone="1"),
    )
    assert write_with(CUSTOMERS_WRITE, record) == {
        "name": "Test Buyer",
        "email": "buyer@example.com",
        "phone": "1",
        "street": "Street 1",
        "country_code": "US",
    }


def test_stock_is_written() -> None:
    record = StockLevel(id="1", sku="MUG-001", on_hand=Decimal(7), available=Decimal(5))
    assert write_with(STOCK_WRITE, record) == {
        "default_code": "MUG-001",
        "on_hand": "7",
        "available": "5",
    }
