"""Mollie makes the secret of a webhook itself, and tells it once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from integrations.connectors.base import Connector, Subscription
from integrations.connectors.mollie import PAYMENT_EVENTS
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.mollie import DIALECT, listed, refused
from tests.contract.samples import sample
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says

HERE = "https://portal.example.com/hooks/x"


def webhook(name: str, status: str = "enabled", **more: Any) -> dict[str, Any]:
    first = sample("mollie/webhooks.json")["_embedded"]["webhooks"][0]
    return {**first, "id": name, "url": HERE, "eventTypes": PAYMENT_EVENTS, "status": status, **more}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture(params=[False, True], ids=["live", "test"])
def in_test(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def mollie(vendor: Vendor, in_test: bool) -> Iterator[Connector]:
    dialect = replace(DIALECT, secrets={"token": "access_0123456789"}, settings={"testmode": in_test})
    made = dialect.connector(vendor)
    yield made
    made.close()


def test_what_there_is_is_read_to_its_end(vendor: Vendor, mollie: Connector, in_test: bool) -> None:
    vendor.on(
        "/v2/webhooks",
        lambda asked: (
            listed(asked, "webhooks", webhook("hook_1", "blocked"))
            if "from" in asked.params
            else listed(asked, "webhooks", webhook("hook_2"), more="hook_1")
        ),
    )
    topics = tuple(PAYMENT_EVENTS)
    assert mollie.subscriptions() == [
        Subscription("hook_2", HERE, topics),
        Subscription("hook_1", HERE, topics, active=False),
    ]
    assert vendor.asked[0].params == {"limit": "250", **({"testmode": "true"} if in_test else {})}


def test_the_secret_is_mollies_own(vendor: Vendor, mollie: Connector, in_test: bool) -> None:
    vendor.on("POST /v2/webhooks", Says(webhook("hook_1", webhookSecret="theirs"), 201))
    assert mollie.subscribe(HERE, PAYMENT_EVENTS, "ours") == "theirs"
    (asked,) = vendor.asked
    told = {"name": "Crossdock", "url": HERE, "eventTypes": PAYMENT_EVENTS}
    assert asked.json == {**told, **({"testmode": True} if in_test else {})}


def test_one_is_taken_away(vendor: Vendor, mollie: Connector, in_test: bool) -> None:
    vendor.on("DELETE /v2/webhooks/hook_1", Says(status=204))
    assert mollie.unsubscribe("hook_1")
    (asked,) = vendor.asked
    assert asked.raw == (b'{"testmode":true}' if in_test else b"")


def test_a_key_that_may_not_order_is_told_so(vendor: Vendor, mollie: Connector) -> None:
    vendor.on("POST /v2/webhooks", refused(403, "Forbidden", "The token lacks webhooks.write"))
    with pytest.raises(Failure) as caught:
        mollie.subscribe(HERE, PAYMENT_EVENTS, "ours")
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "forbidden")
