"""Which order a payment belongs to, and how sure that is. Pure: facts in, a verdict with its reasons out.

A payment that names an order belongs to it. One that names none is compared by amount, currency, time and customer, and
is only given an order where nothing else is nearly as likely: twins are told with their candidates and never guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from .facts import NONE, OrderFact, PaymentFact, distance

# Further apart than this, an equal amount says nothing.
WINDOW = timedelta(days=3)
# Less sure than this, a person decides.
SURE_ENOUGH = Decimal("0.65")
# The next best must be at least so much less likely.
AHEAD = Decimal("0.10")
MOST_CANDIDATES = 10

SAME_AMOUNT = Decimal("0.50")
SAME_PERSON = Decimal("0.30")
NEARNESS = (
    (timedelta(minutes=10), Decimal("0.15")),
    (timedelta(hours=2), Decimal("0.10")),
    (WINDOW, Decimal("0.05")),
)
_END = re.compile(r"[^\W_]+$")


class How(StrEnum):
    REFERENCE = "reference"
    LIKENESS = "likeness"
    AMBIGUOUS = "ambiguous"
    NONE = "none"
    PERSON = "person"


@dataclass(frozen=True)
class Candidate:
    order: int
    confidence: Decimal
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """`order` is None where nothing fits, or where a person must choose among `candidates`."""

    payment: int
    how: How
    order: int | None = None
    confidence: Decimal = NONE
    reasons: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def keys_of(payment: PaymentFact) -> list[str]:
    """The order numbers that its reference may mean, the likeliest first: “WC-1042” may be 1042."""
    whole = payment.order_number
    found = [whole] if whole else []
    end = _END.search(whole)
    if end and end.group() != whole and any(sign.isdigit() for sign in end.group()):
        found.append(end.group())
    return found


def match(
    payments: Sequence[PaymentFact], orders: Sequence[OrderFact], taken: Iterable[int] = ()
) -> list[Verdict]:
    """`orders` must hold every order that one of the payments names or resembles. `taken` are orders that other
    payments have for sure: no payment is given them by likeness."""
    by_id: dict[str, list[OrderFact]] = defaultdict(list)
    by_number: dict[str, list[OrderFact]] = defaultdict(list)
    for order in orders:
        by_id[order.external_id].append(order)
        by_number[order.number].append(order)
    all_alike = _by_amount(orders)
    found: dict[int, Verdict] = {}
    for payment in payments:
        if payment.names_an_order:
            found[payment.id] = _by_reference(payment, by_id, by_number)
    named = {found[payment.id].order for payment in payments if payment.id in found and payment.is_meant}
    free = _by_amount(order for order in orders if order.id not in named | set(taken))
    unnamed = [payment for payment in payments if payment.id not in found]
    found |= _by_likeness([payment for payment in unnamed if payment.is_meant], free)
    # A payment that failed takes no order from the one that was tried after it.
    found |= {
        payment.id: _choose(payment, _candidates(payment, all_alike[payment.currency, payment.amount]), {})
        for payment in unnamed
        if not payment.is_meant
    }
    for payment in payments:
        verdict = found[payment.id]
        if payment.names_an_order and verdict.how == How.NONE:
            likely = tuple(_candidates(payment, free[payment.currency, payment.amount]))
            found[payment.id] = Verdict(
                payment.id, How.NONE, reasons=verdict.reasons, candidates=likely[:MOST_CANDIDATES]
            )
    return [found[payment.id] for payment in payments]


def _by_amount(orders: Iterable[OrderFact]) -> dict[tuple[str, Decimal], list[OrderFact]]:
    found: dict[tuple[str, Decimal], list[OrderFact]] = defaultdict(list)
    for order in orders:
        found[order.currency, order.total].append(order)
    return found


# By what the payment says.


def _by_reference(
    payment: PaymentFact, by_id: dict[str, list[OrderFact]], by_number: dict[str, list[OrderFact]]
) -> Verdict:
    named = by_id.get(payment.order_external_id, []) if payment.order_external_id else []
    is_end = False
    if not named:
        for place, key in enumerate(keys_of(payment)):
            if named := by_number.get(key, []):
                is_end = place > 0
                break
    if not named:
        called = payment.order_number or payment.order_external_id
        return Verdict(payment.id, How.NONE, reasons=(f"It names order {called}, and there is none.",))
    told = [_named(payment, order, is_end) for order in named]
    if len(told) == 1:
        return _given(payment, How.REFERENCE, told[0])
    return _one_of_the_same_name(payment, named, told)


def _named(payment: PaymentFact, order: OrderFact, is_end: bool) -> Candidate:
    confidence, reasons = Decimal("1.00"), [f"It names order {order.number}."]
    if is_end:
        confidence = min(confidence, Decimal("0.90"))
        reasons.append("The number is the end of a longer reference.")
    if payment.currency != order.currency:
        confidence = min(confidence, Decimal("0.95"))
        reasons.append(f"It is in {payment.currency}, the order in {order.currency}.")
    elif payment.amount != order.total:
        confidence = min(confidence, Decimal("0.95"))
        reasons.append("Its amount is not the order's total.")
    else:
        reasons.append("The amount is the order's total.")
    if payment.person and order.person and payment.person != order.person:
        confidence = min(confidence, Decimal("0.90"))
        reasons.append("It came from another e-mail address.")
    return Candidate(order.id, confidence, tuple(reasons))


def _one_of_the_same_name(
    payment: PaymentFact, named: Sequence[OrderFact], told: Sequence[Candidate]
) -> Verdict:
    """Two shops may each have an order 1042: amount, currency and customer tell which of them."""
    fitting = [
        candidate
        for order, candidate in zip(named, told, strict=True)
        if (order.currency, order.total) == (payment.currency, payment.amount)
        and not (payment.person and order.person and payment.person != order.person)
    ]
    if len(fitting) == 1:
        only = fitting[0]
        reason = f"Of {len(named)} orders with this number it alone has this amount and customer."
        confidence = min(only.confidence, Decimal("0.90"))
        return _given(payment, How.REFERENCE, Candidate(only.order, confidence, (*only.reasons, reason)))
    return Verdict(
        payment.id,
        How.AMBIGUOUS,
        reasons=(f"{len(named)} orders have this number.",),
        candidates=tuple(told[:MOST_CANDIDATES]),
    )


# By what it looks like.


def _by_likeness(
    payments: Sequence[PaymentFact], alike: dict[tuple[str, Decimal], list[OrderFact]]
) -> dict[int, Verdict]:
    offered = {
        payment.id: _candidates(payment, alike[payment.currency, payment.amount]) for payment in payments
    }
    wanted: dict[int, list[tuple[Decimal, int]]] = defaultdict(list)
    for payment, candidates in offered.items():
        for candidate in candidates:
            wanted[candidate.order].append((candidate.confidence, payment))
    return {payment.id: _choose(payment, offered[payment.id], wanted) for payment in payments}


def _choose(
    payment: PaymentFact, candidates: list[Candidate], wanted: dict[int, list[tuple[Decimal, int]]]
) -> Verdict:
    if not candidates:
        return Verdict(payment.id, How.NONE, reasons=("No order of this amount and currency is near it.",))
    best = candidates[0]
    rivals = [confidence for confidence, other in wanted.get(best.order, ()) if other != payment.id]
    clear = len(candidates) == 1 or best.confidence - candidates[1].confidence >= AHEAD
    alone = not rivals or best.confidence - max(rivals) >= AHEAD
    if clear and alone and best.confidence >= SURE_ENOUGH:
        return _given(payment, How.LIKENESS, best)
    if not clear:
        reason = "Several orders fit nearly as well."
    elif not alone:
        reason = "Another payment fits the same order as well."
    else:
        reason = "One order fits, but not surely enough."
    return Verdict(
        payment.id, How.AMBIGUOUS, reasons=(reason,), candidates=tuple(candidates[:MOST_CANDIDATES])
    )


def _candidates(payment: PaymentFact, orders: Sequence[OrderFact]) -> list[Candidate]:
    """Orders of the same amount and currency, the likeliest first. Another customer's is none."""
    found = [candidate for order in orders if (candidate := _alike(payment, order)) is not None]
    return sorted(found, key=lambda candidate: (-candidate.confidence, candidate.order))


def _alike(payment: PaymentFact, order: OrderFact) -> Candidate | None:
    apart = distance(payment.created_at, order.placed_at)
    if apart is None or apart > WINDOW or order.total <= NONE:
        return None
    if payment.person and order.person and payment.person != order.person:
        return None
    confidence, reasons = (
        SAME_AMOUNT,
        [f"Amount and currency are equal: {payment.amount} {payment.currency}."],
    )
    if payment.person and payment.person == order.person:
        confidence += SAME_PERSON
        reasons.append("The e-mail address is the same.")
    confidence += next(worth for reach, worth in NEARNESS if apart <= reach)
    reasons.append(f"Ordered and paid within {_spoken(apart)}.")
    return Candidate(order.id, confidence, tuple(reasons))


def _spoken(apart: timedelta) -> str:
    minutes = -(-int(apart.total_seconds()) // 60)
    if minutes <= 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{-(-minutes // 60)} hours"


def _given(payment: PaymentFact, how: How, candidate: Candidate) -> Verdict:
    return Verdict(payment.id, how, candidate.order, candidate.confidence, candidate.reasons)
