"""What platforms told by webhook, and what they should have told."""

from __future__ import annotations

from django.db import models

from integrations.models import Connection, Delivery


class WebhookHour(models.Model):
    """One platform, resource and hour: the ledger. What should have come is what came and what was missed.

    `came` counts things, not calls. `missed` changes were found by reading, and no webhook had told of them.
    `delivered` and `open` are of the changes that were taken in during this hour, whoever told of them.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="webhook_hours")
    hour = models.DateTimeField()
    resource = models.CharField(max_length=60)
    came = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    open = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "webhook ledger"
        verbose_name_plural = "webhook ledger"
        ordering = ["-hour"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "hour", "resource"], name="one_ledger_row_per_hour")
        ]
        indexes = [models.Index(fields=["-hour"], name="ledger_by_hour")]

    def __str__(self) -> str:
        return f"{self.connection} {self.hour:%Y-%m-%d %H:%M}"


class MissedWebhook(models.Model):
    """A change that the platform never told, and that a read has found."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="missed_webhooks")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="missed_webhooks")
    resource = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "changed_at"], name="one_missed_webhook_per_change")
        ]
        indexes = [models.Index(fields=["connection", "-changed_at"], name="missed_by_time")]

    def __str__(self) -> str:
        return f"Missed: {self.delivery}"
