"""Units in flight: sold in some channel, and not accepted yet by the system that will ship them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q

from integrations.models import Connection, SyncJob, UnitsInFlight
from mappings.records import units
from mappings.translate import Rules, read

from . import shared_clock
from .parcels import Parcel
from .stock_names import KIND
from .stock_recount import recount

# A stock write waits this long for the order reads that it needs, then goes on with what is known.
ORDERS_READ_WAIT = timedelta(minutes=2)
# Seconds until it is asked again whether they were read.
ASK_AGAIN = 2.0
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

    Bundles are written down as they were sold; the rule counts them in their parts. Call it inside the transaction
    that accepts the orders.
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
    recount(job.destination, changed, sold_in=job.source_id)


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
    jobs = _order_jobs(job).filter(behind)
    jobs = jobs.select_related("source", "destination", "read_mapping", "write_mapping")
    return [orders for orders in jobs if orders.source.enabled]


def orders_known_until(job: SyncJob) -> datetime | None:
    """Every sale up to then is known here; None where no order is read for this job's source."""
    found: datetime | None = (
        _order_jobs(job)
        .filter(source__enabled=True, last_complete_read_at__isnull=False)
        .aggregate(at=Min("last_complete_read_at"))["at"]
    )
    return found


def _order_jobs(job: SyncJob) -> Any:
    return SyncJob.objects.filter(
        destination_id=job.source_id, counts_units_in_flight=True, every_seconds__gt=0
    )


def prune_accepted() -> int:
    """Takes out rows that no figure still in use can need."""
    old = UnitsInFlight.objects.filter(
        accepted_at__lt=shared_clock.now() - KEEP_ACCEPTED, quantity__lte=F("accepted")
    )
    deleted, _ = old.delete()
    return deleted
