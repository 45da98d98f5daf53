"""What people said about being written to, as it was told to us: append-only, and without personal data."""

from __future__ import annotations

from django.db import models

from .connection import Connection


class ConsentEntry(models.Model):
    """One thing that one person said. What holds for a channel is the entry with the latest `at`, whoever told it.

    `person` is the keyed hash of the normalised e-mail address, else of the phone (see `mappings.search.person_keys`).
    `at` is the source's own time; `told_by` the system that told us, `place` where it says it was said.
    """

    person = models.CharField(max_length=32)
    channel = models.CharField(max_length=10)
    given = models.BooleanField()
    at = models.DateTimeField()
    told_by = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="consent_entries")
    place = models.CharField(max_length=60, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "consent entries"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "channel", "at", "told_by", "given"], name="one_entry_per_thing_said"
            )
        ]
        indexes = [models.Index(fields=["recorded_at", "id"], name="consents_by_time")]

    def __str__(self) -> str:
        return f"{self.channel} {'given' if self.given else 'withdrawn'}"
