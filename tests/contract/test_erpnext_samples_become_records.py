"""ERPNext's orders, customers, items, stock, invoices and returns as Records, worked out by hand.

ERPNext publishes no examples: the payloads are built in the shape of its documents."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.erpnext_parts import completed
from mappings.presets.erpnext import (
    CUSTOMERS_READ,
    INVOICES_READ,
    ORDERS_READ,
    REFUNDS_READ,
    STOCK_READ,
    VARIANTS_READ,
)
from mappings.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Refund,
    StockLevel,
    Variant,
)
from tests.contract.dialects.erpnext import (
    BESIDE,
    ZONE,
    address,
    customer,
    invoice,
    item,
    line,
    order,
    returned,
    stock,
)
from tests.contract.samples import read_with

# Ten o'clock in Berlin.
MOMENT = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)
HOME = Address(
    name="Test Buyer",
    line1="Street 1",
    line2=None,
    city="Austin",
    region="TX",
    postal_code="78701",
    country="US",
    phone=None,
    email=None,
)


def with_parts(resource: str, row: dict[str, Any], **beside: list[dict[str, Any]]) -> dict[str, Any]:
    """As the connector completes it. `beside`: documents of a kind, whose spaces are written as underscores."""
    rows = {**BESIDE, **{name.replace("_", " "): found for name, found in beside.items()}}

    def look(doctype: str, filters: list[Any], parent: str) -> list[dict[str, Any]]:
        return [dict(one) for one in rows[doctype]]

    (done,) = completed(resource, [row], look, "Standard Selling")
    return {**done, "time_zone": ZONE}


def of_order(row: dict[str, Any], **beside: list[dict[str, Any]]) -> Any:
    return read_with(ORDERS_READ, with_parts("orders", row, **beside))


def test_an_order() -> None:
    assert of_order(order(1, per_billed=100.0)) == Order(
        id="SO-00001",
        number="SO-00001",
        placed_at=datetime(2026, 11, 19, 23, tzinfo=UTC),
        updated_at=MOMENT,
        currency="EUR",
        total=Decimal("24.2"),
        subtotal=Decimal(20),
        tax=Decimal("4.2"),
        discount_total=Decimal(0),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="buyer@example.com",
        customer=Customer(id="Test Buyer", name="Test Buyer", email="buyer@example.com", phone=None),
        billing_address=HOME,
        shipping_address=Address(
            name="Test Buyer",
            line1="Street 2",
            line2=None,
            city="Austin",
            region=None,
            postal_code="78701",
            country="US",
            phone=None,
            email=None,
        ),
        lines=[
            OrderLine(
                id="row1",
                sku="MUG-001",
                title="Mug",
                ordered=Decimal(2),
                cancelled=Decimal(0),
                shipped=Decimal(0),
                unit_price=Decimal(10),
                total=Decimal(20),
            )
        ],
        refunds=[],
        extra={
            "po_no": "#1",
            "status": "To Deliver and Bill",
            "amended_from": None,
            "delivery_date": "2026-11-20",
        },
    )


def test_times_are_of_the_sites_clock_in_summer_too() -> None:
    record = of_order(order(1, modified="2026-07-20 10:00:00"))
    assert record.updated_at == datetime(2026, 7, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "invoices", "status"),
    [
        ({}, [], "pending"),
        ({"per_billed": 100.0}, [invoice(1)], "paid"),
        ({"per_billed": 50.0}, [invoice(1)], "partially_paid"),
        ({"per_billed": 100.0}, [invoice(1, outstanding_amount=24.2)], "pending"),
        ({"per_billed": 100.0}, [invoice(1, outstanding_amount=4.2)], "partially_paid"),
        # Overpaid by as much as the other is owed: nothing is owed.
        (
            {"per_billed": 100.0},
            [invoice(1, outstanding_amount=-4.2), invoice(2, outstanding_amount=4.2)],
            "paid",
        ),
        ({"advance_paid": 24.0}, [], "paid"),
        ({"advance_paid": 23.99}, [], "partially_paid"),
        ({"advance_paid": 24.1, "rounded_total": 0.0}, [], "partially_paid"),
        ({"per_billed": 100.0}, [invoice(1), returned(2, grand_total=-4.2)], "partially_refunded"),
        ({"per_billed": 100.0}, [invoice(1), returned(2)], "refunded"),
        # As binary fractions 0.7 and 0.1 are a hair less than 0.8.
        (
            {"per_billed": 100.0},
            [invoice(1, grand_total=0.8), returned(2, grand_total=-0.7), returned(3, grand_total=-0.1)],
            "refunded",
        ),
    ],
)
def test_whether_an_order_is_paid(told: dict[str, Any], invoices: list[dict[str, Any]], status: str) -> None:
    parts = [{"parent": one["name"], "sales_order": "SO-00001"} for one in invoices]
    record = of_order(order(1, **told), Sales_Invoice_Item=parts * 2, Sales_Invoice=invoices)
    assert record.payment_status == status


def test_what_was_given_back_is_told_without_its_sign() -> None:
    parts = [{"parent": "INV-00002", "sales_order": "SO-00001"}]
    record = of_order(order(1), Sales_Invoice_Item=parts, Sales_Invoice=[returned(2, grand_total=-0.3)])
    assert record.refunds == [Refund(id="INV-00002", amount=Decimal("0.3"), currency="EUR")]


def test_an_invoice_of_two_lines_is_counted_once() -> None:
    parts = [{"parent": "INV-00001", "sales_order": "SO-00001"}] * 2
    row = with_parts("orders", order(1), Sales_Invoice_Item=parts)
    assert (len(row["invoices"]), row["invoiced"]) == (1, "24.2")


def test_an_invoice_of_another_order_is_not_this_ones() -> None:
    parts = [{"parent": "INV-00001", "sales_order": "SO-00002"}]
    row = with_parts("orders", order(1), Sales_Invoice_Item=parts)
    assert (row["invoices"], row["invoiced"]) == ([], "0")


@pytest.mark.parametrize(
    ("told", "status", "fulfillment", "cancelled"),
    [
        ({}, "open", "unfulfilled", "0"),
        ({"per_delivered": 50.0, "status": "To Deliver and Bill"}, "open", "partial", "0"),
        ({"per_delivered": 100.0, "status": "Completed"}, "open", "fulfilled", "0"),
        ({"per_delivered": 100.0, "status": "To Bill"}, "open", "fulfilled", "0"),
        ({"docstatus": 2, "status": "Cancelled"}, "cancelled", "unfulfilled", "2"),
        # What is closed before all of it was delivered is not delivered any more.
        ({"per_delivered": 50.0, "status": "Closed"}, "open", "partial", "1"),
        ({"per_delivered": 0.0, "status": "Closed"}, "cancelled", "unfulfilled", "2"),
        ({"status": "On Hold"}, "open", "unfulfilled", "0"),
    ],
)
def test_what_becomes_of_an_order(
    told: dict[str, Any], status: str, fulfillment: str, cancelled: str
) -> None:
    delivered = 2.0 * told.get("per_delivered", 0.0) / 100
    record = of_order(order(1, **told), Sales_Order_Item=[line(1, delivered_qty=delivered)])
    assert (record.status, record.fulfillment_status) == (status, fulfillment)
    assert [one.cancelled for one in record.lines] == [Decimal(cancelled)]


@pytest.mark.parametrize(("currency", "total", "exact"), [("JPY", 500.0, "500"), ("KWD", 12.125, "12.125")])
def test_amounts_are_what_the_currency_has(currency: str, total: float, exact: str) -> None:
    record = of_order(order(1, currency=currency, grand_total=total))
    assert (record.currency, record.total) == (currency, Decimal(exact))


def test_lines_stand_in_their_order_and_belong_to_theirs() -> None:
    rows = [line(1, 2, item_name="Cap 🎁"), line(2, 1), line(1, 1)]
    record = of_order(order(1), Sales_Order_Item=rows)
    assert [(one.id, one.title) for one in record.lines] == [("row1", "Mug"), ("row2", "Cap 🎁")]


def test_a_guest_without_an_address() -> None:
    told: dict[str, Any] = {"contact_email": None, "customer_address": None, "shipping_address_name": None}
    record = of_order(order(1, customer_name="Gast 😀", **told))
    assert (record.customer.name, record.email) == ("Gast 😀", None)
    assert record.shipping_address.line1 is None


def test_a_customer() -> None:
    assert read_with(CUSTOMERS_READ, with_parts("customers", customer(7))) == Customer(
        id="CUST-00007",
        updated_at=MOMENT,
        created_at=MOMENT,
        number="CUST-00007",
        name="Test Buyer",
        email="buyer@example.com",
        phone="+1 512 555 0100",
        address=HOME,
        extra={"type": "Individual", "group": "Individual", "territory": "All Territories", "tax_id": None},
    )


def test_a_company() -> None:
    record = read_with(CUSTOMERS_READ, with_parts("customers", customer(7, customer_type="Company")))
    assert record.company == "Test Buyer"


def test_an_item() -> None:
    assert read_with(VARIANTS_READ, with_parts("variants", item(1))) == Variant(
        id="MUG-001",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug",
        barcode="4006381333931",
        price=Decimal(10),
        currency="EUR",
        weight_grams=Decimal(350),
        extra={"group": "Cups"},
    )


@pytest.mark.parametrize(
    ("weight", "unit", "grams"),
    [
        (0.5, "Gram", "0.5"),
        (0.5, "Pound", "226.796185"),
        (0.0, "Kg", None),
        (0.5, None, None),
        (0.5, "Box", None),
    ],
)
def test_the_weight_of_an_item(weight: float, unit: str | None, grams: str | None) -> None:
    row = with_parts("variants", item(1, weight_per_unit=weight, weight_uom=unit))
    found = read_with(VARIANTS_READ, row).weight_grams
    assert (found or None) == (None if grams is None else Decimal(grams))


def test_the_price_is_the_latest_that_is_for_everybody() -> None:
    prices = [
        {"item_code": "MUG-001", "price_list_rate": 12.0, "currency": "EUR", "valid_from": "2026-11-01"},
        {"item_code": "MUG-001", "price_list_rate": 9.0, "currency": "EUR", "valid_from": None},
        {
            "item_code": "MUG-001",
            "price_list_rate": 1.0,
            "valid_from": "2026-11-02",
            "customer": "Test Buyer",
        },
        {"item_code": "MUG-002", "price_list_rate": 2.0, "currency": "EUR", "valid_from": "2026-11-03"},
    ]
    record = read_with(VARIANTS_READ, with_parts("variants", item(1), Item_Price=prices))
    assert record.price == Decimal(12)


def test_an_item_without_a_price_or_a_barcode() -> None:
    record = read_with(VARIANTS_READ, with_parts("variants", item(1), Item_Price=[], Item_Barcode=[]))
    assert not record.price
    assert not record.currency
    assert not record.barcode


def test_stock() -> None:
    assert read_with(STOCK_READ, with_parts("stock", stock(9))) == StockLevel(
        id="bin00009",
        updated_at=MOMENT,
        sku="MUG-001",
        location="Stores - A",
        on_hand=Decimal(7),
        allocated=Decimal(2),
        available=Decimal(5),
        extra={"projected": 5.0},
    )


def test_what_is_reserved_beyond_what_there_is_is_below_zero() -> None:
    record = read_with(STOCK_READ, with_parts("stock", stock(9, actual_qty=1.0, reserved_qty=3.0)))
    assert record.available == Decimal(-2)


def test_a_return() -> None:
    assert read_with(REFUNDS_READ, with_parts("refunds", returned(1, grand_total=-4.2))) == Refund(
        id="INV-00001",
        updated_at=MOMENT,
        created_at=MOMENT,
        order_id="SO-00001",
        order_number="SO-00001",
        amount=Decimal("4.2"),
        currency="EUR",
        reason="No Remarks",
        extra={"return_against": "INV-00001"},
    )


@pytest.mark.parametrize(
    ("told", "status", "amount"),
    [
        ({"status": "Unpaid", "outstanding_amount": 24.2}, "pending", "0"),
        ({"status": "Overdue", "outstanding_amount": 24.2}, "pending", "0"),
        ({"status": "Partly Paid", "outstanding_amount": 4.1}, "partially_paid", "20.1"),
        ({"status": "Paid"}, "paid", "24.2"),
        ({"status": "Credit Note Issued"}, "refunded", "24.2"),
    ],
)
def test_an_invoice(told: dict[str, Any], status: str, amount: str) -> None:
    assert read_with(INVOICES_READ, with_parts("invoices", invoice(1, **told))) == Payment(
        id="INV-00001",
        updated_at=MOMENT,
        created_at=MOMENT,
        order_id="SO-00001",
        order_number="SO-00001",
        amount=Decimal(amount),
        currency="EUR",
        status=status,
        reference="INV-00001",
        extra={"total": 24.2, "status": told["status"]},
    )


def test_an_invoice_of_no_order() -> None:
    parts = [{"parent": "INV-00001", "sales_order": None}]
    record = read_with(INVOICES_READ, with_parts("invoices", invoice(1), Sales_Invoice_Item=parts))
    assert not record.order_id


def test_an_address_without_a_country() -> None:
    record = of_order(
        order(1, shipping_address_name=None), Address=[address("Test Buyer-Billing", country=None)]
    )
    assert not record.billing_address.country
