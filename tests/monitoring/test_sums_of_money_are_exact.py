"""No database adds a fraction of a cent that nobody paid."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.models.money_sum import MoneySum
from monitoring.models import HourlyFigure
from tests import factories

pytestmark = pytest.mark.django_db


def test_many_small_amounts_come_to_what_they_are() -> None:
    job = factories.job()
    hours = [datetime(2026, 1, 1 + number // 24, number % 24, tzinfo=UTC) for number in range(600)]
    HourlyFigure.objects.bulk_create(
        HourlyFigure(hour=hour, job=job, state="delivered", currency="EUR", new_amount=Decimal("44201.1001"))
        for hour in hours
    )
    found = HourlyFigure.objects.aggregate(total=MoneySum("new_amount"))["total"]
    assert found == Decimal("44201.1001") * 600
    assert found.as_tuple().exponent == -4


def test_a_sum_of_nothing_is_nothing() -> None:
    assert HourlyFigure.objects.aggregate(total=MoneySum("new_amount"))["total"] is None
