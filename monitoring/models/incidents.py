"""The ErrorRecords of one cause, as one thing to settle."""

from __future__ import annotations

from django.db import models

from integrations.models import Kind


class Incident(models.Model):
    """All ErrorRecords with one fingerprint. The fingerprint is a value: the facts know nothing of Incidents.

    `sentence` is that of the newest error, as an example. `stuck` is the money in its open errors, as text by
    currency, never summed across. An Incident resolves by itself when none of its errors is open, and reopens
    when one comes back.
    """

    fingerprint = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=40)
    place = models.CharField(max_length=20)
    field = models.CharField(max_length=120, blank=True)
    job_name = models.CharField(max_length=120, blank=True)
    sentence = models.TextField()
    open_errors = models.PositiveIntegerField(default=0)
    all_errors = models.PositiveIntegerField(default=0)
    stuck = models.JSONField(default=dict, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0, help_text="How often it came back after it was gone.")

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        indexes = [
            models.Index(
                fields=["-last_seen_at"], condition=models.Q(resolved_at__isnull=True), name="open_incidents"
            )
        ]

    def __str__(self) -> str:
        return self.sentence[:120]

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None
