"""Sums of money that are exact on every database."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from django.db.models import Sum

# As many places as amounts are stored with.
SMALLEST: Final = Decimal("0.0001")


class MoneySum(Sum):
    """SQLite adds decimals as floating-point numbers: 44,201.35 may come out as 44,201.3500000001. What is beyond the
    places that were stored is no money."""

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        return [*super().get_db_converters(connection), _exact]


def _exact(value: Decimal | None, expression: Any, connection: Any) -> Decimal | None:
    return None if value is None else value.quantize(SMALLEST)
