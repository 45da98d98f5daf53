"""Queries of the engine: their number does not depend on a group's size, and none reads a whole table."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import cast

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, ErrorRecord, Priority, SyncJob
from integrations.sync import deliver, gate, give_way, hand, reap
from integrations.sync.accept import accept
from integrations.sync.case import Case
from integrations.sync.gather import refresh
from integrations.sync.parcels import Parcel
from tests.integrations.foreground.in_memory import InMemory

# What an installation has by the million, or by the hundred thousand.
LARGE = (
    "batch",
    "delivery",
    "errorrecord",
    "externalid",
    "inboundevent",
    "intent",
    "outcome",
    "searchkey",
    "thing",
)


# All that one system or one job has: in an installation with one shop that is the whole table.
WHOLE_SYSTEM = (
    r"SEARCH integrations_(\w+) USING (?:COVERING )?INDEX (?P<index>\w+) "
    r"\((?:connection_id|job_id|destination_id|source_id)=\?(?: AND resource=\?)?\)"
)


@pytest.fixture(autouse=True)
def what_goes_by_the_clock_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many looks a second, whatever leaves."""
    for module, name in (
        (gate, "LOOK_EVERY"),
        (gate, "STALE"),
        (give_way, "SECONDS_BETWEEN_LOOKS"),
        (hand, "COMMIT_EVERY"),
        (deliver, "ASK_AGAIN"),
        (deliver, "HEED_EVERY"),
    ):
        monkeypatch.setattr(module, name, 60.0)


def page(first: int, count: int, version: int = 1) -> list[Item]:
    return [
        Item(
            external_id=str(number),
            payload={"id": str(number), "number": str(number), "note": f"version {version}"},
            version=str(version).zfill(20),
        )
        for number in range(first, first + count)
    ]


def taken_in(job: SyncJob, items: list[Item]) -> int:
    return queries(lambda: accept(job, Door.PULL, items, read_at=timezone.now(), priority=Priority.BACKFILL))


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def drained(job: SyncJob) -> int:
    return queries(lambda: deliver.drain(job.pk, time.monotonic() + 30))


def warm_up(job: SyncJob) -> None:
    """What a process asks once only: the mappings' rules."""
    taken_in(job, page(5_000, 1))
    drained(job)


@pytest.mark.parametrize("version", [1, 2])
def test_a_page_of_two_hundred_is_accepted_by_as_many_queries_as_one_of_two(
    job: SyncJob, version: int
) -> None:
    for first, count in ((0, 2), (1_000, 200)):
        if version == 2:
            accept(job, Door.PULL, page(first, count), read_at=timezone.now())
    accept(job, Door.PULL, page(5_000, 1), read_at=timezone.now())
    few = taken_in(job, page(0, 2, version))
    assert taken_in(job, page(1_000, 200, version)) == few
    assert few <= 20


def test_a_group_of_a_hundred_is_delivered_by_as_many_queries_as_one_of_two(
    job: SyncJob, warehouse: InMemory
) -> None:
    job.concurrent_calls = 100
    job.save()
    warm_up(job)
    taken_in(job, page(0, 2))
    few = drained(job)
    taken_in(job, page(1_000, 100))
    assert drained(job) == few
    assert warehouse.writes == 103
    assert few <= 50


def test_open_writes_are_read_without_all_that_their_batch_carries(job: SyncJob) -> None:
    """Each would have the whole batch decrypted once more."""
    taken_in(job, page(0, 1))
    case = Case(0, cast(Parcel, None), Delivery.objects.get())
    with CaptureQueriesContext(connection) as seen:
        refresh(job, [case])

    asked = [query["sql"] for query in seen if "integrations_batch" in query["sql"]]
    assert len(asked) == 1
    assert "payloads" not in asked[0]


def test_a_group_that_fails_costs_as_many_queries_whatever_its_size(
    job: SyncJob, warehouse: InMemory
) -> None:
    job.concurrent_calls = 100
    job.save()
    warehouse.refused = {str(number) for number in range(2_000)}
    warm_up(job)
    taken_in(job, page(0, 2))
    few = drained(job)
    taken_in(job, page(1_000, 100))
    assert drained(job) == few
    # And when they fail once more.
    numbers = []
    for first, count in ((0, 2), (1_000, 100)):
        accept(job, Door.AGAIN, page(first, count), read_at=timezone.now(), force=True)
        numbers.append(drained(job))
    assert numbers[0] == numbers[1]
    assert ErrorRecord.objects.filter(attempts=2).count() == 102


def test_what_has_not_changed_costs_as_many_queries_whatever_its_size(job: SyncJob) -> None:
    for first, count in ((0, 2), (1_000, 100)):
        taken_in(job, page(first, count))
    drained(job)
    numbers = []
    for first, count in ((0, 2), (1_000, 100)):
        accept(job, Door.AGAIN, page(first, count), read_at=timezone.now(), force=True)
        numbers.append(drained(job))
    assert numbers[0] == numbers[1]


def test_no_query_of_the_engine_reads_a_whole_table(job: SyncJob) -> None:
    with CaptureQueriesContext(connection) as seen:
        for version in (1, 2):
            accept(job, Door.PULL, page(0, 20, version), read_at=timezone.now(), priority=Priority.BACKFILL)
            deliver.drain(job.pk, time.monotonic() + 30)
        accept(job, Door.WEBHOOK, page(50, 5), read_at=timezone.now())
        reap.sweep()
        deliver.drain(job.pk, time.monotonic() + 30)
    asked = {row["sql"] for row in seen if re.match("SELECT|UPDATE|DELETE", row["sql"])}
    assert len(asked) > 30
    reading = {sql: plan for sql in asked if (plan := whole_tables(sql))}
    assert reading == {}


def whole_tables(sql: str) -> list[str]:
    """The large tables that the database would read from end to end for this."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # On a table of twenty rows it would always be cheaper to read them all.
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}")
            plan = [str(row[0]) for row in cursor.fetchall()]
            cursor.execute("RESET enable_seqscan")
            found = [re.search(r"Seq Scan on integrations_(\w+)", line) for line in plan]
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [str(row[3]) for row in cursor.fetchall()]
            found = [re.search(r"SCAN integrations_(\w+)(?! USING)\b(?! USING)", line) for line in plan]
            whole = [re.search(WHOLE_SYSTEM, line) for line in plan]
            found += [match for match in whole if match and match["index"] not in _indexes_of_what_is_open()]
    return [match[1] for match in found if match and match[1] in LARGE]


def _indexes_of_what_is_open() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
        return {name for (name,) in cursor.fetchall()}


def test_a_job_sends_no_more_at_once_than_it_may(
    job: SyncJob, warehouse: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    job.concurrent_calls = 3
    job.save()
    lock, here, most = threading.Lock(), [0], [0]
    full = threading.Barrier(3, timeout=5)
    real = InMemory.send

    def counting(self: InMemory, call: object) -> object:
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
        full.wait()
        with lock:
            here[0] -= 1
        return real(self, call)  # type: ignore[arg-type]

    monkeypatch.setattr(InMemory, "send", counting)
    taken_in(job, page(0, 12))
    drained(job)
    assert most[0] == 3
    assert len(warehouse.taken) == 12
