"""One wrong address is one line for a person, whichever jobs check it.

The job that finds it first has the error. The others hold the order, as a rollout would, and what a person does about
that one error is done for all of them: corrected here, retried or ignored. An order that was corrected at its source
comes in again as a newer version in each job by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.connectors.base import Item
from integrations.models import (
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    Priority,
    State,
    SyncJob,
    Thing,
    may_work,
)

from . import shared_clock
from .accept import accept
from .addresses import BAD_ADDRESS
from .case import Case, Ending

# With it begins the reason of each that is held so; they are found by it.
HELD = "Held for its address."
# Nobody corrects what is older; a newer version of the order is looked at all the same.
PATIENCE = timedelta(days=60)
AT_ONCE = 200


def tell_once(ended: Sequence[tuple[Case, Ending]]) -> None:
    """Turns what another job has told of the same order already into something held. Call it in the transaction that
    records the endings: of two jobs that find it at the same time, the second waits here for the first."""
    found = {
        case.delivery.thing_id: (case, ending)
        for case, ending in ended
        if ending.fault is not None and ending.fault.code == BAD_ADDRESS
    }
    if not found:
        return
    list(Thing.objects.select_for_update().filter(pk__in=found).order_by("pk").values_list("pk", flat=True))
    rows = ErrorRecord.objects.filter(
        delivery__thing__in=found, code=BAD_ADDRESS, settled_at__isnull=True
    ).values_list("delivery__thing_id", "delivery_id", "job__name")
    told: dict[int, dict[int, str]] = {}
    for thing, delivery, name in rows:
        told.setdefault(thing, {})[delivery] = name
    for thing, (case, ending) in found.items():
        others = told.get(thing, {})
        if others and case.delivery.pk not in others:
            _hold(ending, next(iter(others.values())))


def _hold(ending: Ending, job_name: str) -> None:
    ending.state, ending.fault, ending.counts = State.HELD, None, False
    ending.reason = (
        f"{HELD} The error stands at “{job_name}”; once that is settled, this one goes by itself."[:300]
    )


def let_go(error: ErrorRecord, payload: dict[str, Any] | None) -> int:
    """What a person retries of one job is tried in the others too, with the payload as it was mended."""
    if error.code != BAD_ADDRESS or error.delivery is None:
        return 0
    released = 0
    for delivery in _beside(error).select_related(
        "job__source", "job__destination", "job__read_mapping", "job__write_mapping"
    ):
        released += _queue(delivery.job, [delivery.thing_id], payload, error.version)
    return released


def ignore(errors: Sequence[ErrorRecord], ignored: dict[str, Any]) -> None:
    """The order is not sent by any of them. Call it in the transaction that ignores the errors."""
    for error in errors:
        if error.code == BAD_ADDRESS and error.delivery is not None:
            _beside(error).update(**ignored)


def _beside(error: ErrorRecord) -> QuerySet[Delivery]:
    thing = error.delivery.thing_id if error.delivery is not None else None
    others = Delivery.objects.exclude(pk=error.delivery_id or 0)
    return others.filter(
        thing=thing, state=State.HELD, state_reason__startswith=HELD, job__checks_address=True
    )


def release_settled() -> int:
    """What the sweep does: fetches anew what is held for an error that is over. Returns how many were queued."""
    still_told = ErrorRecord.objects.filter(
        delivery__thing=OuterRef("thing"), code=BAD_ADDRESS, settled_at__isnull=True
    )
    held = Delivery.objects.filter(
        Q(state=State.HELD, state_reason__startswith=HELD, state_since__gte=shared_clock.now() - PATIENCE),
        ~Exists(still_told),
    )
    related = ("source", "destination", "read_mapping", "write_mapping")
    released = 0
    for job in SyncJob.objects.filter(may_work(), pk__in=held.values("job")).select_related(*related):
        things = list(held.filter(job=job).order_by("pk").values_list("thing_id", flat=True))
        for start in range(0, len(things), AT_ONCE):
            released += _queue(job, things[start : start + AT_ONCE])
    return released


def _queue(
    job: SyncJob, things: Sequence[int], payload: dict[str, Any] | None = None, version: str = ""
) -> int:
    """Without a payload each is fetched."""
    named = ExternalId.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, thing_id__in=things
    )
    items = [
        Item(external_id=external_id, payload=payload or {}, version=version, partial=payload is None)
        for external_id in named.values_list("external_id", flat=True)
    ]
    if not items:
        return 0
    now = shared_clock.now()
    return accept(job, Door.RETRY, items, read_at=now, force=True, priority=Priority.FRESH).accepted
