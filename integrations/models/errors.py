"""The evidence that something could not be done, and what people decided about it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from mappings.fields import SecretField

from .connection import Connection
from .delivery import Delivery, Intent
from .job import SyncJob
from .run import SyncRun


class Kind(models.TextChoices):
    """Who mends it: we retry, the operator mends the connection, the record, or we mend the code."""

    TRANSIENT = "transient", "Temporary"
    CONFIG = "config", "Connection"
    DATA = "data", "Record or mapping"
    BUG = "bug", "Fault in Crossdock"


class Settled(models.TextChoices):
    DELIVERED = "delivered", "Delivered after all"
    SUPERSEDED = "superseded", "A newer version came"
    IGNORED = "ignored", "Ignored by a person"
    GONE = "gone", "The cause is gone"
    SKIPPED = "skipped", "Skipped by a fallback"
    HANDED_OVER = "handed_over", "Handed over to another job"


class PutOff(models.Model):
    """What a person may ignore for now. While it is put off (`put_off_since`) it asks for nobody: until
    `put_off_until`, or until more than `put_off_up_to` errors of its cause are open, whichever comes first.
    Nothing is settled by it.
    """

    put_off_since = models.DateTimeField(null=True, blank=True)
    put_off_until = models.DateTimeField(null=True, blank=True)
    put_off_up_to = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        raise NotImplementedError

    @property
    def is_put_off(self) -> bool:
        return self.is_open and self.put_off_since is not None

    def is_put_off_at(self, moment: datetime, open_errors: int) -> bool:
        """Whether what was said when it was put off still holds; `open_errors` of its cause are open."""
        if self.put_off_since is None:
            return False
        if self.put_off_until is not None and moment >= self.put_off_until:
            return False
        return self.put_off_up_to is None or open_errors <= self.put_off_up_to


NOT_PUT_OFF: dict[str, None] = {"put_off_since": None, "put_off_until": None, "put_off_up_to": None}


class ErrorRecord(PutOff):
    """At most one open per Delivery, and one open per connection or job for what stops all of it.

    `sentence` says what happened, to what, and what to do. `evidence` (status, request, response) is
    redacted; `payload` is the source's record as it came, for "edit and retry". Both are encrypted.
    """

    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.CASCADE, related_name="errors"
    )
    job = models.ForeignKey(SyncJob, null=True, blank=True, on_delete=models.CASCADE, related_name="errors")
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="errors"
    )
    run = models.ForeignKey(SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="errors")
    intent = models.ForeignKey(
        Intent,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="errors",
        help_text="The write whose effect is unknown.",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=40)
    place = models.CharField(
        max_length=20, help_text="Where: read, translate, validate, send, in_doubt, worker."
    )
    field = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    sentence = models.TextField()
    fingerprint = models.CharField(max_length=32, db_index=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    evidence = SecretField(null=True, blank=True)
    payload = SecretField(null=True, blank=True, compress=True)
    version = models.CharField(
        max_length=40, blank=True, help_text="The source's version of the record that failed."
    )
    mapping_version = models.CharField(max_length=20, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_how = models.CharField(max_length=12, choices=Settled.choices, blank=True)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(settled_at__isnull=True, delivery__isnull=False),
                name="one_open_error_per_delivery",
            ),
            models.UniqueConstraint(
                fields=["job", "fingerprint"],
                condition=Q(settled_at__isnull=True, delivery__isnull=True),
                name="one_open_error_per_job_and_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["-last_seen_at"], condition=Q(settled_at__isnull=True), name="open_errors"),
            models.Index(
                fields=["job", "-last_seen_at"],
                condition=Q(settled_at__isnull=True),
                name="open_errors_of_job",
            ),
            models.Index(
                fields=["fingerprint"], condition=Q(settled_at__isnull=True), name="open_errors_of_cause"
            ),
            models.Index(fields=["-last_seen_at"], name="all_errors"),
            models.Index(
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False)
                & (Q(payload__isnull=False) | Q(evidence__isnull=False)),
                name="settled_errors_with_content",
            ),
            models.Index(
                fields=["put_off_since"],
                condition=Q(settled_at__isnull=True, put_off_since__isnull=False),
                name="errors_put_off",
            ),
        ]
        permissions = [("retry_errorrecord", "Can retry and ignore errors")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_open(self) -> bool:
        return self.settled_at is None


# What the list shows first, and the numbers that lead to it.
ERROR_ASKS_FOR_A_PERSON = Q(settled_at__isnull=True, put_off_since__isnull=True)


class Decision(models.TextChoices):
    ASSIGN = "assign", "Assigned"
    COMMENT = "comment", "Commented"
    IGNORE = "ignore", "Ignored"
    PUT_OFF = "put_off", "Ignored for now"
    TAKE_UP = "take_up", "Taken up again"
    RETRY = "retry", "Retried"
    EDIT = "edit", "Edited and retried"
    CONFIRM = "confirm", "Confirmed: it had arrived"
    RESEND = "resend", "Sent again: it had not arrived"


class Judgement(models.Model):
    """What a person did about an error: a row beside the facts, never a change of them."""

    error = models.ForeignKey(ErrorRecord, on_delete=models.CASCADE, related_name="judgements")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="judgements"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_errors",
    )
    text = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["at"], name="judgements_by_time")]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} {self.at:%Y-%m-%d %H:%M}"


class Effect(models.TextChoices):
    """What was found over there when a record that had failed was read back."""

    ONCE = "once", "There once"
    THERE = "there", "There"
    SEVERAL = "several", "There more than once"
    MISSING = "missing", "Not there"
    UNKNOWN = "unknown", "Not known"


class Receipt(models.Model):
    """How an error that a person sent again came to its end: the write, its id over there, and what is there now."""

    error = models.OneToOneField(ErrorRecord, on_delete=models.CASCADE, related_name="receipt")
    operation = models.CharField(max_length=40, blank=True)
    idempotency_key = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    effect = models.CharField(max_length=10, choices=Effect.choices)
    sentence = models.CharField(max_length=500)
    read_back_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.get_effect_display()
