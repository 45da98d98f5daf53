"""Finds what a complete read did not show any more: it was removed in the source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from integrations.connectors.base import Item
from integrations.exceptions import Failure
from integrations.models import Delivery, Door, ExternalId, Removed, State, SyncJob, SyncRun

from . import faults

# With fewer records than this, a share says little: one of three may well be gone.
FEW = 10


def note_seen(job: SyncJob, things: Iterable[int | None], read_at: datetime) -> None:
    """Call it inside the transaction that accepts the page."""
    known = [thing for thing in things if thing is not None]
    Delivery.objects.filter(job=job, thing_id__in=known).update(seen_at=read_at)


def follow(job: SyncJob, run: SyncRun, ended: datetime) -> int:
    """Queues the removal of what the read that just ended, `run`, did not show. Returns how many.

    Call it only after a complete read of everything. If too large a share is missing, the source is more likely
    to have shown too little than to have lost so much: nothing is removed, and a person is asked.
    """
    from .accept import accept

    if job.removed == Removed.IGNORE or job.read_started_at is None:
        return 0
    there = Delivery.objects.filter(job=job, first_delivered_at__isnull=False).exclude(state=State.IGNORED)
    missing = there.filter(seen_at__lt=job.read_started_at).exclude(accepted_digest="removed")
    count, total = missing.count(), there.count()
    if count > FEW and count * 100 > total * job.removed_at_most_percent:
        faults.stop_job(job, too_many(job, count, total), place="removed", connection_id=job.source_id)
        return 0
    ids = ExternalId.objects.filter(
        connection_id=job.source_id,
        resource=job.source_resource,
        thing_id__in=list(missing.values_list("thing_id", flat=True)),
    ).values_list("external_id", flat=True)
    items = [Item(external_id=external_id, payload={}, deleted=True) for external_id in ids]
    if items:
        accept(job, Door.PULL, items, read_at=ended, force=True, into=run)
    return len(items)


def too_many(job: SyncJob, count: int, total: int) -> Failure:
    return Failure.data(
        "too_many_removed",
        f"{job.source.name} did not show {count:,} of the {total:,} records that were there before. Nothing was "
        f"removed in {job.destination.name}. If they are really gone, raise the job's limit for removals.",
    )
