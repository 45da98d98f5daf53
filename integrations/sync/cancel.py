"""Ends a run that a person does not want any more: what was not sent yet is not sent, and says so."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from integrations.models import Door, RunState, State, SyncJob, SyncRun
from mappings import records, translate

from . import claim, shared_clock
from .case import Case, Ending
from .claim import Lease, LeaseLost
from .gather import gather
from .record import Group, record
from .rules import rules_of


def cancel(run: SyncRun, by: str = "") -> int:
    """Reads no further page and drops what nobody has in hand. Returns how many records were dropped.

    They become "ignored", so that a newer version of each is taken up as usual. A worker that has some of them
    in hand hears of it within a second and drops the rest. A write that has left is settled first, whatever came of it.
    """
    now = shared_clock.now()
    reason = f"The run was cancelled by {by}." if by else "The run was cancelled."
    with transaction.atomic():
        ended = SyncRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
            state=RunState.CANCELLED, finished_at=now, sentence=reason[:500]
        )
        # A late click: the run has ended by itself, and the position is that of the next one.
        if ended and run.door == Door.PULL:
            SyncJob.objects.filter(pk=run.job_id).update(
                read_started_at=None, resume_position=None, position_version=F("position_version") + 1
            )
    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        pk=run.job_id
    )
    dropped = 0
    tried: set[int] = set()
    while (lease := claim.claim_of(run, tried)) is not None:
        tried.add(lease.batch.pk)
        dropped += _drop_all(job, lease)
    return dropped


def drop_unsent(job: SyncJob, lease: Lease) -> int:
    """The records of a cancelled run that have no write on its way. Raises LeaseLost, and nothing is dropped."""
    reason = SyncRun.objects.values_list("sentence", flat=True).get(pk=lease.batch.run_id)
    cases = [case for case in gather(job, lease.parcels) if case.open_intent is None]
    _name(job, cases)
    endings = [
        Ending(State.SUPERSEDED, "A newer version came in.")
        if case.is_superseded
        else Ending(State.IGNORED, reason or "The run was cancelled.")
        for case in cases
    ]
    if cases:
        record(job, lease, Group(ended=list(zip(cases, endings, strict=True))))
    return len(cases)


def _name(job: SyncJob, cases: Sequence[Case]) -> None:
    """What was never weighed has no name yet, and a person is to see which records were dropped."""
    rules = rules_of(job).read
    for case in cases:
        found = translate.read(rules, case.parcel.payload).record
        case.subject = records.subject(found) if found is not None else case.delivery.subject


def _drop_all(job: SyncJob, lease: Lease) -> int:
    try:
        dropped = drop_unsent(job, lease)
        lease.give_back()
    except LeaseLost:
        return 0
    return dropped
