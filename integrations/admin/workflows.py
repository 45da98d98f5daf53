"""Workflows: the business problem, and the jobs that solve it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from integrations.models import SyncJob, Workflow

from .frame import FactsInline, PortalAdmin, display
from .job_columns import STATE_COLOURS


class JobsOfWorkflow(FactsInline):
    model = SyncJob
    verbose_name_plural = "Jobs of this workflow"
    fields = ("name", "source", "destination", "state_label")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncJob]:
        rows: QuerySet[SyncJob] = super().get_queryset(request)
        return rows.select_related("source", "destination")

    @display("State", label=STATE_COLOURS)
    def state_label(self, row: SyncJob) -> str:
        return row.get_state_display()


@admin.register(Workflow)
class WorkflowAdmin(PortalAdmin):
    list_display = ("name", "problem", "owner", "job_count")
    search_fields = ("name", "key", "problem")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "key", "problem", "owner", "targets")
    inlines = (JobsOfWorkflow,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = super().get_queryset(request)
        return rows.annotate(number_of_jobs=Count("jobs"))

    @display("Jobs", ordering="number_of_jobs")
    def job_count(self, row: Workflow) -> int:
        return int(getattr(row, "number_of_jobs", 0))
