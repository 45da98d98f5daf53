"""Inventory accuracy: the share of stock figures that say the same on both sides, as the audits found it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from integrations.models import Measure, Workflow
from monitoring import links
from monitoring.audits.accuracy import Accuracy
from monitoring.models import AuditDoor, AuditRun, AuditState
from monitoring.periods import Span

from .readings import Reading, not_yet, of_trend

MEASURE = Measure.INVENTORY_ACCURACY


def accuracy(workflow: Workflow, span: Span) -> Iterator[Reading]:
    """By the last comparison of each stock job; what is in flight between both sides is left out."""
    if not workflow.jobs.filter(kind="stock_level").exists():
        yield not_yet(MEASURE, "None of its jobs carries stock.")
        return
    bars: list[dict[int, Accuracy]] = [{} for _ in range(span.bars)]
    last: dict[int, Accuracy] = {}
    runs: dict[int, int] = {}
    for run, audit, finished_at, *numbers in _runs(workflow, span):
        if finished_at is None:  # by the query above there is none
            continue
        found = Accuracy(*numbers)
        last[audit], runs[audit] = found, run
        bars[span.bar_of(finished_at)][audit] = found
    now = _percent(last)
    if now is None:
        yield not_yet(
            MEASURE, "No audit has compared both sides in this time. Make one for each of its stock jobs."
        )
        return
    rows = links.audit_runs(sorted(runs.values()))
    yield Reading(MEASURE, now, rows=rows, trend=of_trend([_percent(bar) for bar in bars]))


def _runs(workflow: Workflow, span: Span) -> Iterator[tuple[int, int, datetime | None, int, int, int]]:
    """Oldest first. A read-back after a repair is of a few chosen records, and says nothing of the rest."""
    runs = (
        AuditRun.objects.filter(
            audit__job__workflow=workflow,
            audit__job__kind="stock_level",
            state=AuditState.FINISHED,
            finished_at__gte=span.since,
            finished_at__lt=span.until,
            compared__gt=0,
        )
        .exclude(door=AuditDoor.READ_BACK)
        .order_by("finished_at", "pk")
    )
    yield from runs.values_list("pk", "audit", "finished_at", "compared", "agree", "in_flight")


def _percent(found: dict[int, Accuracy]) -> float | None:
    share = sum(found.values(), Accuracy()).settled_share
    return None if share is None else 100 * share
