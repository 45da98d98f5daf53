"""What a receiver of signed webhooks is told of each Record, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from integrations.connectors.webhook_out import EVENTS
from mappings.presets.webhook_out import PRESETS
from mappings.records import (
    Address,
    Customer,
    MarketingEvent,
    Order,
    OrderLine,
    Payment,
    Record,
    Refund,
    Shipment,
    ShipmentLine,
    StockLevel,
    Ticket,
    Variant,
)
from tests.contract.samples import write_with

PLACED = datetime(2026, 11, 19, 9, 30, tzinfo=timezone(timedelta(hours=1)))
CHANGED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_an_order_as_it_is() -> None:
    order = Order(
        id="A-1042",
        number="#1042",
        placed_at=PLACED,
        updated_at=CHANGED,
        currency="EUR",
        total=Decimal("31.00"),
        tax=Decimal("4.95"),
        status="open",
        payment_status="partially_refunded",
        fulfillment_status="partial",
        email=None,
        customer=Customer(id="7", first_name="Test", address=Address(city="Ely")),
        shipping_address=Address(name="Test Buyer 🎁", line2=None, country="GB"),
        lines=[
            OrderLine(
                id="1",
                sku="MUG-001",
                title="Mug",
                ordered=Decimal(3),
                cancelled=Decimal(1),
                shipped=Decimal(1),
                unit_price=Decimal("12.50"),
            ),
            OrderLine(id="2", sku=None, title="Gift wrapping", ordered=Decimal(1)),
        ],
        refunds=[Refund(id="R1", amount=Decimal("6.00"), currency="EUR", created_at=CHANGED)],
        tags=["gift"],
        is_renewal=False,
        extra={"source": "web"},
    )
    assert write_with(PRESETS["webhook-out-orders"], order) == {
        "id": "A-1042",
        "number": "#1042",
        "placed_at": "2026-11-19T08:30:00Z",
        "updated_at": "2026-11-20T10:00:00Z",
        "currency": "EUR",
        "total": "31.00",
        "tax": "4.95",
        "status": "open",
        "payment_status": "partially_refunded",
        "fulfillment_status": "partial",
        "email": None,
        "customer": {"id": "7", "first_name": "Test", "address": {"city": "Ely"}},
        "shipping_address": {"name": "Test Buyer 🎁", "line2": None, "country": "GB"},
        "lines": [
            {
                "id": "1",
                "sku": "MUG-001",
                "title": "Mug",
                "ordered": "3",
                "cancelled": "1",
                "shipped": "1",
                "unit_price": "12.50",
            },
            {"id": "2", "sku": None, "title": "Gift wrapping", "ordered": "1"},
        ],
        "refunds": [{"id": "R1", "amount": "6.00", "currency": "EUR", "created_at": "2026-11-20T10:00:00Z"}],
        "tags": ["gift"],
        "is_renewal": False,
    }


@pytest.mark.parametrize(("currency", "total"), [("JPY", "500"), ("KWD", "12.125"), ("EUR", "0.00")])
def test_amounts_keep_their_places(currency: str, total: str) -> None:
    body = write_with(PRESETS["webhook-out-orders"], Order(id="1", currency=currency, total=Decimal(total)))
    assert body == {"id": "1", "currency": currency, "total": total}


def test_what_is_known_to_be_empty_is_told_and_what_is_not_told_is_left_out() -> None:
    body = write_with(
        PRESETS["webhook-out-orders"], Order(id="1", cancelled_at=None, lines=[], payments=None)
    )
    assert body == {"id": "1", "cancelled_at": None, "lines": [], "payments": None}


OTHERS: list[tuple[str, Record, dict[str, object]]] = [
    (
        "customers",
        Customer(id="7", email="buyer@example.com", accepts_marketing=True, created_at=CHANGED),
        {
            "id": "7",
            "email": "buyer@example.com",
            "accepts_marketing": True,
            "created_at": "2026-11-20T10:00:00Z",
        },
    ),
    (
        "stock",
        StockLevel(id="L1", sku="MUG-001", location="A", on_hand=Decimal(5), available=Decimal("3")),
        {"id": "L1", "sku": "MUG-001", "location": "A", "on_hand": "5", "available": "3"},
    ),
    (
        "stock",
        StockLevel(sku="MUG-001", available=Decimal(0)),
        {"id": "MUG-001/", "sku": "MUG-001", "available": "0"},
    ),
    (
        "variants",
        Variant(id="V1", sku="MUG-001", price=Decimal("12.50"), currency="EUR"),
        {"id": "V1", "sku": "MUG-001", "price": "12.50", "currency": "EUR"},
    ),
    (
        "fulfillments",
        Shipment(
            id="S1",
            order_id="A-1042",
            tracking_number="T1",
            shipped_at=CHANGED,
            lines=[ShipmentLine(id="9", order_line_id="1", sku="MUG-001", quantity=Decimal(1))],
        ),
        {
            "id": "S1",
            "order_id": "A-1042",
            "tracking_number": "T1",
            "shipped_at": "2026-11-20T10:00:00Z",
            "lines": [{"id": "9", "order_line_id": "1", "sku": "MUG-001", "quantity": "1"}],
        },
    ),
    (
        "payments",
        Payment(id="P1", order_id="A-1042", amount=Decimal("31.00"), currency="EUR", status="failed"),
        {"id": "P1", "order_id": "A-1042", "amount": "31.00", "currency": "EUR", "status": "failed"},
    ),
    (
        "refunds",
        Refund(id="R1", order_id="A-1042", amount=Decimal("6.00"), currency="EUR", reason=None),
        {"id": "R1", "order_id": "A-1042", "amount": "6.00", "currency": "EUR", "reason": None},
    ),
    ("tickets", Ticket(id="T1", title="Where is it?"), {"id": "T1", "title": "Where is it?"}),
    (
        "events",
        MarketingEvent(id="E1", name="Back in stock", occurred_at=PLACED),
        {"id": "E1", "name": "Back in stock", "occurred_at": "2026-11-19T08:30:00Z"},
    ),
]


@pytest.mark.parametrize(("resource", "record", "told"), OTHERS)
def test_every_other_kind(resource: str, record: Record, told: dict[str, object]) -> None:
    assert write_with(PRESETS[f"webhook-out-{resource}"], record) == told


def test_each_resource_has_its_mapping() -> None:
    assert {preset.resource for preset in PRESETS.values()} == set(EVENTS)
