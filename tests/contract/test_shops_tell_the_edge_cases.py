"""What the files of each shop leave out of the edge cases of orders: edited, on backorder, a payment that failed,
shipped in part. The payloads are those of these files, changed by what the case needs alone.

Of a line that is on backorder no shop's order says so but WooCommerce's, in words of the shop's language. It is seen by
the stock, of which less than none is left, while the line stays to be shipped in full.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors import saleor_documents, shopify_documents
from mappings.presets import Preset, bigcommerce, saleor, shopify, woocommerce
from mappings.records import ABSENT, StockLevel, units
from tests.contract.dialects import bigcommerce as bigcommerce_says
from tests.contract.dialects import saleor as saleor_says
from tests.contract.dialects import shopify as shopify_says
from tests.contract.samples import judged, read_with, sample
from tests.integrations.answering import Asked, Says


def of_bigcommerce(path: str, payload: dict[str, Any], answer: Any = None) -> dict[str, Any]:
    """The payload, when BigCommerce's own documents allow it."""
    contract = bigcommerce_says.BothVersions()
    asked = Asked("GET", path, {}, {"accept": "application/json"}, b"")
    assert contract.answer_problems(asked, Says(payload if answer is None else answer)) == []
    return payload


def shopify_order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = shopify_says.order(1, lineItems=shopify_says.connected(list(lines)), **more)
    return judged(shopify_says.DIALECT.contract, shopify_documents.ONE_ORDER, told)


def saleor_order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = saleor_says.order(lines=list(lines), **more)
    return judged(saleor_says.DIALECT.contract, saleor_documents.ONE_ORDER, told)


def bigcommerce_order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = bigcommerce_says.order(218, *lines, **more)
    return of_bigcommerce(f"{bigcommerce_says.V2}/orders/218", told)


def bigcommerce_line(number: int, **more: Any) -> dict[str, Any]:
    """One of the vendor's example, with the SKU of the others here."""
    return {**sample("bigcommerce/order_products_v2.json")[0], "id": number, "sku": "MUG-001", **more}


def woocommerce_order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**sample("woocommerce/order_processing.json"), "line_items": list(lines), **more}


def woocommerce_line(number: int, **more: Any) -> dict[str, Any]:
    return {
        **sample("woocommerce/order_processing.json")["line_items"][0],
        "id": number,
        "sku": "MUG-001",
        **more,
    }


def read_order(preset: Preset, payload: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The Record of an order, and its lines."""
    record = read_with(preset, payload)
    return record, record.lines


# Two were ordered and paid; there was one. Nothing is shipped yet.
ON_BACKORDER: dict[str, tuple[Preset, Callable[[], dict[str, Any]]]] = {
    "shopify": (shopify.ORDERS_READ, lambda: shopify_order(shopify_says.line(7))),
    "woocommerce": (
        woocommerce.ORDERS_READ,
        lambda: woocommerce_order(
            woocommerce_line(7, meta_data=[{"id": 2097, "key": "Backordered", "value": "1"}])
        ),
    ),
    "bigcommerce": (
        bigcommerce.ORDERS_READ,
        lambda: bigcommerce_order(bigcommerce_line(7, quantity=2), payment_status="paid", status_id=11),
    ),
    "saleor": (saleor.ORDERS_READ, lambda: saleor_order(saleor_says.line(7))),
}


@pytest.mark.parametrize("shop", ON_BACKORDER)
def test_a_line_on_backorder_is_a_line_like_others(shop: str) -> None:
    preset, told = ON_BACKORDER[shop]
    record, (line,) = read_order(preset, told())
    assert (record.status, record.payment_status, record.fulfillment_status) == (
        "open",
        "paid",
        "unfulfilled",
    )
    assert (line.ordered, line.cancelled or 0, line.shipped) == (2, 0, 0)
    assert units(record) == [("MUG-001", 2)]


# What there was is shipped, the rest is still to come.
SENT_IN_PART: dict[str, tuple[Preset, Callable[[], dict[str, Any]]]] = {
    "shopify": (
        shopify.ORDERS_READ,
        lambda: shopify_order(
            shopify_says.line(7, unfulfilledQuantity=1), displayFulfillmentStatus="PARTIALLY_FULFILLED"
        ),
    ),
    "bigcommerce": (
        bigcommerce.ORDERS_READ,
        lambda: bigcommerce_order(
            bigcommerce_line(7, quantity=2, quantity_shipped=1),
            payment_status="paid",
            status_id=3,
            items_total=2,
            items_shipped=1,
        ),
    ),
    "saleor": (
        saleor.ORDERS_READ,
        lambda: saleor_order(saleor_says.line(7, quantityFulfilled=1), status="PARTIALLY_FULFILLED"),
    ),
}


@pytest.mark.parametrize("shop", SENT_IN_PART)
def test_of_a_line_on_backorder_the_rest_is_still_to_be_shipped(shop: str) -> None:
    preset, told = SENT_IN_PART[shop]
    record, (line,) = read_order(preset, told())
    assert (record.fulfillment_status, line.ordered, line.shipped) == ("partial", 2, 1)
    assert units(record) == [("MUG-001", 1)]


def test_an_order_of_woocommerce_that_is_shipped_in_part_tells_it_of_no_line() -> None:
    """WooCommerce knows no shipments: what Crossdock shipped is a note of its own, which tells of the order alone."""
    note = {"id": 1, "key": "_crossdock_shipment_T1", "value": {"lines": {"7": "1"}}}
    record, (line,) = read_order(
        woocommerce.ORDERS_READ, woocommerce_order(woocommerce_line(7), meta_data=[note])
    )
    assert (record.fulfillment_status, line.ordered, line.shipped) == ("partial", 2, 0)


def test_stock_of_shopify_that_is_on_backorder() -> None:
    told = shopify_says.level(5)
    for one, count in zip(told["quantities"], (-1, 1, 2), strict=True):
        one["quantity"] = count
    judged(shopify_says.DIALECT.contract, shopify_documents.ONE_LEVEL, told)
    record = read_with(shopify.STOCK_READ, told)
    assert (record.on_hand, record.allocated, record.available) == (1, 2, -1)


def test_stock_of_saleor_that_is_on_backorder() -> None:
    told = judged(
        saleor_says.DIALECT.contract, saleor_documents.ONE_STOCK, saleor_says.stock("U3RvY2s6MQ==", 1, 2)
    )
    record = read_with(saleor.STOCK_READ, told)
    assert (record.on_hand, record.allocated, record.available) == (1, 2, -1)


def test_stock_of_bigcommerce_that_is_on_backorder() -> None:
    """It takes an order's units from what is on hand at once, so that this is below zero itself."""
    told = bigcommerce_says.item(11)
    told["locations"][0] |= {"available_to_sell": -2, "total_inventory_onhand": -1}
    path = f"{bigcommerce_says.V3}/inventory/items"
    record = read_with(bigcommerce.STOCK_READ, of_bigcommerce(path, told, {"data": [told], "meta": {}}))
    assert record == StockLevel(
        id="11", sku="MUG-11", location="main", on_hand=Decimal(-1), available=Decimal(-2)
    )


# One of two was taken off, and a line was added. Shopify tells what there was before, the others what is left.
EDITED: dict[str, tuple[Preset, Callable[[], dict[str, Any]], int, int | None]] = {
    "shopify": (
        shopify.ORDERS_READ,
        lambda: shopify_order(
            shopify_says.line(7, currentQuantity=1, unfulfilledQuantity=1),
            shopify_says.line(8, sku="MUG-002", quantity=1, currentQuantity=1, unfulfilledQuantity=1),
            edited=True,
            currentTotalPriceSet=shopify_says.both("19.00"),
        ),
        2,
        1,
    ),
    "woocommerce": (
        woocommerce.ORDERS_READ,
        lambda: woocommerce_order(
            woocommerce_line(7, quantity=1), woocommerce_line(8, sku="MUG-002", quantity=1), total="19.00"
        ),
        1,
        0,
    ),
    "bigcommerce": (
        bigcommerce.ORDERS_READ,
        lambda: bigcommerce_order(
            bigcommerce_line(7),
            bigcommerce_line(8, sku="MUG-002"),
            payment_status="paid",
            total_inc_tax="19.0000",
        ),
        1,
        None,
    ),
    "saleor": (
        saleor.ORDERS_READ,
        lambda: saleor_order(
            saleor_says.line(7, quantity=1),
            saleor_says.line(8, productSku="MUG-002", quantity=1),
            total={"gross": saleor_says.money(19.0), "tax": {"amount": 3.0}},
        ),
        1,
        None,
    ),
}


@pytest.mark.parametrize("shop", EDITED)
def test_of_an_edited_order_is_shipped_what_is_left_and_what_was_added(shop: str) -> None:
    preset, told, ordered, cancelled = EDITED[shop]
    record, (first, added) = read_order(preset, told())
    assert first.ordered == ordered
    assert first.cancelled == (ABSENT if cancelled is None else cancelled)
    assert (added.ordered, added.cancelled or 0) == (1, 0)
    assert record.total == 19
    assert units(record) == [("MUG-001", 1), ("MUG-002", 1)]


def test_an_order_of_shopify_whose_payment_failed_waits_for_another() -> None:
    failed = shopify_says.transaction(1, status="FAILURE", errorCode="CARD_DECLINED")
    told = shopify_order(shopify_says.line(7), displayFinancialStatus="PENDING", transactions=[failed])
    record, _ = read_order(shopify.ORDERS_READ, told)
    assert (record.status, record.payment_status) == ("open", "pending")
    assert [one.status for one in record.payments] == ["failed"]
    assert units(record) == []


def test_an_order_of_bigcommerce_that_was_declined_is_cancelled_and_ships_nothing() -> None:
    told = bigcommerce_order(bigcommerce_line(7), status_id=6, status="Declined", payment_status="declined")
    record, (line,) = read_order(bigcommerce.ORDERS_READ, told)
    assert (record.status, record.payment_status, line.ordered) == ("cancelled", "failed", 1)
    assert units(record) == []


def test_an_order_of_woocommerce_whose_payment_failed_ships_nothing() -> None:
    told = woocommerce_order(woocommerce_line(7), status="failed", date_paid_gmt=None)
    record, (line,) = read_order(woocommerce.ORDERS_READ, told)
    assert (record.status, record.payment_status, line.ordered) == ("open", "failed", 2)
    assert record.payments == []
    assert units(record) == []


def test_an_order_of_saleor_whose_payment_was_refused_ships_nothing() -> None:
    told = saleor_order(
        saleor_says.line(7),
        chargeStatus="NONE",
        authorizeStatus="NONE",
        paymentStatus="REFUSED",
        transactions=[],
        payments=[saleor_says.payment("REFUSED", 0)],
    )
    record, _ = read_order(saleor.ORDERS_READ, told)
    assert (record.status, record.payment_status) == ("open", "failed")
    assert [one.status for one in record.payments] == ["failed"]
    assert units(record) == []
