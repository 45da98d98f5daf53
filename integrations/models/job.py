"""A SyncJob: one resource of one system, carried to one resource of another."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from mappings.models import Mapping

from .connection import KEY_VALIDATOR, Connection, Environment
from .workflow import Workflow


class JobState(models.TextChoices):
    """A draft was begun and never launched: nothing of it was ever read for delivery, or sent."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    HALTED = "halted", "Halted by a failure"


class Removed(models.TextChoices):
    IGNORE = "ignore", "Leave it in the destination"
    CANCEL = "cancel", "Cancel it in the destination"
    DELETE = "delete", "Delete it in the destination"


def held_for_launch(job: str = "") -> Q:
    """Jobs of a workflow that were not launched with it, and would touch production. `job` leads to the job: "job__".

    The same as `SyncJob.is_held_for_launch`.
    """
    production = Q(**{f"{job}source__environment": Environment.PRODUCTION}) | Q(
        **{f"{job}destination__environment": Environment.PRODUCTION}
    )
    return Q(**{f"{job}workflow__isnull": False, f"{job}launched_at__isnull": True}) & production


def may_work(job: str = "") -> Q:
    """Jobs that are active and not held for their launch; whether their systems are on is another question."""
    return Q(**{f"{job}state": JobState.ACTIVE}) & ~held_for_launch(job)


class SyncJob(models.Model):
    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    kind = models.CharField(max_length=20, help_text="The kind of Record that travels: order, stock_level, …")
    source = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="reading_jobs")
    source_resource = models.CharField(max_length=60)
    destination = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="writing_jobs")
    destination_resource = models.CharField(max_length=60)
    read_mapping = models.ForeignKey(Mapping, on_delete=models.PROTECT, related_name="reading_jobs")
    write_mapping = models.ForeignKey(Mapping, on_delete=models.PROTECT, related_name="writing_jobs")

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True)
    launched_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When it was launched with its workflow: since then it may run against production.",
    )
    every_seconds = models.PositiveIntegerField(
        default=300, help_text="How often the source is read. 0: only by webhook, by hand or through the API."
    )
    accepts_pushes = models.BooleanField(
        default=False, help_text="Partners may push records into this job through the API."
    )
    filter = models.CharField(
        max_length=500,
        blank=True,
        help_text="JMESPath over the Record; only records for which it is true are sent: payment_status == 'paid'.",
    )
    rollout_percent = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    released_percent = models.PositiveSmallIntegerField(
        default=100, editable=False, help_text="The rollout at which held records were last let go."
    )
    halts_above_percent = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100)],
        help_text="When more than this share of what was tried lately has failed, the job halts, and that is told. "
        "0: never.",
    )
    removed = models.CharField(max_length=8, choices=Removed.choices, default=Removed.IGNORE)
    removed_at_most_percent = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="If a complete read misses more than this share, nothing is removed and a person is asked.",
    )
    counts_units_in_flight = models.BooleanField(
        default=False,
        help_text="Orders: sold units are held back from all stock jobs until the destination has accepted them.",
    )
    waits_for_payment = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Orders: one that is not paid is held, and goes on by itself once the shop says it is paid, or a "
        "provider's payment of it stands in the books.",
    )
    needs_consent = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Mailing tools: only what is about people who are known to want mails leaves. Unknown is no.",
    )
    checks_address = models.BooleanField(
        default=False,
        help_text="Orders: an address that no carrier could deliver to is held for a person before it leaves.",
    )
    pick_up_hours = models.CharField(
        max_length=120,
        blank=True,
        help_text="Orders: when the carrier picks up: mon-fri 16:00, sat 12:00. An order is promised by the next one, "
        "unless the source tells its own hour.",
    )
    pick_up_zone = models.CharField(
        max_length=40, blank=True, help_text="The time zone of these hours: Europe/Berlin."
    )
    pick_up_holidays = models.CharField(
        max_length=10, blank=True, help_text="On whose holidays nobody picks up: DE, or a part of it: DE-BY."
    )
    announce_within_minutes = models.PositiveIntegerField(
        default=120,
        help_text="Shipments: how soon the destination is to know of one. What takes longer is listed under "
        "“Shipped, not announced”. 0: nobody is announced to by this job.",
    )
    writes_beside = models.CharField(
        max_length=300,
        blank=True,
        help_text="Only if a system's own integration writes the same: why both are meant. Without a reason, such "
        "a job is refused.",
    )
    shares_fields = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="Only if another job writes the same fields and nobody owns them: why both are meant. Without an "
        "owner or a reason, such a job is refused.",
    )
    read_overlap_seconds = models.PositiveIntegerField(
        default=300,
        help_text="Each read begins this long before the last one began, so that late rows are seen.",
    )
    stock_buffer = models.PositiveIntegerField(
        default=0, help_text="Stock: units never offered on this channel."
    )
    stock_buffer_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="Stock: share of what is there that is never offered on this channel. The larger of both counts.",
    )
    stock_locations = models.JSONField(
        default=list,
        blank=True,
        help_text="Stock: the locations that this channel sells from, as the source calls them. None named: all.",
    )
    stock_counted = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="With which of these settings all its products were counted last: see `sync.stock_settings`.",
    )
    explode_bundles = models.BooleanField(
        default=False, help_text="Orders: the destination is given the parts of a bundle, not the bundle."
    )
    concurrent_calls = models.PositiveSmallIntegerField(default=8, validators=[MinValueValidator(1)])
    batch_size = models.PositiveSmallIntegerField(
        default=250, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    retry_limit = models.PositiveSmallIntegerField(
        default=6, help_text="Tries of one record before it becomes an error."
    )
    waiting_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How long a record may wait for what it refers to before it becomes an error."
    )
    takes_handed_over = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It reads nothing by itself: it carries what fallbacks of other jobs hand over to it, and no more.",
    )
    fallbacks = models.JSONField(
        default=list,
        blank=True,
        help_text="What happens to a record that fails, by kind of failure. None: it is held for a person.",
    )

    # The two positions. Both move by conditional UPDATE on `position_version`.
    resume_position = models.JSONField(null=True, blank=True, editable=False)
    watermark = models.DateTimeField(null=True, blank=True)
    position_version = models.PositiveIntegerField(default=0, editable=False)
    read_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    read_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_complete_read_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the last read that ran to its end had begun."
    )
    next_read_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        app="integrations",
        excluded_fields=[
            "launched_at",
            "resume_position",
            "position_version",
            "read_started_at",
            "read_since",
            "last_complete_read_at",
            "next_read_at",
            "released_percent",
            "stock_counted",
            "watermark",
            "updated_at",
        ],
    )

    class Meta:
        ordering = ["name"]
        permissions = [("run_syncjob", "Can run, pause and resume a job")]

    def __str__(self) -> str:
        return self.name

    @property
    def may_run(self) -> bool:
        is_on = self.state == JobState.ACTIVE and self.source.enabled and self.destination.enabled
        return is_on and not self.is_held_for_launch

    @property
    def is_held_for_launch(self) -> bool:
        """It belongs to a workflow, was not launched with it, and would touch production."""
        if self.workflow_id is None or self.launched_at is not None:
            return False
        return Environment.PRODUCTION in (self.source.environment, self.destination.environment)
