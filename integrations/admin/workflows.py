"""Workflows: the business problem, and the jobs that solve it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.models import SyncJob, Workflow

from .frame import FactsInline, PortalAdmin, display
from .job_columns import STATE_COLOURS, counted, rows_url
from .starting import may_start, shelf_view, start_view


class JobsOfWorkflow(FactsInline):
    model = SyncJob
    verbose_name_plural = "Jobs of this workflow"
    fields = ("job_link", "source", "destination", "state_label")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncJob]:
        rows: QuerySet[SyncJob] = super().get_queryset(request)
        return rows.select_related("source", "destination")

    @display("Job")
    def job_link(self, row: SyncJob) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:integrations_syncjob_change", args=[row.pk]), row
        )

    @display("State", label=STATE_COLOURS)
    def state_label(self, row: SyncJob) -> str:
        return row.get_state_display()


@admin.register(Workflow)
class WorkflowAdmin(PortalAdmin):
    list_display = ("name", "problem", "owner", "job_count")
    empty_title = "No workflows yet"
    empty_text = (
        "A workflow groups the jobs that solve one problem. Start from a template: it makes them for you."
    )
    list_before_template = "admin/integrations/workflow/head.html"
    change_form_outer_before_template = "admin/integrations/workflow/head.html"
    search_fields = ("name", "key", "problem")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "key", "problem", "owner", "targets")
    inlines = (JobsOfWorkflow,)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        shelf = path("templates/", guarded(self.shelf), name="integrations_workflow_templates")
        start = path("templates/<slug:key>/", guarded(self.start), name="integrations_workflow_start")
        return [shelf, start, *super().get_urls()]

    def shelf(self, request: HttpRequest) -> HttpResponse:
        return shelf_view(self, request)

    def start(self, request: HttpRequest, key: str) -> HttpResponse:
        return start_view(self, request, key)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **_offered(request)})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {**(extra_context or {}), **_offered(request)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = super().get_queryset(request)
        return rows.annotate(number_of_jobs=Count("jobs"))

    @display("Jobs", ordering="number_of_jobs")
    def job_count(self, row: Any) -> str:
        return counted(row.number_of_jobs, rows_url("syncjob", workflow=row.pk))


def _offered(request: HttpRequest) -> dict[str, Any]:
    return {"templates_url": reverse("admin:integrations_workflow_templates")} if may_start(request) else {}
