"""Sends writes in parallel, inside the connection's budget and never past the lease of their batch.

Threads take calls from a queue that is filled ahead, pass the gate one by one, and put what came of them into another.
Everything that touches the database (budget, login) stays on the main thread, and so do the calls of a connector that
is local: they are made at once, and pass no gate, since there is nobody whose limit they could exceed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from django.db import DatabaseError

from integrations.connectors.base import Abilities, Answer, Connector
from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.models import SyncJob

from . import budget, people
from .breaker import FAILURES_THAT_OPEN
from .case import Sending
from .claim import Lease
from .connect import renew_token, token_version
from .gate import LOOK_EVERY, Gate, not_sent
from .watch import Watch

# The main thread does not wake for each answer: those that come within this time are taken in together.
TOGETHER = 0.01


@dataclass
class NothingThere:
    """A look-up found nothing: the write had not arrived."""


@dataclass
class ThereAlready:
    """It was looked for before it was to be made, and is there: nothing was sent."""

    external_id: str


Result = Answer | Failure | NothingThere | ThereAlready
Results = list[tuple[Sending, Result]]


@dataclass(eq=False, slots=True)
class Part:
    """One call: of one write, or of several in one of the destination's batch calls."""

    lease: Lease
    sendings: list[Sending]
    token_version: int


Back = tuple[Part, list[Result] | BaseException]


class Sender:
    """One drain's way out to one destination.

    `outstanding` counts the writes that were put in and have not come back; each comes back once. What could not
    leave (lease too short, job stopped, no turn for too long) comes back as a Failure "not_sent".
    """

    def __init__(
        self, job: SyncJob, connector: Connector, abilities: Abilities, watch: Watch | None = None
    ) -> None:
        self.job = job
        # Where another job reads what this one writes: who must know what became of a write, reads it back.
        self._watch = watch if watch is not None and watch.twin is not None and abilities.fetch else None
        self._read_back: SimpleQueue[None] = SimpleQueue()
        self.connector = connector
        self.abilities = abilities
        self._knows_people = people.concerns(job)
        self.gate = Gate(job.destination, connector, job.concurrent_calls)
        self.outstanding = 0
        self.stopped: Failure | None = None
        self._calls = 0
        self._todo: SimpleQueue[Part | None] = SimpleQueue()
        self._back: SimpleQueue[Back] = SimpleQueue()
        # Before all others: what was refused because the session was over. A None in `_todo` stands for each.
        self._again: SimpleQueue[Part] = SimpleQueue()
        self._session = threading.Event()
        self._session.set()
        self._ends = False
        self._threads: list[threading.Thread] = []
        self._token_version = token_version(job.destination)
        # Calls in a row, of all threads, that showed the whole system away.
        self._away = 0

    @property
    def size(self) -> int:
        """How many calls are on their way at the same time, at most."""
        return self.gate.most

    def close(self) -> None:
        """Call it when nothing is outstanding, or nobody wants to know any more."""
        self._ends = True
        self._session.set()
        self.gate.refuse(not_sent(0.0))
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()
        self.gate.close()

    def put(self, lease: Lease, sendings: Sequence[Sending]) -> None:
        """Has them leave, in turn, after those that wait already."""
        for part in self._parts(sendings):
            self._put(Part(lease, part, self._token_version))
        self.outstanding += len(sendings)
        self.look()

    def _put(self, part: Part) -> None:
        self._calls += 1
        if self.connector.is_local:
            self._back.put((part, self._carry(part)))
            return
        self._todo.put(part)
        if len(self._threads) < min(self.size, self._todo.qsize() + len(self._threads)):
            thread = threading.Thread(target=self._work, name=f"send-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _parts(self, sendings: Sequence[Sending]) -> list[list[Sending]]:
        size = self.abilities.batch_size
        parts: list[list[Sending]] = []
        together: dict[str, list[Sending]] = {}
        for sending in sendings:
            operation = sending.call.operation
            alone = sending.look_up or sending.leaving.step or self._looks_first(sending)
            if size < 2 or alone or operation not in self.abilities.batched:
                parts.append([sending])
            else:
                together.setdefault(operation, []).append(sending)
        for group in together.values():
            parts += [group[start : start + size] for start in range(0, len(group), size)]
        return parts

    def recall(self, seconds: float = 0.0) -> None:
        """What has not left comes back, to be tried again after `seconds`; what has left is waited for."""
        if self.outstanding:
            self.gate.refuse(not_sent(seconds))

    def look(self) -> None:
        """A look at the budget, if it is time for one. The main thread calls it between two pieces of its work."""
        if self._calls and not self.connector.is_local:
            self.gate.look(self._calls - self.gate.inside)

    def take_in(self, patience: float) -> list[tuple[Lease, Sending, Result]]:
        """What came back; nothing where nothing did for `patience` seconds."""
        ends = time.monotonic() + patience
        found: list[tuple[Lease, Sending, Result]] = []
        while self.outstanding and not found:
            self.look()
            if self.gate.must_wait_long:
                self.recall(self.gate.wait_seconds)
            found = self._answers(min(max(ends - time.monotonic(), 0.001), LOOK_EVERY))
            if time.monotonic() >= ends:
                break
        self.outstanding -= len(found)
        if not self.outstanding and self.stopped is None:
            self.gate.admit()
        return found

    def _pay_for_reads(self) -> None:
        """Calls beside the writes themselves: the budget gets them later."""
        more = 0
        while not self._read_back.empty():
            self._read_back.get_nowait()
            more += 1
        if more:
            budget.owe(self.job.destination, self.gate.limit, more)

    def _answers(self, patience: float) -> list[tuple[Lease, Sending, Result]]:
        try:
            back = [self._back.get(timeout=patience)]
        except Empty:
            return []
        if self.outstanding > 1:
            time.sleep(TOGETHER)
        while not self._back.empty():
            back.append(self._back.get_nowait())
        self._calls -= len(back)
        self._pay_for_reads()
        found = []
        for part, results in back:
            if isinstance(results, TokenExpired):
                again = self._log_in_again(part, results)
                self._session.set()
                if again is None:
                    continue
                results = again
            elif isinstance(results, BaseException):
                raise results
            for sending, result in zip(part.sendings, results, strict=True):
                self._tell_others(result)
                found.append((part.lease, sending, result))
        return found

    def _log_in_again(self, part: Part, expired: TokenExpired) -> list[Result] | None:
        """None: it leaves once more, with a newer token. One of those that were on their way together logs in."""
        failure: Failure = expired
        if part.sendings[0].logins == 0:
            for sending in part.sendings:
                sending.logins += 1
            try:
                if part.token_version == self._token_version:
                    renew_token(self.job.destination, self.connector, part.token_version)
                    self._token_version = token_version(self.job.destination)
                part.token_version = self._token_version
                self._calls += 1
                self._again.put(part)
                self._todo.put(None)
                return None
            except Failure as refused:
                failure = refused
        self._heed(failure)
        return [failure] * len(part.sendings)

    def _tell_others(self, result: Result) -> None:
        if isinstance(result, Failure) and result.code == "rate_limited":
            self.gate.block(result.retry_after or 1.0)

    # In a thread: no database here.

    def _work(self) -> None:
        while True:
            part = self._todo.get()
            # Nothing leaves with a session that is known to be over.
            self._session.wait()
            if not self._again.empty():
                part = self._first(part)
            if part is not None:
                self._back.put((part, self._carried(part)))
            elif self._ends:
                return

    def _first(self, taken: Part | None) -> Part | None:
        """What is to leave again goes before what was just taken, which then goes back into the place of that."""
        try:
            again = self._again.get_nowait()
        except Empty:
            return taken
        if taken is not None:
            self._again.put(taken)
        return again

    def _carried(self, part: Part) -> list[Result] | BaseException:
        """What ends the thread (SystemExit) goes to the main thread, which would else wait for ever."""
        try:
            return self._carry(part)
        except BaseException as end:  # noqa: BLE001  # raised again by the main thread
            return end

    def _carry(self, part: Part) -> list[Result] | TokenExpired:
        refused = self._entered(part)
        if refused is not None:
            return [refused] * len(part.sendings)
        results: list[Result] = []
        is_reached = False
        try:
            results = self._call(part.sendings)
            if self._watch is not None:
                results = [
                    self._completed(self._watch, part, *pair)
                    for pair in zip(part.sendings, results, strict=True)
                ]
        except TokenExpired as expired:
            # It answered: else the probe of a breaker would wait for itself to come back.
            is_reached = True
            self._session.clear()
            return expired
        except Failure as failure:
            results = [failure] * len(part.sendings)
        except DatabaseError:
            # The portal's own, of a local connector: the worker falls with it, as anywhere else.
            raise
        except Exception as error:  # noqa: BLE001  # what nobody foresaw: a bug of ours, and its effect unknown
            results = [Failure.bug(error, in_doubt=True)] * len(part.sendings)
        finally:
            self._left(reached=is_reached or any(_is_answered(result) for result in results))
        for result in results:
            self._heed(result)
        return results

    def _entered(self, part: Part) -> Failure | None:
        if self.connector.is_local:
            return None if part.lease.outlasts(self.connector.timeout_seconds) else not_sent(0.0)
        calls = 2 if self._looks_first(part.sendings[0]) else 1
        return self.gate.enter(lambda: part.lease.outlasts(calls * self.connector.timeout_seconds))

    def _left(self, *, reached: bool) -> None:
        if not self.connector.is_local:
            self.gate.leave(reached=reached)

    def _call(self, sendings: list[Sending]) -> list[Result]:
        if len(sendings) > 1:
            return list(self.connector.send_batch([sending.call for sending in sendings]))
        sending = sendings[0]
        looks_first = self._looks_first(sending)
        if not sending.look_up and not looks_first:
            return [self.connector.send(sending.call)]
        found = self.connector.lookup(self.job.destination_resource, sending.call.natural_key)
        if looks_first and found is None:
            self._read_back.put(None)
        if found is None:
            return [NothingThere() if sending.look_up else self.connector.send(sending.call)]
        if looks_first:
            return [ThereAlready(found.external_id)]
        return [
            Answer(external_id=found.external_id, body=found.payload, version=found.version, replayed=True)
        ]

    def _completed(self, watch: Watch, part: Part, sending: Sending, result: Result) -> Result:
        """An answer that does not show what the destination made of the write is completed by a look at it."""
        if not isinstance(result, Answer) or sending.leaving.steps_left or watch.tells_all(sending, result):
            return result
        external_id = result.external_id or sending.leaving.external_id
        if not external_id or not part.lease.outlasts(self.connector.timeout_seconds):
            return result
        self._read_back.put(None)
        try:
            item = self.connector.fetch(self.job.destination_resource, external_id)
        except Exception:  # noqa: BLE001  # the write itself arrived: what cannot be looked at is taken as it was sent
            return result
        return result if item is None else replace(result, body=item.payload)

    def _looks_first(self, sending: Sending) -> bool:
        """A person may be there already, by hand or from elsewhere, and most systems take a second one without a word.
        So it is also before a second try: what is found then is ours, or it is theirs all the same."""
        return (
            self._knows_people
            and sending.call.operation == "create"
            and not sending.leaving.step
            and self.abilities.lookup
            and bool(sending.call.natural_key)
        )

    def _heed(self, result: Result) -> None:
        """A vendor that asks us to wait is obeyed at once; a dead or locked one stops the rest."""
        if not isinstance(result, Failure) or not is_away(result):
            self._away = 0
        if not isinstance(result, Failure):
            return
        if is_away(result):
            self._note_away(result)
        if result.code == "rate_limited":
            self.gate.hold(result.retry_after or 1.0)
        elif result.connection_wide:
            self.stopped = self.stopped or result
            self.gate.refuse(not_sent(0.0))

    def _note_away(self, failure: Failure) -> None:
        """One such answer may be one record's; some in a row, and all while it was away before, are the system's."""
        self._away += 1
        if self._away >= FAILURES_THAT_OPEN or self.gate.failures:
            self.stopped = self.stopped or away(self.job.destination.name, failure)
            self.gate.refuse(not_sent(0.0))


def is_away(failure: Failure) -> bool:
    """Whether the system as a whole may be away: no answer, or a gateway's instead. A 500 is often one record's."""
    if failure.kind != Kind.TRANSIENT or failure.code in ("rate_limited", "not_sent", "token_expired"):
        return False
    return failure.status in (502, 503, 504) or (failure.status is None and failure.in_doubt)


def away(name: str, failure: Failure) -> Failure:
    """The same as a matter of the connection: told once for all its records."""
    how = f"It answers HTTP {failure.status}" if failure.status else "No answer comes"
    return Failure.transient(
        "out_of_reach",
        f"{name} is away. {how}. What is to be sent waits, and goes on by itself when it is back.",
        status=failure.status,
        evidence=failure.evidence,
        connection_wide=True,
    )


def _is_answered(result: Result) -> bool:
    return not isinstance(result, Failure) or (result.status is not None and not is_away(result))
