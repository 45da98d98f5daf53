"""Writes many rows in one statement, from plain tuples: for the engine's groups, where building a model instance
for each row costs more than the database's own work on it.

The same statements on both databases' terms: SQLite runs one prepared statement for all rows, PostgreSQL takes all of
them as one JSON text, which costs a tenth of what its driver needs for arrays. Constraints, defaults of the database
and `from_db_value` are what they are for the ORM; a model's `save` and its signals are not called (none of the tables
written here has any).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, models

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Upsert:
    """Where `unique` names a row that is there already, its `update` columns take the new values.

    `growing`: only where this column grows by it; else the row stays as it is.
    """

    unique: Sequence[str]
    update: Sequence[str]
    growing: str = ""


IGNORE = "ON CONFLICT DO NOTHING"


def insert(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Row], conflict: Upsert | str = ""
) -> None:
    """Inserts rows of these fields (attnames: `thing_id`). `conflict`: nothing, IGNORE, or an Upsert."""
    if not rows:
        return
    table, columns = _table(model, names)
    rule = conflict if isinstance(conflict, str) else _upsert(model, conflict)
    target = f"INSERT INTO {table} ({', '.join(column.name for column in columns)})"
    if connection.vendor == "postgresql":
        _execute(f"{target} SELECT * FROM {_recordset(columns)} {rule}", columns, rows)  # noqa: S608  # names of our own
    else:
        places = ", ".join(["%s"] * len(columns))
        _execute_many(f"{target} VALUES ({places}) {rule}", columns, rows)


def insert_alike(model: type[models.Model], names: Sequence[str], row: Row, count: int) -> list[int]:
    """Inserts the same row `count` times; returns the new primary keys."""
    table, columns = _table(model, names)
    values = [column.convert(value) for column, value in zip(columns, row, strict=True)]
    places = f"({', '.join(['%s'] * len(columns))})"
    statement = (
        f"INSERT INTO {table} ({', '.join(column.name for column in columns)}) "  # noqa: S608  # names of our own
        f"VALUES {', '.join([places] * count)} RETURNING {_column(model, 'pk').name}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values * count)
        return [pk for (pk,) in cursor.fetchall()]


def update(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Sets the fields `names` of the rows with these primary keys: each row is (pk, value, …)."""
    if not rows:
        return
    table, columns = _table(model, names)
    key = _column(model, "pk")
    if connection.vendor == "postgresql":
        every = (key, *columns)
        sets = ", ".join(f"{column.name} = v.{column.name}" for column in columns)
        statement = (
            f"UPDATE {table} SET {sets} FROM {_recordset(every)} "  # noqa: S608  # names of our own
            f"WHERE {table}.{key.name} = v.{key.name}"
        )
        _execute(statement, every, rows)
    else:
        sets = ", ".join(f"{column.name} = %s" for column in columns)
        statement = f"UPDATE {table} SET {sets} WHERE {key.name} = %s"  # noqa: S608  # names of our own
        _execute_many(statement, (*columns, key), [(*row[1:], row[0]) for row in rows])


@dataclass(frozen=True)
class _Column:
    """`name` is quoted, `bare` is not; `kind` is the database's type."""

    name: str
    bare: str
    kind: str
    convert: Convert

    def convert_all(self, values: Sequence[Any]) -> list[Any]:
        if self.convert is _moment:
            return _moments(values)
        return [self.convert(value) for value in values]


def _table(model: type[models.Model], names: Sequence[str]) -> tuple[str, tuple[_Column, ...]]:
    quoted = connection.ops.quote_name(model._meta.db_table)
    return quoted, tuple(_column(model, name) for name in names)


def _column(model: type[models.Model], name: str) -> _Column:
    return _describe(model, name, connection.vendor)


@lru_cache(maxsize=1024)
def _describe(model: type[models.Model], name: str, vendor: str) -> _Column:
    meta = model._meta
    field = meta.pk if name == "pk" else next(f for f in meta.concrete_fields if name in (f.name, f.attname))
    kind = re.sub(
        r"\(\d+\)", "", (field.rel_db_type if field.primary_key else field.db_type)(connection) or ""
    )
    bare = str(field.column)
    return _Column(connection.ops.quote_name(bare), bare, kind, _converter(field, vendor))


def _recordset(columns: Sequence[_Column]) -> str:
    described = ", ".join(f"{column.name} {column.kind}" for column in columns)
    return f"json_to_recordset(%s::json) AS v({described})"


def _converter(field: models.Field[Any, Any], vendor: str) -> Convert:
    if isinstance(field, (models.CharField, models.IntegerField, models.ForeignKey, models.BooleanField)):
        # Texts, whole numbers and truths go as they are; a member of an enumeration is a text or number too.
        return _plain
    if isinstance(field, models.DateTimeField):
        return _moment
    if isinstance(field, models.JSONField) and field.encoder is None:
        # On PostgreSQL it becomes a part of the rows' own JSON.
        return _json if vendor != "postgresql" else _plain
    return lambda value: field.get_db_prep_save(value, connection)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, models.enums.Choices) else value


def _json(value: Any) -> str | None:
    """As text: several times as fast as the field's own way."""
    return None if value is None else orjson.dumps(value).decode()


def _moment(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _moments(values: Sequence[datetime | None]) -> list[Any]:
    """Most rows of a group were made at the same moment: each is converted once."""
    known = {value: _moment(value) for value in set(values)}
    return [known[value] for value in values]


def _upsert(model: type[models.Model], conflict: Upsert) -> str:
    unique = ", ".join(_column(model, name).name for name in conflict.unique)
    sets = ", ".join(
        f"{column} = EXCLUDED.{column}" for column in (_column(model, name).name for name in conflict.update)
    )
    rule = f"ON CONFLICT ({unique}) DO UPDATE SET {sets}"
    if not conflict.growing:
        return rule
    table, (column,) = _table(model, [conflict.growing])
    return f"{rule} WHERE {table}.{column.name} < EXCLUDED.{column.name}"


def _columns_of(columns: Sequence[_Column], rows: Sequence[Row]) -> list[list[Any]]:
    return [
        column.convert_all(values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]


def _execute(statement: str, columns: Sequence[_Column], rows: Sequence[Row]) -> None:
    names = [column.bare for column in columns]
    converted = zip(*_columns_of(columns, rows), strict=True)
    text = orjson.dumps([dict(zip(names, row, strict=True)) for row in converted], default=_number_as_text)
    with connection.cursor() as cursor:
        cursor.execute(statement, [text.decode()])


def _number_as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a column.")


def _execute_many(statement: str, columns: Sequence[_Column], rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*_columns_of(columns, rows), strict=True)))
