"""A buffer or a set of locations is changed: what the channel shows follows, without any product changing."""

from __future__ import annotations

import time

import pytest

from integrations.configuration.plan import plan
from integrations.models import Batch, Doorbell, Outcome, Priority, SyncJob, SyncRun
from integrations.sync import bundle_keeping, deliver, reap, stock_settings
from integrations.sync.stock import Counting

from .test_stock_is_counted_over_locations_and_in_parts import SET, count, offered, writes
from .world import MARKET, ORDERS, STOCK, World


@pytest.fixture
def told(world: World) -> World:
    """Ten mugs in MAIN and four in NORTH, one bowl and two bowls; both channels were told, and a set of two mugs."""
    count(world, "MUG", 4)
    count(world, "BOWL", 2)
    for channel in ("shop", "shop2"):
        product = {"sku": SET, "title": "Set", "price": "30.00", "currency": "EUR", "available": 0}
        world.sandbox.control("POST", f"/{channel}/products", product)
    bundle_keeping.keep({SET: {"MUG": 2}})
    world.carry(ORDERS, STOCK, MARKET)
    for key in (STOCK, MARKET):
        stock_settings.count_all_anew(world.job(key).pk, in_a_while())
    world.deliver(STOCK, MARKET)
    return world


def in_a_while() -> float:
    return time.monotonic() + 10


def change(world: World, **settings: object) -> None:
    """Saved by whatever hand; then what the supervisor's look and the worker that it calls do."""
    SyncJob.objects.filter(key=STOCK).update(**settings)
    reap.tick()
    for bell in Doorbell.objects.filter(task="recount", rung_at__isnull=False):
        stock_settings.count_all_anew(bell.subject_id, in_a_while())
    world.deliver(STOCK, MARKET)


def test_a_larger_buffer_lowers_every_product_of_that_channel_and_of_no_other(told: World) -> None:
    change(told, stock_buffer=3)
    assert offered(told, "MUG", "BOWL", SET) == (11, 0, 5)
    assert offered(told, "MUG", "BOWL", SET, channel="shop2") == (14, 3, 7)
    change(told, stock_buffer=0)
    assert offered(told, "MUG", "BOWL", SET) == (14, 3, 7)


def test_other_locations_are_counted_at_once_also_while_the_owner_is_away(told: World) -> None:
    told.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    try:
        change(told, stock_locations=["NORTH"])
        assert offered(told, "MUG", "BOWL", SET) == (4, 2, 2)
        change(told, stock_locations=[])
        assert offered(told, "MUG", "BOWL", SET) == (14, 3, 7)
    finally:
        told.sandbox.control("POST", "/warehouse/up")


def test_only_what_differs_is_written(told: World) -> None:
    before = len(writes(told))
    change(told, stock_buffer=2, stock_buffer_percent=20)
    assert sorted(writes(told)[before:]) == [("BOWL", 1), ("MUG", 11), (SET, 5)]
    change(told, stock_buffer=3)
    assert writes(told)[before + 3 :] == [("BOWL", 0)], "of fourteen mugs a fifth is three already"


def test_it_goes_behind_what_is_fresh_and_spoils_no_delay(told: World) -> None:
    SyncJob.objects.filter(key=STOCK).update(stock_buffer=3)
    stock_settings.count_all_anew(told.job(STOCK).pk, in_a_while())
    queued = Batch.objects.filter(job__key=STOCK, settled_at__isnull=True)
    assert set(queued.values_list("priority", flat=True)) == {Priority.BACKFILL}
    assert sum(queued.values_list("size", flat=True)) == 3
    told.deliver(STOCK)
    written = Outcome.objects.filter(job__key=STOCK, state="delivered").latest("pk")
    assert (written.occurred_at, written.run.notices) == (None, [stock_settings.NOTICE])
    assert SyncRun.objects.get(pk=written.run_id).door == "recount"


def test_settings_that_stand_ring_for_nobody(told: World) -> None:
    reap.tick()
    assert not Doorbell.objects.filter(task="recount", rung_at__isnull=False).exists()
    assert not stock_settings.is_counting(told.job(STOCK))


def test_a_worker_that_stops_in_the_middle_goes_on_where_it_was(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_settings, "AT_ONCE", 1)
    SyncJob.objects.filter(key=STOCK).update(stock_buffer=3)
    job = told.job(STOCK)
    assert not stock_settings._count_next(job)
    assert stock_settings.is_counting(told.job(STOCK))
    queued = Batch.objects.filter(job=job, settled_at__isnull=True).count()
    assert stock_settings.count_all_anew(job.pk, in_a_while())
    assert Batch.objects.filter(job=job, settled_at__isnull=True).count() == queued + 1
    told.deliver(STOCK)
    assert offered(told, "MUG", "BOWL") == (11, 0)


def test_settings_changed_again_meanwhile_begin_anew(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_settings, "AT_ONCE", 1)
    SyncJob.objects.filter(key=STOCK).update(stock_buffer=3)
    assert not stock_settings._count_next(told.job(STOCK))
    told.deliver(STOCK)
    change(told, stock_buffer=1)
    assert offered(told, "MUG", "BOWL", SET) == (13, 2, 6)


def test_a_worker_that_was_at_it_before_counts_by_the_new_settings(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took up the job before a person saved it, and claims what was queued because of that."""
    heed = Counting._heed_settings

    def old_then_heed(counting: Counting) -> None:
        counting.job.stock_buffer = 0
        heed(counting)

    monkeypatch.setattr(Counting, "_heed_settings", old_then_heed)
    change(told, stock_buffer=3)
    assert offered(told, "MUG") == (11,)


def test_a_figure_read_since_the_orders_waits_for_them_here_too(told: World) -> None:
    """Five were sold in a shop that cannot be asked: a smaller buffer on the market must not offer them again."""
    SyncJob.objects.filter(key=MARKET).update(stock_buffer=2)
    told.place("1001", ("MUG", 5))
    told.sandbox.control("POST", "/shop/down", {"mode": "refuse"})
    try:
        count(told, "MUG", 20, "MAIN")
        told.read(MARKET)
        stock_settings.count_all_anew(told.job(MARKET).pk, in_a_while())
        deliver.drain(told.job(MARKET).pk, time.monotonic() + 1)
        assert offered(told, "MUG", channel="shop2") == (14,), "as it was told before"
    finally:
        told.sandbox.control("POST", "/shop/up")
    told.read(ORDERS)
    told.deliver(MARKET)
    assert offered(told, "MUG", channel="shop2") == (17,), "24 on the shelves, 5 sold, 2 kept back"


def test_a_file_that_changes_them_says_so_before_it_is_applied(world: World) -> None:
    def notes(settings: str) -> list[str]:
        return plan(f"jobs:\n  {STOCK}: {{{settings}}}\n", {}).notes

    assert notes("stock_buffer: 4") == [f"jobs.{STOCK}: {stock_settings.SENTENCE}"]
    assert notes("stock_buffer: 0, every_seconds: 77") == []
