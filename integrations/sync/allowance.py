"""How a connection's budget stands, in a sentence for the person who looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.connectors import registry
from integrations.connectors.base import Limit
from integrations.exceptions import NotConfigured
from integrations.models import CallShare, Connection, RateBudget

from . import breaker
from .budget import DAY
from .clock import MICROSECONDS, now_us


@dataclass(frozen=True)
class Used:
    """`share` is how much of what may leave at once is used up at this moment, 0 to 1: None where calls are not counted
    by time. `per_hour` is the most that may leave in an hour, 0 where nothing is declared."""

    share: float | None
    waits: bool
    today: int
    per_day: int
    per_hour: float


def used(connections: Iterable[Connection]) -> dict[int, Used]:
    """By connection, of those that have a limit of calls. One query, however many there are."""
    limits = {
        row.pk: limit for row in connections if (limit := _limit(row)).calls_per_second or limit.calls_per_day
    }
    rows = {row.connection_id: row for row in RateBudget.objects.filter(connection__in=list(limits))}
    now = now_us()
    return {pk: _used(limit, rows.get(pk) or RateBudget(), now) for pk, limit in limits.items()}


def _used(limit: Limit, row: RateBudget, now: int) -> Used:
    waits = max(row.blocked_until_us, row.open_until_us) > now
    share = None
    if limit.calls_per_second:
        ahead = max(row.next_free_us - now, 0) / MICROSECONDS * limit.calls_per_second
        share = min(ahead / max(limit.burst, 1), 1.0)
    per_hour = limit.calls_per_second * 3600 or float(limit.calls_per_day)
    return Used(
        share=1.0 if waits else share,
        waits=waits,
        today=row.day_calls if row.day == now // (DAY * MICROSECONDS) else 0,
        per_day=limit.calls_per_day,
        per_hour=min(per_hour, limit.calls_per_day) if limit.calls_per_day else per_hour,
    )


def sentence(connection: Connection) -> str:
    """What is declared, what is used of it, and what keeps calls waiting at present."""
    row = RateBudget.objects.filter(connection=connection).first()
    limit = _limit(connection)
    now = now_us()
    parts = _declared(limit, connection, now)
    if limit.calls_per_day:
        used = row.day_calls if row is not None and row.day == now // (DAY * MICROSECONDS) else 0
        parts.append(f"{used:,} of {limit.calls_per_day:,} today")
    said = [f"{_capital(', '.join(parts))}." if parts else "No limit is declared."]
    if row is not None:
        said += _waits(row, now)
    return " ".join(said)


def _limit(connection: Connection) -> Limit:
    """As the declaration says; no secret is needed for it."""
    kind = registry.platforms().get(connection.platform)
    if kind is None:
        return Limit()
    try:
        return kind.limit_for(connection.settings)
    except NotConfigured:
        return Limit()


def _declared(limit: Limit, connection: Connection, now: int) -> list[str]:
    parts = []
    if limit.calls_per_second:
        burst = f" ({limit.burst} at once after a pause)" if limit.burst > 1 else ""
        parts.append(f"{limit.calls_per_second:g} calls a second{burst}")
    if limit.concurrent_calls:
        held = sum(
            CallShare.objects.filter(connection=connection, until_us__gt=now).values_list("calls", flat=True)
        )
        parts.append(f"{held} of {limit.concurrent_calls} at the same time in use")
    if limit.points:
        parts.append(f"{limit.points:g} points, {limit.points_per_second:g} more each second")
    return parts


def _waits(row: RateBudget, now: int) -> list[str]:
    said = []
    if row.failures >= breaker.FAILURES_THAT_OPEN:
        said.append(f"It could not be reached {row.failures} times in a row; one call tries again by itself.")
    if row.blocked_until_us > now:
        said.append(f"It asks us to wait {(row.blocked_until_us - now) // MICROSECONDS + 1} s more.")
    if row.told:
        said.append(f"{max(now - row.told_at_us, 0) // MICROSECONDS} s ago it reported: {row.told}.")
    return said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
