"""Carries out a job's fallbacks on the records that failed, for one drain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from integrations.exceptions import Failure, Kind
from integrations.models import State, SyncJob
from mappings import put_values

from . import shared_clock
from .case import Case, Ending, Sending
from .endings import backoff, data_fault, name_by_id
from .fallbacks import Fallback, Then, condition_of, fallback_for, fallbacks_of, put_note
from .faults import Fault

# What cancels, refunds or deletes is never passed over: a person hears of it.
_PLAIN_WRITES = ("create", "update", "upsert")
_SECONDS = 60.0
JOB_PARTS = ("source", "destination", "read_mapping", "write_mapping", "workflow")
JOB_GONE = "job_gone"


class FallingBack:
    """Of one job. What it needs came with the job's row: a record that fails costs no query."""

    def __init__(self, job: SyncJob) -> None:
        self.job = job
        self.fallbacks = fallbacks_of(job)
        self._others: dict[str, SyncJob] | None = None
        self._taken_over: dict[int, SyncJob | None] = {}

    def tries_of(self, failure: Failure) -> int:
        """How often such a failure is tried before it is one: where a fallback counts by itself, it is one at once."""
        if self.fallbacks and failure.kind == Kind.TRANSIENT and not failure.in_doubt:
            fallback = fallback_for(self.fallbacks, Fault.of_failure(0, failure, "send"))
            if fallback is not None and fallback.tries:
                return 0
        return self.job.retry_limit

    def instead(self, case: Case, ending: Ending, sending: Sending | None = None) -> Ending:
        """How the record ends by the fallback that is about its failure; as it would without, where there is none, or
        where a fallback may not touch it: what may have arrived, and what is half done."""
        fault = ending.fault
        if not self.fallbacks or fault is None or ending.state != State.FAILED or ending.keeps_intent:
            return ending
        fallback = fallback_for(self.fallbacks, fault)
        if fallback is None:
            return ending
        found = self._again(fallback, case, fault) or self._then(fallback, case, fault, sending) or ending
        if fallback not in case.fell_back:
            case.fell_back.append(fallback)
        if found is ending and (did_not_help := put_note(case.parcel)):
            ending.note = did_not_help
            fault.sentence = f"{fault.sentence} {did_not_help} It was not enough."
        return found

    def after_weighing(self, case: Case, weigh: Callable[[Case], None]) -> None:
        """Before it leaves: weighs it anew for each value that a fallback puts in (no field is filled twice, so this
        ends), then says how it ends."""
        while case.ending is not None and self.puts_value(case, case.ending):
            case.ending = case.record = case.as_read = case.leaving = None
            weigh(case)
        if case.ending is not None:
            case.ending = self.instead(case, case.ending)

    def puts_value(self, case: Case, ending: Ending) -> bool:
        """Whether a fallback puts a value into the field of a record that failed before it left: it is to be weighed
        anew with it then."""
        fault = ending.fault
        if not self.fallbacks or fault is None or ending.state != State.FAILED or ending.keeps_intent:
            return False
        fallback = fallback_for(self.fallbacks, fault)
        if fallback is None or fallback.then != Then.DEFAULT or case.open_intent is not None:
            return False
        return self._put(case, fallback, in_body=fault.in_body)

    def _put(self, case: Case, fallback: Fallback, *, in_body: bool) -> bool:
        """False where it was done before: a value that did not help once is not tried again."""
        field, parcel = fallback.field, case.parcel
        if field in parcel.put_in_record or field in parcel.put_in_body:
            return False
        if in_body or not put_values.is_of_record(self.job.kind, field):
            parcel.put_in_body = {**parcel.put_in_body, field: fallback.value}
        else:
            parcel.put_in_record = {**parcel.put_in_record, field: fallback.value}
        case.fell_back.append(fallback)
        return True

    def _again(self, fallback: Fallback, case: Case, fault: Fault) -> Ending | None:
        attempts = case.delivery.attempts + 1
        if attempts > fallback.tries or self._has_lasted(case, fallback.for_hours):
            return None
        pause = backoff(attempts, fallback.longest_pause_minutes * _SECONDS)
        return Ending(
            State.RETRYING, fault.sentence[:300], not_before=shared_clock.seconds() + pause, counts=True
        )

    def _has_lasted(self, case: Case, hours: int) -> bool:
        """Counted from when it was put back first: its deadline was set then."""
        deadline = case.delivery.deadline_at
        if deadline is None:
            return False
        began = deadline - timedelta(hours=self.job.waiting_hours)
        return shared_clock.now() - began > timedelta(hours=hours)

    def _then(self, fallback: Fallback, case: Case, fault: Fault, sending: Sending | None) -> Ending | None:
        if fallback.then == Then.HOLD or not is_surely_without_effect(case, sending):
            return None
        if fallback.then == Then.SKIP:
            note = f"{condition_of(fallback, self.job.destination.name)}, it is skipped: {fallback.note}"
            reason = f"{fallback.note} ({fault.sentence})"
            return Ending(State.SKIPPED, reason[:300], counts=True, note=note)
        if fallback.then == Then.HAND_OVER:
            return self._hand_over(fallback, case, fault)
        return self._send_with_value(fallback, case, fault, sending)

    def _hand_over(self, fallback: Fallback, case: Case, fault: Fault) -> Ending | None:
        """None, and the reason stands with the error, where the other job does not go; and what is there is not made
        elsewhere as well."""
        if case.destination_id is not None or case.delivery.first_delivered_at is not None:
            return None
        other = self.others.get(fallback.to)
        reason = why_not_to(self.job, other, fallback.to)
        if other is None or reason:
            fault.sentence = f"{fault.sentence} {reason}"
            return None
        note = f"{condition_of(fallback, self.job.destination.name)}, it is handed over to {other.name}."
        held = Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True)
        return Ending(State.HANDED_OVER, note[:300], counts=True, note=note, to=other, otherwise=held)

    @property
    def others(self) -> dict[str, SyncJob]:
        """The jobs that fallbacks hand over to, by key: asked once a drain, when the first record fails so."""
        if self._others is None:
            keys = [fallback.to for fallback in self.fallbacks if fallback.to]
            rows = SyncJob.objects.filter(key__in=keys).select_related(*JOB_PARTS)
            self._others = {row.key: row for row in rows}
        return self._others

    def follow(self, case: Case) -> None:
        """A record that was handed over once stays with that job: each later version goes there, whatever it is."""
        to = case.delivery.handed_to_id
        if to is None or case.ending is not None or case.is_superseded:
            return
        other = self._taker(to)
        case.subject = case.delivery.subject or name_by_id(self.job, case.parcel.external_id)
        if other is None:
            case.ending = job_gone(self.job, case)
            return
        note = f"Handed over to {other.name}, as the version before it."
        case.ending = Ending(State.HANDED_OVER, note, note=note, to=other)

    def _taker(self, pk: int) -> SyncJob | None:
        """Asked once a drain. What becomes of the job meanwhile is seen as the record is handed to it (`hand_over`)."""
        if pk not in self._taken_over:
            rows = SyncJob.objects.filter(pk=pk).select_related(*JOB_PARTS)
            self._taken_over[pk] = rows.first()
        return self._taken_over[pk]

    def _send_with_value(
        self, fallback: Fallback, case: Case, fault: Fault, sending: Sending | None
    ) -> Ending | None:
        """Once: also where a worker died in between and the parcel has forgotten, its tries are counted."""
        used_up = case.delivery.attempts >= max(self.job.retry_limit, fallback.tries + 1)
        if sending is None or used_up or not self._put(case, fallback, in_body=True):
            return None
        note = put_note(case.parcel)
        return Ending(
            State.RETRYING, fault.sentence[:300], not_before=shared_clock.seconds(), counts=True, note=note
        )


def job_gone(job: SyncJob, case: Case) -> Ending:
    """How a version ends whose order went to a job that is there no more: it may be in that job's system."""
    sentence = (
        f"{case.subject} was handed over to a job that is gone, and may be in its system. Look there; this "
        f"change was not sent to {job.destination.name}. Do it by hand, then ignore this."
    )
    fault = data_fault(case, JOB_GONE, "worker", sentence)
    return Ending(State.FAILED, sentence[:300], fault=fault, counts=True)


def why_not_to(job: SyncJob, other: SyncJob | None, key: str) -> str:
    """Why nothing can be handed over to this job at present; "" where it can."""
    if other is None:
        return f"It was not handed over: there is no job “{key}” any more."
    if (
        not other.takes_handed_over
        or other.source_id != job.source_id
        or other.destination_id == job.destination_id
    ):
        return f"It was not handed over: “{other.name}” does not take over what this job carries. Look at its settings."
    if (other.source_resource, other.kind) != (job.source_resource, job.kind):
        return f"It was not handed over: “{other.name}” carries something else."
    if not other.may_run:
        return (
            f"It was not handed over: “{other.name}” does not run at present. Let it go on, then retry this."
        )
    return ""


def is_surely_without_effect(case: Case, sending: Sending | None) -> bool:
    """Whether nothing of this try can have arrived: no call of it was taken, and none before it is in doubt."""
    if case.open_intent is not None:
        return False
    if sending is None:
        return True
    return not sending.leaving.steps_done and sending.leaving.operation in _PLAIN_WRITES
