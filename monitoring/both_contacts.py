"""What two contacts are called, fetched from their system at this moment: it is shown and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connectors.base import Connector
from integrations.exceptions import Failure
from integrations.models import Connection, SyncJob
from integrations.sync import people
from integrations.sync.connect import connect, with_login
from integrations.sync.gate import Gate
from integrations.sync.rules import rules_of
from integrations.templatetags.portal import ago
from mappings import translate
from mappings.records import Customer, told
from monitoring.models import MergeProposal

FIELDS = (
    ("name", "Name"),
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("company", "Company"),
    ("created_at", "Made"),
    ("updated_at", "Changed"),
)


@dataclass(frozen=True)
class Both:
    """`rows`: (field, value of the first, value of the second, whether they differ). `problem`: why there are none."""

    rows: tuple[tuple[str, str, str, bool], ...] = ()
    problem: str = ""


def fetch_both(proposal: MergeProposal) -> Both:
    """Network: call it outside any transaction."""
    job = (
        SyncJob.objects.select_related("read_mapping", "write_mapping")
        .filter(kind=people.KIND, source=proposal.connection, source_resource=proposal.resource)
        .first()
    )
    if job is None:
        return Both(problem="No job reads these contacts, so that nobody can say what their fields mean.")
    try:
        first, second = _read(job, proposal.connection, [proposal.first_id, proposal.second_id])
    except Failure as failure:
        return Both(problem=failure.sentence)
    if first is None or second is None:
        return Both(
            problem=f"{proposal.connection.name} has only one of them any more: they are merged, or one is gone."
        )
    shown = ((label, _shown(first, name), _shown(second, name)) for name, label in FIELDS)
    return Both(tuple((label, one, other, one != other) for label, one, other in shown if one or other))


def _read(job: SyncJob, connection: Connection, ids: list[str]) -> list[Customer | None]:
    connector = connect(connection)
    gate = Gate(connection, connector, 1, urgent=True)
    try:
        connector.pace(gate.turn)
        return [_one(job, connection, connector, gate, external_id) for external_id in ids]
    finally:
        gate.close()
        connector.close()


def _one(
    job: SyncJob, connection: Connection, connector: Connector, gate: Gate, external_id: str
) -> Customer | None:
    gate.turn()
    item = with_login(connection, connector, lambda: connector.fetch(job.source_resource, external_id))
    gate.rest()
    if item is None or item.deleted:
        return None
    record = translate.read(rules_of(job).read, item.payload).record
    return record if isinstance(record, Customer) else Customer()


def _shown(record: Customer, name: str) -> str:
    value = told(getattr(record, name))
    if value is None:
        return ""
    return ago(value) if name.endswith("_at") else str(value)
