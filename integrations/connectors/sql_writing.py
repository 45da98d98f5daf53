"""Mapped records into rows: several in one transaction, each as one upsert that never goes back to an older version.

Lists of objects (an order's lines) become a table of their own, `orders_lines`: every BI tool reads rows, and each
database has other words for looking into JSON. They are replaced as a whole, together with their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.sql_dialects import KEY_LENGTH, Dialect, Row, is_not_older
from integrations.connectors.sql_failures import Changed
from integrations.connectors.sql_places import Sessions
from integrations.connectors.sql_shape import Shape, Shapes, Wanted, found
from integrations.connectors.sql_values import JSON, TEXT, Cell, cell_of, spread
from integrations.connectors.sql_words import READ_AT, VERSION, Table, Write, problem_of
from integrations.connectors.times import as_version
from integrations.exceptions import Failure, Kind

UPSERT, DELETE = "upsert", "delete"
BATCH = 200
# So many values go into one statement.
MOST_VALUES = 5_000
LINE = "line"
LONGEST_VERSION = 200
TURNS = 3

Cells = dict[str, Cell]


def prepared(resource: str, word: Table, context: WriteContext) -> Call:
    """Pure. What the call holds is all that is needed to send it again, whatever the mapping is by then."""
    guard = {"version": context.version[:LONGEST_VERSION], "read_at": _text_of_time(context.read_at)}
    if context.operation == DELETE:
        keys = keys_of_id(word, context.external_id or "")
        body: dict[str, Any] = {"keys": keys, **guard}
    else:
        keys = [key_of(context.body, name) for name in word.keys]
        row, lists = _row_and_lists(word, context)
        tables = {name: [_plain(part) for part in parts] for name, parts in lists.items()}
        body = {"keys": keys, "row": _plain(row), "lists": tables, **guard}
    return Call(
        resource=resource,
        operation=context.operation,
        step=0,
        method=context.operation.upper(),
        path=word.table,
        body=body,
        external_id=id_of(keys),
        is_repeatable=True,
    )


def id_of(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else "/".join(quote(key, safe="") for key in keys)


def keys_of_id(word: Table, external_id: str) -> list[str]:
    """Raises Failure (data) where it is no id of a row of this table."""
    keys = [external_id] if len(word.keys) == 1 else [unquote(part) for part in external_id.split("/")]
    if len(keys) != len(word.keys) or not all(keys):
        raise Failure.data("bad_value", f"{external_id!r} is not the id of a row of {word.table}.")
    return keys


def key_of(body: Mapping[str, Any], name: str, longest: int = KEY_LENGTH) -> str:
    """One part of a row's key, as text. Raises Failure (data) for what is missing, no single value or too long."""
    value = body.get(name)
    if value in (None, "") or isinstance(value, dict | list | bool):
        raise Failure.data(
            "missing_field",
            f"There is no {name}, which is the key of the row. Add it at its source, or set it in the mapping.",
            field=name,
        )
    text = str(value)
    if len(text) > longest:
        raise Failure.data("bad_value", f"{name} has more than the {longest} letters of a key.", field=name)
    return text


def _row_and_lists(word: Table, context: WriteContext) -> tuple[Cells, dict[str, list[Cells]]]:
    declared = (word.write or Write()).types
    values, lists = spread(context.body, context.kinds)
    row = _cells(
        {path: value for path, value in values.items() if path not in word.keys}, context, declared, ""
    )
    tables: dict[str, list[Cells]] = {}
    for path, parts in lists.items():
        name = _column(path, path)
        if name in row or name in tables:
            raise _twice(name)
        tables[name] = []
        for part in parts:
            inner, deeper = spread(part, {})
            # What is listed within a line stays with it: a tree of tables would serve nobody.
            tables[name].append(_cells({**inner, **deeper}, context, declared, f"{path}[]."))
    return row, tables


def _cells(values: dict[str, Any], context: WriteContext, declared: Any, before: str) -> Cells:
    cells: Cells = {}
    for path, value in values.items():
        name = _column(path, f"{before}{path}")
        if name in cells:
            raise _twice(name)
        kind = declared.get(f"{before}{path}".replace("[].", "_").replace(".", "_"), "")
        cells[name] = cell_of(value, context.kinds.get(f"{before}{path}", ""), kind, f"{before}{path}")
    return cells


def _column(path: str, field: str) -> str:
    """The column of a field: `ship_to.city` is ship_to_city. Fields may be called as a source likes: it is judged."""
    name = path.replace(".", "_")
    problem = problem_of(name)
    if problem:
        raise Failure.data(
            "bad_column",
            f"No column can be made for this field: {problem} Change its target in the mapping.",
            field=field,
        )
    return name


def _twice(name: str) -> Failure:
    return Failure.data(
        "bad_column",
        f"Two fields would go into the column {name}. Change a target in the mapping.",
        field=name,
    )


def _text_of_time(seconds: float) -> str:
    return as_version(datetime.fromtimestamp(seconds, UTC)) if seconds else ""


@dataclass(frozen=True)
class _Entry:
    keys: tuple[str, ...]
    row: Cells
    lists: dict[str, list[Cells]]
    version: str
    read_at: str

    @classmethod
    def of(cls, call: Call) -> _Entry:
        body = call.body
        return cls(
            tuple(body["keys"]),
            _read_cells(body.get("row") or {}),
            {
                name: [_read_cells(part) for part in parts]
                for name, parts in (body.get("lists") or {}).items()
            },
            body["version"],
            body["read_at"],
        )


def _plain(cells: Cells) -> dict[str, Any]:
    return {name: list(cell) for name, cell in cells.items()}


def _read_cells(told: dict[str, Any]) -> Cells:
    return {name: (kind, value) for name, (kind, value) in told.items()}


class TableWriter:
    """Writes into one table and those of its lists."""

    def __init__(self, word: Table, sessions: Sessions, shapes: Shapes) -> None:
        self.word = word
        self._sessions = sessions
        self._shapes = shapes
        self._wanted = Wanted(word.table, word.schema, word.keys)

    def send_all(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """All in one transaction; where a row is refused, each in its own, so that it keeps no other from arriving."""
        try:
            self._upsert([_Entry.of(call) for call in calls])
        except Failure as failure:
            if failure.kind != Kind.DATA or len(calls) == 1:
                raise
            return [self._alone(call) for call in calls]
        return [Answer(external_id=call.external_id) for call in calls]

    def _alone(self, call: Call) -> Answer | Failure:
        try:
            return self.send(call)
        except Failure as failure:
            return failure

    def send(self, call: Call) -> Answer:
        entry = _Entry.of(call)
        if call.operation == DELETE:
            self._delete(entry)
        else:
            self._upsert([entry])
        return Answer(external_id=call.external_id)

    def _upsert(self, entries: Sequence[_Entry]) -> None:
        for turn in range(1, TURNS + 1):
            try:
                return self._write(entries)
            except Changed:
                self._forget(entries)
                if turn == TURNS:
                    raise Failure.transient(
                        "locked",
                        f"{self._sessions.name}: others change the table at this moment. It is tried again.",
                    ) from None
        raise AssertionError("The last turn ended in neither way.")

    def _forget(self, entries: Sequence[_Entry]) -> None:
        self._shapes.forget(self._wanted)
        for name in _list_names(entries):
            self._shapes.forget(self._of_list(name))

    def _write(self, entries: Sequence[_Entry]) -> None:
        """Tables are made and widened before: that may take a moment, and MySQL commits with it."""
        dialect, shape = self._shapes.ready(self._wanted, [entry.row for entry in entries])
        lists = {}
        for name in _list_names(entries):
            lines = [line for entry in entries for line in entry.lists.get(name, [])]
            wanted = self._of_list(name)
            there = self._shapes.ready(wanted, lines)[1] if lines else self._shapes.there(wanted)
            if there is not None:
                lists[name] = there
        with self._sessions.writing() as connection:
            for rows in self._statements(dialect, shape, entries):
                connection.execute(dialect.upsert(shape.table, rows, self.word.keys))
            if lists:
                won = self._which_won(connection, dialect, shape, entries)
                for name, lines_shape in lists.items():
                    self._replace(connection, dialect, lines_shape, name, won)

    def _of_list(self, name: str) -> Wanted:
        keys = tuple(f"{self.word.table}_{key}" for key in self.word.keys)
        return Wanted(f"{self.word.table}_{name}", self.word.schema, keys, numbered=LINE)

    def _statements(self, dialect: Dialect, shape: Shape, entries: Sequence[_Entry]) -> Iterator[list[Row]]:
        """Rows of the same columns, each key once, sorted: two workers with the same rows wait in line."""
        groups: dict[tuple[int, tuple[str, ...]], list[Row]] = {}
        met: dict[tuple[str, ...], int] = {}
        for entry in sorted(entries, key=lambda entry: entry.keys):
            row = self._row(dialect, shape, entry)
            turn = met[entry.keys] = met.get(entry.keys, 0) + 1
            groups.setdefault((turn, tuple(sorted(row))), []).append(row)
        for _, rows in sorted(groups.items(), key=lambda group: group[0][0]):
            yield from _parts(rows)

    def _row(self, dialect: Dialect, shape: Shape, entry: _Entry) -> Row:
        row = {
            name: dialect.bound(shape.columns[name], cell)
            for name, cell in entry.row.items()
            if name in shape.columns
        }
        return {**row, **self._keys(dialect, shape, entry), VERSION: entry.version, READ_AT: entry.read_at}

    def _keys(self, dialect: Dialect, shape: Shape, entry: _Entry, prefix: str = "") -> Row:
        return {
            f"{prefix}{name}": key_for(dialect, shape, f"{prefix}{name}", value)
            for name, value in zip(self.word.keys, entry.keys, strict=True)
        }

    def _which_won(
        self, connection: sa.Connection, dialect: Dialect, shape: Shape, entries: Sequence[_Entry]
    ) -> list[_Entry]:
        """Of those whose row says what they wrote; each key once. The rows are ours until the commit."""
        columns = [shape.table.c[name] for name in (*self.word.keys, VERSION, READ_AT)]
        keys = [self._keys(dialect, shape, entry) for entry in entries]
        wrote = {
            (*key.values(), entry.version, entry.read_at): entry
            for key, entry in zip(keys, entries, strict=True)
        }
        won = []
        for part in _parts(keys):
            rows = connection.execute(sa.select(*columns).where(_one_of(shape.table, self.word.keys, part)))
            won += [wrote[tuple(row)] for row in rows if tuple(row) in wrote]
        return won

    def _replace(
        self, connection: sa.Connection, dialect: Dialect, shape: Shape, name: str, won: Sequence[_Entry]
    ) -> None:
        told = sorted((entry for entry in won if name in entry.lists), key=lambda entry: entry.keys)
        prefix = f"{self.word.table}_"
        names = [f"{prefix}{key}" for key in self.word.keys]
        parents = [self._keys(dialect, shape, entry, prefix) for entry in told]
        for part in _parts(parents):
            connection.execute(sa.delete(shape.table).where(_one_of(shape.table, names, part)))
        lines = [
            (parent, number, line)
            for entry, parent in zip(told, parents, strict=True)
            for number, line in enumerate(entry.lists[name], 1)
        ]
        columns = sorted({column for *_, line in lines for column in line if column in shape.columns})
        nothing: Cell = ("", None)
        rows = [
            {column: dialect.bound(shape.columns[column], line.get(column, nothing)) for column in columns}
            | {**parent, LINE: number}
            for parent, number, line in lines
        ]
        for part in _parts(rows):
            connection.execute(sa.insert(shape.table).values(part))

    def _delete(self, entry: _Entry) -> None:
        shape = self._shapes.there(self._wanted)
        if shape is None:
            return
        dialect, shape = self._shapes.ready(self._wanted, [])
        with self._sessions.writing() as connection:
            gone = sa.delete(shape.table).where(
                _one_of(shape.table, self.word.keys, [self._keys(dialect, shape, entry)]),
                is_not_older(shape.table, sa.literal(entry.version), sa.literal(entry.read_at)),
            )
            if connection.execute(gone).rowcount:
                self._delete_lines(connection, dialect, entry)

    def _delete_lines(self, connection: sa.Connection, dialect: Dialect, entry: _Entry) -> None:
        """Of whatever lists there are: tables that begin with this one's name and have its keys."""
        prefix = f"{self.word.table}_"
        names = {f"{prefix}{key}" for key in self.word.keys} | {LINE}
        for table in sa.inspect(connection).get_table_names(schema=self.word.schema or None):
            if not table.startswith(prefix):
                continue
            shape = found(connection, self._of_list(table.removeprefix(prefix)))
            if shape is not None and names in shape.uniques:
                keys = self._keys(dialect, shape, entry, prefix)
                connection.execute(sa.delete(shape.table).where(_one_of(shape.table, list(keys), [keys])))


def key_for(dialect: Dialect, shape: Shape, name: str, value: str) -> Any:
    """A key as its column has it; those that we make are text. Raises Failure (data)."""
    column = shape.columns[name]
    if column.kind == TEXT:
        return value
    cell = cell_of(value, "", "" if column.kind in ("other", JSON) else column.kind, name)
    return dialect.bound(column, cell)


def _one_of(table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> sa.ColumnElement[bool]:
    if len(names) == 1:
        return table.c[names[0]].in_([row[names[0]] for row in rows])
    return sa.or_(*(sa.and_(*(table.c[name] == row[name] for name in names)) for row in rows))


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    if not rows:
        return
    size = max(1, MOST_VALUES // max(1, len(rows[0])))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _list_names(entries: Sequence[_Entry]) -> list[str]:
    return sorted({name for entry in entries for name in entry.lists})
