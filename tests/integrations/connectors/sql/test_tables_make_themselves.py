"""Tables are made and widened for what is written into them, and never narrowed; names are ours to judge."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from integrations.exceptions import DeclarationError, Failure, Kind
from tests.integrations.connectors.sql.databases import ORDERS, Database, call, write, write_all

KINDS = {
    "total": "number",
    "placed_at": "time",
    "paid": "yes or no",
    "units": "whole number",
    "number": "text",
}
BODY: dict[str, Any] = {
    "id": "1",
    "number": "1042",
    "total": "12.50",
    "units": 3,
    "paid": True,
    "placed_at": "2026-11-23T07:45:00+01:00",
    "tags": ["gift", "new"],
}
TYPES = {
    "postgresql": {
        "id": "text",
        "number": "text",
        "total": "numeric",
        "units": "bigint",
        "paid": "boolean",
        "placed_at": "timestamp with time zone",
        "tags": "jsonb",
    },
    "mysql": {
        "id": "varchar",
        "number": "longtext",
        "total": "decimal",
        "units": "bigint",
        "paid": "tinyint",
        "placed_at": "datetime",
        "tags": "longtext",
    },
    "sqlite": {
        "id": "text",
        "number": "text",
        "total": "numeric",
        "units": "integer",
        "paid": "boolean",
        "placed_at": "datetime",
        "tags": "text",
    },
}


def one(database: Database, column: str, key: str = "1") -> Any:
    (row,) = database.rows(f"SELECT {column} FROM orders WHERE id = '{key}'")
    return row[0]


def test_a_table_is_made_with_columns_of_the_values_kinds(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, BODY, kinds=KINDS)
    found = database.types("orders")
    assert {name: kind for name, kind in found.items() if not name.startswith("crossdock_")} == TYPES[
        database.kind
    ]
    assert Decimal(str(one(database, "total"))) == Decimal("12.50")
    assert str(one(database, "placed_at")).replace("T", " ").startswith("2026-11-23 06:45:00")
    connector.close()


def test_a_number_of_an_order_stays_text_though_it_has_only_digits(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "number": "00123", "sku": "4711"})
    assert (one(database, "number"), one(database, "sku")) == ("00123", "4711")
    connector.close()


@pytest.mark.parametrize("amount", ["12.50", "1200", "12.345", "0.001", "-3.99", "99999999999.99"])
def test_money_of_no_two_and_three_places_is_kept_exactly(database: Database, amount: str) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "total": amount}, kinds=KINDS)
    assert Decimal(str(one(database, "total"))) == Decimal(amount)
    assert database.rows("SELECT sum(total) FROM orders")[0][0] is not None
    connector.close()


def test_what_does_not_fit_makes_its_column_wider_and_nothing_is_lost(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "value": 7})
    write(connector, {"id": "2", "value": 7.25})
    assert Decimal(str(one(database, "value"))) == 7
    assert Decimal(str(one(database, "value", "2"))) == Decimal("7.25")
    write(connector, {"id": "3", "value": "seven"})
    assert one(database, "value", "3") == "seven"
    assert Decimal(one(database, "value")) == 7
    assert Decimal(one(database, "value", "2")) == Decimal("7.25")
    connector.close()


def test_a_column_is_never_made_narrower(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "value": "seven"})
    before = database.types("orders")
    write(connector, {"id": "1", "value": 7})
    assert database.types("orders") == before
    assert one(database, "value") == "7"
    connector.close()


def test_times_and_yes_and_no_become_text_where_something_else_comes(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "placed_at": "2026-11-23T06:45:00Z", "paid": True}, kinds=KINDS)
    write(connector, {"id": "2", "placed_at": "unknown", "paid": "perhaps"})
    assert (one(database, "placed_at", "2"), one(database, "paid", "2")) == ("unknown", "perhaps")
    assert one(database, "placed_at").startswith("2026-11-23")
    connector.close()


def test_numbers_beyond_what_a_database_keeps_exactly_stay_exact(database: Database) -> None:
    connector = database.connector(ORDERS)
    large = "1234567890123456789012345678.12345678901"
    write(connector, {"id": "1", "total": "1.5", "units": 2**70}, kinds=KINDS)
    write(connector, {"id": "2", "total": large}, kinds=KINDS)
    assert Decimal(str(one(database, "total", "2"))) == Decimal(large)
    assert Decimal(str(one(database, "total"))) == Decimal("1.5")
    assert Decimal(str(one(database, "units"))) == 2**70
    connector.close()


def test_a_new_field_becomes_a_new_column_and_an_unknown_null_none(database: Database) -> None:
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "note": None, "total": None}, kinds=KINDS)
    assert {"total"} <= set(database.types("orders"))
    assert "note" not in database.types("orders")
    write(connector, {"id": "1", "note": "fragile 📦"})
    assert one(database, "note") == "fragile 📦"
    connector.close()


def test_what_is_declared_is_the_columns_type(database: Database) -> None:
    tables = {
        "orders": {
            "key": "id",
            "write": {"types": {"number": "integer", "units": "text", "lines_sku": "text"}},
        }
    }
    connector = database.connector(tables)
    write(connector, {"id": "1", "number": "1042", "units": 3, "lines": [{"sku": 5}]})
    assert (one(database, "number"), one(database, "units")) == (1042, "3")
    with pytest.raises(Failure) as caught:
        call(connector, {"id": "1", "number": "A1042"})
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "number")
    connector.close()


def test_an_object_is_spread_over_columns_and_its_lists_of_lines_over_a_table(database: Database) -> None:
    connector = database.connector(ORDERS)
    kinds = {"lines[].ordered": "number", "lines[].sku": "text"}
    lines = [{"sku": "MUG", "ordered": "2", "options": [{"colour": "red"}]}, {"sku": None, "ordered": "1"}]
    write(
        connector, {"id": "7", "ship_to": {"city": "Ulm", "geo": {"zone": "S"}}, "lines": lines}, kinds=kinds
    )
    assert database.rows("SELECT ship_to_city, ship_to_geo_zone FROM orders") == [("Ulm", "S")]
    found = database.rows("SELECT orders_id, line, sku, ordered FROM orders_lines ORDER BY line")
    assert [(key, line, sku, int(ordered)) for key, line, sku, ordered in found] == [
        ("7", 1, "MUG", 2),
        ("7", 2, None, 1),
    ]
    assert "red" in str(database.rows("SELECT options FROM orders_lines WHERE line = 1")[0][0])
    connector.close()


def test_lines_are_replaced_as_a_whole_and_stay_where_they_are_not_told(database: Database) -> None:
    connector = database.connector(ORDERS)
    kinds = {"lines[].sku": "text"}

    def skus() -> list[str]:
        return [
            row[0]
            for row in database.rows("SELECT sku FROM orders_lines WHERE orders_id = '1' ORDER BY line")
        ]

    write(connector, {"id": "2", "lines": [{"sku": "OTHER"}]}, kinds=kinds)
    write(
        connector, {"id": "1", "lines": [{"sku": "A"}, {"sku": "B"}, {"sku": "C"}]}, kinds=kinds, version="1"
    )
    write(connector, {"id": "1", "lines": [{"sku": "C"}]}, kinds=kinds, version="2")
    assert skus() == ["C"]
    write(connector, {"id": "1"}, kinds=kinds, version="3")
    assert skus() == ["C"]
    write(connector, {"id": "1", "lines": [{"sku": "OLD"}]}, kinds=kinds, version="1")
    assert skus() == ["C"]
    write(connector, {"id": "1", "lines": []}, kinds=kinds, version="4")
    assert skus() == []
    assert database.rows("SELECT count(*) FROM orders_lines")[0][0] == 1
    connector.close()


@pytest.mark.parametrize(
    "name", ['a"; DROP TABLE orders; --', "`x`", "two words", "1st", "x" * 64, "ünï", "crossdock_version"]
)
def test_a_name_that_a_source_made_up_is_no_column(database: Database, name: str) -> None:
    connector = database.connector(ORDERS)
    for body in (
        {"id": "1", name: "x"},
        {"id": "1", "lines": [{name: "x"}]},
        {"id": "1", name: [{"a": "x"}]},
    ):
        with pytest.raises(Failure) as caught:
            call(connector, body)
        assert (caught.value.kind, caught.value.code) == (Kind.DATA, "bad_column")
    connector.close()


def test_two_fields_never_share_a_column(database: Database) -> None:
    connector = database.connector(ORDERS)
    with pytest.raises(Failure, match="Two fields would go into the column ship_to_city"):
        call(connector, {"id": "1", "ship_to": {"city": "Ulm"}, "ship_to_city": "Bonn"})
    connector.close()


def test_values_are_values_whatever_stands_in_them(database: Database) -> None:
    connector = database.connector(ORDERS)
    nasty = "Robert'); DROP TABLE orders;-- %s %(id)s :id \\ \" ` 🧨"
    write(connector, {"id": nasty, "note": nasty, "tags": [nasty]})
    assert database.rows("SELECT id, note FROM orders") == [(nasty, nasty)]
    connector.close()


def test_keys_that_differ_in_a_letters_size_an_accent_or_a_space_are_different_rows(
    database: Database,
) -> None:
    connector = database.connector(ORDERS)
    keys = ["mug", "MUG", "müg", "mug ", "😀", "😁"]
    write_all(connector, [{"id": key} for key in keys])
    assert sorted(row[0] for row in database.rows("SELECT id FROM orders")) == sorted(keys)
    connector.close()


def test_many_columns_are_refused_before_a_table_grows_without_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.connectors.sql_shape.MOST_COLUMNS", 6)
    connector = database.connector(ORDERS)
    with pytest.raises(Failure) as caught:
        write(connector, {"id": "1", **{f"field{n}": "x" for n in range(10)}})
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "too_many_columns")
    connector.close()


def test_several_writers_at_once_make_and_widen_one_table(database: Database) -> None:
    """Each with a connector of its own, as workers on other hosts have; what they do to the table is done once."""
    values: list[Any] = [1, 2.5, "three", True]
    connectors = [database.connector(ORDERS) for _ in values]
    failed: list[BaseException] = []
    start = threading.Barrier(len(values))

    def work(place: int) -> None:
        start.wait()
        for number in range(8):
            body = {
                "id": f"{place}-{number}",
                f"only{place}": "x",
                "shared": values[place],
                "lines": [{"n": values[place]}],
            }
            for turn in range(20):
                try:
                    write(connectors[place], body)
                    break
                except Failure as failure:
                    if failure.kind != Kind.TRANSIENT or turn == 19:
                        failed.append(failure)
                        break

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(values))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert database.rows("SELECT count(*) FROM orders")[0][0] == 32
    assert database.rows("SELECT count(*) FROM orders_lines")[0][0] == 32
    assert {f"only{place}" for place in range(4)} <= set(database.types("orders"))
    assert database.rows("SELECT count(*) FROM orders WHERE shared = 'three'")[0][0] == 8
    for connector in connectors:
        connector.close()


def test_a_connector_that_knows_the_table_as_it_was_finds_out(database: Database) -> None:
    first, second = database.connector(ORDERS), database.connector(ORDERS)
    write(first, {"id": "1", "value": 7})
    write(second, {"id": "1", "value": "seven", "more": "x"})
    write(first, {"id": "2", "value": 8, "more": 5})
    assert (one(database, "value"), one(database, "value", "2")) == ("seven", "8")
    first.close()
    second.close()


def test_a_table_of_ones_own_is_filled_as_it_is_and_given_what_it_lacks(database: Database) -> None:
    database.run(
        "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(5), day DATE, score REAL)"
    )
    connector = database.connector(ORDERS)
    write(connector, {"id": "7", "name": "Mug", "day": "2026-11-23", "score": 0.5})
    write(connector, {"id": "8", "name": "a longer name", "extra": 1})
    assert [(row[0], row[1]) for row in database.rows("SELECT id, name FROM orders ORDER BY id")] == [
        (7, "Mug"),
        (8, "a longer name"),
    ]
    with pytest.raises(Failure) as caught:
        write(connector, {"id": "seven"})
    assert caught.value.kind == Kind.DATA
    connector.close()


def test_a_table_without_a_unique_key_is_not_written(database: Database) -> None:
    database.run("CREATE TABLE orders (id VARCHAR(50), name VARCHAR(50))")
    connector = database.connector(ORDERS)
    with pytest.raises(Failure) as caught:
        write(connector, {"id": "1", "name": "x"})
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "no_unique_key")
    connector.close()


def test_another_unique_key_never_takes_a_row_for_another(database: Database) -> None:
    database.run("CREATE TABLE orders (id VARCHAR(50) NOT NULL PRIMARY KEY, number VARCHAR(50) UNIQUE)")
    connector = database.connector(ORDERS)
    with pytest.raises(Failure, match="another unique key over number"):
        write(connector, {"id": "1", "number": "A"})
    connector.close()


@pytest.mark.parametrize("key", [None, "", {"a": 1}, ["a"], True, "x" * 256])
def test_a_row_without_a_usable_key_is_the_records_trouble(database: Database, key: Any) -> None:
    connector = database.connector(ORDERS)
    with pytest.raises(Failure) as caught:
        call(connector, {"id": key})
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "id")
    connector.close()


@pytest.mark.parametrize(
    ("tables", "field"),
    [
        ({}, "tables"),
        ({"orders": {"write": {}}}, "tables.orders.key"),
        ({"orders": {"key": "id"}}, "tables.orders"),
        ({"orders": {"key": [], "write": {}}}, "tables.orders.key"),
        ({"orders": {"key": ["a", "b", "c", "d"], "write": {}}}, "tables.orders.key"),
        ({"orders": {"key": "id", "write": {}, "tabel": "x"}}, "tables.orders.tabel"),
        ({"orders": {"key": "id", "write": {"types": {"a": "money"}}}}, "tables.orders.write.types[...]"),
        ({"orders": {"key": "id", "table": "a b", "write": {}}}, "tables.orders.table"),
        ({"orders": {"key": "id", "read": {"size": 0}}}, "tables.orders.read.size"),
        ({"orders": {"key": "id", "read": {"number": "n", "updated_at": "u"}}}, "tables.orders.read"),
        ({"orders": {"key": "id", "read": {"overlap": -1}}}, "tables.orders.read.overlap"),
    ],
)
def test_a_declaration_without_sense_is_refused_in_its_place(
    sqlite_folder: object, tables: Any, field: str
) -> None:
    database = Database("sqlite", {"database": "x.sqlite3"})
    with pytest.raises(DeclarationError) as caught:
        database.connector(tables)
    assert caught.value.field == field


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_column_that_was_changed_by_hand_meanwhile_is_looked_at_anew(database: Database) -> None:
    """PostgreSQL refuses a text for a number there; MySQL and SQLite would take it."""
    connector = database.connector(ORDERS)
    write(connector, {"id": "1", "value": "7"})
    database.run("ALTER TABLE orders ALTER COLUMN value TYPE bigint USING value::bigint")
    write(connector, {"id": "2", "value": "8"})
    assert [str(row[0]) for row in database.rows("SELECT value FROM orders ORDER BY id")] == ["7", "8"]
    connector.close()
