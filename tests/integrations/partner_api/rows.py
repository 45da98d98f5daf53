"""Rows as the engine leaves them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations.models import Delivery, ErrorRecord, ExternalId, Outcome, SearchKey, SyncJob, SyncRun, Thing
from mappings.search import keyed_hash


def add_record(job: SyncJob, number: str | None = None, **more: Any) -> Delivery:
    now = timezone.now()
    thing = Thing.objects.create(kind=job.kind, created_at=now)
    if number is not None:
        SearchKey.objects.create(kind="order_number", digest=keyed_hash("order_number", number), thing=thing)
    return Delivery.objects.create(job=job, thing=thing, **{"state_since": now, "accepted_at": now, **more})


def add_ids(record: Delivery, source: str, destination: list[str]) -> None:
    job = record.job
    sides = [(job.source, job.source_resource, source)]
    sides += [(job.destination, job.destination_resource, external_id) for external_id in destination]
    for connection, resource, external_id in sides:
        ExternalId.objects.create(
            connection=connection, resource=resource, external_id=external_id, thing=record.thing
        )


def add_run(job: SyncJob, door: str, **more: Any) -> SyncRun:
    now = timezone.now()
    return SyncRun.objects.create(job=job, door=door, **{"started_at": now, "finished_at": now, **more})


def add_outcome(record: Delivery, **more: Any) -> Outcome:
    run = add_run(record.job, "pull")
    return Outcome.objects.create(
        run=run, delivery=record, job=record.job, recorded_at=timezone.now(), **more
    )


def add_error(record: Delivery | None, job: SyncJob | None = None, **more: Any) -> ErrorRecord:
    now = timezone.now()
    values: dict[str, Any] = {
        "kind": "data",
        "code": "missing",
        "place": "validate",
        "sentence": "Something is missing.",
        "fingerprint": "f" * 32,
        "first_seen_at": now,
        "last_seen_at": now,
        **more,
    }
    return ErrorRecord.objects.create(delivery=record, job=job or (record.job if record else None), **values)
