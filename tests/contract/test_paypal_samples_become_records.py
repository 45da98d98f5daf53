"""PayPal's payments, refunds and disputes as Records, and ours as what it takes, worked out by hand.

PayPal's one published example is of a webhook; the rest is built in the shape of its documents."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.paypal import (
    CAPTURES_WRITE,
    DISPUTES_READ,
    PAYMENT_DISPUTES_READ,
    PAYMENTS_READ,
    PAYOUTS_READ,
    REFUNDS_READ,
    REFUNDS_WRITE,
    TRACKERS_WRITE,
)
from mappings.records import Dispute, Payment, Payout, Refund, Shipment, Ticket
from tests.contract.dialects.paypal import capture, dispute, money, refund, row
from tests.contract.samples import read_with, write_with

MOMENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def test_a_payment_of_the_report() -> None:
    told = row(
        "5TY05013RG002845M",
        "T0006",
        "25.00",
        invoice_id="1042",
        custom_field="wc_1042",
        fee_amount=money("-1.10"),
        # As the report really writes times, whatever its document says.
        transaction_initiation_date="2026-11-20T11:00:00+0100",
    ) | {"payer_info": {"email_address": "ada@example.com"}}
    assert read_with(PAYMENTS_READ, told) == Payment(
        id="5TY05013RG002845M",
        order_number="1042",
        amount=Decimal("25.00"),
        currency="USD",
        status="paid",
        provider="paypal",
        reference="5TY05013RG002845M",
        created_at=MOMENT,
        updated_at=MOMENT,
        fee=Decimal("1.10"),
        email="ada@example.com",
        extra={"custom_id": "wc_1042"},
    )


def test_the_same_payment_fetched_as_a_capture() -> None:
    told = capture(
        "5TY05013RG002845M",
        custom_id="wc_1042",
        supplementary_data={"related_ids": {"order_id": "5O190127TN364715T"}},
    )
    assert read_with(PAYMENTS_READ, told) == Payment(
        id="5TY05013RG002845M",
        order_number="1042",
        amount=Decimal("25.00"),
        currency="USD",
        status="paid",
        provider="paypal",
        reference="5TY05013RG002845M",
        created_at=MOMENT,
        updated_at=MOMENT,
        extra={"custom_id": "wc_1042", "order": "5O190127TN364715T"},
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (row("1", "T0006", "5", transaction_status="S"), "paid"),
        (row("1", "T0006", "5", transaction_status="P"), "pending"),
        (row("1", "T0006", "5", transaction_status="V"), "refunded"),
        (row("1", "T0006", "5", transaction_status="D"), "failed"),
        (capture("1", "COMPLETED"), "paid"),
        (capture("1", "PENDING"), "pending"),
        (capture("1", "PARTIALLY_REFUNDED"), "partially_refunded"),
        (capture("1", "REFUNDED"), "refunded"),
        (capture("1", "DECLINED"), "failed"),
        (capture("1", "FAILED"), "failed"),
    ],
)
def test_what_came_of_a_payment(told: dict[str, Any], status: str) -> None:
    assert read_with(PAYMENTS_READ, told).status == status


@pytest.mark.parametrize(("value", "currency"), [("1250", "JPY"), ("1250", "HUF"), ("12.50", "EUR")])
def test_amounts_are_exact_in_every_currency(value: str, currency: str) -> None:
    told = read_with(PAYMENTS_READ, row("1", "T0006", "0") | capture("1", amount=money(value, currency)))
    assert told.amount == Decimal("0")
    told = read_with(PAYMENTS_READ, capture("1", amount=money(value, currency)))
    assert (told.amount, told.currency) == (Decimal(value), currency)


def test_a_refund_of_the_report() -> None:
    told = row(
        "3AB05013RG002845N",
        "T1107",
        "-5.00",
        invoice_id="1042",
        paypal_reference_id="5TY05013RG002845M",
        paypal_reference_id_type="TXN",
    )
    assert read_with(REFUNDS_READ, told) == Refund(
        id="3AB05013RG002845N",
        order_number="1042",
        amount=Decimal("5.00"),
        currency="USD",
        created_at=MOMENT,
        updated_at=MOMENT,
        payment_id="5TY05013RG002845M",
        status="paid",
        extra={"status": "S", "payment": "5TY05013RG002845M"},
    )


def test_the_same_refund_fetched_alone() -> None:
    assert read_with(REFUNDS_READ, refund("3AB05013RG002845N")) == Refund(
        id="3AB05013RG002845N",
        amount=Decimal("5.00"),
        currency="USD",
        reason="Broken",
        created_at=MOMENT,
        updated_at=MOMENT,
        payment_id="5TY05013RG002845M",
        status="paid",
        extra={"status": "COMPLETED", "payment": "5TY05013RG002845M", "reference": "1042-R1"},
    )


@pytest.mark.parametrize(("code", "reason"), [("T1201", "chargeback"), ("T1106", "reversal")])
def test_what_a_buyer_took_back_has_a_reason(code: str, reason: str) -> None:
    assert read_with(REFUNDS_READ, row("1", code, "-25.00")).reason == reason


def test_a_dispute() -> None:
    told = dispute("PP-D-1") | {
        "disputed_transactions": [{"seller_transaction_id": "5TY05013RG002845M", "invoice_number": "1042"}],
        "seller_response_due_date": "2026-11-30T10:00:00Z",
    }
    assert read_with(DISPUTES_READ, told) == Ticket(
        id="PP-D-1",
        number="PP-D-1",
        title="MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        status="open",
        order_number="1042",
        created_at=MOMENT,
        updated_at=MOMENT,
        extra={
            "payment": "5TY05013RG002845M",
            "amount": "25.00",
            "currency": "USD",
            "answer_until": "2026-11-30T10:00:00Z",
        },
    )


@pytest.mark.parametrize(
    ("status", "ours"),
    [("RESOLVED", "closed"), ("UNDER_REVIEW", "pending"), ("WAITING_FOR_BUYER_RESPONSE", "pending")],
)
def test_whose_turn_it_is_in_a_dispute(status: str, ours: str) -> None:
    assert read_with(DISPUTES_READ, dispute("PP-D-1") | {"status": status}).status == ours


def test_a_refund_of_ours() -> None:
    record = Refund(
        id="1042-R1",
        amount=Decimal("5.00"),
        currency="eur",
        reason="Broken",
        extra={"payment": "5TY05013RG002845M"},
    )
    assert write_with(REFUNDS_WRITE, record) == {
        "payment_id": "5TY05013RG002845M",
        "amount": {"value": "5.00", "currency_code": "EUR"},
        "custom_id": "1042-R1",
        "note_to_payer": "Broken",
    }


def test_a_payment_of_ours_that_is_to_be_captured() -> None:
    record = Payment(id="1", reference="0VF52814937998046", amount=Decimal("25"), currency="USD")
    assert write_with(CAPTURES_WRITE, record) == {
        "payment_id": "0VF52814937998046",
        "amount": {"value": "25", "currency_code": "USD"},
        "final_capture": True,
    }


@pytest.mark.parametrize(
    ("carrier", "told"),
    [("DHL", {"carrier": "DHL"}), ("Bike 24", {"carrier": "OTHER", "carrier_name_other": "Bike 24"})],
)
def test_a_parcel_of_ours(carrier: str, told: dict[str, str]) -> None:
    record = Shipment(
        id="7",
        carrier=carrier,
        tracking_number="T1042",
        status="fulfilled",
        shipped_at=MOMENT,
        extra={"payment": "5TY05013RG002845M"},
    )
    assert write_with(TRACKERS_WRITE, record) == {
        "transaction_id": "5TY05013RG002845M",
        "tracking_number": "T1042",
        "status": "SHIPPED",
        "shipment_date": "2026-11-20",
        **told,
    }


def test_a_dispute_of_a_payment() -> None:
    told = dispute("PP-D-1") | {
        "disputed_transactions": [{"seller_transaction_id": "5TY05013RG002845M", "invoice_number": "1042"}],
        "seller_response_due_date": "2026-11-30T10:00:00.000Z",
    }
    assert read_with(PAYMENT_DISPUTES_READ, told) == Dispute(
        id="PP-D-1",
        payment_id="5TY05013RG002845M",
        order_number="1042",
        amount=Decimal("25.00"),
        currency="USD",
        reason="merchandise_or_service_not_received",
        status="open",
        due_by=datetime(2026, 11, 30, 10, 0, tzinfo=UTC),
        created_at=MOMENT,
        updated_at=MOMENT,
    )


@pytest.mark.parametrize(
    ("told", "outcome", "status"),
    [
        ("OPEN", "", "open"),
        ("WAITING_FOR_BUYER_RESPONSE", "", "answered"),
        ("UNDER_REVIEW", "", "answered"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
    ],
)
def test_what_came_of_a_dispute(told: str, outcome: str, status: str) -> None:
    about = dispute("PP-D-1") | {"status": told, "dispute_outcome": {"outcome_code": outcome}}
    assert read_with(PAYMENT_DISPUTES_READ, about).status == status


def test_a_transfer_to_the_bank() -> None:
    told = row("9ZZ05013RG002845Q", "T0400", "-900.00", transaction_status="P")
    assert read_with(PAYOUTS_READ, told) == Payout(
        id="9ZZ05013RG002845Q",
        amount=Decimal("900.00"),
        currency="USD",
        status="pending",
        created_at=MOMENT,
        updated_at=MOMENT,
    )
