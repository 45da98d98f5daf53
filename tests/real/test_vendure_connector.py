"""The Vendure connector against a running Vendure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.connectors.base import Item, Token, WriteContext
from integrations.connectors.vendure import Vendure
from integrations.exceptions import Failure, Kind, TokenExpired
from tests.integrations.answering import LOOPBACK
from tests.integrations.connectors.declaring import ids, read_all
from tests.real.shop import ADDRESS, ADMINISTRATOR, Shop

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]


@pytest.fixture
def vendure(shop: Shop) -> Iterator[Vendure]:
    connector = Vendure({"base_url": ADDRESS}, ADMINISTRATOR, guard=LOOPBACK)
    connector.use_token(connector.login())
    yield connector
    connector.close()


def fulfilment(order: dict[str, Any], tracking_code: str, quantity: int) -> WriteContext:
    lines = [{"orderLineId": order["lines"][0]["id"], "quantity": quantity}]
    body = {"order_id": order["id"], "tracking_code": tracking_code, "method": "DHL", "lines": lines}
    return WriteContext("create", body, ids={"order": order["id"]})


def test_the_test_button(vendure: Vendure) -> None:
    assert vendure.test().ok


def test_a_wrong_password_is_said_with_http_200_and_is_the_operators_to_mend(shop: Shop) -> None:
    connector = Vendure({"base_url": ADDRESS}, {**ADMINISTRATOR, "password": "not this one"}, guard=LOOPBACK)
    with pytest.raises(Failure) as caught:
        connector.login()
    assert (caught.value.kind, caught.value.connection_wide) == (Kind.CONFIG, True)
    assert "not this one" not in str(caught.value.evidence)


def test_an_expired_session_is_told_from_a_missing_right(vendure: Vendure) -> None:
    vendure.use_token(Token("expired-long-ago", None))
    with pytest.raises(TokenExpired):
        vendure.read("orders", since=None, position=None)
    vendure.use_token(vendure.login())
    assert vendure.read("orders", since=None, position=None).items


def test_every_placed_order_is_read_and_no_cart(vendure: Vendure, shop: Shop) -> None:
    shop.open_orders(1)
    pages = read_all(vendure, "orders")  # type: ignore[arg-type]  # any declared connector reads so
    assert sorted(ids(pages)) == sorted(order["id"] for order in shop.orders())
    assert pages[-1].complete
    assert all(item.version for page in pages for item in page.items)


def test_a_new_order_is_found_by_when_it_was_placed(vendure: Vendure, shop: Shop) -> None:
    known = {order["id"] for order in shop.orders()}
    before = datetime.now(UTC)
    shop.place(1)
    found = {item.external_id for item in vendure.read("orders", since=before, position=None).items}
    assert len(found - known) == 1
    later = before + timedelta(minutes=5)
    assert vendure.read("orders", since=later, position=None).items == ()


def not_final(vendure: Vendure) -> list[Item]:
    """All pages: the shop may hold many open orders by now."""
    page = vendure.read("orders", since=datetime.now(UTC), position=None, not_final=True)
    items = list(page.items)
    while page.next_position is not None:
        page = vendure.read("orders", since=datetime.now(UTC), position=page.next_position, not_final=True)
        items += page.items
    return items


def test_a_shipping_is_found_though_updated_at_stays(vendure: Vendure, shop: Shop) -> None:
    (order,) = shop.open_orders(1)
    before = vendure.fetch("orders", order["id"])
    assert before is not None
    context = fulfilment(order, f"T-{order['id']}", 1)
    first = vendure.send(vendure.prepare("fulfillments", context, 0, ""))
    vendure.send(vendure.prepare("fulfillments", WriteContext("create", {}, first.external_id), 1, ""))
    # Pages overlap, so that nothing is missed between two of them.
    after = {item.external_id: item for item in not_final(vendure)}[order["id"]]
    assert after.payload["updatedAt"] == before.payload["updatedAt"]
    assert after.version >= before.version
    assert after.payload["fulfillments"][0]["state"] == "Shipped"


def test_a_page_above_the_shops_limit_is_asked_for_in_halves(shop: Shop) -> None:
    connector = _with_pages_of(1000)
    connector.use_token(connector.login())
    page = connector.read("orders", since=None, position=None)
    assert page.items
    assert page.notices == ("Vendure refuses larger pages; 62 at a time are read.",)


def test_a_fulfilment_and_its_shipping_are_two_calls_that_cannot_double(vendure: Vendure, shop: Shop) -> None:
    (order,) = shop.open_orders(1)
    tracking = f"TRACK-{order['id']}"
    context = fulfilment(order, tracking, order["lines"][0]["quantity"])
    call = vendure.prepare("fulfillments", context, 0, "")
    assert call.natural_key == f"{order['id']}/{tracking}"
    assert vendure.lookup("fulfillments", call.natural_key) is None
    made = vendure.send(call)
    found = vendure.lookup("fulfillments", call.natural_key)
    assert found is not None
    assert found.external_id == made.external_id
    shipping = vendure.prepare("fulfillments", WriteContext("create", {}, made.external_id), 1, "")
    assert not vendure.send(shipping).replayed
    assert vendure.send(shipping).replayed
    with pytest.raises(Failure) as caught:
        vendure.send(call)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "items_already_fulfilled_error")
    (kept,) = shop.order(order["code"])["fulfillments"]
    assert (kept["state"], kept["trackingCode"]) == ("Shipped", tracking)


def test_what_is_offered_is_what_was_written_whatever_open_orders_hold(vendure: Vendure, shop: Shop) -> None:
    (order,) = shop.open_orders(1)
    sku = order["lines"][0]["productVariant"]["sku"]
    for available in (100, 250):
        context = WriteContext("upsert", {"sku": sku, "available": available})
        vendure.send(vendure.prepare("stock", context, 0, ""))
        assert shop.sellable(sku) == available


def test_an_unknown_sku_is_named(vendure: Vendure) -> None:
    call = vendure.prepare("stock", WriteContext("upsert", {"sku": "NO-SUCH", "available": 1}), 0, "")
    with pytest.raises(Failure) as caught:
        vendure.send(call)
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "sku")
    assert "NO-SUCH" in caught.value.sentence


@pytest.mark.parametrize("external_id", ["999999999", "not-an-id"])
def test_an_order_that_is_not_there(vendure: Vendure, external_id: str) -> None:
    assert vendure.fetch("orders", external_id) is None


@pytest.mark.parametrize("resource", ["customers", "variants", "stock"])
def test_the_other_lists_are_read(vendure: Vendure, shop: Shop, resource: str) -> None:
    shop.open_orders(1)
    pages = read_all(vendure, resource)  # type: ignore[arg-type]  # any declared connector reads so
    assert len(set(ids(pages))) == len(ids(pages)) == pages[-1].total
    assert pages[-1].complete


def _with_pages_of(size: int) -> Vendure:
    import copy

    class Greedy(Vendure):
        declaration = copy.deepcopy(Vendure.declaration)

    Greedy.declaration["resources"]["orders"]["list"]["paging"]["size"] = size
    return Greedy({"base_url": ADDRESS}, ADMINISTRATOR, guard=LOOPBACK)
