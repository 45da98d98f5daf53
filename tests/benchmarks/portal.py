"""`python -m tests.benchmarks.portal prepare|batch`: sets the portal up for a benchmark, and has it run one sync."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django

HERE = Path(__file__).parent
HOOK = "benchmark"
BATCH_CALL = {
    "operation": "create",
    "path": "/orders/batch",
    "items": "orders",
    "size": 100,
    "results": "results",
    "status": "status",
}


def prepare() -> None:
    from django.core.management import call_command

    from integrations.configuration.apply import apply
    from integrations.configuration.plan import plan
    from integrations.models import Connection, SyncJob

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    apply(plan((HERE / "portal.yaml").read_text("utf-8"), dict(os.environ)))
    Connection.objects.filter(key="shop").update(webhook_address=HOOK)
    warehouse = Connection.objects.get(key="warehouse")
    declaration = warehouse.settings["declaration"]
    calls = int(os.environ.get("BENCH_CALLS", "16"))
    declaration["limits"]["concurrent"] = calls
    if os.environ.get("BENCH_JOB") == "J3":
        # What the benchmark's warehouse takes in a second, as an operator would enter it.
        declaration["limits"] |= {"requests_per_second": 200}
    if os.environ.get("BENCH_BATCH"):
        declaration["resources"]["orders"]["batch"] = BATCH_CALL
    warehouse.save()
    SyncJob.objects.update(concurrent_calls=calls)


def batch() -> None:
    """Rings for a read, as the schedule would, and waits until the workers have settled all that it brought."""
    from integrations.models import SyncJob
    from integrations.sync import steer

    run = steer.run_now(SyncJob.objects.get(key="orders"))
    assert run is not None
    while run.finished_at is None:
        time.sleep(0.1)
        run.refresh_from_db()
    print(f"read {run.read}, delivered {run.delivered}, failed {run.failed}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"prepare": prepare, "batch": batch}[sys.argv[1]]()
