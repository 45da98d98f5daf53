"""The database's clock, which all hosts share, beside this process's own, by which it waits.

Hosts' clocks differ by seconds. On PostgreSQL every look at a budget brings the server's time with it, and the quickest
of the last looks says how the two clocks stand to each other. SQLite has one host, and so one clock. (`shared_clock`
asks once a minute, which is good enough for leases; here a few milliseconds are a call too many.)
"""

from __future__ import annotations

import time

from django.db import connection

MICROSECONDS = 1_000_000
# After so many seconds a slower look is believed as well: clocks drift.
BELIEVED_FOR = 10.0

DATABASE_NOW = "(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000000)::bigint"


class Clock:
    """Of this process. `monotonic` is time.monotonic; `us` are microseconds since 1970 by the database's clock."""

    def __init__(self) -> None:
        self._offset_us = 0.0
        self._took = float("inf")
        self._noted_at = 0.0

    def note(self, began: float, ended: float, now_us: int | None) -> None:
        """A look that lasted from `began` to `ended` saw the time `now_us` (None: the database has no clock)."""
        if now_us is None:
            now_us, took = int(time.time() * MICROSECONDS), 0.0
        else:
            took = ended - began
        if took <= self._took or ended - self._noted_at > BELIEVED_FOR:
            # As if the time had been read at the very end: then a call may leave too late by `took`, never too early.
            self._offset_us = now_us - ended * MICROSECONDS
            self._took, self._noted_at = took, ended

    def now_us(self) -> int:
        return int(time.monotonic() * MICROSECONDS + self._offset_us)

    def monotonic(self, us: int) -> float:
        return (us - self._offset_us) / MICROSECONDS


CLOCK = Clock()


def now_us() -> int:
    """Asks the database (PostgreSQL) or this host (SQLite)."""
    if connection.vendor != "postgresql":
        CLOCK.note(0.0, time.monotonic(), None)
        return CLOCK.now_us()
    with connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(f"SELECT {DATABASE_NOW}")
        (found,) = cursor.fetchone()
    CLOCK.note(began, time.monotonic(), found)
    return int(found)
