"""Xero's own payloads as Records, and our customers, payments and refunds for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.xero import (
    CONTACTS_READ,
    CONTACTS_WRITE,
    CREDIT_NOTES_READ,
    INVOICES_READ,
    ITEMS_READ,
    PAYMENTS_READ,
    PAYMENTS_WRITE,
    REFUNDS_WRITE,
)
from mappings.records import Address, Customer, Order, OrderLine, Payment, Refund, Variant
from tests.contract.samples import read_with, sample, write_with
from tests.contract.xero_rows import contact, dotnet, invoice, item, name, payment

DAY = datetime(2018, 10, 20, tzinfo=UTC)


def of(kind: str, number: int) -> dict[str, Any]:
    file = {"CreditNotes": "credit_notes"}.get(kind, kind.lower())
    found: dict[str, Any] = sample(f"xero/{file}.json")[kind][number]
    return found


def test_an_invoice_that_was_voided() -> None:
    payload = of("Invoices", 0)
    assert read_with(INVOICES_READ, payload) == Order(
        id="d4956132-ed94-4dd7-9eaa-aa22dfdf06f2",
        number="INV-0001",
        placed_at=DAY,
        updated_at=datetime(2018, 11, 2, 16, 31, 30, 160_000, tzinfo=UTC),
        currency="NZD",
        total=Decimal(40),
        subtotal=Decimal(40),
        tax=Decimal(0),
        status="cancelled",
        payment_status="pending",
        customer=Customer(id="a3675fc4-f8dd-4f03-ba5b-f1870566bcd7", name=payload["Contact"]["Name"]),
        lines=[],
        payments=[],
        extra={
            "state": "VOIDED",
            "reference": "Red Fish, Blue Fish",
            "prices": "Exclusive",
            "amount_due": Decimal(0),
            "due_at": datetime(2018, 12, 30, tzinfo=UTC),
        },
    )


def test_an_invoice_that_was_paid() -> None:
    record = read_with(INVOICES_READ, of("Invoices", 1))
    assert (record.status, record.payment_status, record.total, record.tax) == (
        "open",
        "paid",
        Decimal(46),
        Decimal(6),
    )
    assert record.payments == [
        Payment(
            id="99ea7f6b-c513-4066-bc27-b7c65dcd76c2",
            amount=Decimal(46),
            currency="NZD",
            status="paid",
            created_at=datetime(2018, 11, 29, tzinfo=UTC),
        )
    ]


def test_an_invoice_that_is_open() -> None:
    record = read_with(INVOICES_READ, of("Invoices", 2))
    assert (record.status, record.payment_status) == ("open", "pending")
    assert (record.extra["amount_due"], record.extra["reference"]) == (Decimal(115), None)


@pytest.mark.parametrize(
    ("told", "status", "paid"),
    [
        ({"Status": "AUTHORISED", "AmountPaid": 5.0}, "open", "pending"),
        ({"Status": "PAID", "AmountPaid": 12.5}, "open", "paid"),
        ({"Status": "PAID", "AmountPaid": 10.0, "AmountCredited": 2.5}, "open", "paid"),
        ({"Status": "PAID", "AmountPaid": 0.0, "AmountCredited": 12.5}, "open", "refunded"),
        ({"Status": "PAID", "AmountPaid": 0.0, "AmountCredited": 0.0, "Total": 0.0}, "open", "paid"),
        ({"Status": "DRAFT"}, "open", "pending"),
        ({"Status": "DELETED"}, "cancelled", "pending"),
    ],
)
def test_the_states_of_an_invoice(told: dict[str, Any], status: str, paid: str) -> None:
    record = read_with(INVOICES_READ, invoice(7, **told))
    assert (record.status, record.payment_status) == (status, paid)


def test_the_lines_of_an_invoice() -> None:
    line = {
        "LineItemID": name(1),
        "ItemCode": "MUG-001",
        "Description": "Mug",
        "Quantity": 2.0,
        "UnitAmount": 6.2501,
        "TaxAmount": 2.08,
        "LineAmount": 12.5,
    }
    assert read_with(INVOICES_READ, invoice(7, LineItems=[line])).lines == [
        OrderLine(
            id=name(1),
            sku="MUG-001",
            title="Mug",
            ordered=Decimal(2),
            unit_price=Decimal("6.2501"),
            tax=Decimal("2.08"),
            total=Decimal("12.5"),
        )
    ]


def test_a_contact() -> None:
    payload = of("Contacts", 0)
    record = read_with(CONTACTS_READ, payload)
    assert (record.name, record.email) == (payload["Name"], payload["EmailAddress"])
    assert record == Customer(
        id="5cc8cf28-567e-4d43-b287-687cfcaec47c",
        updated_at=datetime(2017, 8, 21, 20, 49, 4, 227_000, tzinfo=UTC),
        name=record.name,
        first_name=payload["FirstName"],
        last_name=payload["LastName"],
        email=record.email,
        phone="(626) 847-1294",
        address=Address(line1=None, line2=None, city="Palo Alto", region="CA", postal_code="94020"),
        extra={"country": "United States", "state": "ACTIVE", "is_customer": True, "is_supplier": True},
    )


def test_a_contact_without_anything_but_a_name() -> None:
    bare = contact(7, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": ""}], Addresses=[{"City": ""}])
    record = read_with(CONTACTS_READ, bare)
    assert not record.phone
    assert record.number == "C-7"


def test_a_payment() -> None:
    assert read_with(PAYMENTS_READ, of("Payments", 0)) == Payment(
        id="99ea7f6b-c513-4066-bc27-b7c65dcd76c2",
        updated_at=datetime(2018, 11, 2, 16, 36, 32, 690_000, tzinfo=UTC),
        order_id="046d8a6d-1ae1-4b4d-9340-5601bdf41b87",
        order_number="INV-0002",
        amount=Decimal(46),
        currency="NZD",
        status="paid",
        provider="xero",
        reference=None,
        created_at=datetime(2018, 11, 29, tzinfo=UTC),
        extra={"account": "970", "is_reconciled": False},
    )


def test_a_payment_that_was_taken_back() -> None:
    assert read_with(PAYMENTS_READ, payment(7, Status="DELETED")).status == "failed"


def test_a_credit_note() -> None:
    assert read_with(CREDIT_NOTES_READ, of("CreditNotes", 0)) == Refund(
        id="249f15fa-f2a7-4acc-8769-0984103f2225",
        updated_at=datetime(2019, 3, 5, 18, 59, 6, 157_000, tzinfo=UTC),
        order_number="US Tour",
        amount=Decimal("34.5"),
        currency="NZD",
        created_at=datetime(2019, 3, 5, tzinfo=UTC),
        extra={
            "number": "CN-0005",
            "state": "AUTHORISED",
            "remaining": Decimal("32.5"),
            "contact": "430fa14a-f945-44d3-9f97-5df5e28441b8",
        },
    )


def test_an_item() -> None:
    assert read_with(ITEMS_READ, item(7, QuantityOnHand=3.0, IsSold=True)) == Variant(
        id=name(7),
        updated_at=datetime(2026, 11, 20, 10, 7, tzinfo=UTC),
        sku="MUG-7",
        title="Mug",
        price=Decimal("6.25"),
        extra={"on_hand": Decimal(3), "is_sold": True},
    )


@pytest.mark.parametrize(
    ("preset", "payload", "field"),
    [
        (INVOICES_READ, invoice(7, InvoiceID=None), "id"),
        (INVOICES_READ, invoice(7, CurrencyCode=None), "currency"),
        (PAYMENTS_READ, payment(7, Invoice={"InvoiceID": name(1)}), "currency"),
        (ITEMS_READ, item(7, Code=""), "sku"),
    ],
)
def test_what_must_not_be_missing(preset: Any, payload: dict[str, Any], field: str) -> None:
    from mappings.translate import compile_rules, read

    (problem,) = read(compile_rules(list(preset.rules), "read", preset.kind), payload).problems
    assert (problem.code, problem.field) == ("missing_field", field)


def test_a_time_without_an_offset_is_the_same() -> None:
    payload = invoice(7, Date=dotnet().replace("+0000", ""))
    assert read_with(INVOICES_READ, payload).placed_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_customer_is_written() -> None:
    ours = Customer(
        id="C-7",
        first_name="Test",
        last_name="Buyer 🛍",
        email="Buyer@Example.com",
        phone="+44 20 7946 0000",
        address=Address(name="Test Buyer", line1="1 Test Street", city="Testville", country="GB"),
    )
    assert write_with(CONTACTS_WRITE, ours) == {
        "ContactNumber": "C-7",
        "Name": "Test Buyer 🛍",
        "FirstName": "Test",
        "LastName": "Buyer 🛍",
        "EmailAddress": "buyer@example.com",
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "+44 20 7946 0000"}],
        "Addresses": [
            {
                "AddressType": "POBOX",
                "AttentionTo": "Test Buyer",
                "AddressLine1": "1 Test Street",
                "City": "Testville",
                "Country": "GB",
            }
        ],
    }


@pytest.mark.parametrize(
    ("told", "called"),
    [
        ({"name": "Test Buyer"}, "Test Buyer"),
        ({"first_name": "Test", "last_name": None}, "Test"),
        ({"company": "Example Ltd"}, "Example Ltd"),
        ({"email": "buyer@example.com"}, "buyer@example.com"),
        ({}, "C-7"),
    ],
)
def test_a_customer_is_called_by_what_is_known(told: dict[str, Any], called: str) -> None:
    assert write_with(CONTACTS_WRITE, Customer(id="C-7", **told))["Name"] == called


def test_a_payment_is_written() -> None:
    ours = Payment(
        id="pay_1",
        order_id="A-1042",
        amount=Decimal("12.50"),
        currency="eur",
        status="paid",
        created_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    )
    assert write_with(PAYMENTS_WRITE, ours, ids={"order": name(1042)}) == {
        "Reference": "pay_1",
        "Invoice": {"InvoiceID": name(1042)},
        "Date": "2026-11-20",
        "Amount": "12.50",
        "currency": "EUR",
    }


@pytest.mark.parametrize(("reason", "said"), [("Broken", "Broken"), (None, "Refund"), ("", "Refund")])
def test_a_refund_is_written(reason: str | None, said: str) -> None:
    ours = Refund(
        id="5",
        order_id="A-1042",
        order_number="1042",
        amount=Decimal("5.00"),
        currency="EUR",
        reason=reason,
        created_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
    )
    assert write_with(REFUNDS_WRITE, ours, ids={"order": name(1042)}) == {
        "CreditNoteNumber": "CN-5",
        "order_invoice": name(1042),
        "Reference": "1042",
        "Date": "2026-11-21",
        "CurrencyCode": "EUR",
        "refunded": "5.00",
        "LineItems": [{"Description": said, "Quantity": 1, "LineAmount": "5.00"}],
    }
