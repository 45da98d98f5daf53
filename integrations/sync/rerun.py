"""Runs again what a person asked for, in a run of its own, beside the job's own reads and without their position.

What is read so is compared with what was written, whether it was accepted before or not: what differs is sent, and
nothing else is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import F

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure, Kind
from integrations.models import (
    FINAL_STATES,
    Delivery,
    Door,
    ExternalId,
    Outcome,
    Priority,
    SyncJob,
    SyncRun,
)
from mappings import records, translate

from . import breaker, faults, known, shared_clock, steer
from .accept import PositionMoved, accept
from .connect import connect, with_login
from .doorbell import ring
from .gate import Gate
from .pull import PAUSE_AFTER_FAILURE
from .rules import rules_of
from .runs import circumstances, close_settled_runs
from .selection import NotPossible, Selection
from .watch import watch_of

# Records that are named by their ids are taken in by so many; each is fetched when its turn comes.
IDS_AT_ONCE = 200
NO_DATES = (
    "The list of the source does not tell the date of each record, so that more than the span was compared. "
    "What does not differ is not sent."
)


@dataclass(frozen=True)
class Step:
    """What one step of the read brought. `read`: how many rows the source showed for it. `after`: None at the end."""

    items: Sequence[Item]
    read_at: datetime
    after: dict[str, Any] | None
    read: int
    total: int | None = None
    notices: tuple[str, ...] = ()


def begin(job: SyncJob, selection: Selection, *, rewrite: Sequence[int] = ()) -> SyncRun:
    """Opens the run and rings for it. Raises NotPossible, in a sentence.

    `rewrite`: Deliveries whose destination was seen to say something else. What was written to it counts as forgotten,
    so that the same content is written once more.
    """
    job.refresh_from_db()
    if not job.may_run or job.takes_handed_over:
        raise NotPossible(steer.why_not(job))
    if not selection.has_span:
        _check_single(job, selection)
    carried = _carried_both_ways(job) if rewrite else frozenset()
    now = shared_clock.now()
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                job=job,
                door=Door.AGAIN,
                started_at=now,
                moved_at=now,
                asked=selection.as_json(),
                total=len(selection.ids) or None,
                **circumstances(job),
            )
            _forget_written(job, rewrite, carried)
            ring("again", run.pk)
    except IntegrityError:
        raise NotPossible(
            "A person's choice of records is being read for this job already. Wait until it is, or cancel that run."
        ) from None
    return run


def _carried_both_ways(job: SyncJob) -> frozenset[str]:
    """The fields that this job writes, where another goes the other way: what its source is known to hold already would
    be left out by it, whatever the destination says."""
    watch = watch_of(job, rules_of(job))
    return frozenset(watch.carried) if watch is not None and watch.twin is not None else frozenset()


def _forget_written(job: SyncJob, delivery_ids: Sequence[int], carried: frozenset[str]) -> None:
    """Only of what is at rest: what is on its way writes by itself."""
    for start in range(0, len(delivery_ids), IDS_AT_ONCE):
        at_rest = Delivery.objects.filter(
            job=job, pk__in=delivery_ids[start : start + IDS_AT_ONCE], state__in=FINAL_STATES
        )
        at_rest.update(content_hash="")
        if carried:
            known.forget(at_rest.values_list("thing_id", flat=True), job.source_id, carried)


def _check_single(job: SyncJob, selection: Selection) -> None:
    """Whoever cannot be asked for single records, but lists them, is read through for those that were named."""
    abilities = connect(job.source).resources().get(job.source_resource)
    lists = abilities is not None and abilities.reads and bool(selection.ids)
    if abilities is None or not (abilities.fetch or lists):
        raise NotPossible(f"{job.source.name} cannot be asked for single records; choose a span of time.")
    carried = Outcome.objects.filter(run_id=selection.run_id, run__job=job)
    if selection.run_id is not None and not carried.exists():
        raise NotPossible(f"Nothing is kept of what run {selection.run_id} carried; choose a span of time.")


def read(run_id: int, deadline: float) -> bool:
    """Goes on with the read of this run; True when all that was asked for is taken in. Rings for what is left."""
    run = SyncRun.objects.select_related(
        "job__source", "job__destination", "job__read_mapping", "job__write_mapping"
    ).get(pk=run_id)
    if not is_due(run):
        return False
    known, pause = breaker.standing(run.job.source_id)
    if pause:
        _wait(run, pause)
        return False
    try:
        connector = connect(run.job.source)
    except Failure as failure:
        _put_off(run, failure, known)
        return False
    gate = Gate(run.job.source, connector, 1)
    try:
        return _read_on(run, _Reading(run, connector, gate), deadline)
    finally:
        gate.close()
        connector.close()


def _read_on(run: SyncRun, reading: _Reading, deadline: float) -> bool:
    gate = reading.gate
    try:
        while time.monotonic() < deadline:
            if reading.next_step():
                close_settled_runs(run.job)
                return True
    except Failure as failure:
        if failure.code == "rate_limited" and failure.retry_after and not gate.must_wait_long:
            gate.block(failure.retry_after)
        _put_off(run, failure, gate.failures)
        return False
    except PositionMoved:
        return False
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # a `bug` that halts the job: else it would fail unseen, each second
        _put_off(run, Failure.bug(error), gate.failures)
        return False
    ring("again", run.pk)
    return False


def is_due(run: SyncRun) -> bool:
    is_open = run.door == Door.AGAIN and run.finished_at is None and not run.read_through
    return is_open and run.job.may_run and (run.goes_on_at is None or run.goes_on_at <= shared_clock.now())


class _Reading:
    """One worker's part of the read."""

    def __init__(self, run: SyncRun, connector: Connector, gate: Gate) -> None:
        self.run, self.job, self.connector = run, run.job, connector
        self.selection = Selection.from_json(run.asked or {})
        self.rules = rules_of(run.job)
        self.gate = gate
        self.fetches = connector.resources()[run.job.source_resource].fetch
        connector.pace(gate.turn)

    def next_step(self) -> bool:
        step = self._step(self.run.position)
        # Single records that were asked for go before what is only caught up with.
        priority = Priority.ORDINARY if self.selection.ids else Priority.BACKFILL
        accept(
            self.job,
            Door.AGAIN,
            step.items,
            read_at=step.read_at,
            force=True,
            priority=priority,
            into=self.run,
            also=lambda _: self._move(step),
        )
        self.run.position = step.after
        self.run.position_version += 1
        return step.after is None

    def _move(self, step: Step) -> None:
        """In the transaction that stores the records. Whoever read the same step too, or read on after a cancel,
        stores nothing."""
        fresh = [notice for notice in step.notices if notice not in self.run.notices]
        self.run.notices += fresh
        open_rows = SyncRun.objects.filter(pk=self.run.pk, finished_at__isnull=True, read_through=False)
        moved = open_rows.filter(position_version=self.run.position_version).update(
            position=step.after,
            position_version=F("position_version") + 1,
            read_through=step.after is None,
            read=F("read") + step.read - len(step.items),
            total=step.total if step.total is not None else F("total"),
            notices=self.run.notices,
            goes_on_at=None,
        )
        if not moved:
            raise PositionMoved(str(self.run.pk))

    def _step(self, position: dict[str, Any] | None) -> Step:
        if self.selection.run_id is not None:
            return self._carried_by(self.selection.run_id, int((position or {}).get("after", 0)))
        if self.selection.ids and self.fetches:
            return self._named(int((position or {}).get("from", 0)))
        return self._page((position or {}).get("at"))

    # --- a span of time ---------------------------------------------------------------------------------------

    def _page(self, at: dict[str, Any] | None) -> Step:
        self.gate.turn()
        began = shared_clock.now()
        page = with_login(
            self.job.source,
            self.connector,
            lambda: self.connector.read(self.job.source_resource, since=self.selection.begin, position=at),
        )
        self.gate.rest()
        chosen = [item for item in page.items if self._is_chosen(item)]
        undated = self.selection.has_span and any(item.partial for item in page.items)
        return Step(
            chosen,
            began,
            {"at": page.next_position} if page.next_position is not None else None,
            len(page.items),
            page.total if self.selection.has_span else None,
            (*page.notices, *((NO_DATES,) if undated else ())),
        )

    def _is_chosen(self, item: Item) -> bool:
        if self.selection.has_span:
            return self._is_within(item)
        return item.external_id in self._wanted

    @cached_property
    def _wanted(self) -> frozenset[str]:
        return frozenset(self.selection.ids)

    def _is_within(self, item: Item) -> bool:
        """By the record's own date (the checkout of an order); of one that has none, by its last change.

        What the list shows by its id alone may lie in the span, and comparing too much does no harm.
        """
        if item.partial:
            return True
        record = translate.read(self.rules.read, item.payload).record
        moment = records.occurred_at(record) if record is not None else None
        moment = moment or _moment_of(item.version)
        return moment is None or self.selection.holds(moment)

    # --- single records ---------------------------------------------------------------------------------------

    def _named(self, start: int) -> Step:
        ids = self.selection.ids[start : start + IDS_AT_ONCE]
        known = set(
            ExternalId.objects.filter(
                connection_id=self.job.source_id, resource=self.job.source_resource, external_id__in=ids
            ).values_list("external_id", flat=True)
        )
        began = shared_clock.now()
        items, notices = [], []
        for external_id in ids:
            if external_id in known:
                items.append(Item(external_id=external_id, payload={}, partial=True))
            elif (found := self._fetch(external_id)) is not None:
                items.append(found)
            else:
                notices.append(f"{self.job.source.name} has no {external_id}.")
        following = start + IDS_AT_ONCE
        after = {"from": following} if following < len(self.selection.ids) else None
        return Step(items, began, after, len(ids), None, tuple(notices))

    def _fetch(self, external_id: str) -> Item | None:
        """What was never seen is looked at first: an id that was mistyped is to leave nothing behind."""
        self.gate.turn()
        found: Item | None = with_login(
            self.job.source,
            self.connector,
            lambda: self.connector.fetch(self.job.source_resource, external_id),
        )
        self.gate.rest()
        return found

    # --- what a run carried -----------------------------------------------------------------------------------

    def _carried_by(self, run_id: int, after: int) -> Step:
        facts = list(
            Outcome.objects.filter(run_id=run_id, id__gt=after)
            .order_by("id")
            .values_list("id", "delivery__thing_id")[:IDS_AT_ONCE]
        )
        ids = ExternalId.objects.filter(
            connection_id=self.job.source_id,
            resource=self.job.source_resource,
            thing_id__in={thing for _, thing in facts},
        ).values_list("external_id", flat=True)
        items = [Item(external_id=external_id, payload={}, partial=True) for external_id in ids]
        position = {"after": facts[-1][0]} if len(facts) == IDS_AT_ONCE else None
        return Step(items, shared_clock.now(), position, len(items))


def _moment_of(version: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(version)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _put_off(run: SyncRun, failure: Failure, known: int) -> None:
    if failure.retry_after is not None:
        wait = failure.retry_after
    elif failure.kind == Kind.TRANSIENT and failure.connection_wide:
        wait = breaker.pause_after(known + 1)
    else:
        wait = PAUSE_AFTER_FAILURE.total_seconds()
    _wait(run, wait)
    if failure.code not in ("rate_limited", "out_of_reach", "login_under_way", "not_ready"):
        faults.source_failed(run.job, failure, known)


def _wait(run: SyncRun, seconds: float) -> None:
    SyncRun.objects.filter(pk=run.pk).update(goes_on_at=shared_clock.now() + timedelta(seconds=seconds))
