"""Against the sandbox: the warehouse owns the stock, two channels show it, and an audit says where they differ."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.models import Door, SyncRun
from integrations.sync import rerun
from monitoring.audits import evidence, starting
from monitoring.audits.repair import repair
from monitoring.models import AuditDifference, AuditRun
from tests.journeys.world import MARKET, ORDERS, STOCK, World
from tests.monitoring.audits.comparing import audit_of, carried_on, compared, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_where_both_sides_agree_nothing_is_told_and_nothing_is_written(world: World) -> None:
    world.carry(ORDERS, STOCK, MARKET)
    before = world.sandbox.control("GET", "/effects?limit=10000")["effects"]
    run = compared(audit_of(world, STOCK))
    assert (run.state, run.compared, run.agree, run.differ) == ("finished", 2, 2, 0)
    assert world.sandbox.control("GET", "/effects?limit=10000")["effects"] == before
    assert run.read_calls == 2, "one page of each side"


def test_a_figure_that_staff_changed_in_a_channel_is_told_repaired_and_closed(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "MARGIN", -evidence.BY_WEBHOOK_ALONE)
    monkeypatch.setattr("monitoring.audits.causes.APART", timedelta(0))
    world.carry(ORDERS, STOCK, MARKET)
    world.sandbox.control("POST", "/shop/stock/MUG", {"available": 3})
    audit = audit_of(world, STOCK)
    run = compared(audit)
    assert told(audit) == [("Stock of MUG", "available", "10", "3", "written_past")]
    assert (run.compared, run.agree, run.causes) == (2, 1, {"written_past": 1})
    writes = len(world.sandbox.effects("shop"))
    done = repair(AuditDifference.objects.filter(audit=audit), None)
    assert done.sentence() == "1 record is being delivered again."
    carry_again(world, STOCK)
    assert world.offered("MUG") == 10
    assert len(world.sandbox.effects("shop")) == writes + 1, "one write, of the one that differed"
    assert starting.read_back() == 1
    carried_on(AuditRun.objects.get(door="read_back"))
    row = AuditDifference.objects.get()
    assert (row.state, row.closed_at is not None) == ("repaired", True)


def test_units_that_are_sold_and_not_accepted_yet_are_part_of_what_should_be_there(
    world: World,
) -> None:
    world.carry(ORDERS, STOCK, MARKET)
    world.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    world.place("1001", ("BOWL", 1))
    world.read(ORDERS)
    world.sandbox.control("POST", "/warehouse/up")
    audit = audit_of(world, MARKET)
    compared(audit)
    assert told(audit) == [("Stock of BOWL", "available", "0", "1", "in_flight")]


def carry_again(world: World, key: str) -> None:
    (run,) = SyncRun.objects.filter(door=Door.AGAIN, finished_at__isnull=True)
    while not rerun.read(run.pk, float("inf")):
        pass
    world.deliver(key)
