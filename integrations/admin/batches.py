"""Batches: what waits to be delivered, and who has it in hand. For whoever wonders why nothing moves."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from integrations.models import Batch
from integrations.templatetags.portal import ago

from .frame import FactsAdmin, QuickView, display
from .questions import Question, WhichJob


class IsItDone(Question):
    title = "Is it done?"
    parameter_name = "done"
    answers = (
        ("open", "Not yet", Q(settled_at__isnull=True)),
        ("held", "In a worker's hands", Q(settled_at__isnull=True, lease_until__isnull=False)),
        ("settled", "Settled", Q(settled_at__isnull=False)),
        ("all", "All", Q()),
    )


@admin.register(Batch)
class BatchAdmin(FactsAdmin):
    list_display = ("batch", "job", "size", "priority", "attempts", "lease_holder", "lease", "due", "made")
    list_filter = (IsItDone, WhichJob)
    empty_title = "Nothing waits"
    empty_text = "All that came in is settled."
    list_select_related = ("job",)
    ordering = ("-id",)
    narrowed_by = {"run": "Run"}
    exclude = ("payloads", "lease_token")
    quick_views = (
        QuickView("Open", ""),
        QuickView("In a worker's hands", "done=held"),
        QuickView("All", "done=all"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        rows: QuerySet[Batch] = super().get_queryset(request)
        return rows.defer("payloads")

    @display("Batch", ordering="id")
    def batch(self, row: Batch) -> str:
        return str(row)

    @display("Lease until", ordering="lease_until")
    def lease(self, row: Batch) -> str:
        return ago(row.lease_until)

    @display("Due", ordering="not_before")
    def due(self, row: Batch) -> str:
        return ago(row.not_before) if row.not_before else "now"

    @display("Came in", ordering="created_at")
    def made(self, row: Batch) -> str:
        return ago(row.created_at)
