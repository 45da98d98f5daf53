"""Two jobs that write each other's source: A → B and B → A of one kind, over the same two resources.

What keeps them from echoing, from swapping values and from making a thing twice:

1. While one has a write on its way to a thing, the other leaves that thing alone.
2. What was read before our own write to it arrived is fetched again.
3. Only what the source was not known to hold already is news; what a system answered to our own write is known.
4. What came in unknown while a create of ours has no answer yet may be the very thing: it waits, and where it turns out
   to be so, it becomes the same Thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db.models import Min

from integrations.models import Delivery, ExternalId, Intent, SyncJob, Thing

from .case import Case


def twin_of(job: SyncJob) -> SyncJob | None:
    """The job that goes the other way, whether it runs at this moment or not: what it wrote stays written."""
    return (
        SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping")
        .filter(
            kind=job.kind,
            source_id=job.destination_id,
            source_resource=job.destination_resource,
            destination_id=job.source_id,
            destination_resource=job.source_resource,
        )
        .order_by("pk")
        .first()
    )


def written_to_the_source(twin: SyncJob, things: Iterable[int]) -> set[int]:
    """Of these things, those to which the twin has a write on its way, or one whose answer is unknown."""
    return set(
        Intent.objects.filter(
            destination_id=twin.destination_id,
            resource=twin.destination_resource,
            thing_id__in=list(things),
            settled_at__isnull=True,
        ).values_list("thing_id", flat=True)
    )


def hold_still(things: Iterable[int]) -> None:
    """Until the transaction ends no other worker begins a write of these things in either direction."""
    wanted = Thing.objects.filter(pk__in=list(things)).order_by("pk")
    list(wanted.select_for_update(no_key=True).values_list("pk", flat=True))


def first_unanswered_create(twin: SyncJob) -> datetime | None:
    """Since when the twin waits for the answer to something it makes in our source."""
    creates = Intent.objects.filter(
        destination_id=twin.destination_id,
        resource=twin.destination_resource,
        operation__in=("create", "upsert"),
        settled_at__isnull=True,
    )
    found: datetime | None = creates.aggregate(first=Min("created_at"))["first"]
    return found


def may_be_made_by_us(case: Case, first: datetime | None) -> bool:
    """Whether what came in unknown may be what the twin is just making."""
    is_new = case.destination_id is None and case.delivery.first_delivered_at is None
    return is_new and first is not None and first <= datetime.fromtimestamp(case.parcel.received_at, UTC)


def make_one(job: SyncJob, twin: SyncJob, made: Sequence[tuple[str, int]]) -> None:
    """(external id in the destination, Thing) of what was just written. Where the twin took such an id for a new Thing
    meanwhile, and has not carried it, it is that very Thing. Call it in the transaction, after the ids are stored."""
    things = dict(made)
    strangers = ExternalId.objects.filter(
        connection_id=job.destination_id, resource=job.destination_resource, external_id__in=things
    ).values_list("pk", "external_id", "thing_id")
    for pk, external_id, stranger in strangers:
        thing = things[external_id]
        if stranger == thing or Delivery.objects.filter(job=twin, thing_id=thing).exists():
            continue
        moved = Delivery.objects.filter(job=twin, thing_id=stranger, first_delivered_at__isnull=True).update(
            thing_id=thing
        )
        if moved:
            ExternalId.objects.filter(pk=pk, thing_id=stranger).update(thing_id=thing)
            if not ExternalId.objects.filter(thing_id=stranger).exists():
                Thing.objects.filter(pk=stranger, deliveries__isnull=True).delete()
