"""A workflow's launch: from then on its jobs may run against production.

Nothing is launched without its problem in words, an owner, and one passed run of each job between sandbox systems; and
not without a passed sandbox suite of each job that there is one for, or a person's reason. Apps that stand to the right
add what else they ask for (`require`): monitoring asks for an alert. A job that joins a
launched workflow later is held until that is launched once more. A job without a workflow is not held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from integrations.models import (
    Door,
    Environment,
    Launch,
    RunState,
    SyncJob,
    SyncRun,
    Workflow,
    held_for_launch,
)

from . import shared_clock, suite
from .doorbell import ring
from .runs import circumstances

LONGEST_REASON = 300
# What came in by one of these was carried from end to end; a retry or a recount is a part of that.
PASSING_DOORS = (Door.PULL, Door.WEBHOOK, Door.PARTNER, Door.AGAIN)


@dataclass(frozen=True)
class Missing:
    """What stands in the way of a launch, in a sentence, and the page (a name of `reverse`) on which it is mended.
    `yields`: a person's reason may stand for it."""

    sentence: str
    page: str
    arguments: tuple[int, ...] = ()
    query: str = ""
    yields: bool = False
    # What the link to that page says; "": as any other.
    words: str = ""


_JOBS, _JOB = "admin:integrations_syncjob_changelist", "admin:integrations_syncjob_change"
RUN_SUITE, _CARD = "admin:integrations_syncjob_run_suite", "admin:integrations_suiterun_change"


def without_suite(job: SyncJob) -> list[Missing]:
    """That it has not passed the sandbox suite under its mappings in use, where the suite is about it."""
    why = suite.why_not_passed(job) if suite.is_about(job) else ""
    if not why:
        return []
    run = suite.newest(job)
    if run is None or suite.has_changed(run):
        return [Missing(why, RUN_SUITE, (job.pk,), yields=True, words="Run the suite")]
    return [Missing(why, _CARD, (run.pk,), yields=True, words="Look at the score card")]


def _jobs_without_suite(workflow: Workflow) -> list[Missing]:
    waiting = workflow.jobs.filter(launched_at__isnull=True).order_by("name")
    return [one for job in waiting for one in without_suite(job)]


Requirement = Callable[[Workflow], Iterable[Missing]]
_requirements: list[Requirement] = [_jobs_without_suite]
# What is well to have before a single job is launched, and stands in nobody's way.
Advice = Callable[[SyncJob], Iterable[Missing]]
_advices: list[Advice] = [without_suite]


def require(requirement: Requirement) -> None:
    """Adds what else a launch needs. An app does so once, as it gets ready."""
    if requirement not in _requirements:
        _requirements.append(requirement)


def advise(advice: Advice) -> None:
    """Adds what is told before a single job is launched. An app does so once, as it gets ready."""
    if advice not in _advices:
        _advices.append(advice)


def advices(job: SyncJob) -> list[Missing]:
    return [one for advice in _advices for one in advice(job)]


def missing(workflow: Workflow) -> list[Missing]:
    """Everything that stands in the way, as a person mends it: from the words to the runs."""
    page, row = "admin:integrations_workflow_change", (workflow.pk,)
    found = []
    if not workflow.problem.strip():
        found.append(Missing("The problem is not told. Say which pain this workflow removes.", page, row))
    if not workflow.owner.strip():
        found.append(Missing("Nobody owns it. Name the team or the role that answers for it.", page, row))
    jobs = list(workflow.jobs.order_by("name"))
    if not jobs:
        found.append(Missing("It has no job. Make one, or choose this workflow at a job.", _JOBS))
    found += [
        Missing(why, _JOB, (job.pk,))
        for job in jobs
        if job.launched_at is None and (why := why_not_passed(job))
    ]
    for requirement in _requirements:
        found += requirement(workflow)
    return found


def passed_run(job: SyncJob) -> SyncRun | None:
    """The newest finished run between sandbox systems, under the mappings as they are in use now, that delivered
    something and failed with nothing. Where the systems stand today does not matter."""
    return (
        _sandbox_runs(job)
        .filter(mapping_versions=circumstances(job)["mapping_versions"])
        .filter(state=RunState.FINISHED, delivered__gt=0, failed=0)
        .first()
    )


def _sandbox_runs(job: SyncJob) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(
        job=job, environment=Environment.SANDBOX, door__in=PASSING_DOORS, finished_at__isnull=False
    ).order_by("-finished_at")


def why_not_passed(job: SyncJob) -> str:
    """ "" where a run has passed; else what the last one between sandbox systems lacked."""
    if passed_run(job) is not None:
        return ""
    # A read that found nothing new says nothing of the mapping.
    last = _sandbox_runs(job).filter(accepted__gt=0).first() or _sandbox_runs(job).first()
    if last is None:
        why = "has not run between sandbox systems yet. Choose sandbox connections and run it"
    elif last.mapping_versions != circumstances(job)["mapping_versions"]:
        why = "has had its mappings changed since it last ran between sandbox systems. Run it there once more"
    elif last.failed:
        number = "1 record" if last.failed == 1 else f"{last.failed:,} records"
        why = f"failed with {number} in its last run between sandbox systems. Mend what is wrong, then run it"
    elif last.state != RunState.FINISHED:
        why = "did not come to the end of its last run between sandbox systems. Run it there once more"
    else:
        why = "delivered nothing in its last run between sandbox systems. Put a record into the source and run it"
    return f"“{job.name}” {why}."


def launch(workflow: Workflow, by: User | None, reason: str = "") -> list[Missing]:
    """Lets all jobs of the workflow run against production; or returns what is missing, and changes nothing. `reason`
    stands for what yields to one, and is kept with that."""
    lacking = missing(workflow)
    excused = [one for one in lacking if one.yields and reason.strip()]
    if len(excused) < len(lacking):
        return [one for one in lacking if one not in excused]
    now = shared_clock.now()
    with transaction.atomic():
        Launch.objects.create(
            workflow=workflow,
            at=now,
            by=by,
            reason=reason.strip()[:LONGEST_REASON] if excused else "",
            lacked=[one.sentence for one in excused],
        )
        Workflow.objects.filter(pk=workflow.pk).update(launched_at=now, launched_by=by)
        held = list(SyncJob.objects.filter(held_for_launch(), workflow=workflow).values_list("pk", flat=True))
        SyncJob.objects.filter(workflow=workflow, launched_at__isnull=True).update(launched_at=now)
        for job_id in held:
            ring("pull", job_id)
            ring("drain", job_id)
    return []


def waiting_jobs(workflow: Workflow) -> int:
    """How many of its jobs were not launched: all of them before the first launch, and what joined it since."""
    return workflow.jobs.filter(launched_at__isnull=True).count()
