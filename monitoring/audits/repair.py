"""Repairs what an audit found, through the ordinary delivery: the records are run again, and what differs is sent.

Nothing here writes to a system. What was delivered and then changed past us is forgotten as written, so that the same
content is written once more; held records have their errors retried. A difference closes when both sides agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet

from integrations.models import Delivery, ErrorRecord, SyncJob, SyncRun
from integrations.sync import conflicts, rerun, retry, shared_clock
from integrations.sync.selection import MOST_IDS, NotPossible, by_ids
from monitoring.models import AuditDifference, Cause, DifferenceState

AT_ONCE = 500
_SINCE = Q(delivery__delivered_at__gt=F("last_seen_at"))


@dataclass
class Repaired:
    """How many records are on their way, in which runs, and why others are not."""

    records: int = 0
    retried: int = 0
    waiting: int = 0
    delivered: int = 0
    runs: list[SyncRun] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        parts = []
        if self.records:
            parts.append(
                f"{self.records:,} record{'s are' if self.records > 1 else ' is'} being delivered again."
            )
        if self.retried:
            parts.append(f"{self.retried:,} error{'s are' if self.retried > 1 else ' is'} retried.")
        if self.waiting:
            parts.append(f"{self.waiting:,} in flight arrive by themselves and were left alone.")
        if self.delivered:
            was = "were" if self.delivered > 1 else "was"
            parts.append(
                f"{self.delivered:,} {was} delivered since the audit saw them differ: compare again to see it."
            )
        parts += self.reasons
        return " ".join(parts) or "Nothing of it is open any more."


def repair(differences: QuerySet[AuditDifference], by: User | None) -> Repaired:
    """Each record once, however many of its fields differ. What is in flight is left alone."""
    done = Repaired()
    rows = differences.filter(state=DifferenceState.OPEN)
    done.waiting = (
        rows.filter(cause=Cause.IN_FLIGHT).order_by().values("audit", "external_id").distinct().count()
    )
    _retry_held(rows.filter(cause=Cause.HELD), by, done)
    by_job: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    again = rows.exclude(cause__in=(Cause.IN_FLIGHT, Cause.HELD)).order_by("pk")
    # A conflict about it was settled, or the source had news: written once more, the same would leave twice.
    done.delivered = again.filter(_SINCE).order_by().values("audit", "external_id").distinct().count()
    again = again.exclude(_SINCE)
    for job_id, external_id, delivery_id in again.values_list(
        "audit__job_id", "external_id", "delivery_id"
    ).iterator(AT_ONCE):
        by_job[job_id][external_id] |= {delivery_id} - {None}
    for job_id, records in by_job.items():
        _run_again(SyncJob.objects.get(pk=job_id), records, again, by, done)
    return done


def _run_again(
    job: SyncJob,
    records: dict[str, set[int]],
    rows: QuerySet[AuditDifference],
    by: User | None,
    done: Repaired,
) -> None:
    names = list(records)[:MOST_IDS]
    deliveries = sorted({pk for name in names for pk in records[name]})
    try:
        run = rerun.begin(job, by_ids(names), rewrite=deliveries)
    except NotPossible as reason:
        done.reasons.append(str(reason))
        return
    done.records += len(names)
    done.runs.append(run)
    for part in _parts(deliveries):
        things = Delivery.objects.filter(pk__in=part).values_list("thing_id", flat=True)
        conflicts.are_written_again(job, things, by)
    if len(records) > len(names):
        done.reasons.append(
            f"{len(records) - len(names):,} more are left: repair once more when these are done."
        )
    for part in _parts(names):
        _note(rows.filter(audit__job=job, external_id__in=part), by, repair_run=run)


def _retry_held(rows: QuerySet[AuditDifference], by: User | None, done: Repaired) -> None:
    held = list(rows.values_list("pk", "delivery_id"))
    asked = 0
    for part in _parts(held):
        errors = ErrorRecord.objects.filter(
            settled_at__isnull=True, delivery_id__in=[delivery for _, delivery in part if delivery]
        )
        mine = set(errors.values_list("delivery_id", flat=True))
        if mine:
            done.retried += retry.retry(errors, by)
            _note(AuditDifference.objects.filter(pk__in=[pk for pk, d in part if d in mine]), by)
        asked += sum(delivery in mine for _, delivery in part)
    if asked < len(held):
        done.reasons.append(
            f"{len(held) - asked:,} are held by a filter, a rollout or a paused job: change that first."
        )


def _note(rows: QuerySet[AuditDifference], by: User | None, **values: Any) -> None:
    rows.filter(state=DifferenceState.OPEN).update(
        repair_asked_at=shared_clock.now(), repaired_by=by, **values
    )


def _parts(rows: Iterable[Any]) -> Iterable[list[Any]]:
    whole = list(rows)
    return (whole[start : start + AT_ONCE] for start in range(0, len(whole), AT_ONCE))
