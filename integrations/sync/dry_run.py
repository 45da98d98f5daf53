"""Says what a run would do, without writing anything anywhere: reads pages, translates, decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connectors.base import Connector, Item, Page
from integrations.exceptions import Failure
from integrations.models import Delivery, State, SyncJob

from . import shared_clock
from .accept import fresh, known_of
from .case import Case
from .connect import connect, with_login
from .falling_back import FallingBack
from .fetch import fetch
from .gate import Gate
from .gather import refresh
from .parcels import Parcel
from .rules import rules_of
from .stock_figures import carriers_of_rows
from .weigh import Scales

# Needs no decision: this version was accepted before.
KNOWN = "known"


@dataclass(frozen=True)
class Foreseen:
    """`what` is an operation (create, update, cancel…), `known`, or the state that the record would come to."""

    external_id: str
    subject: str
    what: str
    reason: str = ""


def dry_run(job: SyncJob, full: bool = False) -> Iterator[Foreseen]:
    """One Foreseen for each record that the source shows now. Network: call it outside any transaction.

    `full` reads everything and leaves nothing out as known. Raises Failure where a system cannot be reached.
    """
    for weighed in weigh_all(job, full):
        yield from (Foreseen(external_id, external_id, KNOWN) for external_id in weighed.known)
        yield from map(_said, weighed.cases)


@dataclass(frozen=True)
class Weighed:
    """A page's records: those that need no decision, and those that were decided."""

    known: list[str]
    cases: list[Case]


def weigh_all(job: SyncJob, full: bool) -> Iterator[Weighed]:
    """Page by page what the source shows, decided as a run would, and nothing stored. Raises Failure."""
    since = None if full else job.watermark
    source, destination = connect(job.source), connect(job.destination)
    gate = Gate(job.source, source, 1, urgent=True)
    try:
        source.pace(gate.turn)
        scales = Scales(job, destination, rules_of(job))
        falling_back = FallingBack(job)
        for began, page in _pages(job, source, gate, since):
            weighed = weigh_items(job, scales, page.items, began, full, falling_back)
            for case in weighed.cases:
                falling_back.after_weighing(case, lambda one: scales.weigh([one]))
            yield weighed
    finally:
        gate.close()
        source.close()
        destination.close()


def _pages(
    job: SyncJob, source: Connector, gate: Gate, since: datetime | None
) -> Iterator[tuple[datetime, Page]]:
    rereads = since is not None and source.resources()[job.source_resource].rereads_not_final
    for not_final in (False, True) if rereads else (False,):
        position: dict[str, Any] | None = None
        while True:
            gate.turn()
            began = shared_clock.now()
            page = with_login(job.source, source, _reader(job, source, since, position, not_final))
            gate.rest()
            yield began, page
            position = page.next_position
            if position is None:
                break


def _when_ready(read: Callable[[], Page]) -> Page:
    """Whoever asks what would be done waits for what the platform must write first."""
    while True:
        try:
            return read()
        except Failure as failure:
            if failure.code != "not_ready":
                raise
            time.sleep(failure.retry_after or 1.0)


def _reader(
    job: SyncJob, source: Connector, since: datetime | None, position: dict[str, Any] | None, not_final: bool
) -> Callable[[], Page]:
    return lambda: _when_ready(
        lambda: source.read(job.source_resource, since=since, position=position, not_final=not_final)
    )


def weigh_items(
    job: SyncJob,
    scales: Scales,
    items: Sequence[Item],
    began: datetime,
    full: bool = True,
    falling_back: FallingBack | None = None,
) -> Weighed:
    """What a run would do with these; nothing is stored. Those of which only the id is known are fetched. With
    `falling_back`, what another job has taken over goes there."""
    known = known_of(job, [item.external_id for item in items])
    parcels = fresh(items, known, scales.rules, began, full, False)
    taken = {parcel.external_id for parcel in parcels}
    untaken = [name for name in dict.fromkeys(item.external_id for item in items) if name not in taken]
    things = {external_id: entry.thing_id for external_id, entry in known.items()}
    carriers: dict[str, int] = {}
    if scales.counting is not None and scales.counting.counts_each:
        carriers = carriers_of_rows(job, scales.rules, [parcel.external_id for parcel in parcels])
    cases = _cases(job, parcels, things, carriers)
    if falling_back is not None:
        for case in cases:
            falling_back.follow(case)
    scales.weigh(cases)
    unclear = [case for case in cases if case.parcel.partial and case.ending is None]
    fetch(job, unclear)
    scales.weigh(unclear)
    return Weighed(untaken, cases)


def _cases(
    job: SyncJob, parcels: Sequence[Parcel], things: dict[str, int | None], carriers: dict[str, int]
) -> list[Case]:
    """Cases with the Deliveries that are there, or with such as would be made; nothing is stored.

    A stock row that another one carries gets that one's Delivery.
    """
    ids = {*(thing for thing in things.values() if thing is not None), *carriers.values()}
    deliveries = {row.thing_id: row for row in Delivery.objects.filter(job=job, thing_id__in=ids)}
    now = shared_clock.now()
    cases, named = [], []
    for place, parcel in enumerate(parcels):
        own = things.get(parcel.external_id)
        thing_id = carriers.get(parcel.external_id, own)
        made = Delivery(job=job, accepted_serial=parcel.serial, accepted_at=now)
        if thing_id is not None:
            made.thing_id = thing_id
        case = Case(place, parcel, deliveries.get(thing_id, made) if thing_id is not None else made)
        if thing_id != own:
            case.own_delivery = deliveries.get(own) if own is not None else None
            parcel.serial = max(parcel.serial, case.delivery.accepted_serial)
        if thing_id is not None:
            named.append(case)
        cases.append(case)
    refresh(job, named)
    return cases


def _said(case: Case) -> Foreseen:
    subject = case.subject or case.delivery.subject or case.parcel.external_id
    if case.leaving is not None and case.ending is None:
        operations = [case.leaving.operation, *(name for name, step in case.leaving.steps_left if step == 0)]
        return Foreseen(case.parcel.external_id, subject, " + ".join(operations), case.leaving.note)
    if case.ending is None:
        return Foreseen(case.parcel.external_id, subject, State.UNCHANGED)
    fault = case.ending.fault
    reason = fault.sentence if fault is not None else case.ending.note or case.ending.reason
    return Foreseen(case.parcel.external_id, subject, case.ending.state, reason)
