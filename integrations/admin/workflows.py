"""Workflows: the business problem, and the jobs that solve it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import SyncJob, Workflow

from .frame import FactsInline, PortalAdmin, display
from .job_columns import STATE_COLOURS, counted, rows_url


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
    empty_text = "A workflow groups the jobs that solve one problem, with its owner and its target figures."
    search_fields = ("name", "key", "problem")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "key", "problem", "owner", "targets")
    inlines = (JobsOfWorkflow,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = super().get_queryset(request)
        return rows.annotate(number_of_jobs=Count("jobs"))

    @display("Jobs", ordering="number_of_jobs")
    def job_count(self, row: Any) -> str:
        return counted(row.number_of_jobs, rows_url("syncjob", workflow=row.pk))
