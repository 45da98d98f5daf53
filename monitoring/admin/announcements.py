"""Shipped, not announced: each row says what to do, and leads to where it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from integrations.admin.bulk import bulk_action
from integrations.admin.frame import FactsAdmin, QuickView, display
from integrations.admin.questions import Question, WhichJob
from integrations.admin.record_pages import below, link_to_source, source_id_of
from integrations.models import ErrorRecord
from integrations.sync import missing_parcels, shared_clock
from integrations.templatetags.portal import ago
from monitoring.announcements import (
    announcing_jobs,
    is_without_number,
    is_without_parcel,
    not_told,
    unannounced,
    what_to_do,
    without_number,
    without_parcel,
)
from monitoring.models import UnannouncedParcel


class WhatIsMissing(Question):
    title = "What is missing?"
    parameter_name = "missing"
    answers = (
        ("all", "All", Q()),
        ("news", "Nobody was told", lambda request: not_told(announcing_jobs(), shared_clock.now())),
        (
            "number",
            "No tracking number",
            lambda request: without_number(announcing_jobs(), shared_clock.now()),
        ),
        (
            "parcel",
            "No parcel known",
            lambda request: without_parcel(announcing_jobs(), shared_clock.now()),
        ),
    )


@admin.register(UnannouncedParcel)
class UnannouncedParcelAdmin(FactsAdmin):
    row_names = ("row", "rows")
    list_display = ("parcel", "missing", "to_do", "job_link", "known_since")
    list_display_links = None
    actions = ("no_parcel_is_coming",)
    list_filter = (WhatIsMissing, WhichJob)
    ordering = ("thing__created_at", "id")
    empty_title = "Everybody was told"
    empty_text = (
        "Here stands a parcel that has left and that the shop or the mailing tool was not told of in time, and an "
        "order that the shop calls shipped while no parcel of it is known."
    )
    search_fields = ("subject",)
    search_help_text = "Number of the shipment or of the order"
    quick_views = (
        QuickView("All", ""),
        QuickView("Nobody was told", "missing=news"),
        QuickView("No tracking number", "missing=number"),
        QuickView("No parcel known", "missing=parcel"),
    )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may see records may see which of them are late."""
        return request.user.has_perm("integrations.view_delivery")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnannouncedParcel]:
        open_error = ErrorRecord.objects.filter(delivery=OuterRef("pk"), settled_at__isnull=True)
        late = unannounced().values("pk")
        rows: QuerySet[UnannouncedParcel] = super().get_queryset(request)
        return (
            rows.filter(pk__in=late)
            .select_related("job__source", "job__destination", "thing")
            .defer("job__source__secrets", "job__destination__secrets")
            .annotate(
                error_id=Subquery(open_error.values("pk")[:1]),
                error_sentence=Subquery(open_error.values("sentence")[:1]),
                source_id=source_id_of("job", "thing"),
            )
        )

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """It has no page of its own: the record's tells all of it."""
        row = self.object_for(request, object_id, "view")
        return HttpResponseRedirect(reverse("admin:integrations_delivery_change", args=[row.pk]))

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.change_delivery")

    @bulk_action(
        "No parcel is coming",
        permission="settle",
        text="Handed over in person, say. Orders that the shop calls shipped are not listed any more. Parcels that "
        "nobody was told of stay.",
        button="No parcel is coming",
    )
    def no_parcel_is_coming(self, request: HttpRequest, rows: QuerySet[UnannouncedParcel], form: Any) -> str:
        orders = [row for row in rows if is_without_parcel(row)]
        missing_parcels.expect_none([row.thing_id for row in orders])
        for row in orders:
            self.log_change(request, row, "Said that no parcel is coming.")
        stay = len(rows) - len(orders)
        kept = f" {stay} stay: a parcel of them is known." if stay else ""
        return f"{len(orders)} taken off the list.{kept}"

    @display("Parcel or order", ordering="subject")
    def parcel(self, row: Any) -> str:
        url = reverse("admin:integrations_delivery_change", args=[row.pk])
        named = format_html('<a class="portal-here" href="{}">{}</a>', url, row)
        return below(named, link_to_source(row.job, row.source_id))

    @display("What is missing")
    def missing(self, row: UnannouncedParcel) -> str:
        if is_without_parcel(row):
            return "Called shipped, and no parcel is known"
        if is_without_number(row):
            return "No tracking number"
        return f"{row.job.destination.name} was not told"

    @display("What to do")
    def to_do(self, row: Any) -> str:
        told = format_html(
            '<span class="portal-sentence">{}</span>', what_to_do(row, row.error_sentence or "")
        )
        if row.error_id is None:
            return told
        url = reverse("admin:integrations_errorrecord_change", args=[row.error_id])
        return below(told, format_html('<a class="portal-here" href="{}">Settle the error</a>', url))

    @display("Job", ordering="job__name")
    def job_link(self, row: UnannouncedParcel) -> str:
        url = reverse("admin:integrations_syncjob_change", args=[row.job_id])
        return format_html('<a class="portal-here" href="{}">{}</a>', url, row.job)

    @display("Known since", ordering="thing__created_at")
    def known_since(self, row: UnannouncedParcel) -> str:
        return ago(row.called_shipped_at or row.thing.created_at)
