"""What is booked of an order: its lines, its shipping and its taxes, so that the sum is the order's total."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Call, WriteContext
from integrations.connectors.xero import Xero
from integrations.exceptions import Failure, Kind
from integrations.http.guard import Guard
from mappings.presets.xero import INVOICES_WRITE, PAYMENTS_WRITE, REFUNDS_WRITE
from mappings.records import Address, Customer, Order, OrderLine, Payment, Record, Refund, as_data
from tests.contract.dialects.xero import DIALECT
from tests.contract.samples import write_with
from tests.contract.xero_rows import TENANT, name

Make = Callable[..., Call]
MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def make() -> Iterator[Make]:
    """The call for a Record, by a connection with these settings."""
    built: list[Xero] = []

    def made(resource: str, preset: Any, record: Record, operation: str = "create", **settings: Any) -> Call:
        told = {"base_url": "https://203.0.113.5", "tenant_id": TENANT, **settings}
        built.append(Xero(told, DIALECT.secrets, guard=Guard(ports=())))
        body = write_with(preset, record, ids={"order": name(1042)})
        given = name(1042) if operation != "create" else None
        context = WriteContext(operation, body, given, record=as_data(record))
        return built[-1].prepare(resource, context, 0, "key-1")

    yield made
    for connector in built:
        connector.close()


@pytest.fixture
def booked(make: Make) -> Callable[..., dict[str, Any]]:
    def of(record: Order, operation: str = "create", **settings: Any) -> dict[str, Any]:
        call = make("invoices", INVOICES_WRITE, record, operation, **settings)
        (invoice,) = call.body["Invoices"]
        found: dict[str, Any] = invoice
        return found

    return of


def line(title: str = "Mug", ordered: int = 2, **more: Any) -> OrderLine:
    numbers: dict[str, Any] = {part: Decimal(value) for part, value in more.items() if part != "sku"}
    return OrderLine(
        id="L-1", sku=more.get("sku", "MUG-001"), title=title, ordered=Decimal(ordered), **numbers
    )


def order(*lines: OrderLine, total: str | None, **more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "A-1042",
        "number": "1042",
        "placed_at": MOMENT,
        "currency": "EUR",
        "status": "open",
        "payment_status": "paid",
        "email": "Buyer@Example.com",
        "customer": Customer(id="C-7", first_name="Test", last_name="Buyer", email="Buyer@Example.com"),
    }
    for part in ("tax", "shipping_total", "discount_total"):
        if part in more:
            values[part] = Decimal(more.pop(part))
    if total is not None:
        values["total"] = Decimal(total)
    return Order(lines=list(lines), **(values | more))


def amounts(invoice: dict[str, Any]) -> list[tuple[Any, ...]]:
    parts = ("Description", "Quantity", "LineAmount", "UnitAmount", "TaxAmount")
    return [tuple(one.get(part) for part in parts) for one in invoice["LineItems"]]


def test_an_order_whose_prices_include_tax(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="6.25", total="12.50", tax="2.08")
    assert booked(order(mug, total="17.40", shipping_total="4.90", tax="2.86")) == {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": "1042",
        "Reference": "A-1042",
        "Contact": {
            "Name": "Test Buyer",
            "FirstName": "Test",
            "LastName": "Buyer",
            "EmailAddress": "buyer@example.com",
        },
        "Date": "2026-11-20",
        "DueDate": "2026-11-20",
        "CurrencyCode": "EUR",
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {
                "Description": "Mug",
                "Quantity": 2,
                "LineAmount": 12.5,
                "TaxAmount": 2.08,
                "AccountCode": "200",
            },
            {
                "Description": "Shipping",
                "Quantity": 1,
                "LineAmount": 4.9,
                "TaxAmount": 0.78,
                "AccountCode": "200",
            },
        ],
    }


def test_an_order_to_which_tax_is_added(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="5.00", total="10.00", tax="2.00")
    invoice = booked(order(mug, total="18.00", shipping_total="5.00", tax="3.00"))
    assert invoice["LineAmountTypes"] == "Exclusive"
    assert amounts(invoice) == [("Mug", 2, 10, None, 2), ("Shipping", 1, 5, None, 1)]


def test_free_shipping_is_no_line(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="6.25", total="12.50", tax="2.08")
    invoice = booked(order(mug, total="12.50", shipping_total="0.00", tax="2.08"))
    assert amounts(invoice) == [("Mug", 2, 12.5, None, 2.08)]


def test_a_discount_of_the_whole_order_is_a_line(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="5.00", total="10.00", tax="1.67")
    invoice = booked(order(mug, total="9.00", discount_total="1.00", tax="1.50"))
    assert invoice["LineAmountTypes"] == "Inclusive"
    assert amounts(invoice) == [("Mug", 2, 10, None, 1.67), ("Discount", 1, -1, None, None)]


def test_a_discount_that_is_in_the_lines_is_not_taken_twice(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="5.00", total="9.00", discount="1.00", tax="1.50")
    invoice = booked(order(mug, total="9.00", discount_total="1.00", tax="1.50"))
    assert amounts(invoice) == [("Mug", 2, 9, None, 1.5)]


def test_prices_alone_make_the_sum(booked: Callable[..., dict[str, Any]]) -> None:
    """A shop that tells no sums of lines and no tax."""
    invoice = booked(order(line(unit_price="6.25"), total="12.50"))
    assert (invoice["LineAmountTypes"], amounts(invoice)) == (
        "Inclusive",
        [("Mug", 2, None, 6.25, None)],
    )


def test_what_does_not_come_to_the_total_is_not_booked(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="6.00", total="12.00", tax="2.00")
    with pytest.raises(Failure, match=r"make 12\.00 and its tax is 2\.00") as caught:
        booked(order(mug, total="13.00", tax="2.00"))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "total_differs")


def test_a_total_that_is_not_told_says_nothing_of_tax(booked: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(Failure, match="nothing that is told"):
        booked(order(line(unit_price="6.00", total="12.00", tax="2.00"), total=None))


def test_what_the_connection_says_of_prices_counts(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="6.00", total="12.00", tax="2.00")
    assert booked(order(mug, total="13.00"), prices="Exclusive")["LineAmountTypes"] == "Exclusive"
    without = booked(order(mug, total="13.00"), prices="NoTax", tax_type="OUTPUT2")
    assert without["LineAmountTypes"] == "NoTax"
    assert amounts(without) == [("Mug", 2, 12, None, None)]
    assert "TaxType" not in without["LineItems"][0]


def test_a_refund_does_not_change_the_invoice(booked: Callable[..., dict[str, Any]]) -> None:
    """The shop's total is then what is left; the refund is a credit note of its own."""
    paid = line(unit_price="6.25", total="12.50")
    back = line(unit_price="6.25", total="12.50", cancelled="1")
    before = booked(order(paid, total="12.50"))
    refunded = order(
        back,
        total="6.25",
        payment_status="partially_refunded",
        refunds=[Refund(id="5", amount=Decimal("6.25"), currency="EUR")],
    )
    assert booked(refunded) == before


def test_an_edited_order_that_was_not_paid_yet(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(ordered=3, unit_price="5.00", total="15.00", tax="2.50", cancelled="1")
    gone = line("Cup", ordered=1, unit_price="9.00", total="9.00", cancelled="1")
    invoice = booked(order(mug, gone, total="10.00", payment_status="pending"))
    assert amounts(invoice) == [("Mug", 2, None, 5, None)]


def test_an_order_that_was_cancelled_before_is_not_booked(booked: Callable[..., dict[str, Any]]) -> None:
    mug = line(unit_price="6.25", total="12.50")
    with pytest.raises(Failure) as caught:
        booked(order(mug, total="12.50", status="cancelled"))
    assert caught.value.code == "cancelled_before"


def test_a_change_leaves_contact_and_state_alone(booked: Callable[..., dict[str, Any]]) -> None:
    invoice = booked(order(line(unit_price="6.25", total="12.50"), total="12.50"), "update")
    assert not {"Contact", "Status"} & set(invoice)
    assert amounts(invoice) == [("Mug", 2, 12.5, None, None)]


@pytest.mark.parametrize(
    ("currency", "total", "written"), [("JPY", "500", 500), ("EUR", "1234567890.99", 1234567890.99)]
)
def test_amounts_are_the_very_same_numbers(
    booked: Callable[..., dict[str, Any]], currency: str, total: str, written: float
) -> None:
    invoice = booked(order(line(total=total), total=total, currency=currency))
    assert (invoice["CurrencyCode"], invoice["LineItems"][0]["LineAmount"]) == (currency, written)


@pytest.mark.parametrize("part", ["total", "tax"])
def test_three_decimal_places_are_refused(booked: Callable[..., dict[str, Any]], part: str) -> None:
    numbers: dict[str, Any] = {"total": "12.000", "tax": "0.000", part: "12.125"}
    with pytest.raises(Failure, match="two decimal places") as caught:
        booked(order(line(**numbers), total=numbers["total"], tax=numbers["tax"], currency="KWD"))
    assert caught.value.code == "too_many_places"


def test_a_price_with_many_places_is_booked_as_a_sum(booked: Callable[..., dict[str, Any]]) -> None:
    invoice = booked(order(line(ordered=1000, unit_price="0.061171"), total="61.17"))
    assert amounts(invoice) == [("Mug", 1000, 61.17, None, None)]
    four = booked(order(line(ordered=3, unit_price="0.3333"), total="1.00"))
    assert amounts(four) == [("Mug", 3, None, 0.3333, None)]


def test_a_line_without_a_price_is_not_booked(booked: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(Failure) as caught:
        booked(order(line(), total="12.50"))
    assert (caught.value.code, caught.value.field) == ("no_price", "lines[].unit_price")


def test_tax_types_and_accounts_are_the_connections(booked: Callable[..., dict[str, Any]]) -> None:
    taxed = line(unit_price="6.25", total="12.50", tax="2.08")
    free = line("Book", ordered=1, total="5.00", tax="0.00")
    invoice = booked(
        order(taxed, free, total="17.50", tax="2.08"),
        tax_type="OUTPUT2",
        zero_tax_type="ZERORATEDOUTPUT",
        sales_account="260",
    )
    told = [(one["TaxType"], one["AccountCode"]) for one in invoice["LineItems"]]
    assert told == [("OUTPUT2", "260"), ("ZERORATEDOUTPUT", "260")]


def test_a_guest_and_a_line_without_anything_but_a_price(booked: Callable[..., dict[str, Any]]) -> None:
    bare = order(line("", sku=None, unit_price="6.25"), total="12.50", customer=None, email=None)
    invoice = booked(bare)
    assert invoice["Contact"] == {"Name": "Guest"}
    assert invoice["LineItems"][0]["Description"] == "Item"


@pytest.mark.parametrize(
    ("told", "called"),
    [
        ({"customer": None, "billing_address": Address(name="Test Payer 🧾")}, "Test Payer 🧾"),
        ({"customer": None, "shipping_address": Address(name="Test Taker")}, "Test Taker"),
        ({"customer": None}, "Buyer@Example.com"),
        ({"customer": Customer(first_name="Test")}, "Test"),
    ],
)
def test_who_buys_is_called_by_what_is_known(
    booked: Callable[..., dict[str, Any]], told: dict[str, Any], called: str
) -> None:
    assert booked(order(line(unit_price="6.25"), total="12.50", **told))["Contact"]["Name"] == called


@pytest.mark.parametrize("status", ["pending", "authorized", "failed"])
def test_a_payment_that_has_not_come_in_is_not_booked(make: Make, status: str) -> None:
    ours = Payment(id="pay_1", amount=Decimal("12.50"), currency="EUR", status=status, created_at=MOMENT)
    with pytest.raises(Failure, match=f"The payment is “{status}”"):
        make("payments", PAYMENTS_WRITE, ours)


def test_a_payment_goes_to_the_account_of_the_connection(make: Make) -> None:
    ours = Payment(id="pay_1", amount=Decimal("12.50"), currency="EUR", status="paid", created_at=MOMENT)
    (sent,) = make("payments", PAYMENTS_WRITE, ours, payment_account="090").body["Payments"]
    assert (sent["Account"], sent["Amount"], sent["Reference"]) == ({"Code": "090"}, 12.5, "pay_1")


def test_a_payment_of_three_decimal_places_is_refused(make: Make) -> None:
    ours = Payment(id="pay_1", amount=Decimal("12.125"), currency="KWD", status="paid", created_at=MOMENT)
    with pytest.raises(Failure) as caught:
        make("payments", PAYMENTS_WRITE, ours, payment_account="090")
    assert caught.value.code == "too_many_places"


@pytest.mark.parametrize(("prices", "written"), [("", "Inclusive"), ("NoTax", "NoTax")])
def test_a_refund_is_credited_with_its_tax(make: Make, prices: str, written: str) -> None:
    ours = Refund(id="5", order_number="1042", amount=Decimal("5.00"), currency="EUR", created_at=MOMENT)
    (sent,) = make("credit_notes", REFUNDS_WRITE, ours, prices=prices, tax_type="OUTPUT2").body["CreditNotes"]
    assert (sent["Type"], sent["Status"], sent["LineAmountTypes"]) == ("ACCRECCREDIT", "AUTHORISED", written)
    taxed = {"TaxType": "OUTPUT2"} if written == "Inclusive" else {}
    assert sent["LineItems"] == [
        {"Description": "Refund", "Quantity": 1, "LineAmount": 5, "AccountCode": "200", **taxed}
    ]
