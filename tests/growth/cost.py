"""What a record costs on a small and on a large installation: in turns, so that a busy machine harms both alike."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AT_ONCE = 250
_TICKS = os.sysconf("SC_CLK_TCK")


def worker(address: str) -> None:
    """Carries what it is told on stdin ("new 1000", "changed 1000") and prints what that took, as JSON."""
    from tests.growth.portal import the_job

    job = the_job(warehouse=address)
    for line in sys.stdin:
        kind, count = line.split()
        print(json.dumps(_carry(job, kind, int(count))), flush=True)


def _carry(job: Any, kind: str, count: int) -> dict[str, float]:
    """Accepting and delivering `count` orders; the milliseconds that each took."""
    from django.db import connection
    from django.utils import timezone

    from integrations.models import Door
    from integrations.sync import deliver
    from integrations.sync.accept import accept

    items = _items(job, kind, count)
    if kind == "changed":
        _know_how_to_find(items)
    connection.ensure_connection()
    began, cpu, database = time.monotonic(), time.process_time(), _cpu_of_database()
    for start in range(0, count, AT_ONCE):
        accept(job, Door.PULL, items[start : start + AT_ONCE], read_at=timezone.now())
    accepted = time.monotonic()
    deliver.drain(job.pk, time.monotonic() + 600)
    ended = time.monotonic()
    per_record = 1000 / count
    return {
        "wall": (ended - began) * per_record,
        "accept": (accepted - began) * per_record,
        "cpu": (time.process_time() - cpu + _cpu_of_database() - database) * per_record,
    }


def _items(job: Any, kind: str, count: int) -> list[Any]:
    """New orders, or changes of orders from anywhere among those that were delivered."""
    from django.db.models import Max

    from integrations.models import Delivery, Thing
    from tests.growth.orders import order

    version = int(time.time()) % 2_000_000
    if kind == "new":
        top = Thing.objects.aggregate(top=Max("pk"))["top"] or 0
        return [order(f"new-{top + place}", top + place, version) for place in range(1, count + 1)]
    delivered = Delivery.objects.filter(job=job, state="delivered")
    first, last = (
        delivered.order_by(way).values_list("thing_id", flat=True).first() for way in ("id", "-id")
    )
    assert first is not None
    assert last is not None
    chosen = random.sample(range(first, last), count)
    names = dict(
        Delivery.objects.filter(job=job, thing_id__in=chosen, thing__external_ids__connection=job.source_id)
        .values_list("thing_id", "thing__external_ids__external_id")
        .order_by()
    )
    return [order(name, thing, version) for thing, name in names.items()]


def _know_how_to_find(items: list[Any]) -> None:
    """What was delivered before has its search keys; those that `fill` made have none that fit."""
    from integrations.models import ExternalId, SearchKey
    from mappings.search import keyed_hash

    things = dict(
        ExternalId.objects.filter(external_id__in=[item.external_id for item in items]).values_list(
            "external_id", "thing_id"
        )
    )
    keys = [
        SearchKey(kind=kind, digest=keyed_hash(kind, value), thing_id=things[item.external_id])
        for item in items
        for kind, value in (
            ("order_number", item.payload["name"]),
            ("email", item.payload["email"]),
            ("id", item.external_id),
        )
    ]
    SearchKey.objects.bulk_create(keys, ignore_conflicts=True)


def _cpu_of_database() -> float:
    """Of this connection's own process on the server, where it is on this machine. SQLite's work is in ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def compare(small: str, large: str, rounds: int, records: int) -> None:
    """Prints, for new and for changed orders, the medians of both databases and their ratio."""
    with _warehouse() as address, _child(small, address) as one, _child(large, address) as other:
        for kind in ("new", "changed"):
            taken: list[list[dict[str, float]]] = [[], []]
            for number in range(rounds + 1):
                for place, child in enumerate((one, other)):
                    found = _ask(child, f"{kind} {records}")
                    if number:  # the first is for warming up
                        taken[place].append(found)
            for measure in ("wall", "accept", "cpu"):
                few, many = (statistics.median(row[measure] for row in rows) for rows in taken)
                print(f"{kind:8}{measure:8}{few:8.3f} ms {many:8.3f} ms  x {many / few:.3f}", flush=True)


def _ask(child: subprocess.Popen[str], what: str) -> dict[str, float]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{what}\n")
    child.stdin.flush()
    found: dict[str, float] = json.loads(child.stdout.readline())
    return found


@contextmanager
def _warehouse() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.growth.warehouse"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.wait()


@contextmanager
def _child(database: str, address: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.growth", "carry", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATABASE_URL": database},
    )
    yield process
    process.kill()
    process.wait()
