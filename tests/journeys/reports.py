"""The same counts and sums of a database, of files and of the API: each side is only asked for its rows."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.integrations.partner_api.calls import Api

Row = dict[str, Any]
Rows = Callable[[str], list[Row]]
TABLES = ("orders", "lines", "payments", "refunds", "shipments", "stock", "customers")


def figures(rows: Rows) -> dict[str, Any]:
    """`rows` gives those of one table; what a row is called and how a value is written differs from side to side."""
    orders = rows("orders")
    stand = [order for order in orders if order["status"] != "cancelled"]
    customers = rows("customers")
    return {
        "orders": len(orders),
        "cancelled": len(orders) - len(stand),
        "sold": _sums(stand, "total"),
        "lines": len(rows("lines")),
        "units": _total(rows("lines"), "ordered"),
        "paid": _sums(rows("payments"), "amount"),
        "fees": _sums(rows("payments"), "fee"),
        "payments": len(rows("payments")),
        "given back, as the shop says": _sums(_of(rows("refunds"), "shop"), "amount"),
        "given back, as the provider says": _sums(_of(rows("refunds"), "provider"), "amount"),
        "shipments": len(rows("shipments")),
        "on hand": _total(rows("stock"), "on_hand"),
        "customers": len(customers),
        "want mails": len(
            [row for row in customers if str(row["accepts_marketing"]).lower() in ("true", "1")]
        ),
        "people": len({order["person"] for order in orders}),
    }


def _of(rows: Iterable[Row], source: str) -> list[Row]:
    return [row for row in rows if row["source"] == source]


def _sums(rows: Iterable[Row], name: str) -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row["currency"]] = found.get(row["currency"], Decimal(0)) + _number(row[name])
    return {currency: plain(total) for currency, total in sorted(found.items())}


def _total(rows: Iterable[Row], name: str) -> str:
    return plain(sum((_number(row[name]) for row in rows), Decimal(0)))


def _number(value: Any) -> Decimal:
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def of_sqlite(database: Path) -> Rows:
    def rows(table: str) -> list[Row]:
        with sqlite3.connect(database) as connection:
            connection.row_factory = sqlite3.Row
            name = "orders_lines" if table == "lines" else table
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name]).fetchall():
                return []
            return [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]

    return rows


def of_csv(folder: Path) -> Rows:
    def rows(table: str) -> list[Row]:
        files = sorted((folder / table).glob("*.csv"))
        return newest(
            table, [row for file in files for row in csv.DictReader(file.open(newline="", encoding="utf-8"))]
        )

    return rows


def of_parquet(folder: Path) -> Rows:
    def rows(table: str) -> list[Row]:
        files = sorted((folder / table).glob("*.parquet"))
        return newest(table, [row for file in files for row in pq.read_table(file).to_pylist()])

    return rows


def newest(table: str, rows: Iterable[Row]) -> list[Row]:
    """Of each id what was booked last: files are only added to. Lines stand with their order."""
    moments: dict[str, str] = {}
    kept = [_told(table, row) for row in rows]
    for row in kept:
        moments[row["id"]] = max(moments.get(row["id"], ""), row["booked_at"])
    return [row for row in kept if row["booked_at"] == moments[row["id"]]]


def _told(table: str, row: Row) -> Row:
    at = row["booked_at"]
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    found = {**row, "booked_at": moment.isoformat()}
    return found | {"ordered": row["lines_ordered"]} if table == "lines" else found


def of_api(api: Api) -> Rows:
    def rows(table: str) -> list[Row]:
        shelf = "orders" if table == "lines" else table
        address, found = f"/api/v1/books/{shelf}?page_size=3", []
        while address:
            answer = api.get(address).json()
            found += answer["results"]
            address = answer["next"]
        return [line for order in found for line in order["lines"]] if table == "lines" else found

    return rows
