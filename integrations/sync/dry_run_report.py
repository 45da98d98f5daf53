"""A dry run that is kept: counted over all that it looked at, and shown by example, field by field. Writes nowhere.

Of what would be written, the first are looked up in the destination: what it holds now is the old value, and what is
there without our knowing is told before it is made a second time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import DryRun, DryRunLine, DryRunResult, DryRunState, State, SyncJob
from mappings.compared import says_same
from mappings.outline import shown
from mappings.records import ABSENT
from mappings.translate import as_json
from mappings.value_digests import value_at

from . import people, shared_clock
from .adopt import MAKES
from .asking import ask_one
from .case import Case, Ending
from .connect import connect
from .doorbell import ring
from .dry_run import weigh_all
from .fallbacks import FORESEEN, Fallback, When, fallbacks_of, sentence_of
from .gate import Gate
from .rollout import is_in
from .rules import passes_filter
from .runs import circumstances

# A sample is so large.
SAMPLE = 50
# Of each result so many are shown by example, and so many are looked up in the destination, a call each.
EXAMPLES, LOOKED_UP = 50, 100
MOST_FIELDS = 60
# One that no worker brought to its end in this time is given up.
LOST_AFTER = timedelta(hours=1)

IS_THERE = (
    "The destination has one of this number already, which Crossdock did not write. Launched as it is, the job would "
    "make a second one."
)
_OF_STATES = {
    State.FAILED: DryRunResult.FAIL,
    State.FILTERED: DryRunResult.SKIP,
    State.HELD: DryRunResult.SKIP,
    State.IGNORED: DryRunResult.SKIP,
    State.WAITING: DryRunResult.WAIT,
    State.RETRYING: DryRunResult.WAIT,
    State.QUEUED: DryRunResult.WAIT,
    State.SKIPPED: DryRunResult.NOTED,
    State.HANDED_OVER: DryRunResult.ELSEWHERE,
}
EMPTY = "empty"
AGAIN = " It is tried again."


def begin(job: SyncJob, by: User | None, most: int | None = SAMPLE) -> DryRun:
    """A worker carries it out. While one of this extent is under way for the job, that one is returned."""
    with transaction.atomic():
        going = DryRun.objects.filter(job=job, most=most, finished_at__isnull=True).first()
        row = going or DryRun.objects.create(
            job=job,
            asked_by=by,
            most=most,
            started_at=shared_clock.now(),
            mapping_versions=circumstances(job)["mapping_versions"],
        )
        ring("dry_run", row.pk)
    return row


def ring_for_unfinished() -> None:
    """What lost its worker begins anew; after a while it is given up, and that is said."""
    rows = DryRun.objects.filter(finished_at__isnull=True)
    rows.filter(started_at__lt=shared_clock.now() - LOST_AFTER).update(
        state=DryRunState.FAILED,
        finished_at=shared_clock.now(),
        sentence="It did not come to its end within an hour. Ask for a sample, or begin it again.",
    )
    for pk in DryRun.objects.filter(finished_at__isnull=True).values_list("pk", flat=True):
        ring("dry_run", pk)


def carry_out(dry_run_id: int, deadline: float) -> None:
    """Until all is looked at, or `deadline` (time.monotonic). Network: call it outside any transaction."""
    row = (
        DryRun.objects.select_related(
            "job__source", "job__destination", "job__read_mapping", "job__write_mapping"
        )
        .filter(pk=dry_run_id, finished_at__isnull=True)
        .first()
    )
    if row is None:
        return
    DryRunLine.objects.filter(dry_run=row).delete()
    found = _Found()
    state, sentence = DryRunState.FINISHED, ""
    try:
        found.is_complete = _look(row, found, deadline)
        if not found.is_complete and row.most is None:
            sentence = "There was no time for all records. What was looked at is told here."
    except Failure as failure:
        state, sentence = DryRunState.FAILED, _ended_by(failure)
    with transaction.atomic():
        found.keep_lines(row)
        DryRun.objects.filter(pk=row.pk).update(
            state=state,
            sentence=sentence,
            finished_at=shared_clock.now(),
            is_complete=found.is_complete,
            **found.numbers(),
        )


def _ended_by(failure: Failure) -> str:
    """A dry run is not tried again by itself, as a run is."""
    told = failure.sentence.removesuffix(AGAIN)
    return (
        f"{told} Begin the dry run again once it answers."[:500] if told != failure.sentence else told[:500]
    )


class _OfFallbacks:
    """How many records each fallback is about. What only an answer of the destination shows, no dry run can tell."""

    def __init__(self, fallbacks: Sequence[Fallback], destination: str = "") -> None:
        self.fallbacks, self.destination = fallbacks, destination
        self.numbers: Counter[int] = Counter()

    def note(self, case: Case) -> list[int]:
        """The places of those that are about this record."""
        places = [self.fallbacks.index(fallback) for fallback in case.fell_back]
        self.numbers.update(places)
        return places

    def told(self) -> list[dict[str, Any]]:
        return [
            {
                "sentence": sentence_of(fallback, self.destination),
                "count": self.numbers[place],
                "is_foreseen": When(fallback.when) in FORESEEN,
            }
            for place, fallback in enumerate(self.fallbacks)
        ]


@dataclass
class _Found:
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[DryRunLine] = field(default_factory=list)
    looked_at: int = 0
    looked_up: int = 0
    is_complete: bool = False
    fallbacks: _OfFallbacks = field(default_factory=lambda: _OfFallbacks([]))

    def numbers(self) -> dict[str, Any]:
        told = self.fallbacks.told()
        return {"counts": dict(self.counts), "looked_at": self.looked_at, "by_fallback": told}

    def keep_lines(self, row: DryRun) -> None:
        for line in self.lines:
            line.dry_run = row
        DryRunLine.objects.bulk_create(self.lines, batch_size=100)
        self.lines = []


def _look(row: DryRun, found: _Found, deadline: float) -> bool:
    """Whether the source was read to its end."""
    job = row.job
    destination = connect(job.destination)
    gate = Gate(job.destination, destination, 1, urgent=True)
    destination.pace(gate.turn)
    there = _There(job, destination, gate)
    found.fallbacks = _OfFallbacks(fallbacks_of(job), job.destination.name)
    try:
        for weighed in weigh_all(job, full=True):
            for case in weighed.cases:
                if found.looked_at == row.most or time.monotonic() > deadline:
                    return False
                _see(case, found, there)
            with transaction.atomic():
                found.keep_lines(row)
                DryRun.objects.filter(pk=row.pk).update(**found.numbers())
        return True
    finally:
        gate.close()
        destination.close()


def _see(case: Case, found: _Found, there: _There) -> None:
    is_looked_up = case.leaving is not None and found.looked_up < LOOKED_UP and there.can_tell(case)
    payload = there.of(case) if is_looked_up else None
    found.looked_up += is_looked_up
    places = found.fallbacks.note(case)
    what, reason = _result(case, is_looked_up, payload)
    if what == DryRunResult.DOUBLE and there.is_asked_first:
        what, reason = DryRunResult.CHANGE, ""
    if case.leaving is not None and case.leaving.note:
        reason = f"{case.leaving.note} {reason}".strip()
    fields = _fields(case.body, payload) if case.leaving is not None else []
    if what == DryRunResult.CHANGE and is_looked_up and payload is not None and _is_same(fields):
        what = DryRunResult.SAME
    found.looked_at += 1
    found.counts[what.value] += 1
    if found.counts[what.value] <= EXAMPLES or any(found.fallbacks.numbers[at] <= EXAMPLES for at in places):
        subject = case.subject or case.delivery.subject or case.parcel.external_id
        found.lines.append(
            DryRunLine(
                place=found.looked_at,
                what=what,
                subject=subject[:120],
                reason=reason[:500],
                told={
                    "fields": fields[:MOST_FIELDS],
                    "record": as_json(case.record_data),
                    "name": case.rollout_name,
                    "fallbacks": places,
                },
            )
        )


def _result(case: Case, is_looked_up: bool, payload: Any) -> tuple[DryRunResult, str]:
    if case.leaving is not None:
        return _leaves(case, is_looked_up, payload)
    if case.ending is None:
        return DryRunResult.SAME, ""
    return _OF_STATES.get(case.ending.state, DryRunResult.SAME), _why(case.ending)


def _why(ending: Ending) -> str:
    """Of what would be handed over, what is wrong with it here; to whom, its fallback says."""
    first = ending.otherwise or ending
    return first.fault.sentence if first.fault is not None else first.reason


def _leaves(case: Case, is_looked_up: bool, payload: Any) -> tuple[DryRunResult, str]:
    assert case.leaving is not None
    operation = case.leaving.operation
    is_new = operation in MAKES and case.destination_id is None
    if operation == "update" or (operation in MAKES and not is_new):
        return DryRunResult.CHANGE, ""
    if not is_new:
        return DryRunResult.ACT, f"It would be asked there to {operation.replace('_', ' ')} it."
    if payload is not None and operation == "create":
        return DryRunResult.DOUBLE, IS_THERE
    if payload is not None:
        return DryRunResult.CHANGE, ""
    is_certain = operation == "create" or is_looked_up
    return (DryRunResult.CREATE if is_certain else DryRunResult.WRITE), ""


class _There:
    """What the destination holds of a record at this moment."""

    def __init__(self, job: SyncJob, destination: Connector, gate: Gate) -> None:
        self.job, self.destination, self.gate = job, destination, gate
        self.able = destination.resources()[job.destination_resource]
        # Whether a delivery looks for the thing itself before it makes one (see `send`).
        self.is_asked_first = people.concerns(job)

    def can_tell(self, case: Case) -> bool:
        return self.able.fetch if case.destination_id is not None else self.able.lookup and bool(_key(case))

    def of(self, case: Case) -> dict[str, Any] | None:
        resource = self.job.destination_resource

        def ask() -> Item | None:
            if case.destination_id is not None:
                return self.destination.fetch(resource, case.destination_id)
            return self.destination.lookup(resource, _key(case))

        item = ask_one(self.job.destination, self.destination, self.gate, ask)
        return None if item is None else item.payload


def _key(case: Case) -> str:
    return case.leaving.as_call().natural_key if case.leaving is not None else ""


def _fields(body: dict[str, Any], payload: dict[str, Any] | None) -> list[list[str | None]]:
    """[field, old, new] of each value that would be written. `old` is None where nothing is known of it."""
    made: list[list[str | None]] = []
    for path, new in _leaves_of(body, ""):
        old = ABSENT if payload is None else value_at(payload, path)
        if old is not ABSENT and says_same(old, new):
            old = new
        made.append([path, None if old is ABSENT else said(old), said(new)])
    return made


def said(value: Any) -> str:
    """One value on one line, as a person reads it; a list of words by its words."""
    if value is None:
        return EMPTY
    if isinstance(value, list):
        if value and not any(isinstance(part, dict | list) for part in value):
            return ", ".join(str(part) for part in value)[:120]
        return shown(value)
    return str(value)[:120] if isinstance(value, str) else shown(value)


def _leaves_of(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _leaves_of(part, f"{path}.{name}" if path else str(name))
    else:
        yield path, as_json(value)


def _is_same(fields: list[list[str | None]]) -> bool:
    return all(old == new for _, old, new in fields)


def would_go(row: DryRun, job: SyncJob) -> tuple[int, int]:
    """How many of the examples this job, with its filter and share as they are told here, would carry, and of how many.

    Raises ExpressionError for a filter that cannot be read.
    """
    told = [line.told or {} for line in row.lines.exclude(what=DryRunResult.FAIL)]
    carried = [
        one
        for one in told
        if passes_filter(job, one.get("record", {})) and is_in(job, str(one.get("name", "")))
    ]
    return len(carried), len(told)
