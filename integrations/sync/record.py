"""Writes down what came of a group: one transaction under the lease token, which it renews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.connectors.base import Answer
from integrations.models import (
    Delivery,
    ExternalId,
    Intent,
    Outcome,
    SearchKey,
    Settled,
    State,
    SyncJob,
    SyncRun,
    Thing,
)

from . import faults, intents, stock
from .case import Case, Ending, Sending
from .claim import Lease
from .parcels import digest_of

UPDATED = [
    "state",
    "state_since",
    "state_reason",
    "subject",
    "source_version",
    "source_read_at",
    "content_hash",
    "written_state",
    "mapping_version",
    "attempts",
    "deadline_at",
    "first_delivered_at",
    "delivered_at",
]
COUNTED = {
    State.DELIVERED: "delivered",
    State.UNCHANGED: "unchanged",
    State.SUPERSEDED: "superseded",
    State.FILTERED: "filtered",
    State.IGNORED: "filtered",
    State.HELD: "held",
    State.FAILED: "failed",
}


@dataclass
class Group:
    """What is to be written down together. `next_steps` are the Intents of the calls that follow."""

    delivered: list[tuple[Sending, Answer]] = field(default_factory=list)
    stepped: list[tuple[Sending, Answer, Intent]] = field(default_factory=list)
    ended: list[tuple[Case, Ending]] = field(default_factory=list)
    settled_intents: list[int] = field(default_factory=list)
    doubtful_intents: list[int] = field(default_factory=list)
    intents_to_repeat: list[int] = field(default_factory=list)

    def cases(self) -> Iterable[Case]:
        yield from (sending.case for sending, _ in self.delivered)
        yield from (sending.case for sending, _, _ in self.stepped)
        yield from (case for case, _ in self.ended)


def record(job: SyncJob, lease: Lease, group: Group) -> list[Intent]:
    """Commits the group; returns the stored Intents of the next steps. Raises LeaseLost, and nothing is written."""
    _take_out_of_batch(lease, group)
    answers = _answers(group)
    echoes = {id(answer): digest_of(answer.body) if answer.body is not None else "" for _, answer in answers}
    run = lease.batch.run
    now = timezone.now()
    for _, ending in group.ended:
        if ending.fault is not None:
            ending.fault.seal()
    with transaction.atomic():
        lease.renew()
        rows = {
            row.pk: row
            for row in Delivery.objects.select_for_update()
            .filter(pk__in={case.delivery.pk for case in group.cases()})
            .order_by("thing_id")
        }
        _store_ids(job, answers, echoes)
        outcomes: list[Outcome | None] = [
            _delivered(job, run, rows[s.case.delivery.pk], s, now) for s, _ in group.delivered
        ]
        outcomes += [
            _ended(job, run, rows[case.delivery.pk], case, ending, now) for case, ending in group.ended
        ]
        Delivery.objects.bulk_create(
            rows.values(), update_conflicts=True, unique_fields=["job", "thing"], update_fields=UPDATED
        )
        Outcome.objects.bulk_create([outcome for outcome in outcomes if outcome is not None])
        _store_search_keys(group)
        _settle(job, run, group, rows)
        _count(run, lease, group)
        return Intent.objects.bulk_create([intent for _, _, intent in group.stepped])


def _take_out_of_batch(lease: Lease, group: Group) -> None:
    """Parcels that are settled leave the batch; the others stay, until when they may be tried again."""
    for sending, _ in group.delivered:
        if sending.leaving.serial >= sending.case.parcel.serial:
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


def _delivered(job: SyncJob, run: SyncRun, row: Delivery, sending: Sending, now: datetime) -> Outcome:
    leaving = sending.leaving
    row.subject = leaving.subject[:120] or row.subject
    row.source_version = leaving.version
    row.source_read_at = datetime.fromtimestamp(leaving.read_at, UTC)
    row.content_hash = leaving.content_hash
    row.written_state = leaving.written_state
    row.mapping_version = leaving.mapping_version
    row.first_delivered_at = row.first_delivered_at or now
    row.delivered_at = now
    attempt = row.attempts + 1
    if row.accepted_serial <= leaving.serial:
        _move(row, State.DELIVERED, "", now)
        row.attempts, row.deadline_at = 0, None
    return Outcome(
        run=run,
        delivery=row,
        job=job,
        state=State.DELIVERED,
        operation=(leaving.steps_done or [leaving.operation])[0],
        serial=leaving.serial,
        source_version=leaving.version,
        mapping_version=leaving.mapping_version,
        attempt=attempt,
        occurred_at=_moment(leaving.occurred_at),
        received_at=_moment(leaving.received_at),
        accepted_at=now,
        recorded_at=now,
        amount=leaving.amount,
        currency=leaving.currency,
    )


def _ended(
    job: SyncJob, run: SyncRun, row: Delivery, case: Case, ending: Ending, now: datetime
) -> Outcome | None:
    row.subject = case.subject[:120] or row.subject
    waits_on = ending.state == State.WAITING and row.state == State.WAITING
    if ending.counts:
        row.attempts += 1
    if row.accepted_serial <= case.parcel.serial:
        _move(row, ending.state, ending.reason, now)
        pending = ending.not_before is not None
        row.deadline_at = (row.deadline_at or now + timedelta(hours=job.waiting_hours)) if pending else None
    if ending.state == State.QUEUED or waits_on:
        return None
    return Outcome(
        run=run,
        delivery=row,
        job=job,
        state=ending.state,
        kind=ending.fault.kind if ending.fault else "",
        serial=case.parcel.serial,
        source_version=case.parcel.version,
        mapping_version=ending.fault.mapping_version if ending.fault else "",
        attempt=max(row.attempts, 1),
        received_at=_moment(case.parcel.received_at),
        recorded_at=now,
        amount=ending.fault.amount if ending.fault else None,
        currency=ending.fault.currency if ending.fault else "",
    )


def _move(row: Delivery, state: State, reason: str, now: datetime) -> None:
    if row.state != state:
        row.state, row.state_since = state, now
    row.state_reason = reason[:300]


def _store_ids(job: SyncJob, answers: Sequence[tuple[Sending, Answer]], echoes: dict[int, str]) -> None:
    """The destination's ids of the things and of their lines."""
    rows = []
    for sending, answer in answers:
        external_id = answer.external_id or sending.leaving.external_id
        if external_id and sending.leaving.operation != "delete":
            rows.append(
                ExternalId(
                    connection_id=job.destination_id,
                    resource=job.destination_resource,
                    external_id=external_id[:255],
                    thing_id=sending.case.delivery.thing_id,
                    echo_digest=echoes[id(answer)],
                )
            )
    by_id = {row.external_id: row for row in rows}
    ExternalId.objects.bulk_create(
        [by_id[external_id] for external_id in sorted(by_id)],
        update_conflicts=True,
        unique_fields=["connection", "resource", "external_id"],
        update_fields=["echo_digest"],
    )
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
    now = timezone.now()
    missing = [name for name in wanted if name not in known]
    made = Thing.objects.bulk_create(
        [Thing(kind=f"{job.kind}_line", parent_id=wanted[name][0], created_at=now) for name in missing]
    )
    known |= {name: thing.pk for name, thing in zip(missing, made, strict=True)}
    rows = [
        ExternalId(connection_id=job.source_id, resource=resource, external_id=name, thing_id=known[name])
        for name in missing
    ]
    rows += [
        ExternalId(
            connection_id=job.destination_id,
            resource=f"{job.destination_resource}.lines",
            external_id=theirs,
            thing_id=known[name],
        )
        for name, (_, theirs, _) in wanted.items()
    ]
    ExternalId.objects.bulk_create(rows, ignore_conflicts=True)


def _store_search_keys(group: Group) -> None:
    found = {
        (kind, digest, sending.case.delivery.thing_id)
        for sending, _ in group.delivered
        for kind, digest in sending.leaving.search_keys
    } | {
        (kind, digest, case.delivery.thing_id)
        for case, ending in group.ended
        if ending.state in (State.FAILED, State.WAITING, State.FILTERED) and ending.not_before is None
        for kind, digest in case.search_keys()
    }
    SearchKey.objects.bulk_create(
        [SearchKey(kind=kind, digest=digest, thing_id=thing) for kind, digest, thing in sorted(found)],
        ignore_conflicts=True,
    )


def _settle(job: SyncJob, run: SyncRun, group: Group, rows: dict[int, Delivery]) -> None:
    faults.record_faults(job, run, [ending.fault for _, ending in group.ended if ending.fault is not None])
    arrived = [sending.case.delivery.pk for sending, _ in group.delivered]
    if arrived:
        faults.settle_errors(arrived, Settled.DELIVERED)
    if job.counts_units_in_flight:
        stock.release_units(_there_in_full(group, rows))
    for how, states in (
        (Settled.GONE, (State.UNCHANGED, State.FILTERED)),
        (Settled.IGNORED, (State.IGNORED,)),
    ):
        at_rest = [
            case.delivery.pk
            for case, ending in group.ended
            if ending.state in states and case.parcel.serial >= rows[case.delivery.pk].accepted_serial
        ]
        if at_rest:
            faults.settle_errors(at_rest, how)
    if job.kind == stock.KIND:
        levels = [(case.parcel, case.stock_row) for case in group.cases()]
        stock.keep_figures(job, [(parcel, level) for parcel, level in levels if level is not None])
    intents.settle(group.settled_intents)
    intents.put_in_doubt(group.doubtful_intents)
    intents.keep_to_repeat(group.intents_to_repeat)


def _there_in_full(group: Group, rows: dict[int, Delivery]) -> list[int]:
    """Deliveries whose newest version the destination has: an older one does not hold what was added since."""
    written = [(sending.case.delivery.pk, sending.leaving.serial) for sending, _ in group.delivered]
    same = [
        (case.delivery.pk, case.parcel.serial)
        for case, ending in group.ended
        if ending.state == State.UNCHANGED and case.delivery.first_delivered_at is not None
    ]
    return [pk for pk, serial in written + same if serial >= rows[pk].accepted_serial]


def _count(run: SyncRun, lease: Lease, group: Group) -> None:
    counts: Counter[str] = Counter()
    for sending, _ in group.delivered:
        if sending.leaving.serial >= sending.case.parcel.serial:
            counts["delivered"] += 1
    for _, ending in group.ended:
        if ending.not_before is None:
            counts[COUNTED[ending.state]] += 1
    if counts:
        moves: dict[str, Any] = {name: F(name) + number for name, number in counts.items()}
        SyncRun.objects.filter(pk=run.pk).update(**moves)


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
