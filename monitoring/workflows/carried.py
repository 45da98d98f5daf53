"""What a workflow's own jobs carried: from the hourly figures, and from the facts for what no rollup has counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum

from integrations.models import (
    ErrorRecord,
    Judgement,
    Measure,
    State,
    SyncJob,
    Workflow,
)
from integrations.models.money_sum import MoneySum
from integrations.sync.measures import NOT_WRITTEN_STATES, TOUCHES, promise_is_near
from monitoring import histogram, links
from monitoring.figures import not_counted_yet
from monitoring.models import HourlyFigure
from monitoring.periods import Span
from monitoring.rollups import complete_until

from .readings import Reading, not_yet, of_trend, per_hundred

MINUTE = 60.0


@dataclass
class Bar:
    """What was carried in one bar of the trend. `failed`: or skipped by a fallback."""

    delivered: int = 0
    failed: int = 0
    new_orders: int = 0
    value: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    orders_of: Counter[str] = field(default_factory=Counter)
    processing: histogram.Histogram = field(default_factory=dict)
    delay: histogram.Histogram = field(default_factory=dict)
    touches: int = 0

    def add(self, state: str, currency: str, count: int, new_orders: int, new_amount: Decimal) -> None:
        if state == State.DELIVERED:
            self.delivered += count
        elif state in NOT_WRITTEN_STATES:
            self.failed += count
        self.new_orders += new_orders
        if new_orders and currency:
            self.orders_of[currency] += new_orders
            self.value[currency] += new_amount


class Carried:
    """All figures of a workflow that come from its jobs. A few queries, whatever the number of records."""

    def __init__(self, workflow: Workflow, span: Span, period: str) -> None:
        self.workflow, self.span, self.period = workflow, span, period
        self.jobs = dict(SyncJob.objects.filter(workflow=workflow).values_list("pk", "kind"))
        self.bars = [Bar() for _ in range(span.bars)]
        if self.jobs:
            self._count_stored()
            self._count_facts()
            self._count_touches()

    def _count_stored(self) -> None:
        until = complete_until()
        if until is None:
            return
        stored = HourlyFigure.objects.filter(job__in=list(self.jobs), hour__gte=self.span.since).order_by()
        sums = stored.values_list("hour", "state", "currency").annotate(
            Sum("count"), Sum("new_orders"), MoneySum("new_amount")
        )
        for hour, state, currency, *numbers in sums:
            self.bars[self.span.bar_of(hour)].add(state, currency, *numbers)
        for hour, processing in stored.exclude(processing={}).values_list("hour", "processing"):
            self._add_times(self.bars[self.span.bar_of(hour)], processing, {})
        for hour, delay in stored.filter(delay__isnull=False).values_list("hour", "delay"):
            self._add_times(self.bars[self.span.bar_of(hour)], {}, delay or {})

    def _count_facts(self) -> None:
        for hour, tallies in not_counted_yet(self.span.since):
            bar = self.bars[self.span.bar_of(hour)]
            for (job, state, _, _, currency), found in tallies.items():
                if job in self.jobs:
                    bar.add(state, currency, found.count, found.new_orders, found.new_amount)
                    self._add_times(bar, found.processing, found.delay)

    @staticmethod
    def _add_times(bar: Bar, processing: histogram.Histogram, delay: histogram.Histogram) -> None:
        if processing:
            bar.processing = histogram.add([bar.processing, processing])
        if delay:
            bar.delay = histogram.add([bar.delay, delay])

    def _count_touches(self) -> None:
        touched = Judgement.objects.filter(
            TOUCHES, error__job__workflow=self.workflow, at__gte=self.span.since, at__lt=self.span.until
        )
        for at in touched.order_by().values_list("at", flat=True):
            self.bars[self.span.bar_of(at)].touches += 1

    def readings(self) -> Iterator[Reading]:
        if not self.jobs:
            for measure in MEASURED_HERE:
                yield not_yet(measure, "The workflow has no job yet.")
            return
        yield from self._times("processing", PROCESSING, "timed", self._no_orders)
        yield from self._times("delay", STOCK_DELAY, "told", self._no_stock)
        yield self._error_rate()
        yield from self._values()
        yield from self._stuck(Measure.VALUE_STUCK, Q())
        yield from self._stuck(Measure.VALUE_STUCK_SOON, promise_is_near("delivery__"), promised="near")
        yield self._touches()
        yield self._hours()

    def _total(self, name: str) -> int:
        return sum(getattr(bar, name) for bar in self.bars)

    def _rows(self, count: int, **query: str) -> links.Linked:
        return links.outcomes_of(count, self.workflow.pk, self.period, "", **query)

    def _times(
        self, name: str, measures: tuple[Measure, Measure], result: str, why_none: Callable[[], str]
    ) -> Iterator[Reading]:
        """Half took no longer, and 95 of 100."""
        all_times = histogram.add(getattr(bar, name) for bar in self.bars)
        rows = self._rows(sum(all_times.values()), result=result)
        for measure, share in zip(measures, (0.5, 0.95), strict=True):
            if not all_times:
                yield not_yet(measure, why_none())
                continue
            seconds = histogram.percentile(all_times, share)
            trend = [histogram.percentile(getattr(bar, name), share) for bar in self.bars]
            yield Reading(
                measure,
                _minutes(seconds),
                rows=rows,
                trend=of_trend([_minutes(value) for value in trend]),
            )

    def _no_stock(self) -> str:
        if "stock_level" not in self.jobs.values():
            return "None of its jobs carries stock."
        return "No channel was told of stock in this time."

    def _no_orders(self) -> str:
        if "order" not in self.jobs.values():
            return "None of its jobs carries orders."
        return "No new order was carried in this time."

    def _error_rate(self) -> Reading:
        delivered, failed = self._total("delivered"), self._total("failed")
        rate = per_hundred(failed, delivered + failed)
        if rate is None:
            return not_yet(Measure.ERROR_RATE, "Nothing had to be written in this time.")
        trend = [per_hundred(bar.failed, bar.delivered + bar.failed) for bar in self.bars]
        return Reading(
            Measure.ERROR_RATE,
            rate,
            rows=self._rows(delivered + failed, result="attempted"),
            trend=of_trend([*trend]),
        )

    def _values(self) -> Iterator[Reading]:
        currencies = sorted({currency for bar in self.bars for currency in bar.value})
        if not currencies:
            yield not_yet(Measure.VALUE_CARRIED, self._no_orders())
        for currency in currencies:
            count = sum(bar.orders_of[currency] for bar in self.bars)
            yield Reading(
                Measure.VALUE_CARRIED,
                sum((bar.value.get(currency, Decimal(0)) for bar in self.bars), Decimal(0)),
                currency,
                rows=self._rows(count, result="timed", currency=currency),
                trend=of_trend([bar.value.get(currency, Decimal(0)) for bar in self.bars]),
            )

    def _stuck(self, measure: Measure, condition: Q, **query: str) -> Iterator[Reading]:
        """As it stands now: there is no trend of what is open."""
        stuck = (
            ErrorRecord.objects.filter(
                condition, job__in=list(self.jobs), settled_at__isnull=True, amount__isnull=False
            )
            .exclude(currency="")
            .order_by()
            .values_list("currency")
            .annotate(MoneySum("amount"), Count("id"))
        )
        found = sorted(stuck)
        if not found:
            yield Reading(measure, Decimal(0), rows=links.unsettled(0, job__workflow=self.workflow.pk))
        for currency, amount, count in found:
            rows = links.unsettled(count, "", job__workflow=self.workflow.pk, currency=currency, **query)
            yield Reading(measure, amount, currency, rows=rows)

    def _touches(self) -> Reading:
        touches, orders = self._total("touches"), self._total("new_orders")
        if not orders:
            return not_yet(Measure.TOUCHES, self._no_orders())
        trend = [per_hundred(bar.touches, bar.new_orders) for bar in self.bars]
        return Reading(
            Measure.TOUCHES,
            per_hundred(touches, orders),
            rows=links.judgements(touches, self.workflow.pk, self.span.since, self.span.until),
            trend=of_trend([*trend]),
        )

    def _hours(self) -> Reading:
        minutes = self.workflow.minutes_per_record
        if minutes is None:
            why = "Enter at the workflow how many minutes a person took for one record."
            return not_yet(Measure.HOURS_SAVED, why)
        delivered = self._total("delivered")
        return Reading(
            Measure.HOURS_SAVED,
            delivered * minutes / 60,
            rows=self._rows(delivered, result=State.DELIVERED),
            trend=of_trend([bar.delivered * minutes / 60 for bar in self.bars]),
        )


PROCESSING = (Measure.PROCESSING, Measure.PROCESSING_SLOW)
STOCK_DELAY = (Measure.STOCK_DELAY, Measure.STOCK_DELAY_SLOW)
MEASURED_HERE: Collection[Measure] = (
    *PROCESSING,
    *STOCK_DELAY,
    Measure.ERROR_RATE,
    Measure.VALUE_CARRIED,
    Measure.VALUE_STUCK,
    Measure.VALUE_STUCK_SOON,
    Measure.TOUCHES,
    Measure.HOURS_SAVED,
)


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / MINUTE
