"""What is known of one real thing, whatever systems know it."""

from __future__ import annotations

from django.db import models

from .connection import Connection


class Thing(models.Model):
    """One real order, customer, order line, variant…; a line's parent is its order."""

    kind = models.CharField(max_length=20)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="parts")
    created_at = models.DateTimeField()
    has_parcel = models.BooleanField(
        null=True,
        blank=True,
        default=False,
        help_text="Orders: a parcel of it is known. Empty: from before parcels were watched.",
    )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ExternalId(models.Model):
    """(connection, resource, external id) leads to one Thing; a Thing may have several on one connection."""

    # Both lead an index below; one of their own would cost each write, and mislead SQLite.
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="external_ids", db_index=False
    )
    resource = models.CharField(max_length=60)
    external_id = models.CharField(max_length=255)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="external_ids", db_index=False)
    echo_digest = models.CharField(
        max_length=32,
        blank=True,
        help_text="Of what this system answered to our last write: read again, it is no change.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "resource", "external_id"], name="one_thing_per_external_id"
            )
        ]
        indexes = [models.Index(fields=["thing", "connection", "resource"])]

    def __str__(self) -> str:
        return f"{self.resource} {self.external_id}"


class SearchKey(models.Model):
    """A keyed hash of a normalised order number, e-mail or SKU: how encrypted data is found."""

    kind = models.CharField(max_length=20)
    digest = models.CharField(max_length=32)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="search_keys")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "kind", "thing"], name="one_search_key_per_thing")
        ]

    def __str__(self) -> str:
        return f"{self.kind} key of {self.thing_id}"
