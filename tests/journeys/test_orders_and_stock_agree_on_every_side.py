"""Cancelled, edited, shipped, sold out: each side agrees, and nothing older overwrites anything newer."""

from __future__ import annotations

import time

import pytest

from integrations.models import Batch, Door, ErrorRecord, Priority, RateBudget
from integrations.sync import deliver, endings, retry

from .world import ALL, MARKET, ORDERS, SHIPMENTS, STOCK, World


def test_nothing_is_sent_twice_when_nothing_changed(world: World) -> None:
    world.place()
    world.carry(ORDERS)
    before = world.sandbox.effects("warehouse")
    world.carry(ORDERS)
    world.sandbox.control("POST", "/shop/orders/1001/touch")
    world.carry(ORDERS)
    assert world.sandbox.effects("warehouse") == before


def test_a_cancellation_after_sending_is_carried_on(world: World) -> None:
    world.place()
    world.carry(ORDERS)
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    assert [order["state"] for order in world.warehouse_orders()] == ["cancelled"]
    world.carry(ORDERS)
    cancelled = [effect for effect, _, _ in world.sandbox.effects("warehouse") if effect == "order.cancelled"]
    assert len(cancelled) == 1


def test_an_order_cancelled_before_sending_never_leaves(world: World) -> None:
    world.place()
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    assert world.warehouse_orders() == []
    assert world.states() == {"Order #1001": "filtered"}


def test_an_edit_after_sending_changes_the_order_there(world: World) -> None:
    world.place("1001", ("MUG", 3))
    world.carry(ORDERS)
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 2}]})
    world.carry(ORDERS)
    (order,) = world.warehouse_orders()
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [("MUG", 2)]


def test_a_failed_payment_holds_the_order_and_releases_it_when_paid(world: World) -> None:
    world.place(payment_status="failed")
    world.carry(ORDERS)
    assert world.warehouse_orders() == []
    world.sandbox.control("POST", "/shop/orders/1001/pay")
    world.carry(ORDERS)
    assert len(world.warehouse_orders()) == 1


def test_a_missing_postal_code_is_told_in_a_sentence_and_mended_in_the_shop(world: World) -> None:
    world.place(shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"})
    world.place("1002")
    world.carry(ORDERS)
    (error,) = world.open_errors()
    assert error.sentence == (
        "Order #1001: the shipping address has no postal code. The warehouse requires one. "
        "Add it in the shop, or set a default in the mapping."
    )
    assert (error.kind, error.code, error.field) == ("data", "missing_field", "shipping_address.postal_code")
    assert world.states() == {"Order #1001": "failed", "Order #1002": "delivered"}
    world.carry(ORDERS)
    assert ErrorRecord.objects.get().attempts == 1, "the same version is not tried again by itself"
    edit = {"shipping_address": {"postal_code": "50667"}}
    world.sandbox.control("POST", "/shop/orders/1001/edit", edit)
    world.carry(ORDERS)
    assert world.open_errors() == []
    assert world.delivered() == 2


def test_an_error_is_edited_and_retried(world: World) -> None:
    world.place(shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"})
    world.carry(ORDERS)
    (error,) = world.open_errors()
    payload = error.payload
    payload["shipping_address"]["postal_code"] = "50667"
    retry.retry_with_payload(error, payload, None)
    world.deliver(ORDERS)
    assert world.open_errors() == []
    assert [order["ship_to"]["postal_code"] for order in world.warehouse_orders()] == ["50667"]


def test_an_ignored_error_does_not_come_back(world: World) -> None:
    world.place(shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"})
    world.carry(ORDERS)
    assert retry.ignore(ErrorRecord.objects.all(), "A test order.", None) == 1
    world.carry(ORDERS)
    assert world.open_errors() == []
    assert world.states() == {"Order #1001": "ignored"}


def test_a_shipment_becomes_a_fulfilment_with_its_tracking_number(world: World) -> None:
    world.place("1001", ("MUG", 2), ("BOWL", 1))
    world.carry(ORDERS)
    parcel = {"items": [{"sku": "MUG", "quantity": 2}], "carrier": "DHL", "tracking_number": "JD1"}
    world.sandbox.control("POST", "/warehouse/orders/1001/ship", parcel)
    world.carry(SHIPMENTS)
    order = world.sandbox.ask("GET", "/shop/orders/7300001001").body
    assert order["fulfillment_status"] == "partial"
    world.sandbox.control("POST", "/warehouse/orders/1001/ship", {"tracking_number": "JD2"})
    world.carry(SHIPMENTS)
    world.carry(SHIPMENTS)
    order = world.sandbox.ask("GET", "/shop/orders/7300001001").body
    assert order["fulfillment_status"] == "fulfilled"
    assert [made["tracking_number"] for made in order["fulfillments"]] == ["JD1", "JD2"]


def test_a_sold_unit_is_never_offered_again_while_the_warehouse_is_down(world: World) -> None:
    """One bowl, two channels, the warehouse away, one order."""
    world.carry(ORDERS, STOCK, MARKET)
    assert (world.offered("BOWL"), world.offered("BOWL", "shop2")) == (1, 1)
    world.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    world.place("1001", ("BOWL", 1))
    world.read(ORDERS)
    world.deliver(STOCK, MARKET)
    assert (world.offered("BOWL"), world.offered("BOWL", "shop2")) == (0, 0)
    world.sandbox.control("POST", "/warehouse/up")
    world.read(STOCK, MARKET)
    world.deliver(STOCK, MARKET)
    assert (world.offered("BOWL"), world.offered("BOWL", "shop2")) == (0, 0), (
        "counted before the order arrived"
    )
    world.deliver(*ALL)
    world.carry(*ALL)
    assert (world.offered("BOWL"), world.offered("BOWL", "shop2")) == (0, 0)
    assert len(world.warehouse_orders()) == 1


def test_counting_anew_never_brings_back_an_older_figure(world: World) -> None:
    """Forty mugs came in and are told; then the sale that was counted on the figure before is worked on."""
    world.carry(ORDERS, STOCK, MARKET)
    world.sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 50})
    world.read(STOCK)
    world.place("1001", ("MUG", 1))
    world.read(ORDERS)
    Batch.objects.filter(run__door=Door.RECOUNT).update(priority=Priority.BACKFILL)
    world.deliver(STOCK)
    assert world.offered("MUG") == 49


def test_a_cancelled_order_gives_its_units_back(world: World) -> None:
    world.carry(ORDERS, STOCK, MARKET)
    world.place("1001", ("BOWL", 1))
    world.carry(*ALL)
    assert world.offered("BOWL", "shop2") == 0
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    world.carry(STOCK, MARKET)
    assert (world.offered("BOWL"), world.offered("BOWL", "shop2")) == (1, 1)


def test_units_added_by_an_edit_are_not_offered_before_the_warehouse_has_them(world: World) -> None:
    world.place("1001", ("MUG", 1))
    world.carry(*ALL)
    assert world.offered("MUG", "shop2") == 9
    world.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 4}]})
    world.read(ORDERS)
    world.deliver(STOCK, MARKET)
    assert (world.offered("MUG"), world.offered("MUG", "shop2")) == (6, 6)
    world.sandbox.control("POST", "/warehouse/up")
    world.carry(STOCK, MARKET)
    assert world.offered("MUG", "shop2") == 6, "the figure was read before the edit arrived"
    world.deliver(*ALL)
    world.carry(*ALL)
    assert (world.offered("MUG"), world.offered("MUG", "shop2")) == (6, 6)


def test_an_older_version_that_arrives_does_not_free_the_units_of_the_newer_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the order is lost; the customer adds three mugs; the first version is then found to be there."""
    monkeypatch.setattr(endings, "FIRST_PAUSE", 30.0)
    world.sandbox.fault("warehouse", "error_after", method="POST", path="/orders$", count=1)
    world.place("1001", ("MUG", 1))
    world.read(ORDERS)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    assert world.states() == {"Order #1001": "retrying"}
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 4}]})
    world.read(ORDERS)
    world.sandbox.fault("warehouse", "rate_limited", method="PUT", path="/orders/", count=1, retry_after=30)
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    assert [item["quantity"] for item in world.warehouse_orders()[0]["items"]] == [1]
    RateBudget.objects.update(blocked_until_us=0)
    world.carry(STOCK, MARKET)
    offered = (world.offered("MUG"), world.offered("MUG", "shop2"))
    assert offered == (5, 5), "on the safe side: the first unit is counted twice until the edit has arrived"


def test_an_order_that_a_person_ignored_gives_its_units_back(world: World) -> None:
    world.place(
        "1001", ("MUG", 4), shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"}
    )
    world.carry(*ALL)
    assert world.offered("MUG") == 6
    retry.ignore(ErrorRecord.objects.all(), "A test order.", None)
    world.carry(STOCK, MARKET)
    assert (world.offered("MUG"), world.offered("MUG", "shop2")) == (10, 10)


def test_a_wrong_token_stops_the_job_and_says_so_once(world: World) -> None:
    world.place()
    world.read(ORDERS)
    warehouse = world.connection("warehouse")
    warehouse.secrets = {"token": "wrong"}
    warehouse.save()
    for _ in range(2):
        deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)
    (error,) = world.open_errors()
    assert (error.kind, error.delivery_id) == ("config", None)
    assert world.job(ORDERS).state == "halted"
    warehouse.secrets = {"token": world.sandbox.tokens["warehouse"]}
    warehouse.save()
    assert retry.retry(ErrorRecord.objects.all(), None) == 1
    world.deliver(ORDERS)
    assert world.open_errors() == []
    assert world.delivered() == 1
