"""Runs: how far one execution of a job is, live while it goes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from integrations.models import Door, ErrorRecord, RunState, State, SyncRun
from integrations.sync import progress, rerun
from integrations.sync.cancel import cancel
from integrations.sync.selection import NotPossible, Selection
from integrations.templatetags.portal import ago, duration

from .error_filters import left_by_run
from .frame import DialogForm, FactsAdmin, QuickView, action, display
from .job_columns import RUN_COLOURS, counted, nothing_to_send, rows_url
from .questions import Question, When, WhichJob


class HowDidItEnd(Question):
    title = "How did it end?"
    parameter_name = "state"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(state=value)) for value, label in RunState.choices),
        ("carried", "With records", Q(accepted__gt=0)),
        ("errors", "With errors", Q(failed__gt=0)),
    )


class ThroughWhichDoor(Question):
    title = "How did it begin?"
    parameter_name = "door"
    answers = (("all", "All", Q()), *((value, label, Q(door=value)) for value, label in Door.choices))


class Started(When):
    title = "Started when?"
    moment_field = "started_at"


@admin.register(SyncRun)
class SyncRunAdmin(FactsAdmin):
    row_names = ("run", "runs")
    list_display = (
        "run_name",
        "begun_by",
        "state_label",
        "started",
        "took",
        "accepted",
        "delivered_count",
        "not_needed",
        "failed_count",
    )
    list_filter = (HowDidItEnd, WhichJob, ThroughWhichDoor, Started)
    empty_title = "No runs yet"
    empty_text = "A run begins when a job reads its source, a webhook arrives or a partner pushes."
    list_select_related = ("job",)
    ordering = ("-started_at", "-id")
    actions_detail = ("cancel_run", "run_again")
    change_form_template = "admin/integrations/syncrun/page.html"
    quick_views = (
        QuickView("All", ""),
        QuickView("With records", "state=carried"),
        QuickView("Running", "state=running"),
        QuickView("With errors", "state=errors"),
        QuickView("Failed", "state=failed"),
    )

    @display("How it began", ordering="door")
    def begun_by(self, row: SyncRun) -> str:
        return row.get_door_display()

    @display("Run", ordering="id")
    def run_name(self, row: SyncRun) -> str:
        return f"{row.job.name}: run {row.pk}"

    @display("State", ordering="state", label=RUN_COLOURS)
    def state_label(self, row: SyncRun) -> str:
        return row.get_state_display()

    @display("Started", ordering="started_at")
    def started(self, row: SyncRun) -> str:
        return ago(row.started_at)

    @display("Took")
    def took(self, row: SyncRun) -> str:
        return duration((row.finished_at - row.started_at).total_seconds()) if row.finished_at else "–"

    @display("Delivered", ordering="delivered")
    def delivered_count(self, row: SyncRun) -> str:
        return counted(row.delivered, rows_url("outcome", run=row.pk, result=State.DELIVERED))

    @display("Nothing to send")
    def not_needed(self, row: SyncRun) -> str:
        return nothing_to_send(row)

    @display("Failed", ordering="failed")
    def failed_count(self, row: SyncRun) -> str:
        return counted(row.failed, rows_url("outcome", run=row.pk, result=State.FAILED))

    # --- the page ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        progress = path(
            "<path:object_id>/progress/",
            self.admin_site.admin_view(self.progress_view),
            name="integrations_syncrun_progress",
        )
        return [progress, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self._run(object_id)
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **progress_of(run)}
        )

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The moving part of the page, asked for every two seconds while the run goes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(
            request, "admin/integrations/syncrun/progress.html", progress_of(self._run(object_id))
        )

    def _run(self, object_id: str) -> SyncRun:
        runs: QuerySet[SyncRun] = SyncRun.objects.select_related("job__source", "job__destination")
        return get_object_or_404(runs, pk=object_id if object_id.isdecimal() else 0)

    # --- what can be done -------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """A run that has ended has nothing to cancel, and one that goes on is not begun again."""
        running = (
            str(object_id).isdecimal()
            and SyncRun.objects.filter(pk=object_id, finished_at__isnull=True).exists()
        )
        wanted = "cancel_run" if running else "run_again"
        offered = super().get_actions_detail(request, object_id)
        return [entry for entry in offered if str(getattr(entry, "action_name", "")).endswith(wanted)]

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.run_syncjob")

    @action(
        "Cancel",
        icon="stop_circle",
        permissions=["run"],
        title="Cancel this run",
        text="No further page is read, and what has not been sent yet is not sent: these records become “ignored” "
        "until they change in the source or the job is run again in full. A write on its way is settled first.",
        button="Cancel the run",
    )
    def cancel_run(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        run = self.object_for(request, object_id, "run")
        url = reverse("admin:integrations_syncrun_change", args=[run.pk])
        if run.finished_at is not None:
            return self.done(request, "The run has ended already.", url)
        dropped = cancel(run, by=request.user.get_username())
        self.log_change(request, run.job, f"Cancelled run {run.pk}.")
        told = f" {dropped:,} {'record was' if dropped == 1 else 'records were'} not sent." if dropped else ""
        return self.done(request, f"The run is cancelled.{told}", url)

    @action(
        "Run again",
        icon="replay",
        permissions=["run"],
        title="Run these records again",
        text="Each record that this run carried is fetched from the source once more and compared with what was "
        "written. Only what differs is sent.",
        button="Run them again",
    )
    def run_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        run = self.object_for(request, object_id, "run")
        url = reverse("admin:integrations_syncrun_change", args=[run.pk])
        try:
            again = rerun.begin(run.job, Selection(run_id=run.pk))
        except NotPossible as reason:
            return self.done(request, str(reason), url, messages.ERROR)
        self.log_change(request, run.job, f"Ran again what run {run.pk} carried.")
        url = reverse("admin:integrations_syncrun_change", args=[again.pk])
        return self.done(request, "They are being read again.", url)


def progress_of(run: SyncRun) -> dict[str, Any]:
    """What the page shows of a run. Each count leads to its rows."""
    outcomes = [
        (label, getattr(run, name), rows_url("outcome", run=run.pk, result=state), colour)
        for name, label, state, colour in (
            ("delivered", "Delivered", State.DELIVERED, "good"),
            ("unchanged", "Unchanged", State.UNCHANGED, "plain"),
            ("superseded", "Superseded: came in again later", State.SUPERSEDED, "plain"),
            ("filtered", "Filtered by a rule", State.FILTERED, "plain"),
            ("ignored", "Dropped by a cancel or a person", State.IGNORED, "plain"),
            ("handed_over", "Handed over to another job", State.HANDED_OVER, "plain"),
            ("skipped", "Skipped by a fallback", State.SKIPPED, "warn"),
            ("held", "Held back", State.HELD, "warn"),
            ("failed", "Need a person", State.FAILED, "bad"),
        )
    ]
    return {
        "run": run,
        "running": run.finished_at is None,
        "progress": progress.of(run),
        "asked": Selection.from_json(run.asked).sentence() if run.asked else "",
        "counts": [
            {"label": label, "html": counted(count, url), "colour": colour}
            for label, count, url, colour in outcomes
        ],
        "errors": counted(
            ErrorRecord.objects.filter(left_by_run(run.pk), settled_at__isnull=True).count(),
            rows_url("errorrecord", left_by=run.pk, open="unsettled"),
        ),
        "took": ((run.finished_at - run.started_at).total_seconds() if run.finished_at else None),
        "progress_url": reverse("admin:integrations_syncrun_progress", args=[run.pk]),
        "job_url": reverse("admin:integrations_syncjob_change", args=[run.job_id]),
    }
