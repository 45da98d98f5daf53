"""Orders wait until they are paid: by the shop's own word, or by the books', where a provider's payment stands that the
shop has not heard of. What waits is held, as a rollout holds it, and goes on by itself once it is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q

from integrations.connectors.base import Item
from integrations.models import (
    BookedOrder,
    BookedPayment,
    Delivery,
    Door,
    ExternalId,
    Priority,
    State,
    SyncJob,
    may_work,
)
from mappings.records import Order, told
from mappings.search import normalise

from . import shared_clock
from .accept import accept
from .case import Case, Ending

PAID = ("paid", "partially_refunded")
# Who has not paid for so long does not pay any more; a newer version of the order is looked at all the same.
PATIENCE = timedelta(days=60)
AT_ONCE = 200
WAITS = "It is not paid yet: the shop says {}, and no provider's payment of it is booked. It goes on once it is paid."


def hold_unpaid(job: SyncJob, cases: Sequence[Case]) -> None:
    """Gives those that must wait an ending. What was delivered once goes on, as with a filter."""
    if not job.waits_for_payment:
        return
    waiting: dict[str, list[tuple[Case, Order]]] = defaultdict(list)
    for case in cases:
        order = case.record
        if not isinstance(order, Order) or case.destination_id is not None or _is_paid(order):
            continue
        waiting[normalise("order_number", told(order.number) or "")].append((case, order))
    paid = _paid_in_books(job, waiting)
    for number, rows in waiting.items():
        for case, order in rows:
            if not number or not _covers(paid[number], order):
                status = told(order.payment_status) or "nothing of a payment"
                case.ending = Ending(
                    State.HELD, WAITS.format(f"“{status}”" if order.payment_status else status)
                )


def _is_paid(order: Order) -> bool:
    """Also what costs nothing, and what is cancelled: a cancellation passes."""
    return (
        told(order.payment_status) in PAID
        or told(order.status) == "cancelled"
        or (isinstance(order.total, Decimal) and order.total <= 0)
    )


def _covers(sums: dict[str, Decimal], order: Order) -> bool:
    total, currency = told(order.total), told(order.currency)
    return bool(sums) and (total is None or sums.get(str(currency or "").upper(), Decimal(0)) >= total)


def _paid_in_books(job: SyncJob, numbers: Iterable[str]) -> dict[str, dict[str, Decimal]]:
    """Per order number what providers received, by currency. The shop's own word is not counted, nor is a number
    that two
    shops gave out: nobody knows whose payment it is."""
    wanted = [number for number in numbers if number]
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    if not wanted:
        return found
    others = set(
        BookedOrder.objects.filter(number__in=wanted)
        .exclude(source=job.source_id)
        .values_list("number", flat=True)
    )
    rows = BookedPayment.objects.filter(order_number__in=wanted, status__in=PAID, amount__isnull=False)
    for number, currency, amount in rows.exclude(source=job.source_id).values_list(
        "order_number", "currency", "amount"
    ):
        if number not in others:
            found[number][currency] += amount or Decimal(0)
    return found


# What the sweep does.


def release_paid() -> int:
    """Fetches again what waits and is paid by now, and queues it. Returns how many."""
    jobs = SyncJob.objects.filter(may_work(), waits_for_payment=True)
    related = ("source", "destination", "read_mapping", "write_mapping")
    return sum(_release(job) for job in jobs.select_related(*related))


def _release(job: SyncJob) -> int:
    since = shared_clock.now() - PATIENCE
    held = Delivery.objects.filter(job=job, state=State.HELD, state_since__gte=since)
    things = list(held.order_by("pk").values_list("thing_id", flat=True))
    released = 0
    for start in range(0, len(things), AT_ONCE):
        named = ExternalId.objects.filter(
            connection_id=job.source_id,
            resource=job.source_resource,
            thing_id__in=things[start : start + AT_ONCE],
        )
        ids = _paid_of(job, list(named.values_list("external_id", flat=True)))
        items = [Item(external_id=external_id, payload={}, partial=True) for external_id in ids]
        if items:
            now = shared_clock.now()
            done = accept(job, Door.RETRY, items, read_at=now, force=True, priority=Priority.FRESH)
            released += done.accepted
    return released


def _paid_of(job: SyncJob, external_ids: list[str]) -> list[str]:
    """By the books: the order must be booked too, for its number."""
    orders = BookedOrder.objects.filter(source=job.source_id, external_id__in=external_ids).exclude(number="")
    numbers = dict(orders.values_list("external_id", "number"))
    paid = _paid_in_books(job, numbers.values())
    covered = {
        row.external_id
        for row in orders.filter(Q(total__isnull=False))
        if paid.get(row.number, {}).get(row.currency, Decimal(0)) >= (row.total or Decimal(0))
        and row.number in paid
    }
    return [external_id for external_id in external_ids if external_id in covered]
