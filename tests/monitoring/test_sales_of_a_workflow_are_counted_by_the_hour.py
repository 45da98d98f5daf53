"""What the books are counted to, by the hour, always equals the orders themselves."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import SyncJob
from integrations.models.books import BookedOrder
from monitoring import booked_hours
from monitoring.booked_hours import Numbers, between, count, summed
from monitoring.models import BookedHour, BookedMark
from tests import factories
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def book(job: SyncJob, placed_at: datetime | None, total: str | None = "10", **values: Any) -> BookedOrder:
    number = str(factories.number())
    known = {"currency": "EUR", "number": number, "booked_at": NOW - 2 * HOUR, "read_at": NOW, **values}
    return BookedOrder.objects.create(
        source=known.pop("source", job.source),
        external_id=number,
        placed_at=placed_at,
        total=None if total is None else Decimal(total),
        **known,
    )


def told(job: SyncJob, since: datetime = NOW - 3 * DAY, until: datetime = NOW) -> dict[str, Numbers]:
    return summed(between([job.source_id], since, until))


def test_an_order_that_is_cancelled_or_told_anew_is_counted_as_it_is_now(job: SyncJob) -> None:
    """10 + 20 euros and 7 dollars; then the 20 are cancelled, and the 10 become 12."""
    first, second = book(job, NOW - 5 * HOUR, "10", person="a"), book(job, NOW - 5 * HOUR, "20")
    book(job, NOW - 30 * HOUR, "7", currency="USD", person="a")
    book(job, NOW - 5 * HOUR, None)
    book(job, NOW - 5 * HOUR, "99", source=factories.connection())
    count(NOW)
    assert told(job) == {
        "EUR": Numbers(orders=3, valued=2, value=Decimal(30), known=1, again=1),
        "USD": Numbers(orders=1, valued=1, value=Decimal(7), known=1, again=0),
    }

    BookedOrder.objects.filter(pk=second.pk).update(cancelled_at=NOW, booked_at=NOW - MINUTE)
    BookedOrder.objects.filter(pk=first.pk).update(total=12, booked_at=NOW - MINUTE)

    wanted = Numbers(orders=2, valued=1, value=Decimal(12), known=1, again=1)
    assert told(job)["EUR"] == wanted
    count(NOW + 5 * MINUTE)
    assert told(job)["EUR"] == wanted
    assert BookedHour.objects.get(currency="EUR", source=job.source).value == 12


def test_who_bought_before_is_found_out_when_the_earlier_order_comes_late(job: SyncJob) -> None:
    book(job, NOW - 5 * HOUR, person="a")
    count(NOW)
    assert told(job)["EUR"].again == 0

    book(job, NOW - 50 * DAY, person="a", booked_at=NOW - MINUTE)

    assert told(job)["EUR"].again == 1
    count(NOW + 5 * MINUTE)
    assert told(job)["EUR"].again == 1
    assert BookedHour.objects.get(hour__gte=NOW - DAY).again == 1


def test_what_left_no_trace_is_found_in_its_turn(job: SyncJob) -> None:
    book(job, NOW - 5 * HOUR)
    count(NOW)
    BookedOrder.objects.all().delete()

    count(NOW + MINUTE)

    assert told(job) == {}
    assert not BookedHour.objects.exists()


@pytest.mark.parametrize("counted_at", [None, NOW - 3 * HOUR, NOW - 5 * MINUTE, NOW + 5 * MINUTE])
def test_the_hours_equal_a_recount_whenever_the_last_pass_was(
    job: SyncJob, counted_at: datetime | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recounted here one by one, in Python; also where a span begins and ends within an hour."""
    monkeypatch.setattr(booked_hours, "CHANGED_AT_ONCE", 70)
    dice = random.Random(5)
    for _ in range(150):
        at = NOW - timedelta(seconds=dice.uniform(0, 90 * 3_600))
        book(
            job,
            at,
            dice.choice(["5", "7.25", None]),
            booked_at=at + MINUTE,
            currency=dice.choice(["EUR", "USD", ""]),
            person=dice.choice(["", "a", "b", "c", "d", "e"]),
            status=dice.choice(["open", "open", "cancelled"]),
            is_renewal=dice.choice([None, False, True]),
        )
    if counted_at is not None:
        count(counted_at)
    since, until = NOW - 40 * HOUR - 7 * MINUTE, NOW - 3 * MINUTE

    found = told(job, since, until)

    everything = list(BookedOrder.objects.all())
    wanted: dict[str, Numbers] = {}
    for order in everything:
        if order.status == "cancelled" or not since <= _placed(order) < until:
            continue
        numbers = wanted.setdefault(order.currency, Numbers())
        numbers.orders += 1
        if order.total is not None and order.currency:
            numbers.valued += 1
            numbers.value += Decimal(order.total)
        if order.person and order.is_renewal is not True:
            numbers.known += 1
            numbers.again += any(
                other.person == order.person and _placed(other) < _placed(order) for other in everything
            )
    assert found == wanted


def _placed(order: BookedOrder) -> datetime:
    assert order.placed_at is not None
    return order.placed_at


def test_a_backlog_is_counted_in_parts_and_none_is_left_out(
    job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven hours at once, whose deadline has come: the first pass counts one, the last finds nothing left."""
    monkeypatch.setattr(booked_hours, "CHANGED_AT_ONCE", 3)
    for place in range(7):
        book(job, NOW - (place + 5) * HOUR)

    assert count(NOW, deadline=0) is None
    assert told(job)["EUR"].orders == 7
    assert count(NOW) == NOW - MINUTE
    assert sum(row.orders for row in BookedHour.objects.all()) == 7
    for place in range(4):
        book(job, NOW - (place + 50) * HOUR, booked_at=NOW + MINUTE)
    assert told(job)["EUR"].orders == 11
    assert count(NOW + HOUR) == NOW + HOUR - MINUTE
    assert told(job)["EUR"].orders == 11
    assert sum(row.orders for row in BookedHour.objects.all()) == 11


def test_reading_costs_the_same_however_much_was_sold(job: SyncJob) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            told(job, NOW - 3 * DAY)
        return len(asked)

    book(job, NOW - 5 * HOUR)
    count(NOW)
    few = queries()
    for place in range(60):
        book(job, NOW - (place + 2) * HOUR)
    BookedHour.objects.all().delete()
    BookedMark.objects.all().delete()
    count(NOW)

    assert told(job)["EUR"].orders == 61
    assert queries() == few
