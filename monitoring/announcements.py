"""Parcels that are known here and that nobody was told of, and orders that the shop calls shipped while no parcel of
them is known anywhere: shipped, not announced.

A parcel is announced once the shop or the mailing tool has it. What a job leaves out by a rule, or a person by a
decision, is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.connectors import registry
from integrations.connectors.facts import Group
from integrations.exceptions import Failure
from integrations.models import PENDING_STATES, Delivery, JobState, SearchKey, State, SyncJob
from integrations.sync import missing_parcels, shared_clock
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
    """Records about which something is missing: the news of a parcel, its tracking number, or the parcel itself."""
    moment = now or shared_clock.now()
    announcing = announcing_jobs() if jobs is None else jobs
    missing = (
        not_told(announcing, moment) | without_number(announcing, moment) | without_parcel(announcing, moment)
    )
    return Delivery.objects.filter(missing)


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


def without_parcel(jobs: Sequence[SyncJob], now: datetime) -> Q:
    """Orders of a shop that is told of parcels, which it has called shipped for longer than a parcel may take to be
    told, and of which none is known. One row for an order, whatever jobs carry it.

    What was shipped before the job began was never its to follow.
    """
    grace = _patience(jobs)
    orders = list(SyncJob.objects.filter(kind="order", source__in=grace).order_by("pk")) if grace else []
    late = [
        Q(
            job=job,
            called_shipped_at__gte=max(missing_parcels.began(job), now - RECENT),
            called_shipped_at__lt=now - grace[job.source_id],
        )
        for job in orders
    ]
    by_another = Delivery.objects.filter(
        job__in=orders, thing=OuterRef("thing"), pk__lt=OuterRef("pk"), called_shipped_at__isnull=False
    )
    return (
        _any(late)
        & Q(thing__has_parcel=False)
        & ~Q(state__in=(State.IGNORED, State.SKIPPED))
        & ~Q(Exists(by_another))
    )


def _patience(jobs: Sequence[SyncJob]) -> dict[int, timedelta]:
    """By shop: how long the slowest job that tells it of parcels may take."""
    found: dict[int, timedelta] = {}
    for job in jobs:
        if job.kind == "shipment":
            minutes = timedelta(minutes=job.announce_within_minutes)
            found[job.destination_id] = max(minutes, found.get(job.destination_id, minutes))
    return found


def is_without_parcel(delivery: Delivery) -> bool:
    return delivery.called_shipped_at is not None


def is_without_number(delivery: Delivery) -> bool:
    return delivery.first_delivered_at is not None


def what_to_do(delivery: Delivery, error: str = "") -> str:
    """In a sentence or two; `error` is that of the record's open error."""
    job = delivery.job
    told = within(job.destination.name)
    if is_without_parcel(delivery):
        return _find_the_parcel(job)
    if is_without_number(delivery):
        source = within(job.source.name)
        return (
            f"It has left, and {source} tells no tracking number. Have it entered there; it then goes to {told} "
            "by itself."
        )
    if delivery.state == State.FAILED:
        return error or f"{job.destination.name} did not take it. Open the record and settle its error."
    for stands, sentence in stopped(job):
        if stands:
            return sentence
    return _pending(delivery, told)


def _find_the_parcel(job: SyncJob) -> str:
    """Said of an order. Whether it left at all is the first thing to find out."""
    shop = within(job.source.name)
    return (
        "Ask the warehouse. If it left, have its tracking number entered where parcels come from: this ends by itself "
        f"then. If not, take “shipped” back in {shop}. If no parcel will come, mark the row and choose “No parcel is "
        "coming”."
    )


def stopped(job: SyncJob) -> list[tuple[bool, str]]:
    """(whether it is so, what to do) for each way in which a job does not go."""
    mend = "" if job.state_reason.endswith("resume it.") else " Mend the cause, then resume the job."
    return [
        (job.state == JobState.PAUSED, "Its job is paused. Resume the job."),
        (
            job.state == JobState.HALTED,
            f"Its job is halted. {job.state_reason}{mend}",
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


class Counts(NamedTuple):
    not_told: int
    without_number: int
    without_parcel: int


def counts() -> Counts | None:
    """None where no job announces anything."""
    jobs = announcing_jobs()
    if not jobs:
        return None
    now = shared_clock.now()
    rows: Any = Delivery.objects.order_by()
    asked = (not_told(jobs, now), without_number(jobs, now), without_parcel(jobs, now))
    return Counts(*(rows.filter(missing).count() for missing in asked))


def _keeps_books(platform: str) -> bool:
    try:
        return registry.get(platform).facts.group in BOOKKEEPERS
    except Failure:
        return False


def _any(conditions: Sequence[Q]) -> Q:
    return reduce(or_, conditions) if conditions else Q(pk__in=[])
