"""What was written where: Delivery (the state), Intent (a write under way), Outcome (the facts)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mappings.fields import SecretField

from .batch import Batch
from .connection import Connection
from .job import SyncJob
from .run import SyncRun
from .things import Thing


class State(models.TextChoices):
    """Every accepted record is in exactly one of these."""

    QUEUED = "queued", "Queued"
    RETRYING = "retrying", "Retrying"
    WAITING = "waiting", "Waiting for what it refers to"
    HELD = "held", "Held back"
    FAILED = "failed", "Needs a person"
    DELIVERED = "delivered", "Delivered"
    UNCHANGED = "unchanged", "Unchanged"
    SUPERSEDED = "superseded", "Superseded: it came in again later"
    FILTERED = "filtered", "Filtered by a rule"
    IGNORED = "ignored", "Ignored by a person"
    SKIPPED = "skipped", "Skipped by a fallback"
    HANDED_OVER = "handed_over", "Handed over to another job"


PENDING_STATES = (State.QUEUED, State.RETRYING, State.WAITING, State.HELD)
FINAL_STATES = (
    State.DELIVERED,
    State.UNCHANGED,
    State.SUPERSEDED,
    State.FILTERED,
    State.IGNORED,
    State.SKIPPED,
    State.HANDED_OVER,
)


class Delivery(models.Model):
    """One Thing carried by one job. No job reads another's Deliveries.

    `state` is that of the newest accepted version. `accepted_*` say what came in last, `source_version`
    and `source_read_at` what was written last. `written_state` holds quantities and statuses only:
    no personal data (see `mappings.records.state_view`).
    """

    # It leads a constraint's index below.
    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    state_since = models.DateTimeField()
    state_reason = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=120, blank=True, help_text="How a person calls it: Order #1042.")
    accepted_version = models.CharField(max_length=40, blank=True)
    accepted_digest = models.CharField(max_length=32, blank=True)
    accepted_mapping = models.CharField(max_length=20, blank=True)
    accepted_at = models.DateTimeField()
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="When a read last showed it; kept only where removals are followed."
    )
    accepted_serial = models.PositiveIntegerField(
        default=1, help_text="Raised with each accepted version; parcels with a lower one are superseded."
    )
    source_version = models.CharField(max_length=40, blank=True)
    source_read_at = models.DateTimeField(null=True, blank=True)
    content_hash = models.CharField(max_length=32, blank=True)
    written_state = models.JSONField(null=True, blank=True)
    mapping_version = models.CharField(
        max_length=20, blank=True, help_text="Read and write mapping's version: 3.5"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Tries of the present version.")
    deadline_at = models.DateTimeField(
        null=True, blank=True, help_text="When a pending record becomes an error."
    )
    promised_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="The hour that was promised: told by the source, else the next pick-up.",
    )
    called_shipped_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Orders: since when the source calls it shipped, with no parcel of it known at that time.",
    )
    # For good, also where that job is gone: made here after all, it might be there twice. So no database clears it.
    handed_to = models.ForeignKey(
        SyncJob,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="The job that carries this record instead, with all that comes of it later.",
    )
    first_delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["job", "thing"], name="one_delivery_per_job_and_thing")
        ]
        indexes = [
            models.Index(fields=["job", "state", "state_since"]),
            models.Index(
                fields=["deadline_at"], condition=Q(deadline_at__isnull=False), name="delivery_deadlines"
            ),
            models.Index(
                fields=["promised_at"], condition=Q(promised_at__isnull=False), name="promised_deliveries"
            ),
            models.Index(
                fields=["called_shipped_at"],
                condition=Q(called_shipped_at__isnull=False),
                name="called_shipped_deliveries",
            ),
            # For the lists of one state, newest first: the index above serves those of one job.
            models.Index(fields=["state", "id"], name="deliveries_by_state"),
        ]

    def __str__(self) -> str:
        return self.subject or f"Delivery {self.pk}"


class IntentState(models.TextChoices):
    OPEN = "open", "About to leave, or on its way"
    IN_DOUBT = "in_doubt", "Sent, answer unknown"
    TO_REPEAT = "to_repeat", "Surely without effect, to be sent again"
    SETTLED = "settled", "Settled"


class Intent(models.Model):
    """One write about to leave. While it is open it is the lock of its key."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="intents")
    # Only open ones are asked for by their destination, and have an index for it.
    destination = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="intents", db_index=False
    )
    resource = models.CharField(max_length=60)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="intents")
    operation = models.CharField(max_length=40)
    step = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=IntentState.choices, default=IntentState.OPEN)
    idempotency_key = models.CharField(max_length=64)
    key_expires_at = models.DateTimeField(null=True, blank=True)
    call = SecretField(null=True, blank=True, help_text="The exact call, dropped when settled.")
    source_version = models.CharField(max_length=40, blank=True)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="intents")
    lease_token = models.CharField(max_length=32, blank=True)
    lease_holder = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["destination", "resource", "thing"],
                condition=Q(settled_at__isnull=True),
                name="one_open_intent_per_key",
            )
        ]
        indexes = [
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="old_intents")
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.thing_id}"


class Outcome(models.Model):
    """Append-only: one per record and attempt. No personal data.

    `occurred_at` is the source's time (the checkout), `received_at` when our door accepted it, and
    `accepted_at` when the destination did. `amount` is never summed across currencies.
    """

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="outcomes")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="outcomes")
    # It leads an index below.
    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="outcomes", db_index=False)
    state = models.CharField(max_length=12, choices=State.choices)
    operation = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, blank=True, help_text="Kind of failure, where there was one.")
    serial = models.PositiveIntegerField(default=1)
    source_version = models.CharField(max_length=40, blank=True)
    mapping_version = models.CharField(max_length=20, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    # Empty for nearly all, and null there: a column without a default is added to a table of millions at once.
    note = models.CharField(  # noqa: DJ001
        max_length=300, null=True, blank=True, help_text="What a fallback of the job did, in its words."
    )

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at"]),
            models.Index(fields=["job", "recorded_at"]),
            models.Index(fields=["state", "recorded_at", "id"], name="outcomes_by_state"),
            models.Index(fields=["kind", "recorded_at", "id"], name="outcomes_by_kind"),
        ]

    def __str__(self) -> str:
        return f"Outcome {self.pk}: {self.state}"
