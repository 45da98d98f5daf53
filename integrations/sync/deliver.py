"""The heart: claims batches, and carries each record from its payload to an Outcome.

For a group of records:
1. gather what the tables know; 2. settle the open Intents of their keys first; 3. fetch what must be fetched;
4. translate and decide; 5. store an Intent for each write; 6. send; 7. record, under the lease token.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from integrations.models import JobState, RunState, State, SyncJob, SyncRun

from . import cancel, claim, faults, intents, shared_clock, stock
from .case import Case, Ending, Sending
from .claim import Lease, LeaseLost
from .connect import connect
from .doorbell import ring
from .endings import after_failure, data_fault
from .fetch import fetch
from .gather import gather
from .leaving import Leaving
from .pull import pull
from .record import Group, record
from .rules import rules_of
from .runs import close_settled_runs
from .send import NothingThere, Result, Results, Sender
from .weigh import Scales, prepare

# Records are committed in groups of about this many.
GROUP = 100
# A worker does not wait longer than this for what is due next.
LONGEST_REST = 2.0


def drain(job_id: int, deadline: float) -> int:
    """Delivers what is due of this job until nothing is left or `deadline` (time.monotonic) is near.

    Returns how many batches were worked on. What is left is rung for again.
    """
    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        pk=job_id
    )
    if not job.may_run or claim.claim_would_find_none(job):
        close_settled_runs(job)
        return 0
    try:
        connector = connect(job.destination)
    except Failure as failure:
        faults.destination_failed(job, failure)
        return 0
    worked = 0
    carrier = Carrier(job, connector, deadline)
    try:
        while time.monotonic() < deadline and carrier.goes_on:
            lease = claim.claim(job, connector.timeout_seconds)
            if lease is None:
                if not _rest_until_due(job, deadline):
                    break
                continue
            worked += 1
            carrier.deliver(lease)
    finally:
        carrier.close()
    close_settled_runs(job)
    if not claim.claim_would_find_none(job):
        ring("drain", job.pk)
    return worked


class Carrier:
    """One worker's way from one job's batches to its destination."""

    def __init__(self, job: SyncJob, connector: Connector, deadline: float) -> None:
        self.job = job
        self.connector = connector
        self.deadline = deadline
        self.scales = Scales(job, connector, rules_of(job))
        self.abilities = self.scales.abilities
        self.sender = Sender(job, connector, self.abilities)
        self.failing = False

    @property
    def goes_on(self) -> bool:
        return self.sender.stopped is None

    def close(self) -> None:
        self.sender.close()
        self.connector.close()

    def deliver(self, lease: Lease) -> None:
        """Works on one batch until it is settled, put back, or lost to another worker."""
        try:
            if claim.lost_too_often(lease):
                self._give_up(lease)
                return
            if self._waits_for_orders(lease):
                return
            for places in _groups(lease):
                if time.monotonic() >= self.deadline or not self.goes_on:
                    break
                may_run, is_cancelled = self._told_meanwhile(lease)
                if not may_run:
                    break
                if is_cancelled:
                    cancel.drop_unsent(self.job, lease)
                self._deliver_group(lease, [place for place in places if place in lease.parcels])
            lease.give_back()
        except LeaseLost:
            return

    def _told_meanwhile(self, lease: Lease) -> tuple[bool, bool]:
        """Whether the job may still run, and whether this run was cancelled: people decide while workers work."""
        run_state, job_state, *enabled = SyncRun.objects.values_list(
            "state", "job__state", "job__source__enabled", "job__destination__enabled"
        ).get(pk=lease.batch.run_id)
        return job_state == JobState.ACTIVE and all(enabled), run_state == RunState.CANCELLED

    def _deliver_group(self, lease: Lease, places: Sequence[int]) -> None:
        cases = gather(self.job, {place: lease.parcels[place] for place in places})
        sendings = self._settle_open_intents(lease, cases)
        taken = {sending.case.place for sending in sendings}
        fresh = [case for case in cases if case.place not in taken and case.ending is None]
        self._weigh(fresh)
        leaving = [case for case in fresh if case.leaving is not None and case.ending is None]
        if leaving:
            sendings += intents.lock(self.job, self.abilities, lease, leaving)
        ended = Group(ended=[(case, case.ending) for case in cases if case.ending is not None])
        if ended.ended:
            record(self.job, lease, ended)
        self._send(lease, sendings)

    def _settle_open_intents(self, lease: Lease, cases: Sequence[Case]) -> list[Sending]:
        found = [
            intents.take_over(self.job, self.abilities, lease, case) for case in cases if case.open_intent
        ]
        return [sending for sending in found if sending is not None]

    def _weigh(self, cases: Sequence[Case]) -> None:
        """Twice at most: what turns out to need a fetch is fetched and weighed again."""
        fetch(self.job, [case for case in cases if case.parcel.partial and not case.is_superseded])
        self._weigh_safely(cases)
        unclear = [case for case in cases if case.parcel.partial and case.ending is None]
        if unclear:
            fetch(self.job, unclear)
            self._weigh_safely(unclear)

    def _weigh_safely(self, cases: Sequence[Case]) -> None:
        """A record that our own code cannot handle is a `bug` of its own, and stops none of its neighbours."""
        pending = [case for case in cases if case.ending is None]
        for case in pending:
            case.parcel.partial = case.parcel.partial and not case.is_superseded
        try:
            self.scales.weigh(pending)
        except Exception:  # noqa: BLE001  # found again below, one record at a time
            for case in pending:
                case.ending, case.leaving = None, None
                self._weigh_one(case)

    def _weigh_one(self, case: Case) -> None:
        try:
            self.scales.weigh([case])
        except Exception as error:  # noqa: BLE001  # becomes a `bug` ErrorRecord with its evidence
            failure = Failure.bug(error)
            name = case.subject or case.delivery.subject or case.parcel.external_id
            fault = data_fault(case, failure.code, "translate", f"{name}: {failure.sentence}", kind="bug")
            fault.evidence = failure.evidence
            case.ending = Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True)

    def _send(self, lease: Lease, sendings: Sequence[Sending]) -> None:
        waiting = list(sendings)
        while waiting:
            following: list[Sending] = []
            for results in self.sender.send_all(lease, waiting):
                following += self._record(lease, results)
            waiting = following

    def _record(self, lease: Lease, results: Results) -> list[Sending]:
        group = Group()
        stepping: list[tuple[Sending, Leaving]] = []
        for sending, result in results:
            if isinstance(result, Answer) and sending.leaving.steps_left:
                leaving = self._next_step(sending, result)
                intent = intents.new_intent(self.job, self.abilities, lease, sending.case.delivery, leaving)
                group.stepped.append((sending, result, intent))
                group.settled_intents.append(sending.intent_id)
                stepping.append((sending, leaving))
            else:
                self._sort(group, sending, result)
        self._note_connection(results)
        stored = record(self.job, lease, group)
        return [
            Sending(sending.case, intent_id, leaving, leaving.as_call())
            for (sending, leaving), intent_id in zip(stepping, stored, strict=True)
        ]

    def _sort(self, group: Group, sending: Sending, result: Result) -> None:
        if isinstance(result, Answer):
            group.delivered.append((sending, result))
            group.settled_intents.append(sending.intent_id)
            return
        if isinstance(result, NothingThere):
            # It surely had no effect: the key is free, and the record is weighed anew.
            group.settled_intents.append(sending.intent_id)
            again = Ending(
                State.QUEUED, "It had not arrived and is sent again.", not_before=shared_clock.seconds()
            )
            group.ended.append((sending.case, again))
            return
        ending = after_failure(self.job, self.abilities, sending, result)
        group.ended.append((sending.case, ending))
        if ending.keeps_intent or self._was_in_doubt(sending, result):
            group.doubtful_intents.append(sending.intent_id)
        elif sending.leaving.steps_done and not result.in_doubt:
            # Half of it is done: whoever tries again, goes on with this call and not with the first.
            group.intents_to_repeat.append(sending.intent_id)
            if ending.fault is not None:
                ending.fault.intent_id = sending.intent_id
        else:
            group.settled_intents.append(sending.intent_id)

    def _was_in_doubt(self, sending: Sending, failure: Failure) -> bool:
        """A repeat that could not leave, or was told to wait, settles nothing of the doubt before it."""
        repeated = sending.case.open_intent is not None
        return repeated and (failure.connection_wide or failure.kind == Kind.TRANSIENT)

    def _next_step(self, sending: Sending, answer: Answer) -> Leaving:
        leaving = sending.leaving
        operation, step = leaving.steps_left[0]
        context = msgspec.convert(leaving.context, WriteContext)
        ids = {**context.ids, "steps": [*context.ids.get("steps", []), answer.external_id or ""]}
        external_id = leaving.external_id or answer.external_id
        context = replace(context, ids=ids, external_id=external_id)
        return msgspec.structs.replace(
            leaving,
            call=prepare(self.connector, self.job, self.abilities, context, operation, step),
            operation=operation,
            step=step,
            steps_left=leaving.steps_left[1:],
            steps_done=[*leaving.steps_done, leaving.operation],
            context=msgspec.to_builtins(context),
            external_id=external_id,
        )

    def _note_connection(self, results: Results) -> None:
        """Says once that the destination cannot be reached, and once that it can again."""
        if self.sender.stopped is not None and not self.failing:
            self.failing = True
            faults.destination_failed(self.job, self.sender.stopped)
        elif not self.failing and any(isinstance(result, Answer) for _, result in results):
            faults.destination_works_again(self.job)

    def _give_up(self, lease: Lease) -> None:
        """A batch whose worker died again and again: first alone, then to a person."""
        if lease.batch.size > 1 or len(lease.parcels) > 1:
            claim.split(lease)
            return
        cases = gather(self.job, lease.parcels)
        for case in cases:
            case.subject = case.delivery.subject or case.parcel.external_id
            sentence = (
                f"{case.subject}: the worker died each time it tried this record. It is not tried again by itself. "
                f"Tell whoever looks after Crossdock; the record is kept and can be retried."
            )
            fault = data_fault(case, "worker_died", "worker", sentence, kind="bug")
            case.ending = Ending(State.FAILED, sentence[:300], fault=fault, counts=True)
        record(
            self.job, lease, Group(ended=[(case, case.ending) for case in cases if case.ending is not None])
        )
        lease.give_back()

    def _waits_for_orders(self, lease: Lease) -> bool:
        """Stock goes out only after the orders were read that may have sold it since the figure was read."""
        read_at = max((p.read_at for p in lease.parcels.values() if not p.recount), default=0.0)
        behind = stock.orders_to_read_first(self.job, datetime.fromtimestamp(read_at, UTC)) if read_at else []
        for orders in behind:
            if orders.may_run:
                pull(orders.pk, self.deadline, at_once=True)
        still_behind = (
            stock.orders_to_read_first(self.job, datetime.fromtimestamp(read_at, UTC)) if behind else []
        )
        if not still_behind:
            return False
        for place in lease.parcels:
            lease.not_before[place] = shared_clock.seconds() + 2.0
        lease.give_back()
        return True


def _rest_until_due(job: SyncJob, deadline: float) -> bool:
    """Waits for what is due in a moment; what is due later is left to the next bell."""
    pause = claim.seconds_until_due(job)
    if pause is None or pause > LONGEST_REST or time.monotonic() + pause >= deadline:
        return False
    time.sleep(max(pause, 0.01))
    return True


def _groups(lease: Lease) -> Iterable[list[int]]:
    now = shared_clock.seconds()
    due = [place for place in sorted(lease.parcels) if lease.not_before.get(place, 0.0) <= now]
    for start in range(0, len(due), GROUP):
        yield due[start : start + GROUP]
