"""Every example in docs/connect-a-database.md is one that works."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pytest_django import Settings

from integrations.connectors import sql_failures, sql_reading, sql_shape, sql_values, sql_words, sql_writing
from integrations.connectors.base import Call
from integrations.connectors.sql import SqlConnector
from integrations.http.guard import PrivateNetwork
from mappings import kinds
from tests.conftest import ROOT
from tests.integrations.connectors.sql.databases import Database, call, read_all, write

GUIDE = (ROOT / "docs" / "connect-a-database.md").read_text()
SETTINGS: list[dict[str, Any]] = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
]
STATEMENTS = re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL)
MYSQL = pytest.mark.parametrize("database", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
POSTGRES = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.mark.parametrize(
    "settings_of_guide", SETTINGS, ids=lambda example: f"{example['kind']}-{len(example)}"
)
def test_an_example_is_taken(settings_of_guide: dict[str, Any], sqlite_folder: Path) -> None:
    connector = SqlConnector(settings_of_guide, {"password": "x"})
    assert connector.resources()
    connector.close()


def test_what_is_named_for_the_installation_is_understood(settings: Settings) -> None:
    line = re.search(r"PRIVATE_NETWORKS=(.*)", GUIDE)
    assert line is not None
    ports = [PrivateNetwork.parse(text).ports for text in line[1].split(",")]
    assert ports == [frozenset({5432}), frozenset({3306})]
    example = (ROOT / ".env.example").read_text()
    assert re.search(r"SQLITE_FOLDER=.*", GUIDE)[0] in example  # type: ignore[index]


def statements(number: int, name: str) -> list[str]:
    told = STATEMENTS[number].replace("crossdock_bi", name).replace("bi.*", f"{name}.*")
    told = told.replace("DATABASE bi", f"DATABASE {name}").replace("SCHEMA bi", f"SCHEMA {name}")
    return [statement.strip() for statement in told.split(";") if statement.strip()]


@POSTGRES
def test_the_user_for_postgresql_may_do_what_is_needed(database: Database) -> None:
    name = f"crossdock_{uuid.uuid4().hex[:10]}"
    database.run(*statements(0, name))
    connector = database.connector(SETTINGS[0]["tables"], user=name, schema=name)
    for value in (1, "text"):
        write(connector, {"id": "1", "value": value, "lines": [{"sku": "A"}]})
    assert database.rows(f"SELECT value FROM {name}.orders") == [("text",)]
    connector.close()
    database.run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@MYSQL
def test_the_user_for_mariadb_may_do_what_is_needed(database: Database) -> None:
    from tests.integrations.connectors.sql.databases import _as_root

    name = f"crossdock_{uuid.uuid4().hex[:10]}"
    with _as_root() as cursor:
        for statement in statements(1, name):
            cursor.execute(statement)
    try:
        there = replace(database, settings={**database.settings, "database": name, "user": name})
        connector = replace(there, secrets={"password": "a long random one"}).connector(SETTINGS[0]["tables"])
        for value in (1, "text"):
            write(connector, {"id": "1", "value": value, "lines": [{"sku": "A"}]})
        connector.close()
        assert replace(there, secrets={"password": "a long random one"}).rows("SELECT value FROM orders") == [
            ("text",)
        ]
    finally:
        with _as_root() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"DROP USER {name}")


def test_what_bi_asks_is_answered_by_each_database(database: Database) -> None:
    connector = database.connector({"orders": {"key": "id", "write": {}}})
    told = {"lines[].ordered": kinds.NUMBER, "lines[].total": kinds.NUMBER, "lines[].sku": kinds.TEXT}
    for key, status in (("1", "open"), ("2", "closed"), ("3", "cancelled")):
        lines = [
            {"sku": "MUG", "ordered": "2", "total": "25.00"},
            {"sku": "BOWL", "ordered": "1", "total": "9.995"},
        ]
        write(connector, {"id": key, "status": status, "currency": "EUR", "lines": lines}, kinds=told)
    (question,) = (text for text in STATEMENTS if "orders_lines" in text)
    found = [(*row[:2], Decimal(str(row[2])), Decimal(str(row[3]))) for row in database.rows(question)]
    assert found == [("EUR", "BOWL", 2, Decimal("19.99")), ("EUR", "MUG", 4, Decimal("50"))]
    connector.close()


@MYSQL
def test_the_example_with_types_makes_such_columns(database: Database) -> None:
    connector = database.connector(SETTINGS[1]["tables"])
    body = {"shop": "a", "id": "1", "number": "1042", "margin": "0.25", "lines": [{"weight": "1.5"}]}
    write(connector, body)
    found = database.types("shop_orders")
    assert (found["number"], found["margin"]) == ("bigint", "decimal")
    assert database.types("shop_orders_lines")["weight"] == "decimal"
    connector.close()


@MYSQL
def test_the_example_of_a_view_is_read(database: Database) -> None:
    database.run(
        "CREATE TABLE articles (article VARCHAR(20), warehouse VARCHAR(20), quantity INT, changed_at DATETIME, "
        "is_discontinued BOOLEAN, margin INT, PRIMARY KEY (article, warehouse))",
        "CREATE VIEW v_stock_for_shops AS SELECT * FROM articles",
        "INSERT INTO articles VALUES ('MUG', 'north', 5, '2026-07-01 12:00:00', FALSE, 1)",
        "INSERT INTO articles VALUES ('BOWL', 'north', 0, '2026-07-01 12:00:01', TRUE, 1)",
    )
    example = SETTINGS[2]
    connector = database.connector(example["tables"], zone=example["zone"])
    first, second = read_all(connector, "stock")
    assert (first.external_id, first.version) == ("MUG/north", "2026-07-01T10:00:00.000000Z")
    assert (second.external_id, second.deleted) == ("BOWL/north", True)
    assert "margin" not in first.payload
    connector.close()


def test_the_types_it_names_are_those_there_are() -> None:
    sentence = re.search(r"The types are (.*)\.", GUIDE)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == set(get_args(sql_words.Kind))


def test_the_words_for_reading_are_those_there_are() -> None:
    table = GUIDE[GUIDE.index("## Reading a table") : GUIDE.index("Pages follow")]
    words = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert words == {"key", *sql_words.Read.__struct_fields__}


def test_each_error_in_the_table_is_one_that_there_is() -> None:
    table = GUIDE[GUIDE.index("## What goes wrong") :]
    codes = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    modules = (sql_failures, sql_reading, sql_shape, sql_values, sql_writing)
    sources = "".join(Path(str(module.__file__)).read_text() for module in modules)
    assert {code for code in codes if f'"{code}"' not in sources} == set()


def test_two_hundred_go_into_one_transaction() -> None:
    assert sql_writing.BATCH == 200
    connector = Database("postgresql", {"host": "db.example.com", "database": "x", "user": "x"}).connector(
        {"orders": {"key": "id", "write": {}}}
    )
    assert connector.resources()["orders"].batch_size == 200
    assert isinstance(call(connector, {"id": "1"}), Call)
    connector.close()
