"""Jobs: what is carried from where to where, how it goes, and what a person can do about it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from integrations.models import (
    ERROR_ASKS_FOR_A_PERSON,
    ErrorRecord,
    JobState,
    State,
    SyncJob,
    SyncRun,
    Workflow,
)
from integrations.sync import stock_settings
from integrations.templatetags.portal import ago

from . import guided, job_fallbacks
from .frame import FactsInline, QuickView, display
from .job_actions import JobActions
from .job_columns import (
    RUN_COLOURS,
    STATE_COLOURS,
    counted,
    dashboard_link,
    nothing_to_send,
    rows_url,
    state_of,
)
from .job_fields import fieldsets_of
from .job_form import JobForm
from .job_head import head_of
from .questions import Question, RowQuestion
from .questions import WhichSystem as WhichSystemBase
from .suite_runs import suite_line_with_history

LAST_RUNS = 10


class IsItRunning(Question):
    title = "Is it running?"
    parameter_name = "state"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(state=value)) for value, label in JobState.choices),
    )


class WhichSystem(WhichSystemBase):
    def condition(self, pk: int) -> Q:
        return Q(source_id=pk) | Q(destination_id=pk)


class WhichWorkflow(RowQuestion):
    title = "Which workflow?"
    parameter_name = "workflow"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        return list(Workflow.objects.values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(workflow_id=pk)


class LastRuns(FactsInline):
    model = SyncRun
    verbose_name_plural = "Last runs"
    fields = (
        "run_link",
        "door",
        "state_label",
        "started",
        "accepted",
        "delivered_rows",
        "not_needed",
        "failed_rows",
        "sentence",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        rows: QuerySet[SyncRun] = super().get_queryset(request)
        job = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        newest = SyncRun.objects.filter(job_id=job).values_list("pk", flat=True)[:LAST_RUNS]
        return rows.filter(pk__in=list(newest)).select_related("job")

    @display("Run")
    def run_link(self, row: SyncRun) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:integrations_syncrun_change", args=[row.pk]), row
        )

    @display("State", label=RUN_COLOURS)
    def state_label(self, row: SyncRun) -> str:
        return row.get_state_display()

    @display("Delivered")
    def delivered_rows(self, row: SyncRun) -> str:
        return counted(row.delivered, rows_url("outcome", run=row.pk, result=State.DELIVERED))

    @display("Nothing to send")
    def not_needed(self, row: SyncRun) -> str:
        return nothing_to_send(row)

    @display("Failed")
    def failed_rows(self, row: SyncRun) -> str:
        return counted(row.failed, rows_url("outcome", run=row.pk, result=State.FAILED))

    @display("Started")
    def started(self, row: SyncRun) -> str:
        return ago(row.started_at)


@admin.register(SyncJob)
class SyncJobAdmin(JobActions):
    row_names = ("job", "jobs")
    list_display = ("name", "route", "state_label", "next_read", "last_complete", "open_errors")
    list_filter = (IsItRunning, WhichSystem, WhichWorkflow)
    empty_title = "No jobs yet"
    empty_text = (
        "A job carries one kind of record from one system to another. You are led through it, and nothing is sent "
        "before you launch it."
    )
    add_label = "New job"
    is_added_in_popups = False
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    form = JobForm
    change_form_before_template = "admin/integrations/syncjob/head.html"
    change_form_outer_after_template = "admin/integrations/syncjob/fallbacks.html"
    inlines = (LastRuns,)
    quick_views = (
        QuickView("All", ""),
        QuickView("Active", "state=active"),
        QuickView("Drafts", "state=draft"),
        QuickView("Paused", "state=paused"),
        QuickView("Halted by a failure", "state=halted"),
    )
    readonly_fields = ("state_line", "positions", "next_read", "last_complete", "numbers", "sandbox_suite")

    def get_urls(self) -> list[URLPattern]:
        steps = {
            "look": guided.look_view,
            "records": guided.records_view,
            "dry_run": guided.dry_run_view,
            "launch": guided.launch_view,
            "estimate": guided.estimate_view,
        }
        guarded = self.admin_site.admin_view
        return [
            *(
                path(
                    f"<path:object_id>/new/{name.replace('_', '-')}/",
                    guarded(partial(view, self)),
                    name=f"integrations_syncjob_guided_{name}",
                )
                for name, view in steps.items()
            ),
            *job_fallbacks.urls(self),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Led through it: there is no other way to make a job here."""
        return guided.begin_view(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().change_view(
            request,
            object_id,
            form_url,
            {
                **(extra_context or {}),
                **head_of(request, object_id),
                **job_fallbacks.shown(request, object_id),
            },
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncJob]:
        rows: QuerySet[SyncJob] = super().get_queryset(request)
        return rows.select_related("source", "destination", "workflow").annotate(
            open_error_count=_open_errors_of_job()
        )

    def get_fieldsets(self, request: HttpRequest, obj: SyncJob | None = None) -> Any:
        return fieldsets_of(obj)

    def get_prepopulated_fields(self, request: HttpRequest, obj: SyncJob | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perms(guided.PERMISSIONS))

    def has_delete_permission(self, request: HttpRequest, obj: SyncJob | None = None) -> bool:
        """A job that has carried records is part of their history: it is paused, not deleted."""
        if obj is not None and obj.deliveries.exists():
            return False
        return bool(super().has_delete_permission(request, obj))

    # --- columns ----------------------------------------------------------------------------------------------

    @display("From → to")
    def route(self, row: SyncJob) -> str:
        return format_html(
            '<span class="portal-route">{} <b>{}</b> → {} <b>{}</b></span>',
            row.source.name,
            row.source_resource,
            row.destination.name,
            row.destination_resource,
        )

    @display("State", ordering="state", label=STATE_COLOURS)
    def state_label(self, row: SyncJob) -> str:
        return state_of(row)

    @display("State")
    def state_line(self, row: SyncJob) -> str:
        if row.state == JobState.DRAFT:
            return "A draft: nothing is read for it, and nothing is sent, before it is launched."
        if row.state == JobState.ACTIVE and row.is_held_for_launch:
            url = reverse("admin:integrations_workflow_change", args=[row.workflow_id])
            return format_html(
                'Held until it is launched: between sandbox systems it runs already. <a href="{}">Launch {}</a>',
                url,
                row.workflow,
            )
        if row.state == JobState.ACTIVE and row.deliveries.exists() and stock_settings.is_counting(row):
            return "Active. All its products are being counted anew by the settings saved last."
        if row.state_reason:
            return f"{row.get_state_display()}: {row.state_reason}"
        return row.get_state_display()

    @display("Next read", ordering="next_read_at")
    def next_read(self, row: SyncJob) -> str:
        if row.state != JobState.ACTIVE or row.is_held_for_launch:
            return "not while it is stopped"
        if not row.every_seconds:
            return "by webhook, by hand or through the API"
        return ago(row.next_read_at) if row.next_read_at and row.next_read_at > timezone.now() else "due now"

    @display("Last complete read", ordering="last_complete_read_at")
    def last_complete(self, row: SyncJob) -> str:
        return ago(row.last_complete_read_at)

    @display("Open errors", ordering="open_error_count")
    def open_errors(self, row: Any) -> str:
        return counted(row.open_error_count, rows_url("errorrecord", job=row.pk))

    @display("Records")
    def numbers(self, row: Any) -> str:
        held = row.deliveries.filter(state=State.HELD).count()
        return format_html(
            'Open errors: {} · held back: {} · <a href="{}">all records of this job</a> · '
            '<a href="{}">its outcomes</a> · <a href="{}">dry runs</a>{}',
            self.open_errors(row),
            counted(held, rows_url("delivery", job=row.pk, state=State.HELD)),
            rows_url("delivery", job=row.pk),
            rows_url("outcome", job=row.pk),
            rows_url("dryrun", job=row.pk),
            self._dashboards(row),
        )

    @staticmethod
    def _dashboards(row: SyncJob) -> str:
        """Of what it is a part of."""
        of = [
            ("connection", row.source_id, row.source.name),
            ("connection", row.destination_id, row.destination.name),
        ]
        if row.workflow is not None:
            of.insert(0, ("workflow", row.workflow.pk, row.workflow.name))
        found = [link for kind, pk, name in of if (link := dashboard_link(kind, pk, name))]
        return (
            format_html(" · figures of {}", format_html_join(", ", "{}", ((link,) for link in found)))
            if found
            else ""
        )

    @display("Sandbox suite")
    def sandbox_suite(self, row: SyncJob) -> str:
        return suite_line_with_history(row)

    @display("Positions")
    def positions(self, row: SyncJob) -> str:
        watermark = ago(row.watermark) if row.watermark else "from the beginning"
        resumes = (
            "in the middle of a read: it goes on there" if row.read_started_at else "no read is under way"
        )
        return format_html("Changes since {} are read next; {}.", watermark, resumes)


def _open_errors_of_job() -> Any:
    open_errors = (
        ErrorRecord.objects.filter(ERROR_ASKS_FOR_A_PERSON, job=OuterRef("pk"))
        .order_by()
        .values("job")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(open_errors), 0)
