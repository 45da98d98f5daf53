"""What Shopify's GraphQL API shows, with what is hard in it, as Records worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets import shopify
from mappings.records import (
    ABSENT,
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    StockLevel,
    Variant,
    told,
    units,
)
from tests.contract.dialects.shopify import (
    both,
    connected,
    customer,
    fulfillment,
    gid,
    level,
    line,
    order,
    refund,
    transaction,
    variant,
)
from tests.contract.samples import read_with, write_with

MOMENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def read_order(**more: Any) -> Order:
    record = read_with(shopify.ORDERS_READ, order(1, **more))
    assert isinstance(record, Order)
    return record


def test_an_order_of_a_guest() -> None:
    record = read_order()
    assert record == Order(
        id="1",
        number="#1042",
        placed_at=MOMENT,
        updated_at=MOMENT,
        currency="EUR",
        total=Decimal("18.00"),
        subtotal=Decimal("18.00"),
        tax=Decimal("2.87"),
        shipping_total=Decimal("0.00"),
        discount_total=Decimal("2.00"),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        cancelled_at=None,
        email="ada@example.com",
        customer=Customer(id=None, name=None, first_name=None, last_name=None, email=None, phone=None),
        shipping_address=record.shipping_address,
        billing_address=record.billing_address,
        lines=[
            OrderLine(
                id="7",
                sku="MUG-001",
                title="Mug - blue",
                ordered=Decimal(2),
                cancelled=Decimal(0),
                shipped=Decimal(0),
                unit_price=Decimal("10.00"),
                tax=Decimal("2.87"),
                discount=Decimal("2.00"),
                total=Decimal("18.00"),
                requires_shipping=True,
            )
        ],
        payments=[
            Payment(
                id="1",
                order_id="1",
                order_number="#1042",
                amount=Decimal("18.00"),
                currency="EUR",
                status="paid",
                provider="shopify_payments",
                reference="#1042.1",
                created_at=MOMENT,
            )
        ],
        refunds=[],
        tags=[],
        note=None,
        is_renewal=False,
        extra={
            "original_total": Decimal("18.00"),
            "presentment_currency": "EUR",
            "presentment_total": Decimal("18.00"),
            "fulfillment_status": "UNFULFILLED",
            "test": False,
        },
    )


@pytest.mark.parametrize(
    ("kept", "to_ship", "cancelled", "shipped", "left"),
    [
        (3, 3, 0, 0, 3),
        (3, 1, 0, 2, 1),
        # One was taken out of the order before it was shipped.
        (2, 2, 1, 0, 2),
        (0, 0, 3, 0, 0),
        # All were shipped, and one of them came back: Shopify then counts below zero.
        (2, -1, 0, 3, 0),
    ],
    ids=["nothing", "shipped in part", "edited", "cancelled", "returned"],
)
def test_what_became_of_the_units_of_a_line(
    kept: int, to_ship: int, cancelled: int, shipped: int, left: int
) -> None:
    told = line(7, quantity=3, currentQuantity=kept, unfulfilledQuantity=to_ship)
    record = read_order(lineItems=connected([told]))
    assert isinstance(record.lines, list)
    told_of = record.lines[0]
    assert (told_of.cancelled, told_of.shipped) == (Decimal(cancelled), Decimal(shipped))
    assert sum(count for _, count in units(record)) == left


def test_a_line_without_a_sku_is_there_and_takes_no_stock() -> None:
    record = read_order(lineItems=connected([line(7, sku=None), line(8, sku="")]))
    assert isinstance(record.lines, list)
    assert [(one.id, one.sku) for one in record.lines] == [("7", None), ("8", None)]
    assert units(record) == []


def test_an_order_of_more_lines_than_a_page_has_them_all() -> None:
    record = read_order(allLines=[line(number) for number in range(1, 61)])
    assert isinstance(record.lines, list)
    assert len(record.lines) == 60


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("PENDING", "pending"),
        ("EXPIRED", "pending"),
        ("AUTHORIZED", "authorized"),
        ("PARTIALLY_PAID", "partially_paid"),
        ("PAID", "paid"),
        ("PARTIALLY_REFUNDED", "partially_refunded"),
        ("REFUNDED", "refunded"),
        ("VOIDED", "voided"),
        (None, None),
    ],
)
def test_what_came_of_the_money(told: str | None, status: str | None) -> None:
    assert read_order(displayFinancialStatus=told).payment_status == status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("UNFULFILLED", "unfulfilled"),
        ("ON_HOLD", "unfulfilled"),
        ("SCHEDULED", "unfulfilled"),
        ("IN_PROGRESS", "unfulfilled"),
        ("RESTOCKED", "unfulfilled"),
        ("PARTIALLY_FULFILLED", "partial"),
        ("FULFILLED", "fulfilled"),
    ],
)
def test_how_far_it_was_shipped(told: str, status: str) -> None:
    record = read_order(displayFulfillmentStatus=told)
    assert record.fulfillment_status == status
    assert isinstance(record.extra, dict)
    assert record.extra["fulfillment_status"] == told


def test_a_cancelled_and_a_closed_order_and_a_subscriptions() -> None:
    assert read_order(cancelledAt="2026-11-21T08:00:00Z", closed=True).status == "cancelled"
    assert read_order(closed=True).status == "closed"
    assert read_order(sourceName="subscription_contract").is_renewal is True


@pytest.mark.parametrize(
    ("currency", "amount", "paid_in", "paid"),
    [("JPY", "1250", "USD", "8.12"), ("KWD", "1.250", "KWD", "1.250"), ("EUR", "10.00", "CHF", "9.55")],
)
def test_amounts_are_exact_and_in_the_stores_currency(
    currency: str, amount: str, paid_in: str, paid: str
) -> None:
    record = read_order(
        currencyCode=currency,
        presentmentCurrencyCode=paid_in,
        currentTotalPriceSet=both(amount, currency, paid, paid_in),
    )
    assert (str(record.total), record.currency) == (amount, currency)
    assert isinstance(record.extra, dict)
    assert (record.extra["presentment_total"], record.extra["presentment_currency"]) == (
        Decimal(paid),
        paid_in,
    )


def test_refunds_are_no_payments() -> None:
    back = transaction(2, kind="REFUND", parentTransaction={"id": gid("OrderTransaction", 1)})
    record = read_order(transactions=[transaction(1), back], refunds=[refund(8)])
    assert isinstance(record.payments, list)
    assert [one.id for one in record.payments] == ["1"]
    assert record.refunds == [
        Refund(
            id="8",
            order_id="1",
            order_number="#1042",
            amount=Decimal("5.00"),
            currency="EUR",
            reason="Broken",
            created_at=MOMENT,
        )
    ]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "paid"),
        ({"kind": "CAPTURE"}, "paid"),
        ({"kind": "AUTHORIZATION"}, "authorized"),
        ({"kind": "EMV_AUTHORIZATION"}, "authorized"),
        ({"kind": "VOID"}, "voided"),
        ({"status": "PENDING"}, "pending"),
        ({"status": "AWAITING_RESPONSE"}, "pending"),
        ({"status": "FAILURE"}, "failed"),
        ({"kind": "AUTHORIZATION", "status": "ERROR"}, "failed"),
    ],
)
def test_what_came_of_a_payment(told: dict[str, Any], status: str) -> None:
    record = read_with(shopify.PAYMENTS_READ, transaction(1, **told))
    assert (record.status, record.amount) == (status, Decimal("18.00"))


def test_a_customer() -> None:
    record = read_with(shopify.CUSTOMERS_READ, customer(6))
    assert (record.id, record.name, record.email, record.phone) == ("6", "Ada 🍵", "6@example.com", None)
    assert (record.accepts_marketing, record.tags) == (True, ["tea"])


@pytest.mark.parametrize(
    ("unit", "value", "grams"),
    [
        ("GRAMS", 250, "250"),
        ("KILOGRAMS", 0.25, "250"),
        ("POUNDS", 0.5, "226.796185"),
        ("OUNCES", 1, "28.349523125"),
    ],
)
def test_a_variant(unit: str, value: float, grams: str) -> None:
    told = variant(4)
    told["inventoryItem"]["measurement"]["weight"] = {"unit": unit, "value": value}
    assert read_with(shopify.VARIANTS_READ, told) == Variant(
        id="4",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug - blue",
        barcode=None,
        price=Decimal("10.00"),
        currency="EUR",
        weight_grams=Decimal(grams),
        extra={"inventory_item": "11", "product_status": "ACTIVE"},
    )


def test_a_stock_level_may_be_oversold_and_counts_from_its_newest_quantity() -> None:
    told = level(5)
    told["quantities"][0] |= {"quantity": -2, "updatedAt": "2026-11-21T10:00:00Z"}
    assert read_with(shopify.STOCK_READ, told) == StockLevel(
        id="5?inventory_item_id=11",
        updated_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
        sku="MUG-001",
        location="5",
        on_hand=Decimal(5),
        allocated=Decimal(2),
        available=Decimal(-2),
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "shipped"),
        ({"displayStatus": "OUT_FOR_DELIVERY"}, "in_transit"),
        ({"displayStatus": "DELIVERED"}, "delivered"),
        ({"status": "CANCELLED", "displayStatus": "CANCELED"}, "cancelled"),
        ({"displayStatus": None}, "shipped"),
    ],
)
def test_a_fulfilment(told: dict[str, Any], status: str) -> None:
    assert read_with(shopify.SHIPMENTS_READ, fulfillment(9, **told)) == Shipment(
        id="9",
        updated_at=MOMENT,
        number="#1042-F1",
        order_id="1",
        order_number="#1042",
        carrier="DHL",
        tracking_number="T1",
        tracking_url=None,
        status=status,
        shipped_at=MOMENT,
        delivered_at=None,
        lines=[ShipmentLine(id="3", order_line_id="7", sku="MUG-001", quantity=Decimal(1))],
    )


def test_a_fulfilment_without_tracking() -> None:
    assert read_with(shopify.SHIPMENTS_READ, fulfillment(9, trackingInfo=[])).tracking_number is ABSENT


def test_what_is_written() -> None:
    to_ship = Shipment(
        id="S1",
        order_id="1042",
        carrier="DHL",
        tracking_number="T1",
        lines=[ShipmentLine(order_line_id="7", quantity=Decimal(1))],
    )
    assert write_with(shopify.SHIPMENTS_WRITE, to_ship, ids={"order": "1"}) == {
        "order_id": "1",
        "tracking": {"number": "T1", "company": "DHL"},
        "lines": [{"line_id": "7", "quantity": 1}],
    }
    to_refund = Refund(id="R1", amount=Decimal("5.00"), currency="EUR", reason="Broken")
    assert write_with(shopify.REFUNDS_WRITE, to_refund, ids={"order": "1"}) == {
        "order_id": "1",
        "reference": "R1",
        "amount": "5.00",
        "currency": "EUR",
        "note": "Broken",
    }
    stock = StockLevel(sku="MUG-001", available=Decimal(3))
    assert write_with(shopify.STOCK_WRITE, stock) == {"sku": "MUG-001", "available": 3}
    ada = Customer(email="ada@example.com", name="Ada 🍵")
    assert write_with(shopify.CUSTOMERS_WRITE, ada) == {"email": "ada@example.com", "firstName": "Ada 🍵"}


def test_an_order_with_an_address_says_where_it_goes() -> None:
    place = {
        "name": "Ada 🍵",
        "company": None,
        "address1": "1 High Street",
        "address2": "",
        "city": "London",
        "province": "England",
        "provinceCode": None,
        "zip": "N1",
        "countryCodeV2": "GB",
        "phone": None,
        "firstName": "Ada",
        "lastName": "🍵",
    }
    assert read_order(shippingAddress=place).shipping_address == Address(
        name="Ada 🍵",
        company=None,
        line1="1 High Street",
        line2=None,
        city="London",
        region="England",
        postal_code="N1",
        country="GB",
        phone=None,
    )


def part(fulfil_by: str | None, deliver_by: str | None = None, status: str = "OPEN") -> dict[str, Any]:
    method = {"minDeliveryDateTime": None, "maxDeliveryDateTime": deliver_by} if deliver_by else None
    return {
        "id": gid("FulfillmentOrder", 1),
        "status": status,
        "fulfillBy": fulfil_by,
        "deliveryMethod": method,
    }


@pytest.mark.parametrize(
    ("parts", "ship_by", "deliver_by"),
    [
        ([], None, None),
        ([part(None)], None, None),
        (
            [part("2026-11-23T12:00:00Z", "2026-11-27T22:00:00Z")],
            datetime(2026, 11, 23, 12, tzinfo=UTC),
            datetime(2026, 11, 27, 22, tzinfo=UTC),
        ),
        # Of several parts the first that is due; one that was moved elsewhere does not count.
        (
            [
                part("2026-11-24T12:00:00Z"),
                part("2026-11-23T12:00:00Z", "2026-11-28T22:00:00Z"),
                part("2026-11-20T12:00:00Z", "2026-11-21T22:00:00Z", status="CANCELLED"),
            ],
            datetime(2026, 11, 23, 12, tzinfo=UTC),
            datetime(2026, 11, 28, 22, tzinfo=UTC),
        ),
    ],
)
def test_what_was_promised_is_that_of_the_part_which_is_due_first(
    parts: list[dict[str, Any]], ship_by: datetime | None, deliver_by: datetime | None
) -> None:
    record = read_order(fulfillmentOrders={"nodes": parts})
    assert (told(record.ship_by), told(record.deliver_by)) == (ship_by, deliver_by)


def test_a_gift_card_needs_no_parcel() -> None:
    record = read_order(lineItems=connected([line(7, requiresShipping=False)]))
    assert isinstance(record.lines, list)
    assert [one.requires_shipping for one in record.lines] == [False]
