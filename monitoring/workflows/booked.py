"""What the books tell of a workflow's shops: sales, who comes back, tickets. Lately, and as long before the launch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from integrations.models import Measure, SyncJob, Workflow
from integrations.models.books import BookedOrder, BookedTicket
from integrations.sync.measures import about_orders
from monitoring import links
from monitoring.booked_hours import Numbers, between, summed
from monitoring.periods import Span

from .readings import Reading, not_yet, of_trend, per_hundred

BOOKS = "books"


class Booked:
    """All figures of a workflow that come from the books."""

    def __init__(self, workflow: Workflow, span: Span, before: Span | None) -> None:
        self.span, self.before = span, before
        self.sources = shops(workflow)
        self.orders = sold(self.sources)
        self.lately = list(between(self.sources, span.since, span.until)) if self.sources else []
        self.earlier = summed(between(self.sources, before.since, before.until)) if before else {}

    def readings(self) -> Iterator[Reading]:
        if not self.orders.exists():
            why = (
                "The books have no orders of its shops. Make a job from the shop to “Crossdock's own books”."
            )
            for measure in (Measure.SALES, Measure.ORDER_VALUE, Measure.REPEAT_PURCHASES, Measure.TICKETS):
                yield not_yet(measure, why)
            return
        yield from self._money()
        yield self._repeat()
        yield self._tickets()

    def _rows(self, count: int, **query: object) -> links.Linked:
        sources = ",".join(str(source) for source in self.sources)
        return links.booked(
            "bookedorder", count, self.span.since, self.span.until, "placed_at", source__in=sources, **query
        )

    def _money(self) -> Iterator[Reading]:
        lately = {currency: found for currency, found in summed(iter(self.lately)).items() if found.valued}
        if not lately:
            for measure in (Measure.SALES, Measure.ORDER_VALUE):
                yield not_yet(measure, "Nothing was sold in this time.")
        bars = self._bars()
        for currency, found in sorted(lately.items()):
            rows = self._rows(found.valued, sold="yes", currency=currency)
            before = self.earlier.get(currency, Numbers())
            trend = bars[currency]
            yield Reading(
                Measure.SALES,
                found.value,
                currency,
                rows=rows,
                before=before.value if before.valued else None,
                trend=of_trend([bar.value for bar in trend]),
            )
            yield Reading(
                Measure.ORDER_VALUE,
                found.value / found.valued,
                currency,
                rows=rows,
                before=_average(before),
                trend=of_trend([_average(bar) for bar in trend]),
            )

    def _bars(self) -> dict[str, list[Numbers]]:
        found: dict[str, list[Numbers]] = {}
        for hour, currency, numbers in self.lately:
            bars = found.setdefault(currency, [Numbers() for _ in range(self.span.bars)])
            bars[self.span.bar_of(hour)].add(numbers)
        return found

    def _repeat(self) -> Reading:
        found = _together(summed(iter(self.lately)))
        if not found.known:
            return not_yet(
                Measure.REPEAT_PURCHASES, "No order of this time tells who bought: map the customer's e-mail."
            )
        before = _together(self.earlier)
        return Reading(
            Measure.REPEAT_PURCHASES,
            per_hundred(found.again, found.known),
            rows=self._rows(found.known, sold="known"),
            before=per_hundred(before.again, before.known),
        )

    def _tickets(self) -> Reading:
        if not BookedTicket.objects.exists():
            why = "The books have no tickets. Make a job from the help desk to “Crossdock's own books”."
            return not_yet(Measure.TICKETS, why)
        orders = _together(summed(iter(self.lately))).orders
        if not orders:
            return not_yet(Measure.TICKETS, "Nothing was sold in this time.")
        tickets = about_orders(_between(BookedTicket.objects.all(), self.span, "created_at")).count()
        before = None
        if self.before:
            earlier = about_orders(_between(BookedTicket.objects.all(), self.before, "created_at")).count()
            before = per_hundred(earlier, _together(self.earlier).orders)
        return Reading(
            Measure.TICKETS,
            per_hundred(tickets, orders),
            rows=links.booked(
                "bookedticket", tickets, self.span.since, self.span.until, "created_at", about="order"
            ),
            before=before,
        )


def shops(workflow: Workflow) -> list[int]:
    """The systems whose sales this workflow is about: what its order jobs read, else all that it touches and that has
    orders in the books."""
    jobs = SyncJob.objects.filter(workflow=workflow)
    reads_orders = jobs.filter(kind="order").exclude(source__platform=BOOKS).values_list("source", flat=True)
    touched = set(reads_orders) or {end for ends in jobs.values_list("source", "destination") for end in ends}
    return sorted(source for source in touched if BookedOrder.objects.filter(source=source).exists())


def sold(sources: list[int]) -> QuerySet[BookedOrder]:
    """Orders that count as sold: not cancelled."""
    return BookedOrder.objects.filter(source__in=sources, cancelled_at__isnull=True).exclude(
        status="cancelled"
    )


def _between(rows: QuerySet[Any], span: Span, moment: str) -> QuerySet[Any]:
    return rows.filter(**{f"{moment}__gte": span.since, f"{moment}__lt": span.until})


def _together(by_currency: dict[str, Numbers]) -> Numbers:
    """Orders of all currencies: they are counted, their values are not."""
    found = Numbers()
    for numbers in by_currency.values():
        found.add(Numbers(orders=numbers.orders, known=numbers.known, again=numbers.again))
    return found


def _average(of: Numbers) -> Decimal | None:
    return of.value / of.valued if of.valued else None
