"""One account on one platform: settings, secrets, health, session token and rate budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from mappings.fields import SecretField

KEY_VALIDATOR = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens, for example 'main-warehouse'."
)


# So long platforms may sign with a secret that was replaced: Shopify for an hour, Razorpay while it retries (a day).
SECRET_OVERLAP = timedelta(days=2)


class Environment(models.TextChoices):
    SANDBOX = "sandbox", "Sandbox"
    PRODUCTION = "production", "Production"


class Health(models.TextChoices):
    UNTESTED = "untested", "Not tested yet"
    WORKING = "working", "Working"
    FAILING = "failing", "Failing"


CREDENTIALS_CHANGED = "Not tested since its credentials changed"


class Connection(models.Model):
    """Settings are plain and shown; secrets are encrypted, write-only, and never shown again."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=40)
    environment = models.CharField(max_length=12, choices=Environment.choices, default=Environment.SANDBOX)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    native_integrations = models.JSONField(
        default=list,
        blank=True,
        help_text="Platforms to which this system's own integration is switched on: it writes there beside our jobs.",
    )
    health = models.CharField(max_length=12, choices=Health.choices, default=Health.UNTESTED)
    health_sentence = models.CharField(max_length=500, blank=True)
    health_checked_at = models.DateTimeField(null=True, blank=True)
    # What the platform's answers announced of their own end (see `http.notices`), and when they did so last.
    announced_end = models.DateField(null=True, blank=True, editable=False)
    announced_said = models.CharField(max_length=300, blank=True, editable=False, db_default="")
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    webhook_address = models.CharField(
        max_length=64, unique=True, null=True, blank=True, help_text="Unguessable end of the webhook address."
    )
    webhook_secret_before = SecretField(
        null=True,
        blank=True,
        editable=False,
        help_text="The webhook secret that was replaced, and until when it still counts.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        app="integrations",
        excluded_fields=[
            "secrets",
            "health",
            "health_sentence",
            "health_checked_at",
            "announced_end",
            "announced_said",
            "announced_at",
            "webhook_address",
            "webhook_secret_before",
        ],
    )

    class Meta:
        ordering = ["name"]
        permissions = [("test_connection", "Can test a connection")]

    def __str__(self) -> str:
        return self.name

    def secret_values(self) -> dict[str, Any]:
        return dict(self.secrets or {})

    @property
    def awaits_test(self) -> bool:
        """Its credentials are others than those that were tested: a worker tries them."""
        return self.health == Health.UNTESTED and self.health_checked_at is not None

    @property
    def health_words(self) -> str:
        return CREDENTIALS_CHANGED if self.awaits_test else self.get_health_display()

    def enter_secrets(self, secrets: dict[str, Any]) -> None:
        """Replaces them all. The platform may sign with the webhook secret of before for a while."""
        before = replaced_webhook_secret(self.secret_values(), secrets)
        if before is not None:
            self.webhook_secret_before = before
        self.secrets = secrets

    def earlier_webhook_secret(self) -> str:
        """ "" where none was replaced in the last days."""
        before = self.webhook_secret_before
        return str(before["secret"]) if before and before["until"] > timezone.now().isoformat() else ""


def are_other_credentials(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a test of `old` says nothing of `new`. With the webhook secret only what comes in is signed."""
    return any(old.get(name) != new.get(name) for name in {*old, *new} - {"webhook_secret"})


def replaced_webhook_secret(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str] | None:
    """{"secret", "until"} of the one that `new` replaces; None where it stays, or was withdrawn for good."""
    before, after = old.get("webhook_secret"), new.get("webhook_secret")
    if not before or not after or before == after:
        return None
    return {"secret": str(before), "until": (timezone.now() + SECRET_OVERLAP).isoformat()}


# See `awaits_test`.
AWAITS_TEST = Q(health=Health.UNTESTED, health_checked_at__isnull=False)


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


class WebhookSubscription(models.Model):
    """What the portal has ordered of one platform, and what the last look at it found.

    `address` is the whole one, as the platform reaches this portal. `lost` counts how often the platform had dropped or
    switched off what was ordered; `sentence` says what the last look found, "" where all was well.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="webhook_subscription"
    )
    address = models.CharField(max_length=500)
    topics = models.JSONField(default=list)
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True, db_index=True)
    lost = models.PositiveIntegerField(default=0)
    lost_at = models.DateTimeField(null=True, blank=True)
    sentence = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Webhooks of {self.connection_id}"


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
