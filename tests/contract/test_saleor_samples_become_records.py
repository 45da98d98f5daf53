"""Saleor's own examples as Records, worked out by hand; and orders as its schema has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.saleor import (
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    FULFILLMENTS_WRITE,
    NOTIFIED_ORDERS_READ,
    ORDERS_READ,
    REFUNDS_READ,
    STOCK_READ,
    STOCK_WRITE,
    VARIANTS_READ,
)
from mappings.records import (
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
from tests.contract.dialects.saleor import (
    customer,
    event,
    line,
    money,
    order,
    payment,
    stock,
    transaction,
    variant,
    went,
)
from tests.contract.samples import read_with, sample, write_with

MOMENT = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
HOME = Address(
    name="Ada Lace",
    company=None,
    line1="1 Main Street",
    line2=None,
    city="AUSTIN",
    region="TX",
    postal_code="78701",
    country="US",
    phone="+15551234567",
)


def test_an_order() -> None:
    assert read_with(ORDERS_READ, order()) == Order(
        id="T3JkZXI6MQ==",
        number="19",
        placed_at=MOMENT,
        updated_at=MOMENT,
        currency="USD",
        total=Decimal("26.5"),
        subtotal=Decimal("25.0"),
        tax=Decimal("4.0"),
        shipping_total=Decimal("1.5"),
        discount_total=Decimal("2.5"),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="ada@example.com",
        customer=Customer(
            id="VXNlcjox",
            name="Ada Lace",
            first_name="Ada",
            last_name="Lace",
            email="ada@example.com",
            phone="+15551234567",
        ),
        shipping_address=HOME,
        billing_address=HOME,
        note=None,
        lines=[
            OrderLine(
                id="T3JkZXJMaW5lO1",
                sku="MUG-001",
                title="Mug - Blue",
                ordered=Decimal(2),
                shipped=Decimal(0),
                unit_price=Decimal("12.5"),
                requires_shipping=True,
                tax=Decimal("4.0"),
                total=Decimal("25.0"),
            )
        ],
        payments=[
            Payment(
                id="VHJhbnNhY3Rpb246MQ==",
                amount=Decimal("26.5"),
                currency="USD",
                status="paid",
                provider="Credit card",
                reference="psp-1",
                created_at=MOMENT,
            )
        ],
        refunds=[],
        extra={"status": "UNFULFILLED", "channel": "default-channel", "voucher": None},
    )


@pytest.mark.parametrize(
    ("told", "status", "fulfillment"),
    [
        ("UNCONFIRMED", "open", "unfulfilled"),
        ("PARTIALLY_FULFILLED", "open", "partial"),
        ("FULFILLED", "open", "fulfilled"),
        ("PARTIALLY_RETURNED", "open", "fulfilled"),
        ("RETURNED", "open", "fulfilled"),
        ("CANCELED", "cancelled", "unfulfilled"),
        ("EXPIRED", "cancelled", "unfulfilled"),
    ],
)
def test_what_became_of_an_order(told: str, status: str, fulfillment: str) -> None:
    record = read_with(ORDERS_READ, order(status=told))
    assert (record.status, record.fulfillment_status) == (status, fulfillment)


UNPAID = {"chargeStatus": "NONE", "authorizeStatus": "NONE", "paymentStatus": "NOT_CHARGED"}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "paid"),
        ({"chargeStatus": "OVERCHARGED"}, "paid"),
        (UNPAID, "pending"),
        ({**UNPAID, "authorizeStatus": "FULL"}, "authorized"),
        ({**UNPAID, "chargeStatus": "PARTIAL", "paymentStatus": "PARTIALLY_CHARGED"}, "pending"),
        ({**UNPAID, "paymentStatus": "REFUSED"}, "failed"),
        ({**UNPAID, "paymentStatus": "CANCELLED"}, "voided"),
        ({"paymentStatus": "PARTIALLY_REFUNDED"}, "partially_refunded"),
        ({"paymentStatus": "FULLY_REFUNDED"}, "refunded"),
        ({"totalRefunded": {"amount": 6.5}}, "partially_refunded"),
        ({"totalRefunded": {"amount": 26.5}}, "refunded"),
    ],
)
def test_what_was_paid(told: dict[str, Any], status: str) -> None:
    assert read_with(ORDERS_READ, order(**told)).payment_status == status


@pytest.mark.parametrize(
    ("one", "amount", "status"),
    [
        (transaction(20, 6.5), "26.5", "partially_refunded"),
        (transaction(0, 26.5), "26.5", "refunded"),
        ({**transaction(0), "authorizedAmount": {"amount": 26.5}}, "0", "authorized"),
        (transaction(0), "0", "pending"),
        (payment(), "26.5", "paid"),
        (payment("REFUSED", 0), "0", "failed"),
        (payment("NOT_CHARGED", 0), "0", "pending"),
    ],
)
def test_payments_of_both_kinds(one: dict[str, Any], amount: str, status: str) -> None:
    (made,) = read_with(ORDERS_READ, order(transactions=[], payments=[one])).payments
    assert (made.amount, made.status) == (Decimal(amount), status)


def test_money_that_went_back_and_not_what_failed() -> None:
    newer = transaction(
        20, 6.5, event("CHARGE_SUCCESS", 26.5), event("REFUND_SUCCESS", 6.5), event("REFUND_FAILURE", 1)
    )
    older = payment(
        "PARTIALLY_REFUNDED", 20, went("CAPTURE", 26.5), went("REFUND", 2), went("REFUND", 1, well=False)
    )
    record = read_with(ORDERS_READ, order(transactions=[newer], payments=[older]))
    assert [(refund.amount, refund.currency) for refund in record.refunds] == [
        (Decimal("6.5"), "USD"),
        (Decimal(2), "USD"),
    ]


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "1250"), ("PLN", "0.1"), ("KWD", "1.255"), ("USD", "98765432.1")]
)
def test_amounts_are_exact_in_each_currency(currency: str, amount: str) -> None:
    told = order(total={"gross": money(float(amount), currency), "tax": {"amount": 0}})
    record = read_with(ORDERS_READ, told)
    assert (record.total, record.currency) == (Decimal(amount), currency)


def test_a_guest_and_a_line_without_a_sku() -> None:
    record = read_with(ORDERS_READ, order(user=None, lines=[line(productSku=None, variantName="")]))
    assert not record.customer.id
    assert record.customer.email == "ada@example.com"
    assert (record.lines[0].sku, record.lines[0].title) == (None, "Mug")


def test_what_is_not_shipped_has_no_address() -> None:
    record = read_with(ORDERS_READ, order(shippingAddress=None))
    assert not isinstance(record.shipping_address, Address) or record.shipping_address.name is None


def test_what_is_still_to_be_shipped() -> None:
    told = order(status="PARTIALLY_FULFILLED", lines=[line(quantity=3, quantityFulfilled=1)])
    assert units(read_with(ORDERS_READ, told)) == [("MUG-001", 2)]


def test_a_notification_of_an_order() -> None:
    record = read_with(NOTIFIED_ORDERS_READ, sample("saleor/notify_the_order_has_been_refunded.json"))
    home = Address(
        name="Maciej KK",
        company=None,
        line1="Teczowa 7",
        line2=None,
        city="WROCLAW",
        region=None,
        postal_code="53-601",
        country="PL",
        phone=None,
    )
    assert record == Order(
        id="VXNlcjo1MQ==",
        number="VXNlcjo1MQ==",
        placed_at=datetime(2021, 3, 11, 16, 56, 59, 121991, tzinfo=UTC),
        currency="USD",
        total=Decimal("240.82"),
        subtotal=Decimal("149.60"),
        tax=Decimal("0.00"),
        shipping_total=Decimal("91.22"),
        discount_total=Decimal(0),
        status="open",
        fulfillment_status="unfulfilled",
        email="admin@example.com",
        shipping_address=home,
        billing_address=home,
        lines=[
            OrderLine(
                id="VXNlcjoxMjM=",
                sku="93855755",
                title="Apple Juice - 500ml",
                ordered=Decimal(11),
                shipped=Decimal(0),
                unit_price=Decimal("4.00"),
                tax=Decimal("0.00"),
                total=Decimal("44.00"),
            )
        ],
        refunds=[Refund(amount=Decimal("16.800"), currency="USD")],
        extra={"channel": "default-channel"},
    )


@pytest.mark.parametrize(
    ("name", "number", "total", "status", "fulfillment", "line"),
    [
        (
            "fulfillment_has_been_updated",
            "52",
            "55.18",
            "open",
            "partial",
            ("VXNlcjoxMjY=", "43226647", 2, 1),
        ),
        ("order_has_been_fulfilled", "52", "55.18", "open", "partial", ("VXNlcjoxMjY=", "43226647", 2, 1)),
        (
            "order_has_been_canceled",
            "53",
            "41.68",
            "cancelled",
            "unfulfilled",
            ("VXNlcjoxMjk=", "80884671", 1, 0),
        ),
        (
            "order_has_been_confirmed_by_the_staf",
            "VXNlcjo1MQ==",
            "240.82",
            "open",
            "unfulfilled",
            ("VXNlcjoxMjQ=", "43226647", 11, 0),
        ),
        (
            "order_has_been_created",
            "VXNlcjo1MQ==",
            "240.82",
            "open",
            "unfulfilled",
            ("VXNlcjoxMjQ=", "43226647", 11, 0),
        ),
    ],
)
def test_notifications(
    name: str, number: str, total: str, status: str, fulfillment: str, line: tuple[str, str, int, int]
) -> None:
    record = read_with(NOTIFIED_ORDERS_READ, sample(f"saleor/notify_the_{name}.json"))
    assert (record.number, record.total) == (number, Decimal(total))
    assert (record.status, record.fulfillment_status) == (status, fulfillment)
    (made,) = record.lines
    assert (made.id, made.sku, made.ordered, made.shipped) == line
    assert record.refunds == []


def test_the_tracking_number_of_a_notification() -> None:
    told = sample("saleor/notify_the_fulfillment_has_been_updated.json")
    record = read_with(NOTIFIED_ORDERS_READ, told)
    assert record.extra["tracking_number"] == "http://127.0.0.1:8000/tracking-url"


def test_a_refund() -> None:
    told = {
        **event("REFUND_SUCCESS", 6.5),
        "order": {"id": "T3JkZXI6MQ==", "number": "19"},
        "provider": "Card",
    }
    assert read_with(REFUNDS_READ, told) == Refund(
        id="VHJhbnNhY3Rpb25FdmVudDox",
        order_id="T3JkZXI6MQ==",
        order_number="19",
        amount=Decimal("6.5"),
        currency="USD",
        reason="Broken",
        created_at=MOMENT,
        extra={"provider": "Card", "reference": "psp-2"},
    )


def test_a_customer() -> None:
    assert read_with(CUSTOMERS_READ, customer("VXNlcjo3")) == Customer(
        id="VXNlcjo3",
        updated_at=MOMENT,
        created_at=MOMENT,
        name="Ada Lace",
        first_name="Ada",
        last_name="Lace",
        email="ada@example.com",
        phone="+15551234567",
        company=None,
        address=HOME,
    )


def listing(channel: str, amount: float, currency: str) -> dict[str, Any]:
    return {"channel": {"slug": channel}, "price": money(amount, currency)}


def test_a_variant_of_one_channel() -> None:
    assert read_with(VARIANTS_READ, variant("UHJv", listing("web", 12.5, "USD"))) == Variant(
        id="UHJv",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug - Blue",
        price=Decimal("12.5"),
        currency="USD",
        weight_grams=Decimal(400),
        extra={"prices": [{"channel": "web", "price": money(12.5)}]},
    )


def test_of_several_channels_no_price_is_chosen() -> None:
    told = variant("UHJv", listing("web", 12.5, "USD"), listing("pl", 50, "PLN"))
    record = read_with(VARIANTS_READ, told)
    assert not record.price
    assert not record.currency
    assert [one["channel"] for one in record.extra["prices"]] == ["web", "pl"]


@pytest.mark.parametrize(
    ("weight", "grams"),
    [
        ({"unit": "LB", "value": 1}, "453.59237"),
        ({"unit": "G", "value": 7}, "7"),
        ({"unit": "TONNE", "value": 1}, None),
        (None, None),
    ],
)
def test_weights(weight: dict[str, Any] | None, grams: str | None) -> None:
    record = read_with(VARIANTS_READ, {**variant("UHJv"), "weight": weight})
    assert (record.weight_grams or None) == (Decimal(grams) if grams else None)


def test_stock() -> None:
    assert read_with(STOCK_READ, stock("U3RvY2s6MQ==")) == StockLevel(
        id="U3RvY2s6MQ==",
        sku="MUG-001",
        location="home",
        on_hand=Decimal(9),
        allocated=Decimal(2),
        available=Decimal(7),
    )


def test_what_is_written() -> None:
    level = StockLevel(sku="MUG-001", available=Decimal(5))
    assert write_with(STOCK_WRITE, level) == {"sku": "MUG-001", "available": 5}
    shipment = Shipment(
        tracking_number="T1", lines=[ShipmentLine(order_line_id="T3JkZXJMaW5lOjE=", quantity=Decimal(2))]
    )
    assert write_with(FULFILLMENTS_WRITE, shipment, ids={"order": "T3JkZXI6MQ=="}) == {
        "order_id": "T3JkZXI6MQ==",
        "tracking_number": "T1",
        "lines": [{"order_line_id": "T3JkZXJMaW5lOjE=", "quantity": 2}],
    }
    made = Customer(id="C7", email="ada@example.com", first_name="Ada", last_name="Lace")
    assert write_with(CUSTOMERS_WRITE, made) == {
        "email": "ada@example.com",
        "firstName": "Ada",
        "lastName": "Lace",
        "externalReference": "C7",
    }
