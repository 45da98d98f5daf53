"""The sweep: finds what lost its bell or its worker, and rings again. Runs every minute and at each start."""

from __future__ import annotations

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django_q.models import Schedule

from integrations.models import (
    Batch,
    Heartbeat,
    InboundEvent,
    InboundState,
    JobState,
    SyncJob,
)

from . import claim, overdue, steer, stock
from .doorbell import TASKS, ring
from .holder import this_process

SCHEDULE_NAME = "crossdock sweep"


def sweep() -> None:
    """Rings for every job with due work or a due read, and for every connection with unprocessed events."""
    Heartbeat.objects.update_or_create(
        name="sweep", defaults={"beat_at": timezone.now(), "what": this_process()[:200]}
    )
    claim.free_leases_of_the_dead()
    ring_for_due_batches()
    ring_for_due_reads()
    ring_for_unprocessed_events()
    release_where_the_rollout_widened()
    stock.prune_accepted()
    overdue.tell_overdue()


def ring_for_due_batches() -> None:
    for job_id in (
        Batch.objects.filter(claimable_of_active_jobs()).values_list("job_id", flat=True).distinct()
    ):
        ring("drain", job_id)


def claimable_of_active_jobs() -> Q:
    return claim.claimable() & Q(job__state=JobState.ACTIVE)


def ring_for_due_reads() -> None:
    """A read is due when its time has come, or when it was begun and its worker is gone."""
    now = timezone.now()
    due = Q(every_seconds__gt=0) & (Q(next_read_at__isnull=True) | Q(next_read_at__lte=now))
    begun = Q(read_started_at__isnull=False) & (Q(next_read_at__isnull=True) | Q(next_read_at__lte=now))
    jobs = SyncJob.objects.filter(
        due | begun, state=JobState.ACTIVE, source__enabled=True, destination__enabled=True
    )
    for job_id in jobs.values_list("pk", flat=True):
        ring("pull", job_id)


def release_where_the_rollout_widened() -> None:
    """Records held back by a rollout are caught up when it widens; when it narrows, only that is noted."""
    SyncJob.objects.filter(rollout_percent__lt=F("released_percent")).update(
        released_percent=F("rollout_percent")
    )
    widened = SyncJob.objects.filter(rollout_percent__gt=F("released_percent"), state=JobState.ACTIVE)
    for job in widened.select_related("source", "destination", "read_mapping", "write_mapping"):
        steer.release_held(job)


def ring_for_unprocessed_events() -> None:
    waiting = InboundEvent.objects.filter(state=InboundState.RECEIVED)
    for connection_id in waiting.values_list("connection_id", flat=True).distinct():
        ring("inbox", connection_id)


def call_another_worker(job_id: int) -> None:
    """One bell brings one worker; where there is more than one batch to do, that worker brings the next.

    No destination holds more than its share of the workers: one is always left for the others.
    """
    job = SyncJob.objects.get(pk=job_id)
    share = max(int(settings.Q_CLUSTER["workers"]) - 1, 1)
    open_batches = Batch.objects.filter(claim.claimable(), job=job)[:2].count()
    if open_batches > 1 and claim.leases_held(job) + 1 < share:
        ring("drain", job_id)


def install_schedule() -> None:
    """One sweep a minute, installed once: the queue's schedules have no unique name of their own."""
    rows = list(Schedule.objects.filter(name=SCHEDULE_NAME).order_by("pk"))
    Schedule.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()
    if not rows:
        Schedule.objects.create(
            name=SCHEDULE_NAME, func=TASKS["sweep"], schedule_type=Schedule.MINUTES, minutes=1, repeats=-1
        )


def tick() -> None:
    """What the supervisor does every second, so that what is due in a moment does not wait for the sweep."""
    ring_for_due_batches()
    ring_for_due_reads()
    ring_for_unprocessed_events()
