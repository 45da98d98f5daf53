"""One rate budget per connection, shared by all workers of all hosts.

A generic cell rate algorithm on one row: `next_free_us` is when the next call may leave if the calls left
evenly; `burst` calls may leave ahead of it. Tokens are taken in blocks by ONE conditional UPDATE, so that no
two workers can take the same one, on any database.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Value
from django.db.models.functions import Greatest

from integrations.connectors.base import Limit
from integrations.models import Connection, RateBudget

from . import shared_clock

MICROSECONDS = 1_000_000
ATTEMPTS = 8


@dataclass(frozen=True)
class Grant:
    """`calls` may leave now; if none, wait `wait_seconds` and ask again."""

    calls: int
    wait_seconds: float = 0.0


def take(connection: Connection, limit: Limit, wanted: int) -> Grant:
    """Takes up to `wanted` calls out of the budget, as many as may leave at this moment."""
    row, _ = RateBudget.objects.get_or_create(connection=connection)
    for _ in range(ATTEMPTS):
        now = int(shared_clock.seconds() * MICROSECONDS)
        if row.blocked_until_us > now:
            return Grant(0, (row.blocked_until_us - now) / MICROSECONDS)
        if limit.calls_per_second <= 0:
            return Grant(wanted)
        interval = MICROSECONDS / limit.calls_per_second
        start = max(row.next_free_us, now)
        allowed = int((now + (max(limit.burst, 1) - 1) * interval - start) // interval) + 1
        calls = min(wanted, allowed)
        if calls <= 0:
            return Grant(0, (start - now - (max(limit.burst, 1) - 1) * interval) / MICROSECONDS)
        taken = RateBudget.objects.filter(
            pk=row.pk, next_free_us=row.next_free_us, blocked_until_us=row.blocked_until_us
        ).update(next_free_us=int(start + calls * interval))
        if taken:
            return Grant(calls)
        row.refresh_from_db()
    return Grant(0, 0.01)


def owe(connection: Connection, limit: Limit, calls: int) -> None:
    """Calls that leave beside those that were granted (the details of a fetch): the next ones wait for them too."""
    if limit.calls_per_second <= 0 or calls <= 0:
        return
    now, cost = int(shared_clock.seconds() * MICROSECONDS), int(calls * MICROSECONDS / limit.calls_per_second)
    RateBudget.objects.filter(connection=connection).update(
        next_free_us=Greatest(F("next_free_us"), Value(now)) + Value(cost)
    )


def block(connection: Connection, seconds: float) -> None:
    """Nobody calls before `seconds` are over: the vendor's Retry-After. A shorter wait never shortens a longer one."""
    RateBudget.objects.get_or_create(connection=connection)
    until = int((shared_clock.seconds() + seconds) * MICROSECONDS)
    RateBudget.objects.filter(connection=connection).update(
        blocked_until_us=Greatest(F("blocked_until_us"), Value(until))
    )
