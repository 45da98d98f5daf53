"""Outside parties with API keys, scopes and limits."""

from __future__ import annotations

import hashlib
import secrets as random_source
from datetime import datetime

from django.db import models

from .connection import KEY_VALIDATOR
from .job import SyncJob


class Partner(models.Model):
    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=True)
    jobs = models.ManyToManyField(
        SyncJob,
        blank=True,
        related_name="partners",
        help_text="The jobs that this partner may see and push into.",
    )
    calls_per_minute = models.PositiveIntegerField(default=600)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PartnerKey(models.Model):
    """`prefix.secret`: the prefix is shown in lists, of the secret only its SHA-256 is kept.

    The secret has 256 random bits, so a fast hash is right: there is nothing to guess.
    """

    SCOPES = ("push", "read", "retry", "books")

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, help_text="Any of: push, read, retry, books.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @classmethod
    def issue(
        cls, partner: Partner, scopes: list[str], expires_at: datetime | None = None
    ) -> tuple[PartnerKey, str]:
        """Makes a key; returns its row and the full text, which is shown once and never again."""
        prefix = "cd" + random_source.token_hex(4)
        text = f"{prefix}.{random_source.token_urlsafe(32)}"
        row = cls.objects.create(
            partner=partner, prefix=prefix, digest=cls.digest_of(text), scopes=scopes, expires_at=expires_at
        )
        return row, text

    @staticmethod
    def digest_of(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


class PartnerRequest(models.Model):
    """The answer once given under an idempotency key, so that a repeat gets the same one."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="requests")
    idempotency_key = models.CharField(max_length=120)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "idempotency_key"], name="one_answer_per_idempotency_key"
            )
        ]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.idempotency_key
