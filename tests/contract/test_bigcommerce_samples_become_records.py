"""BigCommerce's own examples as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.bigcommerce import (
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    ORDERS_READ,
    REFUNDS_READ,
    SHIPMENTS_WRITE,
    STOCK_READ,
    STOCK_WRITE,
    VARIANTS_READ,
)
from mappings.records import (
    ABSENT,
    Address,
    Customer,
    Order,
    OrderLine,
    Refund,
    Shipment,
    ShipmentLine,
    StockLevel,
    Variant,
    units,
)
from tests.contract.dialects.bigcommerce import item, product
from tests.contract.samples import read_with, sample, write_with

BILLING = Address(
    name="Jane Doe",
    company=None,
    line1="555 East Street",
    line2=None,
    city="Austin",
    region="Texas",
    postal_code="78108",
    country="US",
    phone="1234567890",
    email="janedoe@example.com",
)
CUSTOMER = Customer(
    id="11",
    name="Jane Doe",
    first_name="Jane",
    last_name="Doe",
    company=None,
    email="janedoe@example.com",
    phone="1234567890",
    accepts_marketing=False,
)


def order(**more: Any) -> dict[str, Any]:
    """The example with its lines, as they come where they are asked for."""
    shipping = (sample("bigcommerce/order_shipments_v2.json") or [{}])[0].get("shipping_address", {})
    lines = sample("bigcommerce/order_products_v2.json")
    consignments = {
        "shipping": [{"id": 51, **shipping, "line_items": lines}],
        "pickups": [],
        "downloads": [],
        "email": {"gift_certificates": []},
    }
    return {**sample("bigcommerce/order_v2.json"), "consignments": consignments, **more}


def test_an_order() -> None:
    assert read_with(ORDERS_READ, order()) == Order(
        id="218",
        number="218",
        placed_at=datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC),
        updated_at=datetime(2019, 3, 11, 15, 17, 25, tzinfo=UTC),
        currency="USD",
        total=Decimal("69.8400"),
        subtotal=Decimal("67.8400"),
        tax=Decimal("5.3100"),
        shipping_total=Decimal("12.0000"),
        discount_total=Decimal("10.0000"),
        status="open",
        payment_status="authorized",
        fulfillment_status="unfulfilled",
        email="janedoe@example.com",
        customer=CUSTOMER,
        billing_address=BILLING,
        shipping_address=Address(
            name="Trishy Smith",
            company="Acme Pty Ltd",
            line1="666 Sussex St",
            line2=None,
            city="Anywhere",
            region="Some State",
            postal_code="12345",
            country="US",
            phone="555-123-4567",
            email="elsie@example.com",
        ),
        note=None,
        lines=[
            OrderLine(
                id="65",
                sku="S-ORAN",
                title="Fog Linen Chambray Towel - Beige Stripe",
                ordered=Decimal(1),
                shipped=Decimal(0),
                refunded=Decimal(0),
                unit_price=Decimal("65.2300"),
                requires_shipping=True,
                tax=Decimal("9.2400"),
                discount=Decimal("1.5900"),
                total=Decimal("63.6400"),
            ),
            OrderLine(
                id="66",
                sku="ABS",
                title="Able Brewing System",
                ordered=Decimal(1),
                shipped=Decimal(0),
                refunded=Decimal(0),
                unit_price=Decimal("0.0000"),
                requires_shipping=True,
                tax=Decimal("0.0000"),
                discount=Decimal(0),
                total=Decimal("0.0000"),
            ),
        ],
        extra={
            "status": "Awaiting Payment",
            "payment_method": "Cash",
            "payment": None,
            "channel": 1,
            "external_order_id": "external-order-id",
        },
    )


@pytest.mark.parametrize(
    ("file", "status", "payment", "fulfillment"),
    [
        ("order_v2", "open", "authorized", "unfulfilled"),
        ("order_v2_cancelled.derived", "cancelled", "authorized", "unfulfilled"),
        ("order_v2_partially_refunded.derived", "open", "partially_refunded", "unfulfilled"),
        ("order_v2_partially_shipped.derived", "open", "authorized", "partial"),
        ("order_v2_multiple_items", "open", "paid", "unfulfilled"),
    ],
)
def test_what_became_of_an_order(file: str, status: str, payment: str, fulfillment: str) -> None:
    record = read_with(ORDERS_READ, sample(f"bigcommerce/{file}.json"))
    assert (record.status, record.payment_status, record.fulfillment_status) == (status, payment, fulfillment)


def test_the_orders_of_a_list() -> None:
    (told,) = sample("bigcommerce/orders_v2_list.json")
    record = read_with(ORDERS_READ, told)
    assert (record.number, record.total, record.currency) == ("100", Decimal("361.9500"), "USD")
    assert record.placed_at == datetime(2018, 1, 10, 21, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "payment", "fulfillment"),
    [
        ({"status_id": 4, "items_shipped": 4}, "refunded", "fulfilled"),
        ({"status_id": 14, "items_shipped": 1}, "partially_refunded", "partial"),
        ({"payment_status": "refunded"}, "refunded", "unfulfilled"),
        ({"payment_status": "partially refunded"}, "partially_refunded", "unfulfilled"),
        ({"payment_status": "capture pending"}, "authorized", "unfulfilled"),
        ({"payment_status": "void"}, "voided", "unfulfilled"),
        ({"payment_status": "declined"}, "failed", "unfulfilled"),
        ({"payment_status": "held for review"}, "pending", "unfulfilled"),
        ({"payment_status": "", "status_id": 6}, "failed", "unfulfilled"),
        ({"payment_status": "", "status_id": 7}, "pending", "unfulfilled"),
        ({"payment_status": "", "status_id": 11}, "paid", "unfulfilled"),
        ({"payment_status": "paid", "status_id": 2}, "paid", "fulfilled"),
        ({"payment_status": "paid", "status_id": 10, "items_total": 0}, "paid", "fulfilled"),
    ],
)
def test_states(told: dict[str, Any], payment: str, fulfillment: str) -> None:
    record = read_with(ORDERS_READ, order(**told))
    assert (record.payment_status, record.fulfillment_status) == (payment, fulfillment)


def test_an_amount_is_in_the_currency_that_is_paid_and_not_in_the_one_that_was_shown() -> None:
    told = order(currency_code="EUR", default_currency_code="JPY", total_inc_tax="1250.0000")
    record = read_with(ORDERS_READ, told)
    assert (record.currency, record.total) == ("JPY", Decimal(1250))


def test_three_decimals_are_kept() -> None:
    record = read_with(ORDERS_READ, order(default_currency_code="KWD", total_inc_tax="1.2505"))
    assert (record.currency, record.total) == ("KWD", Decimal("1.2505"))


def test_a_guest_has_no_customer_id() -> None:
    record = read_with(ORDERS_READ, order(customer_id=0))
    assert (record.customer.id, record.customer.email) == (None, "janedoe@example.com")


def test_lines_of_all_ways_of_delivery_and_one_without_a_sku() -> None:
    parts = order()["consignments"]
    first = parts["shipping"][0]["line_items"][0]
    parts["pickups"] = [{"id": 9, "line_items": [{**first, "id": 70, "sku": ""}]}]
    parts["downloads"] = [{"line_items": [{**first, "id": 71}]}]
    parts["email"] = {"gift_certificates": [{"line_items": [{**first, "id": 72}]}]}
    lines = read_with(ORDERS_READ, order(consignments=parts)).lines
    assert [(line.id, line.sku) for line in lines] == [
        ("65", "S-ORAN"),
        ("66", "ABS"),
        ("70", None),
        ("71", "S-ORAN"),
        ("72", "S-ORAN"),
    ]


def test_what_is_still_to_be_shipped() -> None:
    told = order(payment_status="paid", status_id=3)
    first, second = told["consignments"]["shipping"][0]["line_items"]
    told["consignments"]["shipping"][0]["line_items"] = [
        {**first, "quantity": 3, "quantity_shipped": 1, "quantity_refunded": 1},
        {**second, "quantity_shipped": 1},
    ]
    record = read_with(ORDERS_READ, told)
    assert [(line.shipped, line.refunded) for line in record.lines] == [(1, 1), (1, 0)]
    assert units(record) == [("S-ORAN", 2)]
    assert units(read_with(ORDERS_READ, {**told, "status_id": 5})) == []


def test_an_order_that_is_not_shipped_anywhere_has_no_address() -> None:
    record = read_with(ORDERS_READ, order(consignments={"shipping": [], "pickups": [], "downloads": []}))
    assert not isinstance(record.shipping_address, Address)
    assert record.lines == []


def test_lines_that_were_not_asked_for_are_not_told() -> None:
    record = read_with(ORDERS_READ, sample("bigcommerce/order_v2.json"))
    assert record.lines is ABSENT
    assert record.shipping_address is ABSENT


def refund(**more: Any) -> dict[str, Any]:
    return {**(sample("bigcommerce/refund_v3.json") or {"data": {}})["data"], **more}


def test_refunds_of_an_order_without_those_that_were_declined() -> None:
    paid = [{"id": 1, "is_declined": False, "amount": 50}]
    declined = [{"id": 2, "is_declined": True, "amount": 7}]
    details = [refund(payments=paid), refund(id=13, payments=declined), refund(id=14, payments=[])]
    record = read_with(ORDERS_READ, order(refund_details=details))
    assert [(one.id, one.amount, one.currency) for one in record.refunds] == [
        ("12", Decimal(50), "USD"),
        ("14", Decimal(50), "USD"),
    ]


def test_coupons_stand_beside_the_order() -> None:
    record = read_with(ORDERS_READ, order(coupon_details=[{"code": "TEN"}, {"code": None}]))
    assert record.extra["coupons"] == ["TEN"]


def test_a_refund() -> None:
    told = {**refund(), "order": {"currency_code": "EUR", "default_currency_code": "USD"}}
    assert read_with(REFUNDS_READ, told) == Refund(
        id="12",
        order_id="180",
        order_number="180",
        amount=Decimal(50),
        currency="USD",
        reason="Customer requires a refund.",
        created_at=datetime(2022, 6, 16, 16, 44, 15, tzinfo=UTC),
        extra={"provider": "storecredit", "is_declined": False},
    )


def test_a_refund_that_was_declined_says_so() -> None:
    told = {**refund(payments=[{"is_declined": True, "transaction_id": "t-1"}]), "order": {}}
    record = read_with(REFUNDS_READ, told)
    assert (record.extra["is_declined"], record.extra["payment"]) == (True, "t-1")


def test_a_customer() -> None:
    (told,) = sample("bigcommerce/customers_v3.json")["data"]
    assert read_with(CUSTOMERS_READ, {**told, "id": 7, "date_modified": "2026-11-20T10:00:00Z"}) == Customer(
        id="7",
        updated_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        name="Jane Smith",
        first_name="Jane",
        last_name="Smith",
        company="Acme Corp",
        email="jane.smith@example.com",
        phone="555-123-4567",
        address=Address(
            name="Jane Smith",
            line1="Addr1",
            line2=None,
            city="string",
            region="string",
            postal_code="string",
            country="st",
            phone="555-123-4567",
        ),
        extra={"group": 0},
    )


@pytest.mark.parametrize(("price", "expected"), [(13, Decimal(13)), (None, Decimal("12.5"))])
def test_a_variant_costs_what_its_product_costs_where_it_has_no_price(
    price: int | None, expected: Decimal
) -> None:
    whole = product(1, 11)
    told = {**whole["variants"][0], "price": price, "upc": "", "product": whole}
    assert read_with(VARIANTS_READ, told) == Variant(
        id="11",
        sku="MUG-11",
        title="Mug",
        barcode=None,
        price=expected,
        updated_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
    )


def test_a_variant_is_called_by_what_is_chosen_of_it() -> None:
    chosen = [{"label": "Blue"}, {"label": "Large"}]
    told = {"id": 1, "sku": "", "option_values": chosen, "product": {"name": "Shirt"}}
    record = read_with(VARIANTS_READ, told)
    assert (record.title, record.sku) == ("Shirt - Blue, Large", None)


def test_stock_of_one_location_and_of_several() -> None:
    assert read_with(STOCK_READ, item(11)) == StockLevel(
        id="11", sku="MUG-11", location="main", on_hand=Decimal(8), available=Decimal(7)
    )
    several = item(11)
    several["locations"] = [*several["locations"], {"available_to_sell": 1, "total_inventory_onhand": 2}]
    record = read_with(STOCK_READ, several)
    assert (record.location, record.on_hand, record.available) == (None, Decimal(10), Decimal(8))


def test_what_is_written() -> None:
    level = StockLevel(sku="MUG-11", available=Decimal(5))
    assert write_with(STOCK_WRITE, level) == {"sku": "MUG-11", "available": 5}
    shipment = Shipment(
        order_id="7",
        carrier="ups",
        tracking_number="T1",
        lines=[ShipmentLine(order_line_id="70", quantity=Decimal(2))],
    )
    expected = {
        "order_id": "7",
        "tracking_number": "T1",
        "shipping_provider": "ups",
        "shipping_method": "ups",
        "items": [{"order_product_id": 70, "quantity": 2}],
    }
    assert write_with(SHIPMENTS_WRITE, shipment, ids={"order": "7"}) == expected
    shipment.carrier = "Bike Courier"
    other = {**expected, "shipping_provider": "", "shipping_method": "Bike Courier"}
    assert write_with(SHIPMENTS_WRITE, shipment, ids={"order": "7"}) == other
    customer = Customer(email="7@example.com", first_name="Ada", last_name="Lace", phone=None)
    assert write_with(CUSTOMERS_WRITE, customer) == {
        "email": "7@example.com",
        "first_name": "Ada",
        "last_name": "Lace",
        "company": "",
        "phone": "",
    }
