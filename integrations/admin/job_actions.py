"""What a person can do with a job: run it, pause it, let it go on."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration import drafts
from integrations.models import JobState, SyncJob
from integrations.sync import dry_run_report, rerun, rollout, selection, steer

from . import widgets
from .frame import DialogForm, PortalAdmin, action
from .suite_runs import run_at_job

# What a draft has nothing to do with.
DELIVERING = ("run_in_full", "run_span", "run_ids", "pause", "resume")


class PauseForm(DialogForm):
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        required=False,
        widget=widgets.text(placeholder="For example: stock-taking until 3 p.m."),
    )


class SpanForm(DialogForm):
    """“Orders from 1 to 3 May”."""

    begin = forms.CharField(
        label="From", max_length=40, required=False, widget=widgets.text(placeholder="2026-05-01")
    )
    end = forms.CharField(
        label="To (this day too)",
        max_length=40,
        required=False,
        widget=widgets.text(placeholder="2026-05-03"),
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            found["selection"] = selection.span(found.get("begin", ""), found.get("end", ""))
        except selection.NotPossible as reason:
            # At a field: the dialog shows no others.
            self.add_error("begin", str(reason))
        return found


class IdsForm(DialogForm):
    ids = forms.CharField(
        label="Ids in the source",
        help_text="One a line, or with commas or spaces between them.",
        widget=widgets.area(),
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            found["selection"] = selection.by_ids(re.split(r"[\s,;]+", found.get("ids", "")))
        except selection.NotPossible as reason:
            self.add_error("ids", str(reason))
        return found


class DryRunForm(DialogForm):
    extent = forms.ChoiceField(
        label="Of which records?",
        choices=[
            ("sample", f"A sample: the first {dry_run_report.SAMPLE}"),
            ("all", "All that the source has"),
        ],
        widget=widgets.select(),
    )


class WidenForm(DialogForm):
    percent = forms.TypedChoiceField(
        label="Carry from now on",
        coerce=int,
        choices=[(stage, f"{stage} % of the records") for stage in rollout.STAGES],
        widget=widgets.select(),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        key = str(getattr(self, "object_id", "") or "")
        now = (
            SyncJob.objects.filter(pk=key).values_list("rollout_percent", flat=True).first()
            if key.isdecimal()
            else None
        )
        self.fields["percent"].initial = rollout.next_stage(now or 0)


class JobActions(PortalAdmin):
    actions_detail = (
        "run_now",
        "widen",
        "dry_run",
        "throw_away",
        {"title": "More", "items": ["run_suite", "run_in_full", "run_span", "run_ids", "pause", "resume"]},
    )

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.run_syncjob")

    def has_throw_away_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.delete_syncjob")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """A job that goes is paused, and one that stands is resumed: never both. A draft is gone on with, or thrown
        away; only what carries a part is widened."""
        rows = SyncJob.objects.filter(pk=object_id) if str(object_id).isdecimal() else SyncJob.objects.none()
        state, percent = rows.values_list("state", "rollout_percent").first() or ("", 100)
        if state == JobState.DRAFT:
            hidden = {"run_now", "widen", *DELIVERING}
        else:
            hidden = {"resume" if state == JobState.ACTIVE else "pause", "throw_away"}
            hidden |= {"widen"} if percent >= 100 else set()
        offered = super().get_actions_detail(request, object_id)
        return [entry for entry in offered if entry.path.replace("-", "_") not in hidden]

    @action(
        "Dry run",
        icon="visibility",
        permissions=["run"],
        title="See what this job would do",
        text="Reads the source and decides as a run would. Nothing is written; the report is kept.",
        button="Begin the dry run",
        form=DryRunForm,
    )
    def dry_run(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        most = None if form.cleaned_data["extent"] == "all" else dry_run_report.SAMPLE
        row = dry_run_report.begin(job, self.person(request), most)
        url = reverse("admin:integrations_dryrun_change", args=[row.pk])
        return self.done(request, "The dry run has begun. Nothing is written.", url)

    @action(
        "Sandbox suite",
        icon="checklist",
        permissions=["run"],
        title="Try what goes wrong in a store",
        text="A failed payment, a cancellation, stock that is out and more, through this job's mappings as they are in "
        "use. It takes a moment. Nothing is written to the real systems; the score card is kept.",
        button="Run the suite",
    )
    def run_suite(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return run_at_job(self, request, self.object_for(request, object_id, "run"))

    @action(
        "Widen the rollout",
        icon="unfold_more",
        permissions=["run"],
        title="Carry a larger share",
        text="What was held back and is let in is fetched and sent within a minute. Records that are in stay in.",
        button="Widen it",
        form=WidenForm,
    )
    def widen(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        back = reverse("admin:integrations_syncjob_change", args=[job.pk])
        percent = form.cleaned_data["percent"]
        if not SyncJob.objects.filter(pk=job.pk, rollout_percent__lt=percent).update(rollout_percent=percent):
            sentence = f"It carries {job.rollout_percent} % already. Enter a smaller share in its form, if you mean it."
            return self.done(request, sentence, back, messages.WARNING)
        self.log_change(request, job, f"Widened the rollout from {job.rollout_percent} % to {percent} %.")
        return self.done(request, f"{job.name} carries {percent} % from now on.", back)

    @action(
        "Throw away",
        icon="delete",
        permissions=["throw_away"],
        title="Throw this draft away",
        text="Nothing was sent for it. Copies of presets that were made for it, and were not changed, go with it.",
        button="Throw it away",
    )
    def throw_away(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        job = self.object_for(request, object_id, "throw_away")
        back = reverse("admin:integrations_syncjob_changelist")
        name = job.name
        if job.state != JobState.DRAFT or not drafts.throw_away(job):
            return self.done(request, f"{name} is no draft any more, so it was kept.", back, messages.ERROR)
        return self.done(request, f"The draft {name} is thrown away.", back)

    @action(
        "Run now",
        icon="play_arrow",
        permissions=["run"],
        title="Run this job now",
        text="Reads what changed in the source since the last time, and delivers it.",
        button="Run now",
    )
    def run_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._start(request, object_id, full=False)

    @action(
        "Run in full",
        icon="restart_alt",
        permissions=["run"],
        title="Read everything anew",
        text="Reads the whole source, whatever was read before. What is in the destination already is not sent twice.",
        button="Read everything",
    )
    def run_in_full(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._start(request, object_id, full=True)

    @action(
        "Run a span of time again",
        icon="date_range",
        permissions=["run"],
        title="Run a span of time again",
        text="Reads the records of these days from the source once more, by their own date (the checkout of an "
        "order), and compares them with what was written. Only what differs is sent. Days or moments: 2026-05-01, "
        "2026-05-01T14:30.",
        button="Run them again",
        form=SpanForm,
    )
    def run_span(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._again(request, object_id, form)

    @action(
        "Run these records again",
        icon="checklist",
        permissions=["run"],
        title="Run these records again",
        text="Each is fetched from the source once more and compared with what was written. Only what differs is sent.",
        button="Run them again",
        form=IdsForm,
    )
    def run_ids(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._again(request, object_id, form)

    def _again(self, request: HttpRequest, object_id: str, form: DialogForm) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        try:
            run = rerun.begin(job, form.cleaned_data["selection"])
        except selection.NotPossible as reason:
            back = reverse("admin:integrations_syncjob_change", args=[job.pk])
            return self.done(request, str(reason), back, messages.ERROR)
        self.log_change(request, job, f"Ran again: {form.cleaned_data['selection'].sentence()}.")
        url = reverse("admin:integrations_syncrun_change", args=[run.pk])
        return self.done(request, "They are being read again.", url)

    def _start(self, request: HttpRequest, object_id: str, full: bool) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        back = reverse("admin:integrations_syncjob_change", args=[job.pk])
        if not job.may_run or job.takes_handed_over:
            return self.done(request, _why_not(job), back, messages.ERROR)
        run = steer.run_now(job, full=full)
        if run is None:
            return self.done(request, "The job is being run already. Its runs are below.", back)
        self.log_change(request, job, "Ran it in full." if full else "Ran it.")
        return self.done(
            request, "The job is running.", reverse("admin:integrations_syncrun_change", args=[run.pk])
        )

    @action(
        "Pause",
        icon="pause",
        permissions=["run"],
        title="Pause this job",
        text="Nothing is read or sent until you resume it. What has come in is kept and waits.",
        button="Pause",
        form=PauseForm,
    )
    def pause(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        reason = form.cleaned_data["reason"] or f"Paused by {request.user.get_username()}."
        steer.pause(job, reason)
        self.log_change(request, job, f"Paused: {reason}")
        return self.done(
            request, f"{job.name} is paused.", reverse("admin:integrations_syncjob_change", args=[job.pk])
        )

    @action(
        "Resume",
        icon="play_circle",
        permissions=["run"],
        title="Resume this job",
        text="It goes on where it stopped.",
        button="Resume",
    )
    def resume(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        back = reverse("admin:integrations_syncjob_change", args=[job.pk])
        steer.resume(job)
        self.log_change(request, job, "Resumed.")
        job.refresh_from_db()
        if job.is_held_for_launch:
            return self.done(
                request, f"It is no longer stopped. {steer.why_not(job)}", back, messages.WARNING
            )
        return self.done(request, f"{job.name} goes on.", back)


def _why_not(job: SyncJob) -> str:
    if job.takes_handed_over:
        return steer.why_not(job)
    if job.state != JobState.ACTIVE:
        return f"{job.name} is {job.get_state_display().lower()}. Resume it first. {job.state_reason}".strip()
    if job.is_held_for_launch:
        return steer.why_not(job)
    for connection in (job.source, job.destination):
        if not connection.enabled:
            return f"The connection {connection.name} is switched off. Switch it on first."
    return f"{job.name} cannot run at this moment."
