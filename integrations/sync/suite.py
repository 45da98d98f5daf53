"""The sandbox suite of a job: all cases, at once, and what came of them kept.

A launch and the pages go by the newest one under the mappings as they are in use (`newest`, `has_changed`).
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, Final

from django.contrib.auth.models import User

from integrations.exceptions import Failure
from integrations.models import SuiteRun, SyncJob
from mappings.expressions import ExpressionError
from mappings.models import Mapping

from . import shared_clock
from .case_trial import ONLY
from .draft_rules import rules_with
from .edge_cases import Tried, may_try, try_cases
from .own_cases import cases_of, try_own
from .rules import JobRules, rules_of
from .runs import circumstances

LONGEST: Final = 500
NOT_ABOUT: Final = (
    "The sandbox suite has no case for what this job carries yet: make one of an error of this job."
)


def is_about(job: SyncJob) -> bool:
    """Whether there is a case that the job could be tried with."""
    return may_try(job) or cases_of(job).exists()


def why_not_about() -> str:
    """For a person who looks for the suite of a job that there is none for."""
    return NOT_ABOUT


def run_suite(job: SyncJob, by: User | None, draft: Mapping | None = None) -> SuiteRun:
    """With the draft of one of the job's mappings in place of its version in use, if one is given. It is of a moment:
    no worker is needed. Network, on this machine alone: call it outside any transaction."""
    began = time.monotonic()
    versions = circumstances(job)["mapping_versions"]
    tried, sentence = _tried(job, draft)
    judged = [one.is_good for one in tried]
    return SuiteRun.objects.create(
        job=job,
        asked_by=by,
        tried_at=shared_clock.now(),
        took_ms=round((time.monotonic() - began) * 1000),
        mapping_versions=versions,
        is_of_draft=draft is not None,
        draft=draft,
        good=judged.count(True),
        wrong=judged.count(False),
        left=judged.count(None),
        sentence=sentence[:LONGEST],
        lines=[_line(one) for one in tried],
    )


def _line(one: Tried) -> list[Any]:
    return [one.title, one.should, one.told, one.is_good, asdict(one.mend) if one.mend is not None else None]


def try_all(job: SyncJob, rules: JobRules) -> list[Tried]:
    """The sandbox's cases, where they are about the job, and the store's own. Nothing is stored. Raises Failure."""
    return [*(try_cases(job, rules) if may_try(job) else ()), *try_own(job, rules)]


def _tried(job: SyncJob, draft: Mapping | None) -> tuple[list[Tried], str]:
    if not (job.read_mapping.current_number and job.write_mapping.current_number):
        return [], "One of its mappings is not published yet. Publish it, then run the suite again."
    try:
        return try_all(job, _rules(job, draft)), ""
    except Failure as failure:
        return [], failure.sentence
    except (ExpressionError, KeyError) as error:
        return [], f"The rules do not pass their checks: {error}. Correct them, then run it again."


def _rules(job: SyncJob, draft: Mapping | None) -> JobRules:
    return rules_of(job) if draft is None else rules_with(job, draft, draft.snapshot())


def newest(job: SyncJob) -> SuiteRun | None:
    """The newest of what is, or was, in use; what was tried of a draft says nothing of that."""
    return SuiteRun.objects.filter(job=job, is_of_draft=False).select_related("asked_by").first()


def has_changed(run: SuiteRun) -> bool:
    """Whether the job's mappings are others now than the versions that were tried."""
    return run.mapping_versions != circumstances(run.job)["mapping_versions"]


def why_not_passed(job: SyncJob) -> str:
    """ "" where the job has passed under its mappings in use; else what is to be done, in a sentence."""
    run = newest(job)
    if run is None:
        return f"“{job.name}” has not been through the sandbox suite yet. Run it: it takes a moment."
    if has_changed(run):
        return f"“{job.name}” has had its mappings changed since its last sandbox suite. Run it once more."
    if run.sentence:
        return f"“{job.name}” could not be tried by the sandbox suite. {run.sentence}"
    if run.is_passed:
        return ""
    titles = ", ".join(one["title"] for one in run.cases() if one["is_good"] is False)
    if not titles:
        if run.lines and all(str(one["told"]).startswith(ONLY) for one in run.cases()):
            # Running it once more would say nothing else: a dry run on real records does.
            return ""
        return f"“{job.name}”: no case of the sandbox suite could be tried. See why, and run it once more."
    return f"“{job.name}” fails the sandbox suite: {titles}. Mend the mapping, then run it once more."
