from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.models import BookedLine, BookedOrder, BookedStock
from monitoring.retention import prune
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def booked() -> None:
    shop = factories.connection()
    for days in (2, 400):
        at = NOW - timedelta(days=days)
        order = BookedOrder.objects.create(source=shop, external_id=str(days), read_at=at, booked_at=at)
        BookedLine.objects.create(order=order, position=1)
        BookedStock.objects.create(source=shop, external_id=str(days), read_at=at, booked_at=at)


def test_nothing_of_the_books_goes_by_itself() -> None:
    prune(time.monotonic() + 30, NOW)
    assert (BookedOrder.objects.count(), BookedStock.objects.count()) == (2, 2)


def test_where_a_store_says_so_old_rows_go_but_what_is_in_stock_stays(settings: Settings) -> None:
    settings.KEEP_BOOKS_DAYS = 365
    assert prune(time.monotonic() + 30, NOW).counts["booked orders"] == 1
    assert list(BookedOrder.objects.values_list("external_id", flat=True)) == ["2"]
    assert (BookedLine.objects.count(), BookedStock.objects.count()) == (1, 2)
