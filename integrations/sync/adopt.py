"""Finds what the destination holds already and this portal does not know: after a restore of an older backup.

What a full run would make anew is looked up there by its natural key first. What is found is remembered under its id,
so that the next run changes it instead of making a second one. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from integrations.connectors.base import Connector, Item
from integrations.models import ExternalId, SyncJob, Thing

from . import shared_clock
from .case import Case
from .connect import connect, with_login
from .dry_run import weigh_all
from .gate import Gate

MAKES = ("create", "upsert")


@dataclass(frozen=True)
class Looked:
    """One record that a run would make. `external_id`: what it is there already, "" where it is not.

    `taken_by`: that id is known already as another record's, so it was left alone.
    """

    subject: str
    natural_key: str
    external_id: str = ""
    taken_by: str = ""


class CannotLookUp(Exception):
    """Why nothing can be found, in a sentence."""


def adopt(job: SyncJob) -> Iterator[Looked]:
    """Network: call it outside any transaction. Raises CannotLookUp, and Failure where a system cannot be reached."""
    destination = connect(job.destination)
    gate = Gate(job.destination, destination, 1, urgent=True)
    destination.pace(gate.turn)
    try:
        able = destination.resources().get(job.destination_resource)
        if able is None or not able.lookup:
            raise CannotLookUp(
                f"{job.destination.name} has no look-up for {job.destination_resource}. See what would be made with "
                f"`sync {job.key} --full --dry-run`, and compare it there by hand."
            )
        for weighed in weigh_all(job, full=True):
            for case in weighed.cases:
                if (
                    case.leaving is not None
                    and case.leaving.operation in MAKES
                    and case.destination_id is None
                ):
                    yield _look_up(job, destination, gate, case)
    finally:
        gate.close()
        destination.close()


def _look_up(job: SyncJob, destination: Connector, gate: Gate, case: Case) -> Looked:
    assert case.leaving is not None
    natural_key = case.leaving.as_call().natural_key
    subject = case.subject or case.parcel.external_id
    if not natural_key:
        return Looked(subject, "")

    def ask() -> Item | None:
        gate.turn()
        return destination.lookup(job.destination_resource, natural_key)

    found = with_login(job.destination, destination, ask)
    gate.rest()
    if found is None:
        return Looked(subject, natural_key)
    taken = _remember(job, case, found.external_id)
    return Looked(subject, natural_key, found.external_id, taken)


def _remember(job: SyncJob, case: Case, external_id: str) -> str:
    """ "" where it is this record's now; else whose it is."""
    with transaction.atomic():
        source, _ = ExternalId.objects.get_or_create(
            connection_id=job.source_id,
            resource=job.source_resource,
            external_id=case.parcel.external_id,
            defaults={"thing": _thing(job, case)},
        )
        there, _ = ExternalId.objects.get_or_create(
            connection_id=job.destination_id,
            resource=job.destination_resource,
            external_id=external_id[:255],
            defaults={"thing_id": source.thing_id},
        )
    return "" if there.thing_id == source.thing_id else f"record {there.thing_id}"


def _thing(job: SyncJob, case: Case) -> Thing:
    known = ExternalId.objects.filter(
        connection_id=job.source_id,
        resource=job.source_resource,
        external_id=case.parcel.external_id,
    ).first()
    return (
        known.thing
        if known is not None
        else Thing.objects.create(kind=job.kind, created_at=shared_clock.now())
    )
