"""Lets go of old facts, in small slices, while everything goes on.

Each slice is a short transaction of its own, by primary keys in their order, so that nobody waits for it; a pass ends
at its deadline and the next one goes on where it stopped, because the rows themselves say what is left. What the
hourly figures have not counted yet is kept, whatever its age: no figure changes when its facts go.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.connectors.books_words import SHELVES
from integrations.models import (
    Batch,
    BookedRemoval,
    BookedStock,
    DryRun,
    DryRunLine,
    ErrorRecord,
    InboundEvent,
    Intent,
    Outcome,
    PartnerRequest,
    SuiteRun,
    SyncRun,
)
from integrations.sync.measures import PERIODS
from monitoring.models import (
    AlertEvent,
    AuditDifference,
    AuditedRecord,
    AuditRun,
    CallHour,
    DifferenceState,
    MissedWebhook,
    WebhookHour,
)
from monitoring.rollups import LOOK_BACK, complete_until, hour_of

# Rows of one transaction. Larger ones are no faster and make a webhook wait on SQLite.
SLICE = 200
# Every number of the longest period on a screen leads to its rows: they are kept at least so long.
SHOWN_DAYS = max(hours for _, hours in PERIODS.values()) // 24 + 1
# Between two slices others come on: on SQLite a writer that never pauses would be first in line each time.
PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Old:
    """Rows of one kind that are past their days. `values` set: they are emptied of these and kept; else deleted."""

    name: str
    rows: QuerySet[Any]
    order: str
    values: dict[str, Any] | None = None


@dataclass
class Pruned:
    """How many rows of each kind went, and whether some are left for the next pass."""

    counts: dict[str, int]
    is_done: bool


def prune(deadline: float, now: datetime | None = None) -> Pruned:
    """One pass, until nothing old is left or `deadline` (time.monotonic). Two at once do no harm."""
    counts: dict[str, int] = {}
    for old in _all_old(now or timezone.now()):
        for number in _slices(old, deadline):
            counts[old.name] = counts.get(old.name, 0) + number
        if time.monotonic() >= deadline:
            return Pruned(counts, is_done=False)
    return Pruned(counts, is_done=True)


def kept_since(now: datetime) -> datetime | None:
    """Outcomes from then on are all there still; None: all are."""
    days = settings.KEEP_OUTCOMES_DAYS
    return now - timedelta(days=max(days, SHOWN_DAYS)) if days > 0 else None


def _slices(old: Old, deadline: float) -> Iterator[int]:
    while time.monotonic() < deadline:
        ids = list(old.rows.order_by(old.order).values_list("pk", flat=True)[:SLICE])
        if ids:
            yield _let_go(old, ids)
        if len(ids) < SLICE:
            return
        time.sleep(PAUSE_SECONDS)


def _let_go(old: Old, ids: list[int]) -> int:
    """The condition is asked once more under the rows' locks: one that is in use again since is kept, and one that
    another pass has in hand is left to it."""
    model = old.rows.model
    with transaction.atomic():
        locked = old.rows.filter(pk__in=ids).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            locked = locked.select_for_update(skip_locked=True, of=("self",))
        mine = model.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))
        if old.values is not None:
            return int(mine.update(**old.values))
        _, by_model = mine.delete()
        return int(by_model.get(model._meta.label, 0))


def _all_old(now: datetime) -> Iterator[Old]:
    """Facts before what they belong to, so that no delete takes more with it than its slice."""
    counted_calls = CallHour.objects.filter(hour__lt=now - timedelta(days=SHOWN_DAYS))
    yield Old("counted calls", counted_calls, "hour")
    if (days := settings.KEEP_INTENTS_DAYS) > 0:
        yield Old("intents", _intents(now - timedelta(days=days)), "settled_at")
    if (days := settings.KEEP_OUTCOMES_DAYS) > 0:
        before = kept_since(now) or now
        yield Old("missed webhooks", MissedWebhook.objects.filter(changed_at__lt=before), "changed_at")
        yield Old("webhook ledger", WebhookHour.objects.filter(hour__lt=before), "hour")
        yield Old("outcomes", _outcomes(before), "recorded_at")
        # With each go the messages to a few channels.
        yield Old("alert events", AlertEvent.objects.filter(recovered_at__lt=before), "recovered_at")
        closed = AuditDifference.objects.filter(closed_at__lt=before).exclude(state=DifferenceState.OPEN)
        yield Old("closed differences", closed, "closed_at")
    if (days := settings.KEEP_BATCHES_DAYS) > 0:
        yield Old("batches", _batches(now - timedelta(days=days)), "settled_at")
    if (days := settings.KEEP_RUNS_DAYS) > 0:
        yield Old("runs", _runs(now - timedelta(days=days)), "finished_at")
        yield Old("comparisons", _comparisons(now - timedelta(days=days)), "finished_at")
    if (days := settings.KEEP_EVENTS_DAYS) > 0:
        before = now - timedelta(days=days)
        yield Old("events", InboundEvent.objects.filter(processed_at__lt=before), "processed_at")
    if (days := settings.KEEP_PARTNER_ANSWERS_DAYS) > 0:
        before = now - timedelta(days=days)
        yield Old("partner answers", PartnerRequest.objects.filter(created_at__lt=before), "created_at")
    if (days := settings.KEEP_ERROR_CONTENT_DAYS) > 0:
        content = {"payload": None, "evidence": None}
        yield Old("error contents", _errors(now - timedelta(days=days)), "settled_at", content)
        seen = DryRun.objects.filter(finished_at__lt=now - timedelta(days=days))
        yield Old("examples of dry runs", DryRunLine.objects.filter(dry_run__in=seen), "id")
        yield Old("dry runs", seen, "started_at")
        yield Old("sandbox suites", _suite_runs(now - timedelta(days=days)), "tried_at")
    if (days := settings.KEEP_BOOKS_DAYS) > 0:
        yield from _books(now - timedelta(days=days))


def _books(before: datetime) -> Iterator[Old]:
    """By when a row was told last. Stock is left alone: each of its rows is what is there now."""
    for shelf, model in SHELVES.items():
        if model is not BookedStock:
            yield Old(f"booked {shelf}", model._default_manager.filter(booked_at__lt=before), "booked_at")
    yield Old("removals from the books", BookedRemoval.objects.filter(booked_at__lt=before), "booked_at")


def _intents(before: datetime) -> QuerySet[Any]:
    """An error that points to one is a person's evidence, as long as it is open."""
    told = ErrorRecord.objects.filter(intent=OuterRef("pk"), settled_at__isnull=True)
    return Intent.objects.filter(settled_at__lt=before).exclude(Exists(told))


def _outcomes(before: datetime) -> QuerySet[Any]:
    """Never of an hour that a pass of the figures may count anew: it would be emptied with its facts."""
    counted = complete_until()
    if counted is None:
        return Outcome.objects.none()
    return Outcome.objects.filter(recorded_at__lt=min(before, hour_of(counted - LOOK_BACK)))


def _suite_runs(before: datetime) -> QuerySet[Any]:
    """A job's newest stays: a launch, and its page, go by it."""
    newer = SuiteRun.objects.filter(job=OuterRef("job"), is_of_draft=False, tried_at__gt=OuterRef("tried_at"))
    gone: QuerySet[Any] = SuiteRun.objects.filter(Q(is_of_draft=True) | Exists(newer), tried_at__lt=before)
    return gone


def _batches(before: datetime) -> QuerySet[Any]:
    return Batch.objects.filter(settled_at__lt=before)


def _runs(before: datetime) -> QuerySet[Any]:
    """Only those whose facts are gone: deleting a run would take its outcomes with it."""
    outcomes, batches = (model.objects.filter(run=OuterRef("pk")) for model in (Outcome, Batch))
    return SyncRun.objects.filter(finished_at__lt=before).exclude(Exists(outcomes)).exclude(Exists(batches))


def _comparisons(before: datetime) -> QuerySet[Any]:
    """Each audit's latest ones have their records still; the days' figures stay when theirs go."""
    return AuditRun.objects.filter(finished_at__lt=before).exclude(
        Exists(AuditedRecord.objects.filter(run=OuterRef("pk")))
    )


def _errors(before: datetime) -> QuerySet[Any]:
    """The sentence, the cause and who settled it are kept."""
    filled = Q(payload__isnull=False) | Q(evidence__isnull=False)
    return ErrorRecord.objects.filter(filled, settled_at__lt=before)
