"""Both sides of a job compared without writing: the rule, each comparison, what differs, and how it goes over time."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from integrations.models import Delivery, SyncJob, SyncRun
from integrations.models.connection import KEY_VALIDATOR
from mappings.fields import SecretField
from mappings.models import Mapping


class Cause(models.TextChoices):
    """Why a record differs, in the order of how soon it goes away by itself."""

    IN_FLIGHT = "in_flight", "In flight"
    MISSED_WEBHOOK = "missed_webhook", "Missed webhook"
    WRITTEN_PAST = "written_past", "Written past the owner"
    MAPPING = "mapping", "Mapping"
    HELD = "held", "Held by an error"
    UNKNOWN = "unknown", "Unknown"


NEXT_ACTIONS: dict[str, str] = {
    Cause.IN_FLIGHT: "Wait: it arrives by itself. If the next audit still shows it, look at the job's runs.",
    Cause.MISSED_WEBHOOK: "Repair it: the record is fetched and delivered. If there are many, order the webhooks "
    "anew at the connection.",
    Cause.WRITTEN_PAST: "Find out who writes there, and let only one system own the field. Repair it: the "
    "owner's value is written again.",
    Cause.MAPPING: "Look at the mapping's newest version. Repair it: the record is written with the present rules.",
    Cause.HELD: "Settle the error, the filter or the rollout that holds it. Repair it: the errors are retried.",
    Cause.UNKNOWN: "Open both systems and compare. Repair it: the record is fetched and written again.",
}


class Audit(models.Model):
    """When which job is compared. It reads, and writes nothing anywhere."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="audits")
    enabled = models.BooleanField(default=True)
    every_minutes = models.PositiveIntegerField(
        default=1440, help_text="How often both sides are compared. 0: only by hand."
    )
    at_hour = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(23)],
        help_text="Begin in this hour of the day (0 to 23), when little else runs. Empty: at any time.",
    )
    sample_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Which share of the records is compared, chosen anew by chance each time. 100: all.",
    )
    destination_mapping = models.ForeignKey(
        Mapping,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="audits",
        help_text="A reading mapping for what the destination shows. Empty: the platform's own preset, or the fields "
        "as they were written.",
    )
    also_fields = models.CharField(
        max_length=500,
        blank=True,
        help_text="Fields of the Record to compare although the job does not write them, with commas: note, tags.",
    )
    next_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        permissions = [("run_audit", "Can run an audit")]

    def __str__(self) -> str:
        return self.name

    def more_fields(self) -> list[str]:
        return [name.strip() for name in self.also_fields.split(",") if name.strip()]


class AuditDoor(models.TextChoices):
    SCHEDULE = "schedule", "By its schedule"
    PERSON = "person", "By a person"
    COMMAND = "command", "By the command"
    READ_BACK = "read_back", "After a repair"


class AuditState(models.TextChoices):
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Could not be done"
    CANCELLED = "cancelled", "Cancelled"


class AuditRun(models.Model):
    """One comparison. `position` moves by conditional UPDATE on `position_version`: after a crash it goes on there.

    `asked` names the records of a read-back; else all, or the sample that `seed` chooses. `compared` is `agree` and
    `differ`; `in_flight` is a part of `differ`. `left_out` are records that the job does not carry.
    """

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="runs")
    door = models.CharField(max_length=10, choices=AuditDoor.choices)
    state = models.CharField(max_length=10, choices=AuditState.choices, default=AuditState.RUNNING)
    sentence = models.CharField(max_length=500, blank=True)
    notices = models.JSONField(default=list, blank=True)
    asked = models.JSONField(null=True, blank=True)
    sample_percent = models.PositiveSmallIntegerField(default=100)
    seed = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField()
    goes_on_at = models.DateTimeField(null=True, blank=True)
    position = models.JSONField(null=True, blank=True)
    position_version = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Failures in a row at the present position."
    )
    read_calls = models.PositiveIntegerField(default=0)
    source_rows = models.PositiveIntegerField(default=0)
    destination_rows = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    agree = models.PositiveIntegerField(default=0)
    differ = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    only_there = models.PositiveIntegerField(
        default=0, help_text="Records of the destination that the source does not show."
    )
    causes = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "comparison"
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit"], condition=Q(finished_at__isnull=True), name="one_open_run_per_audit"
            )
        ]
        indexes = [
            models.Index(fields=["-started_at"], name="audit_runs_by_time"),
            models.Index(fields=["audit", "-started_at"], name="audit_runs_of_audit"),
        ]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"

    @property
    def is_sample(self) -> bool:
        return self.sample_percent < 100


class AuditSight(models.Model):
    """A row of the destination, kept while its run compares it with the source, encrypted. Gone when the run ends."""

    run = models.ForeignKey(AuditRun, on_delete=models.CASCADE, related_name="sights", db_index=False)
    external_id = models.CharField(max_length=255)
    natural_key = models.CharField(max_length=255, blank=True)
    version = models.CharField(max_length=40, blank=True)
    payload = SecretField(null=True, blank=True, compress=True)
    seen_at = models.DateTimeField()
    met = models.BooleanField(default=False, help_text="Whether the source shows it as well.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "external_id"], name="one_sight_per_run_and_id")
        ]
        indexes = [models.Index(fields=["run", "natural_key"], name="sights_by_natural_key")]

    def __str__(self) -> str:
        return self.external_id


class Verdict(models.TextChoices):
    AGREES = "agrees", "Agrees"
    DIFFERS = "differs", "Differs"
    LEFT_OUT = "left_out", "Left out by the job"


class AuditedRecord(models.Model):
    """What one run found of one record: the rows behind its numbers. Kept for each audit's latest runs only."""

    run = models.ForeignKey(AuditRun, on_delete=models.CASCADE, related_name="records", db_index=False)
    external_id = models.CharField(max_length=255)
    subject = models.CharField(max_length=120, blank=True)
    location = models.CharField(max_length=120, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    cause = models.CharField(max_length=14, choices=Cause.choices, blank=True)

    class Meta:
        verbose_name = "compared record"
        constraints = [
            models.UniqueConstraint(fields=["run", "external_id"], name="one_verdict_per_run_and_record")
        ]
        indexes = [models.Index(fields=["run", "verdict", "cause"], name="verdicts_of_run")]

    def __str__(self) -> str:
        return self.subject or self.external_id


class DifferenceState(models.TextChoices):
    OPEN = "open", "Open"
    REPAIRED = "repaired", "Repaired"
    GONE = "gone", "Gone by itself"


class AuditDifference(models.Model):
    """One field of one record that does not say the same on both sides. It closes when both are seen to agree.

    Values that may be personal are not kept: only that they differ (see `monitoring.audits.masks`).
    """

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="differences", db_index=False)
    run = models.ForeignKey(
        AuditRun,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="differences",
        help_text="The comparison that saw it last.",
    )
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="differences"
    )
    external_id = models.CharField(max_length=255, help_text="How the source calls the record.")
    destination_id = models.CharField(max_length=255, blank=True)
    subject = models.CharField(max_length=120)
    location = models.CharField(max_length=120, blank=True)
    field = models.CharField(max_length=200, blank=True, help_text="Empty: the record as a whole.")
    should_say = models.CharField(max_length=200, blank=True)
    says = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=14, choices=Cause.choices)
    sentence = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=DifferenceState.choices, default=DifferenceState.OPEN)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    repair_asked_at = models.DateTimeField(null=True, blank=True)
    repair_run = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="repaired_differences"
    )
    repaired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="repairs"
    )

    class Meta:
        verbose_name = "difference"
        ordering = ["-last_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "external_id", "field"],
                condition=Q(state="open"),
                name="one_open_difference_per_field",
            )
        ]
        indexes = [
            models.Index(
                fields=["audit", "cause"], condition=Q(state="open"), name="open_differences_by_cause"
            ),
            models.Index(fields=["-last_seen_at", "-id"], name="differences_by_time"),
            models.Index(fields=["closed_at"], condition=~Q(state="open"), name="closed_differences"),
        ]
        permissions = [("repair_auditdifference", "Can repair what an audit found")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.field or 'the whole record'}"

    @property
    def next_action(self) -> str:
        return NEXT_ACTIONS.get(self.cause, "")


class AuditPoint(models.Model):
    """How a job's sides agreed on one day, by location: what its last comparison of that day found."""

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="points", db_index=False)
    day = models.DateField()
    location = models.CharField(max_length=120, blank=True)
    run = models.ForeignKey(AuditRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="points")
    compared = models.PositiveIntegerField(default=0)
    agree = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    sample_percent = models.PositiveSmallIntegerField(default=100)

    class Meta:
        verbose_name = "figure of a day"
        verbose_name_plural = "accuracy over time"
        ordering = ["-day", "location"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "day", "location"], name="one_point_per_day_and_place")
        ]

    def __str__(self) -> str:
        return f"{self.audit} {self.day}"
