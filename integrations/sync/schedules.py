"""The few schedules of the portal, each there once however many hosts start at the same moment."""

from __future__ import annotations

from django.db import transaction
from django_q.models import Schedule

from integrations.models import Doorbell


def install(name: str, func: str, minutes: int = 1) -> None:
    """Has `func` run every so many minutes; mends the row if it differs. Safe at each start of each host.

    The queue's schedules have no unique name of their own: a row that is unique stands for it and is locked, so that
    of two hosts the second finds what the first one made.
    """
    wanted = {"func": func, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1}
    Doorbell.objects.bulk_create([Doorbell(task="schedules")], ignore_conflicts=True)
    with transaction.atomic():
        Doorbell.objects.select_for_update().get(task="schedules", subject_id=0)
        kept = Schedule.objects.filter(name=name).order_by("pk").first()
        if kept is None:
            Schedule.objects.create(name=name, **wanted)
            return
        Schedule.objects.filter(name=name).exclude(pk=kept.pk).delete()
        Schedule.objects.filter(pk=kept.pk).update(**wanted)
