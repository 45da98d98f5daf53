"""What does not match, each with what happened and what to do next. Pure: facts in, findings out.

A finding is told from the moment on when it arose; that what is merely on its way is not listed is for whoever lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .facts import DisputeFact, PaymentFact
from .fees import Rate, is_explained, nearest
from .match import How, Verdict


class Kind(StrEnum):
    PAID_WITHOUT_ORDER = "paid_without_order"
    CHOOSE_ORDER = "choose_order"
    SHIPPED_UNPAID = "shipped_unpaid"
    ORDER_WITHOUT_PAYMENT = "order_without_payment"
    PAYMENT_FAILED = "payment_failed"
    CANCELLED_STILL_PAID = "cancelled_still_paid"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    REFUND_ONLY_IN_SHOP = "refund_only_in_shop"
    REFUND_ONLY_AT_PROVIDER = "refund_only_at_provider"
    FEE_UNEXPLAINED = "fee_unexplained"
    DISPUTE_OPEN = "dispute_open"
    PAYOUT_DIFFERS = "payout_differs"
    PAYOUT_ENTRY_UNKNOWN = "payout_entry_unknown"
    PAYOUT_ENTRY_DIFFERS = "payout_entry_differs"


@dataclass(frozen=True)
class Finding:
    """`what` and `about` name the row that it is about ("order", its id): one finding of a kind for each.

    `expected` is what the amount should have been, in the same currency. `payment` and `order` lead to them.
    """

    kind: Kind
    what: str
    about: int
    sentence: str
    since: datetime | None
    source: int
    amount: Decimal | None = None
    expected: Decimal | None = None
    currency: str = ""
    order: int | None = None
    payment: int | None = None
    due_by: datetime | None = None


# What is about a payment or a dispute alone.


def of_payment(payment: PaymentFact, verdict: Verdict, rates: Sequence[Rate]) -> list[Finding]:
    found = []
    if verdict.order is None and payment.is_received:
        found.append(_homeless(payment, verdict))
    if payment.is_received and payment.fee is not None:
        fee = abs(payment.fee)
        if not is_explained(payment.amount, fee, rates):
            expected = nearest(payment.amount, fee, rates).quantize(fee)
            sentence = (
                f"The provider kept {fee} {payment.currency} of {payment.amount}, and about {expected} was "
                "expected. Compare it with your price list; enter a further rate if it is right."
            )
            found.append(_of_payment(payment, Kind.FEE_UNEXPLAINED, sentence, fee, expected))
    return found


def _homeless(payment: PaymentFact, verdict: Verdict) -> Finding:
    worth = f"{payment.amount} {payment.currency}"
    if verdict.how == How.AMBIGUOUS:
        many = len(verdict.candidates)
        orders = "An order" if many == 1 else f"{many} orders"
        sentence = f"{orders} may belong to this payment of {worth}. {' '.join(verdict.reasons)} Choose the right one."
        return _of_payment(payment, Kind.CHOOSE_ORDER, sentence, payment.amount)
    sentence = (
        f"{worth} were paid, and no order belongs to it. {' '.join(verdict.reasons)} Choose the order, or "
        "refund the payment at the provider."
    )
    return _of_payment(payment, Kind.PAID_WITHOUT_ORDER, sentence, payment.amount)


def _of_payment(
    payment: PaymentFact, kind: Kind, sentence: str, amount: Decimal, expected: Decimal | None = None
) -> Finding:
    return Finding(
        kind,
        "payment",
        payment.id,
        sentence,
        payment.created_at,
        payment.source,
        amount=amount,
        expected=expected,
        currency=payment.currency,
        payment=payment.id,
    )


def of_dispute(dispute: DisputeFact, payment: int | None, order: int | None) -> list[Finding]:
    if dispute.status != "open":
        return []
    until = (
        f"by {dispute.due_by:%d %B %Y}" if dispute.due_by else "soon; the provider does not tell until when"
    )
    sentence = (
        f"The customer's bank asks {dispute.amount} {dispute.currency} back. Answer it at the provider "
        f"{until}, with the order and the proof of delivery."
    )
    return [
        Finding(
            Kind.DISPUTE_OPEN,
            "dispute",
            dispute.id,
            sentence,
            dispute.created_at,
            dispute.source,
            amount=dispute.amount,
            currency=dispute.currency,
            order=order,
            payment=payment,
            due_by=dispute.due_by,
        )
    ]
