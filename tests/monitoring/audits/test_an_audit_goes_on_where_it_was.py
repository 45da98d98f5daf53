"""Workers fall, come two at a time, and are asked to wait: each page counts once, and nobody is asked too often."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from integrations.models import JobState
from integrations.sync import dry_run, give_way
from monitoring.audits import auditor, keeping, looking, starting
from monitoring.models import AuditedRecord, AuditRun, AuditSight
from tests.journeys.world import ORDERS, STOCK, World
from tests.monitoring.audits.comparing import (
    asked,
    audit_of,
    begun,
    carried_on,
    compared,
    one_row_a_page,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What nothing catches, as nothing catches kill -9."""


def test_who_is_killed_is_followed_by_another_that_goes_on_with_the_same_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_row_a_page(world)
    world.carry(STOCK)
    audit = audit_of(world, STOCK)
    undisturbed = compared(audit)
    run = begun(audit)
    before = sum(asked(world, system)["GET 200"] for system in ("warehouse", "shop"))
    keep, pages = keeping.keep, []

    def falls_at_the_second(of: AuditRun, findings: Any) -> None:
        pages.append(len(findings))
        if len(pages) == 2:
            raise Killed
        keep(of, findings)

    monkeypatch.setattr(keeping, "keep", falls_at_the_second)
    with pytest.raises(Killed):
        auditor.go_on(run.pk, float("inf"))
    assert AuditedRecord.objects.filter(run=run).count() == 1
    run = carried_on(run)
    assert (run.state, run.compared, run.agree) == ("finished", 2, 2)
    assert (run.source_rows, run.destination_rows) == (undisturbed.source_rows, undisturbed.destination_rows)
    calls = sum(asked(world, system)["GET 200"] for system in ("warehouse", "shop")) - before
    assert calls == undisturbed.read_calls + 1, "of all pages only the one it fell with is read again"


def test_two_that_read_the_same_page_count_it_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one_row_a_page(world)
    world.carry(STOCK)
    audit = audit_of(world, STOCK)
    undisturbed = compared(audit)
    run = begun(audit)
    weigh = dry_run.weigh_items
    others: list[bool | None] = []

    def another_is_quicker(*given: Any) -> Any:
        if not others:
            others.append(None)
            # This one page, and no more: the run goes on, one page further.
            monkeypatch.setattr(give_way, "fresh_work_waits", lambda _: True)
            others[0] = auditor.go_on(run.pk, float("inf"))
            monkeypatch.setattr(give_way, "fresh_work_waits", lambda _: False)
        return weigh(*given)

    monkeypatch.setattr(auditor, "weigh_items", another_is_quicker)
    assert not auditor.go_on(run.pk, float("inf"))
    assert others == [False]
    run = carried_on(run)
    assert (run.state, run.compared, run.source_rows) == ("finished", 2, undisturbed.source_rows)


def test_it_leaves_its_worker_to_fresh_work_after_each_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_row_a_page(world)
    world.carry(STOCK)
    audit = audit_of(world, STOCK)
    pages = compared(audit).read_calls
    run = begun(audit)
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr(auditor, "ring", lambda task, pk: rung.append((task, pk)))
    monkeypatch.setattr(give_way, "fresh_work_waits", lambda _: True)
    steps = 1
    while not auditor.go_on(run.pk, float("inf")):
        steps += 1
    assert steps == pages
    assert rung == [("audit", run.pk)] * (pages - 1)


def test_a_platform_that_asks_to_wait_is_waited_for_and_asked_again(world: World) -> None:
    world.carry(STOCK)
    world.sandbox.fault("warehouse", "rate_limited", method="GET", path="/stock", count=1, retry_after=1)
    run = compared(audit_of(world, STOCK))
    assert (run.state, run.compared, run.agree) == ("finished", 2, 2)
    assert asked(world, "warehouse")["GET 429"] == 1
    assert world.job(STOCK).state == JobState.ACTIVE


def test_what_a_person_must_mend_ends_it_with_a_sentence_and_leaves_the_job_alone(world: World) -> None:
    world.carry(STOCK)
    shop = world.connection("shop")
    shop.secrets = {"token": "wrong"}
    shop.save()
    run = compared(audit_of(world, STOCK))
    assert run.state == "failed"
    assert "token" in run.sentence
    assert world.job(STOCK).state == JobState.ACTIVE
    assert world.open_errors() == []


def test_a_destination_that_shows_nothing_says_that_it_cannot_be_audited(world: World) -> None:
    declaration = world.declaration()
    for word in ("list", "fetch", "lookup"):
        declaration["resources"]["orders"].pop(word)
    world.redeclare(declaration)
    run = compared(audit_of(world, ORDERS))
    assert (run.state, run.sentence) == (
        "failed",
        "The warehouse takes orders and shows none of them: this job cannot be audited.",
    )


def test_what_was_listed_is_encrypted_while_it_lies_here_and_gone_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.carry(ORDERS)
    run = begun(audit_of(world, ORDERS))
    monkeypatch.setattr(give_way, "fresh_work_waits", lambda _: True)
    auditor.go_on(run.pk, float("inf"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM monitoring_auditsight")
        (stored,) = cursor.fetchone()
    assert "Linden" not in stored
    assert AuditSight.objects.get().payload["body"]["ship_to"]["line1"] == "Lindenstraße 12"
    monkeypatch.undo()
    carried_on(run)
    assert AuditSight.objects.count() == 0


def test_records_that_are_asked_for_one_by_one_give_the_same_as_a_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.carry(STOCK)
    world.sandbox.control("POST", "/shop/stock/MUG", {"available": 3})
    audit = audit_of(world, STOCK)
    compared(audit)
    by_list = told(audit)
    monkeypatch.setattr(auditor, "way_of", lambda *_: looking.EACH)
    before = asked(world, "shop")["GET 200"]
    run = compared(audit)
    assert told(audit) == by_list
    assert by_list[0][:4] == ("Stock of MUG", "available", "10", "3")
    assert asked(world, "shop")["GET 200"] - before == 2
    assert run.read_calls == 3


def test_a_sample_is_the_same_for_whoever_goes_on_and_another_one_the_next_time() -> None:
    names = [f"SKU-{number}" for number in range(20_000)]
    first, second = (AuditRun(sample_percent=10, seed=seed) for seed in ("a", "b"))
    chosen = [name for name in names if looking.is_chosen(first, name)]
    assert chosen == [name for name in names if looking.is_chosen(first, name)]
    assert 1_800 < len(chosen) < 2_200
    both = sum(looking.is_chosen(second, name) for name in chosen)
    assert 120 < both < 280, "by chance one in ten of them is in the other as well"


def test_of_a_sample_only_what_is_chosen_is_compared_and_what_is_not_keeps_its_differences(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.carry(STOCK)
    for sku in ("MUG", "BOWL"):
        world.sandbox.control("POST", f"/shop/stock/{sku}", {"available": 3})
    audit = audit_of(world, STOCK)
    compared(audit)
    assert len(told(audit)) == 2
    for sku, units in (("MUG", 10), ("BOWL", 1)):
        world.sandbox.control("POST", f"/shop/stock/{sku}", {"available": units})
    monkeypatch.setattr(looking, "is_chosen", lambda _, name: name == "MAIN:MUG")
    monkeypatch.setattr(auditor, "is_chosen", looking.is_chosen)
    run = compared(audit, sample=50)
    assert (run.compared, run.agree, run.sample_percent) == (1, 1, 50)
    assert [row[0] for row in told(audit)] == ["Stock of BOWL"]


def test_one_audit_compares_once_at_a_time(world: World) -> None:
    audit = audit_of(world, STOCK)
    begun(audit)
    with pytest.raises(starting.NotPossible, match="comparing already"):
        begun(audit)


def test_rows_of_older_comparisons_are_let_go_of(world: World) -> None:
    world.carry(STOCK)
    audit = audit_of(world, STOCK)
    runs = [compared(audit).pk for _ in range(keeping.KEPT_RUNS + 1)]
    kept = set(AuditedRecord.objects.values_list("run", flat=True))
    assert kept == set(runs[1:])
