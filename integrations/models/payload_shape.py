"""What the payloads of one resource are made of, so that a change of the vendor's is noticed."""

from __future__ import annotations

from django.db import models

from mappings.payload_shape import Known
from mappings.shapes import convert

from .connection import Connection


class Way(models.TextChoices):
    """How a payload came. One system may tell the same thing otherwise by each."""

    LISTED = "listed", "in its lists"
    TOLD = "told", "in its webhooks"
    FETCHED = "fetched", "when it is asked for one"


class PayloadShape(models.Model):
    """`known` holds names and types, no values (`mappings.payload_shape.Known`). It is changed only where `revision`
    is still what was read."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="payload_shapes")
    resource = models.CharField(max_length=60)
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.LISTED)
    known = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    # Since when a field is gone or of another type, and nobody said that it is right so.
    breaks_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "resource", "way"], name="one_shape_of_a_resource")
        ]
        indexes = [
            models.Index(
                fields=["breaks_since"],
                condition=models.Q(breaks_since__isnull=False),
                name="payloads_that_changed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.resource}"

    @property
    def what(self) -> str:
        """ "orders in its webhooks"; of lists the bare resource, since most come so."""
        return self.resource if self.way == Way.LISTED else f"{self.resource} {Way(self.way).label}"

    def read(self) -> Known:
        return convert(self.known, Known)
