"""Runs one job in this process to its end, whatever workers run beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Q

from integrations.connectors import registry
from integrations.exceptions import Failure
from integrations.http.guard import Refused, installed_guard
from integrations.models import Batch, Door, ErrorRecord, JobState, SyncJob, SyncRun

from . import breaker, deliver, rerun, shared_clock, steer
from . import pull as reading
from .selection import NotPossible, Selection
from .steer import why_not

# One turn of reading or delivering; short, so that the progress moves and Ctrl-C is heard.
TURN_SECONDS = 5.0
SHORTEST_SLEEP, LONGEST_SLEEP = 0.1, 1.0

Show = Callable[[SyncRun], None]


class CouldNotRun(Exception):
    """Why a job or an audit did not run, or not to its end, in a sentence."""


def run_to_end(
    job: SyncJob, full: bool, patience: timedelta, show: Show, selection: Selection | None = None
) -> SyncRun:
    """Reads the source through and delivers, until the run is finished or nothing has moved for `patience`.

    `show` is called with the fresh counts after each turn. A run that comes back unfinished has records that wait
    (for a retry, or for what they refer to): the workers go on with them. With a `selection` only that is read, in a
    run of its own. Raises CouldNotRun.
    """
    _check_own_settings(job)
    if job.state == JobState.HALTED:
        # A failure halted it, and a person asks for it now: whether the cause is mended is seen at once.
        steer.resume(job)
    run = _begin(job, full, selection)
    moved_at, seen = time.monotonic(), _counts(run)
    while True:
        _turn(job, run)
        run.refresh_from_db()
        job.refresh_from_db()
        show(run)
        if run.finished_at is not None:
            return run
        if not job.may_run:
            raise CouldNotRun(why_not(job))
        if _counts(run) != seen:
            moved_at, seen = time.monotonic(), _counts(run)
        due_in = _seconds_until_due(job, run)
        if time.monotonic() - moved_at + due_in > patience.total_seconds():
            return _give_up(job, run)
        _sleep(due_in)


def _check_own_settings(job: SyncJob) -> None:
    """What this process may not reach, the workers perhaps may: such a failure would halt the job for them as well."""
    for connection in (job.source, job.destination):
        try:
            connector = registry.connect(
                connection.platform,
                settings=connection.settings,
                secrets=connection.secret_values(),
                environment=connection.environment,
            )
        except Failure:
            continue
        address = urlsplit(str(getattr(connector, "base_url", "")))
        connector.close()
        if not address.hostname:
            continue
        try:
            installed_guard().addresses(address.hostname, address.port or 443)
        except Refused as reason:
            raise CouldNotRun(
                f"This command may not reach {connection.name}: {reason} Give it the environment that the workers "
                "have. Nothing was changed."
            ) from None
        except OSError:
            continue


def _begin(job: SyncJob, full: bool, selection: Selection | None) -> SyncRun:
    if selection is not None:
        try:
            return rerun.begin(job, selection)
        except NotPossible as reason:
            raise CouldNotRun(str(reason)) from None
    run = steer.run_now(job, full=full)
    if run is None:
        raise CouldNotRun(why_not(job))
    return run


def _turn(job: SyncJob, run: SyncRun) -> None:
    if not run.read_through and run.door == Door.AGAIN:
        rerun.read(run.pk, time.monotonic() + TURN_SECONDS)
    elif not run.read_through:
        reading.pull(job.pk, time.monotonic() + TURN_SECONDS)
    deliver.drain(job.pk, time.monotonic() + TURN_SECONDS)


def _counts(run: SyncRun) -> tuple[int, int, bool]:
    return run.read, run.settled, run.read_through


def _give_up(job: SyncJob, run: SyncRun) -> SyncRun:
    if run.read_through:
        return run
    cause = ErrorRecord.objects.filter(
        job=job, delivery__isnull=True, place="read", settled_at__isnull=True
    ).first()
    failures, _ = breaker.standing(job.source_id)
    what = "cannot be reached" if failures else "could not be read to its end"
    raise CouldNotRun(cause.sentence if cause else f"{job.source.name} {what}.")


def _seconds_until_due(job: SyncJob, run: SyncRun) -> float:
    """0 where something can be done now, also where another worker has it in hand."""
    if not run.read_through:
        return _seconds_until(run.goes_on_at if run.door == Door.AGAIN else job.next_read_at)
    unsettled = Batch.objects.filter(job=job, settled_at__isnull=True)
    if unsettled.filter(Q(not_before__isnull=True) | Q(not_before__lte=shared_clock.now())).exists():
        return 0.0
    soonest = unsettled.order_by("not_before").values_list("not_before", flat=True).first()
    return _seconds_until(soonest)


def _seconds_until(moment: datetime | None) -> float:
    return max((moment - shared_clock.now()).total_seconds(), 0.0) if moment else 0.0


def _sleep(due_in: float) -> None:
    ends = time.monotonic() + max(due_in, SHORTEST_SLEEP)
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, LONGEST_SLEEP))
