"""What a person can do with a job: run it, pause it, let it go on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.models import JobState, SyncJob
from integrations.sync import steer

from . import widgets
from .frame import DialogForm, PortalAdmin, action


class PauseForm(DialogForm):
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        required=False,
        widget=widgets.text(placeholder="For example: stock-taking until 3 p.m."),
    )


class JobActions(PortalAdmin):
    actions_detail = (
        "run_now",
        {"title": "More", "items": ["run_in_full", "pause", "resume"]},
    )

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.run_syncjob")

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

    def _start(self, request: HttpRequest, object_id: str, full: bool) -> HttpResponse:
        job = self.object_for(request, object_id, "run")
        back = reverse("admin:integrations_syncjob_change", args=[job.pk])
        if not job.may_run:
            return self.done(request, _why_not(job), back, messages.ERROR)
        run = steer.run_now(job, full=full)
        if run is None:
            return self.done(request, "The job is being run already. Its runs are below.", back)
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
        steer.resume(job)
        return self.done(
            request, f"{job.name} goes on.", reverse("admin:integrations_syncjob_change", args=[job.pk])
        )


def _why_not(job: SyncJob) -> str:
    if job.state != JobState.ACTIVE:
        return f"{job.name} is {job.get_state_display().lower()}. Resume it first. {job.state_reason}".strip()
    for connection in (job.source, job.destination):
        if not connection.enabled:
            return f"The connection {connection.name} is switched off. Switch it on first."
    return f"{job.name} cannot run at this moment."
