"""Shopify's own examples as Records, worked out by hand; and what its GraphQL API shows, with what is hard in it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets import shopify, shopify_older
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
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def older_order(name: str) -> Order:
    record = read_with(shopify_older.ORDERS_READ, sample(f"shopify/{name}.json")["order"])
    assert isinstance(record, Order)
    return record


def older_line(number: int, colour: str, kept: int, discount: str) -> OrderLine:
    return OrderLine(
        id=str(number),
        sku=f"IPOD2008{colour.upper()}",
        title=f"IPod Nano - 8gb - {colour}",
        ordered=Decimal(1),
        cancelled=Decimal(1 - kept),
        shipped=Decimal(0),
        unit_price=Decimal("199.00"),
        tax=Decimal("3.98"),
        discount=Decimal(discount),
    )


def partially_refunded(**more: Any) -> Order:
    """The vendor's order 1001: two of three units were refunded."""
    address = Address(
        name="Bob Norman",
        company=None,
        line1="Chestnut Street 92",
        line2=None,
        city="Louisville",
        region="KY",
        postal_code="40202",
        country="US",
        phone="+1(502)-459-2181",
    )
    values: dict[str, Any] = {
        "id": "450789469",
        "number": "#1001",
        "placed_at": datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
        "updated_at": datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
        "currency": "USD",
        "total": Decimal("199.65"),
        "subtotal": Decimal("195.67"),
        "tax": Decimal("3.98"),
        "shipping_total": Decimal("0.00"),
        "discount_total": Decimal("3.33"),
        "status": "open",
        "payment_status": "partially_refunded",
        "fulfillment_status": "unfulfilled",
        "cancelled_at": None,
        "email": "bob.norman@mail.example.com",
        "customer": Customer(
            id="207119551",
            name="Bob Norman",
            first_name="Bob",
            last_name="Norman",
            email="bob.norman@mail.example.com",
            phone="+16136120707",
        ),
        "shipping_address": address,
        "billing_address": address,
        "lines": [
            older_line(466157049, "green", 0, "3.34"),
            older_line(518995019, "red", 1, "3.33"),
            older_line(703073504, "black", 0, "3.33"),
        ],
        "refunds": [
            Refund(
                id="509562969",
                order_id="450789469",
                amount=Decimal("209.00"),
                currency="USD",
                reason="it broke during shipping",
                created_at=datetime(2025, 4, 2, 16, 29, 59, tzinfo=UTC),
            )
        ],
        "note": None,
        "is_renewal": False,
        "extra": {
            "original_total": Decimal("598.94"),
            "presentment_currency": "USD",
            "presentment_total": Decimal("199.65"),
        },
    }
    return Order(**values | more)


def test_an_order_that_was_refunded_in_part() -> None:
    record = older_order("order_partially_refunded_rest")
    assert record == partially_refunded()
    assert units(record) == [("IPOD2008RED", 1)]


def test_a_cancelled_order_keeps_its_lines_and_wants_nothing_shipped() -> None:
    cancelled = datetime(2025, 4, 2, 16, 31, 25, tzinfo=UTC)
    record = older_order("order_cancelled_rest")
    assert record == partially_refunded(status="cancelled", cancelled_at=cancelled, updated_at=cancelled)
    assert units(record) == []


def test_an_order_of_which_a_part_was_shipped() -> None:
    record = older_order("order_partially_fulfilled_rest.derived")
    assert record == partially_refunded(fulfillment_status="partial")


@pytest.mark.parametrize(
    ("name", "number", "payment", "fulfillment_status", "shipped"),
    [
        ("order_fulfilled_rest", "1073459972", "paid", "fulfilled", 1),
        ("order_partially_paid_rest", "1073459980", "partially_paid", "unfulfilled", 0),
        ("order_pending_rest", "1073459983", "pending", "unfulfilled", 0),
    ],
)
def test_an_order_of_one_line(
    name: str, number: str, payment: str, fulfillment_status: str, shipped: int
) -> None:
    record = older_order(name)
    assert (record.id, record.number, record.total, record.status) == (
        number,
        "#1002",
        Decimal("199.00"),
        "open",
    )
    assert (record.payment_status, record.fulfillment_status) == (payment, fulfillment_status)
    assert record.lines == [
        OrderLine(
            id=str(sample(f"shopify/{name}.json")["order"]["line_items"][0]["id"]),
            sku="IPOD2009BLACK",
            title="IPod Touch 8GB - Black",
            ordered=Decimal(1),
            cancelled=Decimal(0),
            shipped=Decimal(shipped),
            unit_price=Decimal("199.00"),
            tax=Decimal(0),
            discount=Decimal(0),
        )
    ]
    assert record.refunds == []
    assert record.payments is ABSENT


def test_customers_of_the_older_shape() -> None:
    first, second = (
        read_with(shopify_older.CUSTOMERS_READ, one)
        for one in sample("shopify/customers_rest.json")["customers"]
    )
    assert first == Customer(
        id="1073339462",
        updated_at=datetime(2025, 4, 2, 16, 27, tzinfo=UTC),
        created_at=datetime(2025, 4, 2, 16, 27, tzinfo=UTC),
        name="Steve Lastnameson",
        first_name="Steve",
        last_name="Lastnameson",
        company=None,
        email="steve.lastnameson@example.com",
        phone="+15142546011",
        accepts_marketing=False,
        address=Address(
            name="Mother Lastnameson",
            company=None,
            line1="123 Oak St",
            line2=None,
            city="Ottawa",
            region="ON",
            postal_code="123 ABC",
            country="CA",
            phone="555-1212",
        ),
    )
    assert (second.id, second.name, second.address.name) == ("207119551", "Bob Norman", None)


def test_a_refund_of_the_older_shape_is_what_went_back_and_not_what_the_lines_are_worth() -> None:
    [told] = sample("shopify/refunds_rest.json")["refunds"]
    assert read_with(shopify_older.REFUNDS_READ, told) == Refund(
        id="509562969",
        order_id="450789469",
        amount=Decimal("209.00"),
        currency="USD",
        reason="it broke during shipping",
        created_at=datetime(2025, 4, 2, 16, 38, 15, tzinfo=UTC),
    )


def test_stock_of_the_older_shape_is_one_level_for_each_item_and_location() -> None:
    told = sample("shopify/inventory_levels_rest.json")["inventory_levels"]
    records = [read_with(shopify_older.STOCK_READ, one) for one in told]
    assert [(one.id, one.location, one.available) for one in records] == [
        ("548380009?inventory_item_id=808950810", "487838322", Decimal(9)),
        ("548380009?inventory_item_id=39072856", "487838322", Decimal(27)),
        ("655441491?inventory_item_id=808950810", "655441491", Decimal(1)),
        ("655441491?inventory_item_id=39072856", "655441491", Decimal(3)),
    ]


# What the connector reads.


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
