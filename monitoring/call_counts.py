"""Keeps how many calls left for each connection in each hour, from the count of the day that its rate budget has.

One look a minute at rows that are there anyway: what sends a call does nothing for it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from integrations.models import RateBudget
from integrations.sync import shared_clock
from monitoring.models import CallHour, CallMark
from monitoring.rollups import hour_of


def count(now: datetime | None = None) -> None:
    hour = hour_of(now or shared_clock.now())
    marks = {mark.connection_id: mark for mark in CallMark.objects.all()}
    budgets = RateBudget.objects.filter(day__gt=0).order_by("pk")
    for connection_id, day, calls in budgets.values_list("connection_id", "day", "day_calls"):
        mark = marks.get(connection_id)
        if mark is None or (mark.day, mark.day_calls) != (day, calls):
            _note(connection_id, mark, hour, day, calls)


def _note(connection_id: int, mark: CallMark | None, hour: datetime, day: int, calls: int) -> None:
    """Conditional on the mark: of two passes at once one counts."""
    # The count begins anew with each day. In which hours the calls before the first look left, nobody knows.
    more = 0 if mark is None else calls - (mark.day_calls if mark.day == day else 0)
    with transaction.atomic():
        if mark is None:
            _, is_mine = CallMark.objects.get_or_create(
                connection_id=connection_id, defaults={"day": day, "day_calls": calls}
            )
        else:
            same = {"pk": mark.pk, "day": mark.day, "day_calls": mark.day_calls}
            is_mine = bool(CallMark.objects.filter(**same).update(day=day, day_calls=calls))
        if is_mine and more:
            row, _ = CallHour.objects.get_or_create(connection_id=connection_id, hour=hour)
            CallHour.objects.filter(pk=row.pk).update(calls=F("calls") + more)
