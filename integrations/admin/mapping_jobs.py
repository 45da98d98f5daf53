"""For which job a mapping is tried: who reads what it writes, from where, and to where it goes."""

from __future__ import annotations

from django.db.models import QuerySet

from integrations.models import Connection, JobState, SyncJob
from mappings.models import Direction, Mapping


def readers_for(mapping: Mapping) -> QuerySet[Mapping]:
    """The mappings that make the Record which this one writes."""
    return Mapping.objects.filter(direction=Direction.READ, kind=mapping.kind)


def sources_for(mapping: Mapping) -> QuerySet[Connection]:
    """Where a record can be taken from: for one that writes, where jobs read this kind, as soon as there are any."""
    enabled = Connection.objects.filter(enabled=True).defer("secrets")
    if mapping.direction == Direction.READ:
        return enabled.filter(platform=mapping.platform)
    jobs = SyncJob.objects.filter(kind=mapping.kind)
    read = enabled.filter(pk__in=jobs.values("source"))
    return read if read.exists() else enabled.filter(platform__in=readers_for(mapping).values("platform"))


def usual_job(
    mapping: Mapping, source: Connection | None = None, reader: Mapping | None = None
) -> SyncJob | None:
    """The newest job that writes with this mapping, an active one before others."""
    jobs = mapping.writing_jobs.select_related("read_mapping", "source", "destination")
    if source is not None:
        jobs = jobs.filter(source=source)
    if reader is not None:
        jobs = jobs.filter(read_mapping=reader)
    return max(jobs, key=lambda job: (job.state == JobState.ACTIVE, job.pk), default=None)


def usual_reader(mapping: Mapping, source: Connection) -> Mapping | None:
    """What reads this source for this mapping: as its job does it, else as some other job does, else its platform's."""
    job = usual_job(mapping, source)
    if job is not None:
        return job.read_mapping
    readers = readers_for(mapping).filter(platform=source.platform)
    return (
        readers.filter(reading_jobs__source=source).order_by("-reading_jobs__pk").first() or readers.first()
    )


def destination_of(mapping: Mapping, job: SyncJob | None) -> tuple[Connection, str] | None:
    """(system, its resource) that the mapping writes to; without a job the first system of its platform."""
    if job is not None:
        return job.destination, job.destination_resource
    first = Connection.objects.filter(platform=mapping.platform, enabled=True).order_by("pk").first()
    return (first, mapping.resource) if first is not None else None
