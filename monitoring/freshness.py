"""When each job last brought anything, and whether it is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from integrations.models import SyncJob, SyncRun

# A job that reads by itself is late where it has missed so many of its reads, and never before so long.
MISSED_READS, LATE_AFTER = 3, timedelta(minutes=10)


def heard(jobs: Sequence[int]) -> dict[int, datetime]:
    """When the newest run of each began: also one that a webhook or a person rang for."""
    newest = SyncRun.objects.filter(job=OuterRef("pk")).order_by("-started_at").values("started_at")[:1]
    rows = SyncJob.objects.filter(pk__in=jobs).order_by().annotate(heard_at=Subquery(newest))
    return {pk: at for pk, at in rows.values_list("pk", "heard_at") if at is not None}


def fresh_at(job: SyncJob, heard_at: datetime | None) -> datetime | None:
    return max((at for at in (job.last_complete_read_at, heard_at) if at is not None), default=None)


def is_late(job: SyncJob, now: datetime) -> bool:
    """Only of what reads by itself: what waits for webhooks or for people may rest."""
    if not job.every_seconds:
        return False
    read_at = job.last_complete_read_at or job.created_at
    may_take = max(timedelta(seconds=job.every_seconds * MISSED_READS), LATE_AFTER)
    return now - read_at > may_take
