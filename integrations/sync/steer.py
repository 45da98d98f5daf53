"""What a person does with a job: run now, pause, resume, widen the rollout."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from integrations.connectors.base import Item
from integrations.models import (
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    JobState,
    Priority,
    Settled,
    State,
    SyncJob,
    SyncRun,
)

from . import breaker, shared_clock, stock_recount
from .accept import accept
from .doorbell import ring
from .rollout import is_in
from .runs import open_run, reading_run
from .stock_names import KIND

HELD_AT_ONCE = 200
ONLY_HANDED_OVER = (
    "The job '{}' takes only what others hand over, and reads nothing. Run the job that hands over."
)


def run_now(job: SyncJob, full: bool = False) -> SyncRun | None:
    """Begins a read at once, whatever the schedule says; None where the job may not run.

    `full` reads everything again, from the beginning, and compares it with what was written.
    """
    job.refresh_from_db()
    if not job.may_run or job.takes_handed_over:
        return None
    with transaction.atomic():
        previous = reading_run(job)
        if previous is not None and full:
            # It reads no further; it ends when what it accepted is settled.
            SyncRun.objects.filter(pk=previous.pk).update(read_through=True)
        if full:
            SyncJob.objects.filter(pk=job.pk).update(
                read_started_at=None, resume_position=None, position_version=F("position_version") + 1
            )
        run = open_run(job, Door.PULL, full=full)
        ring("pull", job.pk)
    return run


def why_not(job: SyncJob) -> str:
    """Why the job may not run at this moment."""
    if job.state == JobState.DRAFT:
        return f"The job '{job.key}' is a draft and was not launched yet. Open it and press “Go on”."
    for connection in (job.source, job.destination):
        if not connection.enabled:
            return f"The connection '{connection.key}' is switched off. Switch it on first."
    if job.state == JobState.ACTIVE and job.is_held_for_launch:
        return (
            f"The job '{job.key}' waits until its workflow '{job.workflow}' is launched: until then it runs between "
            "sandbox systems only. Open the workflow and press “Launch”; it says what is missing."
        )
    if job.state == JobState.ACTIVE and job.takes_handed_over:
        return ONLY_HANDED_OVER.format(job.key)
    reason = f": {job.state_reason.rstrip('.')}" if job.state_reason else ""
    return f"The job '{job.key}' is {job.state}{reason}. Mend the cause, then resume it."


def pause(job: SyncJob, reason: str = "") -> None:
    """Nothing more is read or sent; what was accepted is kept. A batch in hand stops before its next group."""
    SyncJob.objects.filter(pk=job.pk).exclude(state=JobState.DRAFT).update(
        state=JobState.PAUSED, state_reason=reason[:500]
    )


def resume(job: SyncJob) -> None:
    """Lets it go on where it stopped. A draft stays one: it is launched (see `drafts`)."""
    with transaction.atomic():
        if not (
            SyncJob.objects.filter(pk=job.pk)
            .exclude(state=JobState.DRAFT)
            .update(state=JobState.ACTIVE, state_reason="")
        ):
            return
        ErrorRecord.objects.filter(job=job, delivery__isnull=True, settled_at__isnull=True).update(
            settled_at=shared_clock.now(), settled_how=Settled.GONE
        )
        for connection_id in (job.source_id, job.destination_id):
            breaker.try_now(connection_id)
        ring("pull", job.pk)
        ring("drain", job.pk)


def release_held(job: SyncJob) -> int:
    """Fetches again what the rollout held back and now lets in, and queues it. Returns how many."""
    SyncJob.objects.filter(pk=job.pk).update(released_percent=job.rollout_percent)
    held = (
        Delivery.objects.filter(job=job, state=State.HELD).order_by("pk").values_list("thing_id", flat=True)
    )
    released = 0
    things = list(held)
    for start in range(0, len(things), HELD_AT_ONCE):
        if job.kind == KIND:
            released += stock_recount.let_in(job, things[start : start + HELD_AT_ONCE])
            continue
        ids = ExternalId.objects.filter(
            connection_id=job.source_id,
            resource=job.source_resource,
            thing_id__in=things[start : start + HELD_AT_ONCE],
        ).values_list("external_id", flat=True)
        let_in = [external_id for external_id in ids if is_in(job, external_id)]
        items = [Item(external_id=external_id, payload={}, partial=True) for external_id in let_in]
        released += accept(
            job, Door.RETRY, items, read_at=shared_clock.now(), force=True, priority=Priority.BACKFILL
        ).accepted
    return released
