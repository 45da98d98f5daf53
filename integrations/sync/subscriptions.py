"""Webhooks that the portal orders itself: made when a person asks, looked after daily, made anew where they were lost.

Platforms drop them: Shopify deletes one whose deliveries failed, WooCommerce switches it off. What was not told
meanwhile is found by a read of what changed.
"""

from __future__ import annotations

import secrets as random_source
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from integrations.connectors import registry
from integrations.connectors.base import Connector, Subscription
from integrations.exceptions import Failure, Kind
from integrations.models import Connection, SyncJob, WebhookSubscription

from . import faults, shared_clock, steer
from .connect import connect, with_login
from .gate import Gate

LOOK_EVERY, LOOK_AGAIN = timedelta(days=1), timedelta(hours=1)
AT_ONCE = 5


@dataclass(frozen=True)
class Looked:
    """`missing` are topics that nothing delivered to us any more, and that are ordered anew."""

    missing: tuple[str, ...]


def topics_of(connection: Connection) -> tuple[str, ...]:
    """What can be ordered there by calls; () also where the connection makes no sense as it is. No network."""
    try:
        connector = registry.connect(
            connection.platform,
            settings=connection.settings,
            secrets=connection.secret_values(),
            environment=connection.environment,
        )
    except Failure:
        return ()
    try:
        return connector.webhook_topics()
    finally:
        connector.close()


def order(connection: Connection, address: str) -> WebhookSubscription:
    """Has the platform send its webhooks to `address` (the whole one), and no longer to the one of before.

    Raises Failure. Network: call it outside any transaction.
    """
    before = (
        WebhookSubscription.objects.filter(connection=connection).values_list("address", flat=True).first()
    )
    row, _ = WebhookSubscription.objects.update_or_create(
        connection=connection,
        defaults={"address": address, "made_at": shared_clock.now(), "checked_at": None, "sentence": ""},
    )
    _look(row, before if before != address else None)
    return row


def look_after() -> None:
    """A few that are due. Another worker finds what we look at not due any more."""
    due = Q(checked_at__isnull=True) | Q(checked_at__lt=shared_clock.now() - LOOK_EVERY)
    rows = WebhookSubscription.objects.filter(due, connection__enabled=True).select_related("connection")
    for row in rows.order_by("checked_at")[:AT_ONCE]:
        taken = WebhookSubscription.objects.filter(pk=row.pk, checked_at=row.checked_at)
        if row.checked_at is None:
            taken = WebhookSubscription.objects.filter(pk=row.pk, checked_at__isnull=True)
        if taken.update(checked_at=shared_clock.now() - LOOK_EVERY + LOOK_AGAIN):
            look(row)


def look(row: WebhookSubscription) -> None:
    """What goes wrong is kept in the row, and tried again in an hour where it may pass."""
    was_well = row.sentence == "" and bool(row.topics)
    since = row.checked_at or row.made_at
    try:
        looked = _look(row)
    except Failure as failure:
        WebhookSubscription.objects.filter(pk=row.pk).update(sentence=failure.sentence[:500])
        if failure.kind != Kind.TRANSIENT:
            faults.access_failed(row.connection_id, failure)
        return
    if looked.missing and was_well:
        _lost(row, looked.missing, since)
    else:
        _read_what_no_webhook_told(row.connection_id)


def _read_what_no_webhook_told(connection_id: int) -> None:
    """Once a day also where nothing is read in intervals; not where a job has never read all: that would be a backfill
    nobody asked for."""
    for job in SyncJob.objects.filter(source_id=connection_id, every_seconds=0, watermark__isnull=False):
        if job.may_run:
            steer.run_now(job)


def _look(row: WebhookSubscription, left: str | None = None) -> Looked:
    connection = row.connection
    connector = connect(connection)
    gate = Gate(connection, connector, 1)
    connector.pace(gate.turn)
    try:
        wanted = connector.webhook_topics()
        present = with_login(connection, connector, connector.subscriptions)
        ours = [one for one in present if one.address == row.address]
        missing = _missing(wanted, ours)
        if missing:
            _make(connection, connector, row.address, missing, ours)
        for one in present:
            if left is not None and one.address == left:
                connector.unsubscribe(one.id)
    finally:
        gate.close()
        connector.close()
    WebhookSubscription.objects.filter(pk=row.pk).update(
        topics=list(wanted), checked_at=shared_clock.now(), sentence=""
    )
    return Looked(missing)


def _missing(wanted: tuple[str, ...], ours: list[Subscription]) -> tuple[str, ...]:
    alive = {topic for one in ours if one.active for topic in one.topics}
    return () if "*" in alive else tuple(topic for topic in wanted if topic not in alive)


def _make(
    connection: Connection,
    connector: Connector,
    address: str,
    missing: tuple[str, ...],
    ours: list[Subscription],
) -> None:
    """What is switched off is taken away first: some platforms take no second one to an address."""
    for one in ours:
        if not one.active:
            connector.unsubscribe(one.id)
    secret = str(connection.secret_values().get("webhook_secret") or "") or random_source.token_urlsafe(32)
    # Before it is ordered: the first one may be here before the answer is.
    _keep_secret(connection, secret)
    _keep_secret(
        connection, with_login(connection, connector, lambda: connector.subscribe(address, missing, secret))
    )


def _keep_secret(connection: Connection, secret: str) -> None:
    connection.refresh_from_db()
    known = connection.secret_values()
    if known.get("webhook_secret") != secret:
        connection.enter_secrets({**known, "webhook_secret": secret})
        connection.save(update_fields=["secrets", "webhook_secret_before", "updated_at"])


def _lost(row: WebhookSubscription, missing: tuple[str, ...], since: datetime) -> None:
    """Told once, and what was missed is read: each job goes on from its last complete read."""
    name = row.connection.name
    WebhookSubscription.objects.filter(pk=row.pk).update(lost=F("lost") + 1, lost_at=shared_clock.now())
    jobs = list(SyncJob.objects.filter(source_id=row.connection_id))
    faults.tell_of_connection(
        row.connection,
        "webhooks_lost",
        f"{name} had stopped its webhooks ({', '.join(missing)}) since {since:%Y-%m-%d %H:%M} UTC or later. They were "
        "ordered anew, and what was not told meanwhile is being read. Where this comes back, look whether this portal "
        f"can be reached from {name} at all times.",
        jobs[0] if jobs else None,
    )
    for job in jobs:
        if job.may_run:
            steer.run_now(job)
