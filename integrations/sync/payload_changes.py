"""Notices where a system's payloads are not what they were: a field that is new, gone, or of another type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from integrations.connectors.base import Item
from integrations.models import PayloadShape, SyncJob
from mappings.models import Mapping
from mappings.payload_shape import Known, accepted, look

from . import shared_clock

# Of each page so many are looked at: a vendor's change is in all of them.
LOOKED_AT = 10


def notice(connection_id: int, resource: str, items: Sequence[Item]) -> None:
    """Looks at some payloads of a page that is stored already. Where another worker does so at the same moment, the
    next page tells."""
    payloads = [item.payload for item in items if item.payload][:LOOKED_AT]
    if not payloads:
        return
    row = PayloadShape.objects.filter(connection_id=connection_id, resource=resource).first()
    before = row.read() if row is not None else Known()
    after = look(before, payloads, shared_clock.now().isoformat())
    if after is before:
        return
    if row is None:
        row = PayloadShape(connection_id=connection_id, resource=resource)
        PayloadShape.objects.bulk_create([row], ignore_conflicts=True)
        row = PayloadShape.objects.get(connection_id=connection_id, resource=resource)
    _keep(row, after)


def accept_as_they_are(shapes: Iterable[PayloadShape]) -> None:
    """A person looked: what came otherwise is right."""
    for row in shapes:
        _keep(row, accepted(row.read()))


def shapes_of(mapping: Mapping) -> list[PayloadShape]:
    """Of what the jobs read with this mapping, those that are known."""
    pairs = set(SyncJob.objects.filter(read_mapping=mapping).values_list("source_id", "source_resource"))
    rows = PayloadShape.objects.filter(connection_id__in={source for source, _ in pairs}).select_related(
        "connection"
    )
    return [row for row in rows.order_by("pk") if (row.connection_id, row.resource) in pairs]


def _keep(row: PayloadShape, known: Known) -> None:
    since = row.breaks_since or shared_clock.now()
    PayloadShape.objects.filter(pk=row.pk, revision=row.revision).update(
        known=msgspec.to_builtins(known),
        revision=row.revision + 1,
        breaks_since=since if known.breaks else None,
    )
