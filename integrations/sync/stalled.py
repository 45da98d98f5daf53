"""Notices a run in which nothing moves although it could. Says so once, and takes it back by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from integrations.models import Batch, Door, ErrorRecord, Kind, Settled, SyncJob, SyncRun, may_work

from . import shared_clock
from .faults import fingerprint

CODE, PLACE = "stalled", "worker"


def tell_stalled() -> int:
    """Opens one ErrorRecord for each job with a run that stands still, and closes those of jobs that go on.

    Returns how many jobs stand still.
    """
    since = shared_clock.now() - timedelta(minutes=settings.STALLED_AFTER_MINUTES)
    runs = {run.job_id: run for run in stalled_runs(since).order_by("-started_at")}
    _settle_all_but(list(runs))
    for run in runs.values():
        _tell(run)
    return len(runs)


def stalled_runs(since: datetime) -> QuerySet[SyncRun]:
    """Runs of jobs that may go, with something to do since before `since`, in which nothing has moved since.

    What waits for its time (a backoff, a vendor's Retry-After) is not due, and its run does not stand still.
    """
    due = Batch.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=since),
        run=OuterRef("pk"),
        settled_at__isnull=True,
        created_at__lte=since,
    )
    reads_on = Q(read_through=False) & (
        (
            Q(door=Door.PULL, job__read_started_at__lte=since)
            & (Q(job__next_read_at__isnull=True) | Q(job__next_read_at__lte=since))
        )
        | (Q(door=Door.AGAIN) & (Q(goes_on_at__isnull=True) | Q(goes_on_at__lte=since)))
    )
    return (
        SyncRun.objects.filter(
            may_work("job__"),
            finished_at__isnull=True,
            job__source__enabled=True,
            job__destination__enabled=True,
        )
        .annotate(last_move=Coalesce(F("moved_at"), F("started_at")))
        .filter(Q(last_move__lte=since), Exists(due) | reads_on)
        .select_related("job__source", "job__destination")
    )


def _settle_all_but(job_ids: list[int]) -> None:
    ErrorRecord.objects.filter(
        delivery__isnull=True, settled_at__isnull=True, code=CODE, place=PLACE
    ).exclude(job__in=job_ids).update(settled_at=shared_clock.now(), settled_how=Settled.GONE)


def _tell(run: SyncRun) -> None:
    job, now = run.job, shared_clock.now()
    sentence = _sentence(run)
    mark = fingerprint(job.pk, Kind.TRANSIENT, CODE, PLACE, CODE, sentence)
    with transaction.atomic():
        renewed = ErrorRecord.objects.filter(
            job=job, delivery__isnull=True, settled_at__isnull=True, fingerprint=mark
        ).update(last_seen_at=now, attempts=F("attempts") + 1, sentence=sentence, run=run)
        if renewed:
            return
        ErrorRecord.objects.bulk_create([_row(job, run, sentence, mark, now)], ignore_conflicts=True)


def _row(job: SyncJob, run: SyncRun, sentence: str, mark: str, now: datetime) -> ErrorRecord:
    return ErrorRecord(
        job=job,
        run=run,
        connection_id=job.destination_id,
        kind=Kind.TRANSIENT,
        code=CODE,
        place=PLACE,
        field=CODE,
        subject=job.name[:120],
        sentence=sentence,
        fingerprint=mark,
        first_seen_at=now,
        last_seen_at=now,
    )


def _sentence(run: SyncRun) -> str:
    minutes = int((shared_clock.now() - (run.moved_at or run.started_at)).total_seconds() // 60)
    what = f"{run.left:,} records wait" if run.left else "the source is not read on"
    return (
        f"{run.job.name}: nothing has moved in run {run.pk} for {minutes} minutes, although it could: {what}. "
        f"See whether enough workers run and whether {run.job.destination.name} and {run.job.source.name} answer. "
        "This closes by itself when it goes on."
    )
