"""A job from its first choice to its launch. A draft is a row that nothing reads or sends for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from integrations.connectors import catalogue
from integrations.connectors.facts import Group
from integrations.exceptions import Failure
from integrations.models import Connection, Delivery, JobState, SyncJob, SyncRun
from integrations.sync import launch, steer
from mappings.models import Mapping
from mappings.presets import PRESETS

from .check import job_problems
from .expand import LONGEST_KEY, LONGEST_NAME, shortened
from .pairs import OWN, Way, name_of
from .presets import copied_for, key_for
from .state import JOB_FIELDS, JOB_REFERENCES

# From a launch on, so many percent of errors halt a job, unless a person says otherwise.
HALTS_ABOVE = 20


def begin(source: Connection, destination: Connection, read: Way, write: Way, by: User | None) -> SyncJob:
    """The draft between these ends: the one that is there, or a new one. Two requests at once get the same."""
    for _ in range(3):
        found = _draft_between(source, destination, read, write)
        if found is not None:
            return found
        try:
            with transaction.atomic():
                # One at a time: another request may have made it since we looked.
                _lock(source)
                found = _draft_between(source, destination, read, write)
                return found or _made(source, destination, read, write, by)
        except IntegrityError:
            # Another request has made one of its mappings since we looked.
            continue
    raise IntegrityError("A draft could not be made. Try again.")


def _lock(source: Connection) -> None:
    """Against others that begin or launch a job of this source, until the end of the transaction."""
    Connection.objects.select_for_update(no_key=True).only("pk").get(pk=source.pk)


def _draft_between(source: Connection, destination: Connection, read: Way, write: Way) -> SyncJob | None:
    drafts = SyncJob.objects.filter(
        state=JobState.DRAFT,
        kind=read.kind,
        source=source,
        source_resource=read.resource,
        destination=destination,
        destination_resource=write.resource,
        read_mapping__key=_mapping_key(read, source),
        write_mapping__key=_mapping_key(write, destination),
    )
    return drafts.order_by("pk").first()


def _mapping_key(way: Way, connection: Connection) -> str:
    return way.key.removeprefix(OWN) if way.key.startswith(OWN) else key_for(way.key, connection)


def _mapping(way: Way, connection: Connection, by: User | None) -> Mapping:
    if way.key.startswith(OWN):
        return Mapping.objects.get(key=way.key.removeprefix(OWN))
    return copied_for(way.key, connection, by)


def _made(source: Connection, destination: Connection, read: Way, write: Way, by: User | None) -> SyncJob:
    # Of any state: a name that is taken is told apart by its number.
    base = shortened(f"{source.key}-{read.resource}-to-{destination.key}".replace("_", "-"))
    return SyncJob.objects.create(
        key=_free_key(base),
        name=name_of(read.kind, source, destination)[:LONGEST_NAME],
        kind=read.kind,
        source=source,
        source_resource=read.resource,
        destination=destination,
        destination_resource=write.resource,
        read_mapping=_mapping(read, source, by),
        write_mapping=_mapping(write, destination, by),
        state=JobState.DRAFT,
        halts_above_percent=HALTS_ABOVE,
        waits_for_payment=ships(read.kind, destination),
    )


def ships(kind: str, destination: Connection) -> bool:
    """Whether what is written there leaves the house: then an order that nobody has paid is not sent, unless a person
    says otherwise."""
    try:
        return kind == "order" and catalogue.entry(destination.platform).facts.group == Group.SHIPPING
    except Failure:
        return False


def carried_by(job: SyncJob) -> list[SyncJob]:
    """Jobs between the very ends of this one, drafts left out, by name. One that only takes what others hand over is
    none of them."""
    same = SyncJob.objects.filter(
        source=job.source_id,
        source_resource=job.source_resource,
        destination=job.destination_id,
        destination_resource=job.destination_resource,
        takes_handed_over=False,
    )
    return list(same.exclude(pk=job.pk).exclude(state=JobState.DRAFT).order_by("name"))


def _free_key(base: str) -> str:
    taken = set(SyncJob.objects.filter(key__startswith=base[: LONGEST_KEY - 5]).values_list("key", flat=True))
    numbered = (f"{base[: LONGEST_KEY - 5]}-{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)


def throw_away(job: SyncJob) -> bool:
    """With the copies of presets that were made for it and nobody has changed or uses. False where it is no draft."""
    mappings = [job.read_mapping_id, job.write_mapping_id]
    with transaction.atomic():
        row = SyncJob.objects.select_for_update().filter(pk=job.pk, state=JobState.DRAFT).first()
        if row is None or Delivery.objects.filter(job=row).exists():
            return False
        row.delete()
        for mapping in Mapping.objects.filter(pk__in=mappings, current_number=1):
            is_used = mapping.reading_jobs.exists() or mapping.writing_jobs.exists()
            if not is_used and _is_untouched_copy(mapping):
                mapping.delete()
    return True


def _is_untouched_copy(mapping: Mapping) -> bool:
    """Changes that are not published yet count as well."""
    is_copy = any(mapping.key.endswith(f"-{key}") for key in PRESETS)
    return is_copy and mapping.versions.get(number=mapping.current_number).snapshot == mapping.snapshot()


def as_told(job: SyncJob) -> dict[str, Any]:
    """The job in the form that files have."""
    references = {name: getattr(job, name) for name in JOB_REFERENCES}
    told: dict[str, Any] = {name: getattr(job, name) for name in JOB_FIELDS}
    return told | {name: row.key if row is not None else None for name, row in references.items()}


def problems(job: SyncJob) -> list[tuple[str, str]]:
    """What stands in the way of the job as it is told here, saved or not: by field, "" for the whole of it."""
    return job_problems(job.key, as_told(job))


@dataclass(frozen=True)
class Launched:
    """`run` is None where the job is held until its workflow is launched, or is on its way already: `missing` then says
    what that launch lacks."""

    job: SyncJob
    run: SyncRun | None
    missing: tuple[launch.Missing, ...] = ()


SETTLED_AT_LAUNCH = (
    "name",
    "workflow",
    "filter",
    "rollout_percent",
    "every_seconds",
    "halts_above_percent",
    "waits_for_payment",
    "writes_beside",
    "shares_fields",
)


class CarriedAlready(Exception):
    """Another job carries the same, and it is not said why both are meant."""


def go_live(job: SyncJob) -> Launched:
    """From draft to active, once: who comes second finds it launched. `job` holds what was chosen and is not saved.

    Raises CarriedAlready.
    """
    with transaction.atomic():
        _lock(job.source)
        if (
            not job.shares_fields
            and carried_by(job)
            and SyncJob.objects.filter(pk=job.pk, state=JobState.DRAFT).exists()
        ):
            raise CarriedAlready
        chosen = {name: getattr(job, name) for name in SETTLED_AT_LAUNCH}
        is_first = SyncJob.objects.filter(pk=job.pk, state=JobState.DRAFT).update(
            state=JobState.ACTIVE, state_reason="", released_percent=job.rollout_percent, **chosen
        )
        fresh = SyncJob.objects.select_related("source", "destination", "workflow").get(pk=job.pk)
        if is_first:
            # A version of its own in the history.
            fresh.save(update_fields=["updated_at"])
    if not is_first:
        return Launched(fresh, None)
    if fresh.is_held_for_launch and fresh.workflow is not None:
        return Launched(fresh, None, tuple(launch.missing(fresh.workflow)))
    return Launched(fresh, steer.run_now(fresh))
