"""Shopify names a topic one way where it is ordered and another way where it comes, and signs with the app's secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Subscription, Token
from integrations.connectors.shopify import Shopify
from integrations.exceptions import Failure
from tests.contract.dialects.shopify import DIALECT, PATH, gid, page
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

HERE = "https://portal.example.com/hooks/x"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


def subscription(number: int, topic: str, address: str = HERE) -> dict[str, Any]:
    return {"id": gid("WebhookSubscription", number), "topic": topic, "uri": address}


def test_what_there_is_is_read_to_its_end_under_the_names_that_come(vendor: Vendor) -> None:
    first = [subscription(1, "ORDERS_CREATE"), subscription(2, "ORDER_TRANSACTIONS_CREATE")]
    last = [subscription(3, "SHOP_UPDATE", "https://other.example.com")]
    at = "webhookSubscriptions"
    vendor.on(PATH, [page(at, first, "cursor-2"), page(at, last)])
    assert DIALECT.connector(vendor).subscriptions() == [
        Subscription(gid("WebhookSubscription", 1), HERE, ("orders/create",)),
        Subscription(gid("WebhookSubscription", 2), HERE, ("order_transactions/create",)),
        Subscription(gid("WebhookSubscription", 3), "https://other.example.com", ("SHOP_UPDATE",)),
    ]


def created(vendor: Vendor) -> None:
    made = {"webhookSubscription": {"id": gid("WebhookSubscription", 1)}, "userErrors": []}
    vendor.on(PATH, Says({"data": {"webhookSubscriptionCreate": made}}))


def test_all_topics_can_be_ordered(vendor: Vendor) -> None:
    created(vendor)
    shop = DIALECT.connector(vendor)
    secret = shop.subscribe(HERE, shop.webhook_topics(), "ours")
    assert secret == DIALECT.secrets["webhook_secret"]
    asked = [one.json["variables"] for one in vendor.asked]
    assert {"topic": "ORDERS_CREATE", "address": HERE} in asked
    assert len(asked) == len(shop.webhook_topics()) > 10
    assert not any(b"ours" in one.raw for one in vendor.asked)


def test_an_apps_webhooks_are_signed_with_its_client_secret(vendor: Vendor) -> None:
    created(vendor)
    secrets = {"client_id": "id", "client_secret": "shpss_app", "webhook_secret": "made up"}
    app = Shopify({"base_url": vendor.base}, secrets, token=Token("shpat_new"), guard=LOOPBACK)
    assert app.subscribe(HERE, ["orders/create"], "made up") == "shpss_app"


def test_stock_is_ordered_only_where_its_location_is_known(vendor: Vendor) -> None:
    anywhere = Shopify({"base_url": vendor.base}, DIALECT.secrets, guard=LOOPBACK)
    topics = anywhere.webhook_topics()
    assert "orders/updated" in topics
    assert not any(name.startswith("inventory") for name in topics)


def test_without_a_secret_nothing_is_ordered(vendor: Vendor) -> None:
    older = Shopify({"base_url": vendor.base}, {"token": "shpat_own"}, guard=LOOPBACK)
    with pytest.raises(Failure) as caught:
        older.subscriptions()
    assert (caught.value.code, caught.value.field) == ("webhook_secret", "webhook_secret")
    assert vendor.asked == []


def test_one_that_is_refused_is_told_and_one_is_taken_away(vendor: Vendor) -> None:
    error = {"field": ["webhookSubscription", "uri"], "message": "Address is not allowed"}
    refused = {"webhookSubscription": None, "userErrors": [error]}
    vendor.on(PATH, Says({"data": {"webhookSubscriptionCreate": refused}}))
    shop = DIALECT.connector(vendor)
    with pytest.raises(Failure) as caught:
        shop.subscribe(HERE, ["orders/create"], "")
    assert "Address is not allowed" in caught.value.sentence
    gone = {"deletedWebhookSubscriptionId": gid("WebhookSubscription", 1), "userErrors": []}
    vendor.on(PATH, Says({"data": {"webhookSubscriptionDelete": gone}}))
    assert shop.unsubscribe(gid("WebhookSubscription", 1))
