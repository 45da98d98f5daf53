"""The ErrorRecords of one cause, as one thing to settle, and what people did about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.models import ErrorRecord, Kind, PutOff


class Incident(PutOff):
    """All ErrorRecords with one fingerprint. The fingerprint is a value: the facts know nothing of Incidents.

    `sentence` is that of the newest error, as an example. `stuck` is the money in its open errors, as text by
    currency, never summed across. `promised_at` is the nearest hour promised for one of its records. An Incident
    resolves by itself when none of its errors is open, and reopens when one comes back.
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
    promised_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0, help_text="How often it came back after it was gone.")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_incidents",
    )

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        indexes = [
            models.Index(
                fields=["-last_seen_at"], condition=models.Q(resolved_at__isnull=True), name="open_incidents"
            ),
            # What happened like it before.
            models.Index(fields=["kind", "code", "-last_seen_at"], name="incidents_like_it"),
        ]

    def __str__(self) -> str:
        return self.sentence[:120]

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


def _open_errors(*, are_asking: bool) -> QuerySet[ErrorRecord]:
    return ErrorRecord.objects.filter(
        fingerprint=OuterRef("fingerprint"), settled_at__isnull=True, put_off_since__isnull=are_asking
    )


# Nobody put the cause itself off, and each of its open errors is: it comes back with the first of them.
EACH_IS_PUT_OFF = Q(Exists(_open_errors(are_asking=False))) & ~Q(Exists(_open_errors(are_asking=True)))
# What asks for a person: the list's own view, and the number of causes on the front page.
ASKS_FOR_A_PERSON = Q(resolved_at__isnull=True, put_off_since__isnull=True) & ~EACH_IS_PUT_OFF
STANDS_AS_IGNORED = Q(resolved_at__isnull=True) & (Q(put_off_since__isnull=False) | EACH_IS_PUT_OFF)


class IncidentDeed(models.TextChoices):
    RETRY = "retry", "Retried"
    IGNORE = "ignore", "Ignored"
    PUT_OFF = "put_off", "Ignored for now"
    TAKE_UP = "take_up", "Taken up again"
    ASSIGN = "assign", "Assigned"
    COMMENT = "comment", "Commented"
    RESOLVED = "resolved", "Its cause is gone"
    REOPENED = "reopened", "It came back"


class IncidentNote(models.Model):
    """What a person did about an Incident as a whole, or (`by` is nobody) what became of it. `records`: how many."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notes")
    deed = models.CharField(max_length=10, choices=IncidentDeed.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    records = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_deed_display()} {self.at:%Y-%m-%d %H:%M}"
