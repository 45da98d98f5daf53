"""How a shop is signed in to by https:// and by http://, and which of its webhooks are taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from integrations.connectors.base import SignatureRefused, WebhookEvent
from integrations.connectors.woocommerce import WooCommerce
from integrations.exceptions import Failure
from integrations.http.guard import Guard
from integrations.models import Connection, InboundEvent
from integrations.webhooks import known_connectors
from tests.contract.dialects.woocommerce import BASE, DIALECT, refused
from tests.contract.samples import sample
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

KEY, SECRET = DIALECT.secrets["client_id"], DIALECT.secrets["client_secret"]
HOOK_SECRET = DIALECT.secrets["webhook_secret"]


@pytest.fixture
def shop() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()


def connector(base_url: str, **settings: Any) -> WooCommerce:
    return WooCommerce({"base_url": base_url, **settings}, DIALECT.secrets, guard=LOOPBACK)


def is_signed(shop: Vendor, asked: Asked) -> bool:
    """As WooCommerce checks it: method, address and all parameters but the signature, sorted by their names."""
    given = dict(asked.params)
    signature = given.pop("oauth_signature", "")
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in given.items())
    parameters = quote("&".join(f"{name}={value}" for name, value in pairs), safe="~")
    signed = f"{asked.method}&{quote(shop.base + asked.path, safe='~')}&{parameters}"
    algorithm = given.get("oauth_signature_method", "").lower().replace("hmac-", "") or "md5"
    digest = hmac.new(f"{SECRET}&".encode(), signed.encode(), algorithm).digest()
    return signature == base64.b64encode(digest).decode() and given["oauth_consumer_key"] == KEY


def test_a_shop_without_encryption_gets_signatures_and_never_the_secret(shop: Vendor) -> None:
    shop.on(f"{BASE}/customers", Says([]))
    shop.on(f"{BASE}/orders/7", Says({"id": 7}))
    made = connector(shop.base + BASE)
    made.read("customers", since=None, position=None)
    made.fetch("orders", "7")
    assert [is_signed(shop, asked) for asked in shop.asked] == [True, True]
    assert SECRET not in str(shop.asked)
    assert not any("authorization" in asked.headers for asked in shop.asked)
    made.close()


@pytest.mark.parametrize(
    ("address", "sign_in", "basic"),
    [
        ("https://shop.example.com/wp-json/wc/v3", "", True),
        ("https://shop.example.com/wp-json/wc/v3", "oauth1", False),
        ("http://shop.example.com/wp-json/wc/v3", "", False),
        ("HTTP://shop.example.com/wp-json/wc/v3", None, False),
        ("http://shop.example.com/wp-json/wc/v3", "basic", True),
    ],
)
def test_the_address_tells_how_to_sign_in_unless_the_operator_does(
    address: str, sign_in: str | None, basic: bool
) -> None:
    made = connector(address, sign_in=sign_in)
    headers: dict[str, str] = {}
    made.auth.apply(headers, [])
    called = made.auth.sign("GET", address, headers, None)
    expected = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert headers == ({"Authorization": expected} if basic else {})
    assert ("oauth_signature=" in called) is not basic
    made.close()


def test_a_key_that_is_ignored_without_encryption_is_explained(shop: Vendor) -> None:
    """The shop's own words are about a right."""
    answer = refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    shop.on(f"{BASE}/orders", answer)
    made = connector(shop.base + BASE, sign_in="basic")
    with pytest.raises(Failure) as caught:
        made.read("orders", since=None, position=None)
    assert "OAuth 1.0a" in caught.value.sentence
    assert caught.value.connection_wide
    report = made.test()
    assert (report.ok, "OAuth 1.0a" in report.sentence()) == (False, True)
    made.close()


def test_a_key_that_may_only_read_is_explained(shop: Vendor) -> None:
    said = "The API key provided does not have write permissions."
    shop.on(f"{BASE}/orders", refused(401, "woocommerce_rest_authentication_error", said))
    made = connector(shop.base + BASE)
    with pytest.raises(Failure) as caught:
        made.read("orders", since=None, position=None)
    assert said.rstrip(".") in caught.value.sentence
    assert "Read/Write" in caught.value.sentence
    made.close()


# Webhooks.


@pytest.fixture
def hearing() -> Iterator[WooCommerce]:
    made = WooCommerce(
        {"base_url": "https://shop.example.com/wp-json/wc/v3"}, DIALECT.secrets, guard=Guard(ports=())
    )
    yield made
    made.close()


def heard(
    hearing: WooCommerce, topic: str, body: dict[str, Any], secret: str = HOOK_SECRET
) -> list[WebhookEvent]:
    raw = json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    return hearing.verify_webhook({"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signature}, raw)


def test_the_form_that_comes_when_a_webhook_is_made_is_answered_and_says_nothing(
    hearing: WooCommerce,
) -> None:
    ping = sample("woocommerce/webhook_ping.derived.json")
    assert hearing.verify_webhook(ping["headers"], ping["raw_body"].encode()) == []


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (b'{"id": 7}', {}),
        (b"", {}),
        (b"webhook_id=", {}),
        (b"webhook_id=1&id=7", {}),
        (b"webhook_id=1\n", {}),
        (b"webhook_id=one", {}),
        (b"webhook_id=1", {"X-WC-Webhook-Topic": "order.updated"}),
        (b"webhook_id=1", {"x-wc-webhook-signature": "AAAA"}),
    ],
)
def test_anything_else_without_a_signature_is_refused(
    hearing: WooCommerce, raw: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(SignatureRefused):
        hearing.verify_webhook(headers, raw)


def test_an_order_comes_whole_and_one_that_is_deleted_by_its_id(hearing: WooCommerce) -> None:
    (event,) = heard(hearing, "order.created", {"id": 7, "status": "pending"})
    assert (event.resource, event.external_id, event.payload) == (
        "orders",
        "7",
        {"id": 7, "status": "pending"},
    )
    (event,) = heard(hearing, "order.deleted", {"id": 7})
    assert (event.external_id, event.payload, event.delivery_id) == ("7", None, None)


def test_the_shop_decodes_entities_in_the_secret_before_it_signs() -> None:
    settings = {"base_url": "https://shop.example.com/wp-json/wc/v3"}
    secrets = {**DIALECT.secrets, "webhook_secret": "s3cr&amp;t &#039;x&#039;"}
    hearing = WooCommerce(settings, secrets, guard=Guard(ports=()))
    assert heard(hearing, "order.updated", {"id": 7}, secret="s3cr&t 'x'")
    hearing.close()


def test_a_product_is_both_a_variant_and_a_level_of_stock(hearing: WooCommerce) -> None:
    events = heard(hearing, "product.updated", {"id": 25, "type": "variation"})
    assert [(event.resource, event.external_id, event.payload) for event in events] == [
        ("variants", "25", None),
        ("stock", "25", None),
    ]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("product.updated", {"id": 20, "type": "variable"}),
        ("product.created", {"id": 20, "type": "grouped"}),
        ("order.updated", {"id": 20, "status": "checkout-draft"}),
        ("coupon.updated", {"id": 20}),
    ],
)
def test_what_nobody_wants_to_know_is_taken_and_dropped(
    hearing: WooCommerce, topic: str, body: dict[str, Any]
) -> None:
    assert heard(hearing, topic, body) == []


@pytest.mark.django_db(transaction=True)
def test_the_shop_may_activate_its_webhook_and_nobody_else_is_let_in(client: Client) -> None:
    """The shop takes nothing but 200 for an answer to its first call."""
    known_connectors.forget()
    Connection.objects.create(
        key="shop",
        name="Shop",
        platform="woocommerce",
        settings={"base_url": "https://shop.example.com/wp-json/wc/v3"},
        secrets=DIALECT.secrets,
        webhook_address="the-shops-own-address",
    )
    form = "application/x-www-form-urlencoded"
    answers = [
        client.post("/hooks/the-shops-own-address", raw, content_type=kind).status_code
        for raw, kind in ((b"webhook_id=142", form), (b"id=142", form), (b'{"id": 7}', "application/json"))
    ]
    known_connectors.forget()
    assert (answers, InboundEvent.objects.count()) == ([200, 401, 401], 0)
