"""Parcels that are known here and that nobody was told of: shipped, not announced.

A parcel is announced once the shop or the mailing tool has it. What a job leaves out by a rule, or a person by a
decision, is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.connectors import registry
from integrations.connectors.facts import Group
from integrations.exceptions import Failure
from integrations.models import PENDING_STATES, Delivery, JobState, SearchKey, State, SyncJob
from integrations.sync import shared_clock
from mappings.sentences import within

# What left longer ago is of no use to a customer any more, and is not gone through.
RECENT: Final = timedelta(days=14)
# Who keeps books of parcels announces them to nobody.
BOOKKEEPERS: Final = (Group.DATA, Group.ERP)
NOT_TOLD = (*PENDING_STATES, State.FAILED)
TOLD = (State.DELIVERED, State.UNCHANGED)


def announcing_jobs() -> list[SyncJob]:
    """Jobs that carry parcels to somebody who tells the customer, and those that make events of the same parcels."""
    jobs = list(
        SyncJob.objects.filter(kind__in=("shipment", "event"), announce_within_minutes__gt=0)
        .select_related("source", "destination")
        .defer("source__secrets", "destination__secrets")
    )
    parcels = {(job.source_id, job.source_resource) for job in jobs if job.kind == "shipment"}
    return [
        job
        for job in jobs
        if (job.source_id, job.source_resource) in parcels and not _keeps_books(job.destination.platform)
    ]


def unannounced(jobs: Sequence[SyncJob] | None = None, now: datetime | None = None) -> QuerySet[Delivery]:
    """Records of parcels about which something is missing: the news of it, or its tracking number."""
    moment = now or shared_clock.now()
    announcing = announcing_jobs() if jobs is None else jobs
    return Delivery.objects.filter(not_told(announcing, moment) | without_number(announcing, moment))


def not_told(jobs: Sequence[SyncJob], now: datetime) -> Q:
    """Known for longer than the job's own time, and never delivered."""
    late = [
        Q(job=job, thing__created_at__lt=now - timedelta(minutes=job.announce_within_minutes)) for job in jobs
    ]
    return _any(late) & Q(state__in=NOT_TOLD, state_since__gt=now - RECENT, first_delivered_at__isnull=True)


def without_number(jobs: Sequence[SyncJob], now: datetime) -> Q:
    """Delivered as shipped, and no tracking number came within the job's time. One that came can be searched for."""
    of_shipments = [job for job in jobs if job.kind == "shipment"]
    late = [
        Q(job=job, first_delivered_at__lt=now - timedelta(minutes=job.announce_within_minutes))
        for job in of_shipments
    ]
    number = SearchKey.objects.filter(thing=OuterRef("thing"), kind="tracking_number")
    return _any(late) & Q(state__in=TOLD, state_since__gt=now - RECENT) & ~Q(Exists(number))


def is_without_number(delivery: Delivery) -> bool:
    return delivery.first_delivered_at is not None


def what_to_do(delivery: Delivery, error: str = "") -> str:
    """In a sentence or two; `error` is that of the record's open error."""
    job = delivery.job
    told = within(job.destination.name)
    if is_without_number(delivery):
        source = within(job.source.name)
        return (
            f"It has left, and {source} tells no tracking number. Have it entered there; it then goes to {told} "
            "by itself."
        )
    if delivery.state == State.FAILED:
        return error or f"{job.destination.name} did not take it. Open the record and settle its error."
    for stands, sentence in _stopped(job):
        if stands:
            return sentence
    return _pending(delivery, told)


def _stopped(job: SyncJob) -> list[tuple[bool, str]]:
    return [
        (job.state == JobState.PAUSED, "Its job is paused. Resume the job."),
        (
            job.state == JobState.HALTED,
            f"Its job is halted. {job.state_reason} Mend the connection, then resume the job.",
        ),
        (
            not job.source.enabled or not job.destination.enabled,
            "One of its systems is switched off. Switch it on at the connection.",
        ),
    ]


def _pending(delivery: Delivery, told: str) -> str:
    match delivery.state:
        case State.WAITING:
            return f"{delivery.state_reason} Settle that first; this one then goes by itself."
        case State.HELD:
            return "The job's rollout holds it back. Raise its share at the job."
        case State.RETRYING:
            reason = delivery.state_reason or f"{told} did not take it yet."
            return f"{reason} It is tried again by itself; if that goes on, tell the customer by hand."
        case _:
            return (
                "It waits for a worker. Look at “Running now” on the front page, and whether the workers run."
            )


def counts() -> tuple[int, int] | None:
    """(not told, without a number); None where no job announces anything."""
    jobs = announcing_jobs()
    if not jobs:
        return None
    now = shared_clock.now()
    rows: Any = Delivery.objects.order_by()
    return rows.filter(not_told(jobs, now)).count(), rows.filter(without_number(jobs, now)).count()


def _keeps_books(platform: str) -> bool:
    try:
        return registry.get(platform).facts.group in BOOKKEEPERS
    except Failure:
        return False


def _any(conditions: Sequence[Q]) -> Q:
    return reduce(or_, conditions) if conditions else Q(pk__in=[])
