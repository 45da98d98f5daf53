"""Orders wait until they are paid: by the shop's own word, or by the books', where a provider's payment stands that the
shop has not heard of. What waits is held, as a rollout holds it, and goes on by itself once it is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q

from integrations.connectors.base import Item
from integrations.models import (
    AwaitedPayment,
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
from .rollout import is_in

PAID = ("paid", "partially_refunded")
# Who has not paid for so long does not pay any more; a newer version of the order is looked at all the same.
PATIENCE = timedelta(days=60)
AT_ONCE = 200
# With it begins the reason of each that is held so.
UNPAID = "It is not paid yet"
WAITS = UNPAID + ": the shop says {}, and no provider's payment of it is booked. It goes on once it is paid."
# What the shop says of money that was given back or let go, or that was never to come.
GONE: Final = {
    "refunded": "It was refunded before it went",
    "voided": "Its payment was voided before it went",
    "cancelled": "Its payment was cancelled before it went",
}
NOT_SENT: Final = (
    "{}: the shop says “{}”. Nothing is sent. Cancel the order in the shop if that was not done. If it is to go "
    "all the same, have it paid anew: once the shop says that it is paid, it goes."
)
AWAITED = ["external_id", "number", "total", "currency"]


@dataclass(frozen=True)
class Wanted:
    """What the payment of an order must say and come to; any sum will do where the shop tells no total."""

    external_id: str
    number: str
    total: Decimal | None
    currency: str

    def is_covered_by(self, received: Mapping[str, Decimal]) -> bool:
        return bool(received) and (
            self.total is None or received.get(self.currency, Decimal(0)) >= self.total
        )


def hold_unpaid(job: SyncJob, cases: Sequence[Case], *, stores: bool = False) -> None:
    """Gives those that must wait an ending. What was delivered once goes on, as with a filter.

    `stores`: what they wait for is kept, by which `release_paid` finds them.
    """
    if not job.waits_for_payment:
        return
    unpaid = [
        (case, case.record)
        for case in cases
        if isinstance(case.record, Order) and case.destination_id is None and not _is_paid(case.record)
    ]
    wanted = [_wanted(case, order) for case, order in unpaid]
    received = received_for(job, wanted)
    waiting = []
    for (case, order), asked in zip(unpaid, wanted, strict=True):
        if not asked.is_covered_by(received[asked.external_id]):
            case.ending = Ending(State.HELD, _why(order))
            waiting.append((case, asked))
    if stores and waiting:
        _keep(waiting)


def _why(order: Order) -> str:
    status = told(order.payment_status)
    if status in GONE:
        return NOT_SENT.format(GONE[status], status)
    return WAITS.format(f"“{status}”" if status else "nothing of a payment")


def _is_paid(order: Order) -> bool:
    """Also what costs nothing, and what is cancelled: a cancellation passes."""
    return (
        told(order.payment_status) in PAID
        or told(order.status) == "cancelled"
        or (isinstance(order.total, Decimal) and order.total <= 0)
    )


def _wanted(case: Case, order: Order) -> Wanted:
    return Wanted(
        case.parcel.external_id,
        normalise("order_number", told(order.number) or ""),
        told(order.total),
        str(told(order.currency) or "").upper(),
    )


def _keep(waiting: Sequence[tuple[Case, Wanted]]) -> None:
    made = [
        AwaitedPayment(
            delivery_id=case.delivery.pk,
            external_id=asked.external_id,
            number=asked.number[:120],
            total=asked.total,
            currency=asked.currency[:3],
        )
        for case, asked in waiting
    ]
    AwaitedPayment.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["delivery"], update_fields=AWAITED
    )


def received_for(job: SyncJob, wanted: Sequence[Wanted]) -> dict[str, dict[str, Decimal]]:
    """By the order's id in the shop: what providers received for it, by currency.

    A payment belongs to the order whose id it names, else to the one whose number it names. The shop's own word is
    not counted, nor is a name that two shops gave out: nobody knows whose payment it is.
    """
    by_id = {asked.external_id: asked for asked in wanted}
    by_number = {asked.number: asked for asked in wanted if asked.number}
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    if not wanted:
        return found
    foreign = _of_other_shops(job, by_id, by_number)
    named = Q(order_external_id__in=by_id) | Q(order_number__in=by_number)
    payments = BookedPayment.objects.filter(named, status__in=PAID, amount__isnull=False)
    told_of = list(
        payments.exclude(source=job.source_id).values_list(
            "order_external_id", "order_number", "currency", "amount"
        )
    )
    other_ids = _ids_of_this_shop(job, {named_id for named_id, *_ in told_of if named_id not in by_id})
    for named_id, number, currency, amount in told_of:
        if named_id in by_id and ("id", named_id) not in foreign:
            asked = by_id[named_id]
        elif number in by_number and ("number", number) not in foreign and named_id not in other_ids:
            asked = by_number[number]
        else:
            continue
        found[asked.external_id][currency] += amount or Decimal(0)
    return found


def _of_other_shops(
    job: SyncJob, by_id: Mapping[str, Wanted], by_number: Mapping[str, Wanted]
) -> set[tuple[str, str]]:
    """Ids and numbers that another shop has too."""
    shops = (
        SyncJob.objects.filter(kind="order").exclude(source=job.source_id).values_list("source", flat=True)
    )
    others = BookedOrder.objects.exclude(source=job.source_id)
    numbers = others.filter(number__in=by_number).values_list("number", flat=True)
    ids = others.filter(source__in=set(shops), external_id__in=by_id).values_list("external_id", flat=True)
    return {("number", number) for number in numbers} | {("id", name) for name in ids}


def _ids_of_this_shop(job: SyncJob, names: set[str]) -> set[str]:
    """Those that are the id of another order of this shop: a payment with both belongs to the id's."""
    known = ExternalId.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, external_id__in=names - {""}
    )
    return set(known.values_list("external_id", flat=True))


# What the sweep does.


def release_paid() -> int:
    """Fetches again what waits and is paid by now, and queues it. Returns how many."""
    jobs = SyncJob.objects.filter(may_work(), waits_for_payment=True)
    related = ("source", "destination", "read_mapping", "write_mapping")
    return sum(_release(job) for job in jobs.select_related(*related))


def _release(job: SyncJob) -> int:
    released = 0
    for ids in _to_fetch(job):
        items = [Item(external_id=external_id, payload={}, partial=True) for external_id in ids]
        if items:
            now = shared_clock.now()
            done = accept(job, Door.RETRY, items, read_at=now, force=True, priority=Priority.FRESH)
            released += done.accepted
    return released


def _to_fetch(job: SyncJob) -> Iterator[list[str]]:
    """What is paid by the books, and what was held before it was kept what it waits for: that is asked once more."""
    since = shared_clock.now() - PATIENCE
    held = Delivery.objects.filter(job=job, state=State.HELD, state_since__gte=since)
    last = 0
    while group := list(
        AwaitedPayment.objects.filter(delivery__in=held, delivery__gt=last).order_by("delivery")[:AT_ONCE]
    ):
        last = group[-1].delivery_id
        wanted = [Wanted(row.external_id, row.number, row.total, row.currency) for row in group]
        received = received_for(job, wanted)
        yield [asked.external_id for asked in wanted if asked.is_covered_by(received[asked.external_id])]
    things = held.filter(awaited_payment__isnull=True).values_list("thing_id", flat=True)[:AT_ONCE]
    older = ExternalId.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, thing_id__in=list(things)
    )
    ids = list(older.values_list("external_id", flat=True))
    yield [external_id for external_id in ids if is_in(job, external_id)]
