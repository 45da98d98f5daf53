"""Mollie's own payloads as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.mollie import PAYMENTS_READ, REFUNDS_READ, REFUNDS_WRITE
from mappings.records import Payment, Refund
from tests.contract.samples import read_with, sample, write_with


def payment(**more: Any) -> dict[str, Any]:
    """A paid one of ten euros, of which eight were captured."""
    return {**sample("mollie/payment_3.json"), **more}


def whole(**more: Any) -> dict[str, Any]:
    """One that is not captured apart: most methods know of no capture."""
    told = payment(**more)
    return {name: value for name, value in told.items() if name != "amountCaptured"}


def euros(value: str) -> dict[str, str]:
    return {"currency": "EUR", "value": value}


def refund() -> dict[str, Any]:
    found: dict[str, Any] = sample("mollie/refunds.json")["_embedded"]["refunds"][0]
    return found


def test_a_payment_that_waits_to_be_paid() -> None:
    """Its metadata are a text, which names no order."""
    assert read_with(PAYMENTS_READ, sample("mollie/payment.json")) == Payment(
        id="tr_5B8cwPMGnU6qLbRvo7qEZo",
        amount=Decimal("10.00"),
        currency="EUR",
        status="pending",
        provider="mollie",
        reference="tr_5B8cwPMGnU6qLbRvo7qEZo",
        created_at=datetime(2024, 3, 20, 9, 13, 37, tzinfo=UTC),
        extra={"description": "Order #12345", "state": "open"},
    )


def test_a_payment_by_card() -> None:
    assert read_with(PAYMENTS_READ, sample("mollie/payment_3.json")) == Payment(
        id="tr_oWpmDXm6sT",
        order_id=None,
        order_number=None,
        amount=Decimal("10.00"),
        currency="EUR",
        status="paid",
        provider="mollie",
        reference="tr_oWpmDXm6sT",
        created_at=datetime(2023, 6, 5, 13, 6, 22, tzinfo=UTC),
        extra={"method": "creditcard", "description": "This is the description", "state": "paid"},
    )


def test_a_row_of_the_list() -> None:
    (row,) = sample("mollie/payments_list.json")["_embedded"]["payments"]
    assert read_with(PAYMENTS_READ, row) == Payment(
        id="tr_5B8cwPMGnU6qLbRvo7qEZo",
        order_id=None,
        order_number=None,
        amount=Decimal("75.00"),
        currency="GBP",
        status="pending",
        provider="mollie",
        reference="tr_5B8cwPMGnU6qLbRvo7qEZo",
        created_at=datetime(2024, 2, 12, 11, 58, 35, tzinfo=UTC),
        extra={"method": "ideal", "description": "Order #12345", "state": "open"},
    )


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("open", "pending"),
        ("pending", "pending"),
        ("authorized", "authorized"),
        ("paid", "paid"),
        ("canceled", "failed"),
        ("expired", "failed"),
        ("failed", "failed"),
        ("a word of next year", "pending"),
    ],
)
def test_what_came_of_a_payment(state: str, status: str) -> None:
    record = read_with(PAYMENTS_READ, payment(status=state))
    assert (record.status, record.extra["state"]) == (status, state)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (whole(amountRefunded=euros("0.00")), "paid"),
        (whole(amountRefunded=None), "paid"),
        (whole(amountRefunded=euros("9.99")), "partially_refunded"),
        (whole(amountRefunded=euros("10.00")), "refunded"),
        # As a gesture Mollie lets more go back than came.
        (whole(amountRefunded=euros("25.00")), "refunded"),
        (whole(amountChargedBack=euros("10.00"), amountRefunded=euros("0.00")), "refunded"),
        (whole(amountChargedBack=euros("4.00"), amountRefunded=euros("0.00")), "partially_refunded"),
        (
            whole(amount=euros("0.80"), amountChargedBack=euros("0.10"), amountRefunded=euros("0.70")),
            "refunded",
        ),
        (
            whole(amount=euros("0.80"), amountChargedBack=euros("0.10"), amountRefunded=euros("0.69")),
            "partially_refunded",
        ),
        # By which a card is kept for later.
        (whole(amount=euros("0.00"), amountRefunded=euros("0.00")), "paid"),
        # Of ten euros eight were captured.
        (payment(amountRefunded=euros("7.99")), "partially_refunded"),
        (payment(amountRefunded=euros("8.00")), "refunded"),
    ],
)
def test_what_went_back_of_a_payment(told: dict[str, Any], status: str) -> None:
    assert read_with(PAYMENTS_READ, told).status == status


@pytest.mark.parametrize("preset", [PAYMENTS_READ, REFUNDS_READ])
@pytest.mark.parametrize(
    ("metadata", "order_id", "number"),
    [
        ({"order_id": 12345}, "12345", None),
        ({"order_id": "A-1", "order_number": "#1"}, "A-1", "#1"),
        ("12345", None, None),
        (12345, None, None),
        (["12345"], None, None),
        (None, None, None),
    ],
)
def test_metadata_name_the_order_where_they_are_an_object(
    preset: Any, metadata: Any, order_id: str | None, number: str | None
) -> None:
    told = payment() if preset is PAYMENTS_READ else refund()
    record = read_with(preset, {**told, "metadata": metadata})
    assert (record.order_id or None, record.order_number or None) == (order_id, number)


def test_a_refund() -> None:
    assert read_with(REFUNDS_READ, refund()) == Refund(
        id="re_4qqhO89gsT",
        amount=Decimal("5.95"),
        currency="EUR",
        reason="Order",
        created_at=datetime(2023, 3, 14, 17, 9, 2, tzinfo=UTC),
        extra={"status": "pending", "payment": "tr_5B8cwPMGnU6qLbRvo7qEZo"},
    )


def test_a_refund_of_ours_tells_its_reference() -> None:
    record = read_with(
        REFUNDS_READ, {**refund(), "metadata": {"reference": "1042-R1", "order_number": "1042"}}
    )
    assert (record.order_number, record.extra["reference"]) == ("1042", "1042-R1")


def test_a_refund_is_written() -> None:
    refund = Refund(
        id="1042-R1",
        amount=Decimal("2.50"),
        currency="eur",
        reason="x" * 256,
        order_number="1042",
        extra={"payment": "tr_5B8cwPMGnU6qLbRvo7qEZo"},
    )
    assert write_with(REFUNDS_WRITE, refund) == {
        "payment_id": "tr_5B8cwPMGnU6qLbRvo7qEZo",
        "amount": {"value": "2.50", "currency": "EUR"},
        "description": "x" * 255,
        "metadata": {"reference": "1042-R1", "order_number": "1042"},
    }


def test_a_refund_of_another_providers_payment_names_no_payment() -> None:
    refund = Refund(id="R1", amount=Decimal(1), currency="EUR", extra={"payment": "ch_1"})
    assert write_with(REFUNDS_WRITE, refund)["payment_id"] is None
