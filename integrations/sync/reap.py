"""The sweep: finds what lost its bell or its worker, and rings again. Runs every minute and at each start."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from integrations.models import (
    Batch,
    Door,
    Heartbeat,
    InboundEvent,
    InboundState,
    SyncJob,
    SyncRun,
    may_work,
)

from . import (
    claim,
    conflicts,
    consent,
    credentials,
    dry_run_report,
    held_addresses,
    overdue,
    payment_wait,
    put_off,
    schedules,
    shared_clock,
    stalled,
    steer,
    stock_settings,
    stock_units,
    subscriptions,
)
from .doorbell import TASKS, ring
from .holder import this_process

SCHEDULE_NAME = "crossdock sweep"


def sweep() -> None:
    """Rings for every job with due work or a due read, and for every connection with unprocessed events."""
    Heartbeat.objects.update_or_create(
        name="sweep", defaults={"beat_at": shared_clock.now(), "what": this_process()[:200]}
    )
    claim.free_leases_of_the_dead()
    ring_for_due_batches()
    ring_for_due_reads()
    ring_for_unprocessed_events()
    stock_settings.ring_for_changed()
    release_where_the_rollout_widened()
    payment_wait.release_paid()
    held_addresses.release_settled()
    stock_units.prune_accepted()
    overdue.tell_overdue()
    put_off.take_up_due()
    stalled.tell_stalled()
    consent.keep_alive()
    consent.tell_what_ends_soon()
    credentials.ring_for_changed()
    subscriptions.look_after()
    conflicts.settle_by_rules()
    dry_run_report.ring_for_unfinished()


def ring_for_due_batches() -> None:
    for job_id in (
        Batch.objects.filter(claimable_of_active_jobs()).values_list("job_id", flat=True).distinct()
    ):
        ring("drain", job_id)


def claimable_of_active_jobs() -> Q:
    return claim.claimable() & may_work("job__")


def ring_for_due_reads() -> None:
    """A read is due when its time has come, or when it was begun, or asked for by a person, and its bell is gone."""
    now = shared_clock.now()
    due = Q(every_seconds__gt=0) & (Q(next_read_at__isnull=True) | Q(next_read_at__lte=now))
    may_begin = Q(next_read_at__isnull=True) | Q(next_read_at__lte=now)
    asked_for = SyncRun.objects.filter(
        job=OuterRef("pk"), door=Door.PULL, finished_at__isnull=True, read_through=False
    )
    begun = (Q(read_started_at__isnull=False) | Exists(asked_for)) & may_begin
    jobs = SyncJob.objects.filter(due | begun, may_work(), source__enabled=True, destination__enabled=True)
    for job_id in jobs.values_list("pk", flat=True):
        ring("pull", job_id)
    _ring_for_runs_of_people(now)


def _ring_for_runs_of_people(now: datetime) -> None:
    unread = SyncRun.objects.filter(
        Q(goes_on_at__isnull=True) | Q(goes_on_at__lte=now),
        may_work("job__"),
        door=Door.AGAIN,
        finished_at__isnull=True,
        read_through=False,
        job__source__enabled=True,
        job__destination__enabled=True,
    )
    for run_id in unread.values_list("pk", flat=True):
        ring("again", run_id)


def release_where_the_rollout_widened() -> None:
    """Records held back by a rollout are caught up when it widens; when it narrows, only that is noted."""
    SyncJob.objects.filter(rollout_percent__lt=F("released_percent")).update(
        released_percent=F("rollout_percent")
    )
    widened = SyncJob.objects.filter(may_work(), rollout_percent__gt=F("released_percent"))
    for job in widened.select_related("source", "destination", "read_mapping", "write_mapping"):
        steer.release_held(job)


def ring_for_unprocessed_events() -> None:
    waiting = InboundEvent.objects.filter(state=InboundState.RECEIVED)
    # Without the model's own order, which would make each event a row of its own.
    for connection_id in waiting.order_by().values_list("connection_id", flat=True).distinct():
        ring("inbox", connection_id)


def call_another_worker(job: SyncJob) -> None:
    """One bell brings one worker, of whatever host; where there is more than one batch to do, it brings the next."""
    if Batch.objects.filter(claim.claimable(), job=job)[:2].count() > 1:
        ring("drain", job.pk)


def install_schedule() -> None:
    schedules.install(SCHEDULE_NAME, TASKS["sweep"])


def tick() -> None:
    """What the supervisor does every second, so that what is due in a moment does not wait for the sweep."""
    ring_for_due_batches()
    ring_for_due_reads()
    ring_for_unprocessed_events()
    stock_settings.ring_for_changed()
