"""The sandbox suite: run by one button at a job or a mapping, kept as a score card, and shared by its address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import JobState, SuiteRun, SyncJob
from integrations.sync import suite
from integrations.sync.edge_cases import reads_sandbox
from integrations.templatetags.portal import ago
from mappings.models import Mapping

from .frame import FactsAdmin, PortalAdmin, display
from .guided_steps import step_url
from .job_columns import rows_url
from .questions import WhichJob
from .suite_mends import way_to_mend

COLOURS = {"Passed": "success", "Failed": "danger", "Not tried": "default"}
CHANGED = "The mappings have changed since."


def verdict_of(run: SuiteRun) -> str:
    if run.is_passed:
        return "Passed"
    return "Failed" if run.wrong else "Not tried"


def score_of(run: SuiteRun) -> str:
    """ "8 of 9 as they should be". What could not be tried does not count."""
    if run.sentence:
        return "nothing could be tried"
    return f"{run.good} of {run.good + run.wrong} as they should be"


def run_url(run: SuiteRun) -> str:
    return reverse("admin:integrations_suiterun_change", args=[run.pk])


def run_again_url(run: SuiteRun, user: Any) -> str:
    """ "" where it is of a draft, or this person may not run it."""
    if run.is_of_draft or not user.has_perm("integrations.run_syncjob"):
        return ""
    return reverse("admin:integrations_syncjob_run_suite", args=[run.job_id])


def _next(job: SyncJob, user: Any) -> tuple[str, str] | None:
    """(words, address) of the launch that the job waits for."""
    if job.state == JobState.DRAFT and user.has_perms(("integrations.add_syncjob", "mappings.add_mapping")):
        return "Back to the launch", step_url(job, "launch")
    if job.workflow is not None and job.launched_at is None and user.has_perm("integrations.view_workflow"):
        address = reverse("admin:integrations_workflow_change", args=[job.workflow_id])
        return f"To {job.workflow}, which is launched as a whole", address
    return None


def suite_line(job: SyncJob) -> str:
    """On the pages of jobs and workflows: the newest, its date, and whether it still stands for what is in use."""
    run = suite.newest(job)
    if run is None:
        return "not run yet" if suite.is_about(job) else "no case for what it carries"
    changed = format_html(' <span class="portal-bad">{}</span>', CHANGED) if suite.has_changed(run) else ""
    told = f"{verdict_of(run)}: {score_of(run)}"
    return format_html('<a href="{}">{}</a>, {}.{}', run_url(run), told, ago(run.tried_at), changed)


def suite_line_with_history(job: SyncJob) -> str:
    if suite.newest(job) is None and not suite.is_about(job):
        return suite.why_not_about()
    history = rows_url("suiterun", job=job.pk)
    return format_html('{} <a href="{}">All of this job</a>', suite_line(job), history)


def run_at_job(page: PortalAdmin, request: HttpRequest, job: SyncJob) -> HttpResponse:
    if not suite.is_about(job):
        back = reverse("admin:integrations_syncjob_change", args=[job.pk])
        return page.done(request, f"{job.name}: {suite.why_not_about()}", back, messages.WARNING)
    return _shown(page, request, [suite.run_suite(job, page.person(request))])


def run_at_mapping(
    page: PortalAdmin, request: HttpRequest, mapping: Mapping, jobs: Sequence[SyncJob], *, is_draft: bool
) -> HttpResponse:
    """Each job that uses it, with its draft where there is one."""
    if not jobs:
        back = reverse("admin:mappings_mapping_change", args=[mapping.pk])
        return page.done(request, "No job that the suite is about uses this mapping.", back, messages.WARNING)
    draft = mapping if is_draft else None
    return _shown(page, request, [suite.run_suite(job, page.person(request), draft) for job in jobs])


def _shown(page: PortalAdmin, request: HttpRequest, runs: Sequence[SuiteRun]) -> HttpResponse:
    told = "; ".join(f"{run.job.name}: {score_of(run)}" for run in runs)
    level = messages.SUCCESS if all(run.is_passed for run in runs) else messages.WARNING
    url = run_url(runs[0]) if len(runs) == 1 else reverse("admin:integrations_suiterun_changelist")
    return page.done(request, f"{told}.", url, level)


def versions_of(run: SuiteRun) -> list[str]:
    """ "Shop orders, version 3", of both mappings as they were tried."""
    pairs = [pair.partition(".")[::2] for pair in run.mapping_versions.split()]
    names = Mapping.objects.in_bulk([pk for pk, _ in pairs if pk.isdecimal()])
    told = []
    for pk, number in pairs:
        mapping = names.get(int(pk)) if pk.isdecimal() else None
        name = mapping.name if mapping is not None else "a mapping that is gone"
        is_draft = run.draft_id is not None and str(run.draft_id) == pk
        told.append(f"{name}, {'as a draft' if is_draft else f'version {number}'}")
    if run.is_of_draft and run.draft_id is None:
        told.append("with the draft of a mapping that is gone")
    return told


@admin.register(SuiteRun)
class SuiteRunAdmin(FactsAdmin):
    list_display = ("run_name", "verdict", "score", "tried", "by", "of")
    list_filter = (WhichJob,)
    list_select_related = ("job", "asked_by", "draft")
    ordering = ("-tried_at", "-id")
    empty_title = "No sandbox suite has run yet"
    empty_text = (
        "The suite tries what goes wrong in a store (a failed payment, a cancellation, stock that is out) on a job's "
        "own mappings, and writes nothing. Run it at a job or at a mapping."
    )
    change_form_template = "admin/integrations/suiterun/page.html"

    @display("Sandbox suite", ordering="id")
    def run_name(self, row: SuiteRun) -> str:
        return f"{row.job.name}: suite {row.pk}"

    @display("Result", label=COLOURS)
    def verdict(self, row: SuiteRun) -> str:
        return verdict_of(row)

    @display("Cases")
    def score(self, row: SuiteRun) -> str:
        return score_of(row)

    @display("Run", ordering="tried_at")
    def tried(self, row: SuiteRun) -> str:
        return ago(row.tried_at)

    @display("Asked by")
    def by(self, row: SuiteRun) -> str:
        return str(row.asked_by or "–")

    @display("Of what")
    def of(self, row: SuiteRun) -> str:
        if not row.is_of_draft:
            return "what was in use"
        return f"the draft of {row.draft.name}" if row.draft is not None else "a draft"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rows: QuerySet[SuiteRun] = SuiteRun.objects.select_related(
            "job__source",
            "job__destination",
            "job__read_mapping",
            "job__write_mapping",
            "job__workflow",
            "asked_by",
            "draft",
        )
        run = get_object_or_404(rows, pk=object_id if object_id.isdecimal() else 0)
        cases = run.cases()
        for case in cases:
            case["way"] = way_to_mend(run.job, case["mend"], request.user)
        shown = {
            "run": run,
            "cases": cases,
            "verdict": verdict_of(run),
            "verdict_colour": COLOURS[verdict_of(run)],
            "score": score_of(run),
            "versions": versions_of(run),
            "changed": CHANGED if suite.has_changed(run) else "",
            "reads_sandbox": reads_sandbox(run.job),
            "took": f"{run.took_ms:,} ms" if run.took_ms < 1000 else f"{run.took_ms / 1000:.1f} s",
            "history_url": rows_url("suiterun", job=run.job_id),
            "again_url": run_again_url(run, request.user),
            "next": _next(run.job, request.user),
            "title": "Sandbox suite",
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
