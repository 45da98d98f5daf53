"""Stores what the webhooks bring, many in one transaction.

SQLite has one write lock and each commit waits for the disk: eight requests that commit one by one wait for one
another. Here the first request commits for all that wait, lets them answer, and hands over to the first of those that
have come meanwhile. Nothing is answered with 200 before it is committed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotStoredInTime
from dataclasses import dataclass, field
from datetime import date

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from integrations.models import InboundEvent, RefusedWebhooks
from integrations.sync import rows
from integrations.sync.doorbell import ring

LARGEST_GROUP = 100
# Longer than SQLite's busy timeout, shorter than any vendor's patience with an answer.
LONGEST_WAIT_SECONDS = 25.0
# Where the last group had several, the next one gathers for so long: a commit of eight costs hardly more than one.
GATHERING_SECONDS = 0.004

EVENT = (
    "connection_id",
    "topic",
    "resource",
    "external_id",
    "delivery_id",
    "headers",
    "body",
    "state",
    "sentence",
    "received_at",
    "processed_at",
    "attempts",
)
# Of this conflict alone nothing is made; any other fault of a row is told.
SAME_EVENT = "ON CONFLICT (connection_id, delivery_id) WHERE delivery_id IS NOT NULL DO NOTHING"

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Waiting:
    """What one request brought, and where it is told how it goes on."""

    events: Sequence[InboundEvent] = ()
    refused: tuple[int, date] | None = None
    # What kept it from being stored; None only once it is committed.
    fault: Exception | None = field(default_factory=lambda: DatabaseError("It was not committed."))
    # True: it commits for all that wait now. False: another did, for it too.
    leads: Future[bool] = field(default_factory=Future)


class Committer:
    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """As if nothing had been stored yet: what waited belongs to another process's requests."""
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._is_led = False
        self._last_size = 0

    def store(self, events: Sequence[InboundEvent]) -> None:
        """Returns when the events are committed; raises what kept them from it. Their bodies are sealed already."""
        self._put(_Waiting(events=events))

    def count_refusal(self, connection_id: int, day: date) -> None:
        self._put(_Waiting(refused=(connection_id, day)))

    def _put(self, waiting: _Waiting) -> None:
        with self._lock:
            self._waiting.append(waiting)
            leads, self._is_led = not self._is_led, True
        if leads or self._is_told_to_lead(waiting):
            self._lead()
        if waiting.fault is not None:
            raise waiting.fault

    def _is_told_to_lead(self, waiting: _Waiting) -> bool:
        try:
            return waiting.leads.result(timeout=LONGEST_WAIT_SECONDS)
        except NotStoredInTime:
            with self._lock:
                if waiting in self._waiting and not waiting.leads.done():
                    self._waiting.remove(waiting)
                    raise
            # Its turn came in the same moment.
            return waiting.leads.result(timeout=LONGEST_WAIT_SECONDS)

    def _lead(self) -> None:
        if self._last_size > 1:
            time.sleep(GATHERING_SECONDS)
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_GROUP))]
        self._last_size = len(group)
        try:
            commit(group)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
                if following is not None:
                    following.leads.set_result(True)
            for waiting in group:
                if not waiting.leads.done():
                    waiting.leads.set_result(False)


def commit(group: Sequence[_Waiting]) -> None:
    """Commits the group; where that fails, each by itself, so that one bad row harms no other.

    What could not be stored has its `fault` afterwards.
    """
    try:
        _commit_together(group)
    except Exception as exc:  # noqa: BLE001  # told to the request that waits, which answers 500
        if len(group) > 1:
            for waiting in group:
                commit([waiting])
            return
        _log.exception("a webhook could not be stored; its sender is told to send it again")
        connection.close()
        group[0].fault = exc
        return
    for waiting in group:
        waiting.fault = None


def _commit_together(group: Sequence[_Waiting]) -> None:
    committed = False

    def note() -> None:
        nonlocal committed
        committed = True

    try:
        with transaction.atomic():
            transaction.on_commit(note)
            _write(group)
    except Exception:
        if not committed:
            raise
        # Only the bell failed, and the sweep rings it again; the events are safe.
        _log.exception("the doorbell could not be rung after webhooks were stored")


def _write(group: Sequence[_Waiting]) -> None:
    events = [event for waiting in group for event in waiting.events]
    # Only a delivery id that its connector calls stable can conflict: then it is the same event again.
    rows.insert(InboundEvent, EVENT, [_row(event) for event in events], SAME_EVENT)
    for (connection_id, day), count in Counter(w.refused for w in group if w.refused is not None).items():
        _count(connection_id, day, count)
    for connection_id in sorted({event.connection_id for event in events}):
        ring("inbox", connection_id)


def _row(event: InboundEvent) -> rows.Row:
    return tuple(getattr(event, name) for name in EVENT)


def _count(connection_id: int, day: date, count: int) -> None:
    RefusedWebhooks.objects.get_or_create(connection_id=connection_id, day=day)
    RefusedWebhooks.objects.filter(connection_id=connection_id, day=day).update(count=F("count") + count)


committer = Committer()
# A web server forks its workers: who waits or leads is not there any more.
os.register_at_fork(after_in_child=committer.begin)
