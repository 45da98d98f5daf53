"""Shippo's labels, orders and trackers as Records, worked out by hand, and ours as it takes them. It publishes examples
of single fields, so the payloads are built in the shape of its documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.shippo import (
    LABELS_WRITE,
    ORDERS_READ,
    ORDERS_WRITE,
    PARCELS_READ,
    SHIPMENTS_READ,
    TRACKERS_READ,
    TRACKERS_WRITE,
)
from mappings.records import ABSENT, Address, Order, OrderLine, Shipment
from tests.contract.dialects.shippo import label, order, shipment, tracker
from tests.contract.samples import read_with, write_with

UPDATED = datetime(2026, 11, 20, 10, 0, 0, 129000, tzinfo=UTC)


def test_a_label_is_a_parcel_of_its_order() -> None:
    assert read_with(PARCELS_READ, label(7)) == Shipment(
        id="label-7",
        number="T7",
        order_id="label-7",
        order_number="SO-7",
        carrier="USPS",
        tracking_number="T7",
        tracking_url="https://example.com/track/T7",
        status="shipped",
        updated_at=UPDATED,
        deliver_by=None,
        extra={
            "label_url": "https://example.com/label-7.pdf",
            "service": "priority",
            "cost": "9.90",
            "cost_currency": "USD",
            "status": "SUCCESS",
            "estimated_delivery": None,
        },
    )


@pytest.mark.parametrize("metadata", ["", None])
def test_a_label_that_was_bought_elsewhere_waits_for_no_order(metadata: str | None) -> None:
    record = read_with(PARCELS_READ, label(7, metadata=metadata))
    assert (record.order_id, record.order_number) == (None, None)


def test_a_label_whose_rate_is_told_by_its_id_alone() -> None:
    record = read_with(PARCELS_READ, label(7, rate="rate-priority"))
    assert record.carrier is ABSENT
    assert "cost" not in record.extra


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("UNKNOWN", "pending"),
        ("PRE_TRANSIT", "pending"),
        ("TRANSIT", "shipped"),
        ("DELIVERED", "delivered"),
        ("RETURNED", "exception"),
        ("FAILURE", "exception"),
        (None, "pending"),
    ],
)
def test_where_a_parcel_is(told: str | None, status: str) -> None:
    assert read_with(PARCELS_READ, label(1, tracking_status=told)).status == status
    assert read_with(PARCELS_READ, label(1, tracking_status={"status": told})).status == status
    assert read_with(TRACKERS_READ, tracker(1, tracking_status={"status": told})).status == status


@pytest.mark.parametrize(
    ("told", "status"),
    [("REFUNDED", "cancelled"), ("REFUNDPENDING", "cancelled"), ("REFUNDREJECTED", "shipped")],
)
def test_a_label_of_which_the_refund_is_asked_for_counts_as_cancelled(told: str, status: str) -> None:
    assert read_with(PARCELS_READ, label(7, status=told)).status == status


def test_a_question_for_rates() -> None:
    assert read_with(SHIPMENTS_READ, shipment(7)) == Shipment(
        id="ship-7",
        number="ship-7",
        order_number="SO-7",
        status="pending",
        updated_at=UPDATED,
        extra={"offers": 3},
    )


def test_an_order() -> None:
    told = order(7, transactions=[{"object_id": "label-7", "label_url": "https://example.com/label-7.pdf"}])
    assert read_with(ORDERS_READ, told) == Order(
        id="order-7",
        number="SO-7",
        placed_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        currency="USD",
        total=Decimal("24.93"),
        subtotal=Decimal("12.10"),
        tax=Decimal("0.00"),
        shipping_total=Decimal("12.83"),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="test@example.com",
        shipping_address=Address(
            name="Warehouse Test",
            company=None,
            line1="Street 1",
            line2=None,
            city="Austin",
            region="TX",
            postal_code="78701",
            country="US",
            phone=None,
            email="test@example.com",
        ),
        lines=[
            OrderLine(id="item-7", sku="MUG-001", title="Mug", ordered=Decimal(1), total=Decimal("12.10"))
        ],
        note=None,
        extra={
            "shop_app": "Shippo",
            "status": "PAID",
            "shipping_method": "Standard",
            "labels": ["label-7"],
        },
    )


@pytest.mark.parametrize(
    ("told", "states"),
    [
        ("UNKNOWN", ("open", "pending", "unfulfilled")),
        ("AWAITPAY", ("open", "pending", "unfulfilled")),
        ("PAID", ("open", "paid", "unfulfilled")),
        ("REFUNDED", ("open", "refunded", "unfulfilled")),
        ("CANCELLED", ("cancelled", "pending", "unfulfilled")),
        ("PARTIALLY_FULFILLED", ("open", "paid", "partial")),
        ("SHIPPED", ("open", "paid", "fulfilled")),
    ],
)
def test_what_becomes_of_an_order(told: str, states: tuple[str, str, str]) -> None:
    record = read_with(ORDERS_READ, order(7, order_status=told))
    assert (record.status, record.payment_status, record.fulfillment_status) == states


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1200"), ("KWD", "12.345"), ("EUR", "0.10")])
def test_amounts_keep_the_places_of_their_currency_both_ways(currency: str, amount: str) -> None:
    record = read_with(ORDERS_READ, order(7, currency=currency, total_price=amount))
    assert (record.currency, record.total) == (currency, Decimal(amount))
    body = write_with(ORDERS_WRITE, record)
    assert (body["currency"], body["total_price"]) == (currency, amount)
    assert body["shipping_cost_currency"] == currency


def test_an_order_without_a_currency_of_its_own_has_that_of_its_lines() -> None:
    lines = [{"title": "Gift", "quantity": 1}, {"title": "Mug", "quantity": 1, "currency": "EUR"}]
    assert read_with(ORDERS_READ, order(7, currency=None, line_items=lines)).currency == "EUR"


def test_a_tracker_of_a_webhook() -> None:
    history = [
        {"status": "PRE_TRANSIT", "status_date": "2026-11-19T08:00:00Z"},
        {"status": "TRANSIT", "status_date": "2026-11-20T08:00:00Z"},
        {"status": "TRANSIT", "status_date": "2026-11-20T18:00:00Z"},
        {"status": "DELIVERED", "status_date": "2026-11-21T09:00:00Z"},
        {"status": "DELIVERED", "status_date": "2026-11-22T10:00:00Z"},
    ]
    told = tracker(7, transaction="label-7", eta="2026-11-22T00:00:00Z", tracking_history=history)
    assert read_with(TRACKERS_READ, told) == Shipment(
        id="usps:T7",
        number="T7",
        order_number="SO-7",
        carrier="usps",
        tracking_number="T7",
        status="shipped",
        shipped_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
        delivered_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
        updated_at=UPDATED,
        deliver_by=datetime(2026, 11, 22, tzinfo=UTC),
        extra={
            "label": "label-7",
            "status": "package_accepted",
            "estimated_delivery": "2026-11-22T00:00:00Z",
            "last_event": "Accepted",
        },
    )


def test_a_tracker_of_which_the_carrier_knows_nothing_yet() -> None:
    record = read_with(TRACKERS_READ, tracker(7, tracking_status=None))
    assert (record.status, record.shipped_at, record.delivered_at) == ("pending", ABSENT, ABSENT)


TO = Address(
    company="Shop 🏪",
    line1="Street 1",
    line2="",
    city="Berlin",
    postal_code="10115",
    country="de",
)
SENT_TO: dict[str, Any] = {
    "name": "Shop 🏪",
    "company": "Shop 🏪",
    "street1": "Street 1",
    "street2": None,
    "city": "Berlin",
    "zip": "10115",
    "country": "DE",
    "email": "guest@example.com",
}


def test_an_order_of_ours_that_needs_a_label() -> None:
    found = Order(number="SO-7", email="guest@example.com", shipping_address=TO)
    assert write_with(LABELS_WRITE, found) == {"reference": "SO-7", "address_to": SENT_TO}


def test_an_order_of_ours_without_what_was_cancelled() -> None:
    found = Order(
        id="1042",
        number="SO-7",
        placed_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        currency="EUR",
        total=Decimal("30.00"),
        shipping_total=Decimal("4.90"),
        payment_status="partially_refunded",
        email="guest@example.com",
        shipping_address=TO,
        lines=[
            OrderLine(
                id="7",
                sku="MUG-001",
                title="Mug",
                ordered=Decimal(3),
                cancelled=Decimal(1),
                total=Decimal("25.10"),
            ),
            OrderLine(id="8", title="Gift", ordered=Decimal(1), cancelled=Decimal(0)),
            OrderLine(id="9", sku="MUG-003", ordered=Decimal(2), cancelled=Decimal(2)),
        ],
    )
    assert write_with(ORDERS_WRITE, found) == {
        "order_number": "SO-7",
        "placed_at": "2026-11-20T10:00:00Z",
        "order_status": "PAID",
        "to_address": SENT_TO,
        "currency": "EUR",
        "total_price": "30.00",
        "shipping_cost": "4.90",
        "shipping_cost_currency": "EUR",
        "line_items": [
            {"sku": "MUG-001", "title": "Mug", "quantity": 2, "total_price": "25.10", "currency": "EUR"},
            {"title": "Gift", "quantity": 1, "currency": "EUR"},
        ],
    }


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"status": "cancelled", "payment_status": "paid"}, "CANCELLED"),
        ({"payment_status": "refunded", "fulfillment_status": "fulfilled"}, "REFUNDED"),
        ({"payment_status": "paid", "fulfillment_status": "fulfilled"}, "SHIPPED"),
        ({"payment_status": "paid", "fulfillment_status": "partial"}, "PARTIALLY_FULFILLED"),
        ({"payment_status": "paid", "fulfillment_status": "unfulfilled"}, "PAID"),
        ({"payment_status": "authorized"}, "AWAITPAY"),
        ({"payment_status": "failed"}, "AWAITPAY"),
        ({}, "UNKNOWN"),
    ],
)
def test_what_shippo_is_told_of_an_orders_state(more: dict[str, Any], status: str) -> None:
    placed_at = datetime(2026, 11, 20, tzinfo=UTC)
    found = Order(number="SO-7", placed_at=placed_at, currency="EUR", shipping_address=TO, **more)
    body = write_with(ORDERS_WRITE, found)
    assert body["order_status"] == status
    assert "shipping_cost_currency" not in body


def test_a_parcel_of_ours_that_is_to_be_followed() -> None:
    found = Shipment(id="1", tracking_number="T7", carrier="USPS", order_number="SO-7")
    assert write_with(TRACKERS_WRITE, found) == {
        "carrier": "usps",
        "tracking_number": "T7",
        "metadata": "SO-7",
    }
    found = Shipment(id="1", tracking_number="T7", carrier="USPS")
    assert write_with(TRACKERS_WRITE, found)["metadata"] == "T7"
