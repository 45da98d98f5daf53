"""Errors: understood in the list, settled with one click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from integrations.models import Decision, ErrorRecord, Judgement
from integrations.sync import put_off
from integrations.templatetags.portal import ago, money, promised_hour

from . import stuck_money
from .error_actions import ErrorActions
from .error_filters import (
    OPEN_ONES,
    ErrorsOfSystem,
    InDoubt,
    LeftByRun,
    PromisedWhen,
    SeenWhen,
    StillOpen,
    StuckMoney,
    WhoHasIt,
    WhoseFault,
)
from .error_page import is_on_its_way, page_of
from .frame import Crumb, QuickView, display
from .job_columns import KIND_COLOURS
from .questions import FromSystem, ToSystem, WhichJob, WhichSystem
from .record_pages import below, link_to_source, source_id_of


@admin.register(ErrorRecord)
class ErrorRecordAdmin(ErrorActions):
    row_names = ("error", "errors")
    list_display = (
        "what_happened",
        "kind_label",
        "job_and_source",
        "value",
        "promised",
        "last_seen",
        "who_has_it",
    )
    list_filter = (
        StillOpen,
        WhoseFault,
        WhichJob,
        InDoubt,
        WhoHasIt,
        StuckMoney,
        PromisedWhen,
        WhichSystem,
        SeenWhen,
        LeftByRun,
        ErrorsOfSystem,
        FromSystem,
        ToSystem,
    )
    empty_title = "No open errors"
    empty_text = "Nothing needs a person at this moment."
    search_fields = ("subject", "sentence")
    search_help_text = "Order number or words of the sentence"
    ordering = ("-last_seen_at", "-id")
    money_column = "value"
    narrowed_by = {
        "run": "Run",
        "left_by": "Left by run",
        "fingerprint": "Cause",
        "delivery": "Record",
        "code": "Code",
        "job__isnull": "Without a job",
        "delivery__isnull": "Of a record",
        "job__workflow": "Workflow",
    }
    change_form_template = "admin/integrations/errorrecord/page.html"
    quick_views = (
        QuickView("Open", ""),
        QuickView("In doubt", "doubt=yes"),
        QuickView("Mine", "assigned=me"),
        QuickView("Nobody's", "assigned=nobody"),
        QuickView("Ignored for now", "open=put_off"),
        QuickView("Settled", "open=settled"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ErrorRecord]:
        rows: QuerySet[ErrorRecord] = super().get_queryset(request)
        newest = Judgement.objects.filter(error=OuterRef("pk"), decision=Decision.ASSIGN).order_by("-id")
        return (
            rows.select_related("job__source", "connection")
            .defer("evidence", "payload", "job__source__secrets")
            .annotate(
                assigned_to=Subquery(newest.values("assignee__username")[:1]),
                record_state=F("delivery__state"),
                promised_at=F("delivery__promised_at"),
                source_id=source_id_of("job", "delivery__thing"),
            )
        )

    def money_of(self, request: HttpRequest, rows: QuerySet[ErrorRecord]) -> list[stuck_money.InCurrency]:
        """Of open ones: what is settled is not stuck, and may be a million rows."""
        return stuck_money.of_errors(rows) if request.GET.get("open", "open") in OPEN_ONES else []

    def by_money(self, money: Sequence[stuck_money.InCurrency], descending: bool) -> list[Any]:
        return stuck_money.by_amount(money, descending)

    # --- the list ---------------------------------------------------------------------------------------------

    @display("What happened", ordering="sentence")
    def what_happened(self, row: Any) -> str:
        told = format_html('<span class="portal-sentence">{}</span>', row.sentence)
        if is_on_its_way(row, row.record_state):
            told = format_html('{}<span class="portal-again">On its way again</span>', told)
        if row.is_put_off:
            told = format_html('{}<span class="portal-again">{}</span>', told, put_off.words(row))
        return told

    @display("Job", ordering="job__name")
    def job_and_source(self, row: Any) -> str:
        """Where the record itself is to be mended stands with the job that carries it."""
        return below(row.job or "–", link_to_source(row.job, row.source_id))

    @display("Promised", ordering="promised_at")
    def promised(self, row: Any) -> str:
        return promised_hour(row.promised_at)

    @display("Kind", ordering="kind", label=KIND_COLOURS)
    def kind_label(self, row: ErrorRecord) -> str:
        return row.get_kind_display()

    @display("Value", ordering="amount", most_first=True)
    def value(self, row: ErrorRecord) -> str:
        worth = money(row.amount, row.currency) if row.amount is not None else "–"
        return format_html('<span class="portal-amount">{}</span>', worth)

    @display("Last seen", ordering="last_seen_at", most_first=True)
    def last_seen(self, row: ErrorRecord) -> str:
        return ago(row.last_seen_at)

    @display("Who has it", ordering="assigned_to")
    def who_has_it(self, row: Any) -> str:
        return row.assigned_to or "–"

    # --- the page ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        edit = path(
            "<path:object_id>/edit/",
            self.admin_site.admin_view(self.edit_view),
            name="integrations_errorrecord_edit",
        )
        return [edit, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        error = self.error(request, object_id, "view")
        shown = page_of(error, self.has_retry_permission(request, error))
        shown["original"] = Crumb(error, error.subject or "Error")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
