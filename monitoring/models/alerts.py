"""Who is told what, and when: rules, what they found, and each message that left because of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from integrations.models import SyncJob, Workflow
from integrations.models.connection import KEY_VALIDATOR
from mappings.fields import SecretField

LONGEST_KEY = 60


class Keyed(models.Model):
    """`key` is how a configuration file calls it. A row that is made without one gets one from its name."""

    key = models.SlugField(
        max_length=LONGEST_KEY,
        unique=True,
        blank=True,
        validators=[KEY_VALIDATOR],
        help_text="How configuration files call it. Left empty, it is made from the name.",
    )
    name = models.CharField(max_length=120)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        if not self.key:
            self.key = self._free_key()
        super().save(*args, **options)

    def _free_key(self) -> str:
        base = slugify(self.name)[: LONGEST_KEY - 4].strip("-_").replace("_", "-") or "alert"
        taken = set(type(self)._default_manager.filter(key__startswith=base).values_list("key", flat=True))
        number, found = 1, base
        while found in taken:
            number += 1
            found = f"{base}-{number}"
        return found


class ChannelKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Signed webhook (Standard Webhooks)"
    SLACK = "slack", "Slack, or what takes its messages"


class AlertChannel(Keyed):
    """Where an alert goes. The address of a webhook may hold a secret, so it is kept as one, and never shown again."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=ChannelKind.choices)
    recipients = models.TextField(blank=True, help_text="E-mail: one address a line.")
    address = SecretField(null=True, blank=True, help_text="Webhook and Slack: where the message is sent to.")
    signing_secret = SecretField(null=True, blank=True, help_text="Webhook: whsec_ and the key, in base64.")
    quiet_from = models.TimeField(
        null=True,
        blank=True,
        help_text="By the portal's clock. What fires in quiet hours is told when they are over.",
    )
    quiet_until = models.TimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Keyed.Meta):
        permissions = [("test_alertchannel", "Can send a test alert")]

    def quiet_ends(self, now: datetime) -> datetime | None:
        """When its quiet hours end, of a moment within them; else None. They may go over midnight.

        Where the clock is turned at the hour of their end, they end by the clock on the wall.
        """
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return None
        local = timezone.localtime(now)
        wall, over_midnight = local.time(), self.quiet_from > self.quiet_until
        if over_midnight and not (wall >= self.quiet_from or wall < self.quiet_until):
            return None
        if not over_midnight and not self.quiet_from <= wall < self.quiet_until:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and wall >= self.quiet_from else 0)
        return datetime.combine(day, self.quiet_until, tzinfo=timezone.get_current_timezone())

    def addresses(self) -> list[str]:
        return [line.strip() for line in self.recipients.splitlines() if line.strip()]


class AlertKind(models.TextChoices):
    SUCCESS_RATE = "success_rate_below", "Success rate below"
    FAILURES = "failures_above", "Failures above"
    NO_SUCCESS = "no_success_within", "Nothing delivered within"
    BACKLOG = "backlog_older_than", "Records on their way for longer than"
    API_VERSION = "api_version_ends", "An API version ends within"
    CONNECTION = "connection_down", "A connection does not work"
    HALTED = "job_halted", "A job halts"
    ACCESS = "access_ends_within", "A person's access ends within"
    WEBHOOKS = "webhooks_silent_for", "No webhook has come for"
    PROMISE = "promise_within", "What is stuck is promised within"


class AlertRule(Keyed):
    """`threshold` is in percent, records or days, as the kind has it; the others need only the `window_minutes`.

    Without a workflow and a job it watches everything.
    """

    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    job = models.ForeignKey(
        SyncJob, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    threshold = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Success rate: percent. Failures: how many are too many. API version, access: days before its end.",
    )
    window_minutes = models.PositiveIntegerField(
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
        help_text="How far it looks back; for records on their way, how old the oldest may be.",
    )
    cool_down_minutes = models.PositiveIntegerField(
        default=30, help_text="After it was told, and has gone, it is not told anew for so long."
    )
    tells_recovery = models.BooleanField(default=True, help_text="Also say when it is over.")
    is_urgent = models.BooleanField(
        default=False, db_default=False, help_text="Told at once, also in a channel's quiet hours."
    )
    channels = models.ManyToManyField(AlertChannel, related_name="rules")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)


class AlertEvent(models.Model):
    """One firing: from when the rule found it until it was over. At most one of a rule is open."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="events")
    sentence = models.CharField(max_length=500)
    rows = models.CharField(max_length=500, blank=True, help_text="The page with the rows behind it.")
    fired_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it was last found to be so.")
    recovered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-fired_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule"], condition=Q(recovered_at__isnull=True), name="one_open_event_per_rule"
            )
        ]
        indexes = [models.Index(fields=["-fired_at"], name="alert_events_by_time")]

    def __str__(self) -> str:
        return self.sentence


class MessageState(models.TextChoices):
    DUE = "due", "To be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"
    UNKNOWN = "unknown", "May have arrived"


class AlertMessage(models.Model):
    """What one channel is told of one firing. It is claimed before it is sent; a lost answer is not sent again."""

    event = models.ForeignKey(AlertEvent, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    is_recovery = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.DUE)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why it could not be sent.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "channel", "is_recovery"], name="one_message_per_channel_and_end"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["due", "sending"]), name="alert_messages_due"
            )
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"
