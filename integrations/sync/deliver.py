"""The heart: claims batches, and carries each record from its payload to an Outcome.

For a group of records:
1. gather what the tables know; 2. settle the open Intents of their keys first; 3. fetch what must be fetched;
4. translate and decide; 5. store an Intent for each write; 6. send; 7. record, under the lease token.
Steps 1 to 5 of the next group, also of the next batch, are done while the calls of the present one are on their way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper

from integrations.connectors.base import Answer, Connector
from integrations.exceptions import Failure
from integrations.models import Priority, RunState, State, SyncJob, SyncRun, may_work

from . import breaker, cancel, claim, error_guard, faults, hand_over, intents, stock_waits
from .answers import Answers
from .case import Ending, Sending
from .claim import Lease, LeaseLost
from .connect import connect
from .doorbell import ring
from .endings import data_fault, name_by_id
from .falling_back import FallingBack
from .gather import gather
from .give_way import Courtesy
from .hand import COMMIT_EVERY, Hand, by_lease, group_size, groups, is_found_again, size_for
from .record import Group, record
from .runs import close_settled_runs
from .send import Results, Sender
from .weighing import Weighing

# A worker does not wait longer than this for what is due next.
LONGEST_REST = 2.0
# The next group is prepared when so many writes are left before the threads, beside two for each: what the
# destination takes while it is being prepared.
LEFT_BEFORE_NEXT = 32
# Seconds before a worker that has calls on their way asks again whether another batch is due.
ASK_AGAIN = 0.25
# Whether the job of a run may work, asked with the run.
GOES = ExpressionWrapper(may_work("job__"), output_field=BooleanField())
# Seconds between two looks at what people decided meanwhile.
HEED_EVERY = 1.0


def drain(job_id: int, deadline: float) -> int:
    """Delivers what is due of this job until nothing is left or `deadline` (time.monotonic) is near.

    Returns how many batches were worked on. What is left is rung for again; where the destination is to be left alone
    for a while, by the supervisor's look.
    """
    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        pk=job_id
    )
    if not job.may_run or claim.claim_would_find_none(job):
        close_settled_runs(job)
        return 0
    known, pause = breaker.standing(job.destination_id)
    if pause > LONGEST_REST:
        return 0
    try:
        connector = connect(job.destination)
    except Failure as failure:
        if failure.code == "login_under_way":
            ring("drain", job.pk)
        else:
            faults.destination_failed(job, failure, known)
        return 0
    carrier = Carrier(job, connector, deadline)
    try:
        carrier.carry()
    finally:
        carrier.close()
    carrier.weighing.settle_conflicts()
    error_guard.heed(job)
    close_settled_runs(job)
    if not carrier.must_wait and not claim.claim_would_find_none(job):
        ring("drain", job.pk)
    return carrier.worked


class Carrier:
    """One worker's way from one job's batches to its destination."""

    def __init__(self, job: SyncJob, connector: Connector, deadline: float) -> None:
        self.job = job
        self.connector = connector
        self.deadline = deadline
        falling_back = FallingBack(job)
        self.weighing = Weighing(job, connector, falling_back)
        self.abilities = self.weighing.abilities
        self.sender = Sender(job, connector, self.abilities, self.weighing.watch)
        self.answers = Answers(job, connector, self.abilities, falling_back, self.weighing.watch)
        self.group_size = group_size(self.abilities, connector.limit(), self.sender.size)
        self.worked = 0
        self._says_failed = self._says_works = False
        self._hands: list[Hand] = []
        self._ask_at = 0.0
        self._heed_at = time.monotonic() + HEED_EVERY
        self._is_over = self._has_begun = False
        self.courtesy = Courtesy(job)

    @property
    def goes_on(self) -> bool:
        """Whether more may be begun."""
        return not self._is_over and not self.must_wait and time.monotonic() < self.deadline

    @property
    def must_wait(self) -> bool:
        return self.sender.stopped is not None or self.sender.gate.must_wait_long

    def close(self) -> None:
        self.sender.close()
        self.connector.close()

    def carry(self) -> None:
        """Until nothing is left that is due, or the deadline, or what stops the job."""
        while True:
            self._heed_people()
            self._give_way()
            if self.goes_on and self._has_room() and self._begin_next_group():
                continue
            if not self.goes_on:
                self.sender.recall(self.sender.gate.wait_seconds)
            if self.sender.outstanding:
                self._take_in()
            elif self._ask_at:
                self._ask_at = 0.0
            elif not (self.goes_on and self._rest_until_due()):
                break
        for hand in self._hands:
            self._finish(hand)

    def _heed_people(self) -> None:
        """Who pauses the job or cancels a run need not wait for a whole group: what has not left yet stays here."""
        if not self.goes_on or time.monotonic() < self._heed_at:
            return
        self._heed_at = time.monotonic() + HEED_EVERY
        error_guard.heed(self.job)
        for hand in [hand for hand in self._hands if not hand.is_lost]:
            may_run, is_cancelled = self._told_meanwhile(hand.lease)
            if not may_run:
                self._is_over = True
                return
            if is_cancelled and not hand.is_cancelled:
                try:
                    self._drop_unsent(hand)
                except LeaseLost:
                    self._lose(hand)
        self._finish_what_is_done()

    def _drop_unsent(self, hand: Hand) -> None:
        """Raises LeaseLost, and nothing is dropped."""
        hand.is_cancelled = True
        self.call_back()
        cancel.drop_unsent(self.job, hand.lease)

    def _give_way(self) -> None:
        """What is fresh goes before a backfill in hand, and before what of it waits for a thread."""
        least = max((hand.lease.batch.priority for hand in self._hands), default=Priority.FRESH)
        if self.goes_on and self.courtesy.others_wait(least):
            self._is_over = True
        elif self.goes_on and self.courtesy.own_waits(least):
            self.call_back()
            self._ask_at = 0.0
            self._next_hand()
            self._hands.sort(key=lambda hand: hand.lease.batch.priority)

    def _has_room(self) -> bool:
        if not is_found_again(self.abilities):
            return self.sender.outstanding < self.sender.size
        return self.sender.outstanding <= 2 * self.sender.size + LEFT_BEFORE_NEXT

    def _begin_next_group(self) -> bool:
        """Has one more group leave; False where there is none at this moment."""
        hand = self._hand_to_go_on_with() or self._next_hand()
        if hand is None:
            return False
        places = self._next_places(hand)
        try:
            may_run, is_cancelled = self._told_meanwhile(hand.lease)
            if not may_run:
                self._is_over = True
                return False
            if is_cancelled:
                self._drop_unsent(hand)
            self._deliver_group(hand.lease, [place for place in places if place in hand.lease.parcels])
        except LeaseLost:
            self._lose(hand)
        self._finish_what_is_done()
        return True

    def _next_places(self, hand: Hand) -> list[int]:
        """The first of many is small: the threads have nothing to do while it is being prepared."""
        places = hand.groups.popleft()
        most = 2 * max(self.sender.size, self.abilities.batch_size)
        if not self._has_begun and most < len(places) == hand.size:
            hand.groups.appendleft(places[most:])
            places = places[:most]
        self._has_begun = True
        return places

    def _hand_to_go_on_with(self) -> Hand | None:
        """Of those in hand: the one that was begun, or one of which something is due again."""
        for hand in self._hands:
            if not hand.groups and not hand.flying and hand.rests_for() <= 0:
                hand.groups = deque(groups(hand.lease, hand.size))
            if hand.groups:
                return hand
        return None

    def _next_hand(self) -> Hand | None:
        """Claims a batch. None: there is none that is due and may be delivered now."""
        if any(hand.lease.is_suspect for hand in self._hands):
            return None
        while self.goes_on and time.monotonic() >= self._ask_at:
            lease = claim.claim(self.job, self.connector.timeout_seconds, beside_others=bool(self._hands))
            if lease is None:
                self._ask_at = time.monotonic() + ASK_AGAIN if self.sender.outstanding else 0.0
                return None
            self.worked += 1
            try:
                hand = self._take_in_hand(lease)
            except LeaseLost:
                continue
            if hand is not None:
                return hand
        return None

    def _take_in_hand(self, lease: Lease) -> Hand | None:
        if claim.lost_too_often(lease):
            self._give_up(lease)
            return None
        if stock_waits.for_orders(self.job, lease, self.deadline):
            return None
        size = size_for(lease.batch.priority, self.group_size)
        hand = Hand(lease, deque(groups(lease, size)), size)
        if not hand.groups:
            lease.give_back()
            return None
        self.sender.gate.urgent = lease.batch.priority == Priority.FRESH
        self._hands.append(hand)
        return hand

    def _told_meanwhile(self, lease: Lease) -> tuple[bool, bool]:
        """Whether the job may still run, and whether this run was cancelled: people decide while workers work."""
        run_state, *goes = SyncRun.objects.values_list(
            "state", GOES, "job__source__enabled", "job__destination__enabled"
        ).get(pk=lease.batch.run_id)
        return all(goes), run_state == RunState.CANCELLED

    def _deliver_group(self, lease: Lease, places: Sequence[int]) -> None:
        cases = gather(self.job, {place: lease.parcels[place] for place in places})
        sendings = self.weighing.settle_open_intents(lease, cases)
        taken = {sending.case.place for sending in sendings}
        fresh = [case for case in cases if case.place not in taken and case.ending is None]
        self.sender.look()
        self.weighing.weigh(fresh)
        self.sender.look()
        leaving = [case for case in fresh if case.leaving is not None and case.ending is None]
        if leaving:
            sendings += intents.lock(self.job, self.abilities, lease, leaving, self.weighing.watch)
            self.sender.look()
        ended = Group.of_ended(cases, self.weighing.watch)
        if ended.ended:
            hand_over.record_all(self.job, lease, ended)
        self._send(lease, sendings)

    def _send(self, lease: Lease, sendings: Sequence[Sending]) -> None:
        hand = self._hand_of(lease)
        if hand is not None and sendings:
            hand.flying += len(sendings)
            self.sender.put(lease, sendings)

    def _hand_of(self, lease: Lease) -> Hand | None:
        return next((hand for hand in self._hands if hand.lease is lease), None)

    def call_back(self) -> None:
        """What has not left comes back unsent, what has left is waited for; all of it is written down."""
        self.sender.recall()
        while self.sender.outstanding:
            self._take_in()

    def _take_in(self) -> None:
        """Waits a moment for answers, and writes down what is due."""
        for lease, results in by_lease(self.sender.take_in(COMMIT_EVERY)):
            hand = self._hand_of(lease)
            if hand is not None:
                hand.take_back(results)
        for hand in list(self._hands):
            if hand.is_due:
                self._write_down(hand)
        self._keep_leases()
        self._finish_what_is_done()

    def _write_down(self, hand: Hand) -> None:
        results, hand.back = hand.back, []
        hand.flying -= len(results)
        self._note_connection(results)
        if hand.is_lost:
            return
        try:
            following = self.answers.write_down(
                hand.lease, results, system_is_away=self.sender.stopped is not None
            )
        except LeaseLost:
            self._lose(hand)
            return
        self.sender.look()
        self._send(hand.lease, following)

    def _keep_leases(self) -> None:
        """A batch that waits long for the system's limit is renewed also while nothing of it comes back."""
        for hand in self._hands:
            if not hand.is_lost and not hand.lease.outlasts(hand.lease.seconds / 2):
                try:
                    with transaction.atomic():
                        hand.lease.renew()
                except LeaseLost:
                    self._lose(hand)

    def _lose(self, hand: Hand) -> None:
        """Another worker has it: nothing more of it leaves from here, and nothing of it is written down."""
        hand.is_lost = True
        hand.lease.ends = 0.0
        hand.groups.clear()

    def _finish_what_is_done(self) -> None:
        """A record that may be tried again in a moment is waited for: its batch need not be opened anew."""
        for hand in [hand for hand in self._hands if not hand.groups and not hand.flying]:
            if not self.goes_on or hand.rests_for() > LONGEST_REST:
                self._finish(hand)
                self._hands.remove(hand)

    def _finish(self, hand: Hand) -> None:
        if not hand.is_lost:
            hand.lease.give_back()

    def _note_connection(self, results: Results) -> None:
        """Says once that the destination cannot be reached, and once that it can again."""
        if self.sender.stopped is not None:
            if not self._says_failed:
                self._says_failed = True
                faults.destination_failed(self.job, self.sender.stopped, self.sender.gate.failures)
        elif not self._says_works and any(isinstance(result, Answer) for _, result in results):
            self._says_works = True
            faults.destination_works_again(self.job)

    def _rest_until_due(self) -> bool:
        """Waits for what is due in a moment; what is due later is left to the next bell."""
        others = claim.seconds_until_due(self.job)
        pause = min(
            [hand.rests_for() for hand in self._hands] + [LONGEST_REST + 1 if others is None else others]
        )
        if pause > LONGEST_REST or time.monotonic() + pause >= self.deadline:
            return False
        time.sleep(max(pause, 0.01))
        return True

    def _give_up(self, lease: Lease) -> None:
        """A batch whose worker died again and again: first alone, then to a person."""
        if len(lease.parcels) > 1:
            claim.split(lease)
            return
        cases = gather(self.job, lease.parcels)
        for case in cases:
            case.subject = case.delivery.subject or name_by_id(self.job, case.parcel.external_id)
            sentence = (
                f"{case.subject}: the worker died each time it tried this record alone. "
                f"It is not tried again by itself. Tell whoever looks after Crossdock; the record is kept "
                f"and can be retried."
            )
            fault = data_fault(case, "worker_died", "worker", sentence, kind="bug")
            case.ending = Ending(State.FAILED, sentence[:300], fault=fault, counts=True)
        record(self.job, lease, Group.of_ended(cases))
        lease.give_back()
