"""Stock includes what orders have taken, lines are shipped from a warehouse, webhooks tell what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLSchema, parse, validate

from integrations.connectors.base import Answer, Connector, Subscription, WriteContext
from integrations.connectors.saleor import Saleor
from integrations.connectors.saleor_documents import SUBSCRIPTION
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.saleor import DIALECT, HOME, PATH, fulfilment, page, refused, stock, warehouses
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

HERE = "https://portal.example.com/hooks/x"
AWAY = "V2FyZWhvdXNlOjI="
VARIANT = "UHJvZHVjdFZhcmlhbnQ6MQ=="
ORDER = "T3JkZXI6MQ=="


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def shop(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def in_warehouse(vendor: Vendor, slug: str) -> Connector:
    return Saleor({"base_url": vendor.base, "warehouse": slug}, DIALECT.secrets, guard=LOOPBACK)


def answers(vendor: Vendor, **by_part: Says) -> None:
    """By a part of the document that is asked."""

    def answer(asked: Asked) -> Says:
        query = asked.json["query"]
        return next(says for part, says in by_part.items() if f"{part}(" in query)

    vendor.on(PATH, answer)


def variant(*stocks: dict[str, Any]) -> Says:
    return Says({"data": {"productVariant": {"id": VARIANT, "sku": "MUG-001", "stocks": list(stocks)}}})


def set_to(*stocks: dict[str, Any]) -> Says:
    told = {"productVariant": {"id": VARIANT, "stocks": list(stocks)}, "errors": []}
    return Says({"data": {"productVariantStocksUpdate": told}})


def offer(shop: Connector, available: int) -> Answer:
    body = {"sku": "MUG-001", "available": available}
    return shop.send(shop.prepare("stock", WriteContext("upsert", body), 0, ""))


def ship(shop: Connector) -> Answer:
    body = {
        "order_id": ORDER,
        "tracking_number": "T1",
        "lines": [{"order_line_id": "T3JkZXJMaW5lOjE=", "quantity": 2}],
    }
    return shop.send(shop.prepare("fulfillments", WriteContext("create", body, ids={"order": ORDER}), 0, ""))


# Stock.


def test_what_open_orders_have_taken_is_added(vendor: Vendor, shop: Connector) -> None:
    answers(
        vendor,
        warehouses=warehouses(),
        productVariant=variant(stock("a", 9, 2), stock("b", 50, 40, AWAY)),
        productVariantStocksUpdate=set_to(stock("b", 50, 40, AWAY), stock("a", 7, 2)),
    )
    assert offer(shop, 5).external_id == "a"
    assert vendor.asked[-1].json["variables"] == {
        "id": VARIANT,
        "stocks": [{"warehouse": HOME, "quantity": 7}],
    }


def test_a_variant_that_was_never_there_gets_stock(vendor: Vendor) -> None:
    shop = in_warehouse(vendor, "away")
    answers(
        vendor,
        warehouses=warehouses((AWAY, "away")),
        productVariant=variant(stock("a", 9, 2)),
        productVariantStocksUpdate=set_to(stock("a", 9, 2), stock("b", 5, 0, AWAY)),
    )
    assert offer(shop, 5).external_id == "b"
    assert vendor.asked[-1].json["variables"]["stocks"] == [{"warehouse": AWAY, "quantity": 5}]
    shop.close()


def test_an_unknown_sku_is_told(vendor: Vendor, shop: Connector) -> None:
    answers(vendor, productVariant=Says({"data": {"productVariant": None}}))
    with pytest.raises(Failure) as caught:
        offer(shop, 5)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.DATA, "unknown_sku", "sku")


def test_of_several_warehouses_one_must_be_named(vendor: Vendor, shop: Connector) -> None:
    answers(vendor, warehouses=warehouses((HOME, "home"), (AWAY, "away")), productVariant=variant(stock("a")))
    with pytest.raises(Failure) as caught:
        offer(shop, 5)
    assert (caught.value.kind, caught.value.field) == (Kind.CONFIG, "warehouse")


def test_stock_of_other_warehouses_is_not_read_where_one_is_named(vendor: Vendor) -> None:
    shop = in_warehouse(vendor, "away")
    vendor.on(PATH, page("stocks", stock("a"), stock("b", warehouse=AWAY)))
    assert [item.external_id for item in shop.read("stock", since=None, position=None).items] == ["b"]
    answers(vendor, warehouses=warehouses((AWAY, "away")), productVariant=variant(stock("b", warehouse=AWAY)))
    found = shop.lookup("stock", "MUG-001")
    assert found is not None
    assert found.external_id == "b"
    shop.close()


# Fulfilments.


def test_lines_are_shipped_from_the_warehouse(vendor: Vendor, shop: Connector) -> None:
    made = Says({"data": {"orderFulfill": {"fulfillments": [fulfilment("T1")], "errors": []}}})
    answers(vendor, warehouses=warehouses(), orderFulfill=made)
    assert ship(shop).external_id == "RnVsZmlsbG1lbnQ6MQ=="
    assert vendor.asked[-1].json["variables"] == {
        "order": ORDER,
        "input": {
            "trackingNumber": "T1",
            "notifyCustomer": False,
            "lines": [{"orderLineId": "T3JkZXJMaW5lOjE=", "stocks": [{"warehouse": HOME, "quantity": 2}]}],
        },
    }


def test_what_does_not_fit_stands_inside_the_answer(vendor: Vendor, shop: Connector) -> None:
    error = {
        "field": "orderLineId",
        "code": "FULFILL_ORDER_LINE",
        "message": "Only 0 items remaining to fulfill.",
    }
    told = Says({"data": {"orderFulfill": {"fulfillments": None, "errors": [error]}}})
    answers(vendor, warehouses=warehouses(), orderFulfill=told)
    with pytest.raises(Failure) as caught:
        ship(shop)
    failure = caught.value
    assert (failure.kind, failure.code, failure.field) == (Kind.DATA, "fulfill_order_line", "orderLineId")
    assert "Only 0 items remaining" in failure.sentence
    assert not failure.in_doubt


def test_a_lost_answer_is_settled_by_the_tracking_number(vendor: Vendor, shop: Connector) -> None:
    made = [fulfilment("T1", "CANCELED", "gone"), fulfilment("T2", name="other"), fulfilment("T1", name="it")]
    vendor.on(PATH, Says({"data": {"order": {"id": ORDER, "fulfillments": made}}}))
    found = shop.lookup("fulfillments", f"{ORDER}/T1")
    assert found is not None
    assert found.external_id == "it"
    assert shop.lookup("fulfillments", f"{ORDER}/T9") is None
    vendor.on(PATH, Says({"data": {"order": None}}))
    assert shop.lookup("fulfillments", f"{ORDER}/T1") is None


# Errors.


def test_a_missing_permission_does_not_stop_what_is_allowed(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PATH, refused("PermissionDenied", "You need MANAGE_USERS."))
    with pytest.raises(Failure) as caught:
        shop.read("orders", since=None, position=None)
    assert not caught.value.connection_wide
    assert "MANAGE_USERS" in caught.value.sentence
    assert not shop.test().ok


def test_what_is_not_there_is_null(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PATH, Says({"data": {"order": None}}))
    assert shop.fetch("orders", ORDER) is None


def test_the_orders_of_one_channel(vendor: Vendor) -> None:
    shop = Saleor({"base_url": vendor.base, "channel": "channel-pln"}, DIALECT.secrets, guard=LOOPBACK)
    vendor.on(PATH, page("orders"))
    shop.read("orders", since=None, position=None)
    assert vendor.asked[-1].json["variables"] == {"first": 50, "channel": "channel-pln"}
    shop.close()


# Webhooks.


def test_webhooks_are_listed_ordered_and_taken_away(vendor: Vendor, shop: Connector) -> None:
    held = {
        "id": "V2ViaG9vazox",
        "targetUrl": HERE,
        "isActive": False,
        "asyncEvents": [{"eventType": "ORDER_UPDATED"}, {"eventType": "CUSTOMER_CREATED"}],
    }
    vendor.on(PATH, Says({"data": {"app": {"webhooks": [held]}}}))
    assert shop.subscriptions() == [
        Subscription("V2ViaG9vazox", HERE, ("ORDER_UPDATED", "CUSTOMER_CREATED"), active=False)
    ]
    vendor.on(PATH, Says({"data": {"webhookCreate": {"webhook": {"id": "V2ViaG9vazox"}, "errors": []}}}))
    assert shop.subscribe(HERE, shop.webhook_topics(), "ours") == "ours"
    asked = vendor.asked[-1].json["variables"]["input"]
    assert (asked["targetUrl"], asked["secretKey"], asked["isActive"]) == (HERE, "ours", True)
    assert asked["asyncEvents"] == list(shop.webhook_topics())
    assert asked["query"] == SUBSCRIPTION
    vendor.on(PATH, Says({"data": {"webhookDelete": {"webhook": {"id": "V2ViaG9vazox"}, "errors": []}}}))
    assert shop.unsubscribe("V2ViaG9vazox")


def test_what_webhooks_are_to_tell_is_in_the_vendors_words() -> None:
    schema = getattr(DIALECT.contract and DIALECT.contract(), "schema", None)
    assert isinstance(schema, GraphQLSchema)
    assert validate(schema, parse(SUBSCRIPTION)) == []


def test_a_refused_webhook_is_told(vendor: Vendor, shop: Connector) -> None:
    error = {"field": "targetUrl", "code": "INVALID", "message": "Enter a valid URL."}
    vendor.on(PATH, Says({"data": {"webhookCreate": {"webhook": None, "errors": [error]}}}))
    with pytest.raises(Failure, match="Enter a valid URL") as caught:
        shop.subscribe(HERE, ["ORDER_UPDATED"], "ours")
    assert caught.value.field == "targetUrl"
