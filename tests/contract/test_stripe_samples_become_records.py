"""Stripe's own example objects as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.stripe import (
    CUSTOMERS_READ,
    DISPUTES_READ,
    PAYMENTS_READ,
    PAYOUTS_READ,
    REFUNDS_READ,
    REFUNDS_WRITE,
)
from mappings.records import Customer, Dispute, Payment, Payout, PayoutPart, Refund
from tests.contract.dialects.stripe import fixture
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)


def charge(**more: Any) -> dict[str, Any]:
    return {**sample("stripe/charge.json"), "captured": True, **more}


def test_a_charge_that_is_only_authorised() -> None:
    assert read_with(PAYMENTS_READ, sample("stripe/charge.json")) == Payment(
        id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
        amount=Decimal("1.00"),
        currency="USD",
        status="authorized",
        provider="stripe",
        reference="ch_1PgafuB7WZ01zgkWXYmPNZs8",
        order_number=None,
        fee=None,
        net=None,
        email=None,
        created_at=MOMENT,
    )


def test_yen_have_no_decimals() -> None:
    record = read_with(PAYMENTS_READ, sample("stripe/charge_jpy_zero_decimal.derived.json"))
    assert (record.amount, record.currency, record.status) == (Decimal(500), "JPY", "paid")


@pytest.mark.parametrize(
    ("currency", "units", "amount"),
    [
        ("eur", 1250, "12.50"),
        ("kwd", 1250, "1.250"),
        ("jpy", 1250, "1250"),
        ("mga", 1250, "1250"),
        ("isk", 125_000, "1250.00"),
        ("ugx", 125_000, "1250.00"),
    ],
)
def test_units_are_as_stripe_counts_them_both_ways(currency: str, units: int, amount: str) -> None:
    record = read_with(PAYMENTS_READ, charge(amount=units, currency=currency))
    assert record.amount == Decimal(amount)
    refund = Refund(
        id="R1",
        amount=Decimal(amount),
        currency=currency.upper(),
        extra={"payment": "ch_1"},
        order_number="1042",
    )
    assert write_with(REFUNDS_WRITE, refund) == {
        "charge": "ch_1",
        "amount": units,
        "metadata": {"reference": "R1", "order_number": "1042"},
    }


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "failed"}, "failed"),
        ({"status": "pending"}, "pending"),
        ({"amount_refunded": 40}, "partially_refunded"),
        ({"amount_refunded": 100, "refunded": True}, "refunded"),
        ({}, "paid"),
    ],
)
def test_what_came_of_a_payment(told: dict[str, Any], status: str) -> None:
    assert read_with(PAYMENTS_READ, charge(status="succeeded") | told).status == status


def test_a_refund() -> None:
    assert read_with(REFUNDS_READ, sample("stripe/refund.json")) == Refund(
        id="re_1Pgc72B7WZ01zgkWqPvrRrPE",
        amount=Decimal("1.00"),
        currency="USD",
        reason=None,
        created_at=MOMENT,
        payment_id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
        status="paid",
        extra={"status": "succeeded", "payment": "ch_1PgafuB7WZ01zgkWXYmPNZs8"},
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [("succeeded", "paid"), ("pending", "pending"), ("requires_action", "pending"), ("failed", "failed")],
)
def test_what_came_of_a_refund(told: str, status: str) -> None:
    assert read_with(REFUNDS_READ, sample("stripe/refund.json") | {"status": told}).status == status


def test_what_stripe_kept_stands_in_the_balance_transaction() -> None:
    kept = fixture("balance_transaction", fee=33, net=67)
    record = read_with(PAYMENTS_READ, charge(balance_transaction=kept, receipt_email="ada@example.com"))
    assert (record.fee, record.net, record.email) == (Decimal("0.33"), Decimal("0.67"), "ada@example.com")


def test_what_was_kept_in_another_currency_is_not_taken_for_the_payments() -> None:
    kept = fixture("balance_transaction", fee=33, net=67, currency="eur")
    assert read_with(PAYMENTS_READ, charge(balance_transaction=kept)).fee is None


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ({"metadata": {"order_number": "1042"}, "description": "Order 7"}, "1042"),
        ({"description": "Order 1042"}, "Order 1042"),
        ({"description": "A gift for Ada"}, None),
        ({"description": None}, None),
    ],
)
def test_the_order_is_named_in_the_metadata_or_the_description(
    told: dict[str, Any], number: str | None
) -> None:
    assert read_with(PAYMENTS_READ, charge(**told)).order_number == number


def test_a_dispute() -> None:
    assert read_with(DISPUTES_READ, fixture("dispute")) == Dispute(
        id="dp_1Pgc71B7WZ01zgkWMevJiAUx",
        payment_id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
        amount=Decimal("10.00"),
        currency="USD",
        reason="general",
        status="open",
        due_by=datetime(2024, 8, 14, 23, 59, 59, tzinfo=UTC),
        created_at=MOMENT,
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("needs_response", "open"),
        ("under_review", "answered"),
        ("warning_under_review", "answered"),
        ("warning_closed", "won"),
        ("won", "won"),
        ("lost", "lost"),
    ],
)
def test_what_came_of_a_dispute(told: str, status: str) -> None:
    assert read_with(DISPUTES_READ, fixture("dispute", status=told)).status == status


def test_a_payout_with_its_entries() -> None:
    entries = [
        fixture("balance_transaction", amount=1200, fee=48, net=1152),
        fixture("balance_transaction", type="refund", source="re_1", amount=-52, fee=0, net=-52),
        fixture("balance_transaction", type="payout", source="po_1", amount=-1100, fee=0, net=-1100),
    ]
    record = read_with(PAYOUTS_READ, fixture("payout", entries=entries))
    assert isinstance(record, Payout)
    assert (record.amount, record.currency, record.status) == (Decimal("11.00"), "USD", "pending")
    assert record.parts == [
        PayoutPart(
            kind="payment",
            of="ch_1PgafuB7WZ01zgkWXYmPNZs8",
            amount=Decimal("12.00"),
            fee=Decimal("0.48"),
            net=Decimal("11.52"),
        ),
        PayoutPart(
            kind="refund", of="re_1", amount=Decimal("-0.52"), fee=Decimal("0.00"), net=Decimal("-0.52")
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "source", "told"),
    [
        ("payment", "py_1", "payment"),
        ("payment_refund", "pyr_1", "refund"),
        ("refund_failure", "re_1", "refund"),
        ("stripe_fee", None, "fee"),
        ("network_cost", None, "fee"),
        ("adjustment", "dp_1", "dispute"),
        ("adjustment", None, "other"),
        ("reserve_transaction", None, "other"),
    ],
)
def test_what_an_entry_of_a_payout_is(kind: str, source: str | None, told: str) -> None:
    entry = fixture("balance_transaction", type=kind, source=source)
    (part,) = read_with(PAYOUTS_READ, fixture("payout", entries=[entry])).parts
    assert (part.kind, part.of) == (told, source)


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ({"amount": 1000, "amount_captured": 600}, "6.00"),
        ({"amount": 1000, "amount_captured": 0, "captured": False}, "10.00"),
    ],
)
def test_what_was_captured_is_what_was_paid(told: dict[str, Any], amount: str) -> None:
    assert read_with(PAYMENTS_READ, charge(**told)).amount == Decimal(amount)


def test_a_customer_of_whom_nothing_is_known() -> None:
    record = read_with(CUSTOMERS_READ, sample("stripe/customer.json"))
    assert isinstance(record, Customer)
    assert (record.id, record.name, record.email, record.created_at) == (
        "cus_QXg1o8vcGmoR32",
        None,
        None,
        MOMENT,
    )
