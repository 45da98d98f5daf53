"""The presets for files: each of our Records as rows, with the edge cases where they belong, and rows as Records."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.kinds import kinds_of
from mappings.presets import PRESETS
from mappings.records import Order, OrderLine, Payment, Record, Refund, Shipment, ShipmentLine, StockLevel
from mappings.translate import compile_rules, read, write
from tests.integrations.connectors.files.drops import Drop, call, payloads, read_all, reading, writing

AT = datetime(2026, 11, 23, 6, 45, tzinfo=UTC)


def rows(folder: Drop, preset: str, record: Record, **words: Any) -> list[dict[str, str]]:
    found = PRESETS[f"folder-{preset}"]
    rules = compile_rules(found.rules, "write", found.kind)
    written = write(rules, record)
    assert written.problems == []
    connector = folder.connector(writing(**words))
    connector.send(call(connector, written.body, kinds=kinds_of(rules)))
    (name,) = folder.names()
    with (folder.root / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("total", "currency"), [("1999", "JPY"), ("12.50", "EUR"), ("12.345", "KWD"), ("-0.10", "USD")]
)
def test_an_orders_money_is_exact(folder: Drop, total: str, currency: str) -> None:
    order = Order(id="7", number="#1001", currency=currency, total=Decimal(total), placed_at=AT)
    (row,) = rows(folder, "orders", order)
    assert (row["number"], row["total"], row["currency"]) == ("#1001", total, currency)
    assert row["placed_at"] == "2026-11-23T06:45:00Z"


def test_a_cancelled_partly_refunded_order_of_a_guest_has_a_row_for_each_line(folder: Drop) -> None:
    order = Order(
        id="7",
        number="1",
        status="cancelled",
        payment_status="partially_refunded",
        fulfillment_status="partial",
        cancelled_at=AT,
        customer=None,
        refunds=[Refund(id="r1", amount=Decimal("1.25")), Refund(id="r2", amount=Decimal("0.30"))],
        lines=[
            OrderLine(id="l1", sku="MUG", ordered=Decimal(3), cancelled=Decimal(1), shipped=Decimal(2)),
            OrderLine(id="l2", sku=None, title="Gift ☕", ordered=Decimal("1.5")),
        ],
    )
    first, second = rows(folder, "orders", order, lines="lines")
    assert (first["status"], first["refunded"], first["customer_id"]) == ("cancelled", "1.55", "")
    assert (first["lines_sku"], first["lines_ordered"], first["lines_cancelled"]) == ("MUG", "3", "1")
    assert (second["id"], second["lines_sku"], second["lines_title"]) == ("7", "", "Gift ☕")
    assert second["lines_ordered"] == "1.5"


def test_stock_shipments_payments_and_refunds_are_rows(folder: Drop) -> None:
    told: list[tuple[str, Record, dict[str, str]]] = [
        (
            "stock",
            StockLevel(sku="MUG", location="Ulm", on_hand=Decimal(5), allocated=Decimal(2)),
            {"id": "MUG/Ulm", "on_hand": "5", "allocated": "2"},
        ),
        (
            "payments",
            Payment(id="p1", amount=Decimal("12.345"), currency="KWD", status="failed"),
            {"id": "p1", "amount": "12.345", "status": "failed"},
        ),
        (
            "refunds",
            Refund(id="r1", order_id="7", amount=Decimal("1.00"), currency="EUR", reason="☹"),
            {"order_id": "7", "amount": "1.00", "reason": "☹"},
        ),
        (
            "shipments",
            Shipment(id="s1", tracking_number="T1", lines=[ShipmentLine(sku="MUG", quantity=Decimal(2))]),
            {"tracking_number": "T1"},
        ),
    ]
    for preset, record, expected in told:
        (row,) = rows(folder, preset, record)
        assert expected.items() <= row.items()
        for name in folder.names():
            (folder.root / name).unlink()


def read_records(folder: Drop, preset: str, content: str, key: str, **words: Any) -> list[Record]:
    found = PRESETS[f"folder-{preset}"]
    rules = compile_rules(found.rules, "read", found.kind)
    folder.put("a.csv", content)
    made = [read(rules, payload) for payload in payloads(read_all(folder.connector(reading(key, **words))))]
    assert [one.problems for one in made] == [[]] * len(made)
    return [one.record for one in made if one.record is not None]


def test_rows_of_orders_become_orders(folder: Drop) -> None:
    header = "order_number;ordered_at;currency;total;email;name;street;postal_code;city;country;"
    buyer = "buyer@example.com;Test Buyer 😀;1 Street;01234;Ulm;DE"
    content = (
        f"{header}line;sku;title;quantity;price\n"
        f"0042;2026-11-23T07:45:00+01:00;KWD;12,345;{buyer};1;MUG;A mug;2;5,5\n"
        f"0042;2026-11-23T07:45:00+01:00;KWD;12,345;{buyer};2;;Gift;1;1,345\n"
        "0043;2026-11-23T07:45:00+01:00;JPY;1999;;;;;;;1;MUG;A mug;1;1999\n"
    )
    words = {
        "lines": "lines",
        "numbers": ["total", "price", "quantity"],
        "csv": {"delimiter": ";", "decimal_comma": True},
    }
    first, guest = read_records(folder, "orders-read", content, "order_number", **words)
    assert isinstance(first, Order)
    assert isinstance(guest, Order)
    assert (first.id, first.total, first.currency, first.placed_at) == ("0042", Decimal("12.345"), "KWD", AT)
    assert first.shipping_address is not None
    assert (first.shipping_address.name, first.shipping_address.postal_code) == ("Test Buyer 😀", "01234")  # type: ignore[union-attr]
    lines = first.lines
    assert isinstance(lines, list)
    assert [(line.id, line.sku, line.ordered, line.unit_price) for line in lines] == [
        ("1", "MUG", Decimal(2), Decimal("5.5")),
        ("2", None, Decimal(1), Decimal("1.345")),
    ]
    assert (guest.total, guest.email) == (Decimal(1999), None)


def test_rows_of_stock_become_stock(folder: Drop) -> None:
    (level,) = read_records(folder, "stock-read", "sku,on_hand,allocated\n0012,5,2\n", "sku")
    assert isinstance(level, StockLevel)
    assert (level.sku, level.on_hand, level.allocated) == ("0012", Decimal(5), Decimal(2))


def test_a_server_has_the_same_presets_as_a_folder() -> None:
    found = {
        platform: {
            name.removeprefix(f"{platform}-"): (preset.direction, preset.rules)
            for name, preset in PRESETS.items()
            if preset.platform == platform
        }
        for platform in ("folder", "sftp")
    }
    assert found["folder"] == found["sftp"]
    assert len(found["sftp"]) == 14
