"""What was booked since the last look is matched. Run by the clock; nothing calls it.

Rows of the books carry the time at which they were written and are committed some milliseconds later, in any order. A
look therefore begins LOOK_BACK before the last one ended, far longer than the longest transaction, and upserts: looking
twice changes nothing. A recount of the last days says whether anything was missed all the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.models import (
    Booked,
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedRefund,
    BookedShipment,
)
from integrations.sync import shared_clock
from monitoring.models import FeeRate, PaymentCheck

from . import fees
from .settle import Changed, settle

LOOK_BACK = timedelta(seconds=120)
PAGE = 250
# Disputes and payouts are asked for as long as this; an order that nobody paid for longer is an old story.
RECOUNTED = timedelta(days=90)
RECOUNTED_EVERY = timedelta(hours=20)
LEARNED_FROM = 400
LEARNED_EVERY = timedelta(days=1)

# Payments first: they tell which shops are covered.
SHELVES: tuple[tuple[type[Booked], str], ...] = (
    (BookedPayment, "payments"),
    (BookedOrder, "orders"),
    (BookedRefund, "refunds"),
    (BookedDispute, "disputes"),
    (BookedPayout, "payouts"),
    (BookedShipment, "shipments"),
)
log = logging.getLogger(__name__)


def check() -> PaymentCheck:
    row, _ = PaymentCheck.objects.get_or_create(pk=1)
    return row


def keep(deadline: float | None = None) -> datetime:
    """Matches what was booked since the last look; returns the time up to which all is matched. With a `deadline`
    (time.monotonic) a long backlog takes several looks."""
    now = shared_clock.now()
    before = check().read_until
    since = before - LOOK_BACK if before else None
    reached = now
    for model, name in SHELVES:
        reached = min(reached, _look(model, name, since, now, deadline))
    PaymentCheck.objects.filter(pk=1).update(read_until=reached)
    return reached


def _look(
    model: type[Booked], name: str, since: datetime | None, now: datetime, deadline: float | None
) -> datetime:
    for page in _pages(model, since, now):
        learn_rates([row for row in page if isinstance(row, BookedPayment)], now)
        settle(_changed(name, page), now)
        if deadline is not None and time.monotonic() > deadline:
            return page[-1].booked_at
    return now


def _pages(model: type[Booked], since: datetime | None, until: datetime) -> Iterator[list[Booked]]:
    rows = model._default_manager.order_by("booked_at", "pk").filter(booked_at__lte=until)
    at: tuple[datetime, int] | None = None
    while True:
        asked = rows
        if at is not None:
            asked = rows.filter(Q(booked_at__gt=at[0]) | Q(booked_at=at[0], pk__gt=at[1]))
        elif since is not None:
            asked = rows.filter(booked_at__gte=since)
        page = list(asked[:PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        at = page[-1].booked_at, page[-1].pk


def _changed(name: str, page: list[Booked]) -> Changed:
    if name == "shipments":
        numbers = {row.order_number for row in page if isinstance(row, BookedShipment) and row.order_number}
        return Changed(
            orders=set(BookedOrder.objects.filter(number__in=numbers).values_list("pk", flat=True))
        )
    return Changed(**{name: {row.pk for row in page}})


# What is done once a night.


def recount(deadline: float | None = None) -> int | None:
    """Matches the last days anew, and says how many rows were not as they had been kept; they are, afterwards. None
    where it is not due yet. Anything but 0 is told on the front page and in the log: something was missed."""
    now = shared_clock.now()
    last = check().recounted_at
    if last is not None and now - last < RECOUNTED_EVERY:
        return None
    # Of what was booked a moment ago the ordinary look may know nothing yet.
    until = min(check().read_until or now, now) - LOOK_BACK
    different = 0
    for model, name in SHELVES:
        for page in _pages(model, now - RECOUNTED, until):
            different += settle(_changed(name, page), now)
            if deadline is not None and time.monotonic() > deadline:
                log.warning("The recount of payments did not come to its end in time.")
                return different
    PaymentCheck.objects.filter(pk=1).update(recounted_at=now, recount_found=different)
    if different:
        log.error("The recount of payments found %d rows that had not been kept up to date.", different)
    return different


def learn_rates(payments: Iterable[BookedPayment], now: datetime) -> None:
    """What their providers keep in each currency, from the newest payments there; anew once a day. A rate that is
    as good as the last one is left as it was: nothing has to be judged anew."""
    known = {(row.connection_id, row.currency): row for row in FeeRate.objects.filter(is_learned=True)}
    told = {(row.source_id, row.currency) for row in payments if row.fee}
    for source, currency in sorted(told):
        last = known.get((source, currency))
        if last is not None and now - last.changed_at < LEARNED_EVERY:
            continue
        rows = BookedPayment.objects.filter(source=source, currency=currency, fee__gt=0, amount__gt=0)
        newest = rows.order_by("-booked_at", "-pk").values_list("amount", "fee")[:LEARNED_FROM]
        rate = fees.learn([(amount, fee) for amount, fee in newest if amount and fee], currency)
        if rate is not None and (last is None or not _alike(last, rate)):
            values = {"percent": rate.percent, "fixed": rate.fixed, "tolerance": rate.tolerance}
            FeeRate.objects.update_or_create(
                connection_id=source, currency=currency, is_learned=True, defaults=values
            )


def _alike(last: FeeRate, rate: fees.Rate) -> bool:
    near = abs(last.percent - rate.percent) <= fees.SMALLEST_PERCENT * 50
    return near and abs(last.fixed - rate.fixed) <= rate.tolerance
