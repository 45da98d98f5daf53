"""Two systems hold different values in a field that one of them owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from mappings.fields import SecretField
from mappings.models import WhenItDiffers

from .connection import Connection
from .things import Thing


class ConflictState(models.TextChoices):
    OPEN = "open", "Open"
    SETTLING = "settling", "Being settled"
    SETTLED = "settled", "Settled"


class Side(models.TextChoices):
    OWNER = "owner", "The owner's value"
    OTHER = "other", "The other system's value"


class SettledHow(models.TextChoices):
    OWNER = "owner", "The owner's value was written"
    OTHER = "other", "The other system's value was taken"
    AGREED = "agreed", "Both sides agreed again"


class Conflict(models.Model):
    """At most one open for a field of a Thing and the system that differs. `other_value` is what it said when the
    difference was found; the owner's value is fetched when the page is looked at. `taken`: whose value is to count."""

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="conflicts", db_index=False)
    kind = models.CharField(max_length=20)
    field = models.CharField(max_length=80, help_text="The Record's path: phone, address.city.")
    subject = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="conflicts_of_its_fields", db_index=False
    )
    other = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="conflicts", db_index=False)
    owner_digest = models.CharField(max_length=32, blank=True)
    other_digest = models.CharField(max_length=32, blank=True)
    other_value = SecretField(null=True, blank=True)
    owner_since = models.DateTimeField(null=True, blank=True)
    other_since = models.DateTimeField(null=True, blank=True)
    rule = models.CharField(max_length=8, choices=WhenItDiffers.choices)
    state = models.CharField(max_length=8, choices=ConflictState.choices, default=ConflictState.OPEN)
    taken = models.CharField(max_length=8, choices=Side.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it is not settled yet.")
    found_at = models.DateTimeField()
    found_by = models.CharField(max_length=60, help_text="The job or the audit that saw it.")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_how = models.CharField(max_length=8, choices=SettledHow.choices, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["thing", "field", "other"],
                condition=Q(settled_at__isnull=True),
                name="one_open_conflict_per_field_and_system",
            )
        ]
        indexes = [
            models.Index(fields=["state", "-found_at"], name="conflicts_by_state"),
            models.Index(fields=["-found_at"], name="all_conflicts"),
            models.Index(fields=["thing"], name="conflicts_of_one_thing"),
        ]
        permissions = [("settle_conflict", "Can settle conflicts")]

    def __str__(self) -> str:
        return f"{self.subject or self.thing_id}: {self.field}"

    @property
    def is_open(self) -> bool:
        return self.settled_at is None
