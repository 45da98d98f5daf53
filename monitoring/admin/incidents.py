"""Incidents: one row per cause, however many records it hit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from integrations.admin.frame import FactsAdmin, QuickView, display
from integrations.admin.job_columns import KIND_COLOURS, counted, rows_url
from integrations.admin.questions import Question
from integrations.models import ErrorRecord, Kind
from integrations.templatetags.portal import ago, money
from monitoring.models import Incident


class StillOpen(Question):
    title = "Still open?"
    parameter_name = "open"
    answers = (
        ("open", "Open", Q(resolved_at__isnull=True)),
        ("resolved", "Resolved", Q(resolved_at__isnull=False)),
        ("back", "Came back after it was gone", Q(reopened__gt=0)),
        ("all", "All", Q()),
    )


class WhoseFault(Question):
    title = "Whose fault?"
    parameter_name = "kind"
    answers = (("all", "All", Q()), *((value, label, Q(kind=value)) for value, label in Kind.choices))


@admin.register(Incident)
class IncidentAdmin(FactsAdmin):
    list_display = (
        "what_happens",
        "kind_label",
        "job_name",
        "open_count",
        "stuck_value",
        "since",
        "last_seen",
    )
    list_display_links = None
    empty_title = "No open incidents"
    empty_text = "Errors of one cause stand here as one row."
    list_filter = (StillOpen, WhoseFault)
    ordering = ("-open_errors", "-last_seen_at")
    quick_views = (
        QuickView("Open", ""),
        QuickView("Came back", "open=back"),
        QuickView("Resolved", "open=resolved"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """Counted at this moment: the last triage may be a minute old, and the number leads to its rows."""
        rows: QuerySet[Incident] = super().get_queryset(request)
        open_now = (
            ErrorRecord.objects.filter(fingerprint=OuterRef("fingerprint"), settled_at__isnull=True)
            .order_by()
            .values("fingerprint")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return rows.annotate(open_now=Coalesce(Subquery(open_now), 0))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """An incident's page is the list of its errors."""
        incident = self.object_for(request, object_id, "view")
        return HttpResponseRedirect(rows_url("errorrecord", fingerprint=incident.fingerprint, open="all"))

    @display("What happens", ordering="sentence")
    def what_happens(self, row: Any) -> str:
        url = rows_url("errorrecord", fingerprint=row.fingerprint, open="all")
        return format_html('<a class="portal-sentence" href="{}">{}</a>', url, row.sentence)

    @display("Whose fault", ordering="kind", label=KIND_COLOURS)
    def kind_label(self, row: Incident) -> str:
        return row.get_kind_display()

    @display("Open errors", ordering="open_now")
    def open_count(self, row: Any) -> str:
        return counted(row.open_now, rows_url("errorrecord", fingerprint=row.fingerprint))

    @display("Value stuck")
    def stuck_value(self, row: Incident) -> str:
        return (
            ", ".join(money(Decimal(amount), currency) for currency, amount in sorted(row.stuck.items()))
            or "–"
        )

    @display("Since", ordering="first_seen_at")
    def since(self, row: Incident) -> str:
        if row.reopened:
            return format_html("{}<br>came back", ago(row.first_seen_at))
        return ago(row.first_seen_at)

    @display("Last seen", ordering="last_seen_at")
    def last_seen(self, row: Incident) -> str:
        return ago(row.last_seen_at)
