"""How long both sides of a job take to be compared, and how much memory it takes, at any number of rows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import SyncJob
from tests.growth.memory import _peak, _resident, _slope

CONFIGURATION = """
connections:
  here:
    name: The warehouse
    platform: rest
    environment: sandbox
    settings:
      declaration:
        label: Warehouse
        base_url: "${BASE}/here"
        resources:
          stock: {id: id, list: {path: /stock, records: stock, paging: {style: cursor, param: cursor, next: next}}}
  there:
    name: The channel
    platform: rest
    environment: sandbox
    settings:
      declaration:
        label: Channel
        base_url: "${BASE}/there"
        resources:
          stock:
            id: id
            natural_key: sku
            list: {path: /stock, records: stock, paging: {style: cursor, param: cursor, next: next}}
            fetch: {path: "/stock/{external_id}"}
            lookup: {path: "/stock/{natural_key}"}
            update: {method: PUT, path: "/stock/{natural_key}"}
mappings:
  here-stock:
    direction: read
    platform: rest
    resource: stock
    kind: stock_level
    rules:
      - {target: id, source: id, required: true}
      - {target: sku, source: sku, required: true}
      - {target: location, source: location}
      - {target: on_hand, source: on_hand, transform: decimal}
      - {target: allocated, source: allocated, transform: decimal}
  there-stock:
    direction: write
    platform: rest
    resource: stock
    kind: stock_level
    rules:
      - {target: sku, source: sku, required: true}
      - {target: available, source: available, transform: integer}
jobs:
  stock:
    source: here
    source_resource: stock
    destination: there
    destination_resource: stock
    read_mapping: here-stock
    write_mapping: there-stock
    every_seconds: 0
    concurrent_calls: 8
audits:
  shelves: {job: stock, every_minutes: 0}
"""


def compare(records: int, latency_ms: float, sample_percent: int) -> None:
    """Fills the tables as if all had been delivered, then compares both sides in this process."""
    from monitoring.audits.foreground import run_to_end
    from monitoring.models import Audit, AuditRun
    from tests.growth.fill import Size, fill

    with shelves(records, latency_ms) as base:
        apply(plan(CONFIGURATION, {"BASE": base}))
        job = SyncJob.objects.get(key="stock")
        if not job.deliveries.exists():
            fill(job, Size(records, 0, 0, 0))
            _rename(job)
        seen: list[tuple[int, float]] = []

        def show(run: AuditRun) -> None:
            read = run.destination_rows + run.source_rows
            seen.append((read, _resident()))
            print(f"read {read:,}: {seen[-1][1]:.1f} MB after {time.monotonic() - began:,.0f} s", flush=True)

        began = time.monotonic()
        run = run_to_end(Audit.objects.get(key="shelves"), 60.0, show, sample_percent)
        took = time.monotonic() - began
    steady = [row for row in seen if row[0] > records / 10] or seen
    print(
        f"{run.state} {run.sentence}: {run.compared:,} compared, {run.differ:,} differ, {run.read_calls:,} calls "
        f"in {took:,.1f} s; peak {_peak():.0f} MB; {_slope(steady) * 100_000:+.2f} MB for each 100,000 rows"
    )


def _rename(job: Any) -> None:
    """What `fill` calls old-n and their-n has the names that the shelves give it."""
    from django.db import connection

    from integrations.models import ExternalId

    first = ExternalId.objects.filter(connection=job.source).order_by("thing_id").first()
    assert first is not None
    table = connection.ops.quote_name(ExternalId._meta.db_table)
    with connection.cursor() as cursor:
        for of, prefix in ((job.source_id, "MAIN:SKU-"), (job.destination_id, "SKU-")):
            cursor.execute(
                f"UPDATE {table} SET external_id = %s || (thing_id - %s) WHERE connection_id = %s",
                [prefix, first.thing_id, of],
            )


@contextmanager
def shelves(records: int, latency_ms: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.growth.shelves", str(records), str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
