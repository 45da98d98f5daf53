"""Stripe's own example objects as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.stripe import CUSTOMERS_READ, PAYMENTS_READ, REFUNDS_READ, REFUNDS_WRITE
from mappings.records import Customer, Payment, Refund
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
        extra={"status": "succeeded", "payment": "ch_1PgafuB7WZ01zgkWXYmPNZs8"},
    )


def test_a_customer_of_whom_nothing_is_known() -> None:
    record = read_with(CUSTOMERS_READ, sample("stripe/customer.json"))
    assert isinstance(record, Customer)
    assert (record.id, record.name, record.email, record.created_at) == (
        "cus_QXg1o8vcGmoR32",
        None,
        None,
        MOMENT,
    )
