"""How far a run is: the same numbers for the admin, the command line and the API.

Counts are moved by F() in the transactions that change what they count. How fast it goes is told by the facts of
the last minute; how much there will be in all is known once the source was read through, or where it says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from integrations.models import Door, JobState, Outcome, State, SyncJob, SyncRun, may_work

from . import shared_clock

# The rate is that of so long. Shorter, and it jumps with each group; longer, and it tells of what was.
WINDOW = timedelta(seconds=60)
NOT_SETTLED = (State.QUEUED, State.RETRYING, State.WAITING)
# Runs through other doors take in records as they come: there is no end to foresee.
WITH_AN_END = (Door.PULL, Door.AGAIN)


@dataclass(frozen=True)
class Progress:
    """`total`: records that this run will have settled in the end, None while nobody knows; of rows that the source
    has still to show it is assumed that each is a record to carry. `rate`: records a second, None where the run has
    ended."""

    done: int
    left: int
    total: int | None
    read: int
    to_read: int | None
    is_reading: bool
    rate: float | None
    ends_at: datetime | None
    # "" where its job goes; else how that stands ("Paused", "Halted by a failure"), and nothing of it moves.
    stands: str = ""

    @property
    def share(self) -> int:
        """Percent, rounded down: 100 is shown only where nothing is left."""
        whole = self.total if self.total is not None else self.done + self.left
        return 100 * self.done // whole if whole else 0


def of(run: SyncRun, now: datetime | None = None) -> Progress:
    return of_all([run], now)[run.pk]


def of_all(runs: Iterable[SyncRun], now: datetime | None = None) -> dict[int, Progress]:
    """By run; two queries, whatever their number."""
    rows, moment = list(runs), now or shared_clock.now()
    going = [run for run in rows if run.finished_at is None]
    settled = _settled_lately(going, moment)
    standing = _standing_jobs(going)
    return {run.pk: _of(run, settled.get(run.pk, 0), moment, standing.get(run.job_id, "")) for run in rows}


def _standing_jobs(runs: list[SyncRun]) -> dict[int, str]:
    if not runs:
        return {}
    jobs = SyncJob.objects.filter(pk__in={run.job_id for run in runs}).exclude(may_work())
    return {
        pk: "Held until it is launched" if state == JobState.ACTIVE else str(JobState(state).label)
        for pk, state in jobs.values_list("pk", "state")
    }


def _settled_lately(runs: list[SyncRun], now: datetime) -> dict[int, int]:
    if not runs:
        return {}
    recent = Outcome.objects.filter(
        job__in={run.job_id for run in runs}, recorded_at__gte=now - WINDOW, run__in=[run.pk for run in runs]
    )
    counted = recent.exclude(state__in=NOT_SETTLED).order_by().values_list("run").annotate(Count("id"))
    return dict(counted)


def _of(run: SyncRun, settled_lately: int, now: datetime, standing: str) -> Progress:
    is_reading = run.door in WITH_AN_END and run.finished_at is None and not run.read_through
    to_read = max(run.total - run.read, 0) if is_reading and run.total is not None else None
    left = run.left + (to_read or 0)
    total = None if is_reading and to_read is None else run.settled + left
    stands = standing if run.finished_at is None else ""
    rate = None if stands else _rate(run, settled_lately, now)
    ends_at = None
    if total is not None and rate and left and run.door in WITH_AN_END:
        ends_at = now + timedelta(seconds=left / rate)
    return Progress(run.settled, left, total, run.read, to_read, is_reading, rate, ends_at, stands)


def _rate(run: SyncRun, settled_lately: int, now: datetime) -> float | None:
    if run.finished_at is not None:
        return None
    seconds = min((now - run.started_at).total_seconds(), WINDOW.total_seconds())
    return settled_lately / seconds if seconds >= 1 else None
