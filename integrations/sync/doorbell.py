"""Rings a worker. The tables are the truth: a lost bell is rung again by the sweep, a doubled one is harmless."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from integrations.models import Doorbell

# A bell that nobody answered for this long is taken for lost.
LOST_AFTER = timedelta(seconds=30)

TASKS = {
    "pull": "integrations.tasks.pull",
    "drain": "integrations.tasks.drain",
    "inbox": "integrations.tasks.inbox",
    "sweep": "integrations.tasks.sweep",
}


def ring(task: str, subject_id: int = 0) -> bool:
    """Has a worker run `task` for the row `subject_id`, once the present transaction is committed.

    Returns whether a bell is really rung: one that was rung and not answered yet is enough.
    """
    now = timezone.now()
    Doorbell.objects.bulk_create([Doorbell(task=task, subject_id=subject_id)], ignore_conflicts=True)
    rung = (
        Doorbell.objects.filter(task=task, subject_id=subject_id)
        .filter(Q(rung_at__isnull=True) | Q(rung_at__lt=now - LOST_AFTER))
        .update(rung_at=now)
    )
    if rung:
        transaction.on_commit(lambda: _send(task, subject_id))
    return bool(rung)


def _send(task: str, subject_id: int) -> None:
    async_task(TASKS[task], subject_id, task_name=f"{task} {subject_id}"[:100])


def forget_all() -> None:
    """Every bell may be rung again at once. One that was not lost after all is then doubled, which is harmless."""
    Doorbell.objects.filter(rung_at__isnull=False).update(rung_at=None)


def answered(task: str, subject_id: int = 0) -> None:
    """The worker came: from now on a new ring brings a new one."""
    Doorbell.objects.filter(task=task, subject_id=subject_id).update(rung_at=None)
