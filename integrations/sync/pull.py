"""Reads a source page by page; each page is stored together with the position behind it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction

from integrations.connectors.base import Connector, Page
from integrations.exceptions import Failure, Kind
from integrations.models import Door, Priority, SyncJob, SyncRun

from . import breaker, faults, give_way, payload_changes, removed, shared_clock, stock_recount
from .accept import Accepted, PositionMove, PositionMoved, accept
from .connect import connect, with_login
from .doorbell import ring
from .gate import Gate
from .runs import close_settled_runs, open_run, reading_run

# How long the next read waits after a temporary failure of the source.
PAUSE_AFTER_FAILURE = timedelta(seconds=30)

WHOLE, NOT_FINAL = "whole", "not_final"
# Not a part of a read: what the last one left for the next to begin at.
MARK = "mark"


def pull(job_id: int, deadline: float, at_once: bool = False) -> bool:
    """Goes on with the read that was begun; begins one where it is due, or was asked for (`steer.run_now`).

    Returns whether the source was read through; at the latest at `deadline` (time.monotonic) it stops and rings for
    what is left. `at_once` begins a read that is not due. A bell that comes late finds nothing to do.
    """
    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        pk=job_id
    )
    if not job.may_run:
        return False
    if job.read_started_at is None and not ((at_once or _is_wanted(job)) and _start(job)):
        return False
    known, pause = breaker.standing(job.source_id)
    if pause:
        _wait(job, pause)
        return False
    try:
        connector = connect(job.source)
    except Failure as failure:
        _put_off(job, failure, known)
        return False
    gate = Gate(job.source, connector, 1)
    try:
        return _read_on(job, _Reading(job, connector, gate), deadline)
    finally:
        gate.close()
        connector.close()


def _read_on(job: SyncJob, reading: _Reading, deadline: float) -> bool:
    gate = reading.gate
    try:
        if reading.read_on(deadline):
            return True
    except Failure as failure:
        if failure.code == "rate_limited" and failure.retry_after and not gate.must_wait_long:
            gate.block(failure.retry_after)
        _put_off(job, failure, gate.failures)
        return False
    except PositionMoved:
        return False
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # a `bug` that halts the job: else it would fail unseen, each second
        _put_off(job, Failure.bug(error), gate.failures)
        return False
    ring("pull", job.pk)
    return False


class _Reading:
    """One worker's part of a read."""

    def __init__(self, job: SyncJob, connector: Connector, gate: Gate) -> None:
        self.job = job
        self.connector = connector
        self.gate = gate
        connector.pace(gate.turn)
        self.rereads = connector.resources()[job.source_resource].rereads_not_final

    def read_on(self, deadline: float) -> bool:
        """Page by page, to the end (True), to the deadline, or until fresh work has no worker."""
        while time.monotonic() < deadline:
            if self.next_page():
                return True
            if _is_backfill(self.job) and give_way.fresh_work_waits(self.job):
                break
        return False

    def next_page(self) -> bool:
        """Reads and stores one page; True when it was the last."""
        job = self.job
        position: dict[str, Any] = job.resume_position or {"part": WHOLE, "at": None}
        self.gate.turn()
        began = shared_clock.now()
        page = with_login(job.source, self.connector, lambda: self._read(position))
        self.gate.rest()
        following = self._following(position, page)
        left = {"part": MARK, "at": page.mark} if following is None and page.mark is not None else None
        values: dict[str, Any] = {"resume_position": following or left}
        if following is None:
            values |= _read_through(job)
        accepted = accept(
            job,
            Door.PULL,
            page.items,
            read_at=began,
            position=PositionMove(job.position_version, values),
            force=_is_full(job),
            priority=Priority.BACKFILL if _is_backfill(job) else None,
            also=self._note_read_through if following is None else None,
        )
        job.position_version += 1
        job.resume_position = following or left
        run = SyncRun.objects.get(pk=accepted.run_id)
        _note(run, page)
        payload_changes.notice(job.source_id, job.source_resource, page.items)
        if following is None:
            if page.complete and job.read_since is None and position["part"] == WHOLE:
                removed.follow(job, run, began)
                stock_recount.follow_not_shown(job)
            faults.source_works_again(job)
            close_settled_runs(job)
        return following is None

    def _note_read_through(self, accepted: Accepted) -> None:
        """Committed together with the last page: the run of a worker that falls right after it can still end."""
        SyncRun.objects.filter(pk=accepted.run_id).update(read_through=True)
        stock_recount.read_through(self.job)

    def _read(self, position: dict[str, Any]) -> Page:
        return self.connector.read(
            self.job.source_resource,
            since=self.job.read_since,
            position=position["at"],
            not_final=position["part"] == NOT_FINAL,
        )

    def _following(self, position: dict[str, Any], page: Page) -> dict[str, Any] | None:
        if page.next_position is not None:
            return {"part": position["part"], "at": page.next_position}
        if position["part"] == WHOLE and self.rereads and self.job.read_since is not None:
            return {"part": NOT_FINAL, "at": None}
        return None


def _is_wanted(job: SyncJob) -> bool:
    if job.takes_handed_over:
        return False
    if reading_run(job) is not None:
        return True
    return job.every_seconds > 0 and (job.next_read_at is None or job.next_read_at <= shared_clock.now())


def _start(job: SyncJob) -> bool:
    """Begins a read: from the watermark, or from the beginning of all where there is none."""
    now = shared_clock.now()
    run = reading_run(job)
    is_full = run is not None and run.full
    with transaction.atomic():
        started = SyncJob.objects.filter(pk=job.pk, position_version=job.position_version).update(
            read_started_at=now,
            read_since=None if is_full else job.watermark,
            resume_position=None if is_full else _from_mark(job),
            position_version=job.position_version + 1,
        )
        if started:
            open_run(job, Door.PULL)
    job.refresh_from_db()
    return bool(started)


def _from_mark(job: SyncJob) -> dict[str, Any] | None:
    left = job.resume_position
    return {"part": WHOLE, "at": left["at"]} if left is not None and left.get("part") == MARK else None


def _read_through(job: SyncJob) -> dict[str, Any]:
    overlap = timedelta(seconds=job.read_overlap_seconds)
    began: datetime = job.read_started_at or shared_clock.now()
    return {
        "watermark": began - overlap,
        "last_complete_read_at": began,
        "read_started_at": None,
        "read_since": None,
        "next_read_at": shared_clock.now() + timedelta(seconds=job.every_seconds)
        if job.every_seconds
        else None,
    }


def _is_full(job: SyncJob) -> bool:
    run = reading_run(job)
    return run is not None and run.full


def _is_backfill(job: SyncJob) -> bool:
    """The first read of all, or everything anew: it goes behind whatever happens meanwhile."""
    return job.read_since is None


def _note(run: SyncRun, page: Page) -> None:
    """What the page told beside its rows."""
    fresh = [notice for notice in page.notices if notice not in run.notices]
    total = page.total if page.total is not None else run.total
    if fresh or total != run.total:
        SyncRun.objects.filter(pk=run.pk).update(notices=run.notices + fresh, total=total)


def _put_off(job: SyncJob, failure: Failure, known: int) -> None:
    """The page stays unread and the position where it was; a failure that needs a person says so once."""
    if failure.retry_after is not None:
        wait = failure.retry_after
    elif failure.kind == Kind.TRANSIENT and failure.connection_wide:
        wait = breaker.pause_after(known + 1)
    else:
        wait = PAUSE_AFTER_FAILURE.total_seconds()
    _wait(job, wait)
    if failure.code not in ("rate_limited", "out_of_reach", "login_under_way", "not_ready"):
        faults.source_failed(job, failure, known)


def _wait(job: SyncJob, seconds: float) -> None:
    SyncJob.objects.filter(pk=job.pk).update(next_read_at=shared_clock.now() + timedelta(seconds=seconds))
