"""Notes which orders their source calls shipped while no parcel of them is known here: `monitoring` lists them.

An order's Thing knows whether any job has seen a parcel of it. The order's Delivery knows since when the source calls
it shipped without one. Neither is taken back: that nobody misses the parcel any more is seen from both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q

from integrations.models import ExternalId, SearchKey, SyncJob, Thing
from mappings.records import Order, Shipment, told
from mappings.search import keyed_hash
from mappings.shipping import is_called_shipped

from . import shared_clock
from .case import Case

# Of an order that nobody can say the age of: from before any job.
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


def note(job: SyncJob, cases: Sequence[Case]) -> None:
    """Call it outside of transactions, once the cases were read."""
    if job.kind == "order":
        _note_orders(job, [case for case in cases if isinstance(case.as_read, Order)])
    elif job.kind == "shipment":
        _note_parcels(job, [case.as_read for case in cases if isinstance(case.as_read, Shipment)])


def began(job: SyncJob) -> datetime:
    """What was shipped before then was never this job's to follow."""
    return job.launched_at or job.created_at


def _note_orders(job: SyncJob, cases: Sequence[Case]) -> None:
    shipped = []
    for case in cases:
        assert isinstance(case.as_read, Order)  # chosen so
        case.called_shipped = is_called_shipped(case.as_read)
        if case.called_shipped:
            shipped.append(case)
    known = _with_parcels(job, shipped) if shipped else set()
    for case in shipped:
        if case.delivery.thing_id not in known:
            case.called_shipped_at = case.delivery.called_shipped_at or _since(job, case)


def _since(job: SyncJob, case: Case) -> datetime:
    """Now; but what we never carried and is older than the job was shipped without us."""
    now = shared_clock.now()
    if case.delivery.first_delivered_at is not None:
        return now
    placed_at: datetime | None = told(case.as_read.placed_at) if isinstance(case.as_read, Order) else None
    if placed_at is None:
        return UNKNOWN
    return placed_at if placed_at < began(job) else now


def _with_parcels(job: SyncJob, cases: Sequence[Case]) -> set[int]:
    """The Things of which a parcel is known, or cannot be known: those from before parcels were watched.

    A parcel that came in before its order, and tells only the number, is found by that.
    """
    things = {case.delivery.thing_id for case in cases}
    known = Thing.objects.filter(pk__in=things).filter(Q(has_parcel=True) | Q(has_parcel__isnull=True))
    found = set(known.values_list("pk", flat=True))
    numbers = _by_number(case.as_read for case in cases if case.delivery.thing_id not in found)
    if numbers:
        parcels = SearchKey.objects.filter(
            kind="order_number",
            digest__in=numbers,
            thing__deliveries__job__kind="shipment",
            thing__deliveries__job__destination_id=job.source_id,
        )
        there = set(parcels.values_list("digest", flat=True))
        found |= {case.delivery.thing_id for case in cases if _by_number([case.as_read]) & there}
    return found


def expect_none(orders: Iterable[int]) -> None:
    """A person says of these Things that no parcel is coming: they count as if theirs were known."""
    with transaction.atomic():
        _mark(set(orders))


def _note_parcels(job: SyncJob, shipments: Sequence[Shipment]) -> None:
    """A label that was given back is no parcel."""
    sent = [one for one in shipments if told(one.status) != "cancelled"]
    orders = _named_by_id(job, sent) | _named_by_number(job, sent)
    if not orders:
        return
    with transaction.atomic():
        _mark(orders)


def _mark(orders: set[int]) -> None:
    # Locked in order: two workers with the same orders would wait for each other.
    unmarked = Thing.objects.filter(pk__in=orders, has_parcel=False).order_by("pk")
    marked = list(unmarked.select_for_update().values_list("pk", flat=True))
    if marked:
        Thing.objects.filter(pk__in=marked).update(has_parcel=True)


def _named_by_id(job: SyncJob, shipments: Sequence[Shipment]) -> set[int]:
    ids = {order for one in shipments if (order := told(one.order_id))}
    named = ExternalId.objects.filter(connection_id=job.source_id, external_id__in=ids, thing__kind="order")
    return set(named.values_list("thing_id", flat=True)) if ids else set()


def _named_by_number(job: SyncJob, shipments: Sequence[Shipment]) -> set[int]:
    """Two shops may give out the same number: only orders that one of both systems knows are meant."""
    numbers = _by_number(shipments)
    if not numbers:
        return set()
    named = SearchKey.objects.filter(
        kind="order_number",
        digest__in=numbers,
        thing__kind="order",
        thing__external_ids__connection_id__in=(job.source_id, job.destination_id),
    )
    return set(named.values_list("thing_id", flat=True))


def _by_number(records: Iterable[object]) -> set[str]:
    found: set[str] = set()
    for record in records:
        number = told(getattr(record, "number" if isinstance(record, Order) else "order_number", None))
        if number:
            found.add(keyed_hash("order_number", number))
    return found
