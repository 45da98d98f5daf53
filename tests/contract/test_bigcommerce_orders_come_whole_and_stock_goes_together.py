"""What belongs to an order is read with it; stock is set for many at once, and a shipment is made once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, Subscription, WriteContext
from integrations.connectors.bigcommerce import BigCommerce
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.bigcommerce import (
    DIALECT,
    V2,
    V3,
    customer,
    item,
    line,
    order,
    product,
    refund,
    refused,
    rows,
    shipment,
)
from tests.contract.samples import sample
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

HERE = "https://portal.example.com/hooks/x"
SET = f"PUT {V3}/inventory/adjustments/absolute"
ITEMS = f"GET {V3}/inventory/items"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def store(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


# Reading.


def test_lines_and_addresses_come_in_the_call_for_the_orders(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V2}/orders", [Says([order(1), order(2)]), Says(status=204)])
    page = store.read("orders", since=None, position=None)
    assert [item.external_id for item in page.items] == ["1", "2"]
    assert len(vendor.asked) == 1
    assert vendor.asked[0].params["include"] == "consignments.line_items"
    assert vendor.asked[0].params["consignment_structure"] == "object"


def test_coupons_and_refunds_are_asked_for_where_there_are_some(vendor: Vendor, store: Connector) -> None:
    coupon = {
        "id": 1,
        "coupon_id": 2,
        "order_id": 1,
        "code": "TEN",
        "amount": "5.0000",
        "type": 2,
        "discount": 5,
    }
    vendor.on(f"{V2}/orders/1", Says(order(1, coupon_discount="5.0000", status_id=14)))
    vendor.on(f"{V2}/orders/1/coupons", Says([coupon]))
    vendor.on(f"{V3}/orders/1/payment_actions/refunds", Says({"data": [refund(12)], "meta": {}}))
    found = store.fetch("orders", "1")
    assert found is not None
    assert found.payload["coupon_details"][0]["code"] == "TEN"
    assert [one["id"] for one in found.payload["refund_details"]] == [12]


@pytest.mark.parametrize(
    ("told", "is_one"),
    [({}, True), ({"status_id": 0}, False)],
)
def test_what_is_left_at_the_payment_page_is_no_order_yet(
    vendor: Vendor, store: Connector, told: dict[str, Any], is_one: bool
) -> None:
    vendor.on(f"{V2}/orders/1", Says(order(1, **told)))
    assert (store.fetch("orders", "1") is not None) == is_one


def test_an_archived_order_is_gone(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V2}/orders/1", Says(order(1, is_deleted=True)))
    found = store.fetch("orders", "1")
    assert found is not None
    assert found.deleted
    vendor.on(f"{V2}/orders/2", Says([{"status": 404, "message": "Not found."}], 404))
    assert store.fetch("orders", "2") is None


def test_a_store_without_orders_answers_with_nothing(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V2}/orders", Says(status=204))
    page = store.read("orders", since=None, position=None)
    assert (page.items, page.next_position) == ((), None)


def test_a_refund_has_the_currency_of_its_order(vendor: Vendor, store: Connector) -> None:
    vendor.on(
        f"{V3}/orders/payment_actions/refunds",
        [Says({"data": [refund(12)], "meta": {}}), Says({"data": [], "meta": {}})],
    )
    vendor.on(f"{V2}/orders/180", Says(sample("bigcommerce/order_v2.json")))
    (found,) = store.read("refunds", since=None, position=None).items
    assert found.payload["order"]["default_currency_code"] == "USD"
    assert found.version.startswith("2022-06-16T16:44:15")


def test_a_variant_fetched_alone_knows_its_product(vendor: Vendor, store: Connector) -> None:
    whole = product(1, 11)
    vendor.on(f"{V3}/catalog/variants", rows(whole["variants"][0], pages=1))
    vendor.on(f"{V3}/catalog/products/1", Says({"data": {**whole, "variants": []}, "meta": {}}))
    vendor.on(f"{V3}/catalog/products", rows(whole, pages=1))
    alone = store.fetch("variants", "11")
    (listed,) = store.read("variants", since=None, position=None).items
    assert alone is not None
    assert alone.payload["product"]["name"] == listed.payload["product"]["name"] == "Mug"
    assert alone.version == listed.version != ""


def test_a_customer_is_looked_up_by_the_very_address(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V3}/customers", rows(customer(6), customer(7), pages=1))
    found = store.lookup("customers", "7@example.com")
    assert found is not None
    assert found.external_id == "7"
    assert vendor.asked[-1].params["email:in"] == "7@example.com"


# Stock.


def level(store: Connector, sku: str, available: int = 5) -> Any:
    return store.prepare("stock", WriteContext("upsert", {"sku": sku, "available": available}), 0, "")


def test_stock_is_set_in_two_calls_however_many(vendor: Vendor, store: Connector) -> None:
    vendor.on(ITEMS, rows(item(11), item(12), pages=1))
    vendor.on(SET, Says({"transaction_id": "t-1"}))
    answers = store.send_batch([level(store, "MUG-11"), level(store, "MUG-12", 0)])
    assert [one.external_id for one in answers if isinstance(one, Answer)] == ["11", "12"]
    find, write = vendor.asked
    assert find.params["sku:in"] == "MUG-11,MUG-12"
    assert write.json["items"] == [
        {"location_id": 1, "sku": "MUG-11", "quantity": 5},
        {"location_id": 1, "sku": "MUG-12", "quantity": 0},
    ]


def test_a_sku_without_stock_is_told_and_the_others_are_set(vendor: Vendor, store: Connector) -> None:
    vendor.on(ITEMS, rows(item(11), pages=1))
    vendor.on(SET, Says({"transaction_id": "t-1"}))
    unknown, known = store.send_batch([level(store, "CUP-1"), level(store, "MUG-11")])
    assert isinstance(known, Answer)
    assert isinstance(unknown, Failure)
    assert (unknown.kind, unknown.code, unknown.field) == (Kind.DATA, "unknown_sku", "sku")
    with pytest.raises(Failure, match="CUP-1"):
        store.send(level(store, "CUP-1"))


def test_where_one_is_refused_the_others_are_set_one_by_one(vendor: Vendor, store: Connector) -> None:
    def answer(asked: Asked) -> Says:
        if any(one["sku"] == "MUG-12" for one in asked.json["items"]):
            return refused(422, errors={"items.0.quantity": "It is too high."})
        return Says({"transaction_id": "t-1"})

    vendor.on(ITEMS, rows(item(11), item(12), pages=1))
    vendor.on(SET, answer)
    good, bad = store.send_batch([level(store, "MUG-11"), level(store, "MUG-12", 10**9)])
    assert isinstance(good, Answer)
    assert isinstance(bad, Failure)
    assert (bad.kind, bad.field) == (Kind.DATA, "items.0.quantity")
    assert "It is too high" in bad.sentence


def test_a_batch_that_was_not_answered_is_not_sent_again_one_by_one(vendor: Vendor, store: Connector) -> None:
    vendor.on(ITEMS, rows(item(11), item(12), pages=1))
    vendor.on(SET, refused(503))
    with pytest.raises(Failure) as caught:
        store.send_batch([level(store, "MUG-11"), level(store, "MUG-12")])
    assert caught.value.in_doubt
    assert len(vendor.asked) == 2


def test_stock_is_that_of_the_connections_location(vendor: Vendor) -> None:
    settings = {"base_url": vendor.base, "store_hash": "abc123", "location_id": 3}
    store = BigCommerce(settings, DIALECT.secrets, guard=LOOPBACK)
    vendor.on(ITEMS, rows(item(11), pages=1))
    vendor.on(SET, Says({"transaction_id": "t-1"}))
    store.read("stock", since=None, position=None)
    assert vendor.asked[-1].params["location_id:in"] == "3"
    store.send(level(store, "MUG-11"))
    assert vendor.asked[-1].json["items"][0]["location_id"] == 3
    store.close()


# Shipments.


def ship(store: Connector, *lines: int) -> Answer:
    body = {
        "order_id": "7",
        "tracking_number": "T1",
        "items": [{"order_product_id": one, "quantity": 1} for one in lines],
    }
    return store.send(store.prepare("shipments", WriteContext("create", body, ids={"order": "7"}), 0, ""))


def test_a_shipment_goes_to_the_address_of_its_lines(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"GET {V2}/orders/7/products", Says([line(70), line(71, order_address_id=52)]))
    vendor.on(f"POST {V2}/orders/7/shipments", Says(shipment(6), 201))
    assert ship(store, 71).external_id == "6"
    assert vendor.asked[-1].json["order_address_id"] == 52


@pytest.mark.parametrize("lines", [(70, 71), (99,)])
def test_lines_of_two_addresses_or_of_another_order_are_no_shipment(
    vendor: Vendor, store: Connector, lines: tuple[int, ...]
) -> None:
    vendor.on(f"GET {V2}/orders/7/products", Says([line(70), line(71, order_address_id=52)]))
    with pytest.raises(Failure) as caught:
        ship(store, *lines)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "shipment_address")
    assert len(vendor.asked) == 1


def test_a_lost_answer_is_settled_by_the_tracking_number(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V2}/orders/7/shipments", Says([shipment(6, "T1"), shipment(8, "T2")]))
    found = store.lookup("shipments", "7/T2")
    assert found is not None
    assert found.external_id == "8"
    assert store.lookup("shipments", "7/T3") is None
    vendor.on(f"{V2}/orders/7/shipments", Says(status=204))
    assert store.lookup("shipments", "7/T1") is None


def test_what_version_2_says_of_a_refusal_is_quoted(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"GET {V2}/orders/7/products", Says([line(70)]))
    vendor.on(f"POST {V2}/orders/7/shipments", Says([{"status": 400, "message": "It was shipped."}], 400))
    with pytest.raises(Failure, match="It was shipped") as caught:
        ship(store, 70)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)


# Webhooks.


def ordered(number: int, scope: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "scope": scope, "destination": HERE, "is_active": True, **more}


def test_webhooks_are_listed_ordered_and_taken_away(vendor: Vendor, store: Connector) -> None:
    off = ordered(2, "store/order/updated", is_active=False)
    vendor.on(f"GET {V3}/hooks", [rows(ordered(1, "store/order/created")), rows(off, page=2), rows(page=3)])
    assert store.subscriptions() == [
        Subscription("1", HERE, ("store/order/created",)),
        Subscription("2", HERE, ("store/order/updated",), active=False),
    ]
    vendor.on(f"POST {V3}/hooks", Says({"data": ordered(3, "store/order/created"), "meta": {}}))
    secret = DIALECT.secrets["webhook_secret"]
    vendor.asked.clear()
    assert store.subscribe(HERE, store.webhook_topics(), secret) == secret
    assert [one.json["scope"] for one in vendor.asked] == list(store.webhook_topics())
    assert {one.json["destination"] for one in vendor.asked} == {HERE}
    vendor.on(f"DELETE {V3}/hooks/1", Says({"data": ordered(1, "store/order/created"), "meta": {}}))
    assert store.unsubscribe("1")


def test_without_the_client_secret_no_webhook_is_ordered(vendor: Vendor) -> None:
    settings = {"base_url": vendor.base, "store_hash": "abc123"}
    store = BigCommerce(settings, {"token": "t"}, guard=LOOPBACK)
    with pytest.raises(Failure) as caught:
        store.subscriptions()
    assert (caught.value.code, caught.value.field) == ("webhook_secret", "webhook_secret")
    assert vendor.asked == []
    store.close()


def test_the_test_counts_orders(vendor: Vendor, store: Connector) -> None:
    vendor.on(f"{V2}/orders/count", Says({"count": 45, "statuses": []}))
    assert store.test().ok
    vendor.on(f"{V2}/orders/count", refused(401))
    assert not store.test().ok
