"""Odoo's orders, partners, products, stock, invoices and credit notes as Records, worked out by hand.

Odoo publishes no examples that are whole: the payloads are built in the shape of its models."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.odoo_parts import completed
from mappings.presets.odoo import (
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
from tests.contract.dialects.odoo import BESIDE_ORDERS, line, move, order, partner, product
from tests.contract.samples import read_with

MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOME = Address(
    name="Test Buyer",
    company=None,
    line1="Street 1",
    line2=None,
    city="Austin",
    region="TX",
    postal_code="78701",
    country="US",
    phone="+1 512 555 0100",
)


def with_parts(resource: str, row: dict[str, Any], **beside: list[dict[str, Any]]) -> dict[str, Any]:
    """As the connector completes it. `beside`: rows of a model, whose dots are written as underscores."""
    rows = {**BESIDE_ORDERS, **{name.replace("_", "."): found for name, found in beside.items()}}
    (done,) = completed(resource, [row], lambda model, domain, fields: rows[model])
    return done


def of_order(row: dict[str, Any], **beside: list[dict[str, Any]]) -> Any:
    return read_with(ORDERS_READ, with_parts("orders", row, **beside))


def test_an_order() -> None:
    assert of_order(order(1, invoice_ids=[31], invoice_status="invoiced")) == Order(
        id="1",
        number="S00001",
        placed_at=MOMENT,
        updated_at=MOMENT,
        deliver_by=None,
        currency="EUR",
        total=Decimal("24.2"),
        subtotal=Decimal(20),
        tax=Decimal("4.2"),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="buyer@example.com",
        customer=Customer(
            id="51",
            number=None,
            name="Test Buyer",
            company=None,
            email="buyer@example.com",
            phone="+1 512 555 0100",
        ),
        billing_address=HOME,
        shipping_address=Address(
            name="Test Buyer, Door 2",
            company=None,
            line1="Street 1",
            line2=None,
            city="Austin",
            region=None,
            postal_code="78701",
            country="US",
            phone="+1 512 555 0100",
        ),
        lines=[
            OrderLine(
                id="7",
                sku="MUG-001",
                title="[MUG-001] Mug",
                ordered=Decimal(2),
                cancelled=Decimal(0),
                shipped=Decimal(0),
                unit_price=Decimal(10),
                tax=Decimal("4.2"),
                total=Decimal(20),
            )
        ],
        payments=[
            Payment(
                id="31", amount=Decimal("24.2"), currency="EUR", status="paid", reference="INV/2026/00031"
            )
        ],
        refunds=[],
        extra={"client_order_ref": "#1", "origin": None, "state": "sale"},
    )


@pytest.mark.parametrize(
    ("moves", "invoiced", "status"),
    [
        ([], "to invoice", "pending"),
        ([move(1, state="draft", payment_state="not_paid")], "invoiced", "pending"),
        ([move(1, payment_state="not_paid", amount_residual=24.2)], "invoiced", "pending"),
        ([move(1, payment_state="in_payment")], "invoiced", "paid"),
        ([move(1, payment_state="paid")], "to invoice", "partially_paid"),
        ([move(1, payment_state="partial", amount_residual=4.2)], "invoiced", "partially_paid"),
        ([move(1), move(2, move_type="out_refund", amount_total=4.2)], "invoiced", "partially_refunded"),
        ([move(1), move(2, move_type="out_refund")], "invoiced", "refunded"),
        ([move(1), move(2, move_type="out_refund", state="draft")], "invoiced", "paid"),
        # As binary fractions 0.7 and 0.1 are a hair less than 0.8.
        (
            [
                move(1, amount_total=0.8),
                move(2, move_type="out_refund", amount_total=0.7),
                move(3, move_type="out_refund", amount_total=0.1),
            ],
            "invoiced",
            "refunded",
        ),
    ],
)
def test_whether_an_order_is_paid(moves: list[dict[str, Any]], invoiced: str, status: str) -> None:
    row = order(1, invoice_ids=[one["id"] for one in moves], invoice_status=invoiced)
    assert of_order(row, account_move=moves).payment_status == status


def test_what_was_paid_and_given_back_is_told_exactly() -> None:
    moves = [
        move(1, payment_state="partial", amount_residual=4.1),
        move(2, move_type="out_refund", amount_total=0.3, ref="Broken"),
    ]
    record = of_order(order(1, invoice_ids=[1, 2]), account_move=moves)
    assert [payment.amount for payment in record.payments] == [Decimal("20.1")]
    assert record.refunds == [
        Refund(id="2", amount=Decimal("0.3"), currency="EUR", reason="Broken", created_at=MOMENT)
    ]


@pytest.mark.parametrize(
    ("delivered", "status"),
    [
        ((0.0, 0.0), "unfulfilled"),
        ((2.0, 0.0), "partial"),
        ((1.0, 1.0), "partial"),
        ((2.0, 1.0), "fulfilled"),
    ],
)
def test_whether_an_order_was_delivered(delivered: tuple[float, float], status: str) -> None:
    lines = [
        line(7, 1, qty_delivered=delivered[0]),
        line(8, 1, product_uom_qty=1.0, qty_delivered=delivered[1]),
        line(9, 1, product_id=[10, "Delivery"], product_uom_qty=1.0),
        line(10, 1, product_id=False, display_type="line_note", name="Thank you 🎁"),
        line(11, 1, is_downpayment=True, product_uom_qty=0.0),
    ]
    record = of_order(
        order(1), sale_order_line=lines, product_product=[product(9), product(10, type="service")]
    )
    assert record.fulfillment_status == status
    assert [one.id for one in record.lines] == ["7", "8", "9"]


def test_of_a_page_each_order_has_its_own_lines() -> None:
    record = of_order(order(1), sale_order_line=[line(7, 1), line(8, 2)])
    assert [one.id for one in record.lines] == ["7"]


def test_a_cancelled_order_has_nothing_left_of_its_lines() -> None:
    record = of_order(order(1, state="cancel"))
    assert record.status == "cancelled"
    assert [(one.ordered, one.cancelled) for one in record.lines] == [(Decimal(2), Decimal(2))]


@pytest.mark.parametrize(("currency", "total", "exact"), [("JPY", 500.0, "500"), ("KWD", 12.125, "12.125")])
def test_amounts_are_what_the_currency_has(currency: str, total: float, exact: str) -> None:
    record = of_order(order(1, currency_id=[9, currency], amount_total=total))
    assert (record.currency, record.total) == (currency, Decimal(exact))


def test_a_line_without_a_sku_and_a_guest_without_an_address() -> None:
    record = of_order(
        order(1),
        product_product=[product(9, default_code=False)],
        res_partner=[partner(51, name="Gast 😀", email=False, phone=False)],
    )
    assert record.lines[0].sku is None
    assert (record.customer.name, record.email) == ("Gast 😀", None)


def test_a_partner() -> None:
    row = with_parts("customers", partner(51, ref="C-7"))
    assert read_with(CUSTOMERS_READ, row) == Customer(
        id="51",
        updated_at=MOMENT,
        created_at=MOMENT,
        number="C-7",
        name="Test Buyer",
        company=None,
        email="buyer@example.com",
        phone="+1 512 555 0100",
        address=HOME,
        extra={"language": "en_US", "is_company": False},
    )


def test_a_variant() -> None:
    row = with_parts("variants", product(9))
    assert read_with(VARIANTS_READ, row) == Variant(
        id="9",
        updated_at=MOMENT,
        sku="MUG-001",
        title="Mug (Red)",
        barcode=None,
        price=Decimal(10),
        currency="EUR",
        weight_grams=Decimal(350),
    )


@pytest.mark.parametrize(("unit", "grams"), [("kg", "500"), ("lb", "226.796185")])
def test_the_weight_of_a_variant(unit: str, grams: str) -> None:
    row = with_parts("variants", product(9, weight=0.5, weight_uom_name=unit))
    assert read_with(VARIANTS_READ, row).weight_grams == Decimal(grams)


def test_a_variant_without_a_sku_or_a_weight() -> None:
    row = with_parts("variants", product(9, default_code=False, display_name="Mug", weight=0.0))
    record = read_with(VARIANTS_READ, row)
    assert (record.sku, record.title) == (None, "Mug")
    assert not record.weight_grams


def test_stock() -> None:
    assert read_with(STOCK_READ, with_parts("stock", product(9))) == StockLevel(
        id="9",
        sku="MUG-001",
        on_hand=Decimal(7),
        allocated=Decimal(2),
        available=Decimal(5),
        extra={"forecast": 6.0},
    )


def test_a_credit_note() -> None:
    row = with_parts(
        "refunds", move(31, move_type="out_refund", ref="Reversal of INV/2026/00030", amount_total=4.2)
    )
    assert read_with(REFUNDS_READ, row) == Refund(
        id="31",
        updated_at=MOMENT,
        created_at=MOMENT,
        order_id="1",
        order_number="S00001",
        amount=Decimal("4.2"),
        currency="EUR",
        reason="Reversal of INV/2026/00030",
    )


@pytest.mark.parametrize(
    ("state", "left", "status", "amount"),
    [
        ("not_paid", 24.2, "pending", "0"),
        ("partial", 4.1, "partially_paid", "20.1"),
        ("in_payment", 0.0, "paid", "24.2"),
        ("paid", 0.0, "paid", "24.2"),
        ("reversed", 0.0, "refunded", "24.2"),
    ],
)
def test_an_invoice(state: str, left: float, status: str, amount: str) -> None:
    row = with_parts("invoices", move(31, payment_state=state, amount_residual=left))
    assert read_with(INVOICES_READ, row) == Payment(
        id="31",
        updated_at=MOMENT,
        created_at=MOMENT,
        order_id="1",
        order_number="S00001",
        amount=Decimal(amount),
        currency="EUR",
        status=status,
        reference="INV/2026/00031",
        extra={"total": 24.2, "payment_state": state},
    )


def test_an_invoice_of_no_order() -> None:
    row = with_parts("invoices", move(99, invoice_origin=False))
    record = read_with(INVOICES_READ, row)
    assert not record.order_id
    assert not record.order_number


@pytest.mark.parametrize(
    ("told", "deliver_by"),
    [(False, None), ("2026-11-27 16:00:00", datetime(2026, 11, 27, 16, tzinfo=UTC))],
)
def test_the_delivery_date_is_what_was_promised(told: str | bool, deliver_by: datetime | None) -> None:
    assert of_order(order(7, commitment_date=told)).deliver_by == deliver_by
