"""A backfill gives way: whoever carries one looks, a few times a second, whether fresh work has nobody.

Claims go by priority already. What this adds is for the worker that has a batch in hand, and for the tasks that
wait in the queue behind it.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from integrations.models import Batch, Doorbell, Priority, SyncJob

from . import claim, shared_clock

# A bell that is not answered for this long finds no idle worker.
UNANSWERED = timedelta(seconds=0.5)
# Seconds between two looks of one worker, so that looking costs nothing.
SECONDS_BETWEEN_LOOKS = 0.25


class Courtesy:
    """What one worker knows of work that goes before its own. `least`: the least urgent priority it has in hand."""

    def __init__(self, job: SyncJob) -> None:
        self.job = job
        self._next_look = time.monotonic()
        self._own = self._others = False

    def own_waits(self, least: int) -> bool:
        """Whether something more urgent of this job is due."""
        self._look(least)
        waits, self._own = self._own, False
        return waits

    def others_wait(self, least: int) -> bool:
        """Whether a worker that carries a backfill should leave it to the queue, so that another task comes on."""
        self._look(least)
        return self._others

    def _look(self, least: int) -> None:
        if least == Priority.FRESH or time.monotonic() < self._next_look:
            return
        self._own = more_urgent(self.job, least)
        self._others = least == Priority.BACKFILL and fresh_work_waits(self.job)
        self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS


def more_urgent(job: SyncJob, than: int) -> bool:
    return Batch.objects.filter(claim.claimable(), job=job, priority__lt=than).exists()


def fresh_work_waits(job: SyncJob) -> bool:
    """Whether webhooks, or fresh records of another job, have rung and no worker was free to come."""
    rung = Doorbell.objects.filter(
        rung_at__lt=shared_clock.now() - UNANSWERED, task__in=("inbox", "drain")
    ).exclude(task="drain", subject_id=job.pk)
    # Nearly always so, and asked several times a second: the dearer question need not be put.
    if not rung.exists():
        return False
    fresh = Batch.objects.filter(claim.claimable(), priority=Priority.FRESH, job_id=OuterRef("subject_id"))
    return rung.filter(Q(task="inbox") | Q(Exists(fresh), task="drain")).exists()
