"""What a job would do with the records that its source shows: counted, and shown by example. Nothing was written."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mappings.fields import SecretField

from .job import SyncJob


class DryRunState(models.TextChoices):
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class DryRunResult(models.TextChoices):
    """What would become of one record."""

    CREATE = "create", "Would be created"
    CHANGE = "change", "Would be changed"
    WRITE = "write", "Would be created or changed"
    DOUBLE = "double", "Is there already, unknown to us"
    ACT = "act", "Would be acted upon"
    SAME = "same", "Nothing to do"
    SKIP = "skip", "Left out by a rule"
    NOTED = "noted", "Would be skipped by a fallback, with a note"
    ELSEWHERE = "elsewhr", "Would go to another job"
    WAIT = "wait", "Would wait"
    FAIL = "fail", "Would need a person"


class DryRun(models.Model):
    """`most`: after how many records it ends; empty: it looks at all of them. `is_complete`: the source was read to its
    end. `counts` are by DryRunResult."""

    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="dry_runs")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    most = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=DryRunState.choices, default=DryRunState.RUNNING)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_complete = models.BooleanField(default=False)
    looked_at = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    by_fallback = models.JSONField(
        null=True,
        blank=True,
        help_text="The job's fallbacks as sentences, and how many records each is about.",
    )
    sentence = models.CharField(max_length=500, blank=True)
    mapping_versions = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["job", "-started_at"], name="dry_runs_of_a_job"),
            models.Index(
                fields=["id"], condition=models.Q(finished_at__isnull=True), name="dry_runs_under_way"
            ),
        ]

    def __str__(self) -> str:
        return f"Dry run {self.pk}"


class DryRunLine(models.Model):
    """One record by example. `told` is what would be written, field by field, and the Record itself: see
    `sync.dry_run_report`."""

    dry_run = models.ForeignKey(DryRun, on_delete=models.CASCADE, related_name="lines", db_index=False)
    place = models.PositiveIntegerField()
    what = models.CharField(max_length=8, choices=DryRunResult.choices)
    subject = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    told = SecretField(null=True, blank=True, compress=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["dry_run", "place"], name="one_line_at_a_place_of_a_dry_run")
        ]

    def __str__(self) -> str:
        return f"Line {self.place} of dry run {self.dry_run_id}"
