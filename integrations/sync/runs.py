"""Opens and closes SyncRuns: one reads per job and door, and each ends when all it accepted is settled."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from integrations.models import Batch, Door, Environment, RunState, SyncJob, SyncRun

from . import shared_clock

# Runs by these doors end only when they were read through as well.
READING_DOORS = (Door.PULL, Door.AGAIN)


def reading_run(job: SyncJob, door: Door = Door.PULL) -> SyncRun | None:
    """The run that takes in records at this door at present."""
    return SyncRun.objects.filter(job=job, door=door, finished_at__isnull=True, read_through=False).first()


def open_run(job: SyncJob, door: Door, full: bool = False) -> SyncRun:
    """The run that takes in records at this door, or a new one. Two workers opening at once get the same."""
    run = reading_run(job, door)
    if run is not None:
        return run
    begun = SyncRun(job=job, door=door, full=full, started_at=shared_clock.now(), **circumstances(job))
    SyncRun.objects.bulk_create([begun], ignore_conflicts=True)
    return SyncRun.objects.get(job=job, door=door, finished_at__isnull=True, read_through=False)


def circumstances(job: SyncJob) -> dict[str, str]:
    """Where and by which mappings a run begins, asked of the database: a launch is decided by it."""
    source, destination, *mappings = SyncJob.objects.values_list(
        "source__environment",
        "destination__environment",
        "read_mapping_id",
        "read_mapping__current_number",
        "write_mapping_id",
        "write_mapping__current_number",
    ).get(pk=job.pk)
    is_sandbox = source == destination == Environment.SANDBOX
    return {
        "environment": Environment.SANDBOX if is_sandbox else Environment.PRODUCTION,
        "mapping_versions": "{}.{} {}.{}".format(*mappings),
    }


def close_settled_runs(job: SyncJob) -> int:
    """Ends the runs of which no batch is open (and, for a read, that were read through). Returns how many."""
    unsettled = Batch.objects.filter(run=OuterRef("pk"), settled_at__isnull=True)
    settled = SyncRun.objects.filter(job=job, finished_at__isnull=True).exclude(Exists(unsettled))
    return settled.exclude(door__in=READING_DOORS, read_through=False).update(
        state=RunState.FINISHED, finished_at=shared_clock.now()
    )
