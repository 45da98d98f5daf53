"""Sends a group of writes in parallel, inside the rate budget and never past the lease.

Network calls run in threads; everything that touches the database (budget, login) stays on the caller's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from integrations.connectors.base import Abilities, Answer, Connector
from integrations.exceptions import Failure, TokenExpired
from integrations.models import SyncJob

from . import budget
from .case import Sending
from .claim import Lease
from .connect import renew_token, token_version

# What has come back is committed at least this often.
COMMIT_EVERY = 1.0
# A worker never sleeps longer than this for a rate token: it puts the rest back.
LONGEST_SLEEP = 2.0
BLOCK_OF_TOKENS = 20


@dataclass
class NothingThere:
    """A look-up found nothing: the write had not arrived."""


Result = Answer | Failure | NothingThere
Results = list[tuple[Sending, Result]]


class Sender:
    """One drain's way out to one destination."""

    def __init__(self, job: SyncJob, connector: Connector, abilities: Abilities) -> None:
        self.job = job
        self.connector = connector
        self.abilities = abilities
        limit = connector.limit()
        self.limit = limit
        self.threads = min(job.concurrent_calls, limit.concurrent_calls or job.concurrent_calls)
        self.pool = ThreadPoolExecutor(max_workers=self.threads, thread_name_prefix="send")
        self.tokens = 0
        self.stopped: Failure | None = None

    def close(self) -> None:
        self.pool.shutdown(wait=True)

    def send_all(self, lease: Lease, sendings: Sequence[Sending]) -> Iterator[Results]:
        """Yields what came back, at least once a second while anything does; each sending comes back once.

        What could not leave (no token, lease too short, job stopped) comes back as a Failure "not_sent".
        """
        waiting = deque(self._parts(sendings))
        flying: dict[Future[list[Result]], list[Sending]] = {}
        back: Results = []
        began = time.monotonic()
        while waiting or flying:
            pause = self._fill(lease, waiting, flying, back)
            done = wait(flying, timeout=pause, return_when=FIRST_COMPLETED).done if flying else set()
            if not flying and pause:
                time.sleep(pause)
            for future in done:
                self._take_in(future, flying.pop(future), waiting, back)
            if back and time.monotonic() - began >= COMMIT_EVERY:
                yield back
                back, began = [], time.monotonic()
        if back:
            yield back

    def _parts(self, sendings: Sequence[Sending]) -> list[list[Sending]]:
        """One call each, or several in one of the destination's batch calls."""
        size = self.abilities.batch_size
        single = [
            s
            for s in sendings
            if size < 2 or s.look_up or s.leaving.step or s.call.operation not in self.abilities.batched
        ]
        together: dict[str, list[Sending]] = {}
        for sending in sendings:
            if sending not in single:
                together.setdefault(sending.call.operation, []).append(sending)
        parts = [[sending] for sending in single]
        for group in together.values():
            parts += [group[start : start + size] for start in range(0, len(group), size)]
        return parts

    def _fill(
        self,
        lease: Lease,
        waiting: deque[list[Sending]],
        flying: dict[Future[list[Result]], list[Sending]],
        back: Results,
    ) -> float | None:
        """Starts as many calls as may start now. Returns how long to wait before trying again, None: until one ends."""
        while waiting and len(flying) < self.threads:
            if self.stopped is not None or not lease.outlasts(self.connector.timeout_seconds):
                self._turn_back(waiting, back, 0.0)
                return None
            if self.tokens == 0:
                grant = budget.take(self.job.destination, self.limit, min(len(waiting), BLOCK_OF_TOKENS))
                if grant.calls == 0:
                    if grant.wait_seconds > LONGEST_SLEEP:
                        self._turn_back(waiting, back, grant.wait_seconds)
                        return None
                    return grant.wait_seconds
                self.tokens = grant.calls
            part = waiting.popleft()
            self.tokens -= 1
            flying[self.pool.submit(self._call_in_time, lease, part)] = part
        return COMMIT_EVERY if flying else None

    def _call_in_time(self, lease: Lease, part: list[Sending]) -> list[Result]:
        """In a thread. The lease is looked at once more: the process may have been stopped since it was granted."""
        if not lease.outlasts(self.connector.timeout_seconds):
            return [Failure.transient("not_sent", "It had to wait for its turn.")] * len(part)
        return self._call(part)

    def _call(self, part: list[Sending]) -> list[Result]:
        """In a thread: no database here."""
        if len(part) > 1:
            return list(self.connector.send_batch([sending.call for sending in part]))
        sending = part[0]
        if not sending.look_up:
            return [self.connector.send(sending.call)]
        found = self.connector.lookup(self.job.destination_resource, sending.call.natural_key)
        if found is None:
            return [NothingThere()]
        return [
            Answer(external_id=found.external_id, body=found.payload, version=found.version, replayed=True)
        ]

    def _take_in(
        self, future: Future[list[Result]], part: list[Sending], waiting: deque[list[Sending]], back: Results
    ) -> None:
        try:
            results = future.result()
        except TokenExpired as expired:
            self._log_in_again(part, expired, waiting, back)
            return
        except Failure as failure:
            results = [failure] * len(part)
        except Exception as error:  # noqa: BLE001  # what nobody foresaw: a bug of ours, and its effect unknown
            results = [Failure.bug(error, in_doubt=True)] * len(part)
        for sending, result in zip(part, results, strict=True):
            self._heed(result)
            back.append((sending, result))

    def _log_in_again(
        self, part: list[Sending], expired: TokenExpired, waiting: deque[list[Sending]], back: Results
    ) -> None:
        failure: Failure = expired
        if part[0].logins == 0:
            for sending in part:
                sending.logins += 1
            try:
                renew_token(self.job.destination, self.connector, token_version(self.job.destination))
                waiting.appendleft(part)
                return
            except Failure as refused:
                failure = refused
        self._heed(failure)
        back += [(sending, failure) for sending in part]

    def _heed(self, result: Result) -> None:
        """A vendor that asks us to wait is obeyed by all workers; a dead or locked one stops the rest."""
        if not isinstance(result, Failure):
            return
        if result.code == "rate_limited":
            budget.block(self.job.destination, result.retry_after or 1.0)
            self.tokens = 0
        elif result.connection_wide:
            self.stopped = result

    def _turn_back(self, waiting: deque[list[Sending]], back: Results, seconds: float) -> None:
        why = Failure.transient("not_sent", "It had to wait for its turn.", retry_after=seconds)
        for part in waiting:
            back += [(sending, why) for sending in part]
        waiting.clear()
