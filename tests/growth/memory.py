"""Whether a worker that carries hundreds of thousands of records stays as small as it was."""

from __future__ import annotations

import time
from pathlib import Path

from tests.growth.cost import AT_ONCE, _warehouse


def watch(records: int) -> None:
    """Queues `records`, then delivers them in this process, and prints its memory on the way."""
    from django.utils import timezone

    from integrations.models import Batch, Door
    from integrations.sync import deliver
    from integrations.sync.accept import accept
    from tests.growth.orders import order
    from tests.growth.portal import the_job

    with _warehouse() as address:
        job, stamp = the_job(warehouse=address), int(time.time())
        for start in range(0, records, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, records))
            items = [order(f"memory-{stamp}-{number}", number, number) for number in numbers]
            accept(job, Door.PULL, items, read_at=timezone.now())
            if start % 10_000 == 0:
                print(f"accepted {start:,}: {_resident():.1f} MB", flush=True)
        seen: list[tuple[int, float]] = []
        began = time.monotonic()
        left = records
        while left:
            deliver.drain(job.pk, time.monotonic() + 5)
            waiting = Batch.objects.filter(job=job, settled_at__isnull=True).count()
            left = waiting * job.batch_size
            seen.append((records - left, _resident()))
            print(f"delivered {records - left:,}: {seen[-1][1]:.1f} MB", flush=True)
        took = time.monotonic() - began
    # The first tenth fills pools and caches.
    steady = [row for row in seen if row[0] > records / 10] or seen
    print(
        f"{records:,} records in {took:,.0f} s; peak {_peak():.0f} MB; "
        f"{_slope(steady) * 100_000:+.2f} MB for each 100,000 records"
    )


def _slope(rows: list[tuple[int, float]]) -> float:
    """MB a record, by least squares."""
    middle_x, middle_y = (sum(row[place] for row in rows) / len(rows) for place in (0, 1))
    spread = sum((x - middle_x) ** 2 for x, _ in rows)
    return sum((x - middle_x) * (y - middle_y) for x, y in rows) / spread if spread else 0.0


def _resident() -> float:
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024
