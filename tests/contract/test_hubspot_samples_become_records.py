"""HubSpot's things as Records, worked out by hand. Its documents have no example of one; the words are its guides'."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.hubspot import (
    CONTACTS_READ,
    CONTACTS_WRITE,
    DEALS_READ,
    DEALS_WRITE,
    ORDERS_READ,
    ORDERS_WRITE,
)
from mappings.records import Address, Customer, Order, Refund
from tests.contract.dialects.hubspot import MOMENT, thing
from tests.contract.samples import read_with, write_with

CHANGED = datetime(2026, 11, 20, 10, 0, 0, 123_000, UTC)
PLACED = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)


def told(**properties: Any) -> dict[str, Any]:
    return thing(77, **properties)


def test_a_contact() -> None:
    payload = told(
        email="ada@example.com",
        firstname="Ada",
        lastname="🍵",
        phone=None,
        company="Tea",
        address="1 Road",
        city="Ely",
        state=None,
        zip="CB7",
        country="United Kingdom",
        hs_email_optout="true",
    )
    assert read_with(CONTACTS_READ, payload) == Customer(
        id="77",
        updated_at=CHANGED,
        created_at=CHANGED,
        email="ada@example.com",
        first_name="Ada",
        last_name="🍵",
        name="Ada 🍵",
        phone=None,
        company="Tea",
        address=Address(line1="1 Road", city="Ely", region=None, postal_code="CB7", country="United Kingdom"),
        accepts_marketing=False,
    )


@pytest.mark.parametrize(("optout", "accepts"), [("true", False), ("false", True), (None, None)])
def test_who_wants_no_mail(optout: str | None, accepts: bool | None) -> None:
    assert read_with(CONTACTS_READ, told(hs_email_optout=optout)).accepts_marketing is accepts


def test_an_order() -> None:
    payload = told(
        hs_order_name="#1042",
        hs_external_order_id="A-1042",
        hs_currency_code="KWD",
        hs_total_price="12.125",
        hs_subtotal_price="10",
        hs_tax=None,
        hs_shipping_cost="2.125",
        hs_order_discount="0",
        hs_refund_amount="1.5",
        hs_external_created_date="2026-11-19T08:30:00Z",
        hs_external_order_status="open, partially_refunded",
        hs_fulfillment_status="partial",
        hs_billing_address_email="ada@example.com",
        hs_shipping_address_name="Ada",
        hs_shipping_address_street="1 Road",
        hs_shipping_address_city="Ely",
        hs_shipping_address_country="GB",
    )
    assert read_with(ORDERS_READ, payload) == Order(
        id="77",
        number="#1042",
        placed_at=PLACED,
        updated_at=CHANGED,
        currency="KWD",
        total=Decimal("12.125"),
        subtotal=Decimal(10),
        tax=None,
        shipping_total=Decimal("2.125"),
        discount_total=Decimal(0),
        status="open",
        payment_status="partially_refunded",
        fulfillment_status="partial",
        email="ada@example.com",
        shipping_address=Address(name="Ada", line1="1 Road", city="Ely", country="GB"),
        extra={"external_id": "A-1042", "refunded": "1.5"},
    )


@pytest.mark.parametrize(
    ("text", "status", "payment"),
    [
        ("cancelled, refunded", "cancelled", "refunded"),
        ("open, paid", "open", "paid"),
        ("open, failed", "open", "failed"),
        ("Unpaid", "open", None),
        (None, "open", None),
    ],
)
def test_statuses_are_read_where_they_are_ours(text: str | None, status: str, payment: str | None) -> None:
    record = read_with(ORDERS_READ, told(hs_external_order_status=text))
    assert (record.status, record.payment_status) == (status, payment)


@pytest.mark.parametrize(
    ("won", "lost", "status", "payment"),
    [
        ("true", "false", "open", "paid"),
        ("false", "true", "cancelled", "pending"),
        (None, None, "open", "pending"),
    ],
)
def test_a_deal(won: str | None, lost: str | None, status: str, payment: str) -> None:
    payload = told(
        dealname="Order #1042",
        amount="500",
        deal_currency_code="JPY",
        closedate=MOMENT,
        hs_is_closed_won=won,
        hs_is_closed_lost=lost,
        dealstage="closedwon",
        pipeline="default",
    )
    assert read_with(DEALS_READ, payload) == Order(
        id="77",
        number="Order #1042",
        placed_at=CHANGED,
        updated_at=CHANGED,
        currency="JPY",
        total=Decimal(500),
        status=status,
        payment_status=payment,
        extra={"stage": "closedwon", "pipeline": "default"},
    )


def test_a_customer_is_known_by_the_address_in_small_letters() -> None:
    customer = Customer(id="7", email="Ada@Example.com", first_name="Ada", phone=None)
    assert write_with(CONTACTS_WRITE, customer) == {
        "id": "ada@example.com",
        "properties": {"email": "ada@example.com", "firstname": "Ada", "phone": None},
    }


ORDER = Order(
    id="A-1042",
    number="#1042",
    placed_at=PLACED,
    currency="JPY",
    total=Decimal(500),
    status="open",
    payment_status="partially_refunded",
    fulfillment_status="unfulfilled",
    email="Ada@example.com",
    refunds=[Refund(amount=Decimal(100)), Refund(amount=Decimal(50))],
    shipping_address=Address(name="Ada", line1="1 Road"),
)


def test_an_order_is_written_with_its_amounts_as_text() -> None:
    assert write_with(ORDERS_WRITE, ORDER) == {
        "id": "A-1042",
        "contact": "ada@example.com",
        "properties": {
            "hs_external_order_id": "A-1042",
            "hs_order_name": "#1042",
            "hs_external_created_date": "2026-11-19T08:30:00Z",
            "hs_currency_code": "JPY",
            "hs_total_price": "500",
            "hs_refund_amount": "150",
            "hs_external_order_status": "open, partially_refunded",
            "hs_fulfillment_status": "unfulfilled",
            "hs_billing_address_email": "Ada@example.com",
            "hs_shipping_address_name": "Ada",
            "hs_shipping_address_street": "1 Road",
        },
    }


def test_a_guest_without_an_address_is_nobodys_contact() -> None:
    body = write_with(ORDERS_WRITE, Order(id="A-1", email=None, customer=None))
    assert body == {
        "id": "A-1",
        "contact": None,
        "properties": {
            "hs_external_order_id": "A-1",
            "hs_billing_address_email": None,
            "hs_external_order_status": None,
        },
    }


@pytest.mark.parametrize(
    ("status", "payment", "stage"),
    [
        ("open", "paid", "closedwon"),
        ("open", "refunded", "closedwon"),
        ("open", "pending", "contractsent"),
        ("open", "failed", "contractsent"),
        ("cancelled", "paid", "closedlost"),
    ],
)
def test_the_stage_of_a_deal_follows_the_order(status: str, payment: str, stage: str) -> None:
    order = Order(
        id="A-1", number="#1", total=Decimal("1.50"), currency="EUR", status=status, payment_status=payment
    )
    assert write_with(DEALS_WRITE, order) == {
        "id": "A-1",
        "properties": {
            "dealname": "Order #1",
            "amount": "1.50",
            "deal_currency_code": "EUR",
            "pipeline": "default",
            "dealstage": stage,
        },
    }


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+49 (0)221 / 000123", "France", "+49221000123"),
        ("0221 000123", "DE", "+49221000123"),
        ("ask at the desk", "DE", "ask at the desk"),
        ("0221 000123", None, "0221 000123"),
    ],
)
def test_a_phone_has_one_form_however_it_was_typed(typed: str, country: str | None, kept: str) -> None:
    assert read_with(CONTACTS_READ, told(phone=typed, country=country)).phone == kept
    written = write_with(CONTACTS_WRITE, Customer(id="7", email="ada@example.com", phone=typed))
    assert written["properties"]["phone"] == (kept if typed.startswith("+") else typed)


def test_an_address_has_one_form_and_what_is_none_stays() -> None:
    found = [
        read_with(CONTACTS_READ, told(email=typed)).email for typed in (" Ada@EXAMPLE.com", "nobody at home")
    ]
    assert found == ["ada@example.com", "nobody at home"]
