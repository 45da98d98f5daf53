"""Counts the orders of the books by the hour in which they were placed. Nobody calls it but the clock.

The books change: an order is told anew, cancelled, or comes late. Each change moves the row's `booked_at`, so a pass
looks at what was booked since the last one, and counts the hours that this touches from the facts anew; twice, or after
a crash, gives the same. Who bought before depends on a person's other orders, so the hours of these are touched too.
What leaves no trace in `booked_at` (a row that retention let go of, a person who was erased) is found because each pass
also counts a few of the hours anew that were not looked at for longest.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integrations.models import BookedOrder
from integrations.models.money_sum import MoneySum
from integrations.sync import shared_clock
from integrations.sync.measures import SOLD, SOLD_TO_KNOWN, SOLD_WITH_VALUE
from monitoring.models import BookedHour, BookedMark

HOUR = timedelta(hours=1)
# Orders are committed some milliseconds after the time that they are booked with, in any order.
MARGIN = timedelta(seconds=60)
# Where more orders changed than this, all hours are counted; and so many people are asked for at once.
CHANGED_AT_ONCE, PEOPLE_AT_ONCE = 10_000, 400
# Hours that each pass counts anew without being told of a change.
AGAIN_AT_ONCE = 12

# A shop's hour.
Place = tuple[int, datetime]


@dataclass
class Numbers:
    """As the columns of BookedHour."""

    orders: int = 0
    valued: int = 0
    value: Decimal = Decimal(0)
    known: int = 0
    again: int = 0

    def add(self, other: Numbers) -> None:
        self.orders += other.orders
        self.valued += other.valued
        self.value += other.value
        self.known += other.known
        self.again += other.again


COLUMNS = ("orders", "valued", "value", "known", "again")


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def bought_before() -> Exists:
    """The same person has an earlier order in the books, of whatever shop."""
    earlier = BookedOrder.objects.filter(
        person=OuterRef("person"), placed_at__lt=OuterRef("placed_at"), cancelled_at__isnull=True
    )
    return Exists(earlier)


def complete_until() -> datetime | None:
    return BookedMark.objects.values_list("complete_until", flat=True).first()


def count(now: datetime | None = None, deadline: float | None = None) -> datetime | None:
    """Counts what was booked since the last pass. With a `deadline` (time.monotonic) a long backlog takes several.

    Returns the time before which all that was booked is counted.
    """
    until = (now or shared_clock.now()) - MARGIN
    mark, _ = BookedMark.objects.get_or_create(pk=1)
    if mark.counting_from is not None or mark.complete_until is None or _is_far_behind(mark.complete_until):
        return _count_all(mark, until, deadline)
    for source, hour in sorted(_places(_changed(mark.complete_until).filter(booked_at__lt=until))):
        _store(source, hour)
    BookedMark.objects.filter(pk=1).update(complete_until=until)
    _look_again()
    return until


def _count_all(mark: BookedMark, until: datetime, deadline: float | None) -> datetime | None:
    """Each hour once, however much was booked; a pass goes on where the last one stopped."""
    began = mark.counting_from
    if began is None:
        began = until
        BookedMark.objects.filter(pk=1).update(counting_from=began)
    done = set(BookedHour.objects.filter(counted_at__gte=began).values_list("source", "hour"))
    for place, (source, hour) in enumerate(_all_places()):
        if (source, hour) in done:
            continue
        if place and deadline is not None and time.monotonic() > deadline:
            return mark.complete_until
        _store(source, hour)
    BookedMark.objects.filter(pk=1).update(complete_until=began, counting_from=None)
    return began


def _all_places() -> Iterator[Place]:
    """Steps from hour to hour, over gaps in which nothing was sold."""
    orders = BookedOrder.objects.filter(placed_at__isnull=False).order_by("placed_at")
    cursor: datetime | None = None
    while True:
        later = orders if cursor is None else orders.filter(placed_at__gte=cursor)
        first = later.values_list("placed_at", flat=True).first()
        if first is None:
            return
        hour = hour_of(first)
        cursor = hour + HOUR
        within = orders.filter(placed_at__gte=hour, placed_at__lt=cursor).order_by()
        yield from ((source, hour) for source in within.values_list("source", flat=True).distinct())


def _changed(since: datetime) -> QuerySet[BookedOrder]:
    return BookedOrder.objects.filter(booked_at__gte=since)


def _places(changed: QuerySet[BookedOrder]) -> set[Place]:
    """Of the changed orders, and of all orders of the people who placed them."""
    found: set[Place] = set()
    people: set[str] = set()
    for source, placed_at, person in changed.order_by().values_list("source", "placed_at", "person"):
        if placed_at is not None:
            found.add((source, hour_of(placed_at)))
        if person:
            people.add(person)
    rest = iter(sorted(people))
    while some := list(islice(rest, PEOPLE_AT_ONCE)):
        theirs = BookedOrder.objects.filter(person__in=some).order_by().values_list("source", "placed_at")
        found |= {(source, hour_of(at)) for source, at in theirs if at is not None}
    return found


def _look_again() -> None:
    oldest = BookedHour.objects.order_by("counted_at", "id").values_list("source", "hour")[:AGAIN_AT_ONCE]
    for source, hour in sorted(set(oldest)):
        _store(source, hour)


def _store(source: int, hour: datetime) -> None:
    found = {currency: numbers for (_, currency), numbers in tally([source], hour, hour + HOUR).items()}
    now = shared_clock.now()
    rows = [
        BookedHour(
            source_id=source,
            hour=hour,
            currency=currency,
            counted_at=now,
            **{name: getattr(numbers, name) for name in COLUMNS},
        )
        for currency, numbers in sorted(found.items())
    ]
    with transaction.atomic():
        BookedHour.objects.filter(source=source, hour=hour).exclude(currency__in=list(found)).delete()
        BookedHour.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "hour", "currency"],
            update_fields=[*COLUMNS, "counted_at"],
        )


def tally(sources: Collection[int], since: datetime, until: datetime) -> dict[tuple[int, str], Numbers]:
    """By shop and currency, straight from the books."""
    sold = BookedOrder.objects.filter(
        SOLD, source__in=sources, placed_at__gte=since, placed_at__lt=until
    ).order_by()
    by_sort = sold.values_list("source", "currency")
    found: dict[tuple[int, str], Numbers] = {}
    counted = by_sort.annotate(
        number=Count("pk"),
        with_value=Count("pk", filter=SOLD_WITH_VALUE),
        sum=MoneySum("total", filter=SOLD_WITH_VALUE),
        of_known=Count("pk", filter=SOLD_TO_KNOWN),
    )
    for source, currency, orders, valued, value, known in counted:
        found[source, currency] = Numbers(orders, valued, value or Decimal(0), known)
    again = by_sort.filter(SOLD_TO_KNOWN).filter(bought_before()).annotate(number=Count("pk"))
    for source, currency, number in again:
        if (source, currency) in found:  # an order may have come in between the two questions
            found[source, currency].again = number
    return found


def between(
    sources: Collection[int], since: datetime, until: datetime
) -> Iterator[tuple[datetime, str, Numbers]]:
    """(hour, currency, numbers) of the orders placed from `since` until before `until`: as many as the books have at
    this moment, counted anew where an hour is cut, or was touched since the last pass."""
    mark = complete_until()
    first, last = _next_hour(since), hour_of(until)
    if mark is None or first >= last or _is_far_behind(mark):
        yield from _live(sources, since, until)
        return
    touched = {place for place in _places(_changed(mark)) if place[0] in sources and first <= place[1] < last}
    stored = BookedHour.objects.filter(source__in=sources, hour__gte=first, hour__lt=last)
    for source, hour, currency, *numbers in stored.values_list("source", "hour", "currency", *COLUMNS):
        if (source, hour) not in touched:
            yield hour, currency, Numbers(*numbers)
    for source, hour in sorted(touched):
        yield from _live([source], hour, hour + HOUR)
    yield from _live(sources, since, first)
    yield from _live(sources, last, until)


def _is_far_behind(mark: datetime) -> bool:
    """So much is to be counted that its hours are all there are: after an upgrade, or an import of years."""
    return _changed(mark).order_by("booked_at", "id")[CHANGED_AT_ONCE : CHANGED_AT_ONCE + 1].exists()


def _next_hour(moment: datetime) -> datetime:
    hour = hour_of(moment)
    return hour if hour == moment else hour + HOUR


def _live(
    sources: Collection[int], since: datetime, until: datetime
) -> Iterator[tuple[datetime, str, Numbers]]:
    """Hour by hour, over gaps in which nothing was sold."""
    cursor = since
    while cursor < until:
        first = (
            BookedOrder.objects.filter(Q(placed_at__gte=cursor, placed_at__lt=until), source__in=sources)
            .order_by("placed_at")
            .values_list("placed_at", flat=True)
            .first()
        )
        if first is None:
            return
        hour = hour_of(first)
        begin, cursor = max(hour, since), min(hour + HOUR, until)
        for (_, currency), numbers in tally(sources, begin, cursor).items():
            yield hour, currency, numbers


def summed(rows: Iterator[tuple[Any, str, Numbers]]) -> dict[str, Numbers]:
    """By currency."""
    found: dict[str, Numbers] = defaultdict(Numbers)
    for _, currency, numbers in rows:
        found[currency].add(numbers)
    return found
