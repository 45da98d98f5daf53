"""Rebuilds the hourly figures from the Outcomes. Nobody calls it but the clock: the facts do not know of it.

Outcomes carry the time at which they were recorded, and are committed some milliseconds later, in any order. A pass
therefore counts only what is older than MARGIN (far longer than the longest transaction), and counts the hours that
it touches from their beginning, so that running it twice, or after a crash, gives the same figures.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from integrations.models import Outcome
from integrations.models.money_sum import MoneySum
from integrations.sync import shared_clock
from integrations.sync.measures import (
    NEW_ORDERS_ACCEPTED,
    STOCK_TOLD,
    parcels_of_known_orders,
    processing_seconds,
)
from monitoring import folding, histogram
from monitoring.models import HourlyFigure, RollupMark
from monitoring.tallies import NUMBERS, Tally

MARGIN = timedelta(seconds=60)
# Counted again in each pass, beyond what is new: what was committed late is still found.
LOOK_BACK = timedelta(hours=1)
HOUR = timedelta(hours=1)
# Hours in one pass, whatever the deadline: one is looked back upon, and one is progress.
AT_LEAST = 2

# The columns that make a figure, in the order of its unique constraint after the hour.
SORT = ("job_id", "state", "operation", "kind", "currency")
Sort = tuple[int, str, str, str, str]


@dataclass
class HourTally(Tally):
    """The same figures as HourlyFigure's, not stored."""

    amount: Decimal = Decimal(0)

    def columns(self) -> dict[str, Any]:
        return {"amount": self.amount, **super().columns()}


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def complete_until() -> datetime | None:
    return RollupMark.objects.values_list("complete_until", flat=True).first()


def roll_up(now: datetime | None = None, deadline: float | None = None) -> datetime:
    """Counts what is new since the last pass. Returns the time before which all Outcomes are counted.

    With a `deadline` (time.monotonic) a long backlog is counted over several passes, hour by hour.
    """
    until = (now or shared_clock.now()) - MARGIN
    before = complete_until()
    reached = rebuild(hour_of(before - LOOK_BACK) if before else None, until, deadline)
    RollupMark.objects.update_or_create(pk=1, defaults={"complete_until": reached})
    return reached


def rebuild(since: datetime | None, until: datetime, deadline: float | None = None) -> datetime:
    """Counts the hours from `since` (a full hour; None: from the first Outcome) up to `until` anew.

    Returns `until`, or the hour before which it stopped at the deadline. An hour whose Outcomes have been purged
    would be emptied: call it for hours whose facts are kept.
    """
    for place, hour in enumerate(hours_with_facts(since, until)):
        if place >= AT_LEAST and deadline is not None and time.monotonic() > deadline:
            return hour
        _store(hour, tally(hour, min(hour + HOUR, until)))
    return until


def tally(since: datetime, until: datetime | None = None) -> dict[Sort, HourTally]:
    """Counts the Outcomes recorded from `since` until before `until`, straight from the facts."""
    facts = Outcome.objects.filter(recorded_at__gte=since)
    if until is not None:
        facts = facts.filter(recorded_at__lt=until)
    tallies: dict[Sort, HourTally] = {}
    counted = facts.order_by().values_list(*SORT)
    for row in counted.annotate(number=Count("id"), total=MoneySum("amount")):
        tallies[row[:5]] = HourTally(count=row[5], amount=row[6] or Decimal(0))
    for row in counted.filter(NEW_ORDERS_ACCEPTED).annotate(number=Count("id"), total=MoneySum("amount")):
        if row[:5] in tallies:  # a fact may have come in between the two questions
            tallies[row[:5]].new_orders, tallies[row[:5]].new_amount = row[5], row[6] or Decimal(0)
    _add_times(tallies, facts, since, until)
    return tallies


def _add_times(
    tallies: dict[Sort, HourTally], facts: QuerySet[Outcome], since: datetime, until: datetime | None
) -> None:
    """Only where something was counted: a fact may have come in between the two questions."""
    for sort, (processing, passage) in _durations(facts).items():
        if sort in tallies:
            tallies[sort].processing = histogram.count(processing)
            tallies[sort].passage = histogram.count(passage)
    for name, found in (("delay", _delays(facts)), ("fulfilment", _fulfilments(since, until))):
        for sort, delays in found.items():
            if sort in tallies:
                setattr(tallies[sort], name, histogram.count(delays))


def _durations(facts: QuerySet[Outcome]) -> dict[Sort, tuple[list[float], list[float]]]:
    found: dict[Sort, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    timed = (
        facts.filter(NEW_ORDERS_ACCEPTED)
        .order_by()
        .values_list(*SORT, "occurred_at", "received_at", "accepted_at", "job__created_at")
    )
    for *sort, occurred, received, accepted, began in timed.iterator(chunk_size=5_000):
        processing, passage = found[tuple(sort)]
        processing.append(processing_seconds(occurred, accepted, began))
        if received is not None:
            passage.append((accepted - received).total_seconds())
    return found


def _delays(facts: QuerySet[Outcome]) -> dict[Sort, list[float]]:
    found: dict[Sort, list[float]] = defaultdict(list)
    told = facts.filter(STOCK_TOLD).order_by()
    timed = told.values_list(*SORT, "occurred_at", "accepted_at", "job__created_at")
    for *sort, occurred, accepted, began in timed.iterator(chunk_size=5_000):
        found[tuple(sort)].append(processing_seconds(occurred, accepted, began))
    return found


def _fulfilments(since: datetime, until: datetime | None) -> dict[Sort, list[float]]:
    found: dict[Sort, list[float]] = defaultdict(list)
    parcels = parcels_of_known_orders().filter(recorded_at__gte=since)
    if until is not None:
        parcels = parcels.filter(recorded_at__lt=until)
    timed = parcels.order_by().values_list(*SORT, "placed_at", "occurred_at")
    for *sort, placed, shipped in timed.iterator(chunk_size=5_000):
        found[tuple(sort)].append((shipped - placed).total_seconds())
    return found


def hours_with_facts(since: datetime | None, until: datetime | None) -> Iterator[datetime]:
    """Steps from hour to hour, over gaps in which nothing happened."""
    facts = Outcome.objects.order_by("recorded_at")
    if until is not None:
        facts = facts.filter(recorded_at__lt=until)
    cursor = since
    while True:
        later = facts if cursor is None else facts.filter(recorded_at__gte=cursor)
        first = later.values_list("recorded_at", flat=True).first()
        if first is None:
            return
        hour = hour_of(first)
        yield hour
        cursor = hour + HOUR


def _store(hour: datetime, tallies: dict[Sort, HourTally]) -> None:
    rows = [
        HourlyFigure(
            hour=hour,
            **dict(zip(SORT, sort, strict=True)),
            **found.columns(),
        )
        for sort, found in sorted(tallies.items())
    ]
    with transaction.atomic():
        stale = [row.pk for row in HourlyFigure.objects.filter(hour=hour) if _sort_of(row) not in tallies]
        HourlyFigure.objects.filter(pk__in=stale).delete()
        HourlyFigure.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["hour", "job", "state", "operation", "kind", "currency"],
            update_fields=["amount", *NUMBERS],
        )
        folding.unfold(hour)


def _sort_of(row: HourlyFigure) -> Sort:
    return (row.job_id, row.state, row.operation, row.kind, row.currency)
