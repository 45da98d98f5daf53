"""What is wrong between one order and its money. Pure: an account in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from .facts import NONE, OrderFact, PaymentFact, RefundFact
from .findings import Finding, Kind


@dataclass
class Account:
    """An order with all that was paid and given back for it. `shop_refunds` are those that the shop tells of.

    `is_covered`: a provider that is read takes this shop's payments, and did so when the order was placed: only then
    does a missing payment say anything.
    """

    order: OrderFact
    payments: list[PaymentFact] = field(default_factory=list)
    refunds: list[RefundFact] = field(default_factory=list)
    shop_refunds: list[RefundFact] = field(default_factory=list)
    is_covered: bool = False
    # A payment for which a person must choose between this order and others.
    may_be_paid: bool = False

    @property
    def received(self) -> list[PaymentFact]:
        return [payment for payment in self.payments if payment.is_received]

    @property
    def open_payments(self) -> list[PaymentFact]:
        return [payment for payment in self.payments if payment.status in ("pending", "authorized")]


def of_account(account: Account) -> list[Finding]:
    """What is wrong between one order and its money."""
    order = account.order
    other = [
        payment for payment in account.payments if payment.is_meant and payment.currency != order.currency
    ]
    if other:
        return [_other_currency(account, other[0])]
    found: list[Finding | None]
    if order.is_cancelled:
        found = [_still_paid(account)]
    elif not account.received:
        found = [_unpaid(account)]
    else:
        found = [_other_amount(account)]
    return [finding for finding in found if finding is not None] + _refunds(account)


def _sum(rows: Sequence[PaymentFact] | Sequence[RefundFact]) -> Decimal:
    return sum((row.amount for row in rows), NONE)


def _at(account: Account) -> datetime | None:
    """When it was last touched: an order or a payment that came a moment ago may still be on its way."""
    moments = [account.order.placed_at, *(payment.created_at for payment in account.payments)]
    return max((moment for moment in moments if moment is not None), default=None)


def _of_order(
    account: Account, kind: Kind, sentence: str, amount: Decimal, expected: Decimal | None = None
) -> Finding:
    order = account.order
    first = account.payments[0] if account.payments else None
    return Finding(
        kind,
        "order",
        order.id,
        sentence,
        _at(account),
        first.source if first else order.source,
        amount=amount,
        expected=expected,
        currency=order.currency,
        order=order.id,
        payment=first.id if first else None,
    )


def _other_currency(account: Account, payment: PaymentFact) -> Finding:
    order = account.order
    sentence = (
        f"Order {order.number} is in {order.currency}, its payment in {payment.currency}. Look at both: "
        "refund the payment and ask for it anew, or correct the order's currency in the shop."
    )
    return replace(
        _of_order(account, Kind.CURRENCY_DIFFERS, sentence, payment.amount),
        currency=payment.currency,
        payment=payment.id,
        source=payment.source,
    )


def _still_paid(account: Account) -> Finding | None:
    """A refund that one side alone knows of is told as such."""
    order = account.order
    given_back = max(_sum(_made(account.refunds)), _sum(_made(account.shop_refunds)))
    kept = _sum(account.received) - given_back
    if kept <= NONE or order.is_shipped:
        return None
    sentence = (
        f"Order {order.number} was cancelled, and {kept} {order.currency} of its payment were not given "
        "back. Refund them at the provider, or set this aside if they are owed for something else."
    )
    return _of_order(account, Kind.CANCELLED_STILL_PAID, sentence, kept, expected=NONE)


def _unpaid(account: Account) -> Finding | None:
    order, open_payments = account.order, account.open_payments
    if order.total <= NONE:
        return None
    if order.is_shipped and (account.payments or account.is_covered):
        authorized = [payment for payment in open_payments if payment.status == "authorized"]
        if authorized:
            told = "its payment is only authorised. Capture it at the provider before the authorisation runs out."
        elif open_payments:
            told = (
                "its payment is still pending. Look it up at the provider, and write to the customer if it "
                "does not come."
            )
        else:
            told = (
                "no payment for it has come in. Ask the customer to pay, or find the payment and choose "
                "this order for it."
            )
        return _of_order(
            account,
            Kind.SHIPPED_UNPAID,
            f"Order {order.number} was shipped, but {told}",
            order.total,
            expected=NONE,
        )
    if open_payments or account.may_be_paid:
        return None
    if account.payments:
        sentence = (
            f"Order {order.number} is open, but its payment failed. Ask the customer to pay again, or "
            "cancel the order in the shop. It goes to the warehouse by itself once it is paid."
        )
        return _of_order(account, Kind.PAYMENT_FAILED, sentence, order.total)
    if account.is_covered and order.payment_status in ("paid", "partially_refunded"):
        sentence = (
            f"The shop says that order {order.number} is paid, and no provider has a payment for it. Look "
            "for the payment there; if it was paid in another way, set this aside."
        )
        return _of_order(account, Kind.ORDER_WITHOUT_PAYMENT, sentence, order.total)
    return None


def _other_amount(account: Account) -> Finding | None:
    """What was paid is the order's total, or was until something of it was given back."""
    order, paid = account.order, _sum(account.received)
    given_back = _sum(_made(account.refunds))
    if order.total in (paid, paid - given_back) or account.open_payments:
        return None
    less, more = order.total - paid, paid - order.total
    if more > NONE:
        told = (
            f"{more} {order.currency} too much. Refund the difference at the provider, or correct the order "
            "in the shop."
        )
    else:
        told = (
            f"{less} {order.currency} too little. Ask for the rest or capture it at the provider, or "
            "correct the order in the shop."
        )
    sentence = f"Order {order.number} comes to {order.total} {order.currency}, and {paid} were paid: {told}"
    return _of_order(account, Kind.AMOUNT_DIFFERS, sentence, paid, expected=order.total)


# What was given back.


def _made(refunds: Sequence[RefundFact]) -> list[RefundFact]:
    return [refund for refund in refunds if refund.counts]


def _refunds(account: Account) -> list[Finding]:
    """Refunds of the same amount belong together; several here may be one there if the sums are equal."""
    here, there = _made(account.shop_refunds), _made(account.refunds)
    if _sum(here) == _sum(there) or not account.payments:
        return []
    left_here, left_there = _without_partners(here, there)
    found = [_lonely(account, refund, Kind.REFUND_ONLY_IN_SHOP) for refund in left_here]
    found += [_lonely(account, refund, Kind.REFUND_ONLY_AT_PROVIDER) for refund in left_there]
    return found


def _without_partners(
    here: Sequence[RefundFact], there: Sequence[RefundFact]
) -> tuple[list[RefundFact], list[RefundFact]]:
    left_there = sorted(there, key=lambda refund: refund.id)
    left_here = []
    for refund in sorted(here, key=lambda refund: refund.id):
        partner = next(
            (
                other
                for other in left_there
                if (other.amount, other.currency) == (refund.amount, refund.currency)
            ),
            None,
        )
        if partner is None:
            left_here.append(refund)
        else:
            left_there.remove(partner)
    return left_here, left_there


def _lonely(account: Account, refund: RefundFact, kind: Kind) -> Finding:
    number, worth = account.order.number, f"{refund.amount} {refund.currency}"
    if kind == Kind.REFUND_ONLY_IN_SHOP:
        sentence = (
            f"The shop gave back {worth} of order {number}, and the provider has no such refund. Make the "
            "refund at the provider, or take it back in the shop."
        )
    else:
        sentence = (
            f"The provider gave back {worth} of order {number}, and the shop knows nothing of it. Enter the "
            "refund in the shop, so that its books and its stock are right."
        )
    first = account.payments[0]
    return Finding(
        kind,
        "refund",
        refund.id,
        sentence,
        refund.created_at,
        first.source,
        amount=refund.amount,
        currency=refund.currency,
        order=account.order.id,
        payment=first.id,
    )
