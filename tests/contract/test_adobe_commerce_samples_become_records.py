"""Payloads as Adobe's description has them, as Records worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.adobe_commerce import (
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    ORDERS_READ,
    REFUNDS_READ,
    REFUNDS_WRITE,
    SHIPMENTS_WRITE,
    STOCK_READ,
    STOCK_WRITE,
    VARIANTS_READ,
)
from mappings.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    StockLevel,
    Variant,
)
from tests.contract.adobe_commerce_payloads import (
    comment,
    customer,
    item,
    line,
    memo,
    order,
    payment,
    product,
)
from tests.contract.samples import read_with, write_with

HOME = Address(
    name="Test Buyer",
    line1="Street 1",
    line2=None,
    city="Berlin",
    postal_code="10115",
    country="DE",
    phone="030 1",
    email="buyer@example.com",
)


def test_an_order() -> None:
    told = order(
        7,
        line(70, qty_shipped=1, row_total=25, discount_amount=2.5),
        discount_amount=-2.5,
        grand_total=32.25,
        total_paid=32.25,
        customer_id=4,
        customer_is_guest=0,
        customer_firstname="Test",
        customer_lastname="Buyer",
        coupon_code="TEN",
        payment=payment(last_trans_id="t-1", method="stripe_payments"),
    )
    assert read_with(ORDERS_READ, told) == Order(
        id="7",
        number="000000007",
        placed_at=datetime(2026, 11, 19, 23, 30, tzinfo=UTC),
        updated_at=datetime(2026, 11, 20, 1, 10, tzinfo=UTC),
        currency="EUR",
        total=Decimal("32.25"),
        subtotal=Decimal(25),
        tax=Decimal("4.75"),
        shipping_total=Decimal(5),
        discount_total=Decimal("2.5"),
        status="open",
        payment_status="paid",
        fulfillment_status="partial",
        email="buyer@example.com",
        customer=Customer(
            id="4",
            name="Test Buyer",
            first_name="Test",
            last_name="Buyer",
            email="buyer@example.com",
            phone="030 1",
        ),
        shipping_address=HOME,
        billing_address=HOME,
        lines=[
            OrderLine(
                id="70",
                sku="MUG-001",
                title="Mug",
                ordered=Decimal(2),
                cancelled=Decimal(0),
                shipped=Decimal(1),
                refunded=Decimal(0),
                unit_price=Decimal("12.5"),
                requires_shipping=True,
                tax=Decimal("4.75"),
                discount=Decimal("2.5"),
                total=Decimal("22.5"),
            )
        ],
        payments=[
            Payment(
                amount=Decimal("32.25"),
                currency="EUR",
                status="paid",
                provider="stripe_payments",
                reference="t-1",
            )
        ],
        extra={
            "state": "processing",
            "status": "processing",
            "store": 1,
            "coupon": "TEN",
            "payment_method": "stripe_payments",
            "base_currency": "EUR",
        },
    )


def test_a_customer() -> None:
    home = {
        "firstname": "Test",
        "lastname": "Buyer",
        "street": ["Street 1"],
        "city": "Berlin",
        "postcode": "10115",
        "country_id": "DE",
        "telephone": "030 1",
        "company": "Example",
        "region": {"region": "Berlin", "region_code": "BER", "region_id": 82},
    }
    other = {**home, "city": "Bonn", "telephone": "0228 1"}
    told = customer(
        3,
        addresses=[other, {**home, "default_billing": True}],
        extension_attributes={"is_subscribed": True},
    )
    assert read_with(CUSTOMERS_READ, told) == Customer(
        id="3",
        created_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 11, 20, 0, 30, tzinfo=UTC),
        name="Test Buyer",
        first_name="Test",
        last_name="Buyer",
        company="Example",
        email="3@example.com",
        phone="030 1",
        accepts_marketing=True,
        address=Address(
            name="Test Buyer",
            company="Example",
            line1="Street 1",
            line2=None,
            city="Berlin",
            region="Berlin",
            postal_code="10115",
            country="DE",
            phone="030 1",
        ),
        extra={"group": 1, "website": 2},
    )
    assert read_with(CUSTOMERS_READ, {**told, "addresses": [other]}).address.city == "Bonn"


def test_a_customer_without_an_address() -> None:
    record = read_with(CUSTOMERS_READ, customer(3))
    assert record.email == "3@example.com"
    assert not isinstance(record.address, Address)


def test_a_variant() -> None:
    assert read_with(VARIANTS_READ, product(11, status=2)) == Variant(
        id="11",
        updated_at=datetime(2026, 11, 20, 1, 50, tzinfo=UTC),
        sku="MUG-011",
        title="Mug",
        price=Decimal("12.5"),
        extra={"type": "simple", "is_enabled": False, "weight": 0.4},
    )


@pytest.mark.parametrize(
    ("told", "on_hand", "available"),
    [
        ({}, "7", "7"),
        ({"status": 0}, "7", "0"),
        ({"quantity": 0}, "0", "0"),
        ({"quantity": 2.5}, "2.5", "2.5"),
    ],
)
def test_stock(told: dict[str, Any], on_hand: str, available: str) -> None:
    assert read_with(STOCK_READ, item(11, "east", **told)) == StockLevel(
        id="east/MUG-011",
        sku="MUG-011",
        location="east",
        on_hand=Decimal(on_hand),
        available=Decimal(available),
    )


def test_a_refund() -> None:
    told = memo(12, of=7, comments=[comment("Broken")], order={"increment_id": "000000007"})
    assert read_with(REFUNDS_READ, {**told, "transaction_id": "t-1"}) == Refund(
        id="12",
        order_id="7",
        order_number="000000007",
        amount=Decimal("12.5"),
        currency="EUR",
        reason="Broken",
        created_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        updated_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
        extra={"number": "000000012", "is_cancelled": False, "payment": "t-1"},
    )


def test_what_is_written() -> None:
    level = StockLevel(sku="MUG-011", available=Decimal(5))
    assert write_with(STOCK_WRITE, level) == {"sku": "MUG-011", "available": 5}
    shipment = Shipment(
        order_id="7",
        carrier="dhl",
        tracking_number="T1",
        lines=[ShipmentLine(order_line_id="70", quantity=Decimal(2))],
    )
    expected = {
        "order_id": "7",
        "tracking_number": "T1",
        "title": "dhl",
        "carrier_code": "dhl",
        "items": [{"order_item_id": 70, "qty": 2}],
    }
    assert write_with(SHIPMENTS_WRITE, shipment, ids={"order": "7"}) == expected
    shipment.carrier = "Bike Courier"
    other = {**expected, "title": "Bike Courier", "carrier_code": "custom"}
    assert write_with(SHIPMENTS_WRITE, shipment, ids={"order": "7"}) == other
    refund = Refund(id="re_1", order_id="7", amount=Decimal("10.50"), currency="EUR", reason=None)
    assert write_with(REFUNDS_WRITE, refund, ids={"order": "7"}) == {
        "order_id": "7",
        "reference": "re_1",
        "amount": "10.50",
        "currency": "EUR",
        "reason": None,
    }
    person = Customer(email="7@example.com", first_name="Ada", last_name="Lace")
    assert write_with(CUSTOMERS_WRITE, person) == {
        "email": "7@example.com",
        "firstname": "Ada",
        "lastname": "Lace",
    }
