"""Compares what platforms told by webhook with what reading has found: a webhook that was never sent is seen here.

Only facts are used, so nothing that moves records waits for it. A change that a read was first to see may still be
told: it counts as missed only when GRACE is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import TruncHour

from integrations.connectors import registry
from integrations.exceptions import Failure
from integrations.models import (
    PENDING_STATES,
    Connection,
    Delivery,
    Door,
    ExternalId,
    InboundEvent,
    Outcome,
    State,
    SyncJob,
    WebhookSubscription,
)
from integrations.sync import shared_clock
from monitoring.models import MissedWebhook, WebhookHour
from monitoring.rollups import HOUR, hour_of

# A webhook that comes later than this is as good as none. Platforms retry a first failure within minutes.
GRACE = timedelta(minutes=15)
# A webhook may be here before the platform has moved the thing's time, or its clock goes ahead of ours.
EARLY = timedelta(minutes=5)
# Each pass looks at the last hours anew: what was recorded late, or delivered meanwhile, is still counted.
LOOK_BACK = timedelta(hours=3)
OPEN_STATES = (*PENDING_STATES, State.FAILED)
AT_ONCE = 500


@dataclass(frozen=True)
class Change:
    """A version of a thing that a read was first to see."""

    delivery_id: int
    thing_id: int
    resource: str
    changed_at: datetime
    found_at: datetime


def keep(now: datetime | None = None) -> None:
    """Brings the ledger up to date, for every platform of which webhooks are ordered."""
    now = now or shared_clock.now()
    for ordered in WebhookSubscription.objects.filter(connection__enabled=True).select_related("connection"):
        jobs = _jobs(ordered.connection)
        if jobs:
            _find_missed(ordered, jobs, now)
            _count(ordered.connection, jobs, now)


def _jobs(connection: Connection) -> list[SyncJob]:
    """Those that read what the platform tells by webhook."""
    try:
        connector = registry.connect(
            connection.platform,
            settings=connection.settings,
            secrets=connection.secret_values(),
            environment=connection.environment,
        )
    except Failure:
        return []
    told = {name for name, able in connector.resources().items() if able.webhook}
    connector.close()
    return list(SyncJob.objects.filter(source=connection, source_resource__in=told))


def _find_missed(ordered: WebhookSubscription, jobs: Sequence[SyncJob], now: datetime) -> None:
    resources = {job.pk: job.source_resource for job in jobs}
    found = (
        Outcome.objects.filter(
            job__in=jobs,
            recorded_at__gte=now - LOOK_BACK,
            recorded_at__lt=now - GRACE,
            run__door=Door.PULL,
            run__full=False,
        )
        .values_list(
            "delivery_id", "delivery__thing_id", "job_id", "source_version", "received_at", "recorded_at"
        )
        .iterator(AT_ONCE)
    )
    changes: list[Change] = []
    for delivery_id, thing_id, job_id, version, received_at, recorded_at in found:
        changed_at = _time_of(version) or received_at or recorded_at
        # What was there before the webhooks were ordered could not be told.
        if changed_at > ordered.made_at:
            changes.append(
                Change(delivery_id, thing_id, resources[job_id], changed_at, received_at or recorded_at)
            )
    for start in range(0, len(changes), AT_ONCE):
        _keep_untold(ordered.connection, changes[start : start + AT_ONCE])


def _time_of(version: str) -> datetime | None:
    """Of a version that is the thing's time of change; others are numbers."""
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _keep_untold(connection: Connection, changes: Sequence[Change]) -> None:
    names = dict(
        ExternalId.objects.filter(
            connection=connection, thing_id__in=[change.thing_id for change in changes]
        ).values_list("thing_id", "external_id")
    )
    first = min((change.changed_at for change in changes), default=None)
    if first is None:
        return
    told: dict[str, list[datetime]] = {}
    for external_id, received_at in InboundEvent.objects.filter(
        connection=connection, received_at__gte=first - EARLY, external_id__in=list(names.values())
    ).values_list("external_id", "received_at"):
        told.setdefault(external_id, []).append(received_at)
    missed = [
        MissedWebhook(
            connection=connection,
            delivery_id=change.delivery_id,
            resource=change.resource,
            changed_at=change.changed_at,
            found_at=change.found_at,
        )
        for change in changes
        if not any(at >= change.changed_at - EARLY for at in told.get(names.get(change.thing_id, ""), ()))
    ]
    MissedWebhook.objects.bulk_create(missed, ignore_conflicts=True)


def _count(connection: Connection, jobs: Sequence[SyncJob], now: datetime) -> None:
    since = hour_of(now - LOOK_BACK)
    came = InboundEvent.objects.filter(connection=connection, received_at__gte=since, received_at__lt=now)
    missed = MissedWebhook.objects.filter(connection=connection, changed_at__gte=since)
    delivered = Outcome.objects.filter(
        job__in=jobs, recorded_at__gte=since, received_at__gte=since, state=State.DELIVERED
    )
    still_open = Delivery.objects.filter(state__in=OPEN_STATES, job__in=jobs, accepted_at__gte=since)
    # Also what is no more: an hour whose last open record was settled has none now.
    known = WebhookHour.objects.filter(connection=connection, hour__gte=since).values_list("hour", "resource")
    rows: dict[tuple[datetime, str], dict[str, int]] = {key: {} for key in known}
    _add(rows, "came", _by_hour(came, "received_at", F("resource"), "external_id"))
    _add(rows, "missed", _by_hour(missed, "changed_at", F("resource"), "pk"))
    _add(rows, "delivered", _by_hour(delivered, "received_at", F("job__source_resource"), "delivery_id"))
    _add(rows, "open", _by_hour(still_open, "accepted_at", F("job__source_resource"), "pk"))
    hours = [
        WebhookHour(connection=connection, hour=hour, resource=resource, **{**ZERO, **counts})
        for (hour, resource), counts in rows.items()
        if hour < now + HOUR
    ]
    WebhookHour.objects.bulk_create(
        hours,
        update_conflicts=True,
        unique_fields=["connection", "hour", "resource"],
        update_fields=list(ZERO),
    )


ZERO = {"came": 0, "missed": 0, "delivered": 0, "open": 0}
Counted = Iterable[tuple[datetime, str, int]]


def _by_hour(rows: Any, moment: str, resource: F, thing: str) -> Counted:
    found: Counted = (
        rows.order_by()
        .annotate(in_hour=TruncHour(moment, tzinfo=UTC), of_resource=resource)
        .values_list("in_hour", "of_resource")
        .annotate(number=Count(thing, distinct=True))
        .values_list("in_hour", "of_resource", "number")
    )
    return found


def _add(rows: dict[tuple[datetime, str], dict[str, int]], name: str, counted: Counted) -> None:
    for hour, resource, number in counted:
        if resource:
            rows.setdefault((hour, resource), {})[name] = number
