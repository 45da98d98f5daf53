"""Did it help? Each workflow's figures: before, now, and as they should be."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from integrations.admin.frame import Crumb, FactsAdmin, display
from integrations.sync import launch
from integrations.templatetags.portal import ago
from monitoring.models import WorkflowResult
from monitoring.workflows import page


@admin.register(WorkflowResult)
class WorkflowResultAdmin(FactsAdmin):
    row_names = ("workflow", "workflows")
    list_display = ("result_link", "problem", "owner", "verdict_label", "launched", "measured")
    list_display_links = None
    list_select_related = ("verdict",)
    search_fields = ("name", "problem", "owner")
    ordering = ("name",)
    empty_title = "No workflows yet"
    empty_text = "A workflow says which pain it removes and how that is seen. Begin with a template."

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The page shows figures: whoever may see workflows and facts may see it."""
        return request.user.has_perms(["integrations.view_workflow", "integrations.view_outcome"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowResult]:
        rows: QuerySet[WorkflowResult] = super().get_queryset(request)
        return rows.select_related("verdict")

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        workflow = self.object_for(request, object_id, "view")
        now = timezone.now()
        found = page.lines(workflow, now)
        return self.page(
            request,
            "monitoring/workflow.html",
            f"Did it help? {workflow.name}",
            original=Crumb(workflow, workflow.name),
            workflow=workflow,
            judged_lines=[line for line in found if line.target],
            other_lines=[line for line in found if not line.target],
            judged=sum(bool(line.target) for line in found),
            met=sum(line.tone == "good" for line in found),
            as_of=now,
            waiting=launch.waiting_jobs(workflow),
            edit_url=reverse("admin:integrations_workflow_change", args=[workflow.pk]),
        )

    @display("Workflow", ordering="name")
    def result_link(self, row: WorkflowResult) -> str:
        url = reverse("admin:monitoring_workflowresult_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, row.name)

    @display("Targets", ordering="verdict__met", label={"All met": "success", "No target": "primary"})
    def verdict_label(self, row: Any) -> str:
        verdict = getattr(row, "verdict", None)
        return str(verdict) if verdict is not None else "Not measured yet"

    @display("Launched", ordering="launched_at")
    def launched(self, row: WorkflowResult) -> str:
        return ago(row.launched_at) if row.launched_at else "not yet"

    @display("Measured", ordering="verdict__as_of")
    def measured(self, row: Any) -> str:
        verdict = getattr(row, "verdict", None)
        return ago(verdict.as_of) if verdict is not None else "–"
