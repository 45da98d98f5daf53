"""Groups the open ErrorRecords into Incidents by fingerprint. Run by the clock; running it twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, Sum
from django.utils import timezone

from integrations.models import ErrorRecord
from monitoring.models import Incident

# Incidents are written in groups, so that no write transaction is long.
GROUP = 100


@dataclass(frozen=True)
class Triaged:
    """What one pass found."""

    open: int
    opened: int
    reopened: int
    resolved: int


@dataclass
class _Cause:
    errors: int
    first: datetime
    last: datetime
    example: int
    stuck: dict[str, str] = field(default_factory=dict)


def triage(now: datetime | None = None) -> Triaged:
    """Opens, renews, resolves and reopens Incidents so that they agree with the open ErrorRecords."""
    moment = now or timezone.now()
    causes = _open_causes()
    known = {row.fingerprint: row for row in Incident.objects.filter(fingerprint__in=causes)}
    came_back = [mark for mark, row in known.items() if not row.is_open]
    marks = sorted(causes)
    for start in range(0, len(marks), GROUP):
        _store({mark: causes[mark] for mark in marks[start : start + GROUP]}, known)
    resolved = _resolve(causes, moment)
    return Triaged(len(causes), len(causes) - len(known), len(came_back), resolved)


def _open_causes() -> dict[str, _Cause]:
    open_errors = ErrorRecord.objects.filter(settled_at__isnull=True).order_by()
    causes: dict[str, _Cause] = {}
    for row in open_errors.values("fingerprint").annotate(
        errors=Count("id"), first=Min("first_seen_at"), last=Max("last_seen_at"), example=Max("id")
    ):
        causes[row["fingerprint"]] = _Cause(row["errors"], row["first"], row["last"], row["example"])
    with_money = open_errors.filter(amount__isnull=False).exclude(currency="")
    sums = with_money.values_list("fingerprint", "currency").annotate(total=Sum("amount"))
    for mark, currency, total in sums:
        if mark in causes:  # an error may have come in between the two questions
            causes[mark].stuck[currency] = _money(total)
    return causes


def _money(amount: Decimal) -> str:
    """The same text from every database: some keep the zeros at the end."""
    return format(amount.normalize(), "f")


def _store(causes: dict[str, _Cause], known: dict[str, Incident]) -> None:
    examples = (
        ErrorRecord.objects.select_related("job")
        .defer("evidence", "payload")
        .in_bulk([cause.example for cause in causes.values()])
    )
    totals = dict(
        ErrorRecord.objects.filter(fingerprint__in=causes)
        .order_by()
        .values_list("fingerprint")
        .annotate(number=Count("id"))
    )
    with transaction.atomic():
        for mark, cause in causes.items():
            example = examples.get(cause.example)
            if example is None:  # deleted meanwhile, with its job
                continue
            values = _values(cause, example, totals.get(mark, cause.errors))
            row = known.get(mark)
            if row is None:
                Incident.objects.create(fingerprint=mark, first_seen_at=cause.first, **values)
                continue
            if not row.is_open:
                values["reopened"] = F("reopened") + 1
            Incident.objects.filter(pk=row.pk).update(**values)


def _values(cause: _Cause, example: ErrorRecord, total: int) -> dict[str, Any]:
    return {
        "kind": example.kind,
        "code": example.code,
        "place": example.place,
        "field": example.field,
        "job_name": example.job.name if example.job else "",
        "sentence": example.sentence,
        "open_errors": cause.errors,
        "all_errors": total,
        "stuck": cause.stuck,
        "last_seen_at": cause.last,
        "resolved_at": None,
    }


def _resolve(causes: dict[str, _Cause], moment: datetime) -> int:
    gone = [
        pk
        for pk, mark in Incident.objects.filter(resolved_at__isnull=True).values_list("pk", "fingerprint")
        if mark not in causes
    ]
    return Incident.objects.filter(pk__in=gone).update(resolved_at=moment, open_errors=0, stuck={})
