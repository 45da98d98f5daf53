"""Colours, questions and links of the audits' pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html

from integrations.admin.questions import Question, RowQuestion
from integrations.models import Connection
from integrations.sync import stock
from integrations.templatetags.portal import percent
from monitoring.accuracy_figures import latest_runs
from monitoring.models import Audit, AuditDifference, Cause, DifferenceState, Verdict

CAUSE_COLOURS = {
    Cause.IN_FLIGHT.label: "info",
    Cause.MISSED_WEBHOOK.label: "warning",
    Cause.WRITTEN_PAST.label: "danger",
    Cause.MAPPING.label: "primary",
    Cause.HELD.label: "warning",
    Cause.UNKNOWN.label: "danger",
}
RUN_COLOURS = {
    "Running": "info",
    "Finished": "success",
    "Could not be done": "danger",
    "Cancelled": "warning",
}
VERDICT_COLOURS = {"Agrees": "success", "Differs": "danger", "Left out by the job": "info"}
STATE_COLOURS = {"Open": "warning", "Repaired": "success", "Gone by itself": "success"}


def audit_rows_url(model: str, **query: object) -> str:
    address = reverse(f"admin:monitoring_{model}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def share_of(share: float | None) -> str:
    """Per cent on one line, however narrow its column."""
    return format_html('<span class="portal-share">{}</span>', percent(share))


def what_differs(row: AuditDifference) -> str:
    """The record and where it lies, with a link to its page."""
    url = reverse("admin:monitoring_auditdifference_change", args=[row.pk])
    place = f" · {row.location}" if row.location else ""
    return format_html(
        '<span><a class="portal-share" href="{}">{}</a><br><span class="portal-quiet">{}</span></span>',
        url,
        row.subject,
        f"{row.field or 'the whole record'}{place}",
    )


class IsItOpen(Question):
    """Open ones first: the list is a queue of work."""

    title = "Still open?"
    parameter_name = "state"
    answers = (
        ("open", "Open", Q(state=DifferenceState.OPEN)),
        ("repaired", "Repaired", Q(state=DifferenceState.REPAIRED)),
        ("gone", "Gone by itself", Q(state=DifferenceState.GONE)),
        ("all", "All", Q()),
    )


class Why(Question):
    title = "Why does it differ?"
    parameter_name = "cause"
    answers = (
        ("all", "All", Q()),
        ("settled", "Not in flight", ~Q(cause=Cause.IN_FLIGHT)),
        *((value, label, Q(cause=value)) for value, label in Cause.choices),
    )


class WhatKind(Question):
    title = "Of what?"
    parameter_name = "kind"
    answers = (
        ("all", "All", Q()),
        ("stock", "Stock", Q(audit__job__kind=stock.KIND)),
        ("prices", "Prices", Q(audit__job__kind="variant")),
        ("orders", "Orders", Q(audit__job__kind="order")),
        ("tracking", "Shipments", Q(audit__job__kind="shipment")),
    )


class WhichAudit(RowQuestion):
    title = "Which audit?"
    parameter_name = "audit"

    def rows(self, request: Any) -> list[tuple[int, str]]:
        return list(Audit.objects.values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(audit_id=pk)


class WhichChannel(RowQuestion):
    title = "In which system?"
    parameter_name = "channel"

    def rows(self, request: Any) -> list[tuple[int, str]]:
        audited = Audit.objects.values("job__destination")
        return list(Connection.objects.filter(pk__in=audited).values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(audit__job__destination_id=pk)


class WhatWasFound(Question):
    title = "What was found?"
    parameter_name = "verdict"
    answers = (
        ("all", "All", Q()),
        ("compared", "Compared", ~Q(verdict=Verdict.LEFT_OUT)),
        ("agrees", "Agrees", Q(verdict=Verdict.AGREES)),
        ("at_rest", "Compared, not in flight", ~Q(verdict=Verdict.LEFT_OUT) & ~Q(cause=Cause.IN_FLIGHT)),
        ("differs", "Differs", Q(verdict=Verdict.DIFFERS)),
        ("in_flight", "Differs, in flight", Q(verdict=Verdict.DIFFERS, cause=Cause.IN_FLIGHT)),
        ("settled", "Differs, not in flight", Q(verdict=Verdict.DIFFERS) & ~Q(cause=Cause.IN_FLIGHT)),
        ("left_out", "Left out", Q(verdict=Verdict.LEFT_OUT)),
    )


class OfWhichRuns(Question):
    title = "Of which comparison?"
    parameter_name = "latest"
    answers = (
        ("all", "All that are kept", Q()),
        ("yes", "The latest of each audit", lambda _: Q(run__in=latest_runs())),
        ("stock", "The latest of stock", lambda _: Q(run__in=latest_runs(stock.KIND))),
    )
