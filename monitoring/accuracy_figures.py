"""What the latest comparison of each audit found, and how it went over the days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.sync import stock
from monitoring.audits.accuracy import Accuracy
from monitoring.models import (
    Audit,
    AuditDifference,
    AuditDoor,
    AuditPoint,
    AuditRun,
    AuditState,
    DifferenceState,
)

SHOWN_DAYS = 30


def latest_runs(kind: str | None = None) -> list[int]:
    """The newest whole comparison of each audit, of jobs that carry this kind (None: any)."""
    runs = AuditRun.objects.filter(state=AuditState.FINISHED).exclude(door=AuditDoor.READ_BACK)
    if kind is not None:
        runs = runs.filter(audit__job__kind=kind)
    newest = runs.order_by().values("audit").annotate(newest=Max("pk"))
    return list(newest.values_list("newest", flat=True))


def with_latest(rows: QuerySet[Audit]) -> QuerySet[Any]:
    """Each with its newest whole comparison (`run_…`, None where there was none) and how many differences are open."""
    newest = (
        AuditRun.objects.filter(audit=OuterRef("pk"), state=AuditState.FINISHED)
        .exclude(door=AuditDoor.READ_BACK)
        .order_by("-pk")
    )
    differing = (
        AuditDifference.objects.filter(audit=OuterRef("pk"), state=DifferenceState.OPEN)
        .order_by()
        .values("audit")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return rows.annotate(
        run_pk=Subquery(newest.values("pk")[:1]),
        run_compared=Subquery(newest.values("compared")[:1]),
        run_agree=Subquery(newest.values("agree")[:1]),
        run_in_flight=Subquery(newest.values("in_flight")[:1]),
        run_finished_at=Subquery(newest.values("finished_at")[:1]),
        open_now=Coalesce(Subquery(differing), 0),
    )


def open_by_cause(audit: Audit) -> dict[str, int]:
    rows = AuditDifference.objects.filter(audit=audit, state=DifferenceState.OPEN).order_by()
    return dict(rows.values_list("cause").annotate(number=Count("pk")))


@dataclass(frozen=True)
class StockAccuracy:
    """Of all SKUs × locations × channels that were compared last, and how many audits there are to do so."""

    accuracy: Accuracy
    is_sample: bool
    audits: int
    stock_audits: int


def of_stock() -> StockAccuracy:
    runs = list(AuditRun.objects.filter(pk__in=latest_runs(stock.KIND)))
    whole = sum((Accuracy(run.compared, run.agree, run.in_flight) for run in runs), Accuracy())
    audits = Audit.objects.aggregate(
        audits=Count("pk"), stock_audits=Count("pk", filter=Q(job__kind=stock.KIND))
    )
    return StockAccuracy(whole, any(run.is_sample for run in runs), **audits)


def points(audit: Audit, days: int = SHOWN_DAYS) -> list[AuditPoint]:
    """The newest first."""
    since = timezone.localdate() - timedelta(days=days - 1)
    return list(
        AuditPoint.objects.filter(audit=audit, day__gte=since)
        .select_related("run")
        .order_by("-day", "location")
    )


def by_day(rows: Iterable[AuditPoint]) -> dict[date, Accuracy]:
    """All locations of a day together; the oldest day first."""
    days: dict[date, Accuracy] = {}
    for row in rows:
        found = Accuracy(row.compared, row.agree, row.in_flight)
        days[row.day] = days.get(row.day, Accuracy()) + found
    return dict(sorted(days.items()))
