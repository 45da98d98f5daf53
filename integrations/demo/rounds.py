"""One round of the demo: every job reads once, the workers deliver, and the progress is shown until all is settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from integrations.models import (
    Batch,
    Delivery,
    InboundEvent,
    InboundState,
    JobState,
    State,
    SyncJob,
    SyncRun,
)
from integrations.sync import steer

LOOK_EVERY = 0.25


class NotSettled(Exception):
    """A round did not come to its end in time; the text says which job is left with what."""


def play_round(title: str, keys: Sequence[str], look: Callable[[], None], patience: float) -> float:
    """Runs these jobs to their end; `look` is called all along. Returns seconds. Raises NotSettled."""
    began = time.monotonic()
    jobs = list(SyncJob.objects.filter(key__in=keys).select_related("source", "destination"))
    for job in jobs:
        if job.state == JobState.HALTED:
            steer.resume(job)
    runs = {job.pk: steer.run_now(job) for job in jobs}
    console = Console(stderr=True)
    console.print(f"[bold]{title}[/bold]")
    with _bar(console) as progress:
        tasks = {job.pk: progress.add_task(job.name, total=None, count="") for job in jobs}
        while True:
            look()
            settled = [_show(progress, tasks[job.pk], runs[job.pk]) for job in jobs]
            if all(settled) and _nothing_queued(jobs):
                return time.monotonic() - began
            if time.monotonic() - began > patience:
                raise NotSettled(_what_is_left(jobs))
            time.sleep(LOOK_EVERY)


def wait_for_webhooks(to_come: Callable[[], int], look: Callable[[], None], patience: float) -> None:
    """Until the other side has none left to send, and we have processed all that came. Raises NotSettled."""
    began = time.monotonic()
    while to_come() or InboundEvent.objects.filter(state=InboundState.RECEIVED).exists():
        look()
        if time.monotonic() - began > patience:
            raise NotSettled("Webhooks were still on their way after the time allowed; see web.log.")
        time.sleep(LOOK_EVERY)


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:28}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _show(progress: Progress, task: TaskID, run: SyncRun | None) -> bool:
    if run is None:
        progress.update(task, total=0, count="does not run")
        return True
    run.refresh_from_db()
    total = max(run.accepted, run.settled)
    ended = run.finished_at is not None
    progress.update(
        task,
        completed=run.settled,
        total=total if total or ended else None,
        count=_count(run.settled, total, ended),
    )
    return ended


def _count(settled: int, total: int, ended: bool) -> str:
    if total:
        return f"{settled}/{total}"
    return "nothing new" if ended else ""


def _nothing_queued(jobs: Sequence[SyncJob]) -> bool:
    return not Batch.objects.filter(job__in=jobs, settled_at__isnull=True).exists()


def _what_is_left(jobs: Sequence[SyncJob]) -> str:
    pending = (State.QUEUED, State.RETRYING, State.WAITING)
    counts = {job.name: Delivery.objects.filter(job=job, state__in=pending).count() for job in jobs}
    told = ", ".join(f"{count} of “{name}”" for name, count in counts.items() if count)
    return (
        f"Not all was settled in time: {told or 'a read has not come to its end'}. The health page says why."
    )
