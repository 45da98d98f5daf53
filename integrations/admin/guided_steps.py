"""The steps of the flow that makes a job: where it stands, and what was done of it. A tick only stands where something
was."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from integrations.configuration import drafts
from integrations.models import DryRunState, SyncJob
from integrations.sync.runs import circumstances

STEPS: Final = ("Systems", "What to carry", "Look at it", "Dry run", "Launch")
LOOK, DRY_RUN = 3, 4
DONE, SKIPPED = "done", "skipped"
UNDER_WAY, BROKEN, OUT_OF_DATE = "under way", "did not finish", "before the mapping was changed"
# What a launch says of it.
NO_DRY_RUN: Final = {
    SKIPPED: "There was no dry run yet.",
    UNDER_WAY: "The dry run is still under way.",
    BROKEN: "The dry run did not finish.",
    OUT_OF_DATE: "The mapping was changed since the dry run.",
}
# In the session: the drafts whose records this person saw. The newest of them.
LOOKED_AT: Final = "guided_looked_at"
MOST_LOOKED_AT: Final = 50


def steps_of(request: HttpRequest, place: int, job: SyncJob | None = None) -> dict[str, Any]:
    """What the line of steps shows on the page of the one at `place`, from 1 on. Those that were come to are links."""
    urls = [begin_url(), *[""] * (len(STEPS) - 1)]
    standing = dict.fromkeys(range(1, min(place, LOOK)), DONE)
    if job is not None:
        urls[1:] = [begin_url(job), *(step_url(job, name) for name in ("look", "dry_run", "launch"))]
        standing |= {at: _standing(request, job, at) for at in (LOOK, DRY_RUN)}
    return {
        "steps": [
            {
                "name": name,
                "url": urls[at - 1] if at < place or (standing.get(at) == DONE and at != place) else "",
                "here": at == place,
                "done": standing.get(at) == DONE,
                # What was not come to yet is not passed over.
                "note": standing.get(at, "") if at < place and standing.get(at) != DONE else "",
            }
            for at, name in enumerate(STEPS, start=1)
        ],
        "place": place,
        "twins": drafts.carried_by(job) if job is not None else [],
    }


def _standing(request: HttpRequest, job: SyncJob, at: int) -> str:
    if at == LOOK:
        return DONE if job.pk in request.session.get(LOOKED_AT, ()) else SKIPPED
    return dry_run_standing(job)


def dry_run_standing(job: SyncJob) -> str:
    """DONE only where one came to its end under the mappings as they are in use."""
    runs = list(job.dry_runs.values_list("state", "mapping_versions")[:20])
    if not runs:
        return SKIPPED
    in_use = circumstances(job)["mapping_versions"]
    if (DryRunState.FINISHED, in_use) in runs:
        return DONE
    match runs[0][0]:
        case DryRunState.RUNNING:
            return UNDER_WAY
        case DryRunState.FAILED:
            return BROKEN
    return OUT_OF_DATE


def note_looked_at(request: HttpRequest, job: SyncJob) -> None:
    """This person has seen the draft's records."""
    before = [pk for pk in request.session.get(LOOKED_AT, ()) if pk != job.pk]
    request.session[LOOKED_AT] = [*before, job.pk][-MOST_LOOKED_AT:]


def begin_url(job: SyncJob | None = None) -> str:
    """Where systems are chosen; or, with those of a job, where it is chosen what to carry between them."""
    begin = reverse("admin:integrations_syncjob_add")
    if job is None:
        return begin
    return f"{begin}?{urlencode({'source': job.source_id, 'destination': job.destination_id})}"


def step_url(job: SyncJob, name: str) -> str:
    return reverse(f"admin:integrations_syncjob_guided_{name}", args=[job.pk])
