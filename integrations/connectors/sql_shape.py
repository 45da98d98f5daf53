"""Tables as they are, and as they must become for what is to be written into them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.schema import CreateColumn, CreateTable

from integrations.connectors.sql_dialects import Dialect, dialect_of
from integrations.connectors.sql_places import STATEMENT, Sessions
from integrations.connectors.sql_values import INTEGER, NUMERIC, TEXT, Cell, Column, fits, joined, wider
from integrations.connectors.sql_words import READ_AT, VERSION
from integrations.exceptions import Failure

MOST_COLUMNS = 300
TURNS = 3

Cells = Mapping[str, Cell]


@dataclass(frozen=True)
class Wanted:
    """A table to be written. `numbered`: its key ends with the number of a line; such a table has no guard."""

    name: str
    schema: str
    keys: tuple[str, ...]
    numbered: str = ""

    @property
    def all_keys(self) -> tuple[str, ...]:
        return (*self.keys, self.numbered) if self.numbered else self.keys

    @property
    def guards(self) -> tuple[str, ...]:
        return () if self.numbered else (VERSION, READ_AT)


@dataclass(frozen=True)
class Shape:
    """A table that is there. `uniques`: the columns of each of its unique keys."""

    columns: Mapping[str, Column]
    uniques: tuple[frozenset[str], ...]
    table: sa.Table


@dataclass(frozen=True)
class Change:
    """What one column needs: to be made (`before` is "") or to be widened."""

    name: str
    kind: str
    before: str = ""


class Shapes:
    """Known tables of one connector. What another worker changes is noticed, and then looked at anew."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._dialect: Dialect | None = None
        self._known: dict[tuple[str, str], Shape] = {}
        self._lock = threading.Lock()

    def ready(self, wanted: Wanted, rows: Sequence[Cells]) -> tuple[Dialect, Shape]:
        """The table with room for all these cells: made, given columns and widened where it was not. Raises Failure."""
        for _ in range(TURNS):
            shape, dialect = self._known.get((wanted.schema, wanted.name)), self._dialect
            if shape is None or dialect is None:
                with self._sessions.reading() as connection:
                    shape, dialect = found(connection, wanted), dialect_of(connection)
            if shape is not None and not changes(shape, wanted, rows, dialect):
                _check_keys(self._sessions.name, shape, wanted, rows)
                self._keep(wanted, shape, dialect)
                return dialect, shape
            self.forget(wanted)
            self._change(wanted, rows)
        raise Failure.transient(
            "locked",
            f"{self._sessions.name}: others change the table {wanted.name} all the time. It is tried again.",
        )

    def there(self, wanted: Wanted) -> Shape | None:
        with self._sessions.reading() as connection:
            return found(connection, wanted)

    def forget(self, wanted: Wanted) -> None:
        with self._lock:
            self._known.pop((wanted.schema, wanted.name), None)

    def _keep(self, wanted: Wanted, shape: Shape, dialect: Dialect) -> None:
        with self._lock:
            self._known[wanted.schema, wanted.name] = shape
            self._dialect = dialect

    def _change(self, wanted: Wanted, rows: Sequence[Cells]) -> None:
        """Under the lock it is looked at again: another worker may have done the same meanwhile."""
        statements: list[str] = []
        try:
            with self._sessions.writing() as connection:
                dialect = dialect_of(connection)
                with dialect.changing(connection, f"{wanted.schema}.{wanted.name}"):
                    shape = found(connection, wanted) or _made(connection, dialect, wanted)
                    needed = changes(shape, wanted, rows, dialect)
                    _check_number(shape, needed)
                    for change in needed:
                        statements = _statements(connection, dialect, shape, change)
                        for statement in statements:
                            connection.exec_driver_sql(statement)
        except Failure as failure:
            if failure.code == "too_slow" and statements:
                raise _by_hand(self._sessions.name, statements) from failure
            raise


def found(connection: sa.Connection, wanted: Wanted) -> Shape | None:
    """The table as it is; None where there is none."""
    dialect, look = dialect_of(connection), sa.inspect(connection)
    schema = wanted.schema or None
    try:
        told = look.get_columns(wanted.name, schema=schema)
    except NoSuchTableError:
        return None
    columns = {str(part["name"]): dialect.kind_of(part["type"], str(part["name"])) for part in told}
    key = look.get_pk_constraint(wanted.name, schema=schema)["constrained_columns"]
    uniques = [frozenset(key)] if key else []
    uniques += [
        frozenset(one["column_names"]) for one in look.get_unique_constraints(wanted.name, schema=schema)
    ]
    uniques += [
        frozenset(str(name) for name in one["column_names"])
        for one in look.get_indexes(wanted.name, schema=schema, include_auto_indexes=True)
        if one["unique"] and not (one.get("dialect_options") or {}).get("postgresql_where")
    ]
    return Shape(columns, tuple(uniques), _table(dialect, wanted, columns))


def _table(dialect: Dialect, wanted: Wanted, columns: Mapping[str, Column]) -> sa.Table:
    def kind(column: Column) -> sa.types.TypeEngine[object]:
        if column.name in wanted.guards:
            return dialect.guard_type()
        return dialect.type_for(column.kind)

    made = [sa.Column(column.name, kind(column), quote=True) for column in columns.values()]
    return sa.Table(wanted.name, sa.MetaData(), *made, schema=wanted.schema or None, quote=True)


def _made(connection: sa.Connection, dialect: Dialect, wanted: Wanted) -> Shape:
    connection.execute(CreateTable(_new_table(dialect, wanted)))
    shape = found(connection, wanted)
    if shape is None:
        raise AssertionError("A table that was made is not there.")
    return shape


def _new_table(dialect: Dialect, wanted: Wanted) -> sa.Table:
    columns = [sa.Column(key, dialect.key_type(), primary_key=True, quote=True) for key in wanted.keys]
    if wanted.numbered:
        number = dialect.type_for(INTEGER)
        columns.append(sa.Column(wanted.numbered, number, primary_key=True, autoincrement=False, quote=True))
    columns += [sa.Column(name, dialect.guard_type(), quote=True) for name in wanted.guards]
    return sa.Table(wanted.name, sa.MetaData(), *columns, schema=wanted.schema or None, quote=True)


def changes(shape: Shape, wanted: Wanted, rows: Sequence[Cells], dialect: Dialect) -> list[Change]:
    """What the table lacks for these cells, and for being guarded."""
    needed = [Change(name, TEXT) for name in wanted.guards if name not in shape.columns]
    by_column: dict[str, list[Cell]] = {}
    for row in rows:
        for name, cell in row.items():
            if name not in wanted.all_keys:
                by_column.setdefault(name, []).append(cell)
    for name, cells in by_column.items():
        column = shape.columns.get(name)
        if column is None:
            kind = joined(cells)
            needed += [Change(name, kind)] if kind else []
            column = Column(name, kind) if kind else None
        misfits = [cell for cell in cells if column is not None and not fits(_narrow(column, dialect), cell)]
        if misfits and column is not None:
            kinds = {wider(column, cell, dialect.numeric) for cell in misfits}
            if name in shape.columns:
                needed.append(Change(name, kinds.pop() if len(kinds) == 1 else TEXT, before=column.kind))
            else:
                needed[-1] = Change(name, TEXT)
    return needed


def _narrow(column: Column, dialect: Dialect) -> Column:
    """A column that we would make has the bounds of this database."""
    if column.kind == NUMERIC and not column.digits and not column.significant:
        return dialect.numeric
    return Column(column.name, INTEGER, size=64) if column.kind == INTEGER and not column.size else column


def _statements(connection: sa.Connection, dialect: Dialect, shape: Shape, change: Change) -> list[str]:
    if change.before:
        return dialect.widening(shape.table.c[change.name], change.kind, change.before)
    guard = change.name in (VERSION, READ_AT)
    kind = dialect.guard_type() if guard else dialect.type_for(change.kind)
    column = sa.Column(change.name, kind, quote=True)
    sa.Table(shape.table.name, sa.MetaData(), column, schema=shape.table.schema, quote=True)
    preparer = connection.dialect.identifier_preparer
    specified = CreateColumn(column).compile(dialect=connection.dialect)
    return [f"ALTER TABLE {preparer.format_table(shape.table)} ADD COLUMN {specified}"]


def _check_number(shape: Shape, needed: Sequence[Change]) -> None:
    made = [change for change in needed if not change.before]
    if len(shape.columns) + len(made) > MOST_COLUMNS:
        raise Failure.data(
            "too_many_columns",
            f"The table {shape.table.name} would have more than {MOST_COLUMNS} columns, with {made[-1].name} for one. "
            "Leave fields out in the mapping.",
            field=made[-1].name,
        )


def _check_keys(name: str, shape: Shape, wanted: Wanted, rows: Sequence[Cells]) -> None:
    """MySQL takes whatever unique key a row meets first: none but ours may be met."""
    keys = frozenset(wanted.all_keys)
    missing = keys - set(shape.columns)
    if missing or keys not in shape.uniques:
        raise Failure.config(
            "no_unique_key",
            f"{name}: the table {wanted.name} has no unique key over {', '.join(sorted(keys))}. Add one there, or name "
            "another table.",
        )
    written = {column for row in rows for column in row}
    others = [
        unique for unique in shape.uniques if unique != keys and unique & written and not unique <= keys
    ]
    if others:
        raise Failure.config(
            "another_unique_key",
            f"{name}: the table {wanted.name} has another unique key over {', '.join(sorted(others[0]))}, which is "
            "written too. Drop it there, or leave the column out in the mapping.",
        )


def _by_hand(name: str, statements: Sequence[str]) -> Failure:
    return Failure.config(
        "too_large_to_widen",
        f"{name}: the table is too large to be changed within {STATEMENT:g} s. Have it changed there when nobody needs "
        f"it, then retry: {'; '.join(statements)}",
    )
