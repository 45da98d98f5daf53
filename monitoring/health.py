"""Whether the portal lives, and whether it works. Answers name seconds and counts, never what is in a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce
from django_q.brokers import get_broker

from integrations.models import Batch, Heartbeat, may_work
from integrations.sync import shared_clock
from monitoring.standing import SILENT_AFTER

# A batch may wait its turn; one that was due this long ago and is in nobody's hands has been forgotten.
OVERDUE_AFTER = timedelta(minutes=10)


@dataclass
class Answer:
    """`checks`: name → (whether it is well, what was seen)."""

    checks: dict[str, tuple[bool, str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(well for well, _ in self.checks.values())

    def as_json(self) -> dict[str, Any]:
        checks = {name: {"ok": well, "seen": seen} for name, (well, seen) in self.checks.items()}
        return {"ok": self.ok, "checks": checks}


def alive() -> Answer:
    return _ask({"database": _database})


def ready() -> Answer:
    return _ask(
        {
            "database": _database,
            "migrations": _migrations,
            "queue": _queue,
            "workers": _workers,
            "backlog": _backlog,
        }
    )


def _ask(checks: dict[str, Callable[[], tuple[bool, str]]]) -> Answer:
    """A database that does not answer is an answer too."""
    answer = Answer()
    for name, check in checks.items():
        try:
            answer.checks[name] = check()
        except DatabaseError as error:
            answer.checks[name] = (False, type(error).__name__)
            break
    return answer


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return True, connection.vendor


def _migrations() -> tuple[bool, str]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return not missing, f"{len(missing)} missing" if missing else "up to date"


def _queue() -> tuple[bool, str]:
    """Without it nothing new is begun; what comes in is stored all the same."""
    if not settings.REDIS_URL:
        return True, "in the database"
    answers = bool(get_broker().ping())
    return answers, "Redis answers" if answers else "Redis does not answer"


def _workers() -> tuple[bool, str]:
    last = Heartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    if last is None:
        return False, "no worker has shown itself yet"
    return shared_clock.now() - last <= SILENT_AFTER, f"last seen {_seconds(last)} s ago"


def _backlog() -> tuple[bool, str]:
    """The oldest batch of an active job that is due and in nobody's hands."""
    now = shared_clock.now()
    waiting = Batch.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        may_work("job__"),
        settled_at__isnull=True,
        job__source__enabled=True,
        job__destination__enabled=True,
    )
    since = waiting.order_by().aggregate(due=Min(Coalesce("not_before", "created_at")))["due"]
    if since is None:
        return True, "nothing waits"
    return now - since <= OVERDUE_AFTER, f"oldest due {_seconds(since)} s ago"


def _seconds(moment: datetime) -> int:
    return max(round((shared_clock.now() - moment).total_seconds()), 0)
