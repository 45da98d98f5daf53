"""All that a worker may call. A task carries a primary key and nothing else; the tables say what is to be done."""

from __future__ import annotations

import time

from django.conf import settings

from .models import SyncJob
from .sync import credentials, deliver, doorbell, dry_run_report, reap, rerun, share, stock_settings
from .sync import pull as reading
from .webhooks import process


def pull(job_id: int) -> None:
    """One worker at a time reads: another would only fetch the same pages."""
    with doorbell.at_work("pull", job_id):
        reading.pull(job_id, _deadline())
    # Who asked for another read meanwhile has rung for nothing.
    reap.ring_for_due_reads()


def again(run_id: int) -> None:
    with doorbell.at_work("again", run_id):
        rerun.read(run_id, _deadline())


def drain(job_id: int) -> None:
    doorbell.answered("drain", job_id)
    job = SyncJob.objects.get(pk=job_id)
    with share.place(job.destination_id) as is_mine:
        if is_mine:
            reap.call_another_worker(job)
            deliver.drain(job_id, _deadline())


def inbox(connection_id: int) -> None:
    """One worker at a time goes through an inbox: another would only take the same events."""
    with doorbell.at_work("inbox", connection_id):
        process.process_inbox(connection_id, _deadline())
    # What came in between the last look and the answer has rung for nothing.
    if process.has_untried(connection_id):
        doorbell.ring("inbox", connection_id)


def recount(job_id: int) -> None:
    with doorbell.at_work("recount", job_id):
        stock_settings.count_all_anew(job_id, _deadline())


def dry_run(dry_run_id: int) -> None:
    with doorbell.at_work("dry_run", dry_run_id):
        dry_run_report.carry_out(dry_run_id, _deadline())


def test_connection(connection_id: int) -> None:
    with doorbell.at_work("test", connection_id):
        credentials.test_changed(connection_id)


def sweep(after_a_start: int = 0) -> None:
    """`after_a_start` 1: the first task of a cluster; the bells that were on their way fell with the one before."""
    doorbell.answered("sweep")
    if after_a_start:
        doorbell.forget_all()
    reap.sweep()


def _deadline() -> float:
    """By time.monotonic: well before the queue's own timeout, which would kill the worker."""
    return time.monotonic() + float(settings.TASK_SECONDS)
