"""The time that all hosts go by. Leases, turns and the order of reads compare what one host wrote with what another
reads: with clocks of their own that differ by a minute, a living worker's batch would be taken for abandoned, and an
older reading of a record would pass for the newer one.

On PostgreSQL it is the database's clock, measured once a minute and carried on by this process's monotonic clock;
SQLite has one host, and that host's clock is the one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

# Two quartz clocks part by some milliseconds in this time; the question costs less than one.
MEASURED_EVERY = 60.0
# This process's two clocks never part by so much, unless one was set or the machine was asleep.
STEP = 0.5


@dataclass(frozen=True)
class _Measure:
    """What the database's clock, our monotonic one and our own showed at the same moment."""

    shared: float
    monotonic: float
    own: float

    def is_good(self) -> bool:
        passed = time.monotonic() - self.monotonic
        return passed < MEASURED_EVERY and abs(time.time() - self.own - passed) < STEP


_last: _Measure | None = None


def now() -> datetime:
    return datetime.fromtimestamp(seconds(), UTC)


def seconds() -> float:
    """Since 1970. May ask the database: call it where the database may be used."""
    global _last  # noqa: PLW0603  # one measure for the whole process, replaced as a whole
    if connection.vendor != "postgresql":
        return time.time()
    measure = _last
    if measure is None or not measure.is_good():
        measure = _last = _measured()
    return measure.shared + time.monotonic() - measure.monotonic


def _measured() -> _Measure:
    """Past Django's own cursor: it is no part of what the caller asks, and is not counted as such."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        asked = time.monotonic()
        row = connection.connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
        answered = time.monotonic()
    # The answer is as old as the way back took: half of the whole way.
    return _Measure(float(row[0]) + (answered - asked) / 2, answered, time.time())
