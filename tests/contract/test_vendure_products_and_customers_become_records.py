"""Vendure's variants, stock and customers as Records, worked out by hand; and ours for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors import vendure_documents as ask
from mappings.presets.vendure import (
    CUSTOMERS_READ,
    FULFILLMENTS_WRITE,
    STOCK_READ,
    STOCK_WRITE,
    VARIANTS_READ,
)
from mappings.records import (
    Customer,
    Shipment,
    ShipmentLine,
    StockLevel,
    Variant,
)
from tests.contract.dialects.vendure import DIALECT, customer
from tests.contract.samples import judged, read_with, write_with

MOMENT = "2026-11-23T05:10:00.000Z"
LATER = datetime(2026, 11, 23, 5, 10, tzinfo=UTC)


def variant(*levels: tuple[int, int], **more: Any) -> dict[str, Any]:
    stock = [
        {"stockOnHand": on_hand, "stockAllocated": taken, "stockLocationId": str(number), "updatedAt": MOMENT}
        for number, (on_hand, taken) in enumerate(levels, 1)
    ]
    made = {
        "id": "8",
        "sku": "MUG-008",
        "name": "Mug no 8",
        "enabled": True,
        "price": 580,
        "priceWithTax": 696,
        "currencyCode": "USD",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "trackInventory": "TRUE",
        "product": {"id": "1", "name": "Mug", "slug": "mug"},
        "stockLevels": stock,
    }
    return judged(DIALECT.contract, ask.ONE_VARIANT, {**made, **more})


@pytest.mark.parametrize(
    ("levels", "on_hand", "allocated"),
    [([(5, 2)], 5, 2), ([(5, 2), (7, 0)], 12, 2), ([(1, 4)], 1, 4), ([(-3, 0)], -3, 0)],
    ids=["one place", "two places", "more ordered than there is", "more shipped than there was"],
)
def test_stock_and_what_is_on_backorder(levels: list[tuple[int, int]], on_hand: int, allocated: int) -> None:
    """A line does not say that it is on backorder: more is allocated than there is, or less than none is on hand."""
    assert read_with(STOCK_READ, variant(*levels)) == StockLevel(
        id="8", updated_at=LATER, sku="MUG-008", on_hand=Decimal(on_hand), allocated=Decimal(allocated)
    )


@pytest.mark.parametrize(("currency", "price", "ours"), [("USD", 696, "6.96"), ("JPY", 69600, "696")])
def test_a_variant(currency: str, price: int, ours: str) -> None:
    assert read_with(VARIANTS_READ, variant((5, 0), priceWithTax=price, currencyCode=currency)) == Variant(
        id="8", updated_at=LATER, sku="MUG-008", title="Mug no 8", price=Decimal(ours), currency=currency
    )


def test_a_customer() -> None:
    moment = datetime(2026, 11, 20, 10, tzinfo=UTC)
    told = judged(DIALECT.contract, ask.ONE_CUSTOMER, customer(7))
    assert read_with(CUSTOMERS_READ, told) == Customer(
        id="7",
        updated_at=moment,
        created_at=moment,
        first_name="Ada",
        last_name="🍵",
        name="Ada 🍵",
        email="7@example.com",
        phone=None,
    )


def test_what_is_written() -> None:
    level = StockLevel(sku="MUG-008", available=Decimal(3))
    assert write_with(STOCK_WRITE, level) == {"sku": "MUG-008", "available": 3}
    shipment = Shipment(
        id="S-1",
        carrier="DHL",
        tracking_number="T1",
        lines=[ShipmentLine(order_line_id="2", quantity=Decimal(2))],
    )
    assert write_with(FULFILLMENTS_WRITE, shipment, ids={"order": "2"}) == {
        "order_id": "2",
        "method": "DHL",
        "tracking_code": "T1",
        "lines": [{"orderLineId": "2", "quantity": 2}],
    }
