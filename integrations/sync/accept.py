"""Every door ends here: source payloads become Batches and the position moves, in ONE transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import F

from integrations.connectors.base import Item
from integrations.models import (
    Batch,
    Delivery,
    Door,
    ExternalId,
    Priority,
    Removed,
    State,
    SyncJob,
    SyncRun,
)
from mappings.fields import Sealed

from . import rows, shared_clock, stock_figures, stock_recount, stock_units
from .card_data import stripped
from .doorbell import ring
from .echoes import heed_our_writes
from .parcels import Parcel, digest_of, seal
from .removed import note_seen
from .rules import JobRules, rules_of
from .runs import open_run
from .things import things_for

# Clocks and the cutting of times to seconds or minutes differ by less.
YOUNG = timedelta(seconds=120)
# So far the clocks of systems that keep time lie apart.
APART = timedelta(seconds=2)
PRIORITIES = {Door.WEBHOOK: Priority.FRESH, Door.PARTNER: Priority.FRESH}


ACCEPTED = (
    "job_id",
    "thing_id",
    "state",
    "state_since",
    "accepted_version",
    "accepted_digest",
    "accepted_mapping",
    "accepted_at",
    "accepted_serial",
    "seen_at",
)
# What a new Delivery begins with, and what of it a newer version sets back.
UNTOUCHED = (
    "state_reason",
    "attempts",
    "deadline_at",
    "subject",
    "source_version",
    "content_hash",
    "mapping_version",
)
NOTHING_WRITTEN = ("", 0, None, "", "", "", "")
NEWER_VERSION = rows.Upsert(
    unique=("job", "thing"), update=ACCEPTED[2:] + UNTOUCHED[:3], growing="accepted_serial"
)

# Doors that take in the same things at the same moment; each turn is short.
TURNS = 10


class PositionMoved(Exception):
    """Someone else read this page: it is discarded, nothing was stored."""


class AcceptedMeanwhile(Exception):
    """Another door took in one of these things since we looked: nothing was stored, and we look again."""


@dataclass(frozen=True)
class PositionMove:
    """From the position that was read to the next one; `values` are SyncJob fields."""

    seen_version: int
    values: dict[str, Any]


@dataclass
class Accepted:
    run_id: int
    accepted: int
    known: int
    delivery_ids: list[int] = field(default_factory=list)


@dataclass
class Known:
    """What the tables knew of one external id before it came in."""

    thing_id: int | None = None
    serial: int = 0
    version: str = ""
    digest: str = ""
    mapping: str = ""
    echo: str = ""
    accepted_at: datetime | None = None
    has_delivery: bool = False
    # Since when it is left out by a person's decision.
    ignored_since: datetime | None = None


def accept(
    job: SyncJob,
    door: Door,
    items: Sequence[Item],
    *,
    read_at: datetime,
    position: PositionMove | None = None,
    force: bool = False,
    priority: Priority | None = None,
    recount: bool = False,
    into: SyncRun | None = None,
    also: Callable[[Accepted], None] | None = None,
) -> Accepted:
    """Stores what came in; when it returns, nothing of it can be lost.

    Versions that were accepted before under the same mapping are dropped, and so is what we wrote ourselves
    (the echo), unless `force`. What is older than the version accepted last is always dropped. Call it outside
    a transaction unless the caller must commit together with it; encryption is done before the transaction
    begins. `into`: the run that the records belong to, if not the one that takes them in now. `also` is called last,
    inside the transaction: what it stores commits or rolls back together with the records. Raises PositionMoved where
    another worker moved the position since it was read.
    """
    for turn in range(1, TURNS + 1):
        try:
            return _accept(job, door, items, read_at, position, force, priority, recount, into, also)
        except AcceptedMeanwhile:
            if turn == TURNS:
                raise
    raise AssertionError("The last turn ended in neither way.")


def _accept(
    job: SyncJob,
    door: Door,
    items: Sequence[Item],
    read_at: datetime,
    position: PositionMove | None,
    force: bool,
    priority: Priority | None,
    recount: bool,
    into: SyncRun | None,
    also: Callable[[Accepted], None] | None,
) -> Accepted:
    items = [stripped(job, item) for item in items]
    rules = rules_of(job)
    known = known_of(job, [item.external_id for item in items])
    parcels = fresh(items, known, rules, read_at, force, recount)
    told = stock_recount.told_by(job, rules, parcels)
    sealed = seal(parcels, job.batch_size)
    units = stock_units.units_of(job, rules.read, parcels)
    with transaction.atomic():
        if position is not None:
            _move(job, position)
        run = into or open_run(job, door)
        accepted = Accepted(run.pk, len(parcels), len(items) - len(parcels))
        if job.removed != Removed.IGNORE and door == Door.PULL:
            note_seen(job, [entry.thing_id for entry in known.values()], read_at)
        if door == Door.PULL:
            stock_figures.note_shown(job, items, read_at)
        if parcels:
            deliveries = _store_deliveries(job, parcels, known, rules)
            accepted.delivery_ids = list(deliveries.values())
            chosen = PRIORITIES.get(door, Priority.ORDINARY) if priority is None else priority
            _store_batches(job, run, sealed, chosen)
            stock_units.hold_units(job, units, deliveries)
            stock_recount.take_in(job, rules, told, parcels)
        # After the Deliveries, as a worker does that records them: in the other order the two would wait for
        # each other.
        SyncRun.objects.filter(pk=run.pk).update(
            read=F("read") + len(items),
            known=F("known") + accepted.known,
            accepted=F("accepted") + len(parcels),
            moved_at=shared_clock.now(),
        )
        if parcels:
            ring("drain", job.pk)
        if also is not None:
            also(accepted)
    return accepted


def known_of(job: SyncJob, external_ids: list[str]) -> dict[str, Known]:
    """What the tables know of these ids; an id that was never seen has no entry."""
    found = ExternalId.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, external_id__in=external_ids
    ).values_list("external_id", "thing_id", "echo_digest")
    known = {name: Known(thing_id=thing, echo=echo) for name, thing, echo in found}
    by_thing = {entry.thing_id: entry for entry in known.values() if entry.thing_id is not None}
    deliveries = Delivery.objects.filter(job=job, thing_id__in=by_thing).values_list(
        "thing_id",
        "accepted_serial",
        "accepted_version",
        "accepted_digest",
        "accepted_mapping",
        "accepted_at",
        "state",
        "state_since",
    )
    for thing_id, serial, version, digest, mapping, accepted_at, state, since in deliveries:
        entry = by_thing[thing_id]
        entry.accepted_at, entry.has_delivery = accepted_at, True
        entry.ignored_since = since if state == State.IGNORED else None
        entry.serial, entry.version, entry.digest, entry.mapping = serial, version, digest, mapping
    heed_our_writes(job.source_id, by_thing)
    return known


def fresh(
    items: Sequence[Item],
    known: dict[str, Known],
    rules: JobRules,
    read_at: datetime,
    force: bool,
    recount: bool,
) -> list[Parcel]:
    """The items that are to be carried: one each id, and neither older nor the same as what was accepted."""
    newest: dict[str, Item] = {}
    for item in items:
        other = newest.get(item.external_id)
        if other is None or item.version >= other.version:
            newest[item.external_id] = item
    now = shared_clock.now().timestamp()
    parcels = []
    for item in newest.values():
        entry = known.get(item.external_id) or Known()
        digest = _digest(item)
        if _is_older(item, entry) or (not force and _is_known(item, digest, entry, rules)):
            continue
        parcels.append(
            Parcel(
                external_id=item.external_id,
                serial=entry.serial + 1,
                version=item.version,
                payload=item.payload,
                digest=digest,
                read_at=read_at.timestamp(),
                received_at=now,
                deleted=item.deleted,
                partial=item.partial,
                recount=recount,
                forced=force,
                origin=item.origin,
                problem=item.problem,
                nameless=item.nameless,
            )
        )
    return parcels


def _digest(item: Item) -> str:
    """A removal has a digest of its own: told again, it is known; what comes back afterwards is not."""
    if item.deleted:
        return "removed"
    if item.problem:
        return digest_of([item.problem, item.payload])
    return "" if item.partial else digest_of(item.payload)


def _is_known(item: Item, digest: str, entry: Known, rules: JobRules) -> bool:
    if digest and digest == entry.echo:
        return True
    if not entry.has_delivery or entry.mapping != rules.version:
        return False
    if entry.ignored_since is not None and _is_from_before(item.version, entry.ignored_since):
        return True
    if item.partial and not item.deleted:
        return _is_same_version(item.version, entry)
    return bool(digest) and digest == entry.digest


def _is_same_version(version: str, entry: Known) -> bool:
    """Of a row that is good for its id alone only the version is known. One that was young when it was accepted may
    have changed again within the same second since."""
    if not version or version != entry.version or entry.accepted_at is None:
        return False
    changed_at = _time_of(version)
    if changed_at is None:
        return True
    return changed_at.tzinfo is not None and entry.accepted_at - changed_at > YOUNG


def _is_from_before(version: str, decision: datetime) -> bool:
    """Whether it has not changed since a person decided to leave it out, though it was never fetched until then."""
    changed_at = _time_of(version)
    return changed_at is not None and changed_at.tzinfo is not None and changed_at < decision - APART


def _time_of(version: str) -> datetime | None:
    """Of a version that is a time; others are numbers, or words of the source's own."""
    try:
        return datetime.fromisoformat(version)
    except ValueError:
        return None


def _is_older(item: Item, entry: Known) -> bool:
    """Never taken, not even by force: its higher serial would supersede the newer one that is still queued."""
    return bool(item.version and entry.version and item.version < entry.version)


def _move(job: SyncJob, position: PositionMove) -> None:
    moved = SyncJob.objects.filter(pk=job.pk, position_version=position.seen_version).update(
        position_version=position.seen_version + 1, **position.values
    )
    if not moved:
        raise PositionMoved(job.key)


def _store_deliveries(
    job: SyncJob, parcels: list[Parcel], known: dict[str, Known], rules: JobRules
) -> dict[str, int]:
    """Things, ExternalIds and Deliveries of the parcels; returns external id → delivery id."""
    things = {key: entry.thing_id for key, entry in known.items() if entry.thing_id is not None}
    things |= things_for(
        job.source_id,
        job.source_resource,
        job.kind,
        [p.external_id for p in parcels if p.external_id not in things],
    )
    now = shared_clock.now()
    seen_at = now if job.removed != Removed.IGNORE else None
    made = [
        (
            job.pk,
            things[parcel.external_id],
            State.QUEUED,
            now,
            parcel.version,
            parcel.digest,
            rules.version,
            now,
            parcel.serial,
            seen_at,
            *NOTHING_WRITTEN,
        )
        for parcel in parcels
    ]
    # Sorted, as everywhere: two doors with the same things wait in line and never for each other.
    rows.insert(Delivery, ACCEPTED + UNTOUCHED, sorted(made, key=itemgetter(1)), NEWER_VERSION)
    ids = {}
    serials = {things[parcel.external_id]: parcel.serial for parcel in parcels}
    stored = Delivery.objects.filter(job=job, thing_id__in=serials)
    for thing_id, pk, serial, accepted_at in stored.values_list(
        "thing_id", "id", "accepted_serial", "accepted_at"
    ):
        # A serial names one version: with two of the same, neither would supersede the other.
        if (serial, accepted_at) != (serials[thing_id], now):
            raise AcceptedMeanwhile(job.key)
        ids[thing_id] = pk
    return {parcel.external_id: ids[things[parcel.external_id]] for parcel in parcels}


def _store_batches(job: SyncJob, run: SyncRun, sealed: list[tuple[int, Sealed]], priority: Priority) -> None:
    now = shared_clock.now()
    Batch.objects.bulk_create(
        [
            Batch(job=job, run=run, priority=priority, size=size, payloads=payloads, created_at=now)
            for size, payloads in sealed
        ]
    )
