"""Calls are signed, lists end where they end, and the shop is asked before its stock is set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from oauthlib import oauth1

from integrations.connectors.adobe_commerce import AdobeCommerce
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.contract.adobe_commerce_payloads import comment, item, memo, order, product
from tests.contract.dialects.adobe_commerce import (
    DIALECT,
    NOT_ALLOWED,
    SECRETS,
    V1,
    holding,
    many,
    refused,
    search,
    searched,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

ITEMS = f"{V1}/inventory/source-items"
SET = f"POST {ITEMS}"
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


# Signing in.


def test_each_call_is_signed_over_all_that_it_asks_for(vendor: Vendor, shop: Connector) -> None:
    """Worked out anew from what came over the wire, as the shop does."""
    vendor.on(f"{V1}/products", many(product, 3))
    shop.fetch("variants", "2")
    asked = vendor.asked[-1]
    told = asked.headers["authorization"]
    assert told.startswith("OAuth ")
    parts = dict(part.strip().split("=", 1) for part in told.removeprefix("OAuth ").split(","))
    values = {name: value.strip('"') for name, value in parts.items()}
    assert values["oauth_consumer_key"] == SECRETS["client_id"]
    assert values["oauth_token"] == SECRETS["token"]
    assert values["oauth_signature_method"] == "HMAC-SHA256"
    query = "&".join(f"{quote(name)}={quote(one)}" for name, found in asked.query.items() for one in found)
    signed = oauth1.Client(
        SECRETS["client_id"],
        client_secret=SECRETS["client_secret"],
        resource_owner_key=SECRETS["token"],
        resource_owner_secret=SECRETS["password"],
        signature_method=oauth1.SIGNATURE_HMAC_SHA256,
        timestamp=values["oauth_timestamp"],
        nonce=values["oauth_nonce"],
    )
    _, headers, _ = signed.sign(f"{vendor.base}{asked.path}?{query}", "GET")
    assert f'oauth_signature="{values["oauth_signature"]}"' in headers["Authorization"]
    assert ("searchCriteria[filterGroups][0][filters][0][value]", "2") in parse_qsl(query)


def test_the_access_token_alone_is_carried_where_that_is_chosen(vendor: Vendor) -> None:
    shop = AdobeCommerce(
        {"base_url": vendor.base, "sign_in": "bearer"}, {"token": SECRETS["token"]}, guard=LOOPBACK
    )
    vendor.on(f"{V1}/orders", many(order, 1))
    assert shop.test().ok
    assert vendor.asked[0].headers["authorization"] == f"Bearer {SECRETS['token']}"
    shop.close()


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_signature_needs_all_four_values(name: str) -> None:
    rest = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(DeclarationError) as caught:
        AdobeCommerce({"base_url": "https://203.0.113.5"}, rest)
    assert caught.value.field == name


# Reading.


def test_a_page_behind_the_last_one_is_not_taken_for_new_things(vendor: Vendor, shop: Connector) -> None:
    """Exactly one page: the shop would show it again and again."""
    vendor.on(ITEMS, many(item, 100))
    page = shop.read("stock", since=None, position=None)
    assert (len(page.items), page.next_position, page.complete) == (100, None, True)
    assert len(vendor.asked) == 1


def test_a_read_of_all_asks_without_a_filter(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/orders", many(order, 1))
    shop.read("orders", since=None, position=None)
    assert searched(vendor.asked[0]) == {}


def test_a_shop_that_allows_less_per_page_is_read_in_smaller_pages(vendor: Vendor, shop: Connector) -> None:
    def answer(asked: Asked) -> Says:
        if int(asked.params["searchCriteria[pageSize]"]) > 30:
            return refused(400, "Maximum SearchCriteria pageSize is %max", parameters={"max": 30})
        return search(asked, [order(number) for number in range(1, 31)])

    vendor.on(f"{V1}/orders", answer)
    page = shop.read("orders", since=None, position=None)
    assert len(page.items) == 25
    assert "25 at a time" in page.notices[0]


def test_credit_memos_are_asked_for_where_something_was_refunded(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/orders/1", Says(order(1)))
    vendor.on(f"{V1}/orders/2", Says(order(2, total_refunded=12.5)))
    vendor.on(f"{V1}/creditmemos", holding(memo(8, of=2), memo(9, of=3)))
    whole, refunded = shop.fetch("orders", "1"), shop.fetch("orders", "2")
    assert whole is not None
    assert refunded is not None
    assert "refund_details" not in whole.payload
    assert [one["entity_id"] for one in refunded.payload["refund_details"]] == [8]


def test_versions_are_utc(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/orders/1", Says(order(1, updated_at="2026-11-20 09:00:05")))
    found = shop.fetch("orders", "1")
    assert found is not None
    assert found.version == "2026-11-20T09:00:05.000000Z"


def test_a_refund_has_the_number_of_its_order(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"{V1}/creditmemos", holding(memo(8, of=2)))
    vendor.on(f"{V1}/orders/2", Says({"entity_id": 2, "increment_id": "000000002"}))
    (found,) = shop.read("refunds", since=None, position=None).items
    assert (found.external_id, found.payload["order"]["increment_id"]) == ("8", "000000002")


def test_a_variant_is_fetched_by_its_number_and_is_gone_where_there_is_none(
    vendor: Vendor, shop: Connector
) -> None:
    vendor.on(f"{V1}/products", many(product, 30))
    found = shop.fetch("variants", "21")
    assert found is not None
    assert found.payload["sku"] == "MUG-021"
    assert shop.fetch("variants", "31") is None


def test_stock_is_that_of_the_connections_source(vendor: Vendor) -> None:
    shop = shop_with(vendor, source_code="east")
    vendor.on(f"GET {ITEMS}", holding(item(1), item(1, "east"), item(2, "west")))
    page = shop.read("stock", since=None, position=None)
    assert [one.external_id for one in page.items] == ["east/MUG-001"]
    found = shop.lookup("stock", "MUG-001")
    assert found is not None
    assert found.external_id == "east/MUG-001"
    assert shop.lookup("stock", "MUG-002") is None
    shop.close()


def test_a_sku_may_hold_a_slash(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"GET {ITEMS}", holding(item(1, sku="A/B")))
    found = shop.fetch("stock", "default/A/B")
    assert found is not None
    assert found.external_id == "default/A/B"


# Stock.


def level(shop: Connector, sku: str, available: Any = 5) -> Any:
    return shop.prepare("stock", WriteContext("upsert", {"sku": sku, "available": available}), 0, "")


def test_stock_is_set_in_two_calls_however_many(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, many(product, 30))
    vendor.on(SET, Says([]))
    answers = shop.send_batch([level(shop, "MUG-011"), level(shop, "mug-012", 0)])
    assert [one.external_id for one in answers if isinstance(one, Answer)] == [
        "default/MUG-011",
        "default/MUG-012",
    ]
    find, write = vendor.asked
    assert searched(find)["0"]["value"] == "MUG-011,mug-012"
    assert write.json["sourceItems"] == [
        {"sku": "MUG-011", "source_code": "default", "quantity": 5, "status": 1},
        {"sku": "MUG-012", "source_code": "default", "quantity": 0, "status": 1},
    ]


def test_what_the_shop_does_not_have_is_told_and_the_others_are_set(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, holding(product(11), product(12, "configurable")))
    vendor.on(SET, Says([]))
    unknown, parent, known = shop.send_batch(
        [level(shop, "CUP-1"), level(shop, "MUG-012"), level(shop, "MUG-011")]
    )
    assert isinstance(known, Answer)
    assert isinstance(unknown, Failure)
    assert isinstance(parent, Failure)
    assert (unknown.kind, unknown.code, unknown.field) == (Kind.DATA, "unknown_sku", "sku")
    assert (parent.kind, parent.code, parent.field) == (Kind.DATA, "stock_of_parts", "sku")
    assert [one["sku"] for one in vendor.asked[-1].json["sourceItems"]] == ["MUG-011"]


def test_nothing_is_set_where_nothing_is_known(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, holding())
    with pytest.raises(Failure, match="CUP-1"):
        shop.send(level(shop, "CUP-1"))
    assert [asked.method for asked in vendor.asked] == ["GET"]


def test_a_sku_with_a_comma_is_asked_for_alone(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, holding(product(11), product(12, sku="A,B")))
    vendor.on(SET, Says([]))
    shop.send_batch([level(shop, "A,B", "2.5"), level(shop, "MUG-011")])
    assert [searched(asked)["0"]["value"] for asked in vendor.asked[:-1]] == ["MUG-011", "A,B"]
    quantities = {one["sku"]: one["quantity"] for one in vendor.asked[-1].json["sourceItems"]}
    assert quantities == {"A,B": 2.5, "MUG-011": 5}


def test_where_one_is_refused_the_others_are_set_one_by_one(vendor: Vendor, shop: Connector) -> None:
    def answer(asked: Asked) -> Says:
        if any(one["sku"] == "MUG-012" for one in asked.json["sourceItems"]):
            error = {"message": '"%field" is too large.', "parameters": {"field": "quantity"}}
            return refused(400, "Validation Failed", errors=[error])
        return Says([])

    vendor.on(PRODUCTS, many(product, 30))
    vendor.on(SET, answer)
    good, bad = shop.send_batch([level(shop, "MUG-011"), level(shop, "MUG-012", 10**9)])
    assert isinstance(good, Answer)
    assert isinstance(bad, Failure)
    assert bad.kind == Kind.DATA
    assert '"quantity" is too large' in bad.sentence


def test_a_level_that_is_no_number_is_told_and_the_others_are_set(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, many(product, 30))
    vendor.on(SET, Says([]))
    bad, good = shop.send_batch([level(shop, "MUG-011", "many"), level(shop, "MUG-012")])
    assert isinstance(good, Answer)
    assert isinstance(bad, Failure)
    assert (bad.kind, bad.code, bad.field) == (Kind.DATA, "no_number", "available")


def test_a_batch_that_was_not_answered_is_not_sent_again_one_by_one(vendor: Vendor, shop: Connector) -> None:
    vendor.on(PRODUCTS, many(product, 30))
    vendor.on(SET, refused(503))
    with pytest.raises(Failure) as caught:
        shop.send_batch([level(shop, "MUG-011"), level(shop, "MUG-012")])
    assert caught.value.in_doubt
    assert len(vendor.asked) == 2


# What goes wrong.


@pytest.mark.parametrize(
    "parameters",
    [{"resources": "Magento_Sales::actions_view"}, ["Magento_Sales::actions_view"]],
)
def test_the_right_that_is_missing_is_named(vendor: Vendor, shop: Connector, parameters: Any) -> None:
    vendor.on(f"{V1}/orders", refused(401, NOT_ALLOWED, parameters=parameters))
    report = shop.test()
    assert not report.ok
    assert "“Magento_Sales::actions_view”" in report.sentence()


def test_calls_go_to_the_store_view(vendor: Vendor) -> None:
    shop = shop_with(vendor, store_code="de")
    vendor.contract = None
    vendor.on("/rest/de/V1/orders/1", Says(order(1)))
    vendor.on("/rest/de/V1/creditmemos", holding(memo(8, comments=[comment("[re_1]")])))
    assert shop.fetch("orders", "1") is not None
    assert shop.lookup("refunds", "1/re_1") is not None
    shop.close()
