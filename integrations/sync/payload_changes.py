"""Notices where a system's payloads are not what they were: a field that is new, gone, or of another type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from integrations.connectors.base import Item
from integrations.models import PayloadShape, SyncJob, Way
from mappings.models import Mapping
from mappings.payload_shape import Known, accepted, look
from mappings.search import keyed_hash

from . import shared_clock
from .case import Case

# Of each page so many are looked at: a vendor's change is in all of them.
LOOKED_AT = 10
# Where another worker looks at the same moment, it is looked anew on what that one saw, so often.
MOST_TRIES = 3
# By so much of a keyed hash records are told apart.
NAME_LENGTH = 8


def notice(connection_id: int, resource: str, items: Sequence[Item], way: Way = Way.LISTED) -> None:
    """Looks at some payloads that are stored already. What is seen adds up over pages, webhooks and single records,
    each way for itself. Call it outside any transaction."""
    told = [item for item in items if item.payload][:LOOKED_AT]
    if not told:
        return
    names = [keyed_hash("id", item.external_id)[:NAME_LENGTH] for item in told]
    payloads = [item.payload for item in told]
    place = {"connection_id": connection_id, "resource": resource, "way": way}
    for _ in range(MOST_TRIES):
        row = PayloadShape.objects.filter(**place).first()
        if row is None:
            PayloadShape.objects.bulk_create([PayloadShape(**place)], ignore_conflicts=True)
            continue
        before = row.read()
        after = look(before, payloads, shared_clock.now().isoformat(), names)
        if after is before or _keep(row, after):
            return


def notice_fetched(job: SyncJob, cases: Sequence[Case]) -> None:
    """Of records that were asked for one by one."""
    found = [case for case in cases if case.fetched and not case.parcel.deleted]
    items = [Item(case.parcel.external_id, case.parcel.payload) for case in found]
    notice(job.source_id, job.source_resource, items, Way.FETCHED)


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


def _keep(row: PayloadShape, known: Known) -> bool:
    """False where another worker kept something meanwhile."""
    since = row.breaks_since or shared_clock.now()
    kept = PayloadShape.objects.filter(pk=row.pk, revision=row.revision).update(
        known=msgspec.to_builtins(known),
        revision=row.revision + 1,
        breaks_since=since if known.breaks else None,
    )
    return bool(kept)
