"""One execution of a job through one door."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .job import SyncJob


class Door(models.TextChoices):
    PULL = "pull", "Read from the source"
    WEBHOOK = "webhook", "Webhook"
    PARTNER = "partner", "Partner API"
    RETRY = "retry", "Retried"
    RECOUNT = "recount", "Stock counted anew"
    AGAIN = "again", "Run again by a person"
    CONSENT = "consent", "Consent told by another system"
    HANDED = "handed", "Handed over by another job"


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class SyncRun(models.Model):
    """Counts are moved by F() in the transactions that change what they count.

    One run reads at a time. When it has read its source through, the next read is a run of its own, although what
    this one accepted may still be on its way: it ends when all of that is settled.

    A run by the door AGAIN reads what `asked` says (see `sync.selection`) and has a position of its own, moved by
    conditional UPDATE on `position_version`: the job's own reads go on beside it.
    """

    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="runs")
    door = models.CharField(max_length=10, choices=Door.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    full = models.BooleanField(default=False, help_text="Reads everything, whatever the watermark says.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    read_through = models.BooleanField(default=False, help_text="The source was read to its end.")
    sentence = models.CharField(max_length=500, blank=True)
    notices = models.JSONField(default=list, blank=True)
    asked = models.JSONField(
        null=True, blank=True, help_text="Which records a person wanted to be run again."
    )
    position = models.JSONField(null=True, blank=True)
    position_version = models.PositiveIntegerField(default=0)
    goes_on_at = models.DateTimeField(
        null=True, blank=True, help_text="When its read goes on after the source failed."
    )
    environment = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="Where it began: “sandbox” only where both systems were. Empty: it is older than this column.",
    )
    mapping_versions = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="Both mappings as they were when it began: id and version of each, as “12.3 14.5”.",
    )
    total = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many rows the source says there are to read; empty: it does not say.",
    )
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When a count last moved.")

    read = models.PositiveIntegerField(default=0, help_text="Rows that the source showed.")
    known = models.PositiveIntegerField(default=0, help_text="Of these, versions accepted before.")
    accepted = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    superseded = models.PositiveIntegerField(default=0)
    filtered = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Dropped by a cancel, or by a person's decision."
    )
    skipped = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Left out by a fallback of the job."
    )
    handed_over = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Left to another job by a fallback."
    )
    held = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "door"],
                condition=Q(finished_at__isnull=True, read_through=False),
                name="one_reading_run_per_job_and_door",
            )
        ]
        indexes = [
            models.Index(fields=["job", "-started_at"]),
            models.Index(fields=["job"], condition=Q(finished_at__isnull=True), name="open_runs"),
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="finished_runs"
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def settled(self) -> int:
        left_out = self.superseded + self.filtered + self.ignored + self.skipped + self.handed_over
        return self.delivered + self.unchanged + left_out + self.held + self.failed

    @property
    def left(self) -> int:
        return max(self.accepted - self.settled, 0)
