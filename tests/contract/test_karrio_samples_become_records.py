"""What a running Karrio answered, as Records worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.karrio import (
    LABELS_WRITE,
    ORDERS_READ,
    ORDERS_WRITE,
    PARCELS_READ,
    SHIPMENTS_READ,
    TRACKERS_READ,
    TRACKERS_WRITE,
)
from mappings.records import ABSENT, Address, MarketingEvent, Order, OrderLine, Shipment, ShipmentLine
from tests.contract.dialects.karrio import order, seen, shipment, tracker
from tests.contract.samples import read_with, write_with

BOUGHT_AT = "2026-11-23 05:05:48.210837+00:00"


def test_an_order() -> None:
    (found,) = seen("orders_list.json")["results"]
    assert read_with(ORDERS_READ, found) == Order(
        id="ord_e0014add4f334a23b9166fbf9ef5f90a",
        number="SO-1003",
        placed_at=datetime(2026, 11, 23, 5, 5, 47, 229807, tzinfo=UTC),
        currency="EUR",
        status="open",
        fulfillment_status="unfulfilled",
        email="ops@example.com",
        shipping_address=Address(
            name=found["shipping_to"]["person_name"],
            company=None,
            line1="Weg 2",
            line2=None,
            city="Munich",
            region=None,
            postal_code="80331",
            country="DE",
            phone="+49 30 1234567",
            email="ops@example.com",
        ),
        lines=[
            OrderLine(
                id="oli_6f2786089306",
                sku="MUG-001",
                title="Mug",
                ordered=Decimal(4),
                shipped=Decimal(0),
                unit_price=Decimal("6.9"),
            )
        ],
        extra={"source": "shop", "status": "unfulfilled"},
    )


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("purchased", "Label bought"),
        ("in_transit", "Shipped"),
        ("out_for_delivery", "Out for delivery"),
        ("delivered", "Delivered"),
        ("delivery_failed", "Delivery problem"),
        ("cancelled", "Label cancelled"),
    ],
)
def test_a_parcel_becomes_an_event_for_each_thing_to_hear_of_it(status: str, name: str) -> None:
    told = {**shipment(7, status=status), "recipient": {"email": "orders@example.com"}}
    record = read_with(PARCELS_READ, told)
    assert isinstance(record, MarketingEvent)
    assert (record.id, record.name, record.email) == (f"{name}/{told['id']}", name, "orders@example.com")


def test_a_label_that_was_cancelled() -> None:
    _, found = seen("shipments_list.json")["results"]
    assert read_with(SHIPMENTS_READ, found) == Shipment(
        id="shp_0ab7fe0e5c124c22a7c6f63fc2be3992",
        number="961f290115b5",
        order_id=None,
        order_number="SO-1002",
        carrier="local_post",
        tracking_number="961f290115b5",
        status="cancelled",
        extra={
            "label_url": "/v1/shipments/shp_0ab7fe0e5c124c22a7c6f63fc2be3992/label.pdf",
            "service": "local_standard",
            "charge": "4.9",
            "charge_currency": "EUR",
            "bought_at": BOUGHT_AT,
        },
    )


@pytest.mark.parametrize(
    ("event", "preset", "external_id"),
    [
        ("order_created", ORDERS_READ, "ord_f62533a99db74ba3af3a5cc76ca3f85b"),
        ("shipment_purchased", SHIPMENTS_READ, "shp_acc056fb5aa04aa98e8d610680cd1c0c"),
    ],
)
def test_what_a_webhook_brings_is_the_same_thing(event: str, preset: Any, external_id: str) -> None:
    record = read_with(preset, seen("webhook_deliveries.json")[event]["body"]["data"])
    assert record.id == external_id


@pytest.mark.parametrize(
    ("told", "status", "fulfillment_status"),
    [
        ("unfulfilled", "open", "unfulfilled"),
        ("partial", "open", "partial"),
        ("fulfilled", "open", "fulfilled"),
        ("delivered", "open", "fulfilled"),
        ("cancelled", "cancelled", "unfulfilled"),
    ],
)
def test_what_became_of_an_order(told: str, status: str, fulfillment_status: str) -> None:
    record = read_with(ORDERS_READ, order(7, status=told))
    assert (record.status, record.fulfillment_status) == (status, fulfillment_status)


def test_a_part_that_was_shipped_is_counted_and_a_price_that_is_not_told_is_none() -> None:
    line = {"id": "oli_1", "sku": None, "quantity": 3, "unfulfilled_quantity": 1, "value_amount": None}
    record = read_with(ORDERS_READ, order(7, line_items=[line]))
    assert record.lines == [
        OrderLine(id="oli_1", sku=None, ordered=Decimal(3), shipped=Decimal(2), unit_price=None)
    ]
    assert record.currency is ABSENT


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("created", "pending"),
        ("purchased", "pending"),
        ("shipped", "shipped"),
        ("in_transit", "in_transit"),
        ("out_for_delivery", "out_for_delivery"),
        ("delivered", "delivered"),
        ("needs_attention", "exception"),
        ("delivery_failed", "exception"),
        ("cancelled", "cancelled"),
    ],
)
def test_what_became_of_a_shipment(told: str, status: str) -> None:
    assert read_with(SHIPMENTS_READ, shipment(7, told)).status == status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("pending", "pending"),
        ("unknown", "pending"),
        ("in_transit", "in_transit"),
        ("ready_for_pickup", "in_transit"),
        ("out_for_delivery", "out_for_delivery"),
        ("delivered", "delivered"),
        ("on_hold", "exception"),
        ("delivery_delayed", "exception"),
        ("delivery_failed", "exception"),
        ("return_to_sender", "exception"),
        ("cancelled", "cancelled"),
    ],
)
def test_what_became_of_a_parcel_that_is_followed(told: str, status: str) -> None:
    record = read_with(TRACKERS_READ, tracker(7, status=told, metadata={"order_number": "SO-7"}))
    assert (record.id, record.status, record.order_number) == ("trk_7", status, "SO-7")
    assert (record.carrier, record.tracking_number, record.extra["status"]) == ("dhl_express", "T7", told)


def test_a_label_that_was_bought_for_an_order_leads_back_to_it_and_to_its_lines() -> None:
    items = [{"id": "cmd_1", "sku": "MUG-001", "quantity": 2, "metadata": {"line": "11"}}]
    record = read_with(
        SHIPMENTS_READ,
        shipment(
            7,
            metadata={"order_id": "1042", "order_number": "#1042"},
            parcels=[{"items": items}],
            tracking_number="T7",
            tracking_url="https://carrier.example.com/T7",
        ),
    )
    assert (record.order_id, record.order_number) == ("shp_7", "#1042")
    assert record.tracking_url == "https://carrier.example.com/T7"
    assert record.lines == [ShipmentLine(id="cmd_1", order_line_id="11", sku="MUG-001", quantity=Decimal(2))]


SOLD = Order(
    id="1042",
    number="#1042",
    placed_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
    email="orders@example.com",
    shipping_address=Address(
        name="Warehouse Test", line1="Weg 2", city="Munich", postal_code="80331", country="de"
    ),
    lines=[
        OrderLine(id="11", sku="MUG-001", title="Mug " * 10, ordered=Decimal(3), cancelled=Decimal(1)),
        OrderLine(id="12", sku="CUP-001", title="Cup", ordered=Decimal(1), cancelled=Decimal(1)),
    ],
)
TO = {
    "person_name": "Warehouse Test",
    "address_line1": "Weg 2",
    "city": "Munich",
    "postal_code": "80331",
    "country_code": "DE",
    "email": "orders@example.com",
}
MUGS = {
    "sku": "MUG-001",
    "title": ("Mug " * 10)[:35],
    "quantity": 2,
    "weight": 1,
    "weight_unit": "G",
    "metadata": {"line": "11"},
}


@pytest.mark.parametrize(("connection", "weight"), [({}, 500), ({"parcel_weight_grams": 1200}, 1200)])
def test_an_order_as_a_label_is_bought_for_it(connection: dict[str, Any], weight: int) -> None:
    assert write_with(LABELS_WRITE, SOLD, connection=connection) == {
        "reference": "#1042",
        "recipient": TO,
        "parcels": [{"weight": weight, "weight_unit": "G", "items": [MUGS]}],
        "metadata": {"order_id": "1042", "order_number": "#1042"},
    }


def test_an_order_as_karrio_takes_it() -> None:
    assert write_with(ORDERS_WRITE, SOLD) == {
        "order_id": "#1042",
        "source": "crossdock",
        "order_date": "2026-11-23",
        "shipping_to": TO,
        "line_items": [{**MUGS, "weight": 100}],
    }


def test_a_parcel_as_it_is_followed() -> None:
    record = Shipment(id="1", carrier="DHL_Express", tracking_number="T7", order_number="#1042")
    assert write_with(TRACKERS_WRITE, record) == {
        "tracking_number": "T7",
        "carrier_name": "dhl_express",
        "metadata": {"order_number": "#1042"},
    }
