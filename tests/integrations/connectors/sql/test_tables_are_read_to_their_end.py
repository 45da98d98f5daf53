"""Tables and views of others: whole, while they change, from where a read was left, and only what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Item, Page
from integrations.connectors.sql import SqlConnector
from integrations.exceptions import Failure, Kind
from tests.integrations.connectors.sql.databases import Database, read_all

MOMENT = {"postgresql": "timestamptz", "mysql": "datetime(6)", "sqlite": "datetime"}
STOCK: dict[str, Any] = {
    "table": "v_stock",
    "key": "sku",
    "read": {"updated_at": "changed_at", "size": 3, "overlap": 0},
}


def make_stock(database: Database) -> None:
    database.run(
        f"CREATE TABLE articles (sku VARCHAR(40) NOT NULL PRIMARY KEY, qty INTEGER, price DECIMAL(12,3), "
        f"changed_at {MOMENT[database.kind]}, gone INTEGER DEFAULT 0)",
        "CREATE VIEW v_stock AS SELECT sku, qty, price, changed_at, gone FROM articles",
    )


def put(database: Database, sku: str, at: str | None, qty: int = 1) -> None:
    when = "NULL" if at is None else f"'{at}'"
    database.run(
        f"DELETE FROM articles WHERE sku = '{sku}'",
        f"INSERT INTO articles (sku, qty, price, changed_at) VALUES ('{sku}', {qty}, 12.345, {when})",
    )


@pytest.fixture
def stock(database: Database) -> Iterator[SqlConnector]:
    make_stock(database)
    connector = database.connector({"stock": STOCK})
    yield connector
    connector.close()


def ids(items: list[Item]) -> list[str]:
    return [item.external_id for item in items]


def test_rows_of_one_second_are_all_read(database: Database, stock: SqlConnector) -> None:
    for number in range(10):
        put(database, f"A{number}", "2026-11-23 06:45:00")
    put(database, "B", "2026-11-23 06:44:59")
    assert ids(read_all(stock, "stock")) == ["B", *(f"A{number}" for number in range(10))]


def test_a_row_is_told_exactly(database: Database, stock: SqlConnector) -> None:
    put(database, "MUG-☕", "2026-11-23 06:45:00", 5)
    (item,) = read_all(stock, "stock")
    assert (item.external_id, item.payload["sku"], item.payload["qty"]) == ("MUG-☕", "MUG-☕", 5)
    assert Decimal(str(item.payload["price"])) == Decimal("12.345")
    assert item.version == "2026-11-23T06:45:00.000000Z"
    assert datetime.fromisoformat(item.payload["changed_at"]).replace(tzinfo=UTC) == datetime(
        2026, 11, 23, 6, 45, tzinfo=UTC
    )
    json.dumps(item.payload)


def test_what_changes_while_it_is_read_hides_nobody(database: Database, stock: SqlConnector) -> None:
    """A row that was read moves to the end, one that was not read moves there as well, one is new, one is gone."""
    for number in range(9):
        put(database, f"A{number}", f"2026-11-23 06:0{number}:00")
    first = stock.read("stock", since=None, position=None)
    assert ids(list(first.items)) == ["A0", "A1", "A2"]
    put(database, "A1", "2026-11-23 07:00:00", 99)
    put(database, "A4", "2026-11-23 07:00:00")
    put(database, "NEW", "2026-11-23 07:00:00")
    database.run("DELETE FROM articles WHERE sku = 'A0'")
    rest = read_all(stock, "stock", position=first.next_position)
    assert ids(rest) == ["A3", "A5", "A6", "A7", "A8", "A1", "A4", "NEW"]
    assert rest[5].payload["qty"] == 99


def test_another_worker_goes_on_where_the_first_one_fell(database: Database, stock: SqlConnector) -> None:
    for number in range(8):
        put(database, f"A{number}", "2026-11-23 06:00:00")
    first = stock.read("stock", since=None, position=None)
    other = database.connector({"stock": STOCK})
    again = json.loads(json.dumps(first.next_position))
    assert ids(read_all(other, "stock", position=again)) == [f"A{number}" for number in range(3, 8)]
    other.close()


def test_only_what_changed_since_is_read_with_its_overlap(database: Database) -> None:
    make_stock(database)
    now = datetime.now(UTC).replace(microsecond=0)
    ages = {"OLD": 90_000 * 3, "EDGE": 130, "NEW": 10}
    for sku, age in ages.items():
        put(database, sku, (now - timedelta(seconds=age)).strftime("%Y-%m-%d %H:%M:%S"))
    read = {**STOCK["read"], "overlap": 60}
    connector = database.connector({"stock": {**STOCK, "read": read}})
    found = ids(read_all(connector, "stock", since=now - timedelta(seconds=100)))
    assert found == ["EDGE", "NEW"]
    if database.kind != "sqlite":
        assert ids(read_all(connector, "stock", since=now - timedelta(seconds=60))) == ["NEW"]
    connector.close()


def test_rows_without_a_time_are_read_each_time_and_that_is_said(
    database: Database, stock: SqlConnector
) -> None:
    for number in range(5):
        put(database, f"N{number}", None)
    put(database, "A", "2020-01-01 00:00:00")
    assert ids(read_all(stock, "stock")) == ["A", *(f"N{number}" for number in range(5))]
    page = stock.read("stock", since=datetime(2026, 1, 1, tzinfo=UTC), position=None)
    assert (page.items, page.next_position is None) == ((), False)
    page = stock.read("stock", since=datetime(2026, 1, 1, tzinfo=UTC), position=page.next_position)
    assert ids(list(page.items)) == ["N0", "N1", "N2"]
    assert "without changed_at are read each time" in page.notices[0]


def test_only_a_whole_read_says_that_it_was_complete(database: Database, stock: SqlConnector) -> None:
    put(database, "A", "2026-11-23 06:45:00")

    def last(since: datetime | None) -> Page:
        position = None
        while True:
            page = stock.read("stock", since=since, position=position)
            if page.next_position is None:
                return page
            assert not page.complete
            position = page.next_position

    assert last(None).complete
    assert not last(datetime(2026, 1, 1, tzinfo=UTC)).complete


@pytest.mark.parametrize(
    ("kind", "set_to", "is_deleted"),
    [("INTEGER", "1", True), ("INTEGER", "0", False), ("INTEGER", "NULL", False), ("VARCHAR(5)", "'no'", False),
     ("VARCHAR(5)", "'Yes'", True), ("VARCHAR(30)", "'2026-11-23'", True)],
)  # fmt: skip
def test_a_flag_says_that_a_row_is_gone(database: Database, kind: str, set_to: str, is_deleted: bool) -> None:
    database.run(
        f"CREATE TABLE items (id INTEGER PRIMARY KEY, gone {kind})", f"INSERT INTO items VALUES (1, {set_to})"
    )
    connector = database.connector({"items": {"key": "id", "read": {"deleted": "gone"}}})
    (item,) = read_all(connector, "items")
    assert item.deleted is is_deleted
    connector.close()


def numbered(database: Database) -> SqlConnector:
    database.run("CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, revision BIGINT, name VARCHAR(40))")
    read = {"number": "revision", "size": 3, "overlap": 2}
    return database.connector({"items": {"key": "id", "read": read}})


def test_a_number_that_grows_leads_to_what_changed_since_the_last_read(database: Database) -> None:
    connector = numbered(database)
    for number in range(1, 9):
        database.run(f"INSERT INTO items VALUES ({number}, {number * 10}, 'x')")
    position, pages = None, list[Page]()
    while not pages or position is not None:
        pages.append(connector.read("items", since=None, position=position))
        position = pages[-1].next_position
    assert ids([item for page in pages for item in page.items]) == [str(number) for number in range(1, 9)]
    assert pages[0].items[0].version == "10".zfill(20)
    mark = pages[-1].mark
    assert mark == {"number": 80}
    database.run("UPDATE items SET revision = 90 WHERE id = 2", "INSERT INTO items VALUES (99, 79, 'late')")
    since = datetime(2026, 1, 1, tzinfo=UTC)
    page = connector.read("items", since=since, position=json.loads(json.dumps(mark)))
    assert ids(list(page.items)) == ["99", "8", "2"]
    last = connector.read("items", since=since, position=page.next_position)
    assert (last.next_position, last.mark) == (None, {"number": 90})
    quiet = read_to_mark(connector, since, last.mark)
    assert quiet == {"number": 90}
    connector.close()


def read_to_mark(connector: SqlConnector, since: datetime, position: Any) -> Any:
    while True:
        page = connector.read("items", since=since, position=position)
        if page.next_position is None:
            return page.mark
        position = page.next_position


def test_a_table_without_either_is_read_whole_and_that_is_said(database: Database) -> None:
    database.run("CREATE TABLE items (id VARCHAR(9) NOT NULL PRIMARY KEY)")
    for number in range(7):
        database.run(f"INSERT INTO items VALUES ('{number}')")
    connector = database.connector({"items": {"key": "id", "read": {"size": 3}}})
    assert ids(read_all(connector, "items")) == [str(number) for number in range(7)]
    page = connector.read("items", since=datetime(2026, 1, 1, tzinfo=UTC), position=None)
    assert "no column of items tells what has changed" in page.notices[0]
    connector.close()


def test_keys_of_several_columns_and_odd_names(database: Database) -> None:
    quote = "`" if database.kind == "mysql" else '"'
    table, column = (f"{quote}{name}{quote}" for name in ("Bestellungen Süd", "Nr."))
    database.run(f"CREATE TABLE {table} (shop VARCHAR(9), {column} INTEGER, PRIMARY KEY (shop, {column}))")
    for shop in ("a", "b"):
        for number in range(4):
            database.run(f"INSERT INTO {table} VALUES ('{shop}', {number})")
    word = {"table": "Bestellungen Süd", "key": ["shop", "Nr."], "read": {"size": 3}}
    connector = database.connector({"orders": word})
    assert ids(read_all(connector, "orders")) == [f"{shop}/{number}" for shop in "ab" for number in range(4)]
    found = connector.fetch("orders", "b/3")
    assert found is not None
    assert found.payload == {"shop": "b", "Nr.": 3}
    assert connector.fetch("orders", "b/9") is None
    assert connector.fetch("orders", "b/x") is None
    connector.close()


def test_only_the_columns_that_are_named_leave_the_database(database: Database) -> None:
    database.run("CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(9), iban VARCHAR(40))")
    database.run("INSERT INTO items VALUES (1, 'Mug', 'secret')")
    connector = database.connector({"items": {"key": "id", "read": {"columns": ["name"]}}})
    (item,) = read_all(connector, "items")
    assert item.payload == {"name": "Mug", "id": 1}
    found = connector.fetch("items", "1")
    assert found is not None
    assert "iban" not in found.payload
    connector.close()


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ({"table": "nowhere", "key": "id", "read": {}}, "no_table"),
        ({"table": "items", "key": "nothing", "read": {}}, "no_table"),
        ({"table": "items", "key": "id", "read": {"updated_at": "nothing"}}, "no_table"),
        ({"table": "items", "key": "id", "read": {"columns": ["nothing"]}}, "no_table"),
        ({"table": "items", "key": "name", "read": {"size": 2}}, "not_unique"),
        ({"table": "items", "key": "note", "read": {}}, "no_id"),
    ],
)
def test_what_is_declared_and_not_there_is_the_connections_trouble(
    database: Database, word: dict[str, Any], code: str
) -> None:
    database.run("CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(9), note VARCHAR(9))")
    for number in range(5):
        database.run(f"INSERT INTO items VALUES ({number}, 'same', NULL)")
    connector = database.connector({"items": word})
    with pytest.raises(Failure) as caught:
        read_all(connector, "items")
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, code)
    assert not connector.test().ok
    connector.close()


@pytest.mark.parametrize(
    "database",
    [pytest.param("postgresql", marks=pytest.mark.postgres), pytest.param("mysql", marks=pytest.mark.mysql)],
    indirect=True,
)
def test_times_without_a_zone_are_in_the_zone_of_the_connection(database: Database) -> None:
    column = "timestamp" if database.kind == "postgresql" else "datetime"
    database.run(f"CREATE TABLE local (id INTEGER PRIMARY KEY, at {column} NULL)")
    database.run("INSERT INTO local VALUES (1, '2026-07-01 12:00:00'), (2, '2026-10-25 02:30:00')")
    connector = database.connector(
        {"local": {"key": "id", "read": {"updated_at": "at"}}}, zone="Europe/Berlin"
    )
    first, second = read_all(connector, "local")
    assert first.version == "2026-07-01T10:00:00.000000Z"
    # The clock shows this twice: which of two changes is newer is not told by it.
    assert second.version == ""
    assert ids(read_all(connector, "local", since=datetime(2026, 7, 1, 9, 59, tzinfo=UTC))) == ["1", "2"]
    assert ids(read_all(connector, "local", since=datetime(2026, 7, 1, 10, 2, tzinfo=UTC))) == ["2"]
    # Asked for at 02:50 for the first time; at 02:30 for the second time it is later than that.
    assert ids(read_all(connector, "local", since=datetime(2026, 10, 25, 0, 50, tzinfo=UTC))) == ["2"]
    connector.close()


def test_a_clock_that_is_behind_ours_loses_no_change(
    database: Database, stock: SqlConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that comes after our read began is stamped with an earlier time by a clock that is late."""
    now = datetime.now(UTC)
    put(database, "LATE", (now - timedelta(seconds=240)).strftime("%Y-%m-%d %H:%M:%S"))
    monkeypatch.setattr("integrations.connectors.sql_reading.utc_now", lambda: now + timedelta(seconds=300))
    assert ids(read_all(stock, "stock", since=now)) == ["LATE"]
