"""Money in lists, by currency: never added across, and sorted within each currency. There are no exchange rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, IntegerField, QuerySet, Value, When
from django.db.models.expressions import OrderBy

from integrations.models import ErrorRecord
from integrations.models.money_sum import MoneySum


@dataclass(frozen=True)
class InCurrency:
    """How much of one currency is in the rows of a list, and in how many of them."""

    currency: str
    amount: Decimal
    rows: int


def of_errors(errors: QuerySet[ErrorRecord]) -> list[InCurrency]:
    """The currency of most errors comes first."""
    chosen = ErrorRecord.objects.filter(pk__in=errors.order_by().values("pk"), amount__isnull=False)
    sums = chosen.exclude(currency="").order_by().values_list("currency")
    found = sums.annotate(amount=MoneySum("amount"), rows=Count("pk")).order_by("-rows", "currency")
    return [InCurrency(currency, amount, rows) for currency, amount, rows in found]


def of_texts(rows: Iterable[dict[str, str]]) -> list[InCurrency]:
    """Of rows that hold their sums as text by currency."""
    sums: dict[str, list[Decimal]] = {}
    for row in rows:
        for currency, amount in row.items():
            sums.setdefault(currency, []).append(Decimal(amount))
    found = [
        InCurrency(currency, sum(amounts, Decimal(0)), len(amounts)) for currency, amounts in sums.items()
    ]
    return sorted(found, key=lambda one: (-one.rows, one.currency))


def by_amount(found: Sequence[InCurrency], descending: bool) -> list[Any]:
    """The order of rows with `amount` and `currency`: currency by currency, and what has no amount at the end."""
    places = [When(currency=one.currency, then=Value(place)) for place, one in enumerate(found)]
    place = Case(
        When(amount__isnull=True, then=Value(len(places) + 1)),
        *places,
        default=Value(len(places)),
        output_field=IntegerField(),
    )
    return [place, F("currency"), OrderBy(F("amount"), descending=descending)]
