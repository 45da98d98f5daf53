"""ShipBob's own example objects as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.shipbob import (
    ORDERS_READ,
    ORDERS_WRITE,
    PARCELS_READ,
    SHIPMENTS_READ,
    STOCK_READ,
    VARIANTS_READ,
)
from mappings.records import (
    ABSENT,
    Address,
    Order,
    OrderLine,
    Shipment,
    ShipmentLine,
    StockLevel,
    Variant,
    units,
)
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2019, 8, 24, 14, 15, 22, tzinfo=UTC)


def expected(to: dict[str, Any]) -> Order:
    return Order(
        id="0",
        number="string",
        placed_at=MOMENT,
        currency="USD",
        total=Decimal("0.1"),
        status="open",
        fulfillment_status="unfulfilled",
        email=to["email"],
        shipping_address=Address(
            name=to["name"],
            company=to["address"]["company_name"],
            line1="100 Nowhere Blvd",
            line2="Suite 100",
            city="Gotham City",
            region="NJ",
            postal_code="07093",
            country="US",
            phone="555-555-5555",
            email=to["email"],
        ),
        lines=[OrderLine(id="0", sku="TShirtBlueM", ordered=Decimal(0), unit_price=Decimal("0.1"))],
        extra={
            "reference": "string",
            "status": "Processing",
            "shipping_method": "Free 2-day Shipping",
            "channel": "ShipBobs-Shopify-Store",
        },
    )


def test_an_order() -> None:
    found = sample("shipbob/order.json")
    assert read_with(ORDERS_READ, found) == expected(found["recipient"])


def test_an_order_of_a_list_is_the_same() -> None:
    (found,) = sample("shipbob/orders.json")
    assert read_with(ORDERS_READ, found) == expected(found["recipient"])


def parcel(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = sample("shipbob/order.json")["shipments"][0]
    return {**found, **more}


def test_a_shipment() -> None:
    assert read_with(SHIPMENTS_READ, parcel()) == Shipment(
        id="0",
        number="0",
        order_id="0",
        order_number="string",
        carrier="USPS",
        tracking_number="860C8CDC8F0B4FC7AB69AC86C20539EC",
        tracking_url="https://www.example.com/tracking?id=860C8CDC8F0B4FC7AB69AC86C20539EC",
        status="delivered",
        shipped_at=MOMENT,
        delivered_at=MOMENT,
        updated_at=MOMENT,
        lines=[ShipmentLine(id="0", sku="TShirtBlueM", quantity=Decimal(0))],
        extra={"reference": "string", "service": "Priority", "reason": "string"},
    )


def test_a_stock_level() -> None:
    (level,) = sample("shipbob/inventory_levels.json")["items"]
    assert read_with(STOCK_READ, level) == StockLevel(
        id="0",
        sku="string",
        on_hand=Decimal(0),
        allocated=Decimal(0),
        available=Decimal(0),
        extra={"awaiting": 0, "backordered": 0},
    )


def test_stock_is_what_lies_there_and_what_orders_have_taken_of_it() -> None:
    (level,) = sample("shipbob/inventory_levels.json")["items"]
    told = {
        "total_on_hand_quantity": 9,
        "total_committed_quantity": 4,
        "total_fulfillable_quantity": 5,
        "total_awaiting_quantity": 20,
        "total_backordered_quantity": 2,
        "total_sellable_quantity": 25,
    }
    record = read_with(STOCK_READ, level | told)
    assert (record.on_hand, record.allocated, record.available) == (Decimal(9), Decimal(4), Decimal(5))
    assert record.extra == {"awaiting": 20, "backordered": 2}


@pytest.mark.parametrize(
    ("told", "status", "fulfillment_status"),
    [
        ("Processing", "open", "unfulfilled"),
        ("Exception", "open", "unfulfilled"),
        ("ImportReview", "open", "unfulfilled"),
        ("PartiallyFulfilled", "open", "partial"),
        ("Fulfilled", "open", "fulfilled"),
        ("Cancelled", "cancelled", "unfulfilled"),
    ],
)
def test_what_became_of_an_order(told: str, status: str, fulfillment_status: str) -> None:
    record = read_with(ORDERS_READ, {**sample("shipbob/order.json"), "status": told})
    assert (record.status, record.fulfillment_status) == (status, fulfillment_status)
    assert record.extra["status"] == told


def test_nothing_is_told_of_a_payment_and_no_stock_is_taken_by_it() -> None:
    record = read_with(ORDERS_READ, sample("shipbob/order.json"))
    assert record.payment_status is ABSENT
    assert units(record) == []


def test_an_order_of_which_no_price_is_known_has_no_currency() -> None:
    bare = {"id": 7, "reference_id": "1042", "order_number": None, "financials": None, "status": "Processing"}
    record = read_with(ORDERS_READ, bare)
    assert (record.id, record.number, record.currency, record.total) == ("7", "1042", None, None)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "Cancelled"}, "cancelled"),
        ({"status": "Completed"}, "shipped"),
        ({"status": "Completed", "delivery_date": "2019-08-24T14:15:22Z"}, "delivered"),
        ({"status": "Exception"}, "exception"),
        ({"status": "OnHold"}, "on_hold"),
        ({"status": "LabeledCreated"}, "pending"),
        ({"status": "Processing"}, "pending"),
    ],
)
def test_what_became_of_a_shipment(told: dict[str, Any], status: str) -> None:
    assert read_with(SHIPMENTS_READ, parcel(delivery_date=None) | told).status == status


def test_a_parcel_that_was_not_packed_yet_has_no_tracking() -> None:
    record = read_with(
        SHIPMENTS_READ,
        parcel(tracking=None, actual_fulfillment_date=None, delivery_date=None, order_number="#1042"),
    )
    assert (record.order_number, record.tracking_number) == ("#1042", None)
    assert (record.shipped_at, record.delivered_at) == (None, None)


def test_units_of_several_lots_are_one_quantity() -> None:
    lots = [{"id": 1, "quantity": 2}, {"id": 2, "quantity": 3}]
    record = read_with(
        SHIPMENTS_READ,
        parcel(products=[{"id": 5, "sku": None, "reference_id": "MUG", "inventory_items": lots}]),
    )
    assert record.lines == [ShipmentLine(id="5", sku="MUG", quantity=Decimal(5))]


def test_a_product_is_weighed_in_grams() -> None:
    variant = {
        "id": 11,
        "sku": "MUG-001",
        "name": "Mug",
        "upc": None,
        "gtin": "00012345678905",
        "updated_on": "2019-08-24T14:15:22Z",
        "weight": {"unit": "oz", "weight": 16},
        "inventory": {"inventory_id": 3, "on_hand_qty": 4},
    }
    assert read_with(VARIANTS_READ, variant) == Variant(
        id="11",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug",
        barcode="00012345678905",
        weight_grams=Decimal("453.592370000"),
        extra={"inventory_id": 3},
    )


def test_an_order_as_shipbob_takes_it() -> None:
    record = Order(
        id="820982911946154508",
        number="#1042",
        placed_at=MOMENT,
        email="orders@example.com",
        shipping_address=Address(
            name="Warehouse Test", line1="1 Main Street", city="Chicago", region="IL", country="us"
        ),
        lines=[
            OrderLine(id="1", sku="MUG-001", title="Mug", ordered=Decimal(3), cancelled=Decimal(1)),
            OrderLine(id="2", sku="CUP-001", title="Cup", ordered=Decimal(1), cancelled=Decimal(1)),
            OrderLine(id="3", sku="TEA-001", ordered=Decimal(2)),
        ],
    )
    assert write_with(ORDERS_WRITE, record) == {
        "reference_id": "820982911946154508",
        "order_number": "#1042",
        "type": "DTC",
        "shipping_method": "Standard",
        "purchase_date": "2019-08-24T14:15:22Z",
        "recipient": {
            "name": "Warehouse Test",
            "email": "orders@example.com",
            "address": {"address1": "1 Main Street", "city": "Chicago", "state": "IL", "country": "US"},
        },
        "products": [
            {"reference_id": "MUG-001", "name": "Mug", "quantity": 2},
            {"reference_id": "TEA-001", "name": "TEA-001", "quantity": 2},
        ],
    }


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"status": "Processing"}, "Being packed"),
        ({"status": "OnHold"}, "On hold"),
        ({"status": "Exception"}, "On hold"),
        ({"status": "Completed"}, "Shipped"),
        ({"status": "Completed", "delivery_date": "2026-11-22T15:30:00Z"}, "Delivered"),
        ({"status": "Cancelled"}, "Shipment cancelled"),
    ],
)
def test_what_the_customer_hears_of_a_parcel(told: dict[str, Any], name: str) -> None:
    record = read_with(PARCELS_READ, parcel(delivery_date=None) | told)
    assert (record.id, record.name, record.email) == (f"{name}/0", name, "john@example.com")
    assert record.extra["tracking_number"] == "860C8CDC8F0B4FC7AB69AC86C20539EC"
