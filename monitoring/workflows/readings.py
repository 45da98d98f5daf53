"""What one measure reads at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from monitoring.links import Linked

Trend = tuple[float | None, ...]


@dataclass(frozen=True)
class Reading:
    """`value` is in the measure's unit, None where it is not measured: then `why` says how it comes to be.

    `rows` leads to what was counted; `text` of its link is filled in by whoever shows it. `before` is the same figure
    of the time before the launch, where it can be worked out. A bar of the trend is None where there was nothing.
    """

    measure: str
    value: Decimal | float | None
    currency: str = ""
    why: str = ""
    rows: Linked | None = None
    before: Decimal | float | None = None
    trend: Trend = ()


def not_yet(measure: str, why: str, currency: str = "") -> Reading:
    return Reading(measure, None, currency, why)


def of_trend(values: list[Decimal | float | None]) -> Trend:
    return tuple(None if value is None else float(value) for value in values)


def per_hundred(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
