"""How things stand at this moment: what is open, what waits, what runs, and whether somebody works."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, QuerySet

from integrations.models import ERROR_ASKS_FOR_A_PERSON, Delivery, ErrorRecord, Heartbeat, State, SyncJob
from integrations.models.money_sum import MoneySum
from integrations.sync import shared_clock
from integrations.sync.measures import BACKLOG_STATES, assigned_errors, promise_is_near

# The sweep beats each minute, looked for every 30 s, behind tasks of up to 45 s. Longer than that: nothing works.
SILENT_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Stuck:
    """Money in open errors, of one currency."""

    currency: str
    amount: Decimal
    records: int


@dataclass
class Standing:
    open_errors: int = 0
    in_doubt: int = 0
    unassigned: int = 0
    open_by_kind: dict[str, int] = field(default_factory=dict)
    open_by_job: dict[int | None, int] = field(default_factory=dict)
    stuck: list[Stuck] = field(default_factory=list)
    # Of these, what was promised for an hour that is near or past.
    stuck_near: list[Stuck] = field(default_factory=list)
    backlog: int = 0
    backlog_by_job: dict[int, int] = field(default_factory=dict)
    oldest_by_job: dict[int, datetime] = field(default_factory=dict)
    oldest: datetime | None = None
    held: int = 0
    last_beat: datetime | None = None

    @property
    def silent(self) -> bool:
        return self.last_beat is None or shared_clock.now() - self.last_beat > SILENT_AFTER


def standing(jobs: Collection[int] | None = None, errors: Q | None = None) -> Standing:
    """Of everything, or of these jobs (ids) and these errors."""
    found = Standing()
    _count_errors(found, Q() if errors is None else errors)
    _count_backlog(found, jobs)
    found.last_beat = Heartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    return found


def _count_errors(found: Standing, which: Q) -> None:
    open_errors = ErrorRecord.objects.filter(which, ERROR_ASKS_FOR_A_PERSON).order_by()
    for row in open_errors.values("kind", "job_id").annotate(
        number=Count("id"), in_doubt=Count("id", filter=Q(place="in_doubt"))
    ):
        found.open_errors += row["number"]
        found.in_doubt += row["in_doubt"]
        found.open_by_kind[row["kind"]] = found.open_by_kind.get(row["kind"], 0) + row["number"]
        found.open_by_job[row["job_id"]] = found.open_by_job.get(row["job_id"], 0) + row["number"]
    found.unassigned = open_errors.exclude(pk__in=assigned_errors()).count()
    with_money = open_errors.filter(amount__isnull=False).exclude(currency="")
    found.stuck = _by_currency(with_money)
    found.stuck_near = _by_currency(with_money.filter(promise_is_near("delivery__")))


def _by_currency(rows: QuerySet[ErrorRecord]) -> list[Stuck]:
    return [
        Stuck(row["currency"], row["total"], row["number"])
        for row in rows.values("currency")
        .annotate(total=MoneySum("amount"), number=Count("id"))
        .order_by("-number")
    ]


def _count_backlog(found: Standing, jobs: Collection[int] | None) -> None:
    # The jobs are named so that the index (job, state, since) is used: only pending rows are read, however
    # many have been delivered.
    named = list(SyncJob.objects.values_list("pk", flat=True) if jobs is None else jobs)
    pending = Delivery.objects.filter(job__in=named, state__in=[*BACKLOG_STATES, State.HELD])
    for row in (
        pending.order_by().values("job_id", "state").annotate(number=Count("id"), oldest=Min("state_since"))
    ):
        if row["state"] == State.HELD:
            found.held += row["number"]
            continue
        found.backlog += row["number"]
        found.backlog_by_job[row["job_id"]] = found.backlog_by_job.get(row["job_id"], 0) + row["number"]
        found.oldest = min(found.oldest or row["oldest"], row["oldest"])
        of_job = found.oldest_by_job.get(row["job_id"], row["oldest"])
        found.oldest_by_job[row["job_id"]] = min(of_job, row["oldest"])
