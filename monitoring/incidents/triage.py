"""Groups the open ErrorRecords into Incidents by fingerprint. Run by the clock; running it twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min
from django.utils import timezone

from integrations.models import NOT_PUT_OFF, ErrorRecord
from integrations.models.money_sum import MoneySum
from monitoring.models import Incident, IncidentDeed, IncidentNote

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
    promised: datetime | None = None
    stuck: dict[str, str] = field(default_factory=dict)


def triage(now: datetime | None = None) -> Triaged:
    """Opens, renews, resolves and reopens Incidents so that they agree with the open ErrorRecords."""
    moment = now or timezone.now()
    causes = _open_causes()
    known = {row.fingerprint: row for row in Incident.objects.filter(fingerprint__in=causes)}
    came_back = [mark for mark, row in known.items() if not row.is_open]
    marks = sorted(causes)
    for start in range(0, len(marks), GROUP):
        _store({mark: causes[mark] for mark in marks[start : start + GROUP]}, known, moment)
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
    sums = with_money.values_list("fingerprint", "currency").annotate(total=MoneySum("amount"))
    for mark, currency, total in sums:
        if mark in causes:  # an error may have come in between the two questions
            causes[mark].stuck[currency] = _money(total)
    promised = open_errors.filter(delivery__promised_at__isnull=False).values_list("fingerprint")
    for mark, nearest in promised.annotate(nearest=Min("delivery__promised_at")):
        if mark in causes:
            causes[mark].promised = nearest
    return causes


def _money(amount: Decimal) -> str:
    """The same text from every database: some keep the zeros at the end."""
    return format(amount.normalize(), "f")


def _store(causes: dict[str, _Cause], known: dict[str, Incident], moment: datetime) -> None:
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
                _note(row, IncidentDeed.REOPENED, moment)
            elif row.put_off_since is not None and not row.is_put_off_at(moment, cause.errors):
                values |= NOT_PUT_OFF
                _note(row, IncidentDeed.TAKE_UP, moment, cause.errors)
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
        "promised_at": cause.promised,
        "last_seen_at": cause.last,
        "resolved_at": None,
    }


def _resolve(causes: dict[str, _Cause], moment: datetime) -> int:
    gone = [
        row
        for row in Incident.objects.filter(resolved_at__isnull=True).only("pk", "fingerprint")
        if row.fingerprint not in causes
    ]
    over: dict[str, Any] = {
        "resolved_at": moment,
        "open_errors": 0,
        "stuck": {},
        "promised_at": None,
        **NOT_PUT_OFF,
    }
    for start in range(0, len(gone), GROUP):
        group = gone[start : start + GROUP]
        with transaction.atomic():
            Incident.objects.filter(pk__in=[row.pk for row in group]).update(**over)
            for row in group:
                _note(row, IncidentDeed.RESOLVED, moment)
    return len(gone)


def _note(incident: Incident, deed: IncidentDeed, moment: datetime, records: int | None = None) -> None:
    IncidentNote.objects.create(incident=incident, deed=deed, at=moment, records=records)
