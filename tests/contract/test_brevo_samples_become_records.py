"""Brevo's payloads as Records, and ours for it, worked out by hand. They are written after the vendor's guides."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.brevo import CONTACTS_READ, CONTACTS_WRITE, ORDERS_WRITE, PRODUCTS_WRITE
from mappings.records import ABSENT, Address, Customer, Order, OrderLine, Payment, Variant
from mappings.translate import compile_rules, write
from tests.contract.dialects.brevo import contact
from tests.contract.samples import read_with, write_with

MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_contact() -> None:
    told = contact(7, email="Ada@Example.com", modifiedAt="2026-11-20T11:00:00.000+01:00", subscribed=True)
    assert read_with(CONTACTS_READ, told) == Customer(
        id="7",
        updated_at=MOMENT,
        created_at=MOMENT,
        email="ada@example.com",
        first_name="Ada",
        last_name="L",
        name="Ada L",
        phone="441234567890",
        accepts_marketing=True,
        extra={"lists": [7], "no_sms": False},
    )


def test_a_contact_who_unsubscribed_and_told_nothing() -> None:
    record = read_with(CONTACTS_READ, contact(7, subscribed=False, attributes={}, listIds=[]))
    assert record.accepts_marketing is False
    assert not record.name
    assert not record.phone


def test_a_contact_of_whose_will_nothing_is_known() -> None:
    assert read_with(CONTACTS_READ, contact(7)).accepts_marketing is ABSENT


def test_an_emoji_in_a_name() -> None:
    record = read_with(CONTACTS_READ, contact(7, attributes={"FIRSTNAME": "Ünal 🎁"}))
    assert (record.first_name, record.name) == ("Ünal 🎁", "Ünal 🎁")


def test_a_customer_is_written() -> None:
    ours = Customer(id="7", email="Ada@Example.com", first_name="Ada", last_name=None, phone="+441234567890")
    assert write_with(CONTACTS_WRITE, ours) == {
        "email": "ada@example.com",
        "attributes": {"FIRSTNAME": "Ada", "LASTNAME": None, "SMS": "+441234567890"},
    }


@pytest.mark.parametrize(
    ("phone", "written"),
    [("+441234567890", "+441234567890"), ("0044123", "0044123"), ("01234 567", None), (None, None)],
)
def test_only_a_number_with_its_country_is_written(phone: str | None, written: str | None) -> None:
    body = write_with(CONTACTS_WRITE, Customer(id="7", email="a@example.com", phone=phone))
    assert body.get("attributes", {}).get("SMS") == written


@pytest.mark.parametrize("wants", [True, False, None])
def test_whether_somebody_wants_mails(wants: bool | None) -> None:
    body = write_with(CONTACTS_WRITE, Customer(id="7", email="a@example.com", accepts_marketing=wants))
    assert body["accepts_marketing"] is wants


def order(**more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "1042",
        "status": "open",
        "payment_status": "paid",
        "currency": "EUR",
        "total": Decimal("16.50"),
        "placed_at": MOMENT,
        "updated_at": datetime(2026, 11, 20, 11, 0, 0, 383000, tzinfo=UTC),
        "email": "Ada@example.com",
        "billing_address": Address(line1="1 High St", line2="Flat 2", city="Ely", country="GB"),
        "payments": [Payment(provider="stripe")],
        "lines": [
            OrderLine(
                id="1", sku="MUG-001", ordered=Decimal(3), cancelled=Decimal(1), unit_price=Decimal("6.25")
            ),
            OrderLine(id="2", sku=None, ordered=Decimal(1), cancelled=Decimal(1), unit_price=Decimal(4)),
        ],
    }
    return Order(**(values | more))


def test_an_order_is_written() -> None:
    assert write_with(ORDERS_WRITE, order()) == {
        "id": "A-1042",
        "number": "1042",
        "email": "ada@example.com",
        "status": "completed",
        "currency": "EUR",
        "amount": "16.50",
        "created_at": "2026-11-20T10:00:00Z",
        "updated_at": "2026-11-20T11:00:00Z",
        "lines": [
            {"product_id": "MUG-001", "quantity": 2, "price": "6.25"},
            {"product_id": "2", "quantity": 0, "price": "4"},
        ],
        "billing": {
            "address": "1 High St, Flat 2",
            "city": "Ely",
            "countryCode": "GB",
            "paymentMethod": "stripe",
        },
    }


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"payment_status": "refunded"}, "refunded"),
        ({"payment_status": "partially_refunded"}, "completed"),
        ({"payment_status": "authorized"}, "pending"),
        ({"payment_status": "pending"}, "pending"),
        ({"payment_status": "failed"}, "failed"),
        ({"payment_status": "voided"}, "failed"),
        ({"payment_status": None}, "pending"),
    ],
)
def test_the_states_of_an_order(told: dict[str, Any], status: str) -> None:
    assert write_with(ORDERS_WRITE, order(**told))["status"] == status


@pytest.mark.parametrize(("currency", "total"), [("JPY", "500"), ("KWD", "12.125")])
def test_amounts_have_the_places_of_their_currency(currency: str, total: str) -> None:
    body = write_with(ORDERS_WRITE, order(currency=currency, total=Decimal(total)))
    assert (body["amount"], body["currency"]) == (total, currency)


@pytest.mark.parametrize("missing", ["id", "currency", "email"])
def test_what_must_be_there_is_missed(missing: str) -> None:
    rules = compile_rules(list(ORDERS_WRITE.rules), "write", ORDERS_WRITE.kind)
    found = write(rules, order(**{missing: None}))
    assert [problem.field for problem in found.problems] == [missing]


def test_a_guest_without_an_address_of_the_order() -> None:
    body = write_with(ORDERS_WRITE, order(email=None, customer=Customer(email="Guest@example.com")))
    assert body["email"] == "guest@example.com"


def test_a_variant_is_written() -> None:
    ours = Variant(id="v1", sku="MUG-001", title="Mug", price=Decimal("6.25"), currency="EUR")
    assert write_with(PRODUCTS_WRITE, ours) == {
        "id": "MUG-001",
        "name": "Mug",
        "sku": "MUG-001",
        "price": "6.25",
        "currency": "EUR",
    }


def test_a_variant_without_a_sku_is_called_by_its_id() -> None:
    body = write_with(PRODUCTS_WRITE, Variant(id="v1", sku=None, title="Mug"))
    assert (body["id"], body["sku"]) == ("v1", None)
