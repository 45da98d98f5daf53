"""What Shopify wants to know of a write is looked up first; what it refuses and what was done before are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.shopify import Shopify
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.shopify import (
    ALL,
    ANSWERS,
    DIALECT,
    KEY,
    LEVELS,
    PATH,
    SINCE,
    TO_FULFIL,
    connected,
    fulfillment,
    gid,
    level,
    line,
    order,
    page,
    refund,
    transaction,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in ALL.items():
        made.on(call, says)
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def shop(vendor: Vendor) -> Iterator[Shopify]:
    made = DIALECT.connector(vendor)
    assert isinstance(made, Shopify)
    yield made
    made.close()


def answering(vendor: Vendor, **instead: Any) -> None:
    """As the dialect does, but for what is named by the mutation or field that is asked for."""

    def answer(asked: Asked) -> Says:
        for name, data in instead.items():
            if f"{name}(" in asked.json["query"] or f"{name} {{" in asked.json["query"]:
                return data if isinstance(data, Says) else Says({"data": data})
        return Says({"data": next(data for sign, data in ANSWERS.items() if sign in asked.json["query"])})

    vendor.on(f"POST {PATH}", answer)


def prepared(
    shop: Shopify, resource: str, body: dict[str, Any], operation: str = "create", key: str = KEY
) -> Call:
    return shop.prepare(resource, WriteContext(operation, body, ids={"order": "1"}), 0, key)


def stock(shop: Shopify, sku: str = "MUG-001", key: str = KEY, **more: Any) -> Call:
    return prepared(shop, "stock", {"sku": sku, "available": 3, **more}, "upsert", key)


def last(vendor: Vendor) -> dict[str, Any]:
    variables: dict[str, Any] = vendor.asked[-1].json["variables"]
    return variables


def refused(call: Callable[[], Any]) -> Failure:
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


# Stock.


def test_a_level_is_set_whatever_it_was_and_that_is_said_in_so_many_words(
    vendor: Vendor, shop: Shopify
) -> None:
    answer = shop.send(stock(shop))
    assert answer.external_id == "5?inventory_item_id=11"
    [row] = last(vendor)["input"]["quantities"]
    assert row == {
        "inventoryItemId": gid("InventoryItem", 11),
        "locationId": gid("Location", 5),
        "quantity": 3,
        "changeFromQuantity": None,
    }
    assert last(vendor)["key"] == KEY


def test_a_level_is_set_only_if_it_is_what_it_is_taken_to_be(vendor: Vendor, shop: Shopify) -> None:
    error = {"code": "CHANGE_FROM_QUANTITY_STALE", "field": ["input", "quantities", "0"], "message": "Stale"}
    stale = {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [error]}}
    answering(vendor, inventorySetQuantities=stale)
    failure = refused(lambda: shop.send(stock(shop, change_from=2)))
    assert last(vendor)["input"]["quantities"][0]["changeFromQuantity"] == 2
    assert (failure.kind, failure.code) == (Kind.DATA, "changed_meanwhile")


def test_a_key_that_is_just_being_worked_on_is_asked_again(vendor: Vendor, shop: Shopify) -> None:
    error = {"code": "IDEMPOTENCY_CONCURRENT_REQUEST", "field": None, "message": "In progress"}
    busy = {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [error]}}
    answering(vendor, inventorySetQuantities=busy)
    failure = refused(lambda: shop.send(stock(shop)))
    assert (failure.kind, failure.in_doubt) == (Kind.TRANSIENT, True)


def test_a_look_up_that_is_throttled_is_no_answer(vendor: Vendor, shop: Shopify) -> None:
    throttled = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    answering(vendor, inventoryItems=Says(throttled))
    assert refused(lambda: shop.send(stock(shop))).code == "rate_limited"


def test_what_the_app_may_not_is_told_when_it_is_tried(vendor: Vendor, shop: Shopify) -> None:
    denied = {
        "errors": [{"message": "Access denied for shop field", "extensions": {"code": "ACCESS_DENIED"}}]
    }
    vendor.on(f"POST {PATH}", Says(denied))
    assert "Access denied for shop field" in shop.test().sentence()


@pytest.mark.parametrize(
    ("sku", "location", "code"),
    [("MUG-002", "5", "unknown_sku"), ("MUG-001", "6", "not_stocked_there"), ("TWICE", "5", "unknown_sku")],
)
def test_what_cannot_be_found_is_not_set(
    vendor: Vendor, shop: Shopify, sku: str, location: str, code: str
) -> None:
    found = deepcopy(LEVELS)
    found["inventoryItems"]["nodes"] += [{**LEVELS["inventoryItems"]["nodes"][0], "sku": "TWICE"}] * 2
    answering(vendor, inventoryItems=found)
    failure = refused(lambda: shop.send(stock(shop, sku, location=location)))
    assert (failure.kind, failure.code, failure.field) == (Kind.DATA, code, "sku")
    assert len(vendor.asked) == 1


def test_a_sku_cannot_change_the_search(vendor: Vendor, shop: Shopify) -> None:
    refused(lambda: shop.send(stock(shop, 'A" OR "B')))
    assert last(vendor)["query"] == 'sku:"A\\" OR \\"B"'


def two_items() -> dict[str, Any]:
    found = deepcopy(LEVELS)
    other = deepcopy(found["inventoryItems"]["nodes"][0])
    found["inventoryItems"]["nodes"].append({**other, "id": gid("InventoryItem", 12), "sku": "MUG-002"})
    return found


def test_several_levels_are_set_at_once_and_what_is_not_there_fails_alone(
    vendor: Vendor, shop: Shopify
) -> None:
    answering(vendor, inventoryItems=two_items())
    calls = [stock(shop, sku, f"key-{sku}") for sku in ("MUG-001", "GONE", "MUG-002")]
    first, gone, second = shop.send_batch(calls)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert isinstance(gone, Failure)
    assert (first.external_id, gone.code) == ("5?inventory_item_id=11", "unknown_sku")
    rows = last(vendor)["input"]["quantities"]
    assert [row["inventoryItemId"] for row in rows] == [gid("InventoryItem", 11), gid("InventoryItem", 12)]
    assert len(vendor.asked) == 2
    key = last(vendor)["key"]
    shop.send_batch(calls)
    assert last(vendor)["key"] == key
    shop.send_batch(calls[:1])
    assert last(vendor)["key"] != key


def test_one_level_that_is_refused_keeps_the_others_from_being_set_so_they_go_again(
    vendor: Vendor, shop: Shopify
) -> None:
    error = {
        "code": "INVALID_QUANTITY_TOO_HIGH",
        "field": ["input", "quantities", "1", "quantity"],
        "message": "Too high",
    }
    answering(
        vendor,
        inventoryItems=two_items(),
        inventorySetQuantities={
            "inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [error]}
        },
    )
    first, second = shop.send_batch([stock(shop), stock(shop, "MUG-002")])
    assert isinstance(first, Failure)
    assert isinstance(second, Failure)
    assert (first.kind, first.code) == (Kind.TRANSIENT, "not_sent")
    assert (second.kind, second.code) == (Kind.DATA, "invalid_quantity_too_high")


def test_a_batch_that_is_throttled_has_failed_as_a_whole(vendor: Vendor, shop: Shopify) -> None:
    throttled = Says({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})
    answering(vendor, inventorySetQuantities=throttled)
    assert refused(lambda: shop.send_batch([stock(shop)])).code == "rate_limited"


def test_stock_is_found_by_its_sku(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, inventoryLevel={"inventoryLevel": level(5)})
    found = shop.lookup("stock", "MUG-001")
    assert found is not None
    assert (found.external_id, found.payload["item"]["sku"]) == ("5?inventory_item_id=11", "MUG-001")


# Refunds.

REFUND = {"order_id": "1", "reference": "R1", "amount": "5.00", "currency": "EUR", "note": "Broken"}


def test_a_refund_gives_back_the_payment_of_the_order(vendor: Vendor, shop: Shopify) -> None:
    assert shop.send(prepared(shop, "refunds", REFUND)).external_id == "8"
    assert last(vendor) == {
        "key": KEY,
        "input": {
            "orderId": gid("Order", 1),
            "currency": "EUR",
            "note": "Broken (R1)",
            "notify": False,
            "transactions": [
                {
                    "orderId": gid("Order", 1),
                    "kind": "REFUND",
                    "amount": "5.00",
                    "gateway": "shopify_payments",
                    "parentId": gid("OrderTransaction", 1),
                }
            ],
        },
    }


def paid(*more: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "kind", "status", "gateway")
    return {"order": {"transactions": [{name: one[name] for name in names} for one in more]}}


def test_of_several_payments_the_one_is_given_back_that_is_named(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, transactions=paid(transaction(1), transaction(2, gateway="gift_card")))
    failure = refused(lambda: shop.send(prepared(shop, "refunds", REFUND)))
    assert (failure.kind, failure.code, failure.field) == (Kind.DATA, "which_payment", "payment_id")
    shop.send(prepared(shop, "refunds", {**REFUND, "payment_id": "2"}))
    [given] = last(vendor)["input"]["transactions"]
    assert (given["parentId"], given["gateway"]) == (gid("OrderTransaction", 2), "gift_card")


def test_where_no_money_came_none_goes_back(vendor: Vendor, shop: Shopify) -> None:
    tried = [transaction(1, status="FAILURE"), transaction(2, kind="AUTHORIZATION")]
    answering(vendor, transactions=paid(*tried))
    assert refused(lambda: shop.send(prepared(shop, "refunds", REFUND))).code == "which_payment"


def test_a_refund_that_shopify_does_not_accept_is_its_own_error(vendor: Vendor, shop: Shopify) -> None:
    error = {"field": ["input", "transactions"], "message": "Refund amount is too high"}
    answering(vendor, refundCreate={"refundCreate": {"refund": None, "userErrors": [error]}})
    failure = refused(lambda: shop.send(prepared(shop, "refunds", REFUND)))
    assert (failure.kind, failure.field) == (Kind.DATA, "input.transactions")
    assert "Refund amount is too high" in failure.sentence


def test_a_refund_is_found_by_our_reference_after_its_key_has_ended(vendor: Vendor, shop: Shopify) -> None:
    made = [refund(7, None), refund(8, "Broken (R10)"), refund(9, "Broken (R1)")]
    answering(vendor, refunds={"order": {"refunds": made}})
    found = shop.lookup("refunds", prepared(shop, "refunds", REFUND).natural_key)
    assert found is not None
    assert found.external_id == "9"
    assert shop.lookup("refunds", "1/R2") is None


# Fulfilments.


def to_ship(*parts: tuple[int, str, int, int], status: str = "OPEN") -> dict[str, Any]:
    """Fulfilment orders: (number, location, line, units left)."""
    shape = TO_FULFIL["order"]["fulfillmentOrders"]["nodes"][0]
    rows = []
    for number, location, of_line, units in parts:
        one = deepcopy(shape)
        one |= {"id": gid("FulfillmentOrder", number), "status": status}
        one["assignedLocation"]["location"]["id"] = gid("Location", location)
        one["lineItems"]["nodes"] = [
            {
                "id": gid("FulfillmentOrderLineItem", number),
                "remainingQuantity": units,
                "lineItem": {"id": gid("LineItem", of_line)},
            }
        ]
        rows.append(one)
    return {"order": {"name": "#1042", "fulfillmentOrders": connected(rows)}}


def shipping(*lines: tuple[str, int]) -> dict[str, Any]:
    return {
        "order_id": "1",
        "tracking": {"number": "T1", "company": "DHL"},
        "lines": [{"line_id": name, "quantity": quantity} for name, quantity in lines],
    }


def given(vendor: Vendor) -> list[tuple[str, int]]:
    parts = last(vendor)["fulfillment"]["lineItemsByFulfillmentOrder"]
    return [
        (part["fulfillmentOrderId"].rpartition("/")[2], line["quantity"])
        for part in parts
        for line in part["fulfillmentOrderLineItems"]
    ]


def test_what_is_shipped_is_taken_from_the_fulfilment_orders_of_one_location(
    vendor: Vendor, shop: Shopify
) -> None:
    left = to_ship((21, "4", 7, 3), (22, "5", 7, 1), (23, "5", 7, 2), (24, "5", 8, 1))
    answering(vendor, fulfillmentOrders=left)
    answer = shop.send(prepared(shop, "fulfillments", shipping(("7", 2), ("8", 1))))
    assert answer.external_id == "9"
    assert given(vendor) == [("22", 1), ("23", 1), ("24", 1)]
    assert last(vendor)["fulfillment"]["trackingInfo"] == {"number": "T1", "company": "DHL"}
    assert last(vendor)["fulfillment"]["notifyCustomer"] is False


def test_the_own_location_ships_where_several_could(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, fulfillmentOrders=to_ship((21, "4", 7, 3), (22, "5", 7, 3)))
    shop.send(prepared(shop, "fulfillments", shipping(("7", 2))))
    assert given(vendor) == [("22", 2)]


def test_another_location_ships_where_the_own_one_has_too_little(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, fulfillmentOrders=to_ship((21, "5", 7, 1), (22, "4", 7, 3)))
    shop.send(prepared(shop, "fulfillments", shipping(("7", 2))))
    assert given(vendor) == [("22", 2)]


@pytest.mark.parametrize(
    "left",
    [
        to_ship((21, "5", 7, 1)),
        to_ship((21, "5", 7, 1), (22, "4", 7, 1)),
        to_ship((21, "5", 8, 5)),
        to_ship((21, "5", 7, 5), status="ON_HOLD"),
        to_ship((21, "5", 7, 5), status="CLOSED"),
    ],
    ids=["too little", "at two locations", "another line", "on hold", "shipped before"],
)
def test_more_than_is_left_is_not_shipped(vendor: Vendor, shop: Shopify, left: dict[str, Any]) -> None:
    answering(vendor, fulfillmentOrders=left)
    failure = refused(lambda: shop.send(prepared(shop, "fulfillments", shipping(("7", 2)))))
    assert (failure.kind, failure.code, failure.field) == (Kind.DATA, "cannot_fulfil", "lines")
    assert len(vendor.asked) == 1


def test_all_fulfilment_orders_are_looked_at(vendor: Vendor, shop: Shopify) -> None:
    first, second = to_ship((21, "5", 7, 1)), to_ship((22, "5", 7, 1))
    first["order"]["fulfillmentOrders"]["pageInfo"] = {"hasNextPage": True, "endCursor": "cursor-2"}

    def answer(asked: Asked) -> Says:
        if "fulfillmentOrders(" not in asked.json["query"]:
            return Says({"data": ANSWERS["fulfillmentCreate("]})
        return Says({"data": second if asked.json["variables"].get("after") else first})

    vendor.on(f"POST {PATH}", answer)
    shop.send(prepared(shop, "fulfillments", shipping(("7", 2))))
    assert given(vendor) == [("21", 1), ("22", 1)]


def test_an_order_that_is_gone_cannot_be_shipped(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, fulfillmentOrders={"order": None})
    assert refused(lambda: shop.send(prepared(shop, "fulfillments", shipping(("7", 1))))).code == "not_found"


def test_a_fulfilment_whose_answer_was_lost_is_found_by_its_tracking_number(
    vendor: Vendor, shop: Shopify
) -> None:
    made = [fulfillment(7, status="CANCELLED"), fulfillment(8, trackingInfo=[]), fulfillment(9)]
    answering(vendor, fulfillments={"order": {"fulfillments": made}})
    found = shop.lookup("fulfillments", prepared(shop, "fulfillments", shipping(("7", 1))).natural_key)
    assert found is not None
    assert found.external_id == "9"
    answering(vendor, fulfillments={"order": None})
    assert shop.lookup("fulfillments", "1/T1") is None


# Cancelling.


def cancelled(vendor: Vendor, shop: Shopify, message: str) -> Answer:
    error = {"code": "INVALID", "field": None, "message": message}
    answering(vendor, orderCancel={"orderCancel": {"job": None, "orderCancelUserErrors": [error]}})
    context = WriteContext("cancel", {}, external_id="1")
    return shop.send(shop.prepare("orders", context, 0, ""))


def test_an_order_that_was_cancelled_before_is_cancelled(vendor: Vendor, shop: Shopify) -> None:
    assert cancelled(vendor, shop, "Cannot cancel an order that has already been canceled").replayed
    assert "was shipped" in refused(lambda: cancelled(vendor, shop, "It was shipped")).sentence


# Reading.


def test_an_order_of_many_lines_is_read_with_all_of_them(vendor: Vendor, shop: Shopify) -> None:
    long = order(1, lineItems=connected([line(1)], "lines-2"))

    def answer(asked: Asked) -> Says:
        if "orders(" in asked.json["query"]:
            return page("orders", [long, order(2)])
        after = asked.json["variables"].get("after")
        return page("order.lineItems", [line(2)] if after else [line(1)], None if after else "lines-2")

    vendor.on(f"POST {PATH}", answer)
    first, second = shop.read("orders", since=SINCE, position=None).items
    assert [one["id"] for one in first.payload["allLines"]] == [gid("LineItem", 1), gid("LineItem", 2)]
    assert "allLines" not in second.payload
    assert len(vendor.asked) == 3


def test_a_page_that_is_too_dear_is_asked_for_by_half(vendor: Vendor, shop: Shopify) -> None:
    dear = Says({"errors": [{"message": "Too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}]})
    vendor.on(f"POST {PATH}", [dear, page("orders", [order(1)])])
    read = shop.read("orders", since=SINCE, position=None)
    assert [asked.json["variables"]["first"] for asked in vendor.asked] == [25, 12]
    assert "12 at a time" in read.notices[0]


def test_what_is_gone_is_told_so(vendor: Vendor, shop: Shopify) -> None:
    answering(vendor, order={"order": None})
    assert shop.fetch("orders", "1") is None
