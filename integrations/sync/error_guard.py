"""A job halts by itself when too much of what it tried lately has failed, and that is told as any failure is."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max

from integrations.exceptions import Failure
from integrations.models import ErrorRecord, Outcome, State, SyncJob

from . import shared_clock
from .faults import halt_job

# What was tried in this time counts, of a busy job so many of the newest; nothing is said of fewer than FEWEST.
LATELY = timedelta(minutes=30)
NEWEST, FEWEST = 500, 10
CODE = "too_many_errors"


def heed(job: SyncJob) -> bool:
    """Halts the job where its errors have risen above its rate. Returns whether it did."""
    if not job.halts_above_percent:
        return False
    tried, failed = _lately(job)
    if tried < FEWEST or failed * 100 <= tried * job.halts_above_percent:
        return False
    sentence = (
        f"{failed} of the last {tried} records failed, which is more than the {job.halts_above_percent} % that are "
        "allowed. Nothing more is sent. Open its errors, mend their cause, then resume it."
    )
    halt_job(job, Failure.config(CODE, sentence))
    return True


def _lately(job: SyncJob) -> tuple[int, int]:
    """How many records were tried, and how many of these failed; what a person let go on after a halt is forgotten."""
    since = shared_clock.now() - LATELY
    resumed = ErrorRecord.objects.filter(job=job, code=CODE, settled_at__gte=since).aggregate(
        at=Max("settled_at")
    )
    states = list(
        Outcome.objects.filter(
            job=job, recorded_at__gte=resumed["at"] or since, state__in=(State.DELIVERED, State.FAILED)
        )
        .order_by("-recorded_at")
        .values_list("state", flat=True)[:NEWEST]
    )
    return len(states), states.count(State.FAILED)
