"""Turns stored webhooks into records of every job that reads what they are about.

1. Claim: the oldest unprocessed events of the connection, their attempts raised by a conditional UPDATE.
2. Coalesce: of several events about one object, the newest speaks for all.
3. Accept: the object goes to every job that reads its resource; each job's accept is a transaction of its own and
   harmless when repeated.
4. Mark: the events become processed in the last job's transaction; a worker that finds some of them marked by
   another has its transaction rolled back.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import OperationalError, transaction
from django.db.models import F, QuerySet

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import Connection, Door, InboundEvent, InboundState, JobState, SyncJob, Way
from integrations.sync import payload_changes, shared_clock
from integrations.sync.accept import Accepted, accept
from integrations.sync.doorbell import ring

from .envelope import open_envelope
from .known_connectors import connector_for

AT_ONCE = 200
# Where more keep coming, a pass waits so many seconds: a hundred events in one pass cost little more than one.
GATHERING = 0.2
# An event that was claimed this often and is still not processed kills or defeats its worker.
MOST_ATTEMPTS = 5

_log = logging.getLogger(__name__)


class TakenByAnother(Exception):
    """Another worker processed some of these events meanwhile; nothing of this try is kept."""


def process_inbox(connection_id: int, deadline: float) -> int:
    """Processes what is unprocessed until nothing is left or `deadline` (time.monotonic) is near.

    Returns how many events were processed. What is left is rung for again.
    """
    connection = Connection.objects.only("pk", "updated_at").filter(pk=connection_id).first()
    if connection is None:
        # Its events went with it; only the bell was still under way.
        return 0
    try:
        connector = connector_for(connection.pk, connection.updated_at)
    except Failure as failure:
        _log.warning("webhooks of connection %s wait until it is mended: %s", connection_id, failure.sentence)
        return 0
    processed = 0
    failed: set[int] = set()
    while time.monotonic() < deadline:
        events = _claim(connection_id, failed)
        if not events:
            # Those that failed just now get their next try from the sweep, not at once.
            return processed
        done = _process(connector, events)
        processed += len(done)
        failed |= {event.pk for event in events} - done
        if len(events) < AT_ONCE and has_untried(connection_id):
            time.sleep(GATHERING)
    ring("inbox", connection_id)
    return processed


def has_untried(connection_id: int) -> bool:
    """Whether events wait that nobody has tried; those that failed once are left to the sweep."""
    waiting = InboundEvent.objects.filter(connection_id=connection_id, state=InboundState.RECEIVED)
    return waiting.filter(attempts=0).exists()


def replay(event: InboundEvent) -> None:
    """Has the event processed again, as if it had just arrived."""
    with transaction.atomic():
        InboundEvent.objects.filter(pk=event.pk).update(
            state=InboundState.RECEIVED, attempts=0, sentence="", processed_at=None
        )
        ring("inbox", event.connection_id)


def _claim(connection_id: int, failed: set[int]) -> list[InboundEvent]:
    """The oldest events. Those that were tried before come singly; those tried too often are failed instead."""
    waiting = InboundEvent.objects.filter(connection_id=connection_id, state=InboundState.RECEIVED)
    _fail(waiting.filter(attempts__gte=MOST_ATTEMPTS))
    rows = list(waiting.exclude(pk__in=failed).order_by("pk")[:AT_ONCE])
    untried = [row for row in rows if row.attempts == 0]
    chosen = untried or rows[:1]
    InboundEvent.objects.filter(pk__in=[row.pk for row in chosen]).update(attempts=F("attempts") + 1)
    return chosen


def _fail(worn: QuerySet[InboundEvent]) -> None:
    worn.update(
        state=InboundState.FAILED,
        processed_at=shared_clock.now(),
        sentence=(
            f"It could not be processed in {MOST_ATTEMPTS} tries and is not tried again by itself. "
            "Tell whoever looks after Crossdock; it is kept and can be replayed."
        ),
    )


def _process(connector: Connector, events: Sequence[InboundEvent]) -> set[int]:
    """The ids of those that were processed. Where they fail together, each is tried by itself."""
    try:
        _accept_all(connector, events)
    except TakenByAnother:
        _count_no_try(events)
        return set()
    except OperationalError:
        # The database was away, or somebody held the rows too long: that says nothing about the event.
        _log.exception("webhook events could not be processed for the database's sake; they are tried again")
        _count_no_try(events)
        return set()
    except Exception as exc:  # noqa: BLE001  # written down at the event; it is tried again, then failed
        if len(events) > 1:
            return set().union(*(_process(connector, [event]) for event in events))
        _log.exception("webhook event %s could not be processed", events[0].pk)
        _note_failure(events[0], exc)
        return set()
    return {event.pk for event in events}


def _count_no_try(events: Sequence[InboundEvent]) -> None:
    """The event is not to blame. It counts as tried, so that it comes singly and is left to the next bell."""
    InboundEvent.objects.filter(pk__in=[event.pk for event in events], attempts__gt=1).update(
        attempts=F("attempts") - 1
    )


def _note_failure(event: InboundEvent, exc: Exception) -> None:
    InboundEvent.objects.filter(pk=event.pk).update(
        sentence=f"The last try failed: {type(exc).__name__}."[:500]
    )


def _accept_all(connector: Connector, events: Sequence[InboundEvent]) -> None:
    by_resource: dict[str, list[InboundEvent]] = defaultdict(list)
    for event in events:
        by_resource[event.resource].append(event)
    for resource, about in by_resource.items():
        _accept_resource(connector, resource, about)


def _accept_resource(connector: Connector, resource: str, events: Sequence[InboundEvent]) -> None:
    newest = {event.external_id: event for event in events if event.external_id}
    jobs = _jobs_reading(events[0].connection_id, resource) if newest else []
    if not jobs:
        why = f"No job reads {resource or 'this'} from here." if newest else "It names no record."
        _mark(events, {}, why)
        return
    items = [_item(connector, event) for event in newest.values()]
    read_at = min(event.received_at for event in newest.values())

    def mark(_: Accepted) -> None:
        _mark(events, newest, "")

    for job in jobs:
        accept(job, Door.WEBHOOK, items, read_at=read_at, also=mark if job is jobs[-1] else None)
    payload_changes.notice(events[0].connection_id, resource, items, Way.TOLD)


def _item(connector: Connector, event: InboundEvent) -> Item:
    """Only the id, where the object can be fetched: events come late, twice and out of order, and what is fetched
    under the lock is what is true then. Where it cannot, the event's own payload is all there is."""
    abilities = connector.resources().get(event.resource)
    envelope = open_envelope(event)
    if envelope.payload is None or (abilities is not None and abilities.fetch):
        return Item(external_id=event.external_id, payload={}, partial=True)
    version = sortable_time(envelope.occurred) if envelope.occurred else ""
    return Item(external_id=event.external_id, payload=envelope.payload, version=version)


def sortable_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _jobs_reading(connection_id: int, resource: str) -> list[SyncJob]:
    """Paused and halted jobs too: what comes in meanwhile is kept for when they go on. A draft reads nothing yet."""
    rows = (
        SyncJob.objects.filter(source_id=connection_id, source_resource=resource, takes_handed_over=False)
        .exclude(state=JobState.DRAFT)
        .order_by("pk")
    )
    return list(rows.select_related("source", "destination", "read_mapping", "write_mapping"))


def _mark(events: Sequence[InboundEvent], newest: dict[str, InboundEvent], sentence: str) -> None:
    now = shared_clock.now()
    spoke = {event.pk for event in newest.values()}
    silent = [event.pk for event in events if newest and event.pk not in spoke]
    marked = _unprocessed(events).update(state=InboundState.PROCESSED, processed_at=now, sentence=sentence)
    if marked != len(events):
        raise TakenByAnother
    if silent:
        InboundEvent.objects.filter(pk__in=silent).update(
            sentence="A later event about the same thing spoke for it."
        )


def _unprocessed(events: Sequence[InboundEvent]) -> QuerySet[InboundEvent]:
    return InboundEvent.objects.filter(pk__in=[event.pk for event in events], state=InboundState.RECEIVED)
