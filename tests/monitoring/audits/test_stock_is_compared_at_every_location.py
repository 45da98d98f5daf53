"""Against the sandbox: three locations are one figure in a channel, and each of them is compared with it by itself."""

from __future__ import annotations

import pytest

from integrations.models import SyncJob
from monitoring.audits import auditor, evidence, looking
from monitoring.audits.repair import repair
from monitoring.models import AuditDifference, AuditPoint
from tests.journeys.world import MARKET, STOCK, World
from tests.monitoring.audits.comparing import audit_of, compared, one_row_a_page, told
from tests.monitoring.audits.test_stock_is_compared_on_every_channel import carry_again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelves(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Ten mugs in MAIN, four in NORTH, two in SOUTH; one bowl in MAIN, two in NORTH. All is delivered."""
    monkeypatch.setattr(evidence, "MARGIN", -evidence.BY_WEBHOOK_ALONE)
    for sku, location, units in (("MUG", "NORTH", 4), ("MUG", "SOUTH", 2), ("BOWL", "NORTH", 2)):
        count(world, sku, units, location)
    world.carry(STOCK, MARKET)
    assert (world.offered("MUG"), world.offered("BOWL")) == (16, 3)
    return world


def count(world: World, sku: str, units: int, location: str) -> None:
    world.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": units, "location": location})


def points(key: str) -> dict[str, tuple[int, int]]:
    found = AuditPoint.objects.filter(audit__job__key=key)
    return {point.location: (point.compared, point.agree) for point in found}


@pytest.mark.parametrize("asks", [False, True], ids=["listed", "asked for one by one"])
@pytest.mark.parametrize("alone", [False, True], ids=["one page", "a page for each row"])
def test_each_location_is_compared_and_the_difference_told_once(
    shelves: World, monkeypatch: pytest.MonkeyPatch, asks: bool, alone: bool
) -> None:
    if asks:
        monkeypatch.setattr(auditor, "way_of", lambda *_: looking.EACH)
    if alone:
        one_row_a_page(shelves)
    audit = audit_of(shelves, STOCK)
    run = compared(audit)
    assert (run.compared, run.agree, run.differ, run.left_out) == (5, 5, 0, 0), told(audit)
    shelves.sandbox.control("POST", "/shop/stock/MUG", {"available": 7})
    run = compared(audit)
    assert (run.compared, run.agree, run.differ) == (5, 2, 3)
    assert [row[:4] for row in told(audit)] == [("Stock of MUG", "available", "16", "7")]
    assert points(STOCK) == {"MAIN": (2, 1), "NORTH": (2, 1), "SOUTH": (1, 0)}


def test_one_click_writes_the_figure_once_and_all_locations_agree(shelves: World) -> None:
    shelves.sandbox.control("POST", "/shop/stock/MUG", {"available": 7})
    audit = audit_of(shelves, STOCK)
    compared(audit)
    writes = len(shelves.sandbox.effects("shop"))
    assert repair(AuditDifference.objects.filter(audit=audit), None).records == 1
    carry_again(shelves, STOCK)
    assert (shelves.offered("MUG"), len(shelves.sandbox.effects("shop"))) == (16, writes + 1)
    run = compared(audit)
    assert (run.compared, run.agree) == (5, 5)
    assert points(STOCK) == {"MAIN": (2, 2), "NORTH": (2, 2), "SOUTH": (1, 1)}


def test_a_location_that_a_channel_does_not_sell_from_is_no_part_of_its_accuracy(shelves: World) -> None:
    SyncJob.objects.filter(key=MARKET).update(stock_locations=["NORTH", "SOUTH"])
    count(shelves, "MUG", 5, "NORTH")
    shelves.carry(STOCK, MARKET)
    assert shelves.offered("MUG", "shop2") == 7
    shelves.sandbox.control("POST", "/shop2/stock/MUG", {"available": 9})
    audit = audit_of(shelves, MARKET)
    run = compared(audit)
    # The bowls were told before the locations were chosen, and nothing of theirs has changed since.
    assert [row[:4] for row in told(audit)] == [
        ("Stock of BOWL", "available", "2", "3"),
        ("Stock of MUG", "available", "7", "9"),
    ]
    assert points(MARKET) == {"NORTH": (2, 0), "SOUTH": (1, 0)}
    assert run.left_out == 2, "the rows of MAIN"


def test_a_row_of_one_location_that_has_not_come_in_explains_the_figure_of_all(shelves: World) -> None:
    count(shelves, "MUG", 9, "SOUTH")
    audit = audit_of(shelves, STOCK)
    run = compared(audit)
    assert told(audit) == [("Stock of MUG", "available", "23", "16", "in_flight")]
    assert run.causes == {"in_flight": 3}
