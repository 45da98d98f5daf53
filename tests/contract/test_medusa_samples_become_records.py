"""Medusa's payloads as Records, and ours for it, worked out by hand. They are written after the vendor's schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets import Preset
from mappings.presets.medusa import (
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    FULFILLMENTS_WRITE,
    ORDERS_READ,
    PAYMENTS_READ,
    REFUNDS_READ,
    REFUNDS_WRITE,
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
)
from mappings.translate import compile_rules, read
from tests.contract.medusa_payloads import (
    ADDRESS,
    AWAY,
    HERE,
    collection,
    customer,
    item,
    level,
    line,
    order,
    payment,
    refund,
    variant,
)
from tests.contract.samples import read_with, write_with

MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 10, tzinfo=UTC)
HOME = Address(
    name="Ada L",
    company=None,
    line1="1 High St",
    line2=None,
    city="Ely",
    region=None,
    postal_code="CB7 4DL",
    country="GB",
    phone="+441234567890",
)


def test_an_order() -> None:
    assert read_with(ORDERS_READ, order(1)) == Order(
        id="order_1",
        number="1001",
        placed_at=MOMENT,
        updated_at=MOMENT,
        cancelled_at=None,
        currency="EUR",
        total=Decimal("16.5"),
        subtotal=Decimal("12.5"),
        tax=Decimal("3.3"),
        shipping_total=Decimal(4),
        discount_total=Decimal(0),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="ada@example.com",
        customer=Customer(
            id="cus_1",
            name="Ada L",
            first_name="Ada",
            last_name="L",
            email="ada@example.com",
            phone="+441234567890",
            company=None,
        ),
        shipping_address=HOME,
        billing_address=HOME,
        lines=[
            OrderLine(
                id="ordli_1",
                sku="MUG-001",
                title="Mug - Blue",
                ordered=Decimal(2),
                shipped=Decimal(0),
                refunded=Decimal(0),
                unit_price=Decimal("6.25"),
                requires_shipping=True,
                tax=Decimal("2.5"),
                discount=Decimal(0),
                total=Decimal("12.5"),
            )
        ],
        payments=[
            Payment(
                id="pay_1",
                amount=Decimal("16.5"),
                currency="EUR",
                status="paid",
                provider="pp_stripe_stripe",
                created_at=MOMENT,
            )
        ],
        refunds=[],
        extra={
            "status": "pending",
            "payment_status": "captured",
            "fulfillment_status": "not_fulfilled",
            "sales_channel": "sc_1",
            "payment": "pay_1",
        },
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("captured", "paid"),
        ("partially_captured", "partially_paid"),
        ("authorized", "authorized"),
        ("partially_authorized", "pending"),
        ("refunded", "refunded"),
        ("partially_refunded", "partially_refunded"),
        ("canceled", "voided"),
        ("requires_action", "pending"),
        ("awaiting", "pending"),
        ("not_paid", "pending"),
    ],
)
def test_whether_an_order_is_paid(theirs: str, ours: str) -> None:
    assert read_with(ORDERS_READ, order(1, payment_status=theirs)).payment_status == ours


@pytest.mark.parametrize(
    ("theirs", "shipped", "ours"),
    [
        ("not_fulfilled", 0, "unfulfilled"),
        ("fulfilled", 0, "unfulfilled"),
        ("partially_fulfilled", 0, "unfulfilled"),
        ("partially_shipped", 1, "partial"),
        ("shipped", 2, "fulfilled"),
        ("partially_delivered", 1, "partial"),
        ("partially_delivered", 2, "fulfilled"),
        ("delivered", 2, "fulfilled"),
        ("canceled", 0, "unfulfilled"),
    ],
)
def test_what_was_packed_is_not_shipped_yet(theirs: str, shipped: int, ours: str) -> None:
    lines = [line(1, fulfilled_quantity=2, shipped_quantity=shipped)]
    record = read_with(ORDERS_READ, order(1, fulfillment_status=theirs, items=lines))
    assert record.fulfillment_status == ours
    assert record.lines[0].shipped == shipped


def test_a_cancelled_order() -> None:
    record = read_with(ORDERS_READ, order(1, status="canceled", canceled_at="2026-11-21T10:00:00.000Z"))
    assert (record.status, record.cancelled_at) == ("cancelled", LATER)


def test_an_edited_order_shows_what_is_left_of_its_lines() -> None:
    """What was taken off by an edit is not in the quantity any more; the second collection is what was added."""
    paid = collection(payment(1))
    asked = collection(id="pay_col_2", amount=5, captured_amount=0, status="not_paid")
    lines = [line(1, 1), line(2, 3)]
    record = read_with(
        ORDERS_READ,
        order(1, items=lines, payment_collections=[paid, asked], payment_status="partially_captured"),
    )
    assert [(one.id, one.ordered) for one in record.lines] == [("ordli_1", 1), ("ordli_2", 3)]
    assert [one.id for one in record.payments] == ["pay_1"]
    assert record.payment_status == "partially_paid"


def test_a_part_of_an_order_went_back() -> None:
    back = payment(1, refund(1, 4.5), refund(2, 1.25, None))
    lines = [line(1, shipped_quantity=2, return_received_quantity=1)]
    told = order(1, items=lines, payment_collections=[collection(back)], payment_status="partially_refunded")
    record = read_with(ORDERS_READ, told)
    assert record.payment_status == "partially_refunded"
    assert record.payments[0].status == "partially_refunded"
    assert record.lines[0].refunded == 1
    assert record.refunds == [
        Refund(id="ref_1", amount=Decimal("4.5"), currency="EUR", reason="R-1 Broken", created_at=LATER),
        Refund(id="ref_2", amount=Decimal("1.25"), currency="EUR", reason=None, created_at=LATER),
    ]


def test_a_guest_and_a_line_without_a_sku() -> None:
    lines = [{**line(1), "variant_sku": None, "variant_title": None, "product_title": None}]
    away = {**ADDRESS, "first_name": "Ünal 🎁", "last_name": None}
    record = read_with(ORDERS_READ, order(1, customer=None, shipping_address=away, items=lines))
    assert (record.customer.name, record.customer.first_name) == ("Ünal 🎁", "Ünal 🎁")
    assert record.customer.email == "ada@example.com"
    assert (record.lines[0].sku, record.lines[0].title) == (None, "Mug")


def test_an_order_of_which_nothing_is_sent() -> None:
    record = read_with(ORDERS_READ, order(1, shipping_address=None, items=[]))
    assert not record.shipping_address.name
    assert not record.shipping_address.line1
    assert record.lines == []


@pytest.mark.parametrize(("currency", "total"), [("jpy", 500), ("kwd", 12.125), ("usd", 0.1)])
def test_amounts_are_in_the_currencys_own_unit(currency: str, total: float) -> None:
    record = read_with(ORDERS_READ, order(1, currency_code=currency, total=total))
    assert (record.currency, record.total) == (currency.upper(), Decimal(str(total)))


@pytest.mark.parametrize(
    ("preset", "payload", "missing"),
    [
        (ORDERS_READ, order(1, currency_code=None), "currency"),
        (ORDERS_READ, {**order(1), "id": None}, "id"),
        (PAYMENTS_READ, payment(1, currency_code=None), "currency"),
        (REFUNDS_READ, {**refund(1), "payment": {}}, "currency"),
    ],
    ids=["order-currency", "order-id", "payment-currency", "refund-currency"],
)
def test_what_must_be_there_is_missed(preset: Preset, payload: dict[str, Any], missing: str) -> None:
    found = read(compile_rules(list(preset.rules), "read", preset.kind), payload)
    assert [problem.field for problem in found.problems] == [missing]


def test_a_customer() -> None:
    home = {**ADDRESS, "is_default_shipping": True}
    other = {**ADDRESS, "is_default_shipping": False, "city": "Bath"}
    assert read_with(CUSTOMERS_READ, customer(7, addresses=[other, home])) == Customer(
        id="cus_7",
        updated_at=MOMENT,
        created_at=MOMENT,
        name="Ada L",
        first_name="Ada",
        last_name="L",
        company=None,
        email="7@example.com",
        phone="+441234567890",
        address=HOME,
        extra={"has_account": False},
    )


def test_a_customer_without_an_address() -> None:
    record = read_with(CUSTOMERS_READ, customer(7))
    assert not record.address or not record.address.city


def test_a_variant() -> None:
    assert read_with(VARIANTS_READ, variant(1, ean="4006381333931", weight=250)) == Variant(
        id="variant_1",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug - Blue",
        barcode="4006381333931",
        price=Decimal("6.25"),
        currency="EUR",
        weight_grams=Decimal(250),
        extra={"prices": [{"currency": "eur", "amount": 6.25, "from": None}]},
    )


def test_a_variant_with_several_prices_has_none_of_its_own() -> None:
    record = read_with(VARIANTS_READ, variant(1, ("eur", 6.25), ("jpy", 1000)))
    assert (record.price, record.currency) == (None, None)
    assert [one["currency"] for one in record.extra["prices"]] == ["eur", "jpy"]


def test_stock_of_one_place_and_of_several() -> None:
    one = {**item(1, level(5, 2)), "levels": [level(5, 2)]}
    assert read_with(STOCK_READ, one) == StockLevel(
        id="iitem_1",
        updated_at=MOMENT,
        sku="MUG-001",
        location=HERE,
        on_hand=Decimal(5),
        allocated=Decimal(2),
        available=Decimal(3),
    )
    both = {**one, "levels": [level(5, 2), level(7, 0, AWAY)]}
    record = read_with(STOCK_READ, both)
    assert (record.location, record.on_hand, record.available) == (None, 12, 10)


def test_more_is_reserved_than_there_is() -> None:
    """Backorders are allowed for the variant."""
    record = read_with(STOCK_READ, {**item(1), "levels": [level(1, 4)]})
    assert (record.on_hand, record.allocated, record.available) == (1, 4, -3)


def test_a_payment() -> None:
    assert read_with(PAYMENTS_READ, payment(1, refund(1))) == Payment(
        id="pay_1",
        updated_at=MOMENT,
        order_id="order_1",
        order_number="1001",
        amount=Decimal("16.5"),
        currency="EUR",
        status="partially_refunded",
        provider="pp_stripe_stripe",
        created_at=MOMENT,
        extra={"captured": Decimal("16.5"), "refunded": Decimal("4.5")},
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (payment(1), "paid"),
        (payment(1, refund(1, 16.5)), "refunded"),
        (payment(1, captures=[], captured_at=None), "authorized"),
        (payment(1, captures=[], captured_at=None, canceled_at="2026-11-21T10:00:00Z"), "voided"),
    ],
    ids=["paid", "refunded", "authorized", "voided"],
)
def test_the_states_of_a_payment(told: dict[str, Any], status: str) -> None:
    assert read_with(PAYMENTS_READ, told).status == status


def test_a_refund() -> None:
    told = {**refund(1), "order": {"id": "order_1", "display_id": 1001}}
    assert read_with(REFUNDS_READ, told) == Refund(
        id="ref_1",
        order_id="order_1",
        order_number="1001",
        amount=Decimal("4.5"),
        currency="EUR",
        reason="R-1 Broken",
        created_at=LATER,
        extra={"payment": "pay_1", "provider": "pp_stripe_stripe"},
    )


def test_stock_is_written() -> None:
    ours = StockLevel(id="1", sku="MUG-001", available=Decimal(3))
    assert write_with(STOCK_WRITE, ours) == {"sku": "MUG-001", "available": 3}


def test_a_shipment_is_written() -> None:
    ours = Shipment(
        id="S-1",
        tracking_number="T1",
        tracking_url="https://track.example.com/T1",
        lines=[ShipmentLine(order_line_id="ordli_1", quantity=Decimal(2))],
    )
    assert write_with(FULFILLMENTS_WRITE, ours, ids={"order": "order_1"}) == {
        "order_id": "order_1",
        "tracking_number": "T1",
        "tracking_url": "https://track.example.com/T1",
        "lines": [{"id": "ordli_1", "quantity": 2}],
    }


def test_a_customer_is_written_without_what_is_not_known() -> None:
    ours = Customer(id="7", email="Ada@Example.com", first_name="Ada", phone=None)
    body = write_with(CUSTOMERS_WRITE, ours)
    assert body == {"email": "ada@example.com", "first_name": "Ada", "phone": None}


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "4.50"), ("JPY", "500"), ("KWD", "12.125")])
def test_a_refund_is_written_to_the_last_place(currency: str, amount: str) -> None:
    ours = Refund(id="R-1", amount=Decimal(amount), currency=currency, extra={"payment": "pay_1"})
    body = write_with(REFUNDS_WRITE, ours)
    assert body == {"payment_id": "pay_1", "amount": amount, "reference": "R-1"}
