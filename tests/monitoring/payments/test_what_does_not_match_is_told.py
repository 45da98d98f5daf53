"""Each finding once, with its sum and what to do; what agrees is not told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from monitoring.payments.accounts import Account, of_account
from monitoring.payments.facts import DisputeFact
from monitoring.payments.fees import Rate, learn
from monitoring.payments.findings import Finding, Kind, of_dispute, of_payment
from monitoring.payments.match import How, Verdict
from tests.monitoring.payments.facts import NOON, at, order, payment, refund

RATE = Rate(Decimal("1.5"), Decimal("0.25"), Decimal("0.02"))


def kinds(found: list[Finding]) -> list[str]:
    return [finding.kind.value for finding in found]


def account(*payments: Any, **more: Any) -> Account:
    words = {"total": "25.00", **more.pop("order", {})}
    return Account(order("1042", **words), list(payments), **more)


AGREEING: dict[str, Account] = {
    "paid in full": account(payment()),
    "paid in two parts": account(payment("10.00"), payment("15.00")),
    "a failed try and a good one": account(payment(status="failed"), payment()),
    "refunded on both sides": account(
        payment(status="partially_refunded"), refunds=[refund("5.00")], shop_refunds=[refund("5.00")]
    ),
    "refunded in two steps there and one here": account(
        payment(), refunds=[refund("2.00"), refund("3.00")], shop_refunds=[refund("5.00")]
    ),
    "edited down and refunded": account(
        payment("30.00"), refunds=[refund("5.00")], shop_refunds=[refund("5.00")]
    ),
    "a refund that failed": account(payment(), refunds=[refund("5.00", status="failed")]),
    "still pending": account(payment(status="pending"), order={"payment_status": "pending"}),
    "authorised and not shipped": account(payment(status="authorized")),
    "free of charge and shipped": account(order={"total": "0", "is_shipped": True}, is_covered=True),
    "of a shop whose provider is not read": account(order={"is_shipped": True}),
    "cancelled and given back": account(
        payment(), order={"status": "cancelled"}, refunds=[refund("25.00")], shop_refunds=[refund("25.00")]
    ),
    "cancelled before it was paid": account(payment(status="failed"), order={"status": "cancelled"}),
}


@pytest.mark.parametrize("name", AGREEING)
def test_what_agrees_is_not_told(name: str) -> None:
    assert of_account(AGREEING[name]) == []


DIFFERING: dict[str, tuple[Account, str, str | None, str | None]] = {
    "too little": (account(payment("20.00")), "amount_differs", "20.00", "25.00"),
    "too much": (account(payment(), payment()), "amount_differs", "50.00", "25.00"),
    "another currency": (account(payment(currency="USD")), "currency_differs", "25.00", None),
    "shipped and only authorised": (
        account(payment(status="authorized"), order={"is_shipped": True}),
        "shipped_unpaid",
        "25.00",
        "0",
    ),
    "shipped and failed": (
        account(payment(status="failed"), order={"is_shipped": True}),
        "shipped_unpaid",
        "25.00",
        "0",
    ),
    "shipped and nothing there": (
        account(order={"is_shipped": True}, is_covered=True),
        "shipped_unpaid",
        "25.00",
        "0",
    ),
    "failed": (
        account(payment(status="failed"), order={"payment_status": "failed"}),
        "payment_failed",
        "25.00",
        None,
    ),
    "paid by the shop's word alone": (account(is_covered=True), "order_without_payment", "25.00", None),
    "cancelled and kept": (
        account(payment(), order={"status": "cancelled"}),
        "cancelled_still_paid",
        "25.00",
        "0",
    ),
    "refunded in the shop alone": (
        account(payment(), shop_refunds=[refund("5.00")]),
        "refund_only_in_shop",
        "5.00",
        None,
    ),
    "refunded at the provider alone": (
        account(payment(), refunds=[refund("5.00")]),
        "refund_only_at_provider",
        "5.00",
        None,
    ),
    "cancelled and refunded in the shop alone": (
        account(payment(), order={"status": "cancelled"}, shop_refunds=[refund("25.00")]),
        "refund_only_in_shop",
        "25.00",
        None,
    ),
}


@pytest.mark.parametrize("name", DIFFERING)
def test_what_differs_is_told_once_with_its_sum(name: str) -> None:
    found, kind, amount, expected = DIFFERING[name]
    (finding,) = of_account(found)
    assert finding.kind == kind
    assert finding.amount == Decimal(amount or 0)
    assert finding.expected == (None if expected is None else Decimal(expected))
    assert finding.order == found.order.id
    assert "1042" in finding.sentence


def test_a_refund_of_another_amount_is_told_on_both_sides() -> None:
    found = of_account(account(payment(), refunds=[refund("4.00")], shop_refunds=[refund("5.00")]))
    assert kinds(found) == ["refund_only_in_shop", "refund_only_at_provider"]


def verdict(**more: Any) -> Verdict:
    return Verdict(1, **{"how": How.NONE, "reasons": ("No order is near it.",), **more})


def test_a_payment_without_an_order_is_told() -> None:
    (finding,) = of_payment(payment(), verdict(), [])
    assert (finding.kind, finding.amount) == (Kind.PAID_WITHOUT_ORDER, Decimal("25.00"))
    assert finding.sentence == (
        "25.00 EUR were paid, and no order belongs to it. No order is near it. Choose the order, or refund the "
        "payment at "
        "the provider."
    )


@pytest.mark.parametrize("status", ["failed", "pending", "authorized", "voided"])
def test_what_was_not_received_needs_no_order(status: str) -> None:
    assert of_payment(payment(status=status), verdict(), []) == []


@pytest.mark.parametrize(
    ("fee", "told"), [("0.63", False), ("0.64", False), ("-0.63", False), ("0.90", True)]
)
def test_a_fee_beside_the_rate_is_told(fee: str, told: bool) -> None:
    paid = payment(fee=Decimal(fee))
    assert bool(of_payment(paid, verdict(how=How.REFERENCE, order=1), [RATE])) is told


def test_a_fee_that_a_second_rate_explains_is_not_told() -> None:
    abroad = Rate(Decimal("2.9"), Decimal("0.25"), Decimal("0.02"))
    paid = payment("100.00", fee=Decimal("3.15"))
    assert of_payment(paid, verdict(how=How.REFERENCE, order=1), [RATE, abroad]) == []


def test_the_rate_is_learned_from_what_was_kept_and_odd_fees_do_not_move_it() -> None:
    cents = Decimal("0.01")
    fees = [
        (Decimal(n), (Decimal(n) * Decimal("0.015") + Decimal("0.25")).quantize(cents)) for n in range(10, 90)
    ]
    odd = [(Decimal(50), Decimal("4.00")), (Decimal(60), Decimal("5.00")), (Decimal(70), Decimal("6.00"))]
    rate = learn(fees + odd, "EUR")
    assert rate is not None
    assert abs(rate.percent - Decimal("1.5")) < Decimal("0.02")
    assert abs(rate.fixed - Decimal("0.25")) <= Decimal("0.01")
    assert all(rate.explains(*fee) for fee in fees)
    assert not any(rate.explains(*fee) for fee in odd)


def test_few_fees_teach_nothing() -> None:
    assert learn([(Decimal(n), Decimal("0.50")) for n in range(5)], "EUR") is None
    assert learn([(Decimal(20), Decimal("0.50"))] * 50, "EUR") is None


def test_an_open_dispute_is_told_with_its_due_date() -> None:
    asked = DisputeFact(7, 2, "dp_7", "EUR", Decimal("25.00"), "open", NOON, at(60 * 24 * 7), "pay-1")
    (finding,) = of_dispute(asked, payment=3, order=4)
    assert (finding.kind, finding.due_by, finding.order) == (Kind.DISPUTE_OPEN, at(60 * 24 * 7), 4)
    assert "by 27 November 2026" in finding.sentence
    won = DisputeFact(7, 2, "dp_7", "EUR", Decimal("25.00"), "won", NOON)
    assert of_dispute(won, payment=3, order=4) == []
