"""One account on one platform: settings, secrets, health, session token and rate budget."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from mappings.fields import SecretField

KEY_VALIDATOR = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens, for example 'main-warehouse'."
)


class Environment(models.TextChoices):
    SANDBOX = "sandbox", "Sandbox"
    PRODUCTION = "production", "Production"


class Health(models.TextChoices):
    UNTESTED = "untested", "Not tested yet"
    WORKING = "working", "Working"
    FAILING = "failing", "Failing"


class Connection(models.Model):
    """Settings are plain and shown; secrets are encrypted, write-only, and never shown again."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=40)
    environment = models.CharField(max_length=12, choices=Environment.choices, default=Environment.SANDBOX)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    health = models.CharField(max_length=12, choices=Health.choices, default=Health.UNTESTED)
    health_sentence = models.CharField(max_length=500, blank=True)
    health_checked_at = models.DateTimeField(null=True, blank=True)
    webhook_address = models.CharField(
        max_length=64, unique=True, null=True, blank=True, help_text="Unguessable end of the webhook address."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        app="integrations",
        excluded_fields=["secrets", "health", "health_sentence", "health_checked_at", "webhook_address"],
    )

    class Meta:
        ordering = ["name"]
        permissions = [("test_connection", "Can test a connection")]

    def __str__(self) -> str:
        return self.name

    def secret_values(self) -> dict[str, Any]:
        return dict(self.secrets or {})


class AccessToken(models.Model):
    """What a login call or an OAuth exchange gave; one holder refreshes it at a time.

    `version` moves with each new token, by conditional UPDATE: a worker whose call was refused
    reads the row again first, and logs in only if nobody else has done so since. `holder` is who renews it;
    `consent_ends_at` is when a person has to say yes again, where the platform tells.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="access_token")
    token = SecretField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    refreshing_until = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=200, blank=True, default="", db_default="")
    consent_ends_at = models.DateTimeField(null=True, blank=True)
    obtained_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Access token of {self.connection_id}"


class RateBudget(models.Model):
    """The one budget that all workers of all hosts share (see `sync.budget`), by the database's clock.

    Moments are microseconds since 1970. `next_free_us` is when the next call may leave if calls left evenly,
    `points_free_us` when the bucket of GraphQL cost points is full again. `failures` counts how often in a row
    nothing of the system could be reached, and until `open_until_us` nobody tries again. What the system itself
    reports of its limits stands in `told_…` and `points_…`, and in `told` as a sentence.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="rate_budget")
    next_free_us = models.BigIntegerField(default=0)
    blocked_until_us = models.BigIntegerField(default=0)
    day = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The day (UTC, since 1970) that is counted."
    )
    day_calls = models.PositiveIntegerField(default=0, db_default=0)
    points_free_us = models.BigIntegerField(default=0, db_default=0)
    points_rate = models.FloatField(default=0.0, db_default=0.0)
    points_most = models.FloatField(default=0.0, db_default=0.0)
    points_cost = models.FloatField(default=0.0, db_default=0.0)
    told_interval_us = models.BigIntegerField(default=0, db_default=0)
    told_until_us = models.BigIntegerField(default=0, db_default=0)
    told = models.CharField(max_length=200, blank=True, default="", db_default="")
    told_at_us = models.BigIntegerField(default=0, db_default=0)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    open_until_us = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"Rate budget of {self.connection_id}"


class CallShare(models.Model):
    """How many calls at the same time one worker may have on their way to a system that limits them.

    The shares of a connection never add up to more than its limit. Each runs out by itself: a worker that dies
    keeps nothing from the others.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="call_shares")
    holder = models.CharField(max_length=160)
    wanted = models.PositiveSmallIntegerField()
    calls = models.PositiveSmallIntegerField(default=0)
    is_urgent = models.BooleanField(default=False)
    until_us = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.calls} calls at once to {self.connection_id}"
