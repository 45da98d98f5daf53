"""Runs one audit in this process to its end, whatever workers run beside it."""

from __future__ import annotations

import time
from collections.abc import Callable

from integrations.models import SyncJob
from integrations.sync import shared_clock
from integrations.sync.foreground import CouldNotRun
from monitoring.models import Audit, AuditDoor, AuditRun

from . import auditor, starting

TURN_SECONDS = 5.0
SHORTEST_SLEEP, LONGEST_SLEEP = 0.1, 1.0


def audit_of(key: str) -> Audit:
    """By its own key, or by that of its job. A job that has none gets one, which runs by hand. Raises CouldNotRun."""
    audits = Audit.objects.select_related("job__source", "job__destination")
    found = audits.filter(key=key).first() or audits.filter(job__key=key).order_by("pk").first()
    if found is not None:
        return found
    job = SyncJob.objects.select_related("source", "destination").filter(key=key).first()
    if job is None:
        known = [*Audit.objects.values_list("key", flat=True), *SyncJob.objects.values_list("key", flat=True)]
        raise CouldNotRun(f"There is no audit and no job '{key}'. There are: {', '.join(known) or 'none'}.")
    made: Audit = Audit.objects.create(
        key=f"{job.key}-audit"[:60], name=f"{job.name}: both sides"[:120], job=job, every_minutes=0
    )
    return made


def run_to_end(
    audit: Audit, patience: float, show: Callable[[AuditRun], None], sample_percent: int | None = None
) -> AuditRun:
    """Until it is over, or nothing has moved for `patience` seconds. Raises CouldNotRun.

    What another process left open, killed in the middle, is taken up where it was: whoever else goes on with it
    meanwhile is no harm, since each page counts once.
    """
    run = _left_open(audit, sample_percent) or _begun(audit, sample_percent)
    moved_at, seen = time.monotonic(), run.position_version
    while True:
        auditor.go_on(run.pk, time.monotonic() + TURN_SECONDS)
        run.refresh_from_db()
        show(run)
        if run.finished_at is not None:
            return run
        if run.position_version != seen:
            moved_at, seen = time.monotonic(), run.position_version
        due_in = _seconds_until_due(run)
        if time.monotonic() - moved_at + due_in > patience:
            raise CouldNotRun(
                f"Nothing has moved for {patience:g} s. The workers go on with it while they run."
            )
        time.sleep(min(max(due_in, SHORTEST_SLEEP), LONGEST_SLEEP))


def _left_open(audit: Audit, sample_percent: int | None) -> AuditRun | None:
    """A comparison of the same records: another sample, or the reading back of a repair, is waited for."""
    asked = sample_percent or audit.sample_percent
    return audit.runs.filter(finished_at__isnull=True, asked__isnull=True, sample_percent=asked).first()


def _begun(audit: Audit, sample_percent: int | None) -> AuditRun:
    try:
        return starting.begin(audit, AuditDoor.COMMAND, sample_percent=sample_percent)
    except starting.NotPossible as reason:
        raise CouldNotRun(str(reason)) from None


def _seconds_until_due(run: AuditRun) -> float:
    return max((run.goes_on_at - shared_clock.now()).total_seconds(), 0.0) if run.goes_on_at else 0.0
