"""Reads a table or a view page by page: by the column that moves with each change and the key, never by a number of
rows to skip. What changes meanwhile moves to the end and is met there; its neighbours stay where they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import NoSuchTableError

from integrations.connectors.base import Item, Page
from integrations.connectors.sql_places import SQLITE, Sessions
from integrations.connectors.sql_rows import Plainly, coded, decoded, is_set, of_type
from integrations.connectors.sql_words import Read, Table
from integrations.connectors.sql_writing import id_of, keys_of_id
from integrations.connectors.times import DIGITS_OF_VERSION, since_writer, utc_now
from integrations.connectors.words import Since
from integrations.exceptions import Failure

# SQLite keeps times as whatever text an application wrote. Their days sort alike, so whole days are read again.
DAYS_AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class _Start:
    """From where on, as the column has it; None: from the beginning. `after`: order and key of the last row."""

    since: Any = None
    after: tuple[Any, ...] | None = None
    is_untimed: bool = False

    def to_json(self) -> dict[str, Any]:
        after = None if self.after is None else [coded(value) for value in self.after]
        return {"since": coded(self.since), "after": after, "untimed": self.is_untimed}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> _Start:
        after = told["after"]
        return cls(
            decoded(told["since"]),
            None if after is None else tuple(decoded(value) for value in after),
            told["untimed"],
        )


class TableReader:
    """Reads one table or view."""

    def __init__(self, resource: str, word: Table, sessions: Sessions, zone: ZoneInfo) -> None:
        self.resource = resource
        self.word = word
        self.read_word = word.read or Read()
        self._sessions = sessions
        self._zone = zone
        self._plainly = Plainly(zone)

    @property
    def order(self) -> str:
        """The column that moves with each change, "" where none does."""
        return self.read_word.updated_at or self.read_word.number

    def page(self, since: datetime | None, position: dict[str, Any] | None) -> Page:
        """Raises Failure."""
        with self._sessions.reading() as connection:
            table = self._table(connection)
            start = self._start(connection, table, since, position)
            rows = list(connection.execute(self._query(table, start)))
        return self._paged(table, start, rows, since, position)

    def fetch(self, external_id: str) -> Item | None:
        with self._sessions.reading() as connection:
            table = self._table(connection)
            wanted = self._bound_keys(table, external_id)
            if wanted is None:
                return None
            mine = sa.and_(
                *(table.c[key] == value for key, value in zip(self.word.keys, wanted, strict=True))
            )
            rows = list(connection.execute(sa.select(*self._columns(table)).where(mine).limit(2)))
        if len(rows) > 1:
            raise self._not_unique()
        return self._item(table, rows[0]) if rows else None

    def is_there(self) -> int:
        """How many columns there are. Raises Failure where a column that is named is not there."""
        with self._sessions.reading() as connection:
            return len(self._columns(self._table(connection)))

    def _table(self, connection: sa.Connection) -> sa.Table:
        try:
            found = sa.inspect(connection).get_columns(self.word.table, schema=self.word.schema or None)
        except NoSuchTableError:
            raise self._no_table(self.word.table) from None
        raw = self._sessions.place.kind == SQLITE
        columns = [
            sa.Column(str(part["name"]), types.NullType() if raw else part["type"], quote=True)
            for part in found
        ]
        table = sa.Table(
            self.word.table, sa.MetaData(), *columns, schema=self.word.schema or None, quote=True
        )
        named = (*self.word.keys, self.order, self.read_word.deleted, *self.read_word.columns)
        for name in named:
            if name and name not in table.c:
                raise self._no_table(f"{self.word.table}.{name}")
        return table

    def _columns(self, table: sa.Table) -> list[sa.Column[Any]]:
        wanted = self.read_word.columns
        if not wanted:
            return list(table.c)
        named = dict.fromkeys((*wanted, *self.word.keys, self.order, self.read_word.deleted))
        return [table.c[name] for name in named if name]

    def _start(
        self,
        connection: sa.Connection,
        table: sa.Table,
        since: datetime | None,
        position: dict[str, Any] | None,
    ) -> _Start:
        if position is not None and "number" not in position:
            return _Start.from_json(position)
        if connection.scalar(
            sa.select(sa.literal(1)).select_from(table).where(self._has_no_key(table)).limit(1)
        ):
            raise Failure.config(
                "no_id",
                f"{self._sessions.name}: rows of {self.word.table} have no {' or '.join(self.word.keys)}. Name a "
                f"column that all have at tables.{self.resource}.key.",
                field=f"tables.{self.resource}.key",
            )
        if position is not None and self.read_word.number:
            number = decoded(position["number"])
            return _Start(number - self.read_word.overlap) if isinstance(number, int | Decimal) else _Start()
        if since is None or not self.read_word.updated_at:
            return _Start()
        return _Start(self._written(table, since - self._behind(connection)))

    def _has_no_key(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.or_(*(table.c[key].is_(None) for key in self.word.keys))

    def _behind(self, connection: sa.Connection) -> timedelta:
        """How far the database's clock is behind ours: it stamps a change that comes now with an earlier time."""
        if self._sessions.place.kind == SQLITE:
            return timedelta(0)
        there = connection.scalars(sa.select(sa.func.now())).one()
        # MySQL's has no zone; ours of the session is UTC.
        late: timedelta = utc_now() - (there if there.tzinfo is not None else there.replace(tzinfo=UTC))
        return max(timedelta(0), late)

    def _written(self, table: sa.Table, since: datetime) -> Any:
        """`since` as the column has its times."""
        wanted = since - timedelta(seconds=self.read_word.overlap)
        if self._sessions.place.kind == SQLITE:
            return (wanted - DAYS_AGAIN).astimezone(UTC).strftime("%Y-%m-%d")
        kind = table.c[self.order].type
        if isinstance(kind, types.Date) and not isinstance(kind, types.DateTime):
            return wanted.astimezone(self._zone).date()
        if not isinstance(kind, types.DateTime):
            raise Failure.config(
                "no_time",
                f"{self._sessions.name}: {self.word.table}.{self.order} is no column of times. Name it as number, if "
                "it grows with each change.",
                field=f"tables.{self.resource}.read.updated_at",
            )
        if kind.timezone or isinstance(kind, mysql.TIMESTAMP):
            return wanted if kind.timezone else wanted.astimezone(UTC).replace(tzinfo=None)
        word = Since(format="%Y-%m-%d %H:%M:%S.%f", zone=str(self._zone), overlap=self.read_word.overlap)
        _, text = since_writer(word, f"tables.{self.resource}.read")(since)
        return datetime.fromisoformat(str(text))

    def _query(self, table: sa.Table, start: _Start) -> sa.Select[Any]:
        keys = [table.c[key] for key in self.word.keys]
        by = keys if start.is_untimed or not self.order else [table.c[self.order], *keys]
        query = sa.select(*self._columns(table)).order_by(*by).limit(self.read_word.size + 1)
        if self.order:
            moves = table.c[self.order]
            query = query.where(moves.is_(None) if start.is_untimed else moves.is_not(None))
            if start.since is not None and not start.is_untimed:
                query = query.where(moves >= start.since)
        if start.after is not None:
            query = query.where(_beyond(by, start.after))
        return query

    def _paged(
        self,
        table: sa.Table,
        start: _Start,
        rows: Sequence[sa.Row[Any]],
        since: datetime | None,
        position: dict[str, Any] | None,
    ) -> Page:
        places = [self._place(row, start) for row in rows]
        if any(one == other for one, other in itertools.pairwise(places)):
            raise self._not_unique()
        size = self.read_word.size
        items = tuple(self._item(table, row) for row in rows[:size])
        following: _Start | None = None
        if len(rows) > size:
            following = _Start(start.since, places[size - 1], start.is_untimed)
        elif self.order and not start.is_untimed:
            following = _Start(start.since, None, is_untimed=True)
        notices = self._notices(start, items, since)
        if following is not None:
            told = following.to_json() | {"top": self._top(start, places[:size], position)}
            return Page(items, told, notices=notices)
        return Page(
            items,
            complete=since is None and start.since is None,
            notices=notices,
            mark=self._mark(start, places[:size], position),
        )

    def _place(self, row: sa.Row[Any], start: _Start) -> tuple[Any, ...]:
        found = row._mapping
        keys = tuple(found[key] for key in self.word.keys)
        return keys if start.is_untimed or not self.order else (found[self.order], *keys)

    def _top(self, start: _Start, places: Sequence[tuple[Any, ...]], position: dict[str, Any] | None) -> Any:
        """The greatest number so far: where the next read begins."""
        if not self.read_word.number:
            return None
        if places and not start.is_untimed:
            return coded(places[-1][0])
        return (position or {}).get("top", (position or {}).get("number"))

    def _mark(
        self, start: _Start, places: Sequence[tuple[Any, ...]], position: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        top = self._top(start, places, position)
        return {"number": top} if top is not None else None

    def _notices(self, start: _Start, items: Sequence[Item], since: datetime | None) -> tuple[str, ...]:
        if self.order and start.is_untimed and items:
            return (
                f"{self._sessions.name}: rows of {self.word.table} without {self.order} are read each time.",
            )
        if not self.order and since is not None:
            return (
                (
                    f"{self._sessions.name}: no column of {self.word.table} tells what has changed, so all is read "
                    "each time, and only what changed is sent."
                ),
            )
        return ()

    def _item(self, table: sa.Table, row: sa.Row[Any]) -> Item:
        found = row._mapping
        payload = {str(name): self._plainly.plain(table.c[str(name)], value) for name, value in found.items()}
        flag = self.read_word.deleted
        return Item(
            external_id=id_of([str(payload[key]) for key in self.word.keys]),
            payload=payload,
            version=self._version(table, found),
            deleted=bool(flag) and is_set(found[flag]),
        )

    def _version(self, table: sa.Table, found: Mapping[Any, Any]) -> str:
        value = found[self.order] if self.order else None
        if value is None:
            return ""
        if self.read_word.number:
            whole = isinstance(value, int | Decimal) and value == int(value) and value >= 0
            return str(int(value)).zfill(DIGITS_OF_VERSION) if whole else ""
        return self._plainly.version(table.c[self.order], value)

    def _bound_keys(self, table: sa.Table, external_id: str) -> list[Any] | None:
        """The key as its columns have it; None where no row can have this id."""
        bound = []
        for name, text in zip(self.word.keys, keys_of_id(self.word, external_id), strict=True):
            try:
                bound.append(of_type(table.c[name].type, text))
            except (ValueError, ArithmeticError):
                return None
        return bound

    def _no_table(self, name: str) -> Failure:
        return Failure.config(
            "no_table",
            f"{self._sessions.name} has no {name}, or does not show it to our user. Correct tables.{self.resource}, or "
            "grant SELECT there.",
            field=f"tables.{self.resource}",
        )

    def _not_unique(self) -> Failure:
        return Failure.config(
            "not_unique",
            f"{self._sessions.name}: two rows of {self.word.table} have the same {', '.join(self.word.keys)}, so one "
            f"would be taken for the other. Name more columns at tables.{self.resource}.key.",
            field=f"tables.{self.resource}.key",
        )


def _beyond(columns: Sequence[sa.Column[Any]], last: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Behind this place in the order of these columns, written so that each database can use its index."""
    behind: sa.ColumnElement[bool] = columns[0] > last[0]
    if len(columns) == 1:
        return behind
    return sa.and_(columns[0] >= last[0], sa.or_(behind, _beyond(columns[1:], last[1:])))
