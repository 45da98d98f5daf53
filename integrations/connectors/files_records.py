"""Rows of a file as Items: keys, versions and numbers judged; what cannot be taken says where it stands and why."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integrations.connectors.base import Item
from integrations.connectors.files_found import Reading
from integrations.connectors.files_places import Entry
from integrations.connectors.files_rows import MOST_BAD, Mark, Row, Source, Unusable
from integrations.connectors.files_words import CSV, LAST, Files, Read
from integrations.connectors.sql_rows import is_set
from integrations.connectors.sql_writing import id_of
from integrations.connectors.times import as_version, parse

# Rows of one key that are kept together.
MOST_LINES = 5_000
LONGEST_ID = 255
# What stands wrong in how many rows is told of each; more are a sign that the key is not one.
MOST_REPEATED = 200
# No exponents: a spreadsheet writes them where it has thrown digits away.
_PLAIN = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_PLAIN_COMMA = re.compile(r"[+-]?[0-9]+(,[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Taken:
    """One Item and the place in the file behind it. `is_nameless`: its id is only the row's place."""

    item: Item
    after: Mark
    is_bad: bool = False
    is_nameless: bool = False


class Records:
    """How the rows of one resource are understood. `zone`: of times without one."""

    def __init__(self, resource: str, word: Files, read: Read, zone: ZoneInfo) -> None:
        self.word = word
        self.read = read
        self._field = f"files.{resource}"
        self._zone = zone

    def check_columns(self, source: Source) -> None:
        """Raises Unusable where a column that was declared is not there."""
        read = self.read
        declared = (*self.word.keys, read.updated_at, read.deleted, *read.columns, *read.numbers)
        missing = [name for name in dict.fromkeys(declared) if name and name not in source.columns]
        if missing:
            found = ", ".join(name for name in source.columns if name)[:200]
            only = (
                " Perhaps its delimiter is another one than csv.delimiter."
                if len(source.columns) == 1
                else ""
            )
            raise Unusable(
                f"It has no column {', '.join(missing)}; it has: {found}.{only} Correct its header, or {self._field}."
            )
        if read.lines and read.lines in self._kept(source.columns):
            raise Unusable(
                f"It has a column {read.lines}, as the list of rows is to be called. Choose another word at "
                f"{self._field}.read.lines."
            )

    def repeated(self, source: Source) -> dict[str, list[int]]:
        """Keys of which rows stand apart from each other: the id with the first place and the next. Raises Unusable.

        A file's keys may be more than memory holds, so they are looked for in a file of the database's own."""
        if self.read.repeated == LAST:
            return {}
        found: dict[str, list[int]] = {}
        before, is_broken = "", False
        with closing(sqlite3.connect("")) as seen:
            seen.execute("CREATE TABLE met (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
            for row in source.keys(self.word.keys):
                is_broken = _is_broken(row, is_broken)
                external_id = self._key_of(source, row, before if self.read.lines else "", is_broken)
                is_next = bool(self.read.lines) and external_id == before
                # Rows on both sides of one that cannot be read are not known to be all.
                before = external_id
                if not external_id or is_next:
                    continue
                if not _is_first(seen, external_id, row.line) and external_id not in found:
                    first = seen.execute("SELECT line FROM met WHERE id = ?", [external_id]).fetchone()[0]
                    found[external_id] = [first, row.line]
                if len(found) > MOST_REPEATED:
                    raise Unusable(
                        f"More than {MOST_REPEATED} values of {', '.join(self.word.keys)} stand in several places of "
                        f"it. {self._remedy()}"
                    )
        return found

    def _remedy(self) -> str:
        keys = ", ".join(self.word.keys)
        if self.read.lines:
            return f"Sort the file by {keys}, so that what belongs together stands together."
        return (
            f"Name more columns at {self._field}.key; or read.lines, if these rows belong together; or "
            "read.repeated: last, if the last one counts."
        )

    def taken(self, source: Source, reading: Reading) -> Iterator[Taken]:
        """From the place on that the reading has. Raises Unusable where too many rows cannot be read."""
        group: list[Row] = []
        for row in source.rows(Mark(reading.at, reading.line)):
            before = self._id(group[0].values) if group else ""
            reading.is_broken = _is_broken(row, reading.is_broken)
            external_id = self._key_of(source, row, before, reading.is_broken)
            if group and external_id != before:
                yield self._group(source, reading, group, 0 if external_id else row.line)
                group = []
            if not external_id:
                reading.torn = row.line
                yield self._bad(source, reading, row, row.problem or self._no_key(row), "")
            elif self.read.lines:
                group.append(row)
                if len(group) > MOST_LINES:
                    raise Unusable(
                        f"More than {MOST_LINES:,} rows of it have the same {', '.join(self.word.keys)}."
                    )
            else:
                yield self._one(source, reading, row, external_id)
        if group:
            yield self._group(source, reading, group)

    def _one(self, source: Source, reading: Reading, row: Row, external_id: str) -> Taken:
        values, problem = self._values(source, row)
        return self._judged(source, reading, [row], external_id, values, problem)

    def _group(self, source: Source, reading: Reading, rows: Sequence[Row], torn_behind: int = 0) -> Taken:
        """A row right beside them whose key cannot be read may be one of them: then they are not known to be all."""
        lines, problem, at = [], "", rows[0]
        whole: dict[str, Any] = {}
        for row in rows:
            values, found = self._values(source, row)
            lines.append(values)
            if not row.problem:
                whole = whole or values
            if found and not problem:
                problem, at = found, row
        if not problem and (torn_behind or reading.torn):
            problem = self._beside(source.unit, torn_behind or reading.torn, rows[0].line)
            # It is held for the sake of another row, which counts for itself.
            reading.is_found_bad -= 1
        reading.torn = 0
        whole = {**(whole or lines[0]), self.read.lines: lines}
        external_id = self._id(rows[0].values)
        return self._judged(source, reading, rows, external_id, whole, problem, at)

    def _beside(self, unit: str, torn: int, first: int) -> str:
        side = "before" if torn < first else "behind"
        return (
            f"{unit} {torn} stands right {side} its rows, and the {', '.join(self.word.keys)} there cannot be read: it "
            f"may be one of them, so none is taken. Correct {unit} {torn} in the file."
        )

    def _judged(
        self,
        source: Source,
        reading: Reading,
        rows: Sequence[Row],
        external_id: str,
        values: dict[str, Any],
        problem: str,
        at: Row | None = None,
    ) -> Taken:
        row = at or rows[0]
        apart = reading.repeated.get(external_id)
        if not problem and len(external_id) > LONGEST_ID:
            problem = f"column {self.word.keys[0]}: it is longer than the {LONGEST_ID} letters of a key. Shorten it."
        if not problem and apart is not None:
            problem = (
                f"its {', '.join(self.word.keys)} stands in {source.unit} {apart[0]} and again in {source.unit} "
                f"{apart[1]}. {self._remedy()}"
            )
        version = ""
        if not problem:
            version, problem = self._version(reading.entry, [one.values for one in rows])
        if problem:
            # Half a key is none: under it, an edited record would be another than the corrected file's.
            known = external_id if len(external_id) <= LONGEST_ID else ""
            return self._bad(source, reading, row, problem, known, rows[-1].after, values)
        flag = self.read.deleted
        item = Item(
            external_id,
            values,
            version,
            deleted=bool(flag) and all(is_set(one.values[flag]) for one in rows),
            origin=f"{reading.entry.name}, {source.unit} {row.line}",
        )
        return Taken(item, rows[-1].after)

    def _bad(
        self,
        source: Source,
        reading: Reading,
        row: Row,
        problem: str,
        external_id: str,
        after: Mark | None = None,
        values: dict[str, Any] | None = None,
    ) -> Taken:
        name = reading.entry.name
        reading.is_found_bad += 1
        if reading.is_found_bad > MOST_BAD:
            raise Unusable(
                f"{MOST_BAD} rows of it cannot be read, so the rest was left. Is it the file that was meant, with the "
                f"encoding and the delimiter of {self._field}.csv?"
            )
        place = f"{name}:{row.line}"
        item = Item(
            external_id or place[-LONGEST_ID:],
            values or {},
            self.version_of(reading.entry),
            origin=f"{name}, {source.unit} {row.line}",
            problem=f"{name}, {source.unit} {row.line}: {problem}",
            nameless=not external_id,
        )
        return Taken(item, after or row.after, is_bad=True, is_nameless=not external_id)

    def of_file(self, entry: Entry, problem: str) -> Item:
        """What is wrong with a file as a whole, as a record of its own."""
        return Item(
            entry.name[-LONGEST_ID:],
            {},
            self.version_of(entry),
            origin=entry.name,
            problem=f"{entry.name}: {problem} It is read again when it has changed.",
            nameless=True,
        )

    def version_of(self, entry: Entry) -> str:
        """ "" where rows have a time of their own: that of the file would make each of them old."""
        return "" if self.read.updated_at else as_version(entry.when)

    def _version(self, entry: Entry, rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
        """The version, or what is wrong with the column that tells it."""
        column = self.read.updated_at
        if not column:
            return as_version(entry.when), ""
        times = [parse(row[column], "iso", self._zone) for row in rows]
        known = [when for when in times if when is not None]
        if len(known) < len(times):
            return (
                "",
                f"column {column}: it is no time as 2026-11-23T06:45:00. Correct it, or leave updated_at out.",
            )
        return as_version(max(known)), ""

    def _key_of(self, source: Source, row: Row, before: str, is_broken: bool) -> str:
        """The id, or "" where it cannot be told. `before`: that of the rows that are right before, kept together.

        In a row with a cell too many or too few all that stands behind the fault is moved, and where that is nobody
        knows: the key is certain only in the first columns, or where it is the one of the row before."""
        external_id = self._id(row.values)
        if not row.problem or external_id == before:
            return external_id
        if is_broken:
            return ""
        keys = self.word.keys
        return external_id if set(source.columns[: len(keys)]) == set(keys) else ""

    def _id(self, values: Mapping[str, Any]) -> str:
        """ "" where a part of the key is missing."""
        keys = [_text(values.get(name)) for name in self.word.keys]
        return id_of(keys) if all(keys) else ""

    def _no_key(self, row: Row) -> str:
        empty = next(name for name in self.word.keys if not _text(row.values.get(name)))
        return f"column {empty}: it is empty, and it is the row's key. Fill it in."

    def _kept(self, columns: Sequence[str]) -> list[str]:
        read = self.read
        if not read.columns:
            return [name for name in columns if name]
        wanted = dict.fromkeys((*read.columns, *self.word.keys, read.updated_at, read.deleted, *read.numbers))
        return [name for name in wanted if name]

    def _values(self, source: Source, row: Row) -> tuple[dict[str, Any], str]:
        """The row's payload. An empty cell is null. Numbers are text, as they will be for everybody. Of a row that
        cannot be read only the key, for whoever completes it."""
        if row.problem:
            return {name: _text(row.values.get(name)) for name in self.word.keys}, row.problem
        values: dict[str, Any] = {
            name: None if row.values[name] == "" else row.values[name] for name in self._kept(source.columns)
        }
        for name in self.word.keys:
            found = values[name]
            values[name] = found.strip() if isinstance(found, str) else found
        for name in self.read.numbers:
            found = values.get(name)
            if found is None and self._is_wanted(name, row):
                return values, (
                    f"column {name}: it is empty. Fill it in in the file, or name it at {self._field}.read.optional "
                    "if it may be."
                )
            if not isinstance(found, str):
                continue
            number = self._number(found)
            if number is None:
                comma = "comma" if self.word.csv.decimal_comma else "point"
                return values, (
                    f"column {name}: it is no number with a decimal {comma}. Correct it in the file, or "
                    "csv.decimal_comma at the connection."
                )
            values[name] = number
        return values, ""

    def _is_wanted(self, name: str, row: Row) -> bool:
        """A line of an order without its quantity would be left out by the mapping, and nobody told."""
        read = self.read
        is_removed = bool(read.deleted) and is_set(row.values[read.deleted])
        return bool(read.lines) and name not in read.optional and not is_removed

    def _number(self, text: str) -> str | None:
        plain = text.strip()
        if self.word.csv.decimal_comma and self.word.format == CSV:
            told = _GROUPED.fullmatch(plain) or _PLAIN_COMMA.fullmatch(plain)
            plain = plain.replace(".", "").replace(",", ".") if told else ""
        return format(Decimal(plain), "f") if _PLAIN.fullmatch(plain) else None


def _is_broken(row: Row, before: bool) -> bool:
    """What follows a row of which nothing can be read, as one with a broken quote, may be the rest of its value."""
    return bool(row.problem) and (before or not row.values)


def _is_first(seen: sqlite3.Connection, external_id: str, line: int) -> bool:
    return seen.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", [external_id, line]).rowcount == 1


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()
