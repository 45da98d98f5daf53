"""Parcels that nobody can be told of, and orders called shipped of which no parcel is known, are flagged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitoring import announcements

from .doorstep import LABELS, ORDERS, TO_MAIL, TO_SHOP, Doorstep


def test_a_parcel_that_the_shop_cannot_be_told_of_is_flagged(doorstep: Doorstep) -> None:
    """The shop is away for longer than the parcel may wait."""
    doorstep.order("1001")
    doorstep.go()
    doorstep.ship("1001")
    for key in (TO_SHOP, TO_MAIL):
        doorstep.read(key)
    doorstep.deliver(TO_MAIL)
    assert list(announcements.unannounced()) == []
    in_three_hours = timezone.now() + timedelta(hours=3)
    (late,) = announcements.unannounced(now=in_three_hours)
    assert late.job.key == TO_SHOP
    doorstep.deliver(TO_SHOP)
    assert list(announcements.unannounced(now=in_three_hours)) == []


IN_THREE_HOURS = timedelta(hours=3)


def missed(in_time: timedelta = IN_THREE_HOURS) -> list[str]:
    """What is listed after that time."""
    return [row.subject for row in announcements.unannounced(now=timezone.now() + in_time)]


def test_an_order_that_the_shop_calls_shipped_without_any_parcel_is_flagged_until_one_comes(
    doorstep: Doorstep,
) -> None:
    doorstep.order("1001")
    doorstep.carry(ORDERS)
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS, TO_SHOP, TO_MAIL)
    assert missed(timedelta(minutes=110)) == [], "a parcel may come in a little later"
    assert missed() == ["Order #1001"]
    (late,) = announcements.unannounced(now=timezone.now() + IN_THREE_HOURS)
    assert announcements.what_to_do(late) == (
        "Ask the warehouse. If it left, have its tracking number entered where parcels come from: this ends by itself "
        "then. If not, take “shipped” back in the shop. If no parcel will come, mark the row and choose “No parcel is "
        "coming”."
    )
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.carry(ORDERS, LABELS)
    assert missed() == ["Order #1001"], "once, whichever jobs carry it and how often it is read"
    doorstep.ship("1001")
    doorstep.read(TO_SHOP)
    doorstep.deliver(TO_SHOP)
    assert "Order #1001" not in missed()


def test_a_label_bought_is_a_parcel_of_the_order(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS, LABELS)
    assert missed() == []


@pytest.mark.parametrize(
    "told",
    [
        {"lines": [{"sku": "GIFT", "quantity": 1, "price": "25.00", "requires_shipping": False}]},
        {"shipping_address": {}},
    ],
    ids=["download or gift card", "fetched at the counter"],
)
def test_an_order_that_needs_no_parcel_is_not_missed(doorstep: Doorstep, told: dict[str, Any]) -> None:
    doorstep.order("1001", **told)
    doorstep.carry(ORDERS)
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS)
    assert missed() == []


@pytest.mark.parametrize("afterwards", ["cancel", "refund"])
def test_nor_is_one_that_was_cancelled_or_paid_back(doorstep: Doorstep, afterwards: str) -> None:
    doorstep.order("1001")
    doorstep.carry(ORDERS)
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS)
    assert missed() == ["Order #1001"]
    doorstep.staff(f"/shop/orders/1001/{afterwards}")
    doorstep.carry(ORDERS)
    assert missed() == []


def test_nor_is_one_that_was_shipped_before_the_workflow_began(doorstep: Doorstep) -> None:
    doorstep.order("1001", placed_at="2026-03-01T10:00:00+01:00")
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS)
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.carry(ORDERS)
    assert missed() == []


def test_one_that_was_open_when_the_workflow_began_is_followed_like_any_other(doorstep: Doorstep) -> None:
    doorstep.order("1001", placed_at="2026-03-01T10:00:00+01:00")
    doorstep.carry(ORDERS)
    doorstep.call_shipped("1001")
    doorstep.carry(ORDERS)
    assert missed() == ["Order #1001"]


def test_a_download_is_not_asked_for_an_address(doorstep: Doorstep) -> None:
    line = {"sku": "GIFT", "quantity": 1, "price": "25.00", "requires_shipping": False}
    doorstep.order("1001", lines=[line], shipping_address={})
    doorstep.carry(ORDERS)
    assert [error.code for error in doorstep.open_errors()] != ["bad_address"]
