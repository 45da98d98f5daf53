"""What a worker's calls pass, one by one, before they leave: the connection's budget as its threads see it.

The main thread looks at the tables, a few times a second, and brings release moments and a share of the calls at the
same time; threads only wait here. None passes on knowledge that is older than STALE: so a Retry-After that one worker
was told holds for all of them within that time, on whatever host.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from integrations.connectors.base import Connector
from integrations.exceptions import Failure
from integrations.models import Connection

from . import breaker, budget, notices
from .budget import Grant, Release
from .call_shares import Share
from .clock import CLOCK

# Seconds between two looks at the tables, and after which a thread waits for the next look before it calls.
LOOK_EVERY, STALE = 0.05, 0.2
# A worker never sleeps longer than this for its turn: it puts the rest back.
LONGEST_SLEEP = 2.0
# Release moments taken at a time: what the limit lets through in a quarter of a second.
BLOCK_SECONDS = 0.25
LARGEST_BLOCK = 50
# Seconds between two reports of what the platform's answers say of its limits.
REPORT_EVERY = 0.25

# A thread that waits looks up at least this often, whoever forgot to call it.
LONGEST_UNHEARD = 0.5

MayStill = Callable[[], bool]
# From when until when one call may leave, by time.monotonic.
Moment = tuple[float, float]
AT_ONCE: Moment = (0.0, float("inf"))


class Gate:
    """One worker's way to one connection, for at most `most` calls at the same time."""

    def __init__(
        self, connection: Connection, connector: Connector, most: int, *, urgent: bool = False
    ) -> None:
        self.connection = connection
        self.connector = connector
        self.limit = connector.limit()
        self.most = min(most, self.limit.concurrent_calls or most)
        self.urgent = urgent
        self.failures = 0
        self.wait_seconds, self.why_not = 0.0, ""
        self._share = Share(connection, self.limit.concurrent_calls) if self.limit.concurrent_calls else None
        self._changed = threading.Condition()
        # Below: what threads see, under the condition's lock.
        self._allowed = 0
        self._inside = 0
        self._refusal: Failure | None = None
        self._blocked_until = 0.0
        self._looked_at = 0.0
        self._free = False
        self._releases: deque[Moment] = deque()
        # Below: the main thread's own.
        self._grant = Grant()
        self._ask_at = 0.0
        self._reported_at = 0.0
        self._block = 1.0
        self._lost = 0
        self._entered = False
        # Whether the one call that an open breaker lets through is ours, and whether any call was answered.
        self._probes = False
        self._reached = False

    # For the main thread.

    @property
    def inside(self) -> int:
        """Calls on their way, or with their moment in hand."""
        return self._inside

    @property
    def must_wait_long(self) -> bool:
        """Longer than a worker sleeps: what is to be sent is better put back."""
        return self.wait_seconds > LONGEST_SLEEP

    def look(self, wanted: int) -> None:
        """Brings what up to `wanted` further calls need. Cheap, and does nothing until it is time."""
        now = time.monotonic()
        is_hungry = wanted > 0 and not self._free and not self._releases and now >= self._ask_at
        if now - self._looked_at < LOOK_EVERY and not is_hungry:
            return
        self._report(now)
        seen = budget.look(self.connection)
        if seen.failures and self._reached:
            breaker.worked(self.connection.pk)
            seen = budget.look(self.connection)
        self.failures, self._reached = seen.failures, False
        blocked = CLOCK.monotonic(seen.blocked_until_us)
        grant = self._take(wanted, seen, now)
        allowed = self._settle_share(wanted)
        with self._changed:
            is_news = (
                self._is_blocked()
                or allowed > self._allowed
                or (grant is not None and grant.free > self._free)
            )
            self._blocked_until = max(blocked, self._blocked_until)
            self._allowed, self._looked_at = allowed, time.monotonic()
            if grant is not None:
                self._free = grant.free
                self._releases.extend(() if grant.free else map(_by_own_clock, grant.releases))
            self._changed.notify_all() if is_news else self._changed.notify(len(self._releases))

    def _settle_share(self, wanted: int) -> int:
        """First no more pass than are due to us, then the rest is given up: never the other way round."""
        if self._share is None:
            return self.most
        self._share.is_urgent = self.urgent
        wanted = min(wanted + self._inside, self.most)
        due = self._share.due()
        with self._changed:
            self._allowed = min(self._allowed, due)
            taken = max(self._inside, self._allowed)
        return min(self._share.settle(wanted, taken), self.most)

    def _take(self, wanted: int, seen: budget.Seen, now: float) -> Grant | None:
        wanted -= len(self._releases)
        if wanted <= 0 or len(self._releases) > self._block / 2:
            return None
        if now < self._ask_at:
            return None
        pace = budget.pace_of(seen, self.limit)
        self._size_block(pace)
        grant = budget.take(
            self.connection, self.limit, min(wanted, int(self._block)), urgent=self.urgent, seen=seen
        )
        if grant.why == "open" and self._probes:
            # The others wait for what comes of our call; we need not wait longer than it takes.
            grant = replace(grant, wait_seconds=LOOK_EVERY)
        elif grant.releases:
            self._probes = seen.failures > 0
        self.wait_seconds, self.why_not = (0.0, "") if grant.releases else (grant.wait_seconds, grant.why)
        self._ask_at = now + min(grant.wait_seconds, 0.5)
        if grant.releases and not grant.free:
            self._grant = grant
        return grant

    def _size_block(self, pace: budget.Pace) -> None:
        """Smaller where moments passed unused because all threads were busy, larger while none does."""
        slowest = max(pace.interval_us, pace.cost_us)
        most = BLOCK_SECONDS * 1_000_000 / slowest if slowest else LARGEST_BLOCK
        with self._changed:
            lost, self._lost = self._lost, 0
        grown = self._block - lost if lost else self._block * 2
        self._block = min(max(grown, 1.0), max(most, 1.0), LARGEST_BLOCK)

    def _report(self, now: float) -> None:
        if now - self._reported_at < REPORT_EVERY:
            return
        told = self.connector.told()
        if told is not None:
            self._reported_at = now
            if told.points is not None or told.remaining is None or told.remaining < (told.limit or 1e9) / 2:
                budget.report(self.connection, self.limit, told)

    def block(self, seconds: float) -> None:
        """The vendor asks all of us to wait: for everybody from now on."""
        budget.block(self.connection, seconds)

    def admit(self) -> None:
        """After a refusal: the next calls may pass again."""
        with self._changed:
            self._refusal = None

    def rest(self) -> None:
        """Nothing is to be sent for a while: others may have what is left here."""
        now = time.monotonic()
        with self._changed:
            unused = sum(1 for release, _ in self._releases if release > now)
            self._releases.clear()
        budget.give_back(self.connection, self.limit, self._grant, unused)
        self._grant = Grant()
        if self._entered:
            self._entered = False
            self.leave()
        if self._share is not None and not self._inside:
            self._share.close()
            self._allowed = 0

    def close(self) -> None:
        """Also what the last answers said of the limits is kept, and what any announced of its end."""
        self.rest()
        self._report(float("inf"))
        notices.keep(self.connection, self.connector)

    def turn(self) -> None:
        """For a caller without threads: waits until its next call may leave; `leave` after it, or the next `turn`.

        Raises Failure "rate_limited" where that would take long.
        """
        if self._entered:
            self._entered = False
            self.leave(reached=True)
        ends = time.monotonic() + LONGEST_SLEEP
        while True:
            self.look(1)
            # It goes on looking while its moment is far off, and so hears of a Retry-After meanwhile.
            if self._seconds_to_next() > LOOK_EVERY:
                time.sleep(LOOK_EVERY)
                continue
            if self.try_enter():
                self._entered = True
                return
            if self.wait_seconds > LONGEST_SLEEP or time.monotonic() > ends:
                raise self.asks_to_wait()
            time.sleep(min(max(self._ask_at - time.monotonic(), 0.005), LOOK_EVERY))

    def _seconds_to_next(self) -> float:
        with self._changed:
            return self._releases[0][0] - time.monotonic() if self._releases else 0.0

    def asks_to_wait(self) -> Failure:
        name, seconds = self.connection.name, max(self.wait_seconds, 0.5)
        sentence = {
            "open": f"{name} cannot be reached. It is tried again by itself.",
            "quota": f"The calls that {name} allows for one day are used up. It goes on by itself tomorrow.",
        }.get(self.why_not, f"{name} asks us to wait before the next call.")
        code = "out_of_reach" if self.why_not == "open" else "rate_limited"
        return Failure.transient(code, sentence, retry_after=seconds)

    # For threads.

    def enter(self, may_still: MayStill) -> Failure | None:
        """Waits for its turn. None: the call leaves now, and `leave` must follow. Else why it may not leave."""
        while True:
            with self._changed:
                while (release := self._next_release()) is None:
                    if self._refusal is not None:
                        return self._refusal
                    if not may_still():
                        return not_sent(0.0)
                    self._changed.wait(LONGEST_UNHEARD)
                self._inside += 1
            # Its moment is its own now; nobody is kept from theirs while it waits.
            pause = release[0] - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            with self._changed:
                is_wanted = may_still()
                if is_wanted and self._passes(release):
                    return None
                self._inside -= 1
                if self._refusal is not None or not is_wanted:
                    return self._refusal or not_sent(0.0)

    def _passes(self, release: Moment) -> bool:
        """Looked at once more, at the very moment."""
        if self._refusal is not None or self._is_blocked():
            return False
        if self._is_late(release):
            self._lost += 1
            return False
        return True

    def try_enter(self) -> bool:
        """The same without a refusal to heed, where only the next moment is waited for."""
        with self._changed:
            release = self._next_release()
            if release is None:
                return False
            self._inside += 1
        time.sleep(max(release[0] - time.monotonic(), 0.0))
        with self._changed:
            if self._passes(release):
                return True
            self._inside -= 1
            return False

    def leave(self, *, reached: bool = False) -> None:
        """`reached`: the system answered, whatever it said."""
        with self._changed:
            self._inside -= 1
            self._reached = self._reached or reached
            self._changed.notify()

    def refuse(self, why: Failure) -> None:
        """Nobody passes from now on, until `admit`."""
        with self._changed:
            self._refusal = self._refusal or why
            self._changed.notify_all()

    def hold(self, seconds: float) -> None:
        """At once, for the threads of this worker: the main thread tells the others."""
        with self._changed:
            self._blocked_until = max(self._blocked_until, time.monotonic() + seconds)

    def _next_release(self) -> Moment | None:
        """The moment at which one more call may leave; None: not yet known, or none."""
        if self._inside >= self._allowed or self._is_blocked() or self._refusal is not None:
            return None
        if self._free:
            return AT_ONCE
        while self._releases:
            release = self._releases.popleft()
            if not self._is_late(release):
                return release
            self._lost += 1
        return None

    def _is_blocked(self) -> bool:
        now = time.monotonic()
        return now < self._blocked_until or now - self._looked_at > STALE

    def _is_late(self, release: Moment) -> bool:
        return time.monotonic() > release[1]


def _by_own_clock(release: Release) -> Moment:
    return CLOCK.monotonic(release[0]), CLOCK.monotonic(release[1])


def not_sent(seconds: float) -> Failure:
    """It did not leave, and may be tried after `seconds`."""
    return Failure.transient("not_sent", "It had to wait for its turn.", retry_after=seconds)
