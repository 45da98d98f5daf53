"""One rate budget per connection, shared by all workers of all hosts, by the database's clock.

A generic cell rate algorithm on one row: `next_free_us` is when the next call may leave if the calls left evenly;
`burst` calls may leave ahead of it. GraphQL points are a second one of the same kind, the daily quota a counter.
A worker takes the next few release moments by ONE conditional UPDATE, so that no two workers can have the same one,
and waits each of them out by itself. Taking few at a time is what lets a person's call in between.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection as database
from django.db.models import F

from integrations.connectors.base import Limit, Told
from integrations.models import Connection, RateBudget

from . import breaker
from .clock import CLOCK, DATABASE_NOW, MICROSECONDS

ATTEMPTS = 8
# A call may leave this many seconds after its moment, later it may not; and the moments lie by this share further
# apart, so that lateness never makes a second that holds more calls than the limit and its burst.
LATENESS = 0.03
# How far ahead of now moments are given out: to whom a person waits for, and to everybody else.
HORIZON_OF_URGENT, HORIZON = 2.0, 0.25
# Nobody asks again sooner: those who would take the next moments stand in line.
SHORTEST_WAIT_US = 25_000
# The rest of a day's quota that is kept for those for whom a person waits.
KEPT_OF_THE_DAY = 0.02
DAY = 24 * 3600

_COLUMNS = (
    "next_free_us",
    "blocked_until_us",
    "day",
    "day_calls",
    "points_free_us",
    "points_rate",
    "points_most",
    "points_cost",
    "told_interval_us",
    "told_until_us",
    "failures",
    "open_until_us",
)
# What another worker's taking moves.
_MOVES = ("next_free_us", "blocked_until_us", "day", "day_calls", "points_free_us", "open_until_us")


@dataclass(frozen=True)
class Seen:
    """The row as one look saw it, and the time at which it did."""

    next_free_us: int
    blocked_until_us: int
    day: int
    day_calls: int
    points_free_us: int
    points_rate: float
    points_most: float
    points_cost: float
    told_interval_us: int
    told_until_us: int
    failures: int
    open_until_us: int
    now_us: int


@dataclass(frozen=True)
class Pace:
    """How fast calls may leave at this moment: the stricter of what is declared and what the platform reports."""

    interval_us: float = 0.0
    late_us: float = 0.0
    burst: int = 1
    cost_us: float = 0.0
    points_us: float = 0.0
    calls_per_day: int = 0

    @property
    def is_free(self) -> bool:
        return not (self.interval_us or self.cost_us or self.calls_per_day)


Release = tuple[int, int]


@dataclass(frozen=True)
class Grant:
    """`releases`: from when until when each call may leave, by the database's clock. None of them: ask again after
    `wait_seconds`.

    `free`: no moment need be waited for, as many may leave as like. `left` is what the row says after the taking.
    """

    releases: tuple[Release, ...] = ()
    wait_seconds: float = 0.0
    why: str = ""
    free: bool = False
    left: Seen | None = None


def look(connection: Connection) -> Seen:
    """One query; it brings the database's time with it."""
    clock = DATABASE_NOW if database.vendor == "postgresql" else "NULL"
    table = RateBudget._meta.db_table
    statement = f"SELECT {', '.join(_COLUMNS)}, {clock} FROM {table} WHERE connection_id = %s"  # noqa: S608  # names of our own
    with database.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(statement, [connection.pk])
        found = cursor.fetchone()
        ended = time.monotonic()
    if found is None:
        RateBudget.objects.get_or_create(connection=connection)
        return look(connection)
    CLOCK.note(began, ended, found[-1])
    return Seen(**dict(zip(_COLUMNS, found[:-1], strict=True)), now_us=CLOCK.now_us())


def take(
    connection: Connection, limit: Limit, wanted: int, *, urgent: bool = False, seen: Seen | None = None
) -> Grant:
    """The next up to `wanted` release moments; `seen`: what a look has just shown.

    Raises nothing and waits for nothing: a refusal says when to ask again, and why.
    """
    for _ in range(ATTEMPTS):
        seen = seen or look(connection)
        grant = _grant(seen, limit, wanted, urgent)
        if grant.left is None or _move(connection, seen, grant.left):
            return grant
        seen = None
    return Grant(wait_seconds=0.01, why="turn")


def _grant(seen: Seen, limit: Limit, wanted: int, urgent: bool) -> Grant:
    now = seen.now_us
    if seen.blocked_until_us > now:
        return Grant(wait_seconds=(seen.blocked_until_us - now) / MICROSECONDS, why="blocked")
    if seen.open_until_us > now:
        return Grant(wait_seconds=(seen.open_until_us - now) / MICROSECONDS, why="open")
    after = seen
    if seen.failures:
        # One call probes. Until it is back, or given up, everybody else waits as before.
        wanted, after = 1, replace(seen, open_until_us=now + breaker.PROBE_TAKES_AT_MOST_US)
    pace = pace_of(seen, limit)
    if pace.is_free:
        return Grant(
            ((now, now + MICROSECONDS),) * wanted,
            free=not seen.failures,
            left=None if after is seen else after,
        )
    if pace.calls_per_day:
        wanted = min(wanted, _left_today(seen, pace, urgent))
        if wanted <= 0:
            return Grant(wait_seconds=DAY - now / MICROSECONDS % DAY, why="quota")
    horizon = (HORIZON_OF_URGENT if urgent else HORIZON) * MICROSECONDS
    releases, refused_at = _moments(seen, pace, wanted, now + horizon)
    if not releases:
        return Grant(
            wait_seconds=max(refused_at - now - horizon, SHORTEST_WAIT_US) / MICROSECONDS, why="turn"
        )
    return Grant(releases, left=_after(after, pace, len(releases)))


def pace_of(seen: Seen, limit: Limit) -> Pace:
    interval = MICROSECONDS / limit.calls_per_second if limit.calls_per_second > 0 else 0.0
    if seen.told_until_us > seen.now_us:
        interval = max(interval, float(seen.told_interval_us))
    burst = max(limit.burst, 1)
    interval *= 1 + LATENESS
    late = (burst - 1) * interval + LATENESS * max(MICROSECONDS, interval)
    rate = seen.points_rate or limit.points_per_second
    most, cost = seen.points_most or limit.points, seen.points_cost or limit.cost
    is_told = rate > 0 and most > 0 and cost > 0
    return Pace(
        interval_us=interval,
        late_us=late,
        burst=burst,
        cost_us=MICROSECONDS * min(cost, most) / rate if is_told else 0.0,
        points_us=MICROSECONDS * most / rate if is_told else 0.0,
        calls_per_day=limit.calls_per_day,
    )


def _left_today(seen: Seen, pace: Pace, urgent: bool) -> int:
    used = seen.day_calls if seen.day == _day(seen.now_us) else 0
    kept = 0 if urgent else max(1, int(pace.calls_per_day * KEPT_OF_THE_DAY))
    return pace.calls_per_day - used - kept


def _moments(seen: Seen, pace: Pace, wanted: int, latest: float) -> tuple[tuple[Release, ...], int]:
    """The moments up to `latest`, and the first one that is too far off.

    Each call has its place in an even row, which may lie before now as far as the burst reaches; the latest at which
    it may leave is counted from there.
    """
    now = seen.now_us
    found: list[Release] = []
    calls = max(seen.next_free_us, now) - (pace.burst - 1) * pace.interval_us
    points = max(seen.points_free_us, now) - pace.points_us + pace.cost_us
    for number in range(wanted):
        place = calls + number * pace.interval_us
        at = int(max(now, place, points + number * pace.cost_us))
        if at > latest:
            return tuple(found), at
        found.append((at, int(max(place + pace.late_us, at + LATENESS * MICROSECONDS))))
    return tuple(found), 0


def _after(seen: Seen, pace: Pace, calls: int) -> Seen:
    now, day, moves = seen.now_us, _day(seen.now_us), dict[str, int]()
    if pace.interval_us:
        moves["next_free_us"] = int(max(seen.next_free_us, now) + calls * pace.interval_us)
    if pace.cost_us:
        moves["points_free_us"] = int(max(seen.points_free_us, now) + calls * pace.cost_us)
    return replace(seen, day=day, day_calls=(seen.day_calls if seen.day == day else 0) + calls, **moves)


def _move(connection: Connection, seen: Seen, after: Seen) -> bool:
    same = {name: getattr(seen, name) for name in _MOVES}
    moves = {name: getattr(after, name) for name in _MOVES}
    return bool(RateBudget.objects.filter(connection=connection, **same).update(**moves))


def give_back(connection: Connection, limit: Limit, grant: Grant, unused: int) -> None:
    """The last `unused` of a grant, if nobody has taken any since; else they are lost."""
    left = grant.left
    if left is None or unused <= 0:
        return
    pace = pace_of(left, limit)
    before = replace(
        left,
        next_free_us=int(left.next_free_us - unused * pace.interval_us),
        points_free_us=int(left.points_free_us - unused * pace.cost_us),
        day_calls=left.day_calls - unused,
    )
    if not _move(connection, left, before) and pace.calls_per_day:
        RateBudget.objects.filter(connection=connection, day=left.day, day_calls__gte=unused).update(
            day_calls=F("day_calls") - unused
        )


def owe(connection: Connection, limit: Limit, calls: int) -> None:
    """Calls that leave beside those that were granted (a login, the details of a fetch): the next ones wait for them
    too."""
    for _ in range(ATTEMPTS):
        seen = look(connection)
        pace = pace_of(seen, limit)
        if calls <= 0 or pace.is_free or _move(connection, seen, _after(seen, pace, calls)):
            return


def block(connection: Connection, seconds: float) -> None:
    """Nobody calls before `seconds` are over: the vendor's Retry-After. A shorter wait never shortens a longer one."""
    seen = look(connection)
    until = seen.now_us + int(seconds * MICROSECONDS)
    RateBudget.objects.filter(connection=connection, blocked_until_us__lt=until).update(
        blocked_until_us=until
    )


def report(connection: Connection, limit: Limit, told: Told) -> None:
    """Takes over what the platform's answers say of its limits, where it is stricter than what we know."""
    for _ in range(ATTEMPTS):
        seen = look(connection)
        moves = {**_told_of_calls(seen, limit, told), **_told_of_points(seen, told)}
        if not moves:
            return
        moves |= {"told": _sentence(told)[:200], "told_at_us": seen.now_us}
        same = {name: getattr(seen, name) for name in ("next_free_us", "points_free_us")}
        if RateBudget.objects.filter(connection=connection, **same).update(**moves):
            return


def _told_of_calls(seen: Seen, limit: Limit, told: Told) -> dict[str, Any]:
    if told.remaining is None:
        return {}
    now, moves = seen.now_us, dict[str, Any]()
    if told.reset is not None:
        until = now + int(told.reset * MICROSECONDS)
        if told.remaining <= 0:
            moves["blocked_until_us"] = max(until, seen.blocked_until_us)
        elif told.reset > 0 and told.limit and told.remaining < told.limit / 2:
            # The first half may leave at once; the second is spread over what is left of the window.
            moves |= {
                "told_interval_us": int(told.reset * MICROSECONDS / told.remaining),
                "told_until_us": until,
            }
    elif told.remaining <= 1:
        # A bucket that is full, and empties at the rate that is declared.
        interval = MICROSECONDS / limit.calls_per_second if limit.calls_per_second > 0 else MICROSECONDS
        moves["blocked_until_us"] = max(now + int((2 - told.remaining) * interval), seen.blocked_until_us)
    interval_us = pace_of(seen, limit).interval_us
    if interval_us and told.remaining < limit.burst:
        # As much of the burst as the platform says is left, whatever we have counted ourselves.
        moves["next_free_us"] = max(
            seen.next_free_us, int(now + (limit.burst - told.remaining) * interval_us)
        )
    return moves


def _told_of_points(seen: Seen, told: Told) -> dict[str, Any]:
    if told.points is None:
        return {}
    full_at = seen.now_us + int((told.points_most - told.points) / told.points_rate * MICROSECONDS)
    # The dearest call for which we still know the price; cheaper ones bring the estimate down by and by.
    cost = max(told.cost, 0.9 * seen.points_cost) or 1.0
    return {
        "points_free_us": max(full_at, seen.points_free_us),
        "points_rate": told.points_rate,
        "points_most": told.points_most,
        "points_cost": cost,
    }


def _sentence(told: Told) -> str:
    parts = []
    if told.remaining is not None:
        of = f" of {told.limit:g}" if told.limit else ""
        until = f", all of them again in {told.reset:.0f} s" if told.reset is not None else ""
        parts.append(f"{told.remaining:g}{of} calls left{until}")
    if told.points is not None:
        parts.append(
            f"{told.points:g} of {told.points_most:g} points left, {told.points_rate:g} more each second, "
            f"up to {told.cost:g} for a call"
        )
    return "; ".join(parts)


def _day(us: int) -> int:
    return us // (DAY * MICROSECONDS)
