"""What each system was last known to hold of a Thing: where two systems write one another, or a field has an owner."""

from __future__ import annotations

from django.db import models

from .connection import Connection
from .things import Thing


class LastKnown(models.Model):
    """One Thing in one system, as a read showed it or as the system answered to our own write.

    `digests`: by the Record's path a keyed digest of the value (never the value itself) and since when it is known.
    """

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="last_known", db_index=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="last_known", db_index=False
    )
    digests = models.JSONField(default=dict)
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When the read began that showed it last."
    )
    written_at = models.DateTimeField(
        null=True, blank=True, help_text="When a write of ours arrived there last."
    )

    class Meta:
        verbose_name_plural = "last known values"
        constraints = [
            models.UniqueConstraint(
                fields=["thing", "connection"], name="one_last_known_per_thing_and_system"
            )
        ]

    def __str__(self) -> str:
        return f"{self.thing_id} in {self.connection_id}"
