"""The one schedule of sight."""

from __future__ import annotations

from django.db import transaction
from django_q.models import Schedule

NAME = "monitoring: watch"


def install() -> None:
    """Makes or mends the schedule. Safe to call at each start: names are not unique in the queue's own table."""
    wanted = {
        "func": "monitoring.tasks.watch",
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
        "repeats": -1,
    }
    with transaction.atomic():
        kept = Schedule.objects.filter(name=NAME).order_by("pk").first()
        if kept is None:
            Schedule.objects.create(name=NAME, **wanted)
            return
        Schedule.objects.filter(name=NAME).exclude(pk=kept.pk).delete()
        Schedule.objects.filter(pk=kept.pk).update(**wanted)
