"""Pipedrive's own payloads as Records, and our customers and orders for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.pipedrive import DEALS_READ, DEALS_WRITE, PERSONS_READ, PERSONS_WRITE
from mappings.records import Address, Customer, Order
from tests.contract.dialects.pipedrive import deal, person
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2021, 1, 1, tzinfo=UTC)


def test_a_person() -> None:
    (payload,) = sample("pipedrive/persons.json")["data"]
    assert read_with(PERSONS_READ, payload) == Customer(
        id="1",
        updated_at=MOMENT,
        created_at=MOMENT,
        name="Person Name",
        first_name="Person",
        last_name="Name",
        email=f"email1{'@'}email.com",
        phone="12345",
        address=Address(line1="123 Main St", city="Sunnyvale", region="CA", postal_code="94085"),
        extra={"country": "USA", "organization": 1},
    )


def test_a_deal() -> None:
    (payload,) = sample("pipedrive/deals.json")["data"]
    assert read_with(DEALS_READ, payload) == Order(
        id="1",
        number="Deal Title",
        placed_at=MOMENT,
        updated_at=MOMENT,
        currency="USD",
        total=Decimal(200),
        status="open",
        payment_status="pending",
        customer=Customer(id="1"),
        extra={"state": "open", "stage": 1, "pipeline": 1},
    )


@pytest.mark.parametrize(
    ("theirs", "status", "payment"),
    [("open", "open", "pending"), ("won", "open", "paid"), ("lost", "cancelled", "pending")],
)
def test_the_states_of_a_deal(theirs: str, status: str, payment: str) -> None:
    record = read_with(DEALS_READ, deal(7, status=theirs))
    assert (record.status, record.payment_status) == (status, payment)


def test_the_primary_address_goes_before_the_first() -> None:
    emails = [{"value": "a@example.com", "primary": False}, {"value": "B@example.com", "primary": True}]
    phones = [{"value": "1", "primary": False}]
    record = read_with(PERSONS_READ, person(7, emails=emails, phones=phones))
    assert (record.email, record.phone) == ("b@example.com", "1")


def test_a_person_without_any_address() -> None:
    record = read_with(PERSONS_READ, person(7, emails=[], phones=[]))
    assert not record.email
    assert not record.phone


def test_a_customer_is_written() -> None:
    ours = Customer(id="7", name="Ada L", email="Ada@Example.com", phone="+441234567890")
    assert write_with(PERSONS_WRITE, ours) == {
        "name": "Ada L",
        "emails": [{"value": "ada@example.com", "primary": True, "label": "work"}],
        "phones": [{"value": "+441234567890", "primary": True, "label": "work"}],
    }


@pytest.mark.parametrize(
    ("told", "name"),
    [({"first_name": "Ada", "last_name": None}, "Ada"), ({}, "Ada@example.com")],
)
def test_a_customer_without_a_name_or_a_number(told: dict[str, Any], name: str) -> None:
    body = write_with(PERSONS_WRITE, Customer(id="7", email="Ada@example.com", phone=None, **told))
    assert body["name"] == name
    assert not body.get("phones")


def order(**more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "#1042",
        "status": "open",
        "payment_status": "paid",
        "currency": "EUR",
        "total": Decimal("12.50"),
        "email": "Ada@example.com",
    }
    return Order(**(values | more))


def test_an_order_is_written() -> None:
    body = write_with(DEALS_WRITE, order())
    assert not body.pop("lost_reason")
    assert body == {
        "title": "Order #1042",
        "value": "12.50",
        "currency": "EUR",
        "status": "won",
        "contact": "ada@example.com",
    }


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        ({"status": "cancelled", "payment_status": "pending"}, "lost", "Cancelled"),
        ({"payment_status": "refunded"}, "lost", "Refunded"),
        ({"payment_status": "partially_refunded"}, "won", None),
        ({"payment_status": "authorized"}, "open", None),
        ({"payment_status": "pending"}, "open", None),
        ({"payment_status": "failed"}, "open", None),
        ({"payment_status": None}, "open", None),
    ],
)
def test_the_states_of_an_order(told: dict[str, Any], state: str, reason: str | None) -> None:
    body = write_with(DEALS_WRITE, order(**told))
    assert (body["status"], body["lost_reason"] or None) == (state, reason)


@pytest.mark.parametrize(("currency", "total"), [("JPY", "500"), ("KWD", "12.125")])
def test_amounts_have_the_places_of_their_currency(currency: str, total: str) -> None:
    body = write_with(DEALS_WRITE, order(currency=currency, total=Decimal(total)))
    assert (body["value"], body["currency"]) == (total, currency)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0221 000123", "+49221000123"), ("0049 221 000123", "+49221000123"), ("at work", "at work")],
)
def test_a_phone_has_one_form_however_it_was_typed(typed: str, kept: str) -> None:
    payload = person(7, phones=[{"value": typed, "primary": True}], postal_address={"country": "DE"})
    assert read_with(PERSONS_READ, payload).phone == kept
    written = write_with(PERSONS_WRITE, Customer(id="7", name="Ada", phone="+49 221 000123"))
    assert written["phones"][0]["value"] == "+49221000123"
