"""What both systems of a conflict hold at this moment: asked live, since neither value is kept for long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import Conflict, Connection, ExternalId, SyncJob
from mappings import records, translate
from mappings.records import ABSENT
from mappings.value_digests import value_at

from .connect import connect, with_login
from .gate import Gate
from .rules import rules_of


@dataclass(frozen=True)
class Now:
    """`value` is ABSENT where it could not be asked; `sentence` says why."""

    value: Any = ABSENT
    sentence: str = ""

    @property
    def is_told(self) -> bool:
        return self.value is not ABSENT


def owner_now(row: Conflict) -> Now:
    """Network: call it outside any transaction."""
    return _now(row, row.owner)


def other_now(row: Conflict) -> Now:
    """Network: call it outside any transaction."""
    return _now(row, row.other)


def _now(row: Conflict, system: Connection) -> Now:
    reader = (
        SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping")
        .filter(kind=row.kind, source=system)
        .order_by("pk")
        .first()
    )
    if reader is None:
        return Now(sentence=f"No job reads {row.kind.replace('_', ' ')}s from {system.name}.")
    external_id = (
        ExternalId.objects.filter(thing_id=row.thing_id, connection=system, resource=reader.source_resource)
        .order_by("-pk")
        .values_list("external_id", flat=True)
        .first()
    )
    if external_id is None:
        return Now(sentence=f"{system.name} is not known to have this record.")
    try:
        connector = connect(system)
    except Failure as failure:
        return Now(sentence=failure.sentence)
    gate = Gate(system, connector, 1, urgent=True)
    try:
        return _ask(row, reader, connector, gate, external_id)
    except Failure as failure:
        return Now(sentence=failure.sentence)
    finally:
        gate.close()
        connector.close()


def _ask(row: Conflict, job: SyncJob, connector: Connector, gate: Gate, external_id: str) -> Now:
    able = connector.resources().get(job.source_resource)
    if able is None or not able.fetch:
        return Now(sentence=f"{job.source.name} cannot be asked for a single record.")

    def fetch() -> Item | None:
        gate.turn()
        return connector.fetch(job.source_resource, external_id)

    found = with_login(job.source, connector, fetch)
    gate.rest()
    if found is None or found.deleted:
        return Now(sentence=f"{job.source.name} does not have this record any more.")
    record = translate.read(rules_of(job).read, found.payload).record
    if record is None:
        return Now(sentence=f"What {job.source.name} said cannot be read with {job.read_mapping.name}.")
    value = value_at(records.as_data(record), row.field)
    if value is ABSENT:
        return Now(sentence=f"{job.source.name} does not tell this field.")
    return Now(value)
