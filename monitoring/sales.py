"""Sales by the books: orders, their value, what was given back, who came again; by day, as the store's clock has it.

All amounts are by currency and never added across. What was cancelled is no sale and is told beside. A refund counts
where a shop tells it: a payment provider tells the same one a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from integrations.models import BookedOrder, BookedRefund
from integrations.models.money_sum import MoneySum
from integrations.sync.measures import GIVEN_BACK, SOLD, SOLD_TO_KNOWN, SOLD_WITH_VALUE
from monitoring.booked_hours import bought_before
from monitoring.periods import midnight

ZERO = Decimal(0)


@dataclass
class Currency:
    """`value` is of the orders that stand, `refunded` of refunds made in this time, whenever their order was placed."""

    code: str
    orders: int = 0
    value: Decimal = ZERO
    cancelled: int = 0
    refunds: int = 0
    refunded: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.value - self.refunded

    @property
    def average(self) -> Decimal | None:
        return self.value / self.orders if self.orders else None


@dataclass
class Sales:
    """Of the days from `first` to `last`, both included, in the time zone that is active."""

    first: date
    last: date
    currencies: list[Currency] = field(default_factory=list)
    # day → currency → (orders, value, refunded)
    days: dict[date, dict[str, tuple[int, Decimal, Decimal]]] = field(default_factory=dict)
    orders: int = 0
    cancelled: int = 0
    renewals: int = 0
    # Orders of people who are known, and of these those of people who had bought before. A renewal is nobody's choice.
    known: int = 0
    again: int = 0

    @property
    def since(self) -> datetime:
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        return midnight(self.last + timedelta(days=1))

    @property
    def repeat_share(self) -> float | None:
        return self.again / self.known if self.known else None


def sales(first: date, last: date) -> Sales:
    found = Sales(first, last)
    orders = BookedOrder.objects.filter(placed_at__gte=found.since, placed_at__lt=found.until)
    stand = orders.filter(SOLD)
    refunds = _of_shops(BookedRefund.objects.filter(created_at__gte=found.since, created_at__lt=found.until))
    found.orders, found.cancelled = stand.count(), orders.exclude(SOLD).count()
    found.renewals = stand.filter(is_renewal=True).count()
    known = stand.filter(SOLD_TO_KNOWN)
    found.known, found.again = known.count(), known.filter(bought_before()).count()
    found.currencies = _currencies(orders, refunds)
    found.days = dict(_days(found, stand, refunds))
    return found


def _of_shops(refunds: QuerySet[BookedRefund]) -> QuerySet[BookedRefund]:
    return refunds.filter(GIVEN_BACK, source__in=shops())


def shops() -> list[int]:
    """The systems that tell orders."""
    return sorted(BookedOrder.objects.order_by().values_list("source", flat=True).distinct())


def _currencies(orders: QuerySet[BookedOrder], refunds: QuerySet[BookedRefund]) -> list[Currency]:
    found: dict[str, Currency] = {}
    sums = orders.order_by().values_list("currency")
    for code, count, total in sums.filter(SOLD_WITH_VALUE).annotate(Count("pk"), MoneySum("total")):
        found[code] = Currency(code, orders=count, value=total or ZERO)
    for code, count in sums.exclude(SOLD).annotate(Count("pk")):
        found.setdefault(code, Currency(code)).cancelled = count
    back = refunds.order_by().values_list("currency")
    for code, count, total in back.annotate(Count("pk"), MoneySum("amount")):
        of = found.setdefault(code, Currency(code))
        of.refunds, of.refunded = count, total or ZERO
    return sorted(found.values(), key=lambda one: (-one.orders, one.code))


def _days(
    found: Sales, stand: QuerySet[BookedOrder], refunds: QuerySet[BookedRefund]
) -> Iterator[tuple[date, dict[str, tuple[int, Decimal, Decimal]]]]:
    sold = _by_day(stand.filter(SOLD_WITH_VALUE), "placed_at", "total")
    back = _by_day(refunds, "created_at", "amount")
    day = found.first
    while day <= found.last:
        codes = {code for when, code in (*sold, *back) if when == day}
        yield (
            day,
            {
                code: (*sold.get((day, code), (0, ZERO)), back.get((day, code), (0, ZERO))[1])
                for code in sorted(codes)
            },
        )
        day += timedelta(days=1)


def _by_day(rows: QuerySet[Any], moment: str, amount: str) -> dict[tuple[date, str], tuple[int, Decimal]]:
    """By the day that the clock of the active time zone shows, each row by itself."""
    by_day = rows.order_by().annotate(day=TruncDate(moment)).values_list("day", "currency")
    return {
        (day, code): (count, total or ZERO)
        for day, code, count, total in by_day.annotate(Count("pk"), MoneySum(amount))
    }
