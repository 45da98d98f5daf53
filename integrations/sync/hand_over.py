"""Hands a record over to another job: this Delivery ends and the other's begins in ONE transaction, or neither does.

What is to be made elsewhere is surely nowhere yet: under the lock of its Delivery it is looked at once more whether a
newer version came in, another write of it is open, or the destination has it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, ExternalId, Intent, Priority, State, SyncJob

from . import shared_clock
from .accept import Accepted, accept
from .case import Case, Ending
from .claim import Lease
from .falling_back import job_gone, why_not_to
from .parcels import Parcel
from .record import Group, record

IN_THE_WAY = 2.0
ROUND_ABOUT = (
    "It was not handed over to {}: it came from there. Take one of these fallbacks out, then retry this."
)

TAKEN_BACK = (
    "It was not handed over to {}: a person took it back from there, or left it out there. Decide by hand."
)


class NotHanded(Exception):
    """It cannot be handed over: nothing was stored, and the record ends so instead."""

    def __init__(self, instead: Ending) -> None:
        super().__init__(instead.reason)
        self.instead = instead


def record_all(job: SyncJob, lease: Lease, group: Group) -> list[int]:
    """As `record`, and what is handed over by itself, record by record. Raises LeaseLost."""
    handed = [(case, ending) for case, ending in group.ended if ending.to is not None]
    if not handed:
        return record(job, lease, group)
    group.ended = [(case, ending) for case, ending in group.ended if ending.to is None]
    for case, ending in handed:
        parcel = case.parcel
        try:
            _hand_over(job, lease, case, ending)
        except NotHanded as reason:
            lease.parcels[case.place] = parcel
            group.ended.append((case, reason.instead))
            if ending.settles is not None:
                group.settled_intents.append(ending.settles)
    return record(job, lease, group)


def _hand_over(job: SyncJob, lease: Lease, case: Case, ending: Ending) -> None:
    other = ending.to
    if other is None:
        raise AssertionError("Nobody to hand it over to.")
    if case.delivery.handed_to_id is None and _was_left_there(case, other):
        raise NotHanded(_held(ending, TAKEN_BACK.format(other.name)))
    settles = [ending.settles] if ending.settles is not None else []
    part = Group(ended=[(case, ending)], settled_intents=settles)

    def together(_: Accepted) -> None:
        _look_at_taker(job, case, ending, other)
        if other.pk in _before(case, job):
            raise NotHanded(_held(ending, ROUND_ABOUT.format(other.name)))
        record(job, lease, part)
        _look_once_more(job, case, ending)
        Delivery.objects.filter(pk=case.delivery.pk).update(handed_to=other)

    read_at = datetime.fromtimestamp(case.parcel.read_at, UTC)
    try:
        accept(
            other,
            Door.HANDED,
            [_item(case.parcel)],
            read_at=read_at,
            force=True,
            priority=Priority.FRESH,
            also=together,
        )
    except SyncJob.DoesNotExist:
        raise NotHanded(_without_taker(job, case, ending, None, other)) from None


def _item(parcel: Parcel) -> Item:
    return Item(
        external_id=parcel.external_id,
        payload=parcel.payload,
        version=parcel.version,
        deleted=parcel.deleted,
        partial=parcel.partial,
        origin=parcel.origin,
        problem=parcel.problem,
        nameless=parcel.nameless,
    )


def _was_left_there(case: Case, other: SyncJob) -> bool:
    """A person took it back from there, or decided that it does not go there: no fallback sends it once more."""
    return Delivery.objects.filter(job=other, thing_id=case.delivery.thing_id, state=State.IGNORED).exists()


def _look_at_taker(job: SyncJob, case: Case, ending: Ending, known: SyncJob) -> None:
    """What was known of the other job is as old as the drain. Its row is held until both are written: it cannot be
    taken away in between."""
    rows = SyncJob.objects.select_related("source", "destination").select_for_update(
        of=("self",), no_key=True
    )
    row = rows.filter(pk=known.pk).first()
    if row is None or (case.delivery.handed_to_id is None and why_not_to(job, row, known.key)):
        raise NotHanded(_without_taker(job, case, ending, row, known))


def _without_taker(job: SyncJob, case: Case, ending: Ending, row: SyncJob | None, known: SyncJob) -> Ending:
    """Nobody has it yet, or the other job had the version before it."""
    if case.delivery.handed_to_id is not None:
        return job_gone(job, case)
    return _held(ending, why_not_to(job, row, known.key))


def _look_once_more(job: SyncJob, case: Case, ending: Ending) -> None:
    """The Delivery's row is locked by now: whoever else would write this record waits, or has been seen."""
    row = Delivery.objects.get(pk=case.delivery.pk)
    if row.accepted_serial > case.parcel.serial:
        raise NotHanded(Ending(State.SUPERSEDED, "A newer version came in."))
    if row.handed_to_id is not None:
        return
    thing = case.delivery.thing_id
    here = {"connection_id": job.destination_id, "resource": job.destination_resource, "thing_id": thing}
    is_there = row.first_delivered_at is not None or ExternalId.objects.filter(**here).exists()
    open_ones = Intent.objects.filter(
        destination_id=job.destination_id,
        resource=job.destination_resource,
        thing_id=thing,
        settled_at__isnull=True,
    )
    if is_there or open_ones.exists():
        soon = shared_clock.seconds() + IN_THE_WAY
        raise NotHanded(Ending(State.QUEUED, "An earlier write of it is on its way.", not_before=soon))


def _before(case: Case, job: SyncJob) -> set[int]:
    """The jobs that have handed this record on, one to the other, until it came to this one."""
    rows = Delivery.objects.filter(thing_id=case.delivery.thing_id, handed_to__isnull=False)
    came_from = {to: frm for frm, to in rows.exclude(job=job).values_list("job_id", "handed_to_id")}
    seen: set[int] = {job.pk}
    here = job.pk
    while here in came_from and came_from[here] not in seen:
        here = came_from[here]
        seen.add(here)
    return seen


def _held(ending: Ending, reason: str) -> Ending:
    """For a person, with why it was not handed over."""
    held = ending.otherwise or Ending(State.FAILED, "", counts=True)
    if held.fault is not None:
        held.fault.sentence = f"{held.fault.sentence} {reason}"
        held.reason = held.fault.sentence[:300]
    return held
