"""Our Records as the bodies that WooCommerce takes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from mappings.presets.woocommerce import FULFILLMENTS_WRITE, ORDERS_WRITE, STOCK_WRITE
from mappings.records import Address, Order, OrderLine, Payment, Shipment, ShipmentLine, StockLevel
from tests.contract.samples import write_with


def test_an_order_is_made_with_our_reference_and_without_a_null() -> None:
    body = write_with(
        ORDERS_WRITE,
        Order(
            id="gid-1",
            number="1042",
            placed_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
            currency="EUR",
            email="ada@example.com",
            payment_status="paid",
            shipping_total=Decimal("4.90"),
            note=None,
            shipping_address=Address(
                name="Ada de la Tea", line1="Street 1", line2=None, city="Berlin", country="DE"
            ),
            lines=[
                OrderLine(id="L1", sku="MUG-001", ordered=Decimal(3), cancelled=Decimal(1), title="Mug"),
                OrderLine(id="L2", sku="MUG-002", ordered=Decimal(1), cancelled=Decimal(1)),
            ],
            payments=[Payment(provider="stripe", reference="pi_1")],
        ),
    )
    nothing = dict.fromkeys(
        ("first_name", "last_name", "company", "address_1", "address_2", "city", "state"), ""
    )
    nothing |= dict.fromkeys(("postcode", "country", "phone"), "")
    assert body == {
        "currency": "EUR",
        "set_paid": True,
        "payment_method": "stripe",
        "transaction_id": "pi_1",
        "customer_note": "",
        "billing": {**nothing, "email": "ada@example.com"},
        "shipping": {
            **nothing,
            "first_name": "Ada",
            "last_name": "de la Tea",
            "address_1": "Street 1",
            "city": "Berlin",
            "country": "DE",
        },
        "line_items": [
            {
                "sku": "MUG-001",
                "name": "Mug",
                "quantity": 2,
                "meta_data": [{"key": "_crossdock_line", "value": "L1"}],
            }
        ],
        "shipping_lines": [{"method_id": "other", "total": "4.90"}],
        "meta_data": [
            {"key": "_crossdock_reference", "value": "gid-1"},
            {"key": "_crossdock_placed_at", "value": "2026-11-20T10:00:00+00:00"},
        ],
    }


def test_an_order_that_is_not_paid_is_made_unpaid() -> None:
    record = Order(
        id="1",
        placed_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        payment_status="pending",
        lines=[OrderLine(sku="A", ordered=Decimal(1))],
    )
    body = write_with(ORDERS_WRITE, record)
    assert (body["set_paid"], body["shipping_lines"]) == (False, [])


def test_stock_and_shipments_of_ours() -> None:
    assert write_with(STOCK_WRITE, StockLevel(sku="MUG-001", available=Decimal("5"))) == {
        "sku": "MUG-001",
        "available": 5,
    }
    shipment = Shipment(
        id="S1",
        number="S-1 23",
        carrier="DHL",
        tracking_url="https://track.example.com/T1",
        lines=[ShipmentLine(order_line_id="315", quantity=Decimal(2))],
    )
    assert write_with(FULFILLMENTS_WRITE, shipment, ids={"order": "727"}) == {
        "order_id": "727",
        "tracking_number": "S-123",
        "carrier": "DHL",
        "tracking_url": "https://track.example.com/T1",
        "lines": [{"line_id": "315", "quantity": 2}],
    }
