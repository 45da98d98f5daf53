"""Bells rung and heartbeats: what keeps the workers going when a bell is lost."""

from __future__ import annotations

from django.db import models


class Doorbell(models.Model):
    """One row per task and subject: a bell that was rung and not yet answered is not rung again.

    `at_work_until`: a worker is at it and wants no other beside it, at the latest until then.
    """

    task = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(default=0)
    rung_at = models.DateTimeField(null=True, blank=True)
    at_work_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "subject_id"], name="one_bell_per_task_and_subject")
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.subject_id}"


class Heartbeat(models.Model):
    """When each process group last showed that it works."""

    name = models.CharField(max_length=120, unique=True)
    beat_at = models.DateTimeField()
    what = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
