"""Two locations, two channels and a set of two mugs and a bowl: each figure worked out by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest

from integrations.models import Delivery, ErrorRecord, ExternalId, Outcome, SyncJob
from integrations.sync import bundle_keeping, pull, reap, retry, steer
from mappings.bundles import CircularBundle

from .world import ALL, MARKET, ORDERS, STOCK, World

SET = "TEA-SET"


@pytest.fixture
def shelves(world: World) -> World:
    """Ten mugs and one bowl in MAIN, four mugs and two bowls in NORTH."""
    count(world, "MUG", 4)
    count(world, "BOWL", 2)
    return world


@pytest.fixture
def sets(shelves: World) -> World:
    for channel in ("shop", "shop2"):
        product = {"sku": SET, "title": "Set", "price": "30.00", "currency": "EUR", "available": 0}
        shelves.sandbox.control("POST", f"/{channel}/products", product)
    SyncJob.objects.filter(key=ORDERS).update(explode_bundles=True)
    bundle_keeping.keep({SET: {"MUG": 2, "BOWL": 1}})
    return shelves


def count(world: World, sku: str, on_hand: int, location: str = "NORTH") -> None:
    world.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": on_hand, "location": location})


def offered(world: World, *skus: str, channel: str = "shop") -> tuple[int, ...]:
    return tuple(world.offered(sku, channel) for sku in skus)


def writes(world: World, channel: str = "shop") -> list[tuple[str, int]]:
    """(SKU, figure) of each write that had an effect there."""
    effects = world.sandbox.control("GET", "/effects?limit=10000")["effects"]
    return [
        (entry["reference"], entry["detail"]["available"])
        for entry in effects
        if entry["system"] == channel and entry["effect"] == "stock.set" and not entry["replay"]
    ]


def test_a_channel_is_told_one_figure_over_all_locations_once(shelves: World) -> None:
    shelves.carry(STOCK, MARKET)
    assert offered(shelves, "MUG", "BOWL") == offered(shelves, "MUG", "BOWL", channel="shop2") == (14, 3)
    assert sorted(writes(shelves)) == [("BOWL", 3), ("MUG", 14)]
    shelves.carry(STOCK, MARKET)
    assert len(writes(shelves)) == 2


def test_a_change_in_any_location_is_told(shelves: World) -> None:
    shelves.carry(STOCK, MARKET)
    count(shelves, "MUG", 1)
    shelves.carry(STOCK, MARKET)
    count(shelves, "MUG", 20, "MAIN")
    shelves.carry(STOCK, MARKET)
    assert writes(shelves)[-2:] == [("MUG", 11), ("MUG", 21)]
    assert offered(shelves, "MUG", channel="shop2") == (21,)


def test_a_channel_sells_from_its_own_locations_only(shelves: World) -> None:
    SyncJob.objects.filter(key=MARKET).update(stock_locations=["NORTH"])
    count(shelves, "SPOON", 5, "MAIN")
    shelves.carry(STOCK, MARKET)
    assert offered(shelves, "MUG", "BOWL", channel="shop2") == (4, 2)
    assert offered(shelves, "MUG", "BOWL") == (14, 3)
    spoon = Delivery.objects.get(job__key=MARKET, subject="Stock of SPOON")
    assert (spoon.state, spoon.state_reason) == ("filtered", "Nothing of it lies in NORTH.")
    assert not ErrorRecord.objects.filter(job__key=MARKET).exists()


def test_the_larger_of_units_and_share_is_kept_back(shelves: World) -> None:
    SyncJob.objects.filter(key=STOCK).update(stock_buffer=1, stock_buffer_percent=25)
    shelves.carry(STOCK)
    assert offered(shelves, "MUG", "BOWL") == (14 - 4, 3 - 1)


def test_units_taken_from_the_second_location_are_counted_off_once(shelves: World) -> None:
    shelves.carry(*ALL)
    shelves.place("1001", ("MUG", 12))
    shelves.read(ORDERS)
    shelves.deliver(STOCK, MARKET)
    assert offered(shelves, "MUG", channel="shop2") == (2,), "told before the warehouse had it"
    shelves.deliver(*ALL)
    shelves.carry(*ALL)
    assert offered(shelves, "MUG") == offered(shelves, "MUG", channel="shop2") == (2,)


def test_an_order_that_was_taken_from_one_location_alone_is_not_counted_off_twice(shelves: World) -> None:
    """Only the row of MAIN changes. That of NORTH is known to be as it was, once the list was read through."""
    shelves.carry(*ALL)
    shelves.place("1001", ("MUG", 3))
    shelves.carry(ORDERS)
    shelves.carry(STOCK, MARKET)
    assert offered(shelves, "MUG") == offered(shelves, "MUG", channel="shop2") == (11,)


def test_a_location_that_is_gone_is_counted_no_more(shelves: World) -> None:
    shelves.carry(STOCK, MARKET)
    shelves.sandbox.control("POST", "/warehouse/stock/MUG", {"gone": True, "location": "MAIN"})
    for key in (STOCK, MARKET):
        steer.run_now(shelves.job(key), full=True)
    shelves.carry(STOCK, MARKET)
    assert offered(shelves, "MUG") == offered(shelves, "MUG", channel="shop2") == (4,)
    count(shelves, "MUG", 6)
    shelves.carry(STOCK, MARKET)
    assert offered(shelves, "MUG") == (6,), "the row that carried the SKU is gone, and it is still told"


def test_rows_that_are_missing_in_large_numbers_are_counted_until_a_person_has_looked(world: World) -> None:
    """Twelve of twenty-six rows: the list was more likely cut off than the shelves cleared."""
    skus = [f"TIN-{number}" for number in range(12)]
    for sku in skus:
        count(world, sku, 5, "MAIN")
        count(world, sku, 2)
        product = {"sku": sku, "title": sku, "price": "3.00", "currency": "EUR", "available": 0}
        world.sandbox.control("POST", "/shop/products", product)
    world.carry(STOCK)
    assert offered(world, *skus) == (7,) * 12
    for sku in skus:
        world.sandbox.control("POST", f"/warehouse/stock/{sku}", {"gone": True, "location": "NORTH"})
    steer.run_now(world.job(STOCK), full=True)
    assert pull.pull(world.job(STOCK).pk, time.monotonic() + 30)
    (told,) = world.open_errors()
    assert (told.code, "did not show 12 of the 26 records" in told.sentence) == ("too_many_removed", True)
    world.deliver(STOCK)
    assert offered(world, *skus) == (7,) * 12


def test_a_figure_that_is_the_same_is_written_again_after_a_sale_of_the_channels_own(shelves: World) -> None:
    """Two are sold in the shop, which then shows two fewer by itself, while two come in at the warehouse."""
    shelves.carry(*ALL)
    shelves.place("1001", ("MUG", 2))
    count(shelves, "MUG", 6)
    assert offered(shelves, "MUG") == (12,)
    shelves.carry(*ALL)
    assert offered(shelves, "MUG") == offered(shelves, "MUG", channel="shop2") == (14,)


def test_an_older_reading_of_a_row_that_another_job_has_read_anew_changes_nothing(shelves: World) -> None:
    shelves.read(STOCK)
    count(shelves, "MUG", 9)
    shelves.read(MARKET)
    shelves.deliver(STOCK, MARKET)
    assert offered(shelves, "MUG") == offered(shelves, "MUG", channel="shop2") == (19,)


def test_a_rollout_takes_in_whole_skus_whatever_has_them_counted(sets: World) -> None:
    """At 20 % the rule of this job takes in MUG alone, at 40 % BOWL too, and the set last."""
    SyncJob.objects.filter(key=STOCK).update(rollout_percent=20, released_percent=20)
    sets.carry(STOCK)
    assert writes(sets) == [("MUG", 14)]
    sets.place("1001", ("MUG", 2))
    sets.read(ORDERS)
    sets.deliver(STOCK)
    count(sets, "BOWL", 4)
    sets.carry(STOCK)
    assert {sku for sku, _ in writes(sets)} == {"MUG"}, "a sale and a change of a part let nobody in"
    for percent, taken_in in ((40, {"MUG", "BOWL"}), (100, {"MUG", "BOWL", SET})):
        SyncJob.objects.filter(key=STOCK).update(rollout_percent=percent)
        reap.release_where_the_rollout_widened()
        sets.deliver(STOCK)
        assert {sku for sku, _ in writes(sets)} == taken_in
    assert offered(sets, "BOWL", SET) == (5, 5)


def test_a_bundle_is_there_as_often_as_its_scarcest_part(sets: World) -> None:
    sets.carry(STOCK, MARKET)
    assert offered(sets, SET) == offered(sets, SET, channel="shop2") == (3,), "three bowls, fourteen mugs"
    count(sets, "BOWL", 20)
    sets.carry(STOCK, MARKET)
    assert offered(sets, SET) == (7,)


def test_a_sold_bundle_counts_against_its_parts_and_a_sold_part_against_the_bundle(sets: World) -> None:
    sets.carry(*ALL)
    sets.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    sets.place("1001", (SET, 2))
    sets.read(ORDERS)
    sets.deliver(STOCK, MARKET)
    assert offered(sets, "MUG", "BOWL", SET, channel="shop2") == (10, 1, 1)
    sets.place("1002", ("BOWL", 1))
    sets.read(ORDERS)
    sets.deliver(STOCK, MARKET)
    assert offered(sets, "MUG", "BOWL", SET, channel="shop2") == (10, 0, 0)
    sets.sandbox.control("POST", "/warehouse/up")
    sets.deliver(*ALL)
    (order,) = sets.warehouse_orders("1001")
    assert sorted((item["sku"], item["quantity"]) for item in order["items"]) == [("BOWL", 2), ("MUG", 4)]
    sets.carry(*ALL)
    assert (
        offered(sets, "MUG", "BOWL", SET) == offered(sets, "MUG", "BOWL", SET, channel="shop2") == (10, 0, 0)
    )


def test_a_cancelled_bundle_gives_its_parts_back(sets: World) -> None:
    sets.carry(*ALL)
    sets.place("1001", (SET, 1))
    sets.carry(*ALL)
    assert offered(sets, "MUG", "BOWL", SET, channel="shop2") == (12, 2, 2)
    sets.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    sets.carry(ORDERS)
    sets.carry(STOCK, MARKET)
    assert (
        offered(sets, "MUG", "BOWL", SET) == offered(sets, "MUG", "BOWL", SET, channel="shop2") == (14, 3, 3)
    )


def test_a_bundle_that_is_made_otherwise_is_counted_anew_at_once(sets: World) -> None:
    sets.carry(STOCK, MARKET)
    bundle_keeping.keep({SET: {"MUG": 5}})
    sets.deliver(STOCK, MARKET)
    assert offered(sets, SET) == offered(sets, SET, channel="shop2") == (2,)


def test_a_bundle_of_bundles_is_counted_and_one_that_contains_itself_refused(sets: World) -> None:
    for channel in ("shop", "shop2"):
        product = {"sku": "CRATE", "title": "Crate", "price": "60.00", "currency": "EUR", "available": 9}
        sets.sandbox.control("POST", f"/{channel}/products", product)
    bundle_keeping.keep({"CRATE": {SET: 2}})
    sets.carry(STOCK, MARKET)
    assert offered(sets, "CRATE") == (1,), "two bowls, four mugs"
    with pytest.raises(CircularBundle, match="a bundle cannot contain itself"):
        bundle_keeping.keep({SET: {"CRATE": 1}})


def test_a_bundle_that_a_channel_did_not_take_is_retried_by_being_counted_anew(sets: World) -> None:
    sets.sandbox.fault("shop", "error_before", method="PUT", path=f"/stock/{SET}", status=422, count=1)
    sets.carry(STOCK)
    (error,) = sets.open_errors()
    assert error.subject == f"Stock of {SET}"
    assert retry.retry(ErrorRecord.objects.filter(pk=error.pk), None) == 1
    sets.deliver(STOCK)
    assert offered(sets, SET) == (3,)
    assert sets.open_errors() == []


def test_the_delay_of_a_sale_counts_from_its_arrival_and_that_of_a_change_from_the_owner(
    shelves: World,
) -> None:
    shelves.carry(*ALL)
    shelves.place("1001", ("MUG", 1))
    shelves.read(ORDERS)
    shelves.deliver(STOCK)
    sale = Outcome.objects.filter(job__key=STOCK, state="delivered").latest("pk")
    assert sale.occurred_at == sale.received_at
    count(shelves, "BOWL", 9)
    (row,) = [
        row
        for row in shelves.sandbox.ask("GET", "/warehouse/stock").body["stock"]
        if row["id"] == "NORTH:BOWL"
    ]
    shelves.carry(*ALL)
    told: Any = Outcome.objects.filter(
        job__key=STOCK, state="delivered", delivery__subject="Stock of BOWL"
    ).latest("pk")
    assert told.occurred_at.isoformat(timespec="milliseconds")[:23] == row["updated_at"][:23]


def test_the_sku_is_one_more_name_of_the_thing_that_carries_it(shelves: World) -> None:
    shelves.carry(STOCK, MARKET)
    names = ExternalId.objects.filter(resource="stock.sku").values_list("external_id", flat=True)
    assert sorted(names) == ["BOWL", "MUG"]
    states = dict(Delivery.objects.filter(job__key=STOCK).values_list("state_reason", "state"))
    assert states == {"": "delivered", "It is counted in the stock of BOWL.": "unchanged"} | {
        "It is counted in the stock of MUG.": "unchanged"
    }
