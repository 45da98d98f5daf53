"""How many calls at the same time each worker may make, where the system limits them for all workers together.

Each worker that has something to send keeps a row under a lease that runs out. The rows of a connection are settled
under the lock of its budget's row, so their sum never exceeds the limit; what is free is shared evenly, a person's call
first. A worker gives up what is more than its share as soon as its calls come back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection as database
from django.db import transaction

from integrations.models import CallShare, Connection, RateBudget

from .clock import CLOCK, MICROSECONDS, now_us
from .holder import this_process

# A share outlasts any call by some seconds; its holder renews it long before.
SHARE_SECONDS = 40.0
RENEW_BELOW = 25.0


class Held(NamedTuple):
    """What a CallShare's row says."""

    pk: int
    wanted: int
    is_urgent: bool
    calls: int


class Share:
    """One worker's part of a connection's calls at the same time. Main thread only."""

    def __init__(self, connection: Connection, limit: int, is_urgent: bool = False) -> None:
        self.connection = connection
        self.limit = limit
        self.is_urgent = is_urgent
        self.holder = f"{this_process()[:120]}/{uuid.uuid4().hex[:8]}"
        self.calls = 0
        self._row: int | None = None
        self._rows: list[Held] = []
        self._until = 0

    def due(self) -> int:
        """How many calls at the same time are this worker's part, as the rows stand."""
        self._rows = self._read(CLOCK.now_us())
        return _due(self._rows, self._row, self.limit)

    def settle(self, wanted: int, taken: int) -> int:
        """Call it after `due`. How many may be on their way from here.

        `taken` are so now, or may be at any moment: they count until they have come back, whatever is due.
        """
        mine = next((row for row in self._rows if row.pk == self._row), None)
        is_short = mine is None or self._until - CLOCK.now_us() < RENEW_BELOW * MICROSECONDS
        is_other = mine is None or (mine.wanted, mine.is_urgent) != (wanted, self.is_urgent)
        if (wanted or self.calls) and (is_short or is_other or self._may_hold(taken) != self.calls):
            self._store(wanted, taken)
        return min(self.calls, _due(self._rows, self._row, self.limit))

    def _may_hold(self, taken: int) -> int:
        """What is due and free, and what cannot be given up yet."""
        others = sum(row.calls for row in self._rows if row.pk != self._row)
        due = _due(self._rows, self._row, self.limit)
        return max(min(due, self.limit - others), min(taken, self.calls), 0)

    def close(self) -> None:
        if self._row is not None:
            CallShare.objects.filter(pk=self._row).delete()
        self._row, self.calls = None, 0

    def _read(self, now: int) -> list[Held]:
        """Asked twenty times a second by each worker: Django's way of asking would cost more than the answer."""
        table = CallShare._meta.db_table
        statement = (
            f"SELECT id, wanted, is_urgent, calls FROM {table} "  # noqa: S608  # a name of our own
            "WHERE connection_id = %s AND until_us > %s ORDER BY id"
        )
        with database.cursor() as cursor:
            cursor.execute(statement, [self.connection.pk, now])
            return [Held(pk, wanted, bool(urgent), calls) for pk, wanted, urgent, calls in cursor.fetchall()]

    def _store(self, wanted: int, taken: int) -> None:
        with transaction.atomic():
            # Whoever settles shares of this connection waits here; SQLite has one writer anyway.
            RateBudget.objects.select_for_update().filter(connection=self.connection).values_list(
                "pk"
            ).first()
            now = now_us()
            until = now + int(SHARE_SECONDS * MICROSECONDS)
            CallShare.objects.filter(connection=self.connection, until_us__lte=now).delete()
            values = {"wanted": wanted, "is_urgent": self.is_urgent, "until_us": until}
            if self._row is None or not CallShare.objects.filter(pk=self._row).update(**values):
                # Anew, or after a stop so long that the share had run out: what is still on its way counts again.
                made = CallShare.objects.create(connection=self.connection, holder=self.holder, **values)
                self._row, self.calls = made.pk, 0
            self._rows = self._read(now)
            self.calls = self._may_hold(taken)
            CallShare.objects.filter(pk=self._row).update(calls=self.calls)
        self._until = until


def _due(rows: Sequence[Held], mine: int | None, limit: int) -> int:
    wanted = [(row.wanted, row.is_urgent) for row in rows]
    found = fair_shares(limit, wanted)
    return next((due for row, due in zip(rows, found, strict=True) if row.pk == mine), 0)


def fair_shares(limit: int, wanted: Sequence[tuple[int, bool]]) -> list[int]:
    """Evenly, nobody more than it wants, those for whom a person waits first: one call at a time goes round."""
    given = [0] * len(wanted)
    left = limit
    for urgent in (True, False):
        places = [place for place, (_, is_urgent) in enumerate(wanted) if is_urgent is urgent]
        while left and (hungry := [place for place in places if given[place] < wanted[place][0]]):
            for place in hungry[:left]:
                given[place] += 1
            left -= min(len(hungry), left)
    return given
