"""Tells a person about records that have been pending for too long. They go on being tried all the same."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from integrations.models import Delivery, ErrorRecord, State, SyncJob

from . import faults, shared_clock
from .faults import Fault

OVERDUE = "overdue"

AT_ONCE = 200
PENDING = (State.QUEUED, State.RETRYING, State.WAITING)


def tell_overdue() -> int:
    """Opens an ErrorRecord for each pending record whose deadline is over and that has none. Returns how many.

    The deadline is set when a record is first put back (see `sync.record`), so what has never been tried, because
    no worker came yet, is not told here one by one: the health page says that.
    """
    now = shared_clock.now()
    told = 0
    for job_id in list(_overdue(now).values_list("job_id", flat=True).distinct()):
        job = SyncJob.objects.select_related("destination").get(pk=job_id)
        while (number := _tell_some(job, now)) > 0:
            told += number
    return told


def _overdue(now: datetime) -> QuerySet[Delivery]:
    is_open = ErrorRecord.objects.filter(delivery=OuterRef("pk"), settled_at__isnull=True)
    return Delivery.objects.filter(deadline_at__lte=now, state__in=PENDING).exclude(Exists(is_open))


def _tell_some(job: SyncJob, now: datetime) -> int:
    with transaction.atomic():
        rows = list(_overdue(now).filter(job=job).select_for_update().order_by("thing_id")[:AT_ONCE])
        faults.record_faults(job, None, [_fault(job, row) for row in rows])
    return len(rows)


def _fault(job: SyncJob, row: Delivery) -> Fault:
    subject = row.subject or f"A record of “{job.name}”"
    why = f" {row.state_reason.rstrip('.')}." if row.state_reason else ""
    return Fault(
        delivery_id=row.pk,
        kind="transient",
        code=OVERDUE,
        place="send",
        subject=row.subject,
        sentence=(
            f"{subject} has not reached {job.destination.name} in {job.waiting_hours} hours.{why} "
            "It is still tried; see what holds it up, or ignore it."
        ),
        version=row.accepted_version,
    )
