"""A job halts by itself when too much of what it tried lately has failed, and that is told as any failure is.

What a fallback skipped has failed as well: nobody is asked about it, and the other system does not have it. What was
handed over was tried and is taken care of.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max

from integrations.exceptions import Failure
from integrations.models import ErrorRecord, Outcome, State, SyncJob

from . import shared_clock
from .faults import halt_job
from .measures import ATTEMPTED_STATES

# What was tried in this time counts, of a busy job so many of the newest; nothing is said of fewer than FEWEST.
LATELY = timedelta(minutes=30)
NEWEST, FEWEST = 500, 10
CODE = "too_many_errors"
TRIED = (*ATTEMPTED_STATES, State.HANDED_OVER)


def heed(job: SyncJob) -> bool:
    """Halts the job where its errors have risen above its rate. Returns whether it did."""
    if not job.halts_above_percent:
        return False
    tried, failed, skipped = _lately(job)
    missed = failed + skipped
    if tried < FEWEST or missed * 100 <= tried * job.halts_above_percent:
        return False
    sentence = (
        f"{missed} of the last {tried} records failed{_of_which(skipped)}, which is more than the "
        f"{job.halts_above_percent} % that are allowed. Nothing more is sent. {_advice(failed, skipped)}"
    )
    # Of the records: no connection is at fault.
    halt_job(job, Failure.data(CODE, sentence))
    return True


def _of_which(skipped: int) -> str:
    return f" ({skipped} of them skipped by its fallbacks)" if skipped else ""


def _advice(failed: int, skipped: int) -> str:
    if not skipped:
        return "Open its errors, mend their cause, then resume it."
    first = "Open its errors and its skipped records" if failed else "Open its skipped records"
    return f"{first}, and mend their cause. What is never to go there belongs into the job's filter. Then resume it."


def _lately(job: SyncJob) -> tuple[int, int, int]:
    """How many records were tried, how many of these failed, and how many were skipped by a fallback; what a person let
    go on after a halt is forgotten."""
    since = shared_clock.now() - LATELY
    resumed = ErrorRecord.objects.filter(job=job, code=CODE, settled_at__gte=since).aggregate(
        at=Max("settled_at")
    )
    states = list(
        Outcome.objects.filter(job=job, recorded_at__gte=resumed["at"] or since, state__in=TRIED)
        .order_by("-recorded_at")
        .values_list("state", flat=True)[:NEWEST]
    )
    return len(states), states.count(State.FAILED), states.count(State.SKIPPED)
