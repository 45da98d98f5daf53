"""Lines that stand twice are shipped once, what was paid back elsewhere is kept, and what was made is found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.adobe_commerce import AdobeCommerce
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.adobe_commerce_payloads import (
    bundled,
    changed,
    chosen,
    comment,
    customer,
    line,
    memo,
    order,
    product,
    shipment,
)
from tests.contract.dialects.adobe_commerce import DIALECT, SECRETS, V1, holding, refused
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

PRODUCTS = f"GET {V1}/products"


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


def shop_with(vendor: Vendor, **settings: Any) -> Connector:
    return AdobeCommerce({"base_url": vendor.base, **settings}, SECRETS, guard=LOOPBACK)


# Shipments.


def ship(shop: Connector, *items: tuple[int, int]) -> Answer:
    body = {
        "order_id": "7",
        "tracking_number": "T1",
        "title": "DHL",
        "carrier_code": "dhl",
        "items": [{"order_item_id": name, "qty": quantity} for name, quantity in items],
    }
    return shop.send(shop.prepare("shipments", WriteContext("create", body, ids={"order": "7"}), 0, ""))


def sent_items(vendor: Vendor) -> list[tuple[int, int]]:
    return [(one["order_item_id"], one["qty"]) for one in vendor.asked[-1].json["items"]]


@pytest.fixture
def shipping(vendor: Vendor) -> Vendor:
    vendor.on(f"GET {V1}/orders/7", Says(order(7, line(70), *chosen(80), *bundled(90))))
    vendor.on(f"POST {V1}/order/7/ship", Says(3))
    return vendor


def bundle_that_ships(vendor: Vendor, separately: str) -> None:
    attributes = [{"attribute_code": "shipment_type", "value": separately}]
    vendor.on(PRODUCTS, holding(product(9, "bundle", custom_attributes=attributes)))


def test_a_shipment_carries_its_tracking_number(shipping: Vendor, shop: Connector) -> None:
    assert ship(shop, (70, 1)).external_id == "3"
    assert shipping.asked[-1].json == {
        "items": [{"order_item_id": 70, "qty": 1}],
        "notify": False,
        "tracks": [{"track_number": "T1", "title": "DHL", "carrier_code": "dhl"}],
    }


def test_a_shipment_leaves_from_the_connections_source_and_may_tell_the_customer(shipping: Vendor) -> None:
    shop = shop_with(shipping, source_code="east", tell_customer=True)
    ship(shop, (70, 1))
    sent = shipping.asked[-1].json
    assert sent["arguments"] == {"extension_attributes": {"source_code": "east"}}
    assert sent["notify"] is True
    shop.close()


@pytest.mark.parametrize("named", [80, 81])
def test_what_was_chosen_is_shipped_by_the_line_that_was_paid(
    shipping: Vendor, shop: Connector, named: int
) -> None:
    ship(shop, (named, 2))
    assert sent_items(shipping) == [(80, 2)]


def test_a_bundle_that_ships_as_a_whole_is_shipped_by_itself(shipping: Vendor, shop: Connector) -> None:
    bundle_that_ships(shipping, "0")
    ship(shop, (91, 1), (92, 3), (70, 2))
    assert sorted(sent_items(shipping)) == [(70, 2), (90, 1)]


def test_a_bundle_whose_parts_ship_by_themselves_is_shipped_by_them(
    shipping: Vendor, shop: Connector
) -> None:
    bundle_that_ships(shipping, "1")
    ship(shop, (92, 3))
    assert sent_items(shipping) == [(92, 3)]


@pytest.mark.parametrize("items", [((91, 1),), ((91, 1), (92, 2)), ((91, 2), (92, 3))])
def test_a_part_of_a_bundle_is_no_bundle(
    shipping: Vendor, shop: Connector, items: tuple[tuple[int, int], ...]
) -> None:
    bundle_that_ships(shipping, "0")
    with pytest.raises(Failure) as caught:
        ship(shop, *items)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "bundle_in_parts")
    assert {asked.method for asked in shipping.asked} == {"GET"}


def test_a_line_of_another_order_is_not_shipped(shipping: Vendor, shop: Connector) -> None:
    with pytest.raises(Failure, match="no line 71") as caught:
        ship(shop, (71, 1))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "no_such_line")
    assert {asked.method for asked in shipping.asked} == {"GET"}


def test_what_the_shop_says_of_a_refused_shipment_is_told_with_its_values(
    shipping: Vendor, shop: Connector
) -> None:
    says = refused(400, 'No more than %1 of "%2".', parameters=["1", "MUG-001"])
    shipping.on(f"POST {V1}/order/7/ship", says)
    with pytest.raises(Failure, match='No more than 1 of "MUG-001"') as caught:
        ship(shop, (70, 2))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)


def test_a_lost_answer_is_settled_by_the_tracking_number(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/shipments", holding(shipment(3, "T1"), shipment(4, "T2", "T3"), shipment(5, "T9", of=8)))
    found = shop.lookup("shipments", "7/T3")
    assert found is not None
    assert found.external_id == "4"
    assert shop.lookup("shipments", "7/T9") is None


def test_an_answer_without_a_number_is_in_doubt(shipping: Vendor, shop: Connector) -> None:
    shipping.contract = None
    shipping.on(f"POST {V1}/order/7/ship", Says(raw=b"null"))
    with pytest.raises(Failure) as caught:
        ship(shop, (70, 1))
    assert caught.value.in_doubt


# Credit memos.


def refund(shop: Connector, amount: str, currency: str = "EUR", reason: str | None = "Broken") -> Answer:
    body = {"order_id": "7", "reference": "re_1", "amount": amount, "currency": currency, "reason": reason}
    return shop.send(shop.prepare("refunds", WriteContext("create", body, ids={"order": "7"}), 0, ""))


def test_a_part_of_the_amount_is_refunded_without_any_line(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"GET {V1}/orders/7", Says(order(7)))
    vendor.on(f"POST {V1}/order/7/refund", Says(4))
    assert refund(shop, "10.50").external_id == "4"
    assert vendor.asked[-1].json == {
        "notify": False,
        "appendComment": True,
        "comment": {"comment": "Broken [re_1]", "is_visible_on_front": 0},
        "items": [{"order_item_id": 70, "qty": 0}],
        "arguments": {"shipping_amount": 0, "adjustment_positive": 10.5, "adjustment_negative": 0},
    }


@pytest.mark.parametrize(
    ("told", "amount", "is_whole"),
    [
        ({}, "34.75", True),
        ({"total_refunded": 4.75}, "30.00", True),
        # An amount went back before, so what is left is less than the lines that are left.
        ({"total_refunded": 4.75, "adjustment_positive": 4.75}, "30.00", False),
        ({}, "34.74", False),
    ],
)
def test_all_that_is_left_is_refunded_with_its_lines(
    vendor: Vendor, shop: Connector, told: dict[str, Any], amount: str, is_whole: bool
) -> None:
    vendor.on(f"GET {V1}/orders/7", Says(order(7, **told)))
    vendor.on(f"POST {V1}/order/7/refund", Says(4))
    refund(shop, amount, reason=None)
    sent = vendor.asked[-1].json
    assert sent["comment"]["comment"] == "[re_1]"
    assert ("items" not in sent) == is_whole


@pytest.mark.parametrize(
    ("told", "amount", "currency", "code"),
    [
        ({}, "34.76", "EUR", "more_than_paid"),
        ({"total_paid": 0}, "1", "EUR", "more_than_paid"),
        ({}, "1", "USD", "currency"),
        ({}, "34.75", "USD", "currency"),
        ({"order_currency_code": "USD"}, "1", "USD", "currency"),
    ],
)
def test_what_the_shop_would_get_wrong_is_not_refunded(
    vendor: Vendor, shop: Connector, told: dict[str, Any], amount: str, currency: str, code: str
) -> None:
    vendor.on(f"GET {V1}/orders/7", Says(order(7, **told)))
    with pytest.raises(Failure) as caught:
        refund(shop, amount, currency)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, code)
    assert [asked.method for asked in vendor.asked] == ["GET"]


def test_a_whole_refund_may_be_in_another_currency_than_the_shops(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"GET {V1}/orders/7", Says(order(7, order_currency_code="USD")))
    vendor.on(f"POST {V1}/order/7/refund", Says(4))
    assert refund(shop, "34.75", "USD").external_id == "4"


def test_a_credit_memo_is_found_by_our_reference(vendor: Vendor, shop: Connector) -> None:
    memos = (
        memo(8, of=7, comments=[comment("Broken [re_12]")]),
        memo(9, of=7, comments=[comment("A word"), comment("Broken [re_1]")]),
        memo(10, of=8, comments=[comment("[re_3]")]),
    )
    vendor.on(f"{V1}/creditmemos", holding(*memos))
    found = shop.lookup("refunds", "7/re_1")
    assert found is not None
    assert found.external_id == "9"
    assert shop.lookup("refunds", "7/re_3") is None


# Customers and orders.


def test_a_customer_keeps_the_website(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"GET {V1}/customers/7", Says(customer(7)))
    vendor.on(f"PUT {V1}/customers/7", Says(customer(7, updated_at=changed(9))))
    body = {"email": "7@example.com", "firstname": "Ada", "lastname": "Lace"}
    answer = shop.send(shop.prepare("customers", WriteContext("update", body, "7"), 0, ""))
    assert vendor.asked[-1].json == {
        "customer": {"id": 7, "website_id": 2, "store_id": 1, "group_id": 1, **body}
    }
    assert (answer.external_id, answer.version) == ("7", "2026-11-20T01:30:00.000000Z")


def test_a_customer_is_looked_up_by_the_very_address(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/customers/search", holding(customer(6), customer(7, email="a+b@example.com")))
    found = shop.lookup("customers", "a+b@example.com")
    assert found is not None
    assert found.external_id == "7"


def cancel(shop: Connector) -> Answer:
    return shop.send(shop.prepare("orders", WriteContext("cancel", {}, "7"), 0, ""))


def test_an_order_that_cannot_be_cancelled_is_told(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"POST {V1}/orders/7/cancel", Says(False))
    vendor.on(f"GET {V1}/orders/7", Says({"increment_id": "000000007", "state": "complete"}))
    with pytest.raises(Failure, match=r"000000007.*complete") as caught:
        cancel(shop)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "cannot_be_cancelled")


def test_an_order_that_is_cancelled_already_is_well(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"POST {V1}/orders/7/cancel", Says(False))
    vendor.on(f"GET {V1}/orders/7", Says({"increment_id": "000000007", "state": "canceled"}))
    answer = cancel(shop)
    assert (answer.external_id, answer.replayed) == ("7", True)
