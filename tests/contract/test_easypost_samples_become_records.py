"""EasyPost's own examples as Records, worked out by hand, and what it has beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.presets.easypost import (
    LABELS_WRITE,
    PARCELS_READ,
    SHIPMENTS_READ,
    TRACKERS_READ,
    TRACKERS_WRITE,
)
from mappings.records import ABSENT, Address, MarketingEvent, Order, Shipment
from tests.contract.dialects.easypost import shipment, tracker
from tests.contract.samples import read_with, sample, write_with


def test_a_shipment_with_its_label() -> None:
    record = read_with(SHIPMENTS_READ, sample("easypost/shipment_bought.json"))
    label = record.extra.pop("label_url")
    assert label.startswith("https://easypost-files.s3.us-west-2.amazonaws.com/files/postage_label/20250509/")
    assert record == Shipment(
        id="shp_40b6f049f00348b18de3804a26f7fd62",
        number="9434600208303109842228",
        order_id="shp_40b6f049f00348b18de3804a26f7fd62",
        order_number=None,
        carrier="USPS",
        tracking_number="9434600208303109842228",
        tracking_url="https://track.easypost.com/djE6dHJrX2JlYmU3MzU3Y2M3ZTRlYmM5MjQ4YmRkNzE5MTA4NGFm",
        status="pending",
        updated_at=datetime(2025, 5, 9, 20, 40, 9, tzinfo=UTC),
        deliver_by=None,
        extra={
            "service": "GroundAdvantage",
            "cost": "8.20",
            "cost_currency": "USD",
            "refund": None,
            "tracker": "trk_bebe7357cc7e4ebc9248bdd7191084af",
        },
    )


def test_a_label_of_which_the_refund_is_asked_for_counts_as_cancelled() -> None:
    record = read_with(SHIPMENTS_READ, sample("easypost/shipment_refunded.json"))
    assert (record.status, record.extra["refund"]) == ("cancelled", "submitted")
    assert (record.extra["cost"], record.extra["service"]) == ("11.01", "Priority")


def test_a_tracker_of_a_webhook() -> None:
    told = json.loads(sample("easypost/webhook_tracker_updated.json")["raw_body"])["result"]
    assert read_with(TRACKERS_READ, told) == Shipment(
        id="trk_1",
        number="1",
        carrier="FedEx",
        tracking_number="1",
        tracking_url="https://track.easypost.com/1",
        status="shipped",
        shipped_at=datetime(2024, 7, 31, 19, 27, tzinfo=UTC),
        updated_at=datetime(2024, 8, 2, 19, 26, 51, tzinfo=UTC),
        deliver_by=datetime(2024, 8, 5, tzinfo=UTC),
        extra={
            "shipment": None,
            "status": "in_transit",
            "estimated_delivery": "2024-08-05T00:00:00Z",
            "last_event": "Arrived at FedEx location",
        },
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("unknown", "pending"),
        ("pre_transit", "pending"),
        ("in_transit", "shipped"),
        ("out_for_delivery", "shipped"),
        ("available_for_pickup", "delivered"),
        ("delivered", "delivered"),
        ("return_to_sender", "exception"),
        ("failure", "exception"),
        ("error", "exception"),
        ("cancelled", "cancelled"),
    ],
)
def test_where_a_parcel_is(told: str, status: str) -> None:
    assert read_with(TRACKERS_READ, tracker(1, status=told)).status == status
    assert read_with(SHIPMENTS_READ, shipment(1, tracker={"status": told})).status == status


def test_a_refund_that_the_carrier_refused_leaves_the_label_as_it_was() -> None:
    told = shipment(1, tracker={"status": "in_transit"}, refund_status="rejected")
    assert read_with(SHIPMENTS_READ, told).status == "shipped"


def test_the_last_of_several_deliveries_counts() -> None:
    details: list[dict[str, Any]] = [
        {"status": "in_transit", "datetime": "2026-11-20T08:00:00Z", "message": "Left"},
        {"status": "delivered", "datetime": "2026-11-21T09:00:00Z", "message": "At a neighbour's"},
        {"status": "delivered", "datetime": "2026-11-22T10:00:00Z", "message": "Delivered"},
    ]
    record = read_with(TRACKERS_READ, tracker(1, status="delivered", tracking_details=details))
    assert record.shipped_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert record.delivered_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert read_with(TRACKERS_READ, tracker(1)).delivered_at is ABSENT


def test_an_order_of_ours_that_needs_a_label() -> None:
    order = Order(
        number="SO-7",
        email="guest@example.com",
        shipping_address=Address(company="Shop", line1="Street 1", city="Berlin", country="de"),
    )
    assert write_with(LABELS_WRITE, order) == {
        "reference": "SO-7",
        "to_address": {
            "name": "Shop",
            "company": "Shop",
            "street1": "Street 1",
            "city": "Berlin",
            "country": "DE",
            "email": "guest@example.com",
        },
    }


def test_a_parcel_of_ours_that_is_to_be_followed() -> None:
    assert write_with(TRACKERS_WRITE, Shipment(id="1", tracking_number="T7", carrier="FedEx")) == {
        "tracking_code": "T7",
        "carrier": "FedEx",
    }


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"tracker": {"status": "unknown"}}, "Label bought"),
        ({"tracker": {"status": "pre_transit"}}, "Label bought"),
        ({"tracker": {"status": "in_transit"}}, "Shipped"),
        ({"tracker": {"status": "out_for_delivery"}}, "Out for delivery"),
        ({"tracker": {"status": "available_for_pickup"}}, "Ready for pickup"),
        ({"tracker": {"status": "delivered"}}, "Delivered"),
        ({"tracker": {"status": "return_to_sender"}}, "Delivery problem"),
        ({"tracker": {"status": "cancelled"}}, "Label cancelled"),
        ({"tracker": {"status": "unknown"}, "refund_status": "submitted"}, "Label cancelled"),
        ({"tracker": {"status": "in_transit"}, "refund_status": "rejected"}, "Shipped"),
    ],
)
def test_what_the_customer_hears_of_a_parcel(told: dict[str, Any], name: str) -> None:
    bought = {**sample("easypost/shipment_bought.json"), **told}
    record = read_with(PARCELS_READ, bought)
    assert isinstance(record, MarketingEvent)
    assert (record.id, record.name, record.email) == (
        f"{name}/shp_40b6f049f00348b18de3804a26f7fd62",
        name,
        bought["to_address"]["email"].lower(),
    )
    assert isinstance(record.extra, dict)
    assert record.extra["tracking_number"] == "9434600208303109842228"
