"""Incidents: one row per cause, however many records it hit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    DecimalField,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import Truncator

from integrations.admin import stuck_money
from integrations.admin.error_filters import StuckMoney
from integrations.admin.frame import Crumb, QuickView, display
from integrations.admin.job_columns import counted, rows_url
from integrations.admin.questions import Question
from integrations.admin.record_pages import below
from integrations.models import ErrorRecord, Kind
from integrations.templatetags.portal import ago, money, promised_hour
from monitoring.incidents import decisions
from monitoring.incidents.page import page_of
from monitoring.models import ASKS_FOR_A_PERSON, EACH_IS_PUT_OFF, STANDS_AS_IGNORED, Incident

from .incident_actions import IncidentActions

# No hour was promised: after all that were.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
AT_ONCE = 500
# By so many currencies the list is sorted, one after the other.
SORTED_BY = 8


class StillOpen(Question):
    title = "Still open?"
    parameter_name = "open"
    answers = (
        ("open", "Open", ASKS_FOR_A_PERSON),
        ("put_off", "Ignored for now", STANDS_AS_IGNORED),
        ("resolved", "Resolved", Q(resolved_at__isnull=False)),
        ("back", "Came back after it was gone", Q(reopened__gt=0)),
        ("all", "All", Q()),
    )


class WhoseFault(Question):
    title = "What kind of failure?"
    parameter_name = "kind"
    answers = (("all", "All", Q()), *((value, label, Q(kind=value)) for value, label in Kind.choices))


class WhoHasIt(Question):
    title = "Who has it?"
    parameter_name = "assigned"
    answers = (
        ("all", "All", Q()),
        ("me", "I", lambda request: Q(assignee=request.user.pk)),
        ("nobody", "Nobody", Q(assignee__isnull=True)),
    )


class StuckMoneyOfCause(StuckMoney):
    with_money = ~Q(stuck={})

    def in_currency(self, currency: str) -> Q:
        return Q(stuck__has_key=currency)


@admin.register(Incident)
class IncidentAdmin(IncidentActions):
    list_display = (
        "what_happens",
        "open_count",
        "stuck_value",
        "promised",
        "seen",
        "who_has_it",
    )
    list_filter = (StillOpen, WhoseFault, WhoHasIt, StuckMoneyOfCause)
    list_select_related = ("assignee",)
    search_fields = ("sentence", "job_name")
    search_help_text = "Words of the sentence, or a job"
    empty_title = "No open incidents"
    empty_text = "Errors of one cause stand here as one row."
    ordering = ("-open_errors", "-last_seen_at")
    money_column = "stuck_value"
    change_form_template = "admin/monitoring/incident/page.html"
    quick_views = (
        QuickView("Open", ""),
        QuickView("Mine", "assigned=me"),
        QuickView("Nobody's", "assigned=nobody"),
        QuickView("Came back", "open=back"),
        QuickView("Ignored for now", "open=put_off"),
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
        return rows.annotate(
            each_is_put_off=ExpressionWrapper(EACH_IS_PUT_OFF, BooleanField()),
            open_now=Coalesce(Subquery(open_now), 0),
            promised_first=Coalesce("promised_at", Value(NEVER, DateTimeField())),
        )

    def money_of(self, request: HttpRequest, rows: QuerySet[Incident]) -> list[stuck_money.InCurrency]:
        stuck = rows.order_by().exclude(stuck={}).values_list("stuck", flat=True)
        return stuck_money.of_texts(stuck.iterator(chunk_size=AT_ONCE))

    def by_money(self, money: Sequence[stuck_money.InCurrency], descending: bool) -> list[Any]:
        """By the currency of most causes, then by the next: what has none of the first comes after all that has."""
        amount = DecimalField(max_digits=24, decimal_places=4)
        return [
            OrderBy(Cast(KT(f"stuck__{one.currency}"), amount), descending=descending, nulls_last=True)
            for one in money[:SORTED_BY]
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        incident = self.object_for(request, object_id, "view")
        shown = {
            **page_of(incident),
            "title": "Incident",
            "original": Crumb(incident, Truncator(incident.sentence).chars(60)),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    @display("What happens", ordering="sentence")
    def what_happens(self, row: Any) -> str:
        told = format_html(
            '<span class="portal-sentence">{}</span><span class="portal-quiet">{}</span>',
            row.sentence,
            " · ".join(filter(None, (row.job_name, row.get_kind_display()))),
        )
        ignored = decisions.ignored_until(row, each_is_put_off=row.each_is_put_off)
        if ignored:
            return format_html('{} <span class="portal-again">{}</span>', told, ignored)
        if row.is_open and row.reopened:
            return format_html('{} <span class="portal-again">It came back</span>', told)
        return told

    @display("Open errors", ordering="open_errors", most_first=True)
    def open_count(self, row: Any) -> str:
        return counted(row.open_now, rows_url("errorrecord", fingerprint=row.fingerprint, open="unsettled"))

    @display("Value stuck", ordering="stuck", most_first=True)
    def stuck_value(self, row: Incident) -> str:
        return (
            ", ".join(money(Decimal(amount), currency) for currency, amount in sorted(row.stuck.items()))
            or "–"
        )

    @display("Promised first", ordering="promised_first")
    def promised(self, row: Incident) -> str:
        return promised_hour(row.promised_at)

    @display("Last seen", ordering="last_seen_at", most_first=True)
    def seen(self, row: Incident) -> str:
        return below(ago(row.last_seen_at), format_html("since {}", ago(row.first_seen_at)))

    @display("Who has it", ordering="assignee__username")
    def who_has_it(self, row: Incident) -> str:
        return str(row.assignee or "–")
