"""ShipStation's and ShipEngine's shipments, labels and stock as Records, worked out by hand. They publish no examples
that are whole, so the payloads are built in the shape of their documents."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.shipengine import (
    EVENTS_READ,
    LABELS_WRITE,
    PARCELS_READ,
    SHIPMENTS_READ,
    SHIPMENTS_WRITE,
    STOCK_READ,
    STOCK_WRITE,
)
from mappings.records import ABSENT, Address, Order, OrderLine, Shipment, ShipmentLine, StockLevel
from tests.contract.dialects.shipengine import ITEM, label, shipment
from tests.contract.samples import read_with, write_with

TO = Address(
    name="Warehouse Test",
    line1="Street 1",
    city="Austin",
    region="TX",
    postal_code="78701",
    country="US",
    phone="+1 512 555 0100",
)


def test_a_shipment_is_an_order() -> None:
    assert read_with(SHIPMENTS_READ, shipment(7)) == Order(
        id="se-7",
        number="SO-7",
        placed_at=datetime(2026, 11, 10, 10, tzinfo=UTC),
        updated_at=datetime(2026, 11, 17, 10, tzinfo=UTC),
        status="open",
        fulfillment_status="unfulfilled",
        shipping_address=TO,
        lines=[OrderLine(id="7", sku="MUG-001", title="Mug", ordered=Decimal(2))],
        extra={"external_order_id": "1042", "carrier": "se-123", "service": "usps_priority_mail"},
    )


@pytest.mark.parametrize(
    ("told", "status", "fulfillment"),
    [
        ("pending", "open", "unfulfilled"),
        ("processing", "open", "unfulfilled"),
        ("label_purchased", "open", "fulfilled"),
        ("cancelled", "cancelled", "unfulfilled"),
    ],
)
def test_what_becomes_of_a_shipment(told: str, status: str, fulfillment: str) -> None:
    record = read_with(SHIPMENTS_READ, shipment(7, told))
    assert (record.status, record.fulfillment_status) == (status, fulfillment)


def test_a_shipment_of_an_item_without_a_sku() -> None:
    record = read_with(SHIPMENTS_READ, shipment(7, items=[{"name": "Gift", "quantity": 1}]))
    assert record.lines == [OrderLine(title="Gift", ordered=Decimal(1))]


def test_a_label_is_a_parcel() -> None:
    told = label(
        7,
        external_order_id="1042",
        shipment={"shipment_number": "SO-7", "items": [ITEM]},
        tracking={"actual_delivery_date": "2026-11-22T15:30:00", "status_description": "Delivered"},
        tracking_status="delivered",
    )
    assert read_with(PARCELS_READ, told) == Shipment(
        id="se-97",
        number="T7",
        order_id="se-7",
        order_number="SO-7",
        carrier="usps",
        tracking_number="T7",
        tracking_url="https://example.com/track/T7",
        status="delivered",
        shipped_at=datetime(2026, 11, 20, tzinfo=UTC),
        delivered_at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        lines=[ShipmentLine(order_line_id="7", sku="MUG-001", quantity=Decimal(2))],
        extra={
            "label_url": "https://example.com/label.pdf",
            "service": "usps_priority_mail",
            "cost": "9.53",
            "cost_currency": "USD",
            "is_return": False,
            "last_event": "Delivered",
        },
    )


def test_a_label_of_a_list_tells_no_lines_and_no_delivery() -> None:
    record = read_with(PARCELS_READ, label(7))
    assert isinstance(record, Shipment)
    assert (record.lines, record.delivered_at) == (ABSENT, ABSENT)
    assert (record.order_number, record.status) == ("SO-7", "shipped")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"tracking_status": "unknown"}, "pending"),
        ({"tracking_status": "in_transit"}, "shipped"),
        ({"tracking_status": "error"}, "exception"),
        ({"tracking_status": "unknown", "status": "error"}, "exception"),
        ({"tracking_status": "delivered"}, "delivered"),
        ({"tracking_status": "in_transit", "voided": True}, "cancelled"),
    ],
)
def test_where_a_parcel_is(told: dict[str, Any], status: str) -> None:
    assert read_with(PARCELS_READ, label(7, **told)).status == status


def test_stock_both_ways() -> None:
    told = {"sku": "MUG-001", "on_hand": 12, "allocated": 2, "available": 10}
    record = read_with(STOCK_READ, told)
    assert record == StockLevel(
        id="MUG-001",
        sku="MUG-001",
        on_hand=Decimal(12),
        allocated=Decimal(2),
        available=Decimal(10),
    )
    assert write_with(STOCK_WRITE, record) == {"sku": "MUG-001", "quantity": 12}


@pytest.mark.parametrize("preset", [SHIPMENTS_WRITE, LABELS_WRITE])
def test_an_order_of_ours_without_what_was_cancelled(preset: Any) -> None:
    order = Order(
        id="1042",
        number="SO-7",
        shipping_address=Address(
            company="Shop", line1="Street 1", city="Berlin", postal_code="10115", country="DE"
        ),
        lines=[
            OrderLine(id="7", sku="MUG-001", title="Mug", ordered=Decimal(3), cancelled=Decimal(1)),
            OrderLine(id="8", sku="MUG-002", ordered=Decimal(1), cancelled=Decimal(0)),
            OrderLine(id="9", sku="MUG-003", ordered=Decimal(2), cancelled=Decimal(2)),
        ],
    )
    assert write_with(preset, order) == {
        "external_shipment_id": "SO-7",
        "external_order_id": "1042",
        "shipment_number": "SO-7",
        "ship_to": {
            "name": "Shop",
            "company_name": "Shop",
            "address_line1": "Street 1",
            "city_locality": "Berlin",
            "postal_code": "10115",
            "country_code": "DE",
            "address_residential_indicator": "unknown",
        },
        "items": [
            {"external_order_item_id": "7", "sku": "MUG-001", "name": "Mug", "quantity": 2},
            {"external_order_item_id": "8", "sku": "MUG-002", "name": "MUG-002", "quantity": 1},
        ],
    }


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"tracking_status": "unknown"}, "Label bought"),
        ({"tracking_status": "in_transit"}, "Shipped"),
        ({"tracking_status": "delivered"}, "Delivered"),
        ({"tracking_status": "error"}, "Delivery problem"),
        ({"tracking_status": "unknown", "voided": True}, "Label cancelled"),
    ],
)
def test_what_the_customer_hears_of_a_parcel(told: dict[str, Any], name: str) -> None:
    record = read_with(EVENTS_READ, label(7, ship_to={"email": "Guest@example.com"}, **told))
    assert (record.id, record.name, record.email) == (f"{name}/se-97", name, "guest@example.com")
    assert (record.order_number, record.extra["tracking_number"]) == ("SO-7", "T7")


def test_when_the_carrier_says_that_it_will_be_there() -> None:
    """The vendor's own example of tracking by a label's id."""
    told = label(7, tracking={"estimated_delivery_date": "2019-07-27T11:59:03.289Z"})
    assert read_with(PARCELS_READ, told).deliver_by == datetime(2019, 7, 27, 11, 59, 3, 289000, tzinfo=UTC)
