"""Our orders, customers and stock for ERPNext, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.erpnext import CUSTOMERS_WRITE, ORDERS_WRITE, STOCK_WRITE
from mappings.records import Address, Customer, Order, OrderLine, StockLevel
from tests.contract.samples import write_with


def ours(**more: Any) -> Order:
    home = Address(
        name="Test Buyer", line1="Street 1", city="Austin", region="TX", postal_code="78701", country="US"
    )
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "#1042",
        "status": "open",
        "payment_status": "paid",
        "placed_at": datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
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
        "address_title": "Test Buyer",
        "address_line1": "Street 1",
        "city": "Austin",
        "state": "TX",
        "pincode": "78701",
        "country_code": "US",
    }
    assert write_with(ORDERS_WRITE, ours()) == {
        "po_no": "#1042",
        "placed_at": "2026-11-20T23:30:00Z",
        "currency": "EUR",
        "total": "27.20",
        "shipping_total": "3.00",
        "email": "buyer@example.com",
        "name": "Test Buyer",
        "billing": place,
        "shipping": place,
        "items": [
            {
                "item_code": "MUG-001",
                "item_name": "Mug 🎁",
                "qty": "2",
                "ordered": "3",
                "rate": "8.00",
                "total": "24.20",
            }
        ],
        "confirm": True,
    }


@pytest.mark.parametrize(
    ("told", "submit"),
    [
        ({"payment_status": "authorized"}, True),
        ({"payment_status": "partially_refunded"}, True),
        ({"payment_status": "pending"}, False),
        ({"payment_status": "failed"}, False),
        ({"payment_status": None}, False),
        ({"status": "cancelled"}, False),
    ],
)
def test_only_what_is_paid_is_submitted(told: dict[str, Any], submit: bool) -> None:
    assert write_with(ORDERS_WRITE, ours(**told))["confirm"] is submit


def test_a_customer_is_written() -> None:
    record = Customer(
        id="7", first_name="Test", last_name="Buyer", email="Buyer@Example.com", address=Address(phone="1")
    )
    assert write_with(CUSTOMERS_WRITE, record) == {
        "customer_name": "Test Buyer",
        "email_id": "buyer@example.com",
        "mobile_no": "1",
    }


def test_stock_is_written() -> None:
    record = StockLevel(id="1", sku="MUG-001", on_hand=Decimal(7), available=Decimal(5))
    assert write_with(STOCK_WRITE, record) == {
        "item_code": "MUG-001",
        "on_hand": "7",
        "available": "5",
    }
