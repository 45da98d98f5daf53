"""Adds the hourly figures up by the day and the week, so that a screen adds up hundreds of rows and not a million.

Only days that are over are folded, behind what a pass of the hours may count again. Where an hour is counted anew all
the same, the mark goes back to its day: until that is folded again, whoever asks adds the hours up.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from monitoring import histogram
from monitoring.models import FoldedFigure, FoldMark, FoldUnit, HourlyFigure
from monitoring.periods import DAY, WEEK, day_start, monday
from monitoring.tallies import NUMBERS, TIMES, Tally

Sort = tuple[int, str, str, str]
SORT = ("job_id", "state", "kind", "currency")
FIELDS = ("job", "state", "kind", "currency")
SUNDAY = 6
# Rows of one transaction: a webhook waits no longer for it.
SLICE = 200


class CountedMeanwhile(Exception):
    """An hour was counted since the mark was read: what was added up may be too old to be kept."""


def complete_until() -> datetime | None:
    """Every day of the present time zone that ends by then is folded. None: none is."""
    mark = FoldMark.objects.filter(zone=timezone.get_current_timezone_name()).first()
    return mark.complete_until if mark is not None else None


def fold(settled_until: datetime, deadline: float | None = None) -> None:
    """Folds the days that were over by `settled_until`; of the hours before it none is counted again by itself.

    With a `deadline` (time.monotonic) a long past takes several passes.
    """
    zone = timezone.get_current_timezone_name()
    mark = FoldMark.objects.filter(pk=1).first()
    if mark is None or mark.zone != zone:
        mark = _begin(zone)
    if mark is None:
        return
    day = timezone.localdate(mark.complete_until)
    while (end := day_start(day + DAY)) <= settled_until:
        if deadline is not None and time.monotonic() > deadline:
            return
        try:
            # Nobody reads what lies behind the mark: it need not be stored at once.
            _store(mark, FoldUnit.DAY, day_start(day), _of_hours(day_start(day), end))
            if day.weekday() == SUNDAY:
                first = day_start(monday(day))
                _store(mark, FoldUnit.WEEK, first, _of_days(first, end))
            _move(mark, end)
        except CountedMeanwhile:
            return  # the next pass does this day again
        mark.complete_until, day = end, day + DAY


def _move(mark: FoldMark, end: datetime) -> None:
    """Raises CountedMeanwhile where the mark is no longer as it was read; else nobody moves it before the transaction
    ends."""
    same = {name: getattr(mark, name) for name in ("pk", "zone", "complete_until", "recounts")}
    if not FoldMark.objects.filter(**same).update(complete_until=end):
        raise CountedMeanwhile


def _begin(zone: str) -> FoldMark | None:
    """Anew from the first week that has figures: the days of another zone are of no use."""
    first = HourlyFigure.objects.order_by("hour").values_list("hour", flat=True).first()
    if first is None:
        return None
    start = day_start(monday(timezone.localdate(first)))
    with transaction.atomic():
        FoldedFigure.objects.all().delete()
        mark, _ = FoldMark.objects.update_or_create(pk=1, defaults={"complete_until": start, "zone": zone})
    return mark


def unfold(hour: datetime) -> None:
    """This hour was counted anew. In the transaction that stores it."""
    day: date = timezone.localdate(hour)
    FoldMark.objects.filter(complete_until__gt=hour).update(complete_until=day_start(day))
    FoldMark.objects.update(recounts=F("recounts") + 1)


def _of_hours(since: datetime, until: datetime) -> dict[Sort, Tally]:
    return _added(HourlyFigure.objects.filter(hour__gte=since, hour__lt=until))


def _of_days(since: datetime, until: datetime) -> dict[Sort, Tally]:
    return _added(FoldedFigure.objects.filter(unit=FoldUnit.DAY, begin__gte=since, begin__lt=until))


def _added(rows: QuerySet[HourlyFigure] | QuerySet[FoldedFigure]) -> dict[Sort, Tally]:
    found: dict[Sort, Tally] = defaultdict(Tally)
    for job, state, kind, currency, *numbers in rows.order_by().values_list(*SORT, *NUMBERS).iterator():
        total = found[job, state, kind, currency]
        total.count += numbers[0]
        total.new_orders += numbers[1]
        total.new_amount += numbers[2]
        for name, times in zip(TIMES, numbers[3:], strict=True):
            if times:
                setattr(total, name, histogram.add([getattr(total, name), times]))
    return found


def _store(mark: FoldMark, unit: FoldUnit, begin: datetime, sums: dict[Sort, Tally]) -> None:
    """Raises CountedMeanwhile: another pass may have kept newer sums, and these must not replace them."""
    rows = [
        FoldedFigure(unit=unit, begin=begin, **dict(zip(SORT, sort, strict=True)), **total.columns())
        for sort, total in sorted(sums.items())
    ]
    with transaction.atomic():
        _move(mark, mark.complete_until)
        FoldedFigure.objects.filter(unit=unit, begin=begin).delete()
    for start in range(0, len(rows), SLICE):
        with transaction.atomic():
            _move(mark, mark.complete_until)
            FoldedFigure.objects.bulk_create(
                rows[start : start + SLICE],
                update_conflicts=True,
                unique_fields=["unit", "begin", *FIELDS],
                update_fields=list(NUMBERS),
            )


@dataclass(frozen=True)
class Cover:
    """How a span is made up: whole weeks, whole days, and hours for the rest. Each a list of (since, until)."""

    weeks: tuple[tuple[datetime, datetime], ...]
    days: tuple[tuple[datetime, datetime], ...]
    hours: tuple[tuple[datetime, datetime], ...]


def cover(since: datetime, until: datetime, *, by_weeks: bool) -> Cover:
    """`by_weeks`: nobody asks for its single days."""
    folded = complete_until()
    if folded is None:
        return Cover((), (), ((since, until),))
    inner = _between(_next_day(since), _last_day(min(until, folded)))
    days: tuple[tuple[datetime, datetime], ...] = ()
    weeks: tuple[tuple[datetime, datetime], ...] = ()
    if inner is None:
        return Cover((), (), ((since, until),))
    if by_weeks:
        first, last = (timezone.localdate(moment) for moment in inner)
        begin = first if first.weekday() == 0 else monday(first) + WEEK
        whole = _between(day_start(begin), day_start(monday(last)))
        weeks = (whole,) if whole else ()
    days = tuple(_rest(inner, weeks))
    return Cover(weeks, days, tuple(_rest((since, until), (inner,))))


def _next_day(moment: datetime) -> datetime:
    day = timezone.localdate(moment)
    return moment if day_start(day) == moment else day_start(day + DAY)


def _last_day(moment: datetime) -> datetime:
    return day_start(timezone.localdate(moment))


def _between(since: datetime, until: datetime) -> tuple[datetime, datetime] | None:
    return (since, until) if since < until else None


def _rest(
    whole: tuple[datetime, datetime], taken: tuple[tuple[datetime, datetime], ...]
) -> Iterator[tuple[datetime, datetime]]:
    """What is left of `whole` before and behind the one part that is taken."""
    for part in ((whole[0], taken[0][0]), (taken[0][1], whole[1])) if taken else (whole,):
        if part[0] < part[1]:
            yield part
