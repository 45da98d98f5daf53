"""Stripe makes the secret of a webhook itself, and tells it once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.connectors.base import Subscription
from integrations.connectors.stripe import CUSTOMER_EVENTS
from tests.contract.dialects.stripe import DIALECT, listed
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says

HERE = "https://portal.example.com/hooks/x"


def endpoint(name: str, status: str = "enabled", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": 1_790_000_000,
        "description": None,
        "enabled_events": CUSTOMER_EVENTS,
        "livemode": False,
        "metadata": {},
        "status": status,
        "url": HERE,
        **more,
    }


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


def test_what_there_is_is_read_to_its_end(vendor: Vendor) -> None:
    path = "/v1/webhook_endpoints"
    pages = {
        None: listed(path, endpoint("we_2"), more=True),
        "we_2": listed(path, endpoint("we_1", "disabled"), more=False),
    }
    vendor.on(path, lambda asked: pages[asked.params.get("starting_after")])
    topics = tuple(CUSTOMER_EVENTS)
    assert DIALECT.connector(vendor).subscriptions() == [
        Subscription("we_2", HERE, topics),
        Subscription("we_1", HERE, topics, active=False),
    ]


def test_the_secret_is_stripes_own(vendor: Vendor) -> None:
    vendor.on("POST /v1/webhook_endpoints", Says(endpoint("we_1", secret="whsec_theirs")))
    assert DIALECT.connector(vendor).subscribe(HERE, CUSTOMER_EVENTS, "ours") == "whsec_theirs"
    (asked,) = vendor.asked
    form = parse_qs(asked.raw.decode())
    assert form["url"] == [HERE]
    assert [form[f"enabled_events[{place}]"] for place in range(3)] == [[name] for name in CUSTOMER_EVENTS]
    assert b"ours" not in asked.raw


def test_one_is_taken_away(vendor: Vendor) -> None:
    gone = {"id": "we_1", "object": "webhook_endpoint", "deleted": True}
    vendor.on("DELETE /v1/webhook_endpoints/we_1", Says(gone))
    assert DIALECT.connector(vendor).unsubscribe("we_1")
