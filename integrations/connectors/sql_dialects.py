"""What differs between the databases: types, upserts, and how a table is changed while others use it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeEngine

from integrations.connectors.sql_places import LOCK, POSTGRESQL, SQLITE
from integrations.connectors.sql_values import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    JSON,
    NUMERIC,
    OTHER,
    TEXT,
    TIMESTAMP,
    Cell,
    Column,
    text_of,
)
from integrations.connectors.sql_words import READ_AT, VERSION
from integrations.exceptions import Failure

Row = dict[str, Any]
# How names are quoted.
_POSTGRESQL: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_MYSQL: sa.Dialect = mysql.dialect()
_SQLITE: sa.Dialect = sqlite.dialect()
# Letters of a key in MySQL: three of them still fit into one index.
KEY_LENGTH = 255


class Dialect(ABC):
    """`numeric` is its widest exact number."""

    numeric = Column("", NUMERIC)

    @abstractmethod
    def type_for(self, kind: str) -> TypeEngine[Any]: ...

    @abstractmethod
    def key_type(self) -> TypeEngine[Any]: ...

    @abstractmethod
    def guard_type(self) -> TypeEngine[Any]:
        """Of texts that are compared letter by letter, whatever language the database sorts in."""

    @abstractmethod
    def widening(self, column: sa.Column[Any], kind: str, before: str) -> list[str]:
        """The statements that make this column of a table wider. `before`: the kind it had."""

    @abstractmethod
    def upsert(self, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> sa.Insert:
        """Rows of the same columns, each key once. A row that is there and newer stays as it is."""

    @contextmanager
    def changing(self, connection: sa.Connection, table: str) -> Iterator[None]:
        """One worker at a time; the others wait here, and then see what it did."""
        yield

    def kind_of(self, found: TypeEngine[Any], name: str) -> Column:
        """A column that is there, as far as we know its type."""
        match found:
            case types.Boolean():
                return Column(name, BOOLEAN)
            case types.Integer():
                return Column(name, INTEGER, size=_bits(found))
            case types.Float():
                return Column(name, FLOAT)
            case types.Numeric():
                return Column(name, NUMERIC, digits=found.precision or 0, places=found.scale or 0)
            case types.String():
                return Column(name, TEXT, size=found.length or 0)
            case _:
                return Column(name, OTHER)

    def bound(self, column: Column, cell: Cell) -> Any:
        """The cell as the driver takes it for this column."""
        kind, value = cell
        if value is None:
            return None
        match column.kind:
            case "integer":
                return int(Decimal(value))
            case "numeric":
                return Decimal(value)
            case "float":
                return float(value)
            case "timestamp":
                return datetime.fromisoformat(value)
            case "boolean" | "json" if kind == column.kind:
                return value
            case _:
                return text_of(cell)


def _bits(found: TypeEngine[Any]) -> int:
    if isinstance(found, types.SmallInteger):
        return 16
    return 64 if isinstance(found, types.BigInteger) else 32


class Postgres(Dialect):
    _TYPES: dict[str, TypeEngine[Any]] = {
        TEXT: types.Text(),
        INTEGER: types.BigInteger(),
        NUMERIC: types.Numeric(),
        TIMESTAMP: postgresql.TIMESTAMP(timezone=True),
        BOOLEAN: types.Boolean(),
        JSON: postgresql.JSONB(),
        FLOAT: types.Double(),
        # Without a type the server takes the text for what the column is.
        OTHER: types.NullType(),
    }

    def type_for(self, kind: str) -> TypeEngine[Any]:
        return self._TYPES[kind]

    def key_type(self) -> TypeEngine[Any]:
        return types.Text()

    def guard_type(self) -> TypeEngine[Any]:
        return types.Text(collation="C")

    def kind_of(self, found: TypeEngine[Any], name: str) -> Column:
        match found:
            case types.DateTime():
                return Column(name, TIMESTAMP if found.timezone else OTHER)
            case postgresql.JSONB():
                return Column(name, JSON)
            case types.Enum():
                return Column(name, OTHER)
        return super().kind_of(found, name)

    def widening(self, column: sa.Column[Any], kind: str, before: str) -> list[str]:
        name, wanted = _quoted(column, _POSTGRESQL), "numeric" if kind == NUMERIC else "text"
        value = f"{name}::{wanted}"
        if before == TIMESTAMP and kind == TEXT:
            value = f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        table = _quoted(column.table, _POSTGRESQL)
        return [f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {wanted} USING {value}"]

    def upsert(self, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> sa.Insert:
        return _on_conflict(postgresql.insert(table), table, rows, keys)

    @contextmanager
    def changing(self, connection: sa.Connection, table: str) -> Iterator[None]:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_number_of(table))))
        yield


class MySQL(Dialect):
    """Times are kept in UTC: none of its types has a zone. DDL commits by itself."""

    numeric = Column("", NUMERIC, digits=38, places=10)

    def __init__(self, is_mariadb: bool) -> None:
        # Equal is only what is the very same: small and capital letters, accents and spaces at the end count.
        self._letters = {
            "charset": "utf8mb4",
            "collation": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
        }
        long_text: TypeEngine[Any] = mysql.LONGTEXT(**self._letters)
        self._types: dict[str, TypeEngine[Any]] = {
            TEXT: long_text,
            INTEGER: types.BigInteger(),
            NUMERIC: mysql.DECIMAL(self.numeric.digits, self.numeric.places),
            TIMESTAMP: mysql.DATETIME(fsp=6),
            BOOLEAN: types.Boolean(),
            JSON: long_text,
            FLOAT: types.Double(),
            OTHER: types.NullType(),
        }

    def type_for(self, kind: str) -> TypeEngine[Any]:
        return self._types[kind]

    def key_type(self) -> TypeEngine[Any]:
        return mysql.VARCHAR(KEY_LENGTH, **self._letters)

    guard_type = key_type

    def kind_of(self, found: TypeEngine[Any], name: str) -> Column:
        match found:
            case mysql.TINYINT(display_width=1):
                return Column(name, BOOLEAN)
            case mysql.DATETIME():
                return Column(name, TIMESTAMP)
            case mysql.ENUM() | mysql.SET() | mysql.JSON() | mysql.TIMESTAMP():
                return Column(name, OTHER)
            case mysql.TINYTEXT() | mysql.TEXT():
                # By bytes, of which a letter has up to four.
                return Column(name, TEXT, size=63 if isinstance(found, mysql.TINYTEXT) else 16_383)
            case mysql.TINYINT():
                return Column(name, INTEGER, size=8)
            case mysql.MEDIUMINT():
                return Column(name, INTEGER, size=24)
            case mysql.NUMERIC() | mysql.DECIMAL():
                return Column(name, NUMERIC, digits=found.precision or 10, places=found.scale or 0)
        return super().kind_of(found, name)

    def bound(self, column: Column, cell: Cell) -> Any:
        value = super().bound(column, cell)
        return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value

    def widening(self, column: sa.Column[Any], kind: str, before: str) -> list[str]:
        dialect = _MYSQL
        wanted = self.type_for(kind).compile(dialect=dialect)
        return [
            f"ALTER TABLE {_quoted(column.table, dialect)} MODIFY COLUMN {_quoted(column, dialect)} {wanted}"
        ]

    def upsert(self, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> sa.Insert:
        """The columns are set from left to right, and each sees those before it as they are then: so what the condition
        looks at comes last, in an order in which it stays what it was."""
        insert = mysql.insert(table).values(list(rows))
        newer = _is_not_older(table, insert.inserted)
        others = [name for name in rows[0] if name not in keys and name not in (READ_AT, VERSION)]
        taken = [
            (name, sa.case((newer, insert.inserted[name]), else_=table.c[name]))
            for name in (*others, READ_AT, VERSION)
        ]
        return insert.on_duplicate_key_update(taken)

    @contextmanager
    def changing(self, connection: sa.Connection, table: str) -> Iterator[None]:
        name = f"crossdock-{_number_of(table)}"
        if connection.scalar(sa.select(sa.func.get_lock(name, int(LOCK)))) != 1:
            raise Failure.transient(
                "locked", f"Another worker changes the table {table} at this moment. It is tried again."
            )
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.release_lock(name)))


class SQLite(Dialect):
    """Numbers with more digits than these are kept as inexact ones there: such a column becomes text."""

    numeric = Column("", NUMERIC, significant=15)

    class _Named(types.UserDefinedType[Any]):
        """A type for which values are passed as they are: the file keeps what it is given."""

        cache_ok = True

        def __init__(self, name: str) -> None:
            self.name = name

        def get_col_spec(self, **_: Any) -> str:
            return self.name

    _TYPES: dict[str, TypeEngine[Any]] = {
        TEXT: _Named("TEXT"),
        INTEGER: _Named("INTEGER"),
        NUMERIC: _Named("NUMERIC"),
        TIMESTAMP: _Named("DATETIME"),
        BOOLEAN: _Named("BOOLEAN"),
        JSON: _Named("TEXT"),
        FLOAT: _Named("REAL"),
        OTHER: _Named(""),
    }

    def type_for(self, kind: str) -> TypeEngine[Any]:
        return self._TYPES[kind]

    def key_type(self) -> TypeEngine[Any]:
        return self._TYPES[TEXT]

    guard_type = key_type

    def kind_of(self, found: TypeEngine[Any], name: str) -> Column:
        match found:
            case types.DateTime():
                return Column(name, TIMESTAMP)
            case types.Integer():
                return Column(name, INTEGER, size=64)
            case types.Numeric() if not isinstance(found, types.Float):
                return replace(self.numeric, name=name)
            case types.String():
                return Column(name, TEXT)
        return super().kind_of(found, name)

    def bound(self, column: Column, cell: Cell) -> Any:
        kind, value = cell
        if value is None:
            return None
        if column.kind in (TIMESTAMP, NUMERIC):
            return str(value)
        return int(value) if kind == BOOLEAN == column.kind else super().bound(column, cell)

    def widening(self, column: sa.Column[Any], kind: str, before: str) -> list[str]:
        """It cannot change a column, so another takes its place."""
        dialect = _SQLITE
        table, name, between = (
            _quoted(column.table, dialect),
            _quoted(column, dialect),
            dialect.identifier_preparer.quote(f"{column.name}__wider"),
        )
        wanted = "NUMERIC" if kind == NUMERIC else "TEXT"
        return [
            f"ALTER TABLE {table} ADD COLUMN {between} {wanted}",
            f"UPDATE {table} SET {between} = CAST({name} AS {wanted})",  # noqa: S608  # names that were quoted
            f"ALTER TABLE {table} DROP COLUMN {name}",
            f"ALTER TABLE {table} RENAME COLUMN {between} TO {name}",
        ]

    def upsert(self, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]) -> sa.Insert:
        return _on_conflict(sqlite.insert(table), table, rows, keys)


def dialect_of(connection: sa.Connection) -> Dialect:
    found = connection.dialect
    if found.name == POSTGRESQL:
        return Postgres()
    if found.name == SQLITE:
        return SQLite()
    return MySQL(bool(getattr(found, "is_mariadb", False)))


def _on_conflict(
    insert: postgresql.Insert | sqlite.Insert, table: sa.Table, rows: Sequence[Row], keys: Sequence[str]
) -> sa.Insert:
    filled = insert.values(list(rows))
    taken = {name: filled.excluded[name] for name in rows[0] if name not in keys}
    newer = _is_not_older(table, filled.excluded)
    return filled.on_conflict_do_update(index_elements=list(keys), set_=taken, where=newer)


def _is_not_older(table: sa.Table, told: Any) -> sa.ColumnElement[bool]:
    return is_not_older(table, told[VERSION], told[READ_AT])


def is_not_older(table: sa.Table, version: Any, read_at: Any) -> sa.ColumnElement[bool]:
    """As the engine decides it: by the version where both have one and they differ, else by when it was read."""
    was = sa.func.coalesce(table.c[VERSION], "")
    was_read_at = sa.func.coalesce(table.c[READ_AT], "")
    tells = sa.and_(was != "", version != "", was != version)
    return sa.case((tells, was < version), else_=was_read_at <= read_at)


def _quoted(part: sa.Column[Any] | sa.Table, dialect: sa.Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    if isinstance(part, sa.Column):
        return quote(str(part.name))
    return ".".join(quote(str(name)) for name in (part.schema, part.name) if name)


def _number_of(table: str) -> int:
    """The same on every host, and another for another table."""
    return int.from_bytes(hashlib.blake2b(table.encode(), digest_size=8).digest(), "big", signed=True)
