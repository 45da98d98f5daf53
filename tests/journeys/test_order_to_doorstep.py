"""Order to doorstep: what an order may come to on its way, compared on all sides from outside."""

from __future__ import annotations

from collections import Counter

import pytest

from integrations.models import Delivery

from .doorstep import ORDERS, Doorstep


def test_a_paid_order_comes_to_the_door(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 2))
    doorstep.go()
    assert doorstep.warehouse_states() == {"1001": ["accepted"]}
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
    parcel = doorstep.ship("1001")
    assert parcel["tracking_number"] == "SBXL000000001", "the parcel bears the label that was bought"
    doorstep.go()
    assert doorstep.fulfilments("1001") == [("SBXL000000001", "shipped")]
    assert doorstep.mails("1001") == ["Shipped"]
    for state in ("in_transit", "out_for_delivery", "delivered"):
        doorstep.staff("/carrier/tracking/SBXL000000001", {"state": state})
        doorstep.go()
        assert doorstep.fulfilments("1001") == [("SBXL000000001", state)]
    assert doorstep.mails("1001") == ["Shipped", "Out for delivery", "Delivered"]
    assert doorstep.shop_order("1001")["fulfillment_status"] == "fulfilled"
    assert doorstep.open_errors() == []


def test_nothing_is_done_twice_when_all_is_read_again(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    doorstep.ship("1001")
    doorstep.go()
    before = [doorstep.sandbox.effects(name) for name in ("warehouse", "carrier", "mail", "shop")]
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.go()
    after = [doorstep.sandbox.effects(name) for name in ("warehouse", "carrier", "mail", "shop")]
    assert after[:3] == before[:3]
    assert [effect for effect, _, _ in after[3]].count("fulfillment.created") == 1


def test_cancelled_before_packing_the_order_and_its_label_are_taken_back(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    doorstep.staff("/shop/orders/1001/cancel")
    doorstep.go()
    assert doorstep.warehouse_states() == {"1001": ["cancelled"]}
    assert doorstep.labels() == Counter({("1001", "voided"): 1})
    assert doorstep.open_errors() == []


def test_cancelled_before_it_was_read_nothing_leaves(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.staff("/shop/orders/1001/cancel")
    doorstep.go()
    assert (doorstep.warehouse_states(), doorstep.labels()) == ({}, Counter())


def test_cancelled_while_it_is_packed_a_person_is_asked_at_once(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    doorstep.staff("/warehouse/orders/1001/pack")
    doorstep.staff("/shop/orders/1001/cancel")
    doorstep.go()
    (error,) = doorstep.open_errors()
    assert (error.kind, error.code) == ("data", "in_packing")
    assert error.sentence == (
        "Order #1001: it was cancelled in the shop while the warehouse packs it. Have the warehouse take it out of the "
        "parcel: if it can, retry; if it has left, arrange a return and ignore this error."
    )
    assert doorstep.warehouse_states() == {"1001": ["packing"]}


def test_cancelled_after_it_left_a_return_is_asked_for(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    parcel = doorstep.ship("1001")
    doorstep.staff(f"/carrier/tracking/{parcel['tracking_number']}", {"state": "in_transit"})
    doorstep.staff("/shop/orders/1001/cancel")
    doorstep.carry(ORDERS)
    (error,) = doorstep.open_errors()
    assert (error.kind, error.code) == ("data", "already_shipped")
    assert doorstep.warehouse_states() == {"1001": ["shipped"]}


def test_an_edit_changes_what_is_packed(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 3))
    doorstep.go()
    lines = [{"sku": "MUG", "quantity": 2}, {"sku": "GIFT", "quantity": 1, "price": "1.00"}]
    doorstep.staff("/shop/orders/1001/edit", {"lines": lines, "shipping_address": {"line1": "Domplatz 1"}})
    doorstep.go()
    (order,) = doorstep.warehouse_orders("1001")
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [("MUG", 2), ("GIFT", 1)]
    assert (order["total"], order["ship_to"]["line1"]) == ("26.00", "Domplatz 1")
    assert doorstep.labels() == Counter({("1001", "bought"): 1})


def test_split_over_two_warehouses_each_parcel_is_announced(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 2), ("GIFT", 1))
    doorstep.go()
    doorstep.ship("1001", items=[{"sku": "MUG", "quantity": 2}], location="NORTH", tracking_number="N1")
    doorstep.ship("1001", items=[{"sku": "GIFT", "quantity": 1}], location="SOUTH", tracking_number="S1")
    doorstep.go()
    assert sorted(doorstep.fulfilments("1001")) == [("N1", "shipped"), ("S1", "shipped")]
    assert doorstep.shop_order("1001")["fulfillment_status"] == "fulfilled"
    assert doorstep.mails("1001") == ["Shipped", "Shipped"]


def test_a_part_that_ships_leaves_the_rest_open(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 3))
    doorstep.go()
    doorstep.ship("1001", items=[{"sku": "MUG", "quantity": 1}], tracking_number="P1")
    doorstep.go()
    order = doorstep.shop_order("1001")
    assert (order["fulfillment_status"], order["lines"][0]["fulfilled_quantity"]) == ("partial", 1)
    doorstep.ship("1001", tracking_number="P2")
    doorstep.go()
    assert doorstep.shop_order("1001")["fulfillment_status"] == "fulfilled"
    assert doorstep.labels() == Counter({("1001", "bought"): 1})


def test_what_is_not_on_the_shelf_ships_when_it_comes(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("BOWL", 1))
    doorstep.go()
    doorstep.order("1002", ("BOWL", 1), backorder=True)
    doorstep.go()
    (waiting,) = doorstep.warehouse_orders("1002")
    assert waiting["items"][0]["backordered"] == 1
    doorstep.ship("1001")
    doorstep.staff("/warehouse/stock/BOWL", {"on_hand": 1})
    doorstep.ship("1002")
    doorstep.go()
    assert doorstep.warehouse_states() == {"1001": ["shipped"], "1002": ["shipped"]}
    assert doorstep.mails("1002") == ["Shipped"]


def test_returned_and_refunded_nothing_is_shipped_or_told_again(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 2))
    doorstep.go()
    parcel = doorstep.ship("1001")
    doorstep.staff(f"/carrier/tracking/{parcel['tracking_number']}", {"state": "delivered"})
    doorstep.go()
    doorstep.staff("/warehouse/orders/1001/return")
    doorstep.staff("/shop/orders/1001/refund", {"lines": [{"sku": "MUG", "quantity": 2}]})
    doorstep.go()
    order = doorstep.shop_order("1001")
    assert (order["payment_status"], order["fulfillment_status"]) == ("refunded", "fulfilled")
    (there,) = doorstep.warehouse_orders("1001")
    assert (there["state"], there["items"][0]["returned_quantity"]) == ("shipped", 2)
    assert doorstep.mails("1001") == ["Delivered"]
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
    assert doorstep.open_errors() == []


def test_a_renewal_is_told_from_a_first_order(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.order("1002", is_renewal=True)
    doorstep.go()
    renewals = {number: doorstep.warehouse_orders(number)[0]["is_renewal"] for number in ("1001", "1002")}
    assert renewals == {"1001": False, "1002": True}
    for number in renewals:
        doorstep.ship(number)
    doorstep.go()
    told = {
        event["properties"]["order_number"]: event["properties"]["is_renewal"]
        for event in doorstep.sandbox.ask("GET", "/mail/events").body["events"]
    }
    assert told == renewals


def test_a_gift_without_a_price_ships_like_any_other(doorstep: Doorstep) -> None:
    doorstep.place(
        "1001",
        ("MUG", 1),
        email="buyer-1001@example.com",
        lines=[{"sku": "GIFT", "quantity": 1, "price": "0"}],
    )
    doorstep.go()
    (order,) = doorstep.warehouse_orders("1001")
    assert (order["total"], order["items"][0]["sku"]) == ("0.00", "GIFT")
    doorstep.ship("1001")
    doorstep.go()
    assert doorstep.mails("1001") == ["Shipped"]


@pytest.mark.parametrize(
    ("currency", "price", "included", "total"),
    [
        ("EUR", "10.00", True, "20.00"),
        ("EUR", "10.00", False, "23.80"),
        ("JPY", "1500", True, "3000"),
        ("JPY", "1500", False, "3570"),
        ("KWD", "3.125", True, "6.250"),
        ("KWD", "3.125", False, "7.438"),
    ],
)
def test_three_currencies_with_the_tax_in_the_price_and_on_top(
    doorstep: Doorstep, currency: str, price: str, included: bool, total: str
) -> None:
    doorstep.order(
        "1001",
        currency=currency,
        lines=[{"sku": "MUG", "quantity": 2, "price": price}],
        tax_rate="0.19",
        taxes_included=included,
    )
    doorstep.go()
    (order,) = doorstep.warehouse_orders("1001")
    assert (order["currency"], order["total"]) == (currency, total)


@pytest.mark.parametrize(
    ("placed_at", "promised"),
    [
        ("2026-03-25T15:30:00+01:00", "2026-03-25T15:00:00+00:00"),
        ("2026-03-25T15:30:00+00:00", "2026-03-26T15:00:00+00:00"),
        ("2026-03-25T15:30:00-08:00", "2026-03-26T15:00:00+00:00"),
        ("2026-03-25T15:30:00+03:00", "2026-03-25T15:00:00+00:00"),
        ("2026-03-26T02:00:00+09:00", "2026-03-26T15:00:00+00:00"),
        # Friday afternoon at the ocean is Saturday in Berlin, and on Monday the clocks there have changed.
        ("2026-03-27T15:30:00-08:00", "2026-03-30T14:00:00+00:00"),
        ("2026-04-02T16:30:00+02:00", "2026-04-07T14:00:00+00:00"),
    ],
)
def test_each_order_has_its_promised_hour_wherever_it_was_placed(
    doorstep: Doorstep, placed_at: str, promised: str
) -> None:
    doorstep.order("1001", placed_at=placed_at)
    doorstep.carry(ORDERS)
    kept = Delivery.objects.get(job__key=ORDERS).promised_at
    assert kept is not None
    assert kept.isoformat() == promised


def test_what_the_shop_promised_counts_before_the_carriers_hours(doorstep: Doorstep) -> None:
    doorstep.order("1001", ship_by="2026-12-23T12:00:00-05:00", deliver_by="2026-12-24T18:00:00-05:00")
    doorstep.order("1002", deliver_by="2026-12-24T18:00:00-05:00")
    doorstep.carry(ORDERS)
    kept = {row.subject: row.promised_at for row in Delivery.objects.filter(job__key=ORDERS)}
    assert {subject: moment.isoformat() for subject, moment in kept.items() if moment} == {
        "Order #1001": "2026-12-23T17:00:00+00:00",
        "Order #1002": "2026-12-24T23:00:00+00:00",
    }
