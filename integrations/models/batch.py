"""Source payloads, stored durably: the unit of claim, lease and retry."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mappings.fields import SecretField

from .job import SyncJob
from .run import SyncRun


class Priority(models.IntegerChoices):
    """Fresh events go before retries, and both before a backfill."""

    FRESH = 0, "Fresh"
    ORDINARY = 5, "Ordinary"
    BACKFILL = 9, "Backfill"


class Batch(models.Model):
    """`payloads` is a list of `sync.parcels.Parcel` as plain data, encrypted, dropped when settled.

    `remaining` maps the places of the parcels that are not settled yet to when they may be tried again
    (seconds since 1970, 0: at once); null means all of them, at once. `not_before` is the earliest of these.
    A batch is settled when none remains.
    """

    # Without an index of its own: SQLite would take it for a claim, and read past all that was settled.
    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="batches", db_index=False)
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="batches")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.ORDINARY)
    size = models.PositiveSmallIntegerField()
    payloads = SecretField(null=True, blank=True, compress=True)
    remaining = models.JSONField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_holder = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Raised at each claim; leases that were lost."
    )
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        indexes = [
            # All that a claim looks at: without it each look would read past the payloads of every open batch.
            models.Index(
                fields=["job", "priority", "id", "not_before", "lease_until", "lease_token"],
                condition=Q(settled_at__isnull=True),
                name="claimable_batches",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(settled_at__isnull=True), name="open_batch_leases"
            ),
            models.Index(fields=["run"], condition=Q(settled_at__isnull=True), name="open_batches_of_run"),
            models.Index(
                fields=["settled_at"], condition=Q(settled_at__isnull=False), name="settled_batches"
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}"
