"""The presets for databases: each of our Records as rows, with the edge cases where they belong."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.kinds import kinds_of
from mappings.presets.sql import PRESETS
from mappings.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Record,
    Refund,
    Shipment,
    ShipmentLine,
    StockLevel,
)
from mappings.translate import compile_rules, write
from tests.integrations.connectors.sql.databases import Database
from tests.integrations.connectors.sql.databases import write as send

AT = datetime(2026, 11, 23, 6, 45, tzinfo=UTC)
ALL = {"orders": "id", "stock": "id", "shipments": "id", "payments": "id", "refunds": "id"}


def stored(database: Database, preset: str, record: Record) -> None:
    rules = compile_rules(PRESETS[preset].rules, "write", PRESETS[preset].kind)
    written = write(rules, record)
    assert written.problems == []
    connector = database.connector({name: {"key": key, "write": {}} for name, key in ALL.items()})
    send(connector, written.body, PRESETS[preset].resource, kinds=kinds_of(rules), version="1")
    connector.close()


def row(database: Database, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return database.rows(f"SELECT {', '.join(columns)} FROM {table}")


@pytest.mark.parametrize(
    ("total", "currency"), [("1999", "JPY"), ("12.50", "EUR"), ("12.345", "KWD"), ("0.10", "USD")]
)
def test_an_order_is_one_row_with_its_money_exact(database: Database, total: str, currency: str) -> None:
    order = Order(
        id="7", number="#1001", currency=currency, total=Decimal(total), placed_at=AT, status="open"
    )
    stored(database, "sql-orders", order)
    ((number, amount, money, at),) = row(database, "orders", "number", "total", "currency", "placed_at")
    assert (number, Decimal(str(amount)), money) == ("#1001", Decimal(total), currency)
    assert str(at).replace("T", " ").startswith("2026-11-23 06:45:00")


def test_lines_of_an_order_keep_their_quantities_and_a_missing_sku(database: Database) -> None:
    lines = [
        OrderLine(
            id="l1",
            sku="MUG",
            ordered=Decimal(3),
            cancelled=Decimal(1),
            shipped=Decimal(2),
            refunded=Decimal(0),
        ),
        OrderLine(id="l2", sku=None, title="Gift ☕", ordered=Decimal("1.5"), unit_price=Decimal("4.125")),
    ]
    stored(database, "sql-orders", Order(id="7", number="1", lines=lines))
    found = row(
        database, "orders_lines", "orders_id", "id", "sku", "ordered", "cancelled", "title", "unit_price"
    )
    first, second = sorted(found, key=lambda one: str(one[1]))
    assert [*first[:3], int(first[3]), int(first[4])] == ["7", "l1", "MUG", 3, 1]
    assert (second[:3], Decimal(str(second[3])), second[5]) == (("7", "l2", None), Decimal("1.5"), "Gift ☕")
    assert Decimal(str(second[6])) == Decimal("4.125")


def test_a_cancelled_a_refunded_and_a_guests_order(database: Database) -> None:
    order = Order(
        id="7",
        number="1",
        status="cancelled",
        payment_status="partially_refunded",
        fulfillment_status="partial",
        cancelled_at=AT,
        customer=None,
        email="guest@example.com",
        refunds=[Refund(id="r1", amount=Decimal("1.25")), Refund(id="r2", amount=Decimal("0.30"))],
        shipping_address=Address(name="A Guest", city="Ulm", country="DE"),
        is_renewal=False,
    )
    stored(database, "sql-orders", order)
    columns = ("status", "payment_status", "fulfillment_status", "email", "ship_to_city", "customer_id")
    ((*texts, refunded),) = row(database, "orders", *columns, "refunded")
    assert texts == ["cancelled", "partially_refunded", "partial", "guest@example.com", "Ulm", None]
    assert Decimal(str(refunded)) == Decimal("1.55")


def test_an_order_with_a_customer_names_it(database: Database) -> None:
    stored(database, "sql-orders", Order(id="7", number="1", customer=Customer(id="c9"), tags=["vip"]))
    assert row(database, "orders", "customer_id") == [("c9",)]


def test_stock_shipments_payments_and_refunds_are_rows(database: Database) -> None:
    stored(
        database, "sql-stock", StockLevel(sku="MUG", location="Ulm", on_hand=Decimal(5), allocated=Decimal(2))
    )
    shipped = Shipment(
        id="s1",
        order_id="7",
        tracking_number="T1",
        status="failed",
        shipped_at=AT,
        lines=[ShipmentLine(id="x", order_line_id="l1", sku="MUG", quantity=Decimal(2))],
    )
    stored(database, "sql-shipments", shipped)
    stored(
        database, "sql-payments", Payment(id="p1", amount=Decimal("12.345"), currency="KWD", status="failed")
    )
    stored(
        database,
        "sql-refunds",
        Refund(id="r1", order_id="7", amount=Decimal("1.00"), currency="EUR", reason="☹"),
    )
    ((key, on_hand),) = row(database, "stock", "id", "on_hand")
    assert [key, int(on_hand)] == ["MUG/Ulm", 5]
    assert row(database, "shipments", "tracking_number", "status") == [("T1", "failed")]
    ((parent, line, quantity),) = row(
        database, "shipments_lines", "shipments_id", "order_line_id", "quantity"
    )
    assert [parent, line, int(quantity)] == ["s1", "l1", 2]
    ((amount, status),) = row(database, "payments", "amount", "status")
    assert (Decimal(str(amount)), status) == (Decimal("12.345"), "failed")
    assert row(database, "refunds", "order_id", "reason") == [("7", "☹")]
