"""Has the stock of SKUs counted anew: when a unit was sold, when one of several rows changed, when a row is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from integrations.models import (
    Batch,
    Connection,
    Delivery,
    Door,
    ExternalId,
    Priority,
    State,
    StockFigure,
    SyncJob,
    SyncRun,
    UnitsInFlight,
)
from mappings.bundles import Parts, parts_of, touched
from mappings.fields import Sealed, encrypt_json
from mappings.records import StockLevel

from . import faults, shared_clock, stock_figures
from .bundles import parts_about
from .doorbell import ring
from .parcels import Parcel, to_plain
from .removed import FEW, too_many
from .rollout import is_in
from .rules import JobRules, rules_of
from .runs import open_run
from .stock_names import KIND, Key, carriers, name_carriers, name_of, resource_of


@dataclass(frozen=True)
class Cause:
    """Why it is counted anew. `is_sale`: a unit was sold or given back, and the other channels are told at once.
    `is_here`: in the very channel that is told, which counts its own sales off what it offers. `is_setting`: nothing
    happened, but the channel is to be told by other settings; it goes behind all else, and has no delay.

    Times are seconds since 1970: when it happened at the owner, and when the read that told it began.
    """

    is_sale: bool = False
    is_here: bool = False
    is_setting: bool = False
    occurred_at: float = 0.0
    read_at: float = 0.0


def recount(holder: Connection, skus: Iterable[str], sold_in: int | None = None) -> None:
    """Units of these SKUs were sold or given back, in the connection `sold_in` where one knows: queues whatever that
    changes, in every stock job that reads from `holder`. Call it inside the transaction that knows of it."""
    wanted = sorted(set(skus))
    if not wanted:
        return
    jobs = SyncJob.objects.filter(source=holder, kind=KIND).select_related("read_mapping", "write_mapping")
    for job in jobs.order_by("pk"):
        count_anew(job, wanted, Cause(is_sale=True, is_here=job.destination_id == sold_in))


def count_anew(job: SyncJob, skus: Iterable[str], cause: Cause) -> SyncRun | None:
    """Queues these SKUs, their parts, and the bundles that need one of these, as far as the owner tells of them.

    Returns the run to which they belong; None where there are none.
    """
    wanted = sorted(set(skus))
    parts = parts_about(wanted)
    keys = _keys(job, rules_of(job), touched(wanted, parts) | set(wanted), parts)
    return _queue(job, keys, dict.fromkeys(keys, cause))


def by_setting(job: SyncJob, skus: Collection[str]) -> Cause:
    """As the newest of the rows that these SKUs are counted from: it waits for the orders that may have sold of it."""
    parts = parts_about(skus)
    leaves = {leaf for sku in touched(skus, parts) | set(skus) for leaf in parts_of(sku, parts)}
    figures = StockFigure.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, sku__in=leaves
    )
    newest = figures.aggregate(at=Max("read_at"))["at"]
    return Cause(is_setting=True, read_at=newest.timestamp() if newest is not None else 0.0)


@dataclass(frozen=True)
class Told:
    """A row that came in, and which figure of the channel it belongs to."""

    parcel: Parcel
    level: StockLevel
    key: Key

    @property
    def cause(self) -> Cause:
        changed = self.level.updated_at
        occurred = changed.timestamp() if isinstance(changed, datetime) else self.parcel.received_at
        return Cause(occurred_at=occurred, read_at=self.parcel.read_at)


def told_by(job: SyncJob, rules: JobRules, parcels: Sequence[Parcel]) -> list[Told]:
    """What these parcels tell of stock; rows that are gone are named. Call it before the transaction."""
    stock_figures.name_removed(job, rules, parcels)
    return [
        Told(parcel, level, (str(level.sku), stock_figures.place_of(rules, level)))
        for parcel, level in stock_figures.levels_of(job, rules.read, parcels)
    ]


def take_in(job: SyncJob, rules: JobRules, told: Sequence[Told], parcels: Sequence[Parcel]) -> None:
    """Keeps these rows, and queues what is counted over several: a SKU whose Delivery another row carries, and bundles.

    Call it inside the transaction that accepts them.
    """
    if job.kind != KIND:
        return
    renamed = stock_figures.keep_figures(job, [(row.parcel, row.level) for row in told])
    gone = [parcel for parcel in parcels if parcel.deleted and parcel.sku]
    stock_figures.drop_figures(job, [parcel.external_id for parcel in gone])
    things = _things_of(job, [row.parcel.external_id for row in told])
    candidates: dict[Key, int | None] = {}
    for row in sorted(told, key=lambda row: row.parcel.external_id):
        candidates.setdefault(row.key, things.get(row.parcel.external_id))
    named = name_carriers(job, rules.write, candidates)
    carried = {row.key for row in told if named[row.key] == things.get(row.parcel.external_id)}
    causes = {row.key: row.cause for row in told if row.key not in carried}
    causes |= _bundles_with(told)
    _queue(job, {key: candidates.get(key) for key in causes}, causes)
    left = renamed | {parcel.sku for parcel in gone}
    if left:
        read_at = max(parcel.read_at for parcel in parcels)
        _count_what_is_left(job, rules, left, Cause(read_at=read_at))


def _bundles_with(told: Sequence[Told]) -> dict[Key, Cause]:
    parts = parts_about({row.key[0] for row in told})
    return {
        (bundle, row.key[1]): row.cause
        for bundle, needed in parts.items()
        for row in told
        if row.key[0] in needed
    }


def _count_what_is_left(job: SyncJob, rules: JobRules, skus: set[str], cause: Cause) -> None:
    """A row of these is gone: what the others tell counts from now on, or nothing."""
    count_anew(job, skus, cause)
    alone = [(sku, "") for sku in sorted(skus - stock_figures.figures_of(job, skus).keys())]
    _queue(job, carriers(job, rules.write, alone), dict.fromkeys(alone, cause))


def read_through(job: SyncJob) -> None:
    """The list was read to its end: orders that the owner had accepted before the read began are in its figures now,
    whichever of several rows they were taken from. Call it inside the transaction of the last page."""
    if job.kind != KIND or job.read_started_at is None:
        return
    seen = UnitsInFlight.objects.filter(holder_id=job.source_id, accepted_at__lt=job.read_started_at)
    if job.last_complete_read_at is not None:
        seen = seen.filter(accepted_at__gte=job.last_complete_read_at)
    skus = set(seen.order_by().values_list("sku", flat=True))
    parts = parts_about(skus)
    leaves = {leaf for sku in skus for leaf in parts_of(sku, parts)}
    several = {sku for sku, of_sku in stock_figures.figures_of(job, leaves).items() if len(of_sku) > 1}
    if several:
        count_anew(job, several, Cause(read_at=job.read_started_at.timestamp()))


def follow_not_shown(job: SyncJob) -> None:
    """A read of everything has ended that did not show some rows: their SKUs are counted without them.

    A SKU of which no row was shown is left to the job's rule for what is gone.
    """
    if job.kind != KIND or job.read_started_at is None:
        return
    gone = stock_figures.not_shown(job, job.read_started_at)
    total = StockFigure.objects.filter(connection_id=job.source_id, resource=job.source_resource).count()
    if len(gone) > FEW and len(gone) * 100 > total * job.removed_at_most_percent:
        faults.stop_job(job, too_many(job, len(gone), total), place="removed", connection_id=job.source_id)
        return
    if not gone:
        return
    cause = Cause(read_at=job.read_started_at.timestamp())
    others = SyncJob.objects.filter(
        source_id=job.source_id, source_resource=job.source_resource, kind=KIND
    ).select_related("read_mapping", "write_mapping")
    with transaction.atomic():
        stock_figures.drop_figures(job, [figure.external_id for figure in gone])
        for other in others.order_by("pk"):
            count_anew(other, {figure.sku for figure in gone}, cause)


def count_carried(job: SyncJob, thing_ids: Sequence[int]) -> int:
    """Queues what these Things carry and no row of the source shows (bundles). Returns how many."""
    skus = _carried(job, thing_ids)
    if skus:
        count_anew(job, skus, Cause(is_sale=True))
    return len(skus)


def let_in(job: SyncJob, thing_ids: Sequence[int]) -> int:
    """Queues what these Things carry, held back until now, as far as the rollout takes in its SKU. Returns how many."""
    skus = {sku for sku in _carried(job, thing_ids) if is_in(job, sku)}
    if skus:
        with transaction.atomic():
            count_anew(job, skus, by_setting(job, skus))
    return len(skus)


def _carried(job: SyncJob, thing_ids: Sequence[int]) -> set[str]:
    resource = resource_of(job, rules_of(job).write)
    names = ExternalId.objects.filter(connection_id=job.source_id, resource=resource, thing_id__in=thing_ids)
    return {name.partition(" @ ")[0] for name in names.values_list("external_id", flat=True)}


def _keys(job: SyncJob, rules: JobRules, skus: Collection[str], parts: Parts) -> dict[Key, int | None]:
    """Each SKU at each place where it, or a part of it, is told; with the Thing of the first such row."""
    figures = stock_figures.figures_of(job, {leaf for sku in skus for leaf in parts_of(sku, parts)})
    things = _things_of(job, [figure.external_id for of_sku in figures.values() for figure in of_sku])
    found: dict[Key, int | None] = {}
    places: dict[str, set[str]] = {}
    for sku, of_sku in figures.items():
        for figure in of_sku:
            place = stock_figures.place_of_figure(rules, figure)
            places.setdefault(sku, set()).add(place)
            if sku in skus and sku not in parts:
                found.setdefault((sku, place), things.get(figure.external_id))
    for bundle in sorted(set(skus) & parts.keys()):
        for place in sorted({place for leaf in parts[bundle] for place in places.get(leaf, ())}):
            found[bundle, place] = None
    return found


def _things_of(job: SyncJob, external_ids: Sequence[str]) -> dict[str, int]:
    return dict(
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=job.source_resource, external_id__in=external_ids
        ).values_list("external_id", "thing_id")
    )


def _queue(job: SyncJob, candidates: Mapping[Key, int | None], causes: Mapping[Key, Cause]) -> SyncRun | None:
    if not candidates:
        return None
    now = shared_clock.now()
    run = open_run(job, Door.RECOUNT)
    things = name_carriers(job, rules_of(job).write, candidates)
    Delivery.objects.bulk_create(
        [
            Delivery(job=job, thing_id=thing, state=State.QUEUED, state_since=now, accepted_at=now)
            for thing in sorted(set(things.values()))
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
            external_id=name_of(key),
            serial=serials[things[key]],
            payload={"sku": key[0], "location": key[1]} if key[1] else {"sku": key[0]},
            read_at=causes[key].read_at,
            received_at=now.timestamp(),
            recount=causes[key].is_sale,
            again=causes[key].is_here,
            thing=things[key],
            sku=key[0],
            place=key[1],
            occurred_at=causes[key].occurred_at,
            untimed=causes[key].is_setting,
        )
        for key in sorted(candidates)
    ]
    priority = _priority(causes.values())
    for start in range(0, len(parcels), job.batch_size):
        part = parcels[start : start + job.batch_size]
        Batch.objects.create(
            job=job,
            run=run,
            priority=priority,
            size=len(part),
            payloads=Sealed(encrypt_json(to_plain(part), compress=True)),
            created_at=now,
        )
    SyncRun.objects.filter(pk=run.pk).update(accepted=F("accepted") + len(parcels))
    ring("drain", job.pk)
    return run


def _priority(causes: Collection[Cause]) -> Priority:
    if all(cause.is_setting for cause in causes):
        return Priority.BACKFILL
    return Priority.FRESH if all(cause.is_sale for cause in causes) else Priority.ORDINARY
