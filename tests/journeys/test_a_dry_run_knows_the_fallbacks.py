"""A dry run says which records a fallback would touch, what would become of them, and by which rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Delivery, DryRun, ErrorRecord, SyncJob
from integrations.sync import dry_run_report
from integrations.sync.dry_run import dry_run

from .between import JOB, Between, Depot, order
from .handing_over import (
    SECOND,
    carry,
    configure,
    has_none,
    job,
    second,
    shop_has,
)

__all__ = ["second"]
NO_NUMBER = {"number": None}
SKIP = {"when": "missing_field", "field": "reference", "then": "skip", "note": "Typed in by hand."}
DEFAULT = {"when": "missing_field", "field": "reference", "then": "default", "value": "no-number"}
AWAY = {"when": "missing_field", "field": "reference", "then": "hand_over", "to": SECOND}
REFUSED = {"when": "refused", "then": "skip", "note": "Not sold there."}


def foreseen(between: Between, second: Depot, *fallbacks: dict[str, Any]) -> DryRun:
    configure(between, (SECOND, second, []), fallbacks=list(fallbacks))
    shop_has(between, order(1), {**order(2), **NO_NUMBER})
    row = dry_run_report.begin(job(JOB), None)
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert row.state == "finished", row.sentence
    return row


def test_what_would_be_skipped_is_told_with_its_note_and_its_rule(
    between: Between, second: Depot, admin_client: Client
) -> None:
    row = foreseen(between, second, SKIP, REFUSED)
    assert row.counts == {"create": 1, "noted": 1}
    line = row.lines.get(what="noted")
    assert line.reason.startswith("Typed in by hand. (")
    assert [one["count"] for one in row.by_fallback or ()] == [1, 0]
    assert (ErrorRecord.objects.count(), Delivery.objects.count()) == (0, 0)
    page = admin_client.get(reverse("admin:integrations_dryrun_change", args=[row.pk])).content.decode()
    assert "Would be skipped by a fallback, with a note: 1" in page
    assert "(field reference): skip it, with the note “Typed in by hand”." in page
    assert "Only a real run shows whom it is about: it takes an answer of The depot, or time." in page


def test_what_would_take_a_default_is_told_with_the_value(between: Between, second: Depot) -> None:
    row = foreseen(between, second, DEFAULT)
    assert row.counts == {"create": 2}
    (line,) = (line for line in row.lines.all() if line.told["fallbacks"])
    assert line.reason == "A fallback put in: reference: “no-number”."
    assert ["reference", None, "no-number"] in line.told["fields"]
    assert second.told == between.depot.told == []


def test_what_would_go_to_the_other_job_is_told_and_so_is_what_went_there_before(
    between: Between, second: Depot
) -> None:
    row = foreseen(between, second, AWAY)
    assert row.counts == {"create": 1, "elsewhr": 1}
    assert row.lines.get(what="elsewhr").told["fallbacks"] == [0]
    has_none(between.depot)
    SyncJob.objects.filter(key=JOB).update(
        fallbacks=[{"when": "out_of_stock", "then": "hand_over", "to": SECOND}]
    )
    shop_has(between, order(3))
    carry(between)
    shop_has(between, order(3, "changed"))
    told = [(one.what, one.reason) for one in dry_run(job(JOB), full=True)]
    assert told == [("handed_over", f"Handed over to Job {SECOND}, as the version before it.")]


@pytest.mark.parametrize("fallback", [REFUSED, {**AWAY, "to": "orders-nowhere"}])
def test_what_no_fallback_takes_would_need_a_person(
    between: Between, second: Depot, fallback: dict[str, Any]
) -> None:
    configure(between, (SECOND, second, []))
    SyncJob.objects.filter(key=JOB).update(fallbacks=[fallback])
    shop_has(between, {**order(2), **NO_NUMBER})
    row = dry_run_report.begin(job(JOB), None)
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert row.counts == {"fail": 1}
