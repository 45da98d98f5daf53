"""What orders need and is not there, members that stay single, addresses made of keys, and webhooks with a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Connector, WriteContext
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.contract.dialects.mailchimp import (
    DIALECT,
    MEMBERS,
    ORDER,
    STORE,
    member,
    named,
    order,
    product,
    refused,
)
from tests.contract.samples import vector
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

STORES = "/3.0/ecommerce/stores"
HOOKS = "/3.0/lists/a1b2c3/webhooks"
UNKNOWN = refused(
    400,
    "Invalid Resource",
    errors=[{"field": "lines.item:0.product_id", "message": "A product does not exist."}],
)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def mailchimp(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def send(connector: Connector, resource: str, operation: str, body: dict[str, Any], given: str = "") -> Any:
    return connector.send(connector.prepare(resource, WriteContext(operation, body, given or None), 0, "k"))


def calls(vendor: Vendor) -> list[str]:
    return [f"{one.method} {one.path}" for one in vendor.asked]


def test_a_product_that_an_order_needs_is_made(vendor: Vendor, mailchimp: Connector) -> None:
    vendor.on(f"POST {STORE}/orders", [UNKNOWN, Says(order("A-1042"))])
    vendor.on(f"POST {STORE}/products", Says(product("MUG-001")))
    assert send(mailchimp, "orders", "create", ORDER).external_id == "A-1042"
    assert calls(vendor) == [f"POST {STORE}/orders", f"POST {STORE}/products", f"POST {STORE}/orders"]
    variant = {"id": "MUG-001", "title": "Mug", "price": 6.25}
    assert vendor.asked[1].json == {"id": "MUG-001", "title": "Mug", "variants": [variant]}
    assert vendor.asked[0].raw == vendor.asked[2].raw
    (line,) = vendor.asked[0].json["lines"]
    assert line == {
        "id": "1",
        "product_id": "MUG-001",
        "product_variant_id": "MUG-001",
        "quantity": 2,
        "price": 6.25,
        "discount": 0,
    }


def test_an_order_whose_product_cannot_be_made_is_refused(vendor: Vendor, mailchimp: Connector) -> None:
    vendor.on(f"POST {STORE}/orders", UNKNOWN)
    vendor.on(f"POST {STORE}/products", refused(400, "Invalid Resource"))
    with pytest.raises(Failure) as caught:
        send(mailchimp, "orders", "create", ORDER)
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "lines.item:0.product_id")
    assert "A product does not exist" in caught.value.sentence
    assert not caught.value.in_doubt


def test_another_mistake_makes_no_products(vendor: Vendor, mailchimp: Connector) -> None:
    wrong = refused(
        400, "Invalid Resource", errors=[{"field": "currency_code", "message": "No such currency."}]
    )
    vendor.on(f"POST {STORE}/orders", wrong)
    with pytest.raises(Failure):
        send(mailchimp, "orders", "create", ORDER)
    assert calls(vendor) == [f"POST {STORE}/orders"]


def test_a_store_is_made_where_there_is_none(vendor: Vendor) -> None:
    settings = {**DIALECT.settings, "store_currency": "EUR", "base_url": vendor.base}
    mailchimp = registry.get("mailchimp")(settings, DIALECT.secrets, guard=LOOPBACK)
    missing = refused(404, "Resource Not Found")
    vendor.on(f"POST {STORE}/orders", [missing, Says(order("A-1042"))])
    vendor.on(f"GET {STORE}", missing)
    vendor.on(
        f"POST {STORES}", Says({"id": "shop", "list_id": "a1b2c3", "name": "x", "currency_code": "EUR"})
    )
    assert send(mailchimp, "orders", "create", ORDER).external_id == "A-1042"
    assert vendor.asked[2].json == {
        "id": "shop",
        "list_id": "a1b2c3",
        "name": "Crossdock",
        "currency_code": "EUR",
    }
    mailchimp.close()


def test_a_store_without_a_currency_is_told_of(vendor: Vendor, mailchimp: Connector) -> None:
    vendor.on(f"PATCH {STORE}/orders/A-1042", refused(404, "Resource Not Found"))
    vendor.on(f"GET {STORE}", refused(404, "Resource Not Found"))
    with pytest.raises(Failure) as caught:
        send(mailchimp, "orders", "update", ORDER, "A-1042")
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "no_store")


def test_an_order_that_is_gone_is_gone_and_makes_no_store(vendor: Vendor, mailchimp: Connector) -> None:
    vendor.on(f"PATCH {STORE}/orders/A-1042", refused(404, "Resource Not Found"))
    vendor.on(f"GET {STORE}", Says({"id": "shop", "list_id": "a1b2c3"}))
    with pytest.raises(Failure) as caught:
        send(mailchimp, "orders", "update", ORDER, "A-1042")
    assert caught.value.code == "not_found"


def test_an_order_is_found_by_our_id(vendor: Vendor, mailchimp: Connector) -> None:
    vendor.on(f"GET {STORE}/orders/A-1042", Says(order("A-1042")))
    vendor.on(f"GET {STORE}/orders/A-1043", refused(404, "Resource Not Found"))
    found = mailchimp.lookup("orders", "A-1042")
    assert found is not None
    assert found.external_id == "A-1042"
    assert mailchimp.lookup("orders", "A-1043") is None


def test_a_member_is_called_by_the_hash_of_the_address_and_empty_fields_are_cleared(
    vendor: Vendor, mailchimp: Connector
) -> None:
    vendor.on(f"PUT {MEMBERS}/{named('ada@example.com')}", Says(member("ada")))
    merge_fields = {"FNAME": "Ada", "PHONE": None}
    body = {"email_address": "Ada@Example.com", "status_if_new": "subscribed", "merge_fields": merge_fields}
    assert send(mailchimp, "members", "upsert", body).external_id == named("ada@example.com")
    (asked,) = vendor.asked
    assert asked.json == {**body, "merge_fields": {"FNAME": "Ada", "PHONE": ""}}
    assert asked.params == {"skip_merge_validation": "true"}


def test_the_hash_is_the_documented_one(vendor: Vendor, mailchimp: Connector) -> None:
    known = vector("mailchimp", "subscriber_hash")
    vendor.on(f"PUT {MEMBERS}/{known['expected']}", Says(member("ada")))
    send(mailchimp, "members", "upsert", {"email_address": known["email"], "status_if_new": "subscribed"})
    assert calls(vendor) == [f"PUT {MEMBERS}/{known['expected']}"]


@pytest.mark.parametrize(
    ("title", "code"),
    [("Member In Compliance State", "unsubscribed"), ("Forgotten Email Not Subscribed", "forgotten")],
)
def test_who_left_cannot_be_brought_back(vendor: Vendor, mailchimp: Connector, title: str, code: str) -> None:
    vendor.on(f"PUT {MEMBERS}/{named('a@example.com')}", refused(400, title))
    with pytest.raises(Failure) as caught:
        send(
            mailchimp, "members", "upsert", {"email_address": "a@example.com", "status_if_new": "subscribed"}
        )
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, code)


@pytest.mark.parametrize(
    ("key", "address"),
    [("abc-us19", "https://us19.api.mailchimp.com"), ("a-b-eu2", "https://eu2.api.mailchimp.com")],
)
def test_the_address_is_made_of_the_tail_of_the_key(key: str, address: str) -> None:
    made = registry.get("mailchimp")({"list_id": "a1"}, {"token": key})
    assert made.base_url == address  # type: ignore[attr-defined]  # of connectors that are declared
    made.close()


@pytest.mark.parametrize("key", ["", "abc", "abc-", "abc-us19.evil.example.com/"])
def test_a_key_without_a_data_centre_is_told_of(key: str) -> None:
    with pytest.raises(DeclarationError, match="data centre"):
        registry.get("mailchimp")({"list_id": "a1"}, {"token": key})


def test_webhooks_are_ordered_with_a_secret_in_their_address() -> None:
    """Their calls are in no document, so nothing judges them here."""
    vendor = Vendor(None)
    mailchimp = DIALECT.connector(vendor)
    address = "https://portal.example.com/hook"

    def listed(asked: Asked) -> Says:
        ordered = next(one for one in vendor.asked if one.method == "POST").json
        events = {**ordered["events"], "cleaned": False, "campaign": False}
        return Says({"webhooks": [{**ordered, "id": "w1", "events": events}], "total_items": 1})

    vendor.on(f"POST {HOOKS}", Says({"id": "w1"}))
    vendor.on(f"GET {HOOKS}", listed)
    vendor.on(f"DELETE {HOOKS}/w1", Says(None, 204))
    assert mailchimp.subscribe(address, mailchimp.webhook_topics(), "s3cret-of-ours") == "s3cret-of-ours"
    ordered = vendor.asked[0].json
    assert ordered["url"] == f"{address}?secret=s3cret-of-ours"
    assert ordered["events"] == dict.fromkeys(mailchimp.webhook_topics(), True)
    assert ordered["sources"] == {"user": True, "admin": True, "api": False}
    (found,) = mailchimp.subscriptions()
    assert (found.id, found.address) == ("w1", address)
    assert set(found.topics) == set(mailchimp.webhook_topics()) - {"cleaned"}
    assert mailchimp.unsubscribe("w1")
    mailchimp.close()
    vendor.close()
