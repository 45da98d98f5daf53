"""Webhooks as they arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mappings.fields import SecretBytesField

from .connection import Connection


class InboundState(models.TextChoices):
    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    DUPLICATE = "duplicate", "Duplicate"
    FAILED = "failed", "Could not be processed"


class InboundEvent(models.Model):
    """Stored after its signature was verified and before it was answered."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="inbound_events")
    topic = models.CharField(max_length=80, blank=True)
    resource = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    # Null where the vendor gives none: the unique constraint must not take two of these for one.
    delivery_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001
    headers = models.JSONField(default=dict, help_text="Without secrets and signatures.")
    body = SecretBytesField()
    state = models.CharField(max_length=10, choices=InboundState.choices, default=InboundState.RECEIVED)
    sentence = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "delivery_id"],
                condition=Q(delivery_id__isnull=False),
                name="one_event_per_delivery_id",
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "id"], condition=Q(state="received"), name="unprocessed_events"
            ),
            models.Index(fields=["-received_at"]),
            # All that was told of one thing.
            models.Index(
                fields=["external_id", "connection"],
                condition=~Q(external_id=""),
                name="events_of_one_thing",
            ),
            models.Index(
                fields=["processed_at"], condition=Q(processed_at__isnull=False), name="processed_events"
            ),
        ]
        permissions = [("replay_inboundevent", "Can replay a webhook")]

    def __str__(self) -> str:
        return f"{self.topic or 'event'} {self.external_id}"


class RefusedWebhooks(models.Model):
    """How many calls were refused for a bad signature, per connection and day: counted, not stored."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="refused_webhooks")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "refused webhooks"
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="one_refusal_count_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.count} refused on {self.day}"
