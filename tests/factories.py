"""Rows for tests, with everything filled in that a test does not care about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from integrations.models import (
    Batch,
    Connection,
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    Heartbeat,
    InboundEvent,
    Intent,
    IntentState,
    Kind,
    Outcome,
    Partner,
    State,
    SyncJob,
    SyncRun,
    Thing,
    Workflow,
)
from mappings.models import Direction, Mapping

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def number() -> int:
    return next(_numbers)


def user(*permissions: str, **values: Any) -> User:
    """Staff with these permissions ("integrations.view_syncjob") and no others."""
    values.setdefault("username", f"staff{number()}")
    made = User.objects.create(is_staff=True, **values)
    for permission in permissions:
        app, codename = permission.split(".")
        made.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return made


def administrator(**values: Any) -> User:
    return user(is_superuser=True, **values)


def connection(**values: Any) -> Connection:
    key = f"system-{number()}"
    return Connection.objects.create(**{"key": key, "name": key, "platform": "sandbox_shop", **values})


def mapping(**values: Any) -> Mapping:
    key = f"mapping-{number()}"
    defaults = {
        "direction": Direction.READ,
        "platform": "sandbox_shop",
        "resource": "orders",
        "kind": "order",
    }
    return Mapping.objects.create(**{"key": key, "name": key} | defaults | values)


def workflow(**values: Any) -> Workflow:
    key = f"workflow-{number()}"
    return Workflow.objects.create(**{"key": key, "name": key, **values})


def job(**values: Any) -> SyncJob:
    key = f"job-{number()}"
    for name, make in (
        ("source", connection),
        ("destination", connection),
    ):
        if name not in values:
            values[name] = make()
    if "read_mapping" not in values:
        values["read_mapping"] = mapping()
    if "write_mapping" not in values:
        values["write_mapping"] = mapping(direction=Direction.WRITE)
    for used in (values["read_mapping"], values["write_mapping"]):
        used.publish()
    defaults = {
        "key": key,
        "name": key,
        "kind": "order",
        "source_resource": "orders",
        "destination_resource": "orders",
    }
    made = SyncJob.objects.create(**defaults | values)
    # Older than whatever the test lets happen in it.
    SyncJob.objects.filter(pk=made.pk).update(created_at=LONG_AGO)
    made.created_at = LONG_AGO
    return made


def run(of: SyncJob, **values: Any) -> SyncRun:
    """Finished, unless `finished_at=None` is said."""
    now = timezone.now()
    defaults = {
        "door": Door.PULL,
        "started_at": now,
        "finished_at": now,
        "state": "finished",
        "read_through": True,
    }
    return SyncRun.objects.create(job=of, **defaults | values)


def delivery(of: SyncJob, external_id: str = "", **values: Any) -> Delivery:
    """A record of this job, with its Thing and its id in the source."""
    now = timezone.now()
    thing = values.pop("thing", None) or Thing.objects.create(kind=of.kind, created_at=now)
    key = external_id or f"ext-{number()}"
    ExternalId.objects.create(connection=of.source, resource=of.source_resource, external_id=key, thing=thing)
    defaults = {
        "state": State.DELIVERED,
        "state_since": now,
        "accepted_at": now,
        "subject": f"Order #{number()}",
    }
    return Delivery.objects.create(job=of, thing=thing, **defaults | values)


def outcome(of: Delivery, at: datetime | None = None, **values: Any) -> Outcome:
    """Delivered as a new record a minute after checkout, unless said otherwise."""
    recorded = at or timezone.now()
    defaults: dict[str, Any] = {
        "state": State.DELIVERED,
        "operation": "create",
        "occurred_at": recorded - timedelta(seconds=60),
        "received_at": recorded - timedelta(seconds=5),
        "accepted_at": recorded,
        "amount": Decimal("25.00"),
        "currency": "EUR",
    }
    if "run" not in values:
        values["run"] = of.job.runs.first() or run(of.job)
    return Outcome.objects.create(delivery=of, job=of.job, recorded_at=recorded, **defaults | values)


def failure(of: Delivery, at: datetime | None = None, **values: Any) -> Outcome:
    defaults: dict[str, Any] = {"state": State.FAILED, "kind": Kind.DATA, "accepted_at": None}
    return outcome(of, at, **defaults | values)


def error(of: Delivery | None = None, **values: Any) -> ErrorRecord:
    """Open, of the kind "data", unless said otherwise."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "delivery": of,
        "job": of.job if of is not None else None,
        "connection": of.job.destination if of is not None else None,
        "kind": Kind.DATA,
        "code": "invalid_field",
        "place": "validate",
        "sentence": "The shipping address has no postal code. Add it in the shop.",
        "subject": of.subject if of is not None else "",
        "fingerprint": f"cause-{number()}",
        "first_seen_at": now,
        "last_seen_at": now,
    }
    return ErrorRecord.objects.create(**defaults | values)


def in_doubt(of: Delivery, **values: Any) -> ErrorRecord:
    """An error whose write may have arrived, with the write."""
    intent = Intent.objects.create(
        delivery=of,
        destination=of.job.destination,
        resource=of.job.destination_resource,
        thing=of.thing,
        operation="create",
        state=IntentState.IN_DOUBT,
        idempotency_key=f"key-{number()}",
        call={"call": {"method": "POST", "path": "/orders", "body": {"number": of.subject}}},
        created_at=timezone.now(),
    )
    defaults = {"place": "in_doubt", "intent": intent, "kind": Kind.TRANSIENT, "code": "lost_answer"}
    return error(of, **defaults | values)


def batch(of: SyncRun, **values: Any) -> Batch:
    return Batch.objects.create(
        **{"job": of.job, "run": of, "size": 1, "created_at": timezone.now()} | values
    )


def inbound_event(of: Connection, **values: Any) -> InboundEvent:
    defaults: dict[str, Any] = {
        "topic": "orders/update",
        "resource": "orders",
        "external_id": f"ext-{number()}",
        "body": b'{"id": 1}',
        "received_at": timezone.now(),
    }
    return InboundEvent.objects.create(connection=of, **defaults | values)


def partner(**values: Any) -> Partner:
    key = f"partner-{number()}"
    return Partner.objects.create(**{"key": key, "name": key} | values)


def heartbeat(**values: Any) -> Heartbeat:
    return Heartbeat.objects.create(**{"name": f"host-{number()}", "beat_at": timezone.now()} | values)
