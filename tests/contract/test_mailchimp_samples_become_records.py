"""Mailchimp's members, customers and orders as Records, and ours for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.mailchimp import (
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    EVENTS_WRITE,
    MEMBERS_READ,
    MEMBERS_WRITE,
    ORDERS_READ,
    ORDERS_WRITE,
    VARIANTS_WRITE,
)
from mappings.records import Address, Customer, MarketingEvent, Order, OrderLine, Variant
from tests.contract.dialects.mailchimp import customer, member, named, order
from tests.contract.samples import read_with, write_with

CHANGED = datetime(2026, 11, 20, 10, tzinfo=UTC)
PLACED = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)


def test_a_member() -> None:
    payload = member("ada", tags=[{"id": 1, "name": "vip"}], email_address="Ada@Example.com")
    assert read_with(MEMBERS_READ, payload) == Customer(
        id=named("ada@example.com"),
        updated_at=CHANGED,
        email="ada@example.com",
        name="Ada L",
        first_name="Ada",
        last_name="L",
        phone=None,
        accepts_marketing=True,
        tags=["vip"],
        extra={"status": "subscribed"},
    )


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "pending", "transactional", "archived"])
def test_who_is_not_subscribed_wants_no_mails(status: str) -> None:
    assert read_with(MEMBERS_READ, member("ada", status=status)).accepts_marketing is False


def test_a_customer_of_the_store() -> None:
    payload = {**customer("C-7"), "company": "", "address": {"city": "Ely", "country_code": "GB"}}
    assert read_with(CUSTOMERS_READ, payload) == Customer(
        id="C-7",
        updated_at=CHANGED,
        email="c-7@example.com",
        company=None,
        accepts_marketing=False,
        address=Address(city="Ely", country="GB"),
    )


def test_an_order() -> None:
    payload = order(
        "A-1042",
        financial_status="paid",
        fulfillment_status="shipped",
        tax_total=2.5,
        lines=[
            {
                "id": "1",
                "product_id": "MUG-001",
                "product_variant_id": "MUG-001",
                "quantity": 2,
                "price": 6.25,
            }
        ],
    )
    assert read_with(ORDERS_READ, payload) == Order(
        id="A-1042",
        updated_at=CHANGED,
        currency="EUR",
        total=Decimal("12.5"),
        tax=Decimal("2.5"),
        status="open",
        payment_status="paid",
        fulfillment_status="fulfilled",
        email="ada@example.com",
        customer=Customer(id="C-7", email="ada@example.com"),
        lines=[OrderLine(id="1", sku="MUG-001", ordered=Decimal(2), unit_price=Decimal("6.25"))],
    )


def ours(**more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "A-1042",
        "placed_at": PLACED,
        "updated_at": CHANGED,
        "status": "open",
        "payment_status": "paid",
        "fulfillment_status": "unfulfilled",
        "currency": "EUR",
        "total": Decimal("12.50"),
        "email": "Ada@example.com",
        "customer": Customer(id="C-7", first_name="Ada", accepts_marketing=True),
        "lines": [
            OrderLine(id="1", sku="MUG-001", title="Mug", ordered=Decimal(2), unit_price=Decimal("6.25")),
            OrderLine(id="2", sku=None, title="Gift", ordered=Decimal(1), unit_price=Decimal(0)),
        ],
    }
    return Order(**(values | more))


def test_an_order_is_written_with_its_products() -> None:
    assert write_with(ORDERS_WRITE, ours(shipping_address=Address(city="Ely", country="GB"))) == {
        "id": "A-1042",
        "customer": {
            "id": "C-7",
            "email_address": "ada@example.com",
            "first_name": "Ada",
            "opt_in_status": True,
        },
        "currency_code": "EUR",
        "order_total": "12.50",
        "financial_status": "paid",
        "fulfillment_status": "unfulfilled",
        "processed_at_foreign": "2026-11-19T08:30:00Z",
        "updated_at_foreign": "2026-11-20T10:00:00Z",
        "shipping_address": {"city": "Ely", "country_code": "GB"},
        "lines": [
            {"id": "1", "product_id": "MUG-001", "title": "Mug", "quantity": 2, "price": "6.25"},
            {"id": "2", "product_id": "2", "title": "Gift", "quantity": 1, "price": "0"},
        ],
    }


@pytest.mark.parametrize(
    ("told", "financial", "fulfillment"),
    [
        ({"status": "cancelled", "payment_status": "refunded"}, "cancelled", "unfulfilled"),
        ({"payment_status": "authorized"}, "pending", "unfulfilled"),
        ({"payment_status": "pending"}, "pending", "unfulfilled"),
        ({"payment_status": "failed"}, "failed", "unfulfilled"),
        ({"payment_status": "refunded", "fulfillment_status": "fulfilled"}, "refunded", "shipped"),
        ({"payment_status": "partially_refunded"}, "partially_refunded", "unfulfilled"),
        ({"fulfillment_status": "partial"}, "paid", "partial"),
    ],
)
def test_the_states_of_an_order(told: dict[str, Any], financial: str, fulfillment: str) -> None:
    body = write_with(ORDERS_WRITE, ours(**told))
    assert (body["financial_status"], body["fulfillment_status"]) == (financial, fulfillment)


def test_a_guest_is_called_by_the_address_and_gave_no_consent() -> None:
    body = write_with(ORDERS_WRITE, ours(customer=None))
    assert body["customer"] == {
        "id": "Ada@example.com",
        "email_address": "ada@example.com",
        "first_name": None,
        "last_name": None,
        "opt_in_status": False,
    }


@pytest.mark.parametrize(("currency", "total"), [("JPY", "500"), ("KWD", "12.125")])
def test_amounts_have_the_places_of_their_currency(currency: str, total: str) -> None:
    body = write_with(ORDERS_WRITE, ours(currency=currency, total=Decimal(total)))
    assert (body["order_total"], body["currency_code"]) == (total, currency)


@pytest.mark.parametrize(
    ("accepts", "status"), [(True, "subscribed"), (False, "transactional"), (None, "transactional")]
)
def test_a_new_member_is_subscribed_with_a_consent_alone(accepts: bool | None, status: str) -> None:
    person = Customer(
        id="7", email="Ada@Example.com", first_name="Ada", phone=None, accepts_marketing=accepts
    )
    assert write_with(MEMBERS_WRITE, person) == {
        "email_address": "ada@example.com",
        "status_if_new": status,
        "merge_fields": {"FNAME": "Ada", "PHONE": None},
    }


def test_a_customer_is_written() -> None:
    person = Customer(id="C-7", email="Ada@Example.com", address=Address(line1="1 Road", region=None))
    assert write_with(CUSTOMERS_WRITE, person) == {
        "id": "C-7",
        "email_address": "ada@example.com",
        "opt_in_status": False,
        "address": {"address1": "1 Road", "province": None},
    }


def test_a_variant_is_a_product_called_by_its_sku() -> None:
    variant = Variant(id="11", sku="MUG-001", title="Mug", price=Decimal("6.25"))
    assert write_with(VARIANTS_WRITE, variant) == {
        "id": "MUG-001",
        "title": "Mug",
        "sku": "MUG-001",
        "price": "6.25",
    }


def test_a_variant_without_a_sku_is_called_by_itself() -> None:
    assert write_with(VARIANTS_WRITE, Variant(id="11", sku=None, title="Gift"))["id"] == "11"


def test_an_event() -> None:
    event = MarketingEvent(
        id="E7", name="Back in stock", email="Ada@example.com", order_number="1042", occurred_at=PLACED
    )
    assert write_with(EVENTS_WRITE, event) == {
        "email_address": "ada@example.com",
        "name": "Back_in_stock",
        "occurred_at": "2026-11-19T08:30:00Z",
        "properties": {"order_number": "1042"},
    }
