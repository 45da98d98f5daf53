"""What a provider usually keeps of a payment, learned from what it kept, and which fee that does not explain. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from mappings.currencies import places_of

from .facts import NONE

# Fewer fees than this teach nothing.
FEWEST = 12
# Of so many pairs the slope is taken: more would not make it better.
MOST_LEARNED_FROM = 400
PERCENT = Decimal(100)
SMALLEST_PERCENT = Decimal("0.001")
UNSURE = Decimal("0.0002")


@dataclass(frozen=True)
class Rate:
    """`percent` of the amount and `fixed` per payment, right to `tolerance` in the same currency."""

    percent: Decimal
    fixed: Decimal
    tolerance: Decimal

    def expected(self, amount: Decimal) -> Decimal:
        return amount * self.percent / PERCENT + self.fixed

    def explains(self, amount: Decimal, fee: Decimal) -> bool:
        return abs(fee - self.expected(amount)) <= self.tolerance


def learn(fees: Sequence[tuple[Decimal, Decimal]], currency: str) -> Rate | None:
    """From (amount, fee) of many payments: a line through the middle, which single odd fees do not move.

    None where they are too few, all of one amount, or follow no line.
    """
    rows = sorted(fees)[-MOST_LEARNED_FROM:]
    if len(rows) < FEWEST:
        return None
    half = len(rows) // 2
    pairs = zip(rows[:half], rows[-half:], strict=True)
    slopes = [(high[1] - low[1]) / (high[0] - low[0]) for low, high in pairs if high[0] != low[0]]
    if len(slopes) < FEWEST // 2:
        return None
    slope = median(slopes)
    unit = Decimal(1).scaleb(-(places_of(currency) or 0))
    fixed = median(fee - amount * slope for amount, fee in rows)
    off = median(abs(fee - amount * slope - fixed) for amount, fee in rows)
    percent = (slope * PERCENT).quantize(SMALLEST_PERCENT)
    if slope < NONE or off > 2 * unit:
        return None
    # The rounding of each fee, and what the slope may be off on the largest amount.
    tolerance = 2 * unit + rows[-1][0] * UNSURE
    return Rate(percent, fixed.quantize(unit), tolerance.quantize(unit))


def is_explained(amount: Decimal, fee: Decimal, rates: Sequence[Rate]) -> bool:
    """Also where nothing is known of what it should be: then there is nothing to compare with."""
    return not rates or any(rate.explains(amount, fee) for rate in rates)


def nearest(amount: Decimal, fee: Decimal, rates: Sequence[Rate]) -> Decimal:
    """What the nearest of the rates would have come to."""
    return min((rate.expected(amount) for rate in rates), key=lambda expected: abs(expected - fee))
