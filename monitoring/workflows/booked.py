"""What the books tell of a workflow's shops: sales, who comes back, tickets. Lately, and as long before the launch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncHour

from integrations.models import Measure, SyncJob, Workflow
from integrations.models.books import BookedOrder, BookedTicket
from integrations.sync.measures import SOLD_TO_KNOWN, SOLD_WITH_VALUE, about_orders
from monitoring import links

from .readings import Reading, not_yet, of_trend, per_hundred
from .spans import Span

BOOKS = "books"


class Booked:
    """All figures of a workflow that come from the books."""

    def __init__(self, workflow: Workflow, span: Span, before: Span | None) -> None:
        self.span, self.before = span, before
        self.sources = shops(workflow)
        self.orders = sold(self.sources)

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
        lately = _by_currency(self.orders, self.span)
        earlier = _by_currency(self.orders, self.before) if self.before else {}
        if not lately:
            for measure in (Measure.SALES, Measure.ORDER_VALUE):
                yield not_yet(measure, "Nothing was sold in this time.")
        bars = _bars_by_currency(self.orders, self.span)
        for currency, (total, count) in lately.items():
            rows = self._rows(count, sold="yes", currency=currency)
            sold_before, orders_before = earlier.get(currency, (None, 0))
            trend = bars[currency]
            yield Reading(
                Measure.SALES,
                total,
                currency,
                rows=rows,
                before=sold_before,
                trend=of_trend([amount for amount, _ in trend]),
            )
            yield Reading(
                Measure.ORDER_VALUE,
                total / count,
                currency,
                rows=rows,
                before=sold_before / orders_before if sold_before is not None and orders_before else None,
                trend=of_trend([amount / number if number else None for amount, number in trend]),
            )

    def _repeat(self) -> Reading:
        again, known = _repeat(self.orders, self.span)
        if not known:
            return not_yet(
                Measure.REPEAT_PURCHASES, "No order of this time tells who bought: map the customer's e-mail."
            )
        before = per_hundred(*_repeat(self.orders, self.before)) if self.before else None
        return Reading(
            Measure.REPEAT_PURCHASES,
            per_hundred(again, known),
            rows=self._rows(known, sold="known"),
            before=before,
        )

    def _tickets(self) -> Reading:
        if not BookedTicket.objects.exists():
            why = "The books have no tickets. Make a job from the help desk to “Crossdock's own books”."
            return not_yet(Measure.TICKETS, why)
        orders = _between(self.orders, self.span, "placed_at").count()
        if not orders:
            return not_yet(Measure.TICKETS, "Nothing was sold in this time.")
        tickets = about_orders(_between(BookedTicket.objects.all(), self.span, "created_at")).count()
        before = None
        if self.before:
            earlier = about_orders(_between(BookedTicket.objects.all(), self.before, "created_at")).count()
            before = per_hundred(earlier, _between(self.orders, self.before, "placed_at").count())
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


def bought_before() -> Exists:
    """The same person has an earlier order in the books, of whatever shop."""
    earlier = BookedOrder.objects.filter(
        person=OuterRef("person"), placed_at__lt=OuterRef("placed_at"), cancelled_at__isnull=True
    )
    return Exists(earlier)


def _between(rows: QuerySet[Any], span: Span, moment: str) -> QuerySet[Any]:
    return rows.filter(**{f"{moment}__gte": span.since, f"{moment}__lt": span.until})


def _by_currency(orders: QuerySet[BookedOrder], span: Span) -> dict[str, tuple[Decimal, int]]:
    rows = _between(orders, span, "placed_at").filter(SOLD_WITH_VALUE)
    sums = rows.order_by("currency").values_list("currency").annotate(Sum("total"), Count("pk"))
    return {currency: (total, count) for currency, total, count in sums}


def _bars_by_currency(orders: QuerySet[BookedOrder], span: Span) -> dict[str, list[tuple[Decimal, int]]]:
    rows = _between(orders, span, "placed_at").filter(SOLD_WITH_VALUE)
    by_hour = rows.order_by().annotate(hour=TruncHour("placed_at")).values_list("hour", "currency")
    found: dict[str, list[tuple[Decimal, int]]] = {}
    for hour, currency, total, count in by_hour.annotate(Sum("total"), Count("pk")):
        bars = found.setdefault(currency, [(Decimal(0), 0)] * span.bars)
        place = span.bar_of(hour)
        bars[place] = (bars[place][0] + total, bars[place][1] + count)
    return found


def _repeat(orders: QuerySet[BookedOrder], span: Span) -> tuple[int, int]:
    """Orders of people who had bought before, and of all people who are known. A renewal is nobody's choice."""
    known = _between(orders, span, "placed_at").filter(SOLD_TO_KNOWN)
    return known.filter(bought_before()).count(), known.count()
