"""A wrong address is held with a sentence and a link; a corrected one goes on by itself; the hour is known."""

from __future__ import annotations

import copy

import pytest

from integrations.admin.record_pages import pages_of
from integrations.models import Delivery, SyncJob

from .world import ORDERS, World

US = {"name": "K", "line1": "1 Main St", "city": "Cupertino", "postal_code": "95014", "country": "US"}


@pytest.fixture
def checking(world: World) -> World:
    SyncJob.objects.filter(key=ORDERS).update(
        checks_address=True,
        pick_up_hours="mon-fri 16:00",
        pick_up_zone="Europe/Berlin",
        pick_up_holidays="DE",
    )
    return world


def test_a_wrong_postal_code_is_held_and_its_neighbours_go(checking: World) -> None:
    checking.place("1001", shipping_address={**US, "region": "CA", "postal_code": "9501"})
    checking.place("1002")
    checking.carry(ORDERS)
    (error,) = checking.open_errors()
    assert error.sentence == (
        "Order #1001: The postal code “9501” has not the form used in the United States, for example 95014 or "
        "22162-1010. Correct it in the shop; the order then goes on by itself."
    )
    assert (error.kind, error.code, error.field) == ("data", "bad_address", "shipping_address.postal_code")
    assert checking.states() == {"Order #1001": "failed", "Order #1002": "delivered"}
    assert checking.warehouse_orders("1001") == []


def test_a_corrected_order_goes_on_by_itself(checking: World) -> None:
    checking.place("1001", shipping_address=US)
    checking.carry(ORDERS)
    (error,) = checking.open_errors()
    assert error.field == "shipping_address.region"
    checking.carry(ORDERS)
    assert checking.open_errors()[0].attempts == 1, "the same version is not tried again by itself"
    edit = {"shipping_address": {"region": "CA"}}
    checking.sandbox.control("POST", "/shop/orders/1001/edit", edit)
    checking.carry(ORDERS)
    assert checking.open_errors() == []
    assert [order["ship_to"]["region"] for order in checking.warehouse_orders("1001")] == ["CA"]


def test_an_edit_to_a_wrong_address_leaves_what_was_sent(checking: World) -> None:
    checking.place("1001")
    checking.carry(ORDERS)
    edit = {"shipping_address": {"postal_code": "1"}}
    checking.sandbox.control("POST", "/shop/orders/1001/edit", edit)
    checking.carry(ORDERS)
    assert [error.code for error in checking.open_errors()] == ["bad_address"]
    assert [order["ship_to"]["postal_code"] for order in checking.warehouse_orders("1001")] == ["50667"]


def test_a_cancellation_passes_whatever_the_address(checking: World) -> None:
    checking.place("1001")
    checking.carry(ORDERS)
    checking.sandbox.control("POST", "/shop/orders/1001/edit", {"shipping_address": {"postal_code": "1"}})
    checking.carry(ORDERS)
    checking.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    checking.carry(ORDERS)
    assert [order["state"] for order in checking.warehouse_orders("1001")] == ["cancelled"]
    assert checking.open_errors() == []


def test_a_job_that_does_not_check_sends_as_before(world: World) -> None:
    world.place("1001", shipping_address={**US, "postal_code": "9501"})
    world.carry(ORDERS)
    assert world.open_errors() == []
    assert len(world.warehouse_orders("1001")) == 1


def test_the_promised_hour_is_kept_with_the_record(checking: World) -> None:
    checking.place("1001", placed_at="2026-03-27T18:00:00+01:00")
    checking.place("1002", placed_at="2026-03-27T18:00:00+01:00", shipping_address=US)
    checking.carry(ORDERS)
    promised = {
        row.subject: row.promised_at.isoformat()
        for row in Delivery.objects.all()
        if row.promised_at is not None
    }
    assert promised == {
        "Order #1001": "2026-03-30T14:00:00+00:00",
        "Order #1002": "2026-03-30T14:00:00+00:00",
    }


def test_a_declared_page_leads_to_the_order_at_its_source(checking: World) -> None:
    declaration = copy.deepcopy(checking.declaration())
    declaration["resources"]["orders"]["page"] = "https://depot.example.com/orders/{external_id}"
    checking.redeclare(declaration)
    checking.place("1001")
    checking.carry(ORDERS)
    (order,) = checking.warehouse_orders("1001")
    pages = pages_of(Delivery.objects.select_related("job__source", "job__destination", "thing").get())
    assert ("The warehouse", f"https://depot.example.com/orders/{order['id']}") in pages
