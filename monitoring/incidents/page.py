"""What the page of one Incident shows: how many, what is at stake and by when, what to do, what was done before."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from integrations.admin.error_page import field_link, remedy_of
from integrations.admin.halts import Halt, failed_records, halt_of, is_halt
from integrations.admin.job_columns import KIND_COLOURS
from integrations.admin.record_pages import page_in, source_id_of
from integrations.models import ErrorRecord
from integrations.models.money_sum import MoneySum
from integrations.sync import own_cases
from integrations.sync.measures import promise_is_near, promise_is_past
from integrations.sync.retry import URGENT_FIRST, most_urgent
from integrations.templatetags.portal import money
from monitoring import links
from monitoring.incidents.decisions import ignored_until, open_errors
from monitoring.incidents.history import last_time
from monitoring.models import Incident

SHOWN_RECORDS = 10
SHOWN_NOTES = 50


def page_of(incident: Incident) -> dict[str, Any]:
    """Counted at this moment: the last triage may be a minute old."""
    mark = incident.fingerprint
    errors = open_errors(incident)
    number = errors.count()
    example = _example(incident)
    # The newest stand below one another in the order in which they happened.
    notes = list(incident.notes.select_related("by", "assignee").order_by("-at", "-id")[:SHOWN_NOTES])
    return {
        "incident": incident,
        "kind_colour": KIND_COLOURS[incident.get_kind_display()],
        "open": links.unsettled(number, fingerprint=mark),
        "all": links.errors(
            ErrorRecord.objects.filter(fingerprint=mark).count(), fingerprint=mark, open="all"
        ),
        "in_doubt": links.unsettled(errors.filter(place="in_doubt").count(), fingerprint=mark, doubt="yes"),
        "stuck": _stuck(errors, mark),
        "past": links.unsettled(
            errors.filter(promise_is_past("delivery__")).count(), fingerprint=mark, promised="past"
        ),
        "near": links.unsettled(
            errors.filter(promise_is_near("delivery__")).count(), fingerprint=mark, promised="near"
        ),
        "nearest": _nearest(errors),
        "records": _records(errors),
        "more": max(number - SHOWN_RECORDS, 0),
        "remedy": remedy_of(example) if example is not None else "",
        "halt": _halt(example) if number else None,
        "field_link": field_link(example) if example is not None else None,
        "system": _system(example),
        "before": last_time(incident),
        "notes": notes[::-1],
        "put_off": ignored_until(incident),
        "urgent_first": URGENT_FIRST,
    }


def _example(incident: Incident) -> ErrorRecord | None:
    """The newest, of those that are open where there are any."""
    rows = ErrorRecord.objects.filter(fingerprint=incident.fingerprint).defer("evidence", "payload")
    rows = rows.select_related("job__read_mapping", "job__write_mapping", "job__source", "connection")
    return rows.filter(settled_at__isnull=True).order_by("-id").first() or rows.order_by("-id").first()


def _halt(example: ErrorRecord | None) -> Halt | None:
    """With the incidents of the errors that let the job halt."""
    if example is None or example.job is None or not is_halt(example):
        return None
    marks = failed_records(example.job).order_by().values("fingerprint")
    found = Incident.objects.filter(fingerprint__in=marks).values_list("fingerprint", "pk")
    return halt_of(
        example, {mark: reverse("admin:monitoring_incident_change", args=[pk]) for mark, pk in found}
    )


def _stuck(errors: QuerySet[ErrorRecord], mark: str) -> list[links.Linked]:
    sums = (
        errors.filter(amount__isnull=False).exclude(currency="").order_by("currency").values_list("currency")
    )
    return [
        links.unsettled(number, money(Decimal(total), currency), fingerprint=mark, currency=currency)
        for currency, total, number in sums.annotate(total=MoneySum("amount"), number=Count("pk"))
    ]


def _nearest(errors: QuerySet[ErrorRecord]) -> datetime | None:
    first = errors.filter(delivery__promised_at__isnull=False).order_by("delivery__promised_at")
    moment: datetime | None = first.values_list("delivery__promised_at", flat=True).first()
    return moment


def _records(errors: QuerySet[ErrorRecord]) -> list[dict[str, Any]]:
    rows = (
        most_urgent(errors)
        .select_related("job__source", "delivery")
        .defer("evidence", "payload", "job__source__secrets")
        .annotate(source_id=source_id_of("job", "delivery__thing"), is_kept=own_cases.OF_A_RECORD)[
            :SHOWN_RECORDS
        ]
    )
    return [_record(row) for row in rows]


def _record(row: Any) -> dict[str, Any]:
    job = row.job
    return {
        "name": row.subject or "All of it",
        "href": reverse("admin:integrations_errorrecord_change", args=[row.pk]),
        "worth": money(row.amount, row.currency) if row.amount is not None else "–",
        "promised": row.delivery.promised_at if row.delivery is not None else None,
        "last_seen_at": row.last_seen_at,
        "case": reverse("admin:integrations_errorrecord_make_case", args=[row.pk]) if row.is_kept else "",
        "source": job.source.name if job is not None else "",
        "page": page_in(job.source, job.source_resource, row.source_id) if job is not None else "",
    }


def _system(example: ErrorRecord | None) -> tuple[str, str] | None:
    """The connection that it happened with, and its page."""
    if example is None or example.connection is None:
        return None
    address = reverse("admin:integrations_connection_change", args=[example.connection_id])
    return example.connection.name, address
