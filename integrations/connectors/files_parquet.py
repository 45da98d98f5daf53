"""Parquet, in and out: typed columns, exact numbers, times in UTC. The library is loaded where a file is met."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from integrations.connectors.files_rows import Cells, Format, Mark, Row, Source, Unusable, columns_of
from integrations.connectors.sql_values import (
    BOOLEAN,
    INTEGER,
    NUMERIC,
    OTHER,
    TEXT,
    TIMESTAMP,
    Cell,
    Column,
    fits,
    joined,
    text_of,
    wider,
)

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Rows that are decoded at a time.
AT_ONCE = 2_000
# The widest exact number that every reader of Parquet knows: decimal128, as much of it behind the point as in MySQL.
DIGITS, PLACES = 38, 10
WIDEST = Column("", NUMERIC, digits=DIGITS, places=PLACES)


class ParquetSource(Source):
    """Raises Unusable. `zone`: of times that are kept without one."""

    unit = "row"

    def __init__(self, file: BinaryIO, zone: ZoneInfo) -> None:
        import pyarrow.parquet as pq

        with _whole():
            self._file: pq.ParquetFile = pq.ParquetFile(file)
        self.columns = list(self._file.schema_arrow.names)
        self.start = Mark(0, 0)
        self._zone = zone
        # What was decoded last, and the stream behind it: a page begins where the one before ended.
        self._decoded: tuple[int, list[dict[str, Any]]] = (0, [])
        self._stream: Iterator[Any] = iter(())

    def rows(self, mark: Mark) -> Iterator[Row]:
        at = mark.at
        while values := self._around(at):
            first, known = self._decoded
            for number, row in enumerate(values, at + 1):
                yield Row(
                    number, Mark(number, number), {name: self._plain(cell) for name, cell in row.items()}
                )
            at = first + len(known)

    def keys(self, columns: Sequence[str]) -> Iterator[Row]:
        number = 0
        stream = self._file.iter_batches(AT_ONCE, columns=[*columns], use_threads=False)
        while True:
            with _whole():
                batch = next(stream, None)
            if batch is None:
                return
            for row in batch.to_pylist():
                number += 1
                plain = {name: self._plain(cell) for name, cell in row.items()}
                yield Row(number, Mark(number, number), plain)

    def _around(self, at: int) -> list[dict[str, Any]]:
        """The rows from there on that are decoded; none at the end."""
        first, known = self._decoded
        if not first <= at <= first + len(known) or not known:
            first, known = self._restart(at)
        while at >= first + len(known):
            with _whole():
                batch = next(self._stream, None)
            if batch is None:
                return []
            first, known = first + len(known), batch.to_pylist()
            self._decoded = (first, known)
        return known[at - first :]

    def _restart(self, at: int) -> tuple[int, list[dict[str, Any]]]:
        """At the beginning of the group in which that row is."""
        told, first, groups = self._file.metadata, 0, 0
        while groups < told.num_row_groups and first + told.row_group(groups).num_rows <= at:
            first += told.row_group(groups).num_rows
            groups += 1
        left = list(range(groups, told.num_row_groups))
        self._stream = (
            self._file.iter_batches(AT_ONCE, row_groups=left, use_threads=False) if left else iter(())
        )
        self._decoded = (first, [])
        return self._decoded

    def _plain(self, value: Any) -> Any:
        """JSON: amounts as text, exactly; times in UTC."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Decimal():
                return format(value, "f")
            case datetime():
                aware = value if value.tzinfo is not None else value.replace(tzinfo=self._zone)
                return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
            case date():
                return value.isoformat()
            case bytes():
                return base64.b64encode(value).decode()
            case dict():
                return {str(name): self._plain(part) for name, part in value.items()}
            case list() | tuple():
                return [self._plain(part) for part in value]
            case _:
                return str(value)


@contextmanager
def _whole() -> Iterator[None]:
    """The file is a copy on this machine, or in a folder of it: what cannot be read is the file's own fault."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError):
        raise Unusable("It is no Parquet file, or not a whole one. Write it anew.") from None


class ParquetFormat(Format):
    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def source(self, file: BinaryIO, names: Sequence[str]) -> ParquetSource:
        return ParquetSource(file, self._zone)

    def write(self, file: BinaryIO, rows: Sequence[Cells], columns: Mapping[str, str]) -> None:
        import pyarrow.parquet as pq

        kinds = _kinds({}, rows, columns)
        schema = _schema(kinds, columns)
        with pq.ParquetWriter(file, schema) as writer:
            writer.write_batch(_batch(rows, kinds, schema))

    def merge(
        self,
        file: BinaryIO,
        old: BinaryIO,
        rows: Sequence[Cells],
        columns: Mapping[str, str],
        keys: Sequence[str],
    ) -> None:
        import pyarrow.parquet as pq

        source = self.source(old, ())
        keys_there = [columns.get(key, key) for key in keys]
        if missing := [name for name in keys_there if name not in source.columns]:
            raise Unusable(f"It has no column {missing[0]}.")
        there = {field.name: field for field in source._file.schema_arrow}
        column_of = {heading: column for column, heading in columns.items()}
        before = {column_of.get(name, name): _column(field) for name, field in there.items()}
        kinds = _kinds(before, rows, columns)
        schema = _schema(kinds, {name: columns.get(name, name) for name in kinds})
        replaced = {self.key(row, keys) for row in rows}
        with pq.ParquetWriter(file, schema) as writer:
            for part in source._file.iter_batches(AT_ONCE, use_threads=False):
                kept = [
                    {column_of.get(name, name): _cell(value) for name, value in row.items()}
                    for row in part.to_pylist()
                    if tuple(str(row[name]) for name in keys_there) not in replaced
                ]
                if kept:
                    writer.write_batch(_batch(kept, kinds, schema))
            writer.write_batch(_batch(rows, kinds, schema))

    def key(self, row: Cells, columns: Sequence[str]) -> tuple[str, ...]:
        return tuple(text_of(row[column]) for column in columns)


def _kinds(before: Mapping[str, Column], rows: Sequence[Cells], columns: Mapping[str, str]) -> dict[str, str]:
    """Each column's kind, wide enough for all: as it was, for these cells, or text. Those of which nothing is known,
    since all are null, are text where they were named, and are left out otherwise."""
    found = {name: column.kind for name, column in before.items()}
    for name in columns or columns_of(rows):
        cells = [row[name] for row in rows if name in row]
        kind = found.get(name) or joined(cells) or (TEXT if name in columns else "")
        if not kind:
            continue
        column = _of_kind(name, kind)
        misfits = {wider(column, cell, WIDEST) for cell in cells if not fits(column, cell)}
        found[name] = kind if not misfits else misfits.pop() if len(misfits) == 1 else TEXT
    return found


def _of_kind(name: str, kind: str) -> Column:
    if kind == NUMERIC:
        return Column(name, NUMERIC, digits=DIGITS, places=PLACES)
    return Column(name, INTEGER, size=64) if kind == INTEGER else Column(name, kind)


def _schema(kinds: Mapping[str, str], columns: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    types: dict[str, Any] = {
        INTEGER: pa.int64(),
        NUMERIC: pa.decimal128(DIGITS, PLACES),
        TIMESTAMP: pa.timestamp("us", tz="UTC"),
        BOOLEAN: pa.bool_(),
    }
    return pa.schema(
        [(columns.get(name, name), types.get(kind, pa.string())) for name, kind in kinds.items()]
    )


def _column(field: pa.Field) -> Column:
    """A column that is there, as we wrote it; what we did not write becomes text."""
    import pyarrow.types as types

    kind = TEXT
    if types.is_int64(field.type):
        kind = INTEGER
    elif types.is_decimal(field.type):
        kind = NUMERIC
    elif types.is_timestamp(field.type):
        kind = TIMESTAMP
    elif types.is_boolean(field.type):
        kind = BOOLEAN
    return _of_kind(field.name, kind)


def _cell(value: Any) -> Cell:
    """As it was written: what becomes text is text as we would have written it."""
    match value:
        case bool():
            return (BOOLEAN, value)
        case int():
            return (INTEGER, value)
        case Decimal():
            text = format(value, "f")
            return (NUMERIC, text.rstrip("0").rstrip(".") if "." in text else text)
        case datetime():
            return (TIMESTAMP, value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        case None:
            return ("", None)
        case _:
            return (TEXT, str(value))


def _batch(rows: Sequence[Cells], kinds: Mapping[str, str], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    nothing: Cell = (OTHER, None)
    arrays = [
        pa.array([_bound(kind, row.get(name, nothing)) for row in rows], type=field.type)
        for (name, kind), field in zip(kinds.items(), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _bound(kind: str, cell: Cell) -> Any:
    """The cell as a column of this kind takes it."""
    told, value = cell
    if value is None:
        return None
    match kind:
        case "integer":
            return int(Decimal(value))
        case "numeric":
            return Decimal(value)
        case "timestamp":
            return datetime.fromisoformat(value)
        case "boolean" if told == BOOLEAN:
            return value
        case _:
            return text_of(cell)
