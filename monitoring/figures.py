"""What the Outcomes of a period add up to: stored figures for what is counted already, facts for the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import orjson
from django.db.models import Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from integrations.models import State
from integrations.models.money_sum import MoneySum
from integrations.sync.measures import ATTEMPTED_STATES
from monitoring import histogram, periods
from monitoring.folding import SORT, Cover, Sort, cover
from monitoring.models import FoldedFigure, FoldUnit, HourlyFigure
from monitoring.rollups import HOUR, HourTally, complete_until, hours_with_facts, tally

# The columns that hold histograms.
TIMES = ("processing", "passage", "delay", "fulfilment")
Amounts = dict[str, tuple[int, Decimal]]


@dataclass
class Figures:
    """`counts` by the columns of `folding.SORT`, `new_orders` (number, value) by job and currency.

    `parts` are states by where the hour, day or week begins that they are kept by; `processing_of` the same of
    processing times. `by_hour` is what was delivered in each hour, None where the period is too long to ask. `delays`
    of stock are by job.
    """

    since: datetime
    as_of: datetime
    counts: dict[Sort, int] = field(default_factory=dict)
    new_orders: dict[tuple[int, str], tuple[int, Decimal]] = field(default_factory=dict)
    parts: dict[datetime, dict[str, int]] = field(default_factory=dict)
    by_hour: dict[datetime, int] | None = None
    processing_of: dict[datetime, histogram.Histogram] = field(default_factory=dict)
    passage: histogram.Histogram = field(default_factory=dict)
    fulfilment: histogram.Histogram = field(default_factory=dict)
    delays: dict[int, histogram.Histogram] = field(default_factory=dict)

    def number(self, state: str, *, job: int | None = None, kind: str | None = None) -> int:
        return sum(
            count
            for (of_job, of_state, of_kind, _), count in self.counts.items()
            if of_state == state and job in (None, of_job) and kind in (None, of_kind)
        )

    def by_job(self, state: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for (job, of_state, _, _), count in self.counts.items():
            if of_state == state:
                found[job] = found.get(job, 0) + count
        return found

    def carried(self) -> Amounts:
        """Number and value of the new orders, by currency. Where no value was told there is no currency."""
        found: Amounts = {}
        for (_, currency), (number, amount) in self.new_orders.items():
            if currency and number:
                before = found.get(currency, (0, Decimal(0)))
                found[currency] = (before[0] + number, before[1] + amount)
        return found

    @property
    def processing(self) -> histogram.Histogram:
        return histogram.add(self.processing_of.values())

    @property
    def tried(self) -> int:
        return sum(self.number(state) for state in ATTEMPTED_STATES)

    @property
    def success_rate(self) -> float | None:
        """Delivered ÷ (delivered + failed + skipped by a fallback), 0 to 1; None when no try has ended.

        A record that fails again after a retry counts twice.
        """
        return self.number(State.DELIVERED) / self.tried if self.tried else None

    @property
    def timed(self) -> int:
        return sum(self.processing.values())

    @property
    def hours(self) -> float:
        """How long it is, at least one."""
        return max((self.as_of - self.since) / HOUR, 1.0)


def figures(period: str, now: datetime | None = None, jobs: Collection[int] | None = None) -> Figures:
    """`period` is a key of `periods.LABELS`; `jobs` are ids, None for all.

    The figures agree exactly with a count of the facts, as long as these are kept.
    """
    moment = now or timezone.now()
    bar = periods.BARS.get(period, periods.BY_HOUR)
    found = Figures(since=periods.begin(period, moment), as_of=moment)
    _add_stored(found, jobs, bar)
    if bar == periods.BY_DAY:
        # Of whole days the hours are not known.
        found.by_hour = _delivered_by_hour(found, jobs)
    elif bar == periods.BY_HOUR:
        found.by_hour = {hour: states.get(State.DELIVERED, 0) for hour, states in found.parts.items()}
    _add_facts(found, jobs, None)
    return found


def before(
    found: Figures, period: str, jobs: Collection[int] | None = None, now: datetime | None = None
) -> Figures:
    """The same of the time before it (see `periods.before`): what the figures of `found` are compared with."""
    since, until = periods.before(period, now or found.as_of)
    earlier = Figures(since=since, as_of=until)
    _add_stored(earlier, jobs, periods.BARS.get(period, periods.BY_HOUR))
    _add_facts(earlier, jobs, until)
    return earlier


def _add_stored(found: Figures, jobs: Collection[int] | None, bar: str) -> None:
    whole: Cover
    if bar == periods.BY_HOUR:
        whole = Cover((), (), ((found.since, found.as_of),))
    else:
        whole = cover(found.since, found.as_of, by_weeks=bar == periods.BY_WEEK)
    folded = FoldedFigure.objects.order_by()
    if whole.weeks:
        _add_rows(found, _within(folded.filter(unit=FoldUnit.WEEK), "begin", whole.weeks, jobs), "begin")
    if whole.days:
        _add_rows(found, _within(folded.filter(unit=FoldUnit.DAY), "begin", whole.days, jobs), "begin")
    # Of the present hour as well: what is to come has no figures.
    if whole.hours:
        _add_rows(found, _within(HourlyFigure.objects.order_by(), "hour", whole.hours, jobs), "hour")


def _within(
    rows: QuerySet[Any],
    moment: str,
    ranges: tuple[tuple[datetime, datetime], ...],
    jobs: Collection[int] | None,
) -> QuerySet[Any]:
    within = reduce(or_, (Q(**{f"{moment}__gte": since, f"{moment}__lt": until}) for since, until in ranges))
    rows = rows.filter(within)
    return rows if jobs is None else rows.filter(job__in=list(jobs))


def _add_rows(found: Figures, rows: QuerySet[Any], moment: str) -> None:
    sums = rows.values_list(*SORT).annotate(Sum("count"), Sum("new_orders"), MoneySum("new_amount"))
    for job, state, kind, currency, count, orders, amount in sums:
        _add_count(found, (job, state, kind, currency), count, orders, amount)
    for begin, state, number in rows.values_list(moment, "state").annotate(number=Sum("count")):
        states = found.parts.setdefault(begin, {})
        states[state] = states.get(state, 0) + number
    timed = rows.filter(~Q(processing={}) | Q(delay__isnull=False) | Q(fulfilment__isnull=False))
    # Read as text and parsed by the quicker parser: of a month of 300 jobs there are more than a hundred thousand.
    for begin, job, *told in timed.values_list(moment, "job", *(Cast(name, TextField()) for name in TIMES)):
        processing, passage, delay, fulfilment = (orjson.loads(text) if text else None for text in told)
        _add_times(found, begin, job, processing, passage, delay, fulfilment)


def _add_count(found: Figures, sort: Sort, count: int, orders: int, amount: Decimal) -> None:
    found.counts[sort] = found.counts.get(sort, 0) + count
    if orders:
        number, value = found.new_orders.get((sort[0], sort[3]), (0, Decimal(0)))
        found.new_orders[sort[0], sort[3]] = (number + orders, value + amount)


def _add_times(
    found: Figures,
    begin: datetime,
    job: int,
    processing: histogram.Histogram | None,
    passage: histogram.Histogram | None,
    delay: histogram.Histogram | None,
    fulfilment: histogram.Histogram | None,
) -> None:
    if processing:
        histogram.add_to(found.processing_of.setdefault(begin, {}), processing)
        histogram.add_to(found.passage, passage or {})
    if delay:
        histogram.add_to(found.delays.setdefault(job, {}), delay)
    if fulfilment:
        histogram.add_to(found.fulfilment, fulfilment)


def _delivered_by_hour(found: Figures, jobs: Collection[int] | None) -> dict[datetime, int]:
    rows = HourlyFigure.objects.filter(state=State.DELIVERED).order_by()
    within = _within(rows, "hour", ((found.since, found.as_of),), jobs)
    return dict(within.values_list("hour").annotate(number=Sum("count")))


def not_counted_yet(
    since: datetime, until: datetime | None = None
) -> Iterator[tuple[datetime, dict[tuple[int, str, str, str, str], HourTally]]]:
    """Straight from the facts, hour by hour: what no rollup has counted. `until` is a full hour."""
    counted = complete_until()
    cut = max(since, counted) if counted else since
    if until is not None and cut >= until:
        return
    for hour in hours_with_facts(cut, until):
        yield hour, tally(max(hour, cut), hour + HOUR)


def _add_facts(found: Figures, jobs: Collection[int] | None, until: datetime | None) -> None:
    for hour, tallies in not_counted_yet(found.since, until):
        for (job, state, _, kind, currency), extra in tallies.items():
            if jobs is not None and job not in jobs:
                continue
            _add_count(found, (job, state, kind, currency), extra.count, extra.new_orders, extra.new_amount)
            states = found.parts.setdefault(hour, {})
            states[state] = states.get(state, 0) + extra.count
            if found.by_hour is not None and state == State.DELIVERED:
                found.by_hour[hour] = found.by_hour.get(hour, 0) + extra.count
            _add_times(found, hour, job, extra.processing, extra.passage, extra.delay, extra.fulfilment)
