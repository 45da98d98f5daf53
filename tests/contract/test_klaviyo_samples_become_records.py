"""Klaviyo's profiles as Records, and our customers, orders and events for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.klaviyo import EVENTS_WRITE, ORDERS_WRITE, PROFILES_READ, PROFILES_WRITE
from mappings.records import Address, Customer, MarketingEvent, Order, OrderLine
from tests.contract.dialects.klaviyo import profile
from tests.contract.samples import read_with, write_with

CHANGED = datetime(2026, 11, 20, 10, tzinfo=UTC)
PLACED = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)


def consent(word: str | None) -> dict[str, Any]:
    return {"subscriptions": {"email": {"marketing": {"consent": word}}}}


def test_a_profile() -> None:
    payload = profile(
        "P1",
        phone_number="+15005550006",
        external_id="7",
        first_name="Ada",
        last_name=None,
        organization=None,
        location={
            "address1": "1 Road",
            "address2": None,
            "city": "Ely",
            "zip": "CB7",
            "country": "United Kingdom",
        },
        **consent("SUBSCRIBED"),
    )
    assert read_with(PROFILES_READ, payload) == Customer(
        id="P1",
        updated_at=CHANGED,
        created_at=CHANGED,
        number="7",
        email="p1@example.com",
        phone="+15005550006",
        first_name="Ada",
        last_name=None,
        name="Ada",
        company=None,
        address=Address(line1="1 Road", line2=None, city="Ely", postal_code="CB7", country="United Kingdom"),
        accepts_marketing=True,
    )


@pytest.mark.parametrize(
    ("word", "accepts"),
    [("SUBSCRIBED", True), ("UNSUBSCRIBED", False), ("NEVER_SUBSCRIBED", False), (None, None)],
)
def test_who_wants_mails(word: str | None, accepts: bool | None) -> None:
    assert read_with(PROFILES_READ, profile("P1", **consent(word))).accepts_marketing is accepts


def test_a_profile_without_an_address_or_a_name() -> None:
    record = read_with(PROFILES_READ, profile("P1", email=None, phone_number="+15005550006", location=None))
    assert (record.email, record.phone, record.name) == (None, "+15005550006", None)


def test_a_customer_is_written_as_far_as_it_is_told() -> None:
    customer = Customer(
        id="7", email="Ada@Example.com", first_name="Ada", phone=None, address=Address(city="Ely", line2=None)
    )
    assert write_with(PROFILES_WRITE, customer) == {
        "email": "ada@example.com",
        "phone_number": None,
        "first_name": "Ada",
        "location": {"city": "Ely", "address2": None},
    }


def order(**more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "#1042",
        "placed_at": PLACED,
        "updated_at": CHANGED,
        "status": "open",
        "payment_status": "paid",
        "fulfillment_status": "unfulfilled",
        "currency": "EUR",
        "total": Decimal("12.50"),
        "email": "Ada@example.com",
    }
    return Order(**(values | more))


def test_an_order_that_was_placed() -> None:
    lines = [
        OrderLine(sku="MUG-001", title="Mug", ordered=Decimal(2), unit_price=Decimal("6.25")),
        OrderLine(sku=None, title="Gift", ordered=Decimal(1)),
    ]
    assert write_with(ORDERS_WRITE, order(lines=lines)) == {
        "metric": "Placed Order",
        "unique_id": "A-1042/Placed Order",
        "email": "ada@example.com",
        "time": "2026-11-19T08:30:00Z",
        "value": "12.50",
        "currency": "EUR",
        "properties": {
            "OrderId": "A-1042",
            "OrderNumber": "#1042",
            "ItemNames": ["Mug", "Gift"],
            "Items": [
                {"SKU": "MUG-001", "ProductName": "Mug", "Quantity": 2, "ItemPrice": "6.25"},
                {"SKU": None, "ProductName": "Gift", "Quantity": 1},
            ],
        },
    }


@pytest.mark.parametrize(
    ("told", "metric", "when"),
    [
        (
            {"status": "cancelled", "cancelled_at": CHANGED, "payment_status": "refunded"},
            "Cancelled Order",
            CHANGED,
        ),
        ({"payment_status": "refunded", "fulfillment_status": "fulfilled"}, "Refunded Order", CHANGED),
        ({"payment_status": "partially_refunded"}, "Placed Order", PLACED),
        ({"fulfillment_status": "fulfilled"}, "Fulfilled Order", CHANGED),
        ({"fulfillment_status": "partial"}, "Placed Order", PLACED),
        ({"payment_status": "failed"}, "Placed Order", PLACED),
        ({"payment_status": None, "fulfillment_status": None, "status": None}, "Placed Order", PLACED),
    ],
)
def test_each_state_of_an_order_is_an_event_of_its_own(
    told: dict[str, Any], metric: str, when: datetime
) -> None:
    body = write_with(ORDERS_WRITE, order(**told))
    assert (body["metric"], body["unique_id"]) == (metric, f"A-1042/{metric}")
    assert body["time"] == when.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(("currency", "total"), [("JPY", "500"), ("KWD", "12.125")])
def test_amounts_have_the_places_of_their_currency(currency: str, total: str) -> None:
    body = write_with(ORDERS_WRITE, order(currency=currency, total=Decimal(total)))
    assert (body["value"], body["currency"]) == (total, currency)


def test_an_event() -> None:
    event = MarketingEvent(
        id="E7",
        name="Back in stock",
        email="ada@example.com",
        order_number="1042",
        amount=None,
        occurred_at=PLACED,
    )
    assert write_with(EVENTS_WRITE, event) == {
        "metric": "Back in stock",
        "unique_id": "E7",
        "email": "ada@example.com",
        "time": "2026-11-19T08:30:00Z",
        "value": None,
        "properties": {"OrderNumber": "1042"},
    }
