"""How Shopify is signed in to, and what its webhooks tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.connectors.base import Token
from integrations.connectors.shopify import Shopify
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.contract.dialects.shopify import (
    ALL,
    DIALECT,
    PATH,
    gid,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Platform, Says


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


def refused(call: Callable[[], Any]) -> Failure:
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


# Saying who we are.


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform()
    made.on("/admin/oauth/access_token", Says({"access_token": "shpat_new", "expires_in": 86_399}))
    made.on(PATH, Says({"data": {"shop": {"name": "Tea", "currencyCode": "EUR"}}}))
    yield made
    made.close()


APP = {"client_id": "id-0123456789", "client_secret": "secret-0123456789"}


def test_an_app_of_the_dev_dashboard_logs_in_with_its_id_and_secret(platform: Platform) -> None:
    shop = Shopify({"base_url": platform.base}, APP, guard=LOOPBACK)
    assert shop.needs_login()
    assert shop.test().ok
    login, call = platform.asked
    assert parse_qs(login.raw.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id-0123456789"],
        "client_secret": ["secret-0123456789"],
    }
    assert call.headers["x-shopify-access-token"] == "shpat_new"
    assert not shop.needs_login()
    shop.close()


def test_a_session_that_has_ended_is_renewed_and_a_token_that_was_entered_is_not(platform: Platform) -> None:
    platform.on(PATH, Says({"errors": "[API] Invalid API key or access token"}, 401))
    app = Shopify({"base_url": platform.base}, APP, token=Token("shpat_old"), guard=LOOPBACK)
    assert refused(lambda: app.fetch("orders", "1")).code == "token_expired"
    app.close()
    older = Shopify({"base_url": platform.base}, {"token": "shpat_own"}, guard=LOOPBACK)
    failure = refused(lambda: older.fetch("orders", "1"))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "unauthorized", True)
    assert "does not accept the access token" in older.test().sentence()
    assert [asked.path for asked in platform.asked] == [PATH] * 3
    older.close()


def test_a_token_that_was_entered_needs_no_login(platform: Platform) -> None:
    older = Shopify({"base_url": platform.base}, {"token": "shpat_own", **APP}, guard=LOOPBACK)
    assert not older.needs_login()
    assert older.test().ok
    assert [asked.headers["x-shopify-access-token"] for asked in platform.asked] == ["shpat_own"]
    older.close()


@pytest.mark.parametrize("secrets", [{}, {"client_id": "id"}, {"client_secret": "secret"}])
def test_without_any_of_them_the_connection_makes_no_sense(secrets: dict[str, str]) -> None:
    with pytest.raises(DeclarationError):
        Shopify({"base_url": "https://203.0.113.5"}, secrets)


# Webhooks.


def told(shop: Shopify, topic: str, body: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    raw = json.dumps(body).encode()
    digest = hmac.new(DIALECT.secrets["webhook_secret"].encode(), raw, hashlib.sha256).digest()
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
        "x-shopify-webhook-id": "delivery-1",
    }
    events = shop.verify_webhook(headers, raw)
    return [(event.resource, event.external_id, event.delivery_id) for event in events]


@pytest.mark.parametrize(
    ("topic", "body", "event"),
    [
        ("orders/delete", {"id": 820982911946154508}, ("orders", "820982911946154508")),
        ("refunds/create", {"id": 8, "admin_graphql_api_id": gid("Refund", 8)}, ("refunds", "8")),
        (
            "fulfillments/update",
            {"id": 9, "admin_graphql_api_id": gid("Fulfillment", 9)},
            ("fulfillments", "9"),
        ),
        ("customers/update", {"id": 6, "admin_graphql_api_id": gid("Customer", 6)}, ("customers", "6")),
    ],
)
def test_a_webhook_tells_what_is_to_be_fetched_and_once_only(
    shop: Shopify, topic: str, body: dict[str, Any], event: tuple[str, str]
) -> None:
    assert told(shop, topic, body) == [(*event, "delivery-1")]


def test_stock_of_another_location_is_not_taken_for_that_of_the_connection(
    vendor: Vendor, shop: Shopify
) -> None:
    body = {
        "inventory_item_id": 11,
        "location_id": 5,
        "admin_graphql_api_id": gid("InventoryLevel", "5?inventory_item_id=11"),
    }
    topic = "inventory_levels/update"
    assert told(shop, topic, body) == [("stock", "5?inventory_item_id=11", "delivery-1")]
    assert told(shop, topic, {**body, "location_id": 4}) == []
    anywhere = Shopify({"base_url": vendor.base}, DIALECT.secrets, guard=LOOPBACK)
    assert told(anywhere, topic, body) == []
    anywhere.close()
