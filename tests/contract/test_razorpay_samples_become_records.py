"""The examples of Razorpay's own library as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.razorpay import (
    CUSTOMERS_READ,
    DISPUTES_READ,
    ORDERS_READ,
    PAYMENTS_READ,
    REFUNDS_READ,
    REFUNDS_WRITE,
    SETTLEMENTS_READ,
)
from mappings.records import Customer, Dispute, Order, Payment, Payout, PayoutPart, Refund
from tests.contract.dialects.razorpay import DIALECT, DISPUTE, SETTLEMENT, of_rows
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2014, 5, 23, 6, 32, 30, tzinfo=UTC)


def payment(**more: Any) -> dict[str, Any]:
    return {**sample("razorpay/payment_captured.json"), **more}


def test_a_captured_payment() -> None:
    assert read_with(PAYMENTS_READ, sample("razorpay/payment_captured.json")) == Payment(
        id="pay_29QQoUBi66xm2f",
        amount=Decimal("5.00"),
        currency="INR",
        status="paid",
        provider="razorpay",
        reference="pay_29QQoUBi66xm2f",
        created_at=MOMENT,
    )


def test_payments_that_nobody_has_paid_yet() -> None:
    records = [read_with(PAYMENTS_READ, one) for one in sample("razorpay/payments_list.json")["items"]]
    assert [(one.id, one.status) for one in records] == [
        ("pay_29QQoUBi66xm2f", "pending"),
        ("pay_19btGlBig6xZ2f", "pending"),
    ]


def test_the_payment_of_a_webhook_names_the_shops_order() -> None:
    payload = sample("razorpay/webhook_payment_authorized.json")["payload"]["payment"]["entity"]
    assert read_with(PAYMENTS_READ, payload) == Payment(
        id="pay_6koWN7bvxujzxM",
        order_id="random order id",
        order_number="random order id",
        amount=Decimal("10000.00"),
        currency="INR",
        status="paid",
        provider="razorpay",
        reference="pay_6koWN7bvxujzxM",
        created_at=datetime(2016, 11, 24, 9, 8, 3, tzinfo=UTC),
        fee=Decimal("230.00"),
        email=payload["email"],
        extra={"order": "order_100000000order", "method": "card"},
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "failed"}, "failed"),
        ({"status": "created"}, "pending"),
        ({"status": "authorized"}, "authorized"),
        ({"amount_refunded": 40, "refund_status": "partial"}, "partially_refunded"),
        ({"amount_refunded": 500, "refund_status": "full", "status": "refunded"}, "refunded"),
        ({"amount_refunded": 500, "refund_status": "full"}, "refunded"),
        ({"amount_refunded": None}, "paid"),
    ],
)
def test_what_came_of_a_payment(told: dict[str, Any], status: str) -> None:
    assert read_with(PAYMENTS_READ, payment(**told)).status == status


@pytest.mark.parametrize(
    ("notes", "order_id", "number"),
    [
        ({"woocommerce_order_id": "77", "woocommerce_order_number": "1042"}, "77", "1042"),
        ({"order_id": "A-1", "order_number": "#1"}, "A-1", "#1"),
    ],
)
def test_notes_name_the_order(notes: dict[str, str], order_id: str, number: str) -> None:
    record = read_with(PAYMENTS_READ, payment(notes=notes))
    assert (record.order_id, record.order_number) == (order_id, number)


def test_no_notes_are_an_empty_list() -> None:
    assert read_with(PAYMENTS_READ, payment(notes=[])) == read_with(PAYMENTS_READ, payment())


def test_a_refund() -> None:
    assert read_with(REFUNDS_READ, sample("razorpay/refund.json")) == Refund(
        id="rfnd_FP8DDKxqJif6ca",
        amount=Decimal("3001.00"),
        currency="INR",
        created_at=datetime(2020, 8, 10, 16, 48, 44, tzinfo=UTC),
        payment_id="pay_FIKOnlyii5QGNx",
        status="paid",
        extra={"status": "processed", "payment": "pay_FIKOnlyii5QGNx", "receipt": "#126"},
    )


def test_an_order_that_was_tried_and_not_paid() -> None:
    assert read_with(ORDERS_READ, sample("razorpay/order.json")) == Order(
        id="fake_order_id",
        number="12121",
        placed_at=MOMENT,
        currency="INR",
        total=Decimal("5.00"),
        status="open",
        payment_status="pending",
        extra={"attempts": 1},
    )


def test_an_order_that_was_paid() -> None:
    assert (
        read_with(ORDERS_READ, {**sample("razorpay/order.json"), "status": "paid"}).payment_status == "paid"
    )


def test_a_customer() -> None:
    payload: dict[str, Any] = {
        "id": "cust_1",
        "entity": "customer",
        "name": "Ada",
        "email": "ada@example.com",
        "contact": None,
        "notes": [],
        "created_at": 1400826750,
    }
    assert read_with(CUSTOMERS_READ, payload) == Customer(
        id="cust_1", name="Ada", email="ada@example.com", phone=None, created_at=MOMENT
    )


@pytest.mark.parametrize(
    ("currency", "units", "amount"),
    [("INR", 1250, "12.50"), ("KWD", 1250, "1.250"), ("JPY", 1250, "1250"), ("USD", 1, "0.01")],
)
def test_units_are_as_the_currency_counts_them_both_ways(currency: str, units: int, amount: str) -> None:
    assert read_with(PAYMENTS_READ, payment(amount=units, currency=currency)).amount == Decimal(amount)
    refund = Refund(
        id="R1", amount=Decimal(amount), currency=currency, order_number="1042", extra={"payment": "pay_1"}
    )
    assert write_with(REFUNDS_WRITE, refund) == {
        "payment_id": "pay_1",
        "amount": units,
        "receipt": "R1",
        "notes": {"reference": "R1", "order_number": "1042"},
    }


def test_a_refund_of_another_providers_payment_names_no_payment() -> None:
    refund = Refund(id="R1", amount=Decimal(1), currency="INR", extra={"payment": "ch_1"})
    assert write_with(REFUNDS_WRITE, refund)["payment_id"] is None


def test_the_fee_of_a_payment_includes_its_tax() -> None:
    told = sample("razorpay/payment_captured.json") | {"fee": 1180, "tax": 180, "email": "ada@example.com"}
    record = read_with(PAYMENTS_READ, told)
    assert (record.fee, record.extra["tax"], record.email) == (
        Decimal("11.80"),
        Decimal("1.80"),
        "ada@example.com",
    )


def test_a_dispute() -> None:
    assert read_with(DISPUTES_READ, DISPUTE) == Dispute(
        id="disp_1",
        payment_id="pay_29QQoUBi66xm2f",
        amount=Decimal("50.00"),
        currency="INR",
        reason="goods_not_received",
        status="open",
        due_by=datetime(2026, 9, 28, 12, 53, 20, tzinfo=UTC),
        created_at=datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
    )


def test_a_settlement_is_read_with_its_entries() -> None:
    """They stand in the report of its day: those of other settlements of the day are not among them."""
    vendor = DIALECT.vendor()
    vendor.on("/v1/settlements", of_rows(SETTLEMENT))
    connector = DIALECT.connector(vendor)
    try:
        first = connector.read("settlements", since=None, position=None).items[0]
    finally:
        connector.close()
        vendor.close()
    record = read_with(SETTLEMENTS_READ, first.payload)
    assert isinstance(record, Payout)
    assert (record.amount, record.currency, record.status) == (Decimal("468.20"), "INR", "paid")
    assert record.parts == [
        PayoutPart(
            kind="payment",
            of="pay_1",
            amount=Decimal("500.00"),
            fee=Decimal("11.80"),
            net=Decimal("488.20"),
        ),
        PayoutPart(
            kind="refund", of="rfnd_1", amount=Decimal("20.00"), fee=Decimal("0.00"), net=Decimal("-20.00")
        ),
        PayoutPart(
            kind="other", of="trf_1", amount=Decimal("1.00"), fee=Decimal("0.02"), net=Decimal("-1.02")
        ),
        PayoutPart(
            kind="other", of="adj_1", amount=Decimal("10.12"), fee=Decimal("0.00"), net=Decimal("10.12")
        ),
        PayoutPart(
            kind="dispute", of="disp_1", amount=Decimal("50.00"), fee=Decimal("0.00"), net=Decimal("-50.00")
        ),
    ]


def test_a_settlement_is_in_the_currency_of_its_entries() -> None:
    """Razorpay settles in rupees in India, in ringgit in Malaysia."""
    row = {"entity_id": "pay_1", "type": "payment", "amount": 500, "fee": 0, "net": 500, "currency": "MYR"}
    record = read_with(SETTLEMENTS_READ, {**SETTLEMENT, "entries": [row]})
    assert (record.currency, record.amount, record.parts[0].net) == (
        "MYR",
        Decimal("468.20"),
        Decimal("5.00"),
    )
    alone = read_with(SETTLEMENTS_READ, {**SETTLEMENT, "entries": []})
    assert (alone.currency, alone.amount, alone.parts) == ("INR", Decimal("468.20"), [])
