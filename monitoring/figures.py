"""What the Outcomes of a period add up to: hourly figures for what is counted already, facts for the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

from integrations.models import State
from integrations.sync.measures import PERIODS, period_start
from monitoring import histogram
from monitoring.models import HourlyFigure
from monitoring.rollups import HOUR, SORT, Sort, Tally, complete_until, hours_with_facts, tally


@dataclass
class Figures:
    """`counts` by the columns of `rollups.SORT`; `hours` by hour and state; `delays` of stock by job."""

    since: datetime
    as_of: datetime
    counts: dict[Sort, int] = field(default_factory=dict)
    hours: dict[datetime, dict[str, int]] = field(default_factory=dict)
    processing: histogram.Histogram = field(default_factory=dict)
    passage: histogram.Histogram = field(default_factory=dict)
    delays: dict[int, histogram.Histogram] = field(default_factory=dict)

    def number(self, state: str, *, job: int | None = None, kind: str | None = None) -> int:
        return sum(
            count
            for (of_job, of_state, _, of_kind, _), count in self.counts.items()
            if of_state == state and job in (None, of_job) and kind in (None, of_kind)
        )

    @property
    def success_rate(self) -> float | None:
        """Delivered ÷ (delivered + failed), 0 to 1; None when no try has ended.

        A record that fails again after a retry counts twice.
        """
        delivered, failed = self.number(State.DELIVERED), self.number(State.FAILED)
        return delivered / (delivered + failed) if delivered + failed else None

    @property
    def timed(self) -> int:
        return sum(self.processing.values())


def figures(period: str, now: datetime | None = None, jobs: Collection[int] | None = None) -> Figures:
    """`period` is a key of `measures.PERIODS`; `jobs` are ids, None for all.

    The figures agree exactly with a count of the facts.
    """
    moment = now or timezone.now()
    found = Figures(since=period_start(period, moment), as_of=moment)
    _add_stored(found, jobs)
    for hour, tallies in not_counted_yet(found.since):
        for sort, extra in tallies.items():
            if jobs is None or sort[0] in jobs:
                _add(found, hour, sort, extra)
    return found


def before(found: Figures, period: str) -> Figures:
    """The same of as many whole hours before it: what the figures of `found` are compared with."""
    earlier = Figures(since=found.since - HOUR * PERIODS[period][1], as_of=found.since)
    _add_stored(earlier, None)
    for hour, tallies in not_counted_yet(earlier.since, earlier.as_of):
        for sort, extra in tallies.items():
            _add(earlier, hour, sort, extra)
    return earlier


def _add_stored(found: Figures, jobs: Collection[int] | None) -> None:
    # Of the present hour as well: what is to come has no figures.
    stored = HourlyFigure.objects.filter(hour__gte=found.since, hour__lt=found.as_of).order_by()
    if jobs is not None:
        stored = stored.filter(job__in=jobs)
    for row in stored.values_list(*SORT).annotate(number=Sum("count")):
        found.counts[row[:5]] = row[5]
    for hour, state, number in stored.values_list("hour", "state").annotate(number=Sum("count")):
        found.hours.setdefault(hour, {})[state] = number
    timed = stored.exclude(processing={}).values_list("processing", "passage")
    pairs = list(timed)
    found.processing = histogram.add(pair[0] for pair in pairs)
    found.passage = histogram.add(pair[1] for pair in pairs)
    for job, delay in stored.filter(delay__isnull=False).values_list("job", "delay"):
        found.delays[job] = histogram.add([found.delays.get(job, {}), delay or {}])


def not_counted_yet(
    since: datetime, until: datetime | None = None
) -> Iterator[tuple[datetime, dict[Sort, Tally]]]:
    """Straight from the facts, hour by hour: what no rollup has counted. `until` is a full hour."""
    counted = complete_until()
    cut = max(since, counted) if counted else since
    if until is not None and cut >= until:
        return
    for hour in hours_with_facts(cut, until):
        yield hour, tally(max(hour, cut), hour + HOUR)


def _add(found: Figures, hour: datetime, sort: Sort, extra: Tally) -> None:
    found.counts[sort] = found.counts.get(sort, 0) + extra.count
    states = found.hours.setdefault(hour, {})
    states[sort[1]] = states.get(sort[1], 0) + extra.count
    found.processing = histogram.add([found.processing, extra.processing])
    found.passage = histogram.add([found.passage, extra.passage])
    if extra.delay:
        found.delays[sort[0]] = histogram.add([found.delays.get(sort[0], {}), extra.delay])
