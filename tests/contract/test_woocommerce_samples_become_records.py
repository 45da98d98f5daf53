"""WooCommerce's own example objects as Records, worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.woocommerce import WooCommerce
from mappings.presets.woocommerce import (
    CUSTOMERS_READ,
    ORDERS_READ,
    REFUNDS_READ,
    STOCK_READ,
    VARIANTS_READ,
)
from mappings.records import (
    ABSENT,
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Refund,
    StockLevel,
    Variant,
    units,
)
from tests.contract.samples import read_with, sample

PLACED = datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC)
CHANGED = datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC)
HOME = {
    "name": "John Doe",
    "company": None,
    "line1": "969 Market",
    "line2": None,
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94103",
    "country": "US",
}


def order(**more: Any) -> dict[str, Any]:
    return {**sample("woocommerce/order_processing.json"), **more}


def line(shipped: int = 0, cancelled: int = 0) -> list[OrderLine]:
    of_two = min(shipped, 1) * 2, min(cancelled, 1) * 2
    return [
        OrderLine(
            id="315",
            sku=None,
            title="Woo Single #1",
            ordered=Decimal(2),
            shipped=Decimal(of_two[0]),
            cancelled=Decimal(of_two[1]),
            unit_price=Decimal(3),
            tax=Decimal("0.45"),
            discount=Decimal("0.00"),
            total=Decimal("6.00"),
        ),
        OrderLine(
            id="316",
            sku="Bar3",
            title="Ship Your Idea &ndash; Color: Black, Size: M Test",
            ordered=Decimal(1),
            shipped=Decimal(shipped),
            cancelled=Decimal(cancelled),
            unit_price=Decimal("12.00"),
            tax=Decimal("0.90"),
            discount=Decimal("0.00"),
            total=Decimal("12.00"),
        ),
    ]


PROCESSING = Order(
    id="727",
    number="727",
    placed_at=PLACED,
    updated_at=CHANGED,
    currency="USD",
    total=Decimal("29.35"),
    subtotal=Decimal("18.00"),
    tax=Decimal("1.35"),
    shipping_total=Decimal("10.00"),
    discount_total=Decimal("0.00"),
    status="open",
    payment_status="paid",
    fulfillment_status="unfulfilled",
    email="john.doe@example.com",
    customer=Customer(
        id=None,
        name="John Doe",
        first_name="John",
        last_name="Doe",
        company=None,
        email="john.doe@example.com",
        phone="(555) 555-5555",
    ),
    shipping_address=Address(**HOME),
    billing_address=Address(**HOME, phone="(555) 555-5555"),
    note=None,
    lines=line(),
    payments=[
        Payment(
            amount=Decimal("29.35"),
            currency="USD",
            status="paid",
            provider="bacs",
            reference=None,
            created_at=CHANGED,
        )
    ],
    refunds=[],
)


def changed(**more: Any) -> Order:
    return Order(**{name: getattr(PROCESSING, name) for name in PROCESSING.__struct_fields__} | more)


def test_an_order_of_a_guest_that_was_paid() -> None:
    assert read_with(ORDERS_READ, sample("woocommerce/order_processing.json")) == PROCESSING


def test_the_same_order_as_its_webhook_tells_it() -> None:
    sent = sample("woocommerce/webhook_order_updated.derived.json")
    assert read_with(ORDERS_READ, json.loads(sent["raw_body"])) == PROCESSING


def test_an_order_that_was_cancelled_ships_nothing() -> None:
    record = read_with(ORDERS_READ, sample("woocommerce/order_cancelled.derived.json"))
    assert record == changed(status="cancelled", lines=line(cancelled=1))
    assert units(record) == []


def test_an_order_of_which_a_part_was_refunded_after_it_was_shipped() -> None:
    record = read_with(ORDERS_READ, sample("woocommerce/order_partially_refunded.derived.json"))
    refund = Refund(id="726", amount=Decimal("10.00"), currency="USD", reason="one item came back")
    assert record == changed(
        payment_status="partially_refunded",
        fulfillment_status="fulfilled",
        lines=line(shipped=1),
        refunds=[refund],
    )
    assert units(record) == []


def test_a_list_of_orders_and_an_order_of_a_registered_customer() -> None:
    first, second = (read_with(ORDERS_READ, row) for row in sample("woocommerce/orders_list.json"))
    assert first == PROCESSING
    assert second == Order(
        id="723",
        number="723",
        placed_at=datetime(2017, 3, 21, 19, 16, tzinfo=UTC),
        updated_at=datetime(2017, 3, 21, 19, 54, 51, tzinfo=UTC),
        currency="USD",
        total=Decimal("39.00"),
        subtotal=Decimal("29.00"),
        tax=Decimal("0.00"),
        shipping_total=Decimal("10.00"),
        discount_total=Decimal("0.00"),
        status="open",
        payment_status="partially_refunded",
        fulfillment_status="fulfilled",
        email="joao.silva@example.com",
        customer=Customer(
            id="26",
            name="João Silva",
            first_name="João",
            last_name="Silva",
            company=None,
            email="joao.silva@example.com",
            phone="(11) 1111-1111",
        ),
        shipping_address=Address(**RIO),
        billing_address=Address(**RIO, phone="(11) 1111-1111"),
        note=None,
        lines=[
            OrderLine(
                id=name,
                sku=None,
                title=title,
                ordered=Decimal(1),
                shipped=Decimal(1),
                cancelled=Decimal(0),
                unit_price=Decimal(amount),
                tax=Decimal("0.00"),
                discount=Decimal("0.00"),
                total=Decimal(amount),
            )
            for name, title, amount in (("311", "Woo Album #2", "9.00"), ("313", "Woo Ninja", "20.00"))
        ],
        payments=[],
        refunds=[
            Refund(id="726", amount=Decimal("10.00"), currency="USD"),
            Refund(id="724", amount=Decimal("9.00"), currency="USD"),
        ],
    )


RIO = {
    "name": "João Silva",
    "company": None,
    "line1": "Av. Brasil, 432",
    "line2": None,
    "city": "Rio de Janeiro",
    "region": "RJ",
    "postal_code": "12345-000",
    "country": "BR",
}


def test_a_refund() -> None:
    payload = sample("woocommerce/order_refund.json")
    read = Refund(
        id="726",
        amount=Decimal("10.00"),
        reason=None,
        created_at=datetime(2017, 3, 21, 20, 7, 11, tzinfo=UTC),
    )
    assert read_with(REFUNDS_READ, payload) == read
    order_of_it = {"id": 723, "number": "W-723", "currency": "JPY"}
    record = read_with(REFUNDS_READ, {**payload, "parent_id": 723, "order": order_of_it})
    assert (record.order_id, record.order_number, record.currency) == ("723", "W-723", "JPY")


def test_a_customer() -> None:
    assert read_with(CUSTOMERS_READ, sample("woocommerce/customer.json")) == Customer(
        id="25",
        name="John Doe",
        first_name="John",
        last_name="Doe",
        company=None,
        email="john.doe@example.com",
        phone="(555) 555-5555",
        address=Address(**HOME, phone="(555) 555-5555"),
        created_at=datetime(2017, 3, 21, 19, 9, 28, tzinfo=UTC),
        updated_at=datetime(2017, 3, 21, 19, 9, 30, tzinfo=UTC),
    )


def test_a_product_without_a_sku_and_without_stock_management() -> None:
    payload = sample("woocommerce/product.json")
    moment = datetime(2017, 3, 23, 20, 1, 14, tzinfo=UTC)
    assert read_with(VARIANTS_READ, payload) == Variant(
        id="794", updated_at=moment, sku=None, title="Premium Quality", price=Decimal("21.99")
    )
    assert read_with(STOCK_READ, payload) == StockLevel(
        id="794",
        updated_at=moment,
        sku=None,
        available=None,
        extra={"status": "instock", "backorders": "no"},
    )


def test_a_variation_is_called_by_its_product_and_what_is_chosen_of_it() -> None:
    payload = sample("woocommerce/product_variation.json") | {"parent": {"id": 22, "name": "Ship Your Idea"}}
    assert read_with(VARIANTS_READ, payload) == Variant(
        id="732",
        updated_at=datetime(2017, 3, 23, 3, 36, 38, tzinfo=UTC),
        sku=None,
        title="Ship Your Idea - Black",
        price=Decimal("9.00"),
    )


@pytest.mark.parametrize(("quantity", "available"), [(7, "7"), (0, "0"), (-3, "-3"), (1.5, "1.5")])
def test_stock_below_zero_is_what_was_sold_on_backorder(quantity: float, available: str) -> None:
    record = read_with(STOCK_READ, {**sample("woocommerce/product.json"), "stock_quantity": quantity})
    assert record.available == Decimal(available)


def test_what_the_shop_tells_of_its_own_webhooks_is_of_a_topic_that_is_heard() -> None:
    told = sample("woocommerce/webhook.json")
    assert told["topic"] in WooCommerce.declaration["webhook"]["topics"]


REFUNDED = [{"id": 1, "reason": "", "total": "-29.35"}]


@pytest.mark.parametrize(
    ("told", "statuses"),
    [
        ({"status": "pending", "date_paid_gmt": None}, ("open", "pending", "unfulfilled")),
        ({"status": "on-hold", "date_paid_gmt": None}, ("open", "pending", "unfulfilled")),
        ({"status": "failed", "date_paid_gmt": None}, ("open", "failed", "unfulfilled")),
        ({"status": "cancelled", "date_paid_gmt": None}, ("cancelled", "pending", "unfulfilled")),
        ({"status": "processing", "date_paid_gmt": None}, ("open", "paid", "unfulfilled")),
        ({"status": "completed"}, ("open", "paid", "fulfilled")),
        ({"status": "packing"}, ("open", "paid", "unfulfilled")),
        ({"status": "refunded", "refunds": REFUNDED}, ("open", "refunded", "unfulfilled")),
        (
            {"status": "refunded", "refunds": REFUNDED, "date_completed_gmt": "2017-03-23T08:00:00"},
            ("open", "refunded", "fulfilled"),
        ),
        (
            {"meta_data": [{"id": 1, "key": "_crossdock_shipment_T1", "value": {"lines": {"315": "1"}}}]},
            ("open", "paid", "partial"),
        ),
    ],
)
def test_what_a_status_stands_for(told: dict[str, Any], statuses: tuple[str, str, str]) -> None:
    record = read_with(ORDERS_READ, order(**told))
    assert (record.status, record.payment_status, record.fulfillment_status) == statuses


@pytest.mark.parametrize(
    ("currency", "total", "refund"),
    [("JPY", "2935", "-500"), ("KWD", "29.350", "-1.125"), ("EUR", "1234567.89", "-0.01")],
)
def test_amounts_are_exact_in_every_currency(currency: str, total: str, refund: str) -> None:
    payload = order(currency=currency, total=total, refunds=[{"id": 1, "reason": "", "total": refund}])
    record = read_with(ORDERS_READ, payload)
    assert (record.currency, str(record.total)) == (currency, total)
    assert [(str(one.amount), one.currency) for one in record.refunds] == [(refund[1:], currency)]
    assert {one.currency for one in record.payments} == {currency}


def test_a_line_with_a_discount_tells_it_and_what_is_left() -> None:
    lines = [{**order()["line_items"][1], "subtotal": "15.00", "total": "12.00"}]
    (read,) = read_with(ORDERS_READ, order(line_items=lines)).lines
    assert (read.discount, read.total, read.unit_price) == (Decimal("3.00"), Decimal("12.00"), Decimal(12))


def test_a_product_that_is_not_there_any_more_leaves_a_line_without_sku() -> None:
    lines = [{**order()["line_items"][1], "sku": None}]
    assert read_with(ORDERS_READ, order(line_items=lines)).lines[0].sku is None


def test_what_is_not_told_of_a_product_is_not_overwritten() -> None:
    record = read_with(VARIANTS_READ, sample("woocommerce/product.json"))
    assert (record.currency, record.weight_grams, record.barcode) == (ABSENT, ABSENT, ABSENT)
