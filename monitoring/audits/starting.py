"""Begins comparisons: by their schedule, by a person or the command, and after a repair."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from integrations.sync import shared_clock
from integrations.sync.doorbell import ring
from monitoring.models import Audit, AuditDifference, AuditDoor, AuditRun, DifferenceState

from .auditor import BELL


class NotPossible(Exception):
    """Why it cannot begin, in a sentence."""


def begin(
    audit: Audit,
    door: AuditDoor,
    *,
    sample_percent: int | None = None,
    ids: Sequence[str] | None = None,
) -> AuditRun:
    """Opens a run and rings for it. One audit compares once at a time. Raises NotPossible."""
    for connection in (audit.job.source, audit.job.destination):
        if not connection.enabled:
            raise NotPossible(f"The connection {connection.name} is switched off. Switch it on first.")
    now = shared_clock.now()
    try:
        with transaction.atomic():
            run = AuditRun.objects.create(
                audit=audit,
                door=door,
                asked=None if ids is None else {"ids": list(ids)},
                sample_percent=sample_percent or (audit.sample_percent if ids is None else 100),
                # No secret: it only makes each sample another one.
                seed=secrets.token_hex(8),
                started_at=now,
                moved_at=now,
            )
            ring(BELL, run.pk)
    except IntegrityError:
        raise NotPossible(f"{audit.name} is comparing already. Wait until it is done.") from None
    return run


def look() -> None:
    """Once a minute: what is due begins, what lost its worker is rung for again, what was repaired is read back."""
    now = shared_clock.now()
    for run in AuditRun.objects.filter(finished_at__isnull=True).filter(
        Q(goes_on_at__isnull=True) | Q(goes_on_at__lte=now)
    ):
        ring(BELL, run.pk)
    for audit in due(now):
        if _take(audit, now):
            _begin_quietly(audit, AuditDoor.SCHEDULE)
    read_back()


def due(now: datetime) -> list[Audit]:
    rows = Audit.objects.filter(enabled=True, every_minutes__gt=0).select_related(
        "job__source", "job__destination"
    )
    hour = timezone.localtime(now).hour
    return [
        audit
        for audit in rows.filter(Q(next_at__isnull=True) | Q(next_at__lte=now))
        if audit.at_hour in (None, hour)
    ]


def _take(audit: Audit, now: datetime) -> bool:
    """By conditional UPDATE: of two hosts that look at the same moment, one begins it."""
    untouched = Audit.objects.filter(pk=audit.pk, next_at=audit.next_at)
    return bool(untouched.update(next_at=following(audit, now)))


def following(audit: Audit, now: datetime) -> datetime:
    """When it is due again after a beginning now."""
    after = now + timedelta(minutes=audit.every_minutes)
    if audit.at_hour is None:
        return after
    at = timezone.localtime(after).replace(hour=audit.at_hour, minute=0, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def _begin_quietly(audit: Audit, door: AuditDoor, ids: Sequence[str] | None = None) -> None:
    """One that cannot begin now is due again by its rhythm."""
    try:
        begin(audit, door, ids=ids)
    except NotPossible:
        return


def read_back() -> int:
    """Compares anew what a repair has delivered, so that it closes without waiting for the next whole comparison."""
    waiting = AuditDifference.objects.filter(
        state=DifferenceState.OPEN, repair_asked_at__isnull=False, repair_run__finished_at__isnull=False
    )
    audits = Audit.objects.filter(differences__in=waiting).select_related("job__source", "job__destination")
    begun = 0
    for audit in audits.distinct():
        ids = list(waiting.filter(audit=audit).values_list("external_id", flat=True).distinct())
        _begin_quietly(audit, AuditDoor.READ_BACK, ids)
        begun += 1
    return begun
