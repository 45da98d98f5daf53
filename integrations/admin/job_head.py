"""What stands at the top of a job's page: that it is a draft, that it stands still, or how its run goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from integrations.models import ErrorRecord, JobState, RunState, SyncJob, SyncRun

from . import guided
from .guided_steps import step_url
from .runs import progress_of

# How long the counts of a run stay above its job when it has ended.
SHOWN_AFTER = timedelta(minutes=5)


def head_of(request: HttpRequest, object_id: str) -> dict[str, Any]:
    job = SyncJob.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
    if job is None:
        return {}
    if job.state == JobState.DRAFT:
        may_go_on = all(request.user.has_perm(name) for name in guided.PERMISSIONS)
        return {"draft_url": step_url(job, "look")} if may_go_on else {}
    run = _run_to_show(job)
    progress = {"progress_now": progress_of(run)} if run is not None else {}
    if job.state == JobState.ACTIVE:
        return progress
    return {**progress, "stopped": _stopped(request, job)}


def _run_to_show(job: SyncJob) -> SyncRun | None:
    """The newest that goes, carried something or went wrong: a read that found nothing says nothing of the job."""
    runs = SyncRun.objects.filter(job=job).select_related("job__source", "job__destination")
    lately = runs.filter(
        Q(finished_at__isnull=True) | Q(finished_at__gte=timezone.now() - SHOWN_AFTER)
    ).exclude(state=RunState.FINISHED, accepted=0)
    return lately.order_by("-started_at").first()


def _stopped(request: HttpRequest, job: SyncJob) -> dict[str, Any]:
    is_halted = job.state == JobState.HALTED
    may_resume = request.user.has_perm("integrations.run_syncjob")
    return {
        "is_halted": is_halted,
        "reason": job.state_reason,
        "since": _halted_since(job) if is_halted else _paused_since(job),
        "resume_url": reverse("admin:integrations_syncjob_resume", args=[job.pk]) if may_resume else "",
    }


def _halted_since(job: SyncJob) -> datetime | None:
    """When the failure was first told that the job gives as its reason."""
    told = ErrorRecord.objects.filter(job=job, delivery__isnull=True, settled_at__isnull=True)
    found = told.order_by("first_seen_at").values_list("first_seen_at", "sentence")
    return next((at for at, sentence in found if sentence[:500] == job.state_reason), None)


def _paused_since(job: SyncJob) -> datetime | None:
    """None where it was not paused on this page: by the command line or the API nothing says when."""
    deeds = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(SyncJob),
        object_id=str(job.pk),
        change_message=f"Paused: {job.state_reason}",
    )
    return deeds.order_by("-action_time").values_list("action_time", flat=True).first()
