"""Stores what the webhooks bring, many in one transaction.

SQLite has one write lock and each commit waits for the disk: eight requests that commit one by one wait for one
another. Here one thread per process, with a database connection of its own, takes all that waits, commits it in
one transaction and then lets the requests answer. Nothing is answered with 200 before it is committed.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date

from django.db import close_old_connections, connection, transaction
from django.db.models import F

from integrations.models import InboundEvent, RefusedWebhooks
from integrations.sync import rows
from integrations.sync.doorbell import ring

LARGEST_GROUP = 100
# Longer than SQLite's busy timeout, shorter than any vendor's patience with an answer.
LONGEST_WAIT_SECONDS = 25.0

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


@dataclass
class _Waiting:
    """What one request brought, and where it is told that it was stored."""

    events: Sequence[InboundEvent] = ()
    refused: tuple[int, date] | None = None
    stored: Future[None] = field(default_factory=Future)


class Committer:
    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """As if nothing had been stored yet: what waited belongs to another process's requests."""
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start_once = threading.Lock()

    def store(self, events: Sequence[InboundEvent]) -> None:
        """Returns when the events are committed; raises what kept them from it. Their bodies are sealed already."""
        self._put(_Waiting(events=events))

    def count_refusal(self, connection_id: int, day: date) -> None:
        self._put(_Waiting(refused=(connection_id, day)))

    def _put(self, waiting: _Waiting) -> None:
        self._queue.put(waiting)
        self._start()
        waiting.stored.result(timeout=LONGEST_WAIT_SECONDS)

    def _start(self) -> None:
        with self._start_once:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="webhook-committer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the thread and its database connection, after all that waits; the next request starts it anew."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _work(self) -> None:
        try:
            while (first := self._queue.get()) is not None:
                commit([first, *self._more()])
        finally:
            connection.close()

    def _more(self) -> Iterator[_Waiting]:
        """What has come in meanwhile: while one group is committed, the next one gathers by itself."""
        for _ in range(LARGEST_GROUP - 1):
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return
            if waiting is None:
                self._queue.put(None)
                return
            yield waiting


def commit(group: list[_Waiting]) -> None:
    """Commits the group; where that fails, each by itself, so that one bad row harms no other."""
    try:
        close_old_connections()
        _commit_together(group)
    except Exception as exc:  # noqa: BLE001  # handed to the request that waits, which answers 500
        if len(group) > 1:
            for waiting in group:
                commit([waiting])
            return
        _log.exception("a webhook could not be stored; its sender is told to send it again")
        connection.close()
        group[0].stored.set_exception(exc)
        return
    for waiting in group:
        waiting.stored.set_result(None)


def _commit_together(group: list[_Waiting]) -> None:
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


def _write(group: list[_Waiting]) -> None:
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
# A web server forks its workers, and threads do not survive a fork.
os.register_at_fork(after_in_child=committer.begin)
