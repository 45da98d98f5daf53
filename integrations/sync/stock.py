"""The stock rule: a channel gets on hand − allocated − units in flight − buffer, and never less than nothing.

Units in flight are those of paid, uncancelled orders, from all channels, that the fulfilling system had not
accepted when its figure was read. A sale in one channel is therefore told to all the others at once, also while
the fulfilling system cannot be reached: its last figure is counted anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from integrations.models import (
    Batch,
    Connection,
    Delivery,
    Door,
    Priority,
    State,
    StockFigure,
    SyncJob,
    SyncRun,
    UnitsInFlight,
)
from mappings.fields import Sealed, encrypt_json
from mappings.records import ABSENT, StockLevel, units
from mappings.translate import Rules, read

from . import shared_clock
from .doorbell import ring
from .parcels import Parcel, digest_of, to_plain

KIND = "stock_level"
# A stock write waits this long for the order reads that it needs, then goes on with what is known.
ORDERS_READ_WAIT = timedelta(minutes=2)
# Rows of accepted orders are of no use to figures that were read later than this ago.
KEEP_ACCEPTED = timedelta(days=2)

Units = dict[str, dict[str, int]]


def units_of(job: SyncJob, rules: Rules, parcels: Sequence[Parcel]) -> Units:
    """External id → SKU → units still to be shipped. Pure: call it before the transaction."""
    if not job.counts_units_in_flight:
        return {}
    return {
        parcel.external_id: _units_of_one(rules, parcel.payload)
        for parcel in parcels
        if not parcel.partial and not parcel.deleted
    }


def _units_of_one(rules: Rules, payload: Any) -> dict[str, int]:
    record = read(rules, payload).record
    totals: dict[str, int] = defaultdict(int)
    if record is not None:
        for sku, quantity in units(record):
            totals[sku] += int(quantity)
    return dict(totals)


def hold_units(job: SyncJob, sold: Units, delivery_ids: dict[str, int]) -> None:
    """Writes down the units of these orders, and has the stock of their SKUs counted anew.

    Call it inside the transaction that accepts the orders.
    """
    if not sold:
        return
    ids = {delivery_ids[external_id]: by_sku for external_id, by_sku in sold.items()}
    before = {(row.delivery_id, row.sku): row for row in UnitsInFlight.objects.filter(delivery_id__in=ids)}
    changed: set[str] = set()
    rows = []
    for delivery_id, by_sku in ids.items():
        for sku, quantity in by_sku.items():
            old = before.pop((delivery_id, sku), None)
            if old is None or old.quantity != quantity:
                changed.add(sku)
                rows.append(
                    UnitsInFlight(
                        delivery_id=delivery_id, holder_id=job.destination_id, sku=sku, quantity=quantity
                    )
                )
    # What is left stood in an older version of its order and does not stand in this one.
    for row in before.values():
        changed.add(row.sku)
    UnitsInFlight.objects.filter(pk__in=[row.pk for row in before.values()]).delete()
    UnitsInFlight.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["delivery", "sku"], update_fields=["quantity"]
    )
    recount(job.destination, changed)


def recount(holder: Connection, skus: Iterable[str]) -> None:
    """Queues the last figures of these SKUs for every stock job that reads from `holder`."""
    wanted = list(skus)
    if not wanted:
        return
    figures = list(StockFigure.objects.filter(connection=holder, sku__in=wanted))
    for job in SyncJob.objects.filter(source=holder, kind=KIND).order_by("pk"):
        mine = [figure for figure in figures if figure.resource == job.source_resource]
        if mine:
            _queue(job, mine)
            ring("drain", job.pk)


def _queue(job: SyncJob, figures: Sequence[StockFigure]) -> None:
    from .accept import things_for
    from .runs import open_run

    now = shared_clock.now()
    run = open_run(job, Door.RECOUNT)
    things = things_for(job.source_id, job.source_resource, KIND, [figure.external_id for figure in figures])
    Delivery.objects.bulk_create(
        [
            Delivery(job=job, thing_id=thing, state=State.QUEUED, state_since=now, accepted_at=now)
            for thing in sorted(things.values())
        ],
        ignore_conflicts=True,
    )
    serials = dict(
        Delivery.objects.filter(job=job, thing_id__in=things.values()).values_list(
            "thing_id", "accepted_serial"
        )
    )
    parcels = [
        Parcel(
            external_id=figure.external_id,
            serial=serials[things[figure.external_id]],
            version=figure.version,
            payload=figure.payload,
            digest=digest_of(figure.payload),
            read_at=figure.read_at.timestamp(),
            received_at=now.timestamp(),
            recount=True,
        )
        for figure in figures
    ]
    Batch.objects.create(
        job=job,
        run=run,
        priority=Priority.FRESH,
        size=len(parcels),
        payloads=Sealed(encrypt_json(to_plain(parcels), compress=True)),
        created_at=now,
    )
    SyncRun.objects.filter(pk=run.pk).update(accepted=F("accepted") + len(parcels))


@dataclass(frozen=True)
class Offer:
    """What a channel may sell of one row, and why."""

    available: int
    in_flight: int


def offers(job: SyncJob, rows: Sequence[tuple[StockLevel, datetime]]) -> list[Offer]:
    """The rule, for rows read at the given times. One query, whatever the number of rows."""
    skus = [row.sku for row, _ in rows if isinstance(row.sku, str)]
    in_flight: dict[str, list[UnitsInFlight]] = defaultdict(list)
    for order in UnitsInFlight.objects.filter(holder_id=job.source_id, sku__in=skus):
        in_flight[order.sku].append(order)
    return [_offer(job, row, read_at, in_flight) for row, read_at in rows]


def _offer(
    job: SyncJob, row: StockLevel, read_at: datetime, in_flight: dict[str, list[UnitsInFlight]]
) -> Offer:
    units_on_their_way = sum(_unseen(order, read_at) for order in in_flight.get(str(row.sku), []))
    sellable = _number(row.on_hand) - _number(row.allocated)
    available = int(sellable) - units_on_their_way - job.stock_buffer
    return Offer(max(available, 0), units_on_their_way)


def _unseen(order: UnitsInFlight, read_at: datetime) -> int:
    """How many of the order's units a figure read at `read_at` still counts as there."""
    if order.accepted_at is None or order.accepted_at >= read_at:
        return max(order.quantity, order.accepted)
    return max(order.quantity - order.accepted, 0)


def take_newest_figures(job: SyncJob, parcels: Sequence[Parcel]) -> None:
    """What is counted anew is counted on the figure known now: since it was queued, a newer one may have come in."""
    anew = {parcel.external_id: parcel for parcel in parcels if parcel.recount}
    if not anew:
        return
    for figure in StockFigure.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, external_id__in=anew
    ):
        parcel = anew[figure.external_id]
        parcel.payload, parcel.version = figure.payload, figure.version
        parcel.digest, parcel.read_at = digest_of(figure.payload), figure.read_at.timestamp()


def _number(value: Any) -> Decimal:
    return Decimal(0) if value is ABSENT or value is None else Decimal(value)


def keep_figures(job: SyncJob, rows: Sequence[tuple[Parcel, StockLevel]]) -> None:
    """Keeps the last figure of each row, so that it can be counted anew. Older readings never replace newer ones."""
    fresh = [(parcel, level) for parcel, level in rows if not parcel.recount and isinstance(level.sku, str)]
    if not fresh:
        return
    newest = dict(
        StockFigure.objects.filter(
            connection_id=job.source_id,
            resource=job.source_resource,
            external_id__in=[parcel.external_id for parcel, _ in fresh],
        ).values_list("external_id", "read_at")
    )
    figures = [
        StockFigure(
            connection_id=job.source_id,
            resource=job.source_resource,
            external_id=parcel.external_id,
            sku=str(level.sku),
            payload=parcel.payload,
            version=parcel.version,
            read_at=datetime.fromtimestamp(parcel.read_at, UTC),
        )
        for parcel, level in sorted(fresh, key=lambda row: row[0].external_id)
        if parcel.external_id not in newest or newest[parcel.external_id].timestamp() <= parcel.read_at
    ]
    StockFigure.objects.bulk_create(
        figures,
        update_conflicts=True,
        unique_fields=["connection", "resource", "external_id"],
        update_fields=["sku", "payload", "version", "read_at"],
    )


def release_units(delivery_ids: Sequence[int]) -> None:
    """The fulfilling system has the newest version of these orders: its later figures have seen their units."""
    rows = UnitsInFlight.objects.filter(delivery_id__in=delivery_ids)
    more = Q(accepted_at__isnull=True) | Q(accepted__lt=F("quantity"))
    rows.filter(more).update(accepted=F("quantity"), accepted_at=shared_clock.now())
    # Fewer than before: a figure read in between has seen the others, and must not be told to count them again.
    rows.filter(accepted__gt=F("quantity")).update(accepted=F("quantity"))


def forget_units(delivery_ids: Sequence[int]) -> None:
    """A person decided that these orders do not go to the fulfilling system: their units are free again."""
    rows = UnitsInFlight.objects.filter(delivery_id__in=delivery_ids)
    freed: dict[int, set[str]] = defaultdict(set)
    for holder_id, sku in rows.values_list("holder_id", "sku"):
        freed[holder_id].add(sku)
    rows.delete()
    for holder in Connection.objects.filter(pk__in=freed).order_by("pk"):
        recount(holder, sorted(freed[holder.pk]))


def orders_to_read_first(job: SyncJob, figures_read_at: datetime) -> list[SyncJob]:
    """Order jobs into this job's source whose orders were not read since its figures were.

    A unit that was sold before the figure was read would otherwise be offered again.
    """
    if job.kind != KIND or shared_clock.now() - figures_read_at > ORDERS_READ_WAIT:
        return []
    behind = Q(last_complete_read_at__isnull=True) | Q(last_complete_read_at__lt=figures_read_at)
    jobs = SyncJob.objects.filter(
        behind, destination_id=job.source_id, counts_units_in_flight=True, every_seconds__gt=0
    ).select_related("source", "destination", "read_mapping", "write_mapping")
    return [orders for orders in jobs if orders.source.enabled]


def prune_accepted() -> int:
    """Takes out rows that no figure still in use can need."""
    old = UnitsInFlight.objects.filter(
        accepted_at__lt=shared_clock.now() - KEEP_ACCEPTED, quantity__lte=F("accepted")
    )
    deleted, _ = old.delete()
    return deleted
