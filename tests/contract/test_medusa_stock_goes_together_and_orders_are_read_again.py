"""Stock includes what orders have reserved and goes together; an order's own time says little of what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, Connector, WriteContext
from integrations.connectors.medusa import Medusa
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.medusa import DIALECT, TOGETHER, listed
from tests.contract.medusa_payloads import AWAY, HERE, LATER, fulfilment, item, level, line, order, variant
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

ITEMS = "GET /admin/inventory-items"
DONE = Says({"created": [], "updated": []})


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


@pytest.fixture
def anywhere(vendor: Vendor) -> Iterator[Connector]:
    """No location is named at the connection."""
    connector = Medusa({"base_url": vendor.base}, DIALECT.secrets, guard=LOOPBACK)
    yield connector
    connector.close()


def prepared(shop: Connector, sku: str, available: int) -> Call:
    body = {"sku": sku, "available": available}
    return shop.prepare("stock", WriteContext("upsert", body), 0, "")


def offer(shop: Connector, available: int) -> Answer:
    return shop.send(prepared(shop, "MUG-001", available))


def sent(vendor: Vendor) -> list[tuple[str, Any]]:
    return [(one.path, one.json) for one in vendor.asked if one.method == "POST"]


# Stock.


def test_what_orders_have_reserved_is_added(vendor: Vendor, shop: Connector) -> None:
    """Three are to be sold and two are reserved: five must lie there."""
    path = f"/admin/inventory-items/iitem_1/location-levels/{HERE}"
    vendor.on(ITEMS, listed("inventory_items", item(1, level(9, 4, AWAY), level(1, 2))))
    vendor.on(f"POST {path}", Says({"inventory_item": item(1)}))
    assert offer(shop, 3).external_id == "iitem_1"
    assert sent(vendor) == [(path, {"stocked_quantity": 5})]
    assert vendor.asked[0].params["sku"] == "MUG-001"


def test_an_item_that_was_never_stocked_there(vendor: Vendor, shop: Connector) -> None:
    path = "/admin/inventory-items/iitem_1/location-levels"
    vendor.on(ITEMS, listed("inventory_items", item(1, level(9, 4, AWAY))))
    vendor.on(f"POST {path}", Says({"inventory_item": item(1)}))
    offer(shop, 3)
    assert sent(vendor) == [(path, {"location_id": HERE, "stocked_quantity": 3})]


def test_less_than_nothing_is_nothing(vendor: Vendor, shop: Connector) -> None:
    path = f"/admin/inventory-items/iitem_1/location-levels/{HERE}"
    vendor.on(ITEMS, listed("inventory_items", item(1, level(0, 2))))
    vendor.on(f"POST {path}", Says({"inventory_item": item(1)}))
    offer(shop, -5)
    assert sent(vendor) == [(path, {"stocked_quantity": 0})]


def test_without_a_named_location_the_only_one_is_meant(vendor: Vendor, anywhere: Connector) -> None:
    path = f"/admin/inventory-items/iitem_1/location-levels/{AWAY}"
    vendor.on(ITEMS, listed("inventory_items", item(1, level(9, 4, AWAY))))
    vendor.on(f"POST {path}", Says({"inventory_item": item(1)}))
    offer(anywhere, 3)
    assert sent(vendor) == [(path, {"stocked_quantity": 7})]


@pytest.mark.parametrize("levels", [(), (level(1, 0), level(1, 0, AWAY))], ids=["none", "two"])
def test_of_several_locations_one_must_be_named(
    vendor: Vendor, anywhere: Connector, levels: tuple[dict[str, Any], ...]
) -> None:
    vendor.on(ITEMS, listed("inventory_items", item(1, *levels)))
    with pytest.raises(Failure) as caught:
        offer(anywhere, 3)
    assert (caught.value.kind, caught.value.field) == (Kind.CONFIG, "location_id")


@pytest.mark.parametrize("available", ["many", "NaN", "Infinity", None])
def test_a_stock_that_is_no_number_is_told(vendor: Vendor, shop: Connector, available: Any) -> None:
    vendor.on(ITEMS, listed("inventory_items", item(1, level(5, 2)), item(2, level(5, 0))))
    vendor.on(f"POST {TOGETHER}", DONE)
    call = prepared(shop, "MUG-001", 3)
    wrong = Call.from_json({**call.to_json(), "body": {"sku": "MUG-001", "available": available}})
    first, second = shop.send_batch([wrong, prepared(shop, "MUG-002", 3)])
    assert isinstance(first, Failure)
    assert isinstance(second, Answer)
    assert (first.kind, first.field) == (Kind.DATA, "available")


def test_an_unknown_sku_is_told(vendor: Vendor, shop: Connector) -> None:
    vendor.on(ITEMS, listed("inventory_items"))
    with pytest.raises(Failure) as caught:
        offer(shop, 3)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.DATA, "unknown_sku", "sku")


def test_stock_goes_together(vendor: Vendor, shop: Connector) -> None:
    found = (item(1, level(5, 2)), item(2, level(5, 0, AWAY)))
    vendor.on(ITEMS, listed("inventory_items", *found))
    vendor.on(f"POST {TOGETHER}", DONE)
    calls = [prepared(shop, sku, 3) for sku in ("MUG-001", "MUG-009", "MUG-002")]
    first, unknown, new = shop.send_batch(calls)
    assert isinstance(first, Answer)
    assert isinstance(new, Answer)
    assert isinstance(unknown, Failure)
    assert (first.external_id, new.external_id, unknown.code) == ("iitem_1", "iitem_2", "unknown_sku")
    assert vendor.asked[0].query["sku"] == ["MUG-001", "MUG-009", "MUG-002"]
    assert sent(vendor) == [
        (
            TOGETHER,
            {
                "create": [{"inventory_item_id": "iitem_2", "location_id": HERE, "stocked_quantity": 3}],
                "update": [{"inventory_item_id": "iitem_1", "location_id": HERE, "stocked_quantity": 5}],
            },
        )
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        Says({"type": "not_found", "message": "Inventory level is gone"}, 404),
        Says({"type": "invalid_data", "message": "One of them is wrong"}, 400),
        Says(raw=b"Cannot POST", status=404),
    ],
    ids=["gone", "refused", "an-older-shop"],
)
def test_what_is_refused_together_goes_one_by_one(vendor: Vendor, shop: Connector, refusal: Says) -> None:
    vendor.on(ITEMS, listed("inventory_items", item(1, level(5, 2)), item(2, level(5, 0))))
    vendor.on(f"POST {TOGETHER}", refusal)
    wrong = Says({"type": "invalid_data", "message": "No"}, 400)
    vendor.on(f"POST /admin/inventory-items/iitem_1/location-levels/{HERE}", wrong)
    vendor.on(
        f"POST /admin/inventory-items/iitem_2/location-levels/{HERE}", Says({"inventory_item": item(2)})
    )
    first, second = shop.send_batch([prepared(shop, sku, 3) for sku in ("MUG-001", "MUG-002")])
    assert isinstance(first, Failure)
    assert isinstance(second, Answer)
    assert (first.kind, second.external_id) == (Kind.DATA, "iitem_2")


def test_what_does_not_fit_into_the_time_goes_later(
    vendor: Vendor, shop: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of them ends in the time that a lease is kept for."""
    assert shop.timeout_seconds == 28
    now = iter([100.0, 113.9, 114.1])
    for place in ("medusa", "one_by_one"):
        clock = SimpleNamespace(monotonic=now.__next__)
        monkeypatch.setattr(f"integrations.connectors.{place}.time", clock)
    vendor.on(ITEMS, listed("inventory_items", item(1, level(5, 2)), item(2, level(5, 0))))
    vendor.on(f"POST {TOGETHER}", Says({"type": "invalid_data", "message": "No"}, 400))
    path = f"/admin/inventory-items/iitem_1/location-levels/{HERE}"
    vendor.on(f"POST {path}", Says({"inventory_item": item(1)}))
    first, second = shop.send_batch([prepared(shop, sku, 3) for sku in ("MUG-001", "MUG-002")])
    assert isinstance(first, Answer)
    assert isinstance(second, Failure)
    assert (second.kind, second.in_doubt) == (Kind.TRANSIENT, False)


def test_a_server_that_fell_over_says_nothing_of_each(vendor: Vendor, shop: Connector) -> None:
    vendor.on(ITEMS, listed("inventory_items", item(1, level(5, 2)), item(2, level(5, 0))))
    vendor.on(f"POST {TOGETHER}", Says({"code": "unknown_error", "message": "An unknown error"}, 500))
    with pytest.raises(Failure) as caught:
        shop.send_batch([prepared(shop, sku, 3) for sku in ("MUG-001", "MUG-002")])
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)


def test_stock_of_other_locations_is_not_read_where_one_is_named(
    vendor: Vendor, shop: Connector, anywhere: Connector
) -> None:
    told = item(1, level(5, 2), level(7, 0, AWAY))
    vendor.on(ITEMS, listed("inventory_items", told))
    (here,) = shop.read("stock", since=None, position=None).items
    (all_of_it,) = anywhere.read("stock", since=None, position=None).items
    assert [one["location_id"] for one in here.payload["levels"]] == [HERE]
    assert [one["location_id"] for one in all_of_it.payload["levels"]] == [HERE, AWAY]
    vendor.on("GET /admin/inventory-items/iitem_1", Says({"inventory_item": told}))
    alone = shop.fetch("stock", "iitem_1")
    assert alone is not None
    assert alone.payload["levels"] == here.payload["levels"]
    assert alone.version == "2026-11-21T10:00:00.000000Z"


# Orders.


def test_an_order_that_was_paid_or_shipped_later_is_a_newer_version(vendor: Vendor, shop: Connector) -> None:
    """Its own time stands still."""
    shipped = order(1, fulfillments=[fulfilment(1, "T1", shipped_at=LATER, updated_at=LATER)])
    packed = order(2, items=[line(1, fulfilled_quantity=2, updated_at=LATER)])
    vendor.on("/admin/orders", listed("orders", shipped, packed, order(3)))
    versions = [one.version for one in shop.read("orders", since=None, position=None).items]
    assert versions == [*["2026-11-21T10:00:00.000000Z"] * 2, "2026-11-20T10:00:00.000000Z"]


def test_what_is_not_asked_for_by_name_does_not_come(vendor: Vendor, shop: Connector) -> None:
    """Lines without their counts would look as if nothing had been shipped. What providers keep is not asked for."""
    vendor.on("/admin/orders", listed("orders"))
    vendor.on("/admin/payments", listed("payments"))
    for resource in ("orders", "refunds"):
        shop.read(resource, since=None, position=None)
    orders, payments = (set(asked.params["fields"].split(",")) for asked in vendor.asked)
    counts = {"*items", "*items.detail", "*payment_collections.payments.refunds", "*fulfillments"}
    assert counts | {"fulfillment_status", "payment_status", "canceled_at", "currency_code"} <= orders
    assert {"*refunds", "*captures", "currency_code", "payment_collection.order.id"} <= payments
    assert not {name for name in orders | payments if f".{name}".endswith((".payments", ".data"))}


def test_an_order_that_is_gone_is_nothing(vendor: Vendor, shop: Connector) -> None:
    gone = {"type": "not_found", "message": "Order with id: order_9 was not found"}
    vendor.on("GET /admin/orders/order_9", Says(gone, 404))
    assert shop.fetch("orders", "order_9") is None


def test_a_variant_is_asked_for_by_its_id(vendor: Vendor, shop: Connector) -> None:
    vendor.on("GET /admin/product-variants", listed("variants", variant(1)))
    found = shop.fetch("variants", "variant_1")
    assert found is not None
    assert (found.external_id, vendor.asked[0].params["id"]) == ("variant_1", "variant_1")
    vendor.on("GET /admin/product-variants", listed("variants"))
    assert shop.fetch("variants", "variant_2") is None


def cancel(shop: Connector) -> Answer:
    context = WriteContext("cancel", {}, "order_1")
    return shop.send(shop.prepare("orders", context, 0, ""))


def test_an_order_that_is_cancelled_already_is_done(vendor: Vendor, shop: Connector) -> None:
    said = {"type": "invalid_data", "message": "Order with id order_1 has been canceled."}
    vendor.on("POST /admin/orders/order_1/cancel", Says(said, 400))
    assert cancel(shop).replayed


@pytest.mark.parametrize(
    "message",
    [
        "Order with payment capture(s) cannot be canceled",
        "All fulfillments must be canceled before canceling an order",
    ],
)
def test_an_order_that_is_too_far_to_be_cancelled(vendor: Vendor, shop: Connector, message: str) -> None:
    vendor.on("POST /admin/orders/order_1/cancel", Says({"type": "not_allowed", "message": message}, 400))
    with pytest.raises(Failure) as caught:
        cancel(shop)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "too_late_to_cancel")
    assert message in caught.value.sentence
