"""Which systems send something else than they did: a field is gone, or of another type."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from integrations.models import PayloadShape, SyncJob
from mappings.sentences import within

SHOWN_SYSTEMS = 5
SHOWN_CHANGES = 2


@dataclass(frozen=True)
class Changed:
    sentence: str
    href: str


def changed() -> list[Changed]:
    """Since the longest first. What is only new harms nothing, and stands on the mapping's page alone."""
    rows = PayloadShape.objects.filter(breaks_since__isnull=False, connection__enabled=True)
    shown = rows.select_related("connection").defer("connection__secrets").order_by("breaks_since")
    return [_told(row) for row in shown[:SHOWN_SYSTEMS]]


def _told(row: PayloadShape) -> Changed:
    breaks = row.read().breaks
    told = " ".join(change.sentence for change in breaks[:SHOWN_CHANGES])
    more = len(breaks) - SHOWN_CHANGES
    rest = f" And {more} more." if more > 0 else ""
    sentence = (
        f"{row.connection.name} sends other {row.what} than before: {told}{rest} "
        f"See whether the mapping still fits what {within(row.connection.name)} sends."
    )
    job = SyncJob.objects.filter(source=row.connection, source_resource=row.resource).order_by("pk").first()
    if job is None:
        return Changed(sentence, reverse("admin:integrations_connection_change", args=[row.connection_id]))
    return Changed(sentence, reverse("admin:mappings_mapping_change", args=[job.read_mapping_id]))
