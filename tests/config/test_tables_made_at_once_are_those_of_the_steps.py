"""A new portal makes its tables at once; one that grew step by step has the same, and each step can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.migrating import at_once, by_steps

OURS = ("mappings", "integrations", "monitoring")
# Names that SQLite gives by itself, in the order in which it finds them.
GIVEN = re.compile(r"^(fk_\d+|__.*|sqlite_autoindex_.*)$")
# PostgreSQL and Django call the same thing differently, as it was made with its table or later.
UNIQUE = re.compile(r"\b\w+_(key|[0-9a-f]{8}_uniq)\b")
CHECKS = re.compile(r'CONSTRAINT "[^"]+" CHECK .*?(?=, CONSTRAINT|, "|\)$)')

Schema = dict[str, set[str]]
Way = Callable[[], MigrationExecutor]


@pytest.fixture
def restored(transactional_db: None) -> Iterator[None]:
    yield
    _nothing(by_steps)
    _everything(at_once)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_both_ways_lead_to_the_same_tables(restored: None) -> None:
    new = _schema()
    _nothing(at_once)
    assert not _ours()
    _everything(by_steps)
    grown = _schema()
    assert new.keys() == grown.keys()
    assert {table: new[table] ^ grown[table] for table in new if new[table] != grown[table]} == {}
    _nothing(by_steps)
    assert not _ours()


def _nothing(way: Way) -> None:
    for app in reversed(OURS):
        way().migrate([(app, None)])


def _everything(way: Way) -> None:
    executor = way()
    executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in OURS])


def _ours() -> list[str]:
    tables = {
        model._meta.db_table
        for app in OURS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    return sorted(tables & set(connection.introspection.table_names()))


def _schema() -> Schema:
    with connection.cursor() as cursor:
        return {
            table: {
                UNIQUE.sub("unique", text)
                for text in (*_columns(cursor, table), *_constraints(cursor, table))
            }
            for table in _ours()
        }


def _columns(cursor: Any, table: str) -> Iterator[str]:
    for found in connection.introspection.get_table_description(cursor, table):
        size = getattr(found, "display_size", None)
        yield f"column {found.name}: {found.type_code} {size} {found.null_ok} {found.default}"


def _constraints(cursor: Any, table: str) -> Iterator[str]:
    for name, found in connection.introspection.get_constraints(cursor, table).items():
        told = {key: value for key, value in found.items() if key != "definition"}
        yield f"{'' if GIVEN.match(name) else name} {sorted(told.items(), key=str)}"
    yield from _definitions(cursor, table)


def _definitions(cursor: Any, table: str) -> Iterator[str]:
    """What indexes hold, and what checks ask: conditions are told nowhere else."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        yield from (row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass",
            [table],
        )
        yield from (f"{name} {text}" for name, text in cursor.fetchall())
        return
    cursor.execute("SELECT type, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL", [table])
    for kind, sql in cursor.fetchall():
        yield from (
            [sql]
            if kind == "index"
            else re.findall(r'CONSTRAINT "[^"]+" CHECK .*?(?=, CONSTRAINT|, "|\)$)', sql)
        )
