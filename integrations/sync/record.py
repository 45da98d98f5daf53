"""Writes down what came of a group: one transaction under the lease token, which it renews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from integrations.connectors.base import Answer
from integrations.models import (
    ExternalId,
    Outcome,
    Settled,
    State,
    SyncJob,
    SyncRun,
    Thing,
)

from . import faults, held_addresses, intents, names, people, rows, shared_clock, stock_units
from .case import Case, Ending, Sending
from .claim import Lease
from .findings import findings_of
from .intents import NewIntent
from .parcels import digest_of
from .standings import Standing, standings_of, store_standings
from .things import EXTERNAL_ID
from .watch import Watch

OUTCOME = (
    "run_id",
    "delivery_id",
    "job_id",
    "state",
    "operation",
    "kind",
    "serial",
    "source_version",
    "mapping_version",
    "attempt",
    "occurred_at",
    "received_at",
    "accepted_at",
    "recorded_at",
    "amount",
    "currency",
    "request_id",
    "note",
)
ECHOED = rows.Upsert(unique=("connection", "resource", "external_id"), update=("echo_digest",))
NOTE = 300
COUNTED = {
    State.DELIVERED: "delivered",
    State.UNCHANGED: "unchanged",
    State.SUPERSEDED: "superseded",
    State.FILTERED: "filtered",
    State.IGNORED: "ignored",
    State.SKIPPED: "skipped",
    State.HANDED_OVER: "handed_over",
    State.HELD: "held",
    State.FAILED: "failed",
}


@dataclass
class Group:
    """What is to be written down together. `stepped`: with the Intent of the call that follows; `found`: what was to
    be made and is there already, with its id."""

    delivered: list[tuple[Sending, Answer]] = field(default_factory=list)
    stepped: list[tuple[Sending, Answer, NewIntent]] = field(default_factory=list)
    ended: list[tuple[Case, Ending]] = field(default_factory=list)
    found: list[tuple[Sending, str]] = field(default_factory=list)
    settled_intents: list[int] = field(default_factory=list)
    doubtful_intents: list[int] = field(default_factory=list)
    intents_to_repeat: list[int] = field(default_factory=list)
    watch: Watch | None = None

    @classmethod
    def of_ended(cls, cases: Iterable[Case], watch: Watch | None = None) -> Group:
        return cls(ended=[(case, case.ending) for case in cases if case.ending is not None], watch=watch)

    def cases(self) -> Iterable[Case]:
        yield from (sending.case for sending, _ in self.delivered)
        yield from (sending.case for sending, _, _ in self.stepped)
        yield from (case for case, _ in self.ended)


def record(job: SyncJob, lease: Lease, group: Group) -> list[int]:
    """Commits the group; returns the Intents of the next steps. Raises LeaseLost, and nothing is written."""
    _take_out_of_batch(lease, group)
    answers = _answers(group)
    echoes = {id(answer): digest_of(answer.body) if answer.body is not None else "" for _, answer in answers}
    run = lease.batch.run
    now = shared_clock.now()
    for _, ending in group.ended:
        if ending.fault is not None:
            ending.fault.seal()
    findings = None
    if group.watch is not None:
        stepped = answers[len(group.delivered) :]
        findings = findings_of(group.watch, group.delivered, stepped, group.ended)
    with transaction.atomic():
        lease.renew()
        standings = standings_of({case.delivery.pk for case in group.cases()})
        held_addresses.tell_once(group.ended)
        _store_ids(job, answers, echoes)
        if findings is not None:
            findings.keep()
        if people.concerns(job):
            people.know_contacts(job, group.found, answers)
        outcomes = [_delivered(job, run, standings[s.case.delivery.pk], s, now) for s, _ in group.delivered]
        for case, ending in group.ended:
            outcome = _ended(job, run, standings[case.delivery.pk], case, ending, now)
            outcomes += [outcome] if outcome is not None else []
        store_standings(standings.values(), now)
        rows.insert(Outcome, OUTCOME, outcomes)
        names.store(
            job,
            [(sending.case.delivery.thing_id, sending.leaving.search_keys) for sending, _ in group.delivered],
            group.ended,
        )
        _settle(job, run, group, standings)
        _count(run, lease, group)
        stored = intents.store([intent for _, _, intent in group.stepped], lease)
        return [stored[intent.key] for _, _, intent in group.stepped]


def _take_out_of_batch(lease: Lease, group: Group) -> None:
    """Parcels that are settled leave the batch; the others stay, until when they may be tried again."""
    for sending, _ in group.delivered:
        if sending.settles_its_parcel:
            lease.parcels.pop(sending.case.place, None)
            lease.not_before.pop(sending.case.place, None)
    for case, ending in group.ended:
        if ending.not_before is None:
            lease.parcels.pop(case.place, None)
            lease.not_before.pop(case.place, None)
        else:
            lease.not_before[case.place] = ending.not_before


def _answers(group: Group) -> list[tuple[Sending, Answer]]:
    return group.delivered + [(sending, answer) for sending, answer, _ in group.stepped]


def _delivered(job: SyncJob, run: SyncRun, row: Standing, sending: Sending, now: datetime) -> rows.Row:
    leaving = sending.leaving
    row.written = leaving
    row.subject = leaving.subject[:120] or row.subject
    row.told(sending.case)
    attempt = row.attempts + 1
    if row.accepted_serial <= leaving.serial:
        row.move(State.DELIVERED, "", now)
        row.attempts, row.deadline_at = 0, None
    return (
        run.pk,
        row.pk,
        job.pk,
        State.DELIVERED,
        (leaving.steps_done or [leaving.operation])[0],
        "",
        leaving.serial,
        leaving.version,
        leaving.mapping_version,
        attempt,
        _moment(leaving.occurred_at),
        _moment(leaving.received_at),
        now,
        now,
        leaving.amount,
        leaving.currency,
        "",
        leaving.note[:NOTE] or None,
    )


def _ended(
    job: SyncJob, run: SyncRun, row: Standing, case: Case, ending: Ending, now: datetime
) -> rows.Row | None:
    row.subject = case.subject[:120] or row.subject
    row.told(case)
    waits_on = ending.state == State.WAITING and row.state == State.WAITING
    if ending.counts:
        row.attempts += 1
    if row.accepted_serial <= case.parcel.serial:
        row.move(ending.state, ending.reason, now)
        pending = ending.not_before is not None
        row.deadline_at = (row.deadline_at or now + timedelta(hours=job.waiting_hours)) if pending else None
    if ending.state == State.QUEUED or waits_on:
        return None
    fault = ending.fault
    return (
        run.pk,
        row.pk,
        job.pk,
        ending.state,
        "",
        fault.kind if fault else "",
        case.parcel.serial,
        case.parcel.version,
        fault.mapping_version if fault else "",
        max(row.attempts, 1),
        None,
        _moment(case.parcel.received_at),
        None,
        now,
        fault.amount if fault else None,
        fault.currency if fault else "",
        "",
        ending.note[:NOTE] or None,
    )


def _store_ids(job: SyncJob, answers: Sequence[tuple[Sending, Answer]], echoes: dict[int, str]) -> None:
    """The destination's ids of the things and of their lines."""
    known: dict[str, rows.Row] = {}
    for sending, answer in answers:
        external_id = answer.external_id or sending.leaving.external_id
        if external_id and sending.leaving.operation != "delete":
            thing_id = sending.case.delivery.thing_id
            known[external_id[:255]] = (
                job.destination_id,
                job.destination_resource,
                external_id[:255],
                thing_id,
                echoes[id(answer)],
            )
    rows.insert(ExternalId, EXTERNAL_ID, [known[external_id] for external_id in sorted(known)], ECHOED)
    with_lines = [
        (sending, answer) for sending, answer in answers if answer.line_ids and sending.leaving.lines
    ]
    if with_lines:
        _store_line_ids(job, with_lines)


def _store_line_ids(job: SyncJob, answers: Sequence[tuple[Sending, Answer]]) -> None:
    """Lines are Things with a parent. Their ids are kept as `order id/line id`: many platforms count them per order."""
    resource = f"{job.source_resource}.lines"
    wanted: dict[str, tuple[int, str, str]] = {}
    for sending, answer in answers:
        for ours, theirs in answer.line_ids.items():
            name = f"{sending.leaving.source_external_id}/{ours}"[:255]
            owner = answer.external_id or sending.leaving.external_id or ""
            wanted[name] = (sending.case.delivery.thing_id, f"{owner}/{theirs}"[:255], ours)
    known = dict(
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=resource, external_id__in=wanted
        ).values_list("external_id", "thing_id")
    )
    now = shared_clock.now()
    missing = [name for name in wanted if name not in known]
    made = Thing.objects.bulk_create(
        [Thing(kind=f"{job.kind}_line", parent_id=wanted[name][0], created_at=now) for name in missing]
    )
    known |= {name: thing.pk for name, thing in zip(missing, made, strict=True)}
    found = [(job.source_id, resource, name, known[name], "") for name in missing]
    theirs = f"{job.destination_resource}.lines"
    found += [(job.destination_id, theirs, line, known[name], "") for name, (_, line, _) in wanted.items()]
    rows.insert(ExternalId, EXTERNAL_ID, found, rows.IGNORE)


def _settle(job: SyncJob, run: SyncRun, group: Group, standings: dict[int, Standing]) -> None:
    faults.record_faults(job, run, [ending.fault for _, ending in group.ended if ending.fault is not None])
    # An older version that arrives answers nothing that is open about the newest.
    written = {sending.case.delivery.pk for sending, _ in group.delivered}
    arrived = [pk for pk in written if standings[pk].state == State.DELIVERED]
    if arrived:
        faults.settle_errors(arrived, Settled.DELIVERED)
    if job.counts_units_in_flight:
        stock_units.release_units(_there_in_full(group, standings))
    for how, states in (
        (Settled.GONE, (State.UNCHANGED, State.FILTERED, State.SUPERSEDED)),
        (Settled.IGNORED, (State.IGNORED,)),
        (Settled.SKIPPED, (State.SKIPPED,)),
        (Settled.HANDED_OVER, (State.HANDED_OVER,)),
    ):
        at_rest = [
            case.delivery.pk
            for case, ending in group.ended
            if ending.state in states and case.parcel.serial >= standings[case.delivery.pk].accepted_serial
        ]
        if at_rest:
            faults.settle_errors(at_rest, how)
            if how in (Settled.SKIPPED, Settled.HANDED_OVER) and job.counts_units_in_flight:
                stock_units.forget_units(at_rest)
    intents.settle(group.settled_intents)
    intents.put_in_doubt(group.doubtful_intents)
    intents.keep_to_repeat(group.intents_to_repeat)


def _there_in_full(group: Group, standings: dict[int, Standing]) -> list[int]:
    """Deliveries whose newest version the destination has: an older one does not hold what was added since."""
    written = [(sending.case.delivery.pk, sending.leaving.serial) for sending, _ in group.delivered]
    same = [
        (case.delivery.pk, case.parcel.serial)
        for case, ending in group.ended
        if ending.state in (State.UNCHANGED, State.SUPERSEDED)
        and case.delivery.first_delivered_at is not None
    ]
    return [pk for pk, serial in written + same if serial >= standings[pk].accepted_serial]


def _count(run: SyncRun, lease: Lease, group: Group) -> None:
    counts: Counter[str] = Counter()
    for sending, _ in group.delivered:
        if sending.settles_its_parcel:
            counts["delivered"] += 1
    for _, ending in group.ended:
        if ending.not_before is None:
            counts[COUNTED[ending.state]] += 1
    if counts:
        moves: dict[str, Any] = {name: F(name) + number for name, number in counts.items()}
        SyncRun.objects.filter(pk=run.pk).update(moved_at=shared_clock.now(), **moves)


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
