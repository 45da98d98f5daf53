"""Reads what the tables know of a group of parcels: a fixed number of queries, whatever the group's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import QuerySet

from integrations.models import Delivery, ExternalId, Intent, SyncJob
from mappings.records import Record, references

from . import people
from .case import Case
from .parcels import Parcel


def gather(job: SyncJob, parcels: dict[int, Parcel]) -> list[Case]:
    """Cases in the order of their places, with Delivery, destination id and open Intent."""
    of_rows = [parcel.external_id for parcel in parcels.values() if not parcel.thing]
    things = dict(
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=job.source_resource, external_id__in=of_rows
        ).values_list("external_id", "thing_id")
    )
    found = {place: parcel.thing or things[parcel.external_id] for place, parcel in parcels.items()}
    deliveries = {
        row.thing_id: row for row in Delivery.objects.filter(job=job, thing_id__in=list(found.values()))
    }
    cases = [Case(place, parcel, deliveries[found[place]]) for place, parcel in sorted(parcels.items())]
    refresh(job, cases)
    return cases


def refresh(job: SyncJob, cases: Sequence[Case]) -> None:
    """Reads the destination's ids and the open Intents of these cases."""
    by_thing: dict[int, list[Case]] = defaultdict(list)
    things = {case.delivery.thing_id for case in cases}
    there = people.contacts(job, cases) if people.concerns(job) else _known_as(job, things)
    for case in cases:
        case.destination_id, case.open_intent = there.get(case.delivery.thing_id), None
        for thing in case.people or (case.delivery.thing_id,):
            by_thing[thing].append(case)
    for intent in (
        Intent.objects.filter(
            destination_id=job.destination_id,
            resource=job.destination_resource,
            thing_id__in=by_thing,
            settled_at__isnull=True,
        )
        .select_related("batch")
        .defer("batch__payloads")
    ):
        for case in by_thing[intent.thing_id]:
            # Of several of one person, its own goes first.
            if case.open_intent is None or intent.delivery_id == case.delivery.pk:
                case.open_intent = intent


def _known_as(job: SyncJob, things: Collection[int]) -> dict[int, str]:
    return _newest(
        ExternalId.objects.filter(
            connection_id=job.destination_id, resource=job.destination_resource, thing_id__in=things
        )
    )


def resolve_references(job: SyncJob, cases: Sequence[Case]) -> dict[int, str]:
    """Fills `case.references` with the destination's ids of what each record refers to.

    The source's id of an order leads to its Thing, and from there to the destination's id: to `ids.order`, and
    for its lines to `ids.lines.<the source's line id>`. Returns place → what is missing, for the cases that
    refer to something the destination does not have yet.
    """
    wanted = {case.place: _references_of(case.record) for case in cases if case.record is not None}
    names = {external_id for found in wanted.values() for _, external_id in found}
    if not names:
        return {}
    things: dict[tuple[str, str], int] = {
        (kind, external_id): thing
        for kind, external_id, thing in ExternalId.objects.filter(
            connection_id=job.source_id, external_id__in=names
        ).values_list("thing__kind", "external_id", "thing_id")
    }
    there = _destination_ids(job, things.values())
    line_ids = _line_ids(job, there)
    missing: dict[int, str] = {}
    for case in cases:
        ids: dict[str, str] = {}
        for kind, external_id in wanted.get(case.place, ()):
            thing = things.get((kind, external_id))
            if thing is None or thing not in there:
                missing[case.place] = f"{kind.replace('_', ' ')} {external_id}"
                continue
            ids[kind] = there[thing]
            case.references["lines"] = line_ids.get(thing, {})
        case.references |= ids
    return missing


def _references_of(record: Record | None) -> list[tuple[str, str]]:
    return [] if record is None else [(kind, external_id) for kind, external_id in references(record)]


def _destination_ids(job: SyncJob, things: Iterable[int]) -> dict[int, str]:
    return _newest(ExternalId.objects.filter(connection_id=job.destination_id, thing_id__in=list(things)))


def _newest(rows: QuerySet[ExternalId]) -> dict[int, str]:
    """Thing → the external id that it was given last.

    Put in order here: asked to, SQLite goes through all rows of the connection, because those it finds in order.
    """
    found = sorted(rows.values_list("id", "thing_id", "external_id"))
    return {thing_id: external_id for _, thing_id, external_id in found}


def _line_ids(job: SyncJob, order_things: Iterable[int]) -> dict[int, dict[str, str]]:
    """Per order: the source's line id → the destination's."""
    sides: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    rows = ExternalId.objects.filter(
        thing__parent_id__in=list(order_things), connection_id__in=(job.source_id, job.destination_id)
    ).values_list("thing__parent_id", "thing_id", "connection_id", "external_id")
    for order_thing, thing_id, connection_id, external_id in rows:
        assert order_thing is not None  # asked for by their parents
        sides[order_thing, thing_id][connection_id] = external_id.rpartition("/")[2]
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for (order_thing, _), ids in sides.items():
        if job.source_id in ids and job.destination_id in ids:
            found[order_thing][ids[job.source_id]] = ids[job.destination_id]
    return found
