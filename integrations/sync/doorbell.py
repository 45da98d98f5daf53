"""Rings a worker. The tables are the truth: a lost bell is rung again by the sweep, a doubled one is harmless."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django_q.tasks import async_task

from integrations.models import Doorbell

from . import shared_clock

# A bell that nobody answered for this long is taken for lost.
LOST_AFTER = timedelta(seconds=30)
# A worker that is at it wants no other beside it for at most so long: a task ends by itself before, and a call that it
# has just begun may take as much longer. After that it is taken for dead.
AT_WORK_AT_MOST = timedelta(seconds=float(settings.TASK_SECONDS) + 30)
# After a bell that could not be rung this process does not try again for so many seconds: while the queue is away,
# whoever rings would wait for it each time.
QUIET_SECONDS = 5.0

TASKS = {
    "pull": "integrations.tasks.pull",
    "again": "integrations.tasks.again",
    "drain": "integrations.tasks.drain",
    "inbox": "integrations.tasks.inbox",
    "recount": "integrations.tasks.recount",
    "dry_run": "integrations.tasks.dry_run",
    "test": "integrations.tasks.test_connection",
    "sweep": "integrations.tasks.sweep",
}

_log = logging.getLogger(__name__)


class _Queue:
    """Whether the queue takes bells, as far as this process knows."""

    def __init__(self) -> None:
        self.is_away = False
        self.quiet_until = 0.0

    def is_quiet(self) -> bool:
        return self.is_away and time.monotonic() < self.quiet_until

    def failed(self) -> None:
        """Call it while the exception is handled. Said once, until the queue is back."""
        if not self.is_away:
            _log.exception("The queue takes no bells. What was to be done is stored, and rung for later.")
        self.is_away, self.quiet_until = True, time.monotonic() + QUIET_SECONDS

    def works(self) -> None:
        if self.is_away:
            _log.warning("The queue takes bells again.")
        self.is_away = False


_queue = _Queue()
# What this process is at, and whether it has rung for it meanwhile.
_at_work: dict[tuple[str, int], bool] = {}


@contextmanager
def at_work(task: str, subject_id: int) -> Iterator[None]:
    """Answers the bell; while the block lasts, further bells bring no other worker to the same rows.

    What the block itself rings for is rung afterwards.
    """
    until = shared_clock.now() + AT_WORK_AT_MOST
    Doorbell.objects.update_or_create(
        task=task, subject_id=subject_id, defaults={"rung_at": None, "at_work_until": until}
    )
    _at_work[task, subject_id] = False
    try:
        yield
    finally:
        is_rung = _at_work.pop((task, subject_id))
        Doorbell.objects.filter(task=task, subject_id=subject_id).update(at_work_until=None)
        if is_rung:
            ring(task, subject_id)


def ring(task: str, subject_id: int = 0) -> bool:
    """Has a worker run `task` for the row `subject_id`, once the present transaction is committed.

    Returns whether a bell is really rung: one that was rung and not answered yet is enough. While the queue is away
    none is, and none is noted as rung: another host, or a later sweep, rings for what the tables show.
    """
    if (task, subject_id) in _at_work:
        _at_work[task, subject_id] = True
        return False
    if _queue.is_quiet():
        return False
    rung = _note_as_rung(task, subject_id)
    if rung:
        transaction.on_commit(lambda: _send(task, subject_id))
    return rung


def _note_as_rung(task: str, subject_id: int) -> bool:
    """False where it is noted already. Each webhook asks: Django's way of asking would cost more than storing it."""
    now = shared_clock.now()
    moment, lost = (connection.ops.adapt_datetimefield_value(at) for at in (now, now - LOST_AFTER))
    table = Doorbell._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET rung_at = %s "  # noqa: S608  # a name of our own
            "WHERE task = %s AND subject_id = %s AND (rung_at IS NULL OR rung_at < %s) "
            "AND (at_work_until IS NULL OR at_work_until < %s)",
            [moment, task, subject_id, lost, moment],
        )
        if cursor.rowcount:
            return True
        cursor.execute(
            f"INSERT INTO {table} (task, subject_id, rung_at) VALUES (%s, %s, %s) "  # noqa: S608  # the same
            "ON CONFLICT (task, subject_id) DO NOTHING",
            [task, subject_id, moment],
        )
        return bool(cursor.rowcount)


def _send(task: str, subject_id: int) -> None:
    """After the commit: what is to be done is stored, so that whoever stored it must not be told that it failed."""
    try:
        async_task(TASKS[task], subject_id, task_name=f"{task} {subject_id}"[:100])
    except Exception:  # noqa: BLE001  # whatever keeps a bell from ringing: it is said, and rung for later
        _queue.failed()
        _not_rung(task, subject_id)
    else:
        _queue.works()


def _not_rung(task: str, subject_id: int) -> None:
    try:
        answered(task, subject_id)
    except DatabaseError:
        _log.exception("A bell is noted as rung that was not; after %s it is taken for lost.", LOST_AFTER)


def forget_all() -> None:
    """Every bell may be rung again at once. One that was not lost after all is then doubled, which is harmless."""
    Doorbell.objects.exclude(rung_at=None, at_work_until=None).update(rung_at=None, at_work_until=None)


def answered(task: str, subject_id: int = 0) -> None:
    """The worker came: from now on a new ring brings a new one."""
    Doorbell.objects.filter(task=task, subject_id=subject_id).update(rung_at=None)
