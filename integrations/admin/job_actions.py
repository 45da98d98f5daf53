"""What a person can do with a job: run it, pause it, let it go on."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.models import JobState, SyncJob
from integrations.sync import rerun, selection, steer

from . import widgets
from .frame import DialogForm, PortalAdmin, action


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


class JobActions(PortalAdmin):
    actions_detail = (
        "run_now",
        {"title": "More", "items": ["run_in_full", "run_span", "run_ids", "pause", "resume"]},
    )

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.run_syncjob")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """A job that goes is paused, and one that stands is resumed: never both."""
        goes = (
            str(object_id).isdigit() and SyncJob.objects.filter(pk=object_id, state=JobState.ACTIVE).exists()
        )
        hidden = "resume" if goes else "pause"
        return [entry for entry in super().get_actions_detail(request, object_id) if entry.path != hidden]

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
        if not job.may_run:
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
    if job.state != JobState.ACTIVE:
        return f"{job.name} is {job.get_state_display().lower()}. Resume it first. {job.state_reason}".strip()
    if job.is_held_for_launch:
        return steer.why_not(job)
    for connection in (job.source, job.destination):
        if not connection.enabled:
            return f"The connection {connection.name} is switched off. Switch it on first."
    return f"{job.name} cannot run at this moment."
