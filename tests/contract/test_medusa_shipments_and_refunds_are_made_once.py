"""Customers, shipments and refunds are found again in what the shop shows, and so are made once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.connectors.medusa import Medusa
from tests.contract.dialects.medusa import DIALECT, listed
from tests.contract.medusa_payloads import HERE, LATER, customer, fulfilment, order, payment, refund
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says


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


def sent(vendor: Vendor) -> list[tuple[str, Any]]:
    return [(one.path, one.json) for one in vendor.asked if one.method == "POST"]


# Customers.


def write_customer(shop: Connector) -> Answer:
    told = {"first_name": "Ada", "last_name": "L", "company_name": "", "phone": "", "metadata": {}}
    body = {"email": "7@example.com", **told}
    return shop.send(shop.prepare("customers", WriteContext("upsert", body), 0, ""))


def test_a_known_customer_is_changed_and_not_made_again(vendor: Vendor, shop: Connector) -> None:
    vendor.on("GET /admin/customers", listed("customers", customer(7)))
    vendor.on("POST /admin/customers/cus_7", Says({"customer": customer(7)}))
    assert write_customer(shop).external_id == "cus_7"
    assert [path for path, _ in sent(vendor)] == ["/admin/customers/cus_7"]
    assert (vendor.asked[0].params["email"], vendor.asked[0].params["order"]) == (
        "7@example.com",
        "-has_account",
    )


def test_another_address_that_the_search_shows_is_not_taken_for_it(vendor: Vendor, shop: Connector) -> None:
    vendor.on("GET /admin/customers", listed("customers", customer(77)))
    vendor.on("POST /admin/customers", Says({"customer": customer(7)}))
    write_customer(shop)
    assert [path for path, _ in sent(vendor)] == ["/admin/customers"]


# Shipments.

PACK = "/admin/orders/order_1/fulfillments"
SHIP = "/admin/orders/order_1/fulfillments/ful_2/shipments"
SHIPMENT = {"order_id": "order_1", "tracking_number": "T2", "lines": [{"id": "ordli_1", "quantity": 1}]}


def packing(shop: Connector) -> Answer:
    context = WriteContext("create", SHIPMENT, ids={"order": "order_1"})
    return shop.send(shop.prepare("fulfillments", context, 0, ""))


def shipping(shop: Connector) -> Answer:
    context = WriteContext("create", SHIPMENT, "ful_2", ids={"order": "order_1", "steps": ["ful_2"]})
    return shop.send(shop.prepare("fulfillments", context, 1, ""))


def test_what_was_packed_is_found_among_others(vendor: Vendor, shop: Connector) -> None:
    ours = fulfilment(2, metadata={"crossdock": "T2"}, created_at="2026-11-20T10:00:00.000Z")
    newer = fulfilment(3, metadata={"crossdock": "T3"}, created_at=LATER)
    vendor.on(f"POST {PACK}", Says({"order": order(1, fulfillments=[fulfilment(1, "T1"), ours, newer])}))
    assert packing(shop).external_id == "ful_2"
    assert sent(vendor) == [
        (
            PACK,
            {
                "items": [{"id": "ordli_1", "quantity": 1}],
                "location_id": HERE,
                "no_notification": True,
                "metadata": {"crossdock": "T2"},
            },
        )
    ]


def test_a_shop_that_keeps_no_notes_shows_it_as_the_newest(vendor: Vendor, shop: Connector) -> None:
    made = [fulfilment(2, created_at=LATER), fulfilment(1, created_at="2026-11-20T10:00:00.000Z")]
    vendor.on(f"POST {PACK}", Says({"order": order(1, fulfillments=made)}))
    assert packing(shop).external_id == "ful_2"


def test_it_is_shipped_with_its_tracking_number(vendor: Vendor, shop: Connector) -> None:
    vendor.on(f"POST {SHIP}", Says({"order": order(1, fulfillments=[fulfilment(2, "T2")])}))
    assert shipping(shop).external_id == "ful_2"
    assert sent(vendor) == [
        (
            SHIP,
            {
                "items": [{"id": "ordli_1", "quantity": 1}],
                "labels": [{"tracking_number": "T2", "tracking_url": "", "label_url": ""}],
                "no_notification": True,
                "metadata": {"crossdock": "T2"},
            },
        )
    ]


def test_what_was_shipped_already_is_done(vendor: Vendor, shop: Connector) -> None:
    said = {"type": "not_allowed", "message": "Shipment has already been created"}
    vendor.on(f"POST {SHIP}", Says(said, 400))
    answer = shipping(shop)
    assert (answer.replayed, answer.external_id) == (True, "ful_2")


def test_the_customer_is_told_where_that_is_wanted(vendor: Vendor) -> None:
    settings = {"base_url": vendor.base, "location_id": HERE, "tell_customer": True}
    shop = Medusa(settings, DIALECT.secrets, guard=LOOPBACK)
    vendor.on(f"POST {SHIP}", Says({"order": order(1, fulfillments=[fulfilment(2, "T2")])}))
    shipping(shop)
    assert sent(vendor)[0][1]["no_notification"] is False
    shop.close()


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (fulfilment(2, metadata={"crossdock": "T2"}), "ful_2"),
        (fulfilment(2, "T2"), "ful_2"),
        (fulfilment(2, "T2", canceled_at=LATER), None),
        (fulfilment(2, "T22"), None),
    ],
    ids=["packed", "shipped", "cancelled", "another"],
)
def test_a_lost_answer_is_settled_by_the_order(
    vendor: Vendor, shop: Connector, made: dict[str, Any], found: str | None
) -> None:
    vendor.on(
        "GET /admin/orders/order_1", Says({"order": order(1, fulfillments=[fulfilment(1, "T1"), made])})
    )
    seen = shop.lookup("fulfillments", "order_1/T2")
    assert (seen.external_id if seen else None) == found


# Refunds.


def test_each_refund_is_told_with_its_order(vendor: Vendor, shop: Connector) -> None:
    vendor.on("/admin/payments", listed("payments", payment(1, refund(1), refund(2)), payment(2)))
    items = shop.read("refunds", since=None, position=None).items
    assert [one.external_id for one in items] == ["ref_1", "ref_2"]
    assert items[0].payload["order"] == {"id": "order_1", "display_id": 1001}
    assert items[0].payload["payment"]["currency_code"] == "eur"


def test_a_refund_is_found_by_our_reference(vendor: Vendor, shop: Connector) -> None:
    path = "/admin/payments/pay_1/refund"
    shown = payment(1, refund(9, 4.5, "R-2"), refund(2, 4.5, "R-10"), refund(1))
    vendor.on(f"POST {path}", Says({"payment": shown}))
    body = {"payment_id": "pay_1", "amount": "12.125", "reference": "R-1", "reason": "Broken"}
    call = shop.prepare("refunds", WriteContext("create", body), 0, "")
    assert shop.send(call).external_id == "ref_1"
    assert sent(vendor) == [(path, {"amount": 12.125, "note": "R-1 Broken"})]
    vendor.on("GET /admin/payments/pay_1", Says({"payment": shown}))
    seen = shop.lookup("refunds", "pay_1/R-1")
    assert seen is not None
    assert seen.external_id == "ref_1"
    assert shop.lookup("refunds", "pay_1/R-3") is None


def test_the_key_is_sent_as_it_is(vendor: Vendor, shop: Connector) -> None:
    """https://docs.medusajs.com/api/admin#authentication"""
    vendor.on("/admin/orders", listed("orders"))
    assert shop.test().ok
    assert vendor.asked[0].headers["authorization"] == "Basic sk_0123456789abcdef"
