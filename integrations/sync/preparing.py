"""Makes of what was decided about a record the call that is about to leave, with all that is written down of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from integrations.connectors.base import Abilities, Connector, WriteContext
from integrations.models import SyncJob
from mappings import records, translate

from .bought_labels import bought_for
from .case import Case
from .fallbacks import put_note
from .leaving import Leaving
from .rules import JobRules


def missing_fields(
    connector: Connector, resource: str, operation: str, rules: translate.Rules, body: dict[str, Any]
) -> list[translate.Problem]:
    """What the destination demands for this operation and the body has not."""
    return translate.missing_in_body(rules, body, connector.required_fields(resource, operation))


def write_context(
    job: SyncJob, case: Case, operation: str, kinds: dict[str, str], natural_key: str = ""
) -> WriteContext:
    return WriteContext(
        operation=operation,
        body=case.body,
        external_id=case.destination_id,
        ids=dict(case.references),
        record=case.record_data,
        written=case.delivery.written_state or {},
        settings=job.destination.settings,
        subject=case.subject,
        natural_key=natural_key,
        kinds=kinds,
        version=case.parcel.version,
        read_at=case.parcel.read_at,
        source=job.source.key,
    )


def leaving_of(
    connector: Connector,
    job: SyncJob,
    abilities: Abilities,
    rules: JobRules,
    case: Case,
    context: WriteContext,
    operations: Sequence[str],
) -> Leaving:
    """The first call of these operations, with those that follow it. Raises Failure for what cannot be put in words."""
    (operation, step), *steps_left = [
        (name, step) for name in operations for step in range(abilities.steps.get(name, 1))
    ]
    call = prepare(connector, job, abilities, context, operation, step)
    value, currency = records.amount(case.record) if case.record is not None else (None, None)
    return Leaving(
        call=call,
        operation=operation,
        step=step,
        steps_left=steps_left,
        context=msgspec.to_builtins(context) if steps_left else None,
        external_id=case.destination_id,
        source_external_id=case.parcel.external_id,
        serial=case.parcel.serial,
        version=case.parcel.version,
        mapping_version=rules.version,
        read_at=case.parcel.read_at,
        received_at=case.parcel.received_at,
        occurred_at=_occurred_at(case),
        content_hash=case.content_hash,
        written_state=_written_state(job, case.record),
        subject=case.subject,
        amount=str(value) if value is not None else None,
        currency=currency or "",
        search_keys=[*case.search_keys(), *case.line_keys()],
        lines=_line_references(case.record_data),
        seen=case.seen,
        taken=case.taken,
        note=put_note(case.parcel),
    )


def prepare(
    connector: Connector, job: SyncJob, abilities: Abilities, context: WriteContext, operation: str, step: int
) -> dict[str, Any]:
    """The exact call of one step, as plain data; its idempotency key is new and stays with its Intent."""
    key = new_key() if abilities.keys else ""
    call = connector.prepare(job.destination_resource, replace(context, operation=operation), step, key)
    plain: dict[str, Any] = call.to_json()
    return plain


def new_key() -> str:
    return uuid.uuid4().hex


def _written_state(job: SyncJob, record: records.Record | None) -> dict[str, Any]:
    return {} if record is None else records.state_view(record) | bought_for(job, record)


def _occurred_at(case: Case) -> float | None:
    """When it happened at the source; what is counted anew because of a sale, when that was known here, and so is
    stock of which the source tells no time."""
    if case.parcel.untimed:
        return None
    if case.parcel.counted:
        return case.parcel.occurred_at or case.parcel.received_at
    occurred = records.occurred_at(case.record) if case.record is not None else None
    if occurred is None:
        return case.parcel.received_at if case.stock_row is not None else None
    return occurred.timestamp()


def _line_references(record: dict[str, Any]) -> list[str]:
    return [str(line["id"]) for line in record.get("lines") or [] if line.get("id") not in (None, "")]
