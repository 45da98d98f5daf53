"""Files in and out of the engine, with workers that fall in between: each order once, each bad row an error."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.connectors.files_writing import FilesWriter
from integrations.models import Batch, CallShare, Delivery, ErrorRecord, Intent, SyncJob, SyncRun
from integrations.sync import deliver, dry_run, hand_over, intents, pull, retry, shared_clock, steer
from integrations.sync import record as engine_record
from mappings.presets import PRESETS
from tests.integrations.connectors.files.drops import Drop

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS, FALLS = 60, 2
HEADER = "order_number,ordered_at,currency,total,email,line,sku,title,quantity,price\n"


class Fell(BaseException):
    """The worker is gone: nothing of what it was about to write down is written."""


def rules_of(preset: str) -> list[dict[str, Any]]:
    names = ("target", "source", "transform", "arguments", "required")
    return [
        {name: value for name in names if (value := getattr(rule, name)) not in ("", {}, False)}
        for rule in PRESETS[preset].rules
    ]


def configuration(drop: Drop, **read: Any) -> dict[str, Any]:
    platform = drop.kind
    mapping = {"platform": platform, "resource": "orders", "kind": "order"}
    words = {
        "key": "order_number",
        "read": {"folder": "in", "pattern": "orders-*.csv", "lines": "lines", "done": "done", **read},
    }
    return {
        "connections": {
            "partner": {
                "name": "The partner",
                "platform": platform,
                "settings": {**drop.settings, "files": {"orders": words}},
                "secrets": drop.secrets,
            },
            "bi": {
                "name": "The BI store",
                "platform": platform,
                "settings": {
                    **drop.settings,
                    "files": {"orders": {"key": "id", "write": {"folder": "out", "lines": "lines"}}},
                },
                "secrets": drop.secrets,
            },
        },
        "mappings": {
            "read": {**mapping, "direction": "read", "rules": rules_of(f"{platform}-orders-read")},
            "write": {**mapping, "direction": "write", "rules": rules_of(f"{platform}-orders")},
        },
        "jobs": {
            "orders": {
                "source": "partner",
                "source_resource": "orders",
                "destination": "bi",
                "destination_resource": "orders",
                "read_mapping": "read",
                "write_mapping": "write",
            }
        },
    }


@pytest.fixture
def allowed(drop: Drop, settings: Settings) -> Drop:
    settings.PRIVATE_NETWORKS = [f"127.0.0.1/32 {drop.settings.get('port', 1)}"]
    (drop.root / "in").mkdir()
    return drop


def configure(drop: Drop, **read: Any) -> SyncJob:
    apply(plan(json.dumps(configuration(drop, **read)), {}))
    return SyncJob.objects.get(key="orders")


def order(number: int, *lines: tuple[str, str], total: str = "10.00", email: str = "") -> str:
    return "".join(
        f"{number},2026-11-23T06:45:00Z,EUR,{total},{email},{place},{sku},A mug ☕,{quantity},5.00\n"
        for place, (sku, quantity) in enumerate(lines or (("MUG", "2"),), 1)
    )


def carry(job: SyncJob) -> int:
    """Reads to the end and settles all; how often a worker fell."""
    steer.run_now(job)
    ends = time.monotonic() + 90
    while not pull.pull(job.pk, ends):
        assert time.monotonic() < ends
        SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
    falls = 0
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        assert time.monotonic() < ends
        try:
            deliver.drain(job.pk, time.monotonic() + 20)
        except Fell:
            falls += 1
            past = shared_clock.now() - timedelta(seconds=1)
            Batch.objects.filter(job=job, settled_at__isnull=True).update(lease_until=past)
            # ... and so long does nobody wait here for the one call at a time that it had.
            CallShare.objects.all().delete()
    return falls


def rows_out(drop: Drop) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in drop.names("out"):
        with (drop.root / "out" / name).open(newline="", encoding="utf-8") as file:
            found += list(csv.DictReader(file))
    return found


def open_errors() -> list[ErrorRecord]:
    return list(ErrorRecord.objects.filter(settled_at__isnull=True).order_by("subject"))


def test_each_order_is_written_once_though_workers_fall_after_the_file_is_there(
    allowed: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (("MUG", "2"), ("☕", "1"))
    allowed.put("in/orders-1.csv", HEADER + "".join(order(n, *lines) for n in range(1, ORDERS + 1)))
    job = configure(allowed)
    left = [FALLS]
    real = engine_record.record

    def record(*told: Any) -> Any:
        """The file is there; the worker falls before it can write that down."""
        if left[0] and told[2].delivered:
            left[0] -= 1
            raise Fell
        return real(*told)

    monkeypatch.setattr(hand_over, "record", record)
    monkeypatch.setattr(intents, "is_proven_dead", lambda holder: True)
    assert carry(job) == FALLS
    rows = rows_out(allowed)
    assert len(rows) == 2 * ORDERS
    assert len({(row["id"], row["lines_id"]) for row in rows}) == 2 * ORDERS
    assert {row["total"] for row in rows} == {"10.00"}
    assert set(Delivery.objects.filter(job=job).values_list("state", flat=True)) == {"delivered"}
    assert open_errors() == []
    assert not Intent.objects.filter(settled_at__isnull=True).exists()
    # What was read is moved away by the next read, and brings nothing again.
    allowed.put("in/orders-2.csv", HEADER + order(7, ("MUG", "3")) + order(8, *lines), age=200)
    written = set(allowed.names("out"))
    carry(job)
    assert (allowed.names("done"), allowed.names("in")) == (["orders-1.csv"], ["orders-2.csv"])
    new = [row for row in rows_out(allowed) if row["lines_ordered"] == "3"]
    assert [(row["id"], row["lines_sku"]) for row in new] == [("7", "MUG")]
    assert len(allowed.names("out")) == len(written) + 1


def test_an_answer_that_never_came_settles_itself(allowed: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No person is asked: the same write, done again, has no other effect."""
    from integrations.exceptions import Failure, Kind

    allowed.put("in/orders-1.csv", HEADER + order(1) + order(2))
    job = configure(allowed)
    real, left = FilesWriter.send_all, [1]

    def send_all(*told: Any) -> Any:
        found = real(*told)
        if left[0]:
            left[0] -= 1
            raise Failure(Kind.TRANSIENT, "lost_answer", "The connection broke.", in_doubt=True)
        return found

    monkeypatch.setattr(FilesWriter, "send_all", send_all)
    carry(job)
    assert sorted(row["id"] for row in rows_out(allowed)) == ["1", "2"]
    assert open_errors() == []


def test_bad_rows_are_errors_with_their_place_and_the_others_arrive(allowed: Drop) -> None:
    bad_total = order(2, total="ten")
    content = HEADER + order(1) + bad_total + "3,too short\n" + order(4)
    allowed.put("in/orders-1.csv", content, age=900)
    job = configure(allowed)
    carry(job)
    assert sorted(row["id"] for row in rows_out(allowed)) == ["1", "4"]
    told = {error.subject: error for error in open_errors()}
    assert set(told) == {"Order #2", "Order 3"}
    row = told["Order 3"]
    assert (row.code, row.kind, row.place) == ("unreadable", "data", "read")
    assert row.sentence.startswith(
        "orders-1.csv, line 4: it has 2 columns and not 10: there is nothing from column"
    )
    assert told["Order #2"].sentence.endswith(" It stands in orders-1.csv, line 3.")
    # Trying again mends nothing, and half a row is never taken for a whole one.
    retry.retry(ErrorRecord.objects.filter(settled_at__isnull=True), None)
    settle(job)
    assert len(open_errors()) == 2
    assert open_errors()[1].sentence == row.sentence
    # The corrected file does.
    allowed.put("in/orders-1.csv", HEADER + order(1) + order(2) + order(3) + order(4), age=500)
    carry(job)
    assert open_errors() == []
    assert sorted({row["id"] for row in rows_out(allowed)}) == ["1", "2", "3", "4"]


def settle(job: SyncJob) -> None:
    ends = time.monotonic() + 30
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        deliver.drain(job.pk, time.monotonic() + 10)
        assert time.monotonic() < ends


def test_a_row_that_a_person_mended_goes(allowed: Drop) -> None:
    allowed.put("in/orders-1.csv", HEADER + order(1, total="1,5"))
    job = configure(allowed, numbers=["total"])
    carry(job)
    (error,) = open_errors()
    # Its seven columns were eight: the quantity is no number.
    assert error.code == "unreadable"
    payload = {
        "order_number": "1",
        "currency": "EUR",
        "total": "1.50",
        "lines": [{"sku": "MUG", "quantity": "2"}],
    }
    retry.retry_with_payload(error, payload, None)
    settle(job)
    assert open_errors() == []
    assert [row["total"] for row in rows_out(allowed)] == ["1.50"]


def test_an_order_that_a_person_completed_is_the_one_of_the_corrected_file(allowed: Drop) -> None:
    first, second = order(3, ("MUG", "2"), ("BOWL", "1")).splitlines(keepends=True)
    allowed.put("in/orders-1.csv", HEADER + order(1) + first + second[:20] + "\n", age=900)
    job = configure(allowed)
    carry(job)
    assert {row["id"] for row in rows_out(allowed)} == {"1"}
    (error,) = open_errors()
    assert (error.subject, error.code) == ("Order 3", "unreadable")
    assert "orders-1.csv, line 4: it has " in error.sentence
    lines = [{"line": "1", "sku": "MUG", "quantity": "2"}, {"line": "2", "sku": "BOWL", "quantity": "1"}]
    payload = {"order_number": "3", "currency": "EUR", "total": "10.00", "lines": lines}
    retry.retry_with_payload(error, payload, None)
    settle(job)
    allowed.put("in/orders-1.csv", HEADER + order(1) + first + second, age=500)
    carry(job)
    assert open_errors() == []
    assert {row["id"] for row in rows_out(allowed)} == {"1", "3"}
    assert Delivery.objects.filter(job=job).count() == 2


def test_a_row_without_a_key_can_not_be_sent_in_a_name_of_its_place(allowed: Drop) -> None:
    allowed.put(
        "in/orders-1.csv", HEADER + order(1) + order(2) + '"3" x,' + order(3)[2:] + order(4) + order(5)
    )
    allowed.put("in/orders-2.csv", "nothing\n", age=900)
    job = configure(allowed)
    carry(job)
    # Those beside it are held: it may be a line of theirs.
    assert sorted(row["id"] for row in rows_out(allowed)) == ["1", "5"]
    told = {error.subject: error for error in open_errors()}
    assert set(told) == {"Order 2", "Order 4", "Order orders-1.csv:4", "Order orders-2.csv"}
    for subject in ("Order orders-1.csv:4", "Order orders-2.csv"):
        error = told[subject]
        assert error.code == "unreadable_place"
        with pytest.raises(retry.NotPossible, match="Correct the file"):
            retry.retry_with_payload(error, {"order_number": "3"}, None)
    assert "line 4 stands right behind its rows" in told["Order 2"].sentence
    # Trying again changes nothing about that.
    retry.retry(ErrorRecord.objects.filter(settled_at__isnull=True), None)
    settle(job)
    assert [error.code for error in open_errors()].count("unreadable_place") == 2
    orders = HEADER + "".join(order(number) for number in range(1, 6))
    allowed.put("in/orders-1.csv", orders, age=500)
    allowed.put("in/orders-2.csv", HEADER + order(6), age=500)
    carry(job)
    assert open_errors() == []
    assert sorted(row["id"] for row in rows_out(allowed)) == ["1", "2", "3", "4", "5", "6"]


def test_a_dry_run_moves_and_writes_nothing(allowed: Drop) -> None:
    allowed.put("in/orders-1.csv", HEADER + "".join(order(n) for n in range(1, 4)), age=900)
    allowed.put("in/orders-2.csv", HEADER + "".join(order(n) for n in range(4, 8)) + "8,half\n", age=800)
    job = configure(allowed, size=2)
    found = list(dry_run.dry_run(job))
    assert [one.what for one in found] == ["upsert"] * 7 + ["failed"]
    assert allowed.names("in") == ["orders-1.csv", "orders-2.csv"]
    assert (allowed.names("done"), allowed.names("out")) == ([], [])


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_configuration_is_exported_as_it_was_applied(allowed: Drop, tmp_path: Path) -> None:
    told = tmp_path / "portal.yaml"
    told.write_text(json.dumps(configuration(allowed)))
    assert "5 new, 0 changed." in run("apply", str(told))
    exported = run("export")
    assert "pattern: orders-*.csv" in exported
    assert all(secret not in exported for secret in allowed.secrets.values())
    told.write_text(exported)
    assert "Nothing to change." in run("apply", str(told))


def test_a_second_read_reads_no_file_again(allowed: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed.put("in/orders-1.csv", HEADER + order(1))
    job = configure(allowed, done="")
    carry(job)
    carry(job)
    first, second = SyncRun.objects.filter(job=job).order_by("pk")
    assert (first.read, second.read) == (1, 0)
