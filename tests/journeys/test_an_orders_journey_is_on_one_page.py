"""What the engine leaves behind of one order in five jobs and four systems, read on the page of its journey."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import SearchKey, SyncJob
from tests import factories

from .doorstep import ORDERS, Doorstep


@pytest.fixture
def operator(db: None) -> Client:
    staff: User = factories.administrator()
    client = Client()
    client.force_login(staff)
    return client


def found(operator: Client, term: str) -> Any:
    """The page that the one hit leads to."""
    response = operator.post(reverse("find"), {"s": term}, follow=True)
    assert response.status_code == 200
    return response


def test_all_systems_tell_of_one_order_on_one_page(doorstep: Doorstep, operator: Client) -> None:
    doorstep.order("1001", ("MUG", 2))
    doorstep.order("1002")
    doorstep.go()
    parcel = doorstep.ship("1001")
    doorstep.go()
    doorstep.staff(f"/carrier/tracking/{parcel['tracking_number']}", {"state": "delivered"})
    doorstep.go()
    by_number = found(operator, "1001")
    for term in (parcel["tracking_number"], str(doorstep.shop_order("1001")["id"]), "Order #1001"):
        assert found(operator, term).context["title"] == "Order #1001", term
    journey = by_number.context["journey"]
    assert journey.verdict.head == "All is well: delivered to 4 systems, the parcel is at the door."
    assert journey.group.namesakes == []
    names = {place.name for place in journey.places}
    assert len(names) >= 4
    told = [event.sentence for day in by_number.context["days"] for event in day.events]
    assert len(told) >= 8
    assert "The warehouse took it as new" in told
    assert "Read from the shop" in told
    parts = {
        event.subject or journey.titles[event.thing]
        for day in by_number.context["days"]
        for event in day.events
    }
    assert "“Delivered” of order #1001" in parts
    assert journey.title in parts
    assert any(part.startswith("Shipment") for part in parts)
    page = by_number.content.decode()
    # By itself: the fractions of a second may hold the same digits.
    assert not re.search(r"(?<!\d)1002(?!\d)", page)
    assert "buyer-1001@example.com" not in page
    assert "Käthe" not in page


def test_a_stuck_order_says_so_and_an_address_leads_to_it(doorstep: Doorstep, operator: Client) -> None:
    doorstep.order("1001", shipping_address={"name": "K", "city": "Köln", "country": "DE", "line1": "x"})
    doorstep.go()
    page = found(operator, "Buyer-1001@example.com")
    assert page.context["title"] == "Order #1001"
    assert page.context["journey"].verdict.head.startswith("Stuck: Order #1001")
    assert "errorrecord" in page.context["journey"].verdict.links[0].href


def test_an_order_is_found_by_the_goods_on_it_whether_it_arrived_or_not(
    doorstep: Doorstep, operator: Client
) -> None:
    nowhere = {"name": "K", "line1": "L 1", "city": "X", "country": "DE"}
    doorstep.order("1001", ("MUG", 2), shipping_address=nowhere)
    doorstep.order("1002", ("GIFT", 1))
    doorstep.carry(ORDERS)
    assert len(doorstep.open_errors()) == 1
    assert found(operator, "mug").context["title"] == "Order #1001"
    assert found(operator, "Gift").context["title"] == "Order #1002"
    assert SearchKey.objects.filter(kind="sku").count() == 0, "two orders of one SKU do not belong together"


def test_goods_of_what_the_books_have_are_not_kept_twice(doorstep: Doorstep) -> None:
    shop = doorstep.job(ORDERS).source
    factories.job(kind="order", source=shop, destination=factories.connection(platform="books"))
    doorstep.order("1001")
    doorstep.carry(ORDERS)
    assert SearchKey.objects.filter(kind="order_number").count() == 1
    assert not SearchKey.objects.filter(kind="line_sku").exists()


@pytest.mark.parametrize(
    ("setting", "state"),
    [
        ({"rollout_percent": 0}, "held"),
        ({"waits_for_payment": True}, "held"),
        ({"filter": "number == '9'"}, "filtered"),
    ],
)
def test_an_order_that_is_held_back_is_found_as_any_other(
    doorstep: Doorstep, operator: Client, setting: dict[str, Any], state: str
) -> None:
    SyncJob.objects.filter(key=ORDERS).update(**{"filter": "", **setting})
    doorstep.order("1001", payment_status="pending")
    doorstep.carry(ORDERS)
    assert set(doorstep.states(ORDERS).values()) == {state}
    for term in ("1001", "buyer-1001@example.com", "MUG"):
        assert found(operator, term).context["title"] == "Order #1001", term
