"""Writes records as rows of files: a write can be done again by anybody, and has the effect of once.

What one read brought goes into files of that read's name, and what is there already is not written again; or all of a
day goes into one file, in which each key stands once.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.files_places import (
    MOST_BYTES,
    Changed,
    Entry,
    Folder,
    Place,
    is_left_over,
    locked_by_others,
)
from integrations.connectors.files_rows import Cells, Format, Unusable
from integrations.connectors.files_words import DAY, Files, Write
from integrations.connectors.sql_values import TEXT, cell_of, spread
from integrations.connectors.sql_writing import id_of, key_of
from integrations.exceptions import Failure

UPSERT = "upsert"
# Rows that leave together.
BATCH = 500
TURNS = 3
# A file of a day is written anew with each batch, so it cannot be as large as one likes.
MOST_OF_A_DAY = 32 * 2**20
LONGEST_KEY = 200


def prepared(
    resource: str, word: Files, form: Format, zone: ZoneInfo, context: WriteContext, key: str
) -> Call:
    """Pure. What the call holds is all that is needed to send it again, whatever the mapping is by then."""
    write = word.write or Write()
    keys = [key_of(context.body, name, LONGEST_KEY) for name in word.keys]
    rows = _rows(word, write, context, dict(zip(word.keys, keys, strict=True)))
    for row in rows:
        refused = form.check(row)
        if refused is not None:
            raise refused
    return Call(
        resource=resource,
        operation=context.operation,
        step=0,
        method=context.operation.upper(),
        path=_name_of(write, context.read_at, zone),
        body={"rows": [{name: list(cell) for name, cell in row.items()} for row in rows]},
        key=key,
        external_id=id_of(keys),
        is_repeatable=True,
    )


def _name_of(write: Write, read_at: float, zone: ZoneInfo) -> str:
    """Of the day's file, or the beginning of the names of the files of one read."""
    when = datetime.fromtimestamp(read_at, UTC)
    if write.file == DAY:
        return f"{write.name}-{when.astimezone(zone):%Y-%m-%d}"
    return f"{write.name}-{when:%Y%m%dT%H%M%S%fZ}-"


def _rows(word: Files, write: Write, context: WriteContext, keys: Mapping[str, str]) -> list[Cells]:
    """One row; or one for each part of the list that was named, each with what is told once of the whole."""
    values, lists = spread(context.body, context.kinds)
    parts = lists.pop(write.lines, None) if write.lines else None
    # Of an empty list it is not known what would be in it.
    if write.lines and values.pop(write.lines, None) not in (None, []):
        raise Failure.data(
            "bad_value",
            f"{write.lines} is no list of rows. Correct the mapping, or files.{write.name}.write.lines.",
            field=write.lines,
        )
    whole = {path: value for path, value in {**values, **lists}.items() if path not in keys}
    row = {name: (TEXT, text) for name, text in keys.items()} | _cells(whole, write, context.kinds, "")
    rows = [row | _of_line(part, write, context, row) for part in parts or [{}]]
    headings = write.headings
    return [{name: cell for name, cell in one.items() if not headings or name in headings} for one in rows]


def _of_line(part: Mapping[str, Any], write: Write, context: WriteContext, row: Cells) -> Cells:
    inner, deeper = spread(part, {})
    cells = _cells({**inner, **deeper}, write, context.kinds, f"{write.lines}[].")
    twice = next((name for name in cells if name in row), None)
    if twice is not None:
        raise _twice(twice)
    return cells


def _cells(values: Mapping[str, Any], write: Write, kinds: Mapping[str, str], before: str) -> Cells:
    cells: Cells = {}
    for path, value in values.items():
        name = column_of(f"{before}{path}")
        if name in cells:
            raise _twice(name)
        field = f"{before}{path}"
        cells[name] = cell_of(value, kinds.get(field, ""), write.types.get(name, ""), field)
    return cells


def column_of(path: str) -> str:
    """`ship_to.city` is ship_to_city, `lines[].sku` is lines_sku."""
    return path.replace("[]", "").replace(".", "_")


def _twice(name: str) -> Failure:
    return Failure.data(
        "bad_column",
        f"Two fields would go into the column {name}. Change a target in the mapping.",
        field=name,
    )


@dataclass(frozen=True)
class _Entry:
    keys: tuple[str, ...]
    rows: list[Cells]

    @classmethod
    def of(cls, call: Call, form: Format, columns: Sequence[str]) -> _Entry:
        rows = [{name: (kind, value) for name, (kind, value) in row.items()} for row in call.body["rows"]]
        return cls(form.key(rows[0], columns), rows)


class FilesWriter:
    """Writes the files of one resource."""

    def __init__(self, resource: str, word: Files, form: Format, place: Place) -> None:
        self.word = word
        self.write: Write = word.write or Write()
        self._field = f"files.{resource}.write"
        self._form = form
        self._place = place

    def send_all(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """Each file by itself: what is wrong with one keeps no other from being written."""
        results: dict[int, Answer | Failure] = {}
        by_name: dict[str, list[int]] = {}
        for number, call in enumerate(calls):
            by_name.setdefault(call.path, []).append(number)
        for name, numbers in sorted(by_name.items()):
            made = self._tried(name, [calls[number] for number in numbers], alone=len(by_name) == 1)
            for number in numbers:
                results[number] = made or Answer(external_id=calls[number].external_id)
        return [results[number] for number in range(len(calls))]

    def _tried(self, name: str, calls: Sequence[Call], alone: bool) -> Failure | None:
        try:
            self._written(name, [_Entry.of(call, self._form, self.word.keys) for call in calls])
        except Failure as failure:
            if alone or failure.connection_wide:
                raise
            return failure
        return None

    def _written(self, name: str, entries: Sequence[_Entry]) -> None:
        for turn in range(1, TURNS + 1):
            try:
                with self._place.folder(self.write.folder, make=True) as folder:
                    if self.write.file == DAY:
                        with folder.locked():
                            return self._into_day(folder, f"{name}{self.word.suffix}", entries)
                    return self._into_files(folder, name, entries)
            except Changed:
                if turn == TURNS:
                    raise locked_by_others(self._place.name) from None
        raise AssertionError("The last turn ended in neither way.")

    def _into_day(self, folder: Folder, name: str, entries: Sequence[_Entry]) -> None:
        was = folder.look(name)
        rows = [row for entry in _last_of_each(entries) for row in entry.rows]
        headings = self.write.headings
        if was is None:
            folder.publish(name, lambda file: self._form.write(file, rows, headings), None)
            return
        if was.size > MOST_OF_A_DAY:
            raise Failure.config(
                "too_large",
                f"{self._place.name}: {name} has more than {MOST_OF_A_DAY // 2**20} MB. Choose one file per batch at "
                f"{self._field}.file.",
                field=f"{self._field}.file",
            )
        with contextlib.closing(folder.open(was)) as old:

            def merged(file: BinaryIO) -> None:
                try:
                    self._form.merge(file, old, rows, headings, self.word.keys)
                except Unusable as reason:
                    raise self._not_ours(name, str(reason)) from reason

            folder.publish(name, merged, was)

    def _into_files(self, folder: Folder, prefix: str, entries: Sequence[_Entry]) -> None:
        """What a worker wrote that died before it could say so is there already, perhaps beside other neighbours."""
        listed = folder.entries()
        for entry in listed:
            if is_left_over(entry) and entry.name.startswith(f".{self.write.name}-"):
                folder.clear(entry.name)
        there = {
            key
            for entry in listed
            if entry.name.startswith(prefix) and entry.name.endswith(self.word.suffix)
            for key in self._keys_in(folder, entry)
        }
        fresh = [entry for entry in _last_of_each(entries) if entry.keys not in there]
        if not fresh:
            return
        rows = [row for entry in fresh for row in entry.rows]
        name = f"{prefix}{_digest(fresh)}{self.word.suffix}"
        folder.publish(name, lambda file: self._form.write(file, rows, self.write.headings), None)

    def _keys_in(self, folder: Folder, entry: Entry) -> set[tuple[str, ...]]:
        headings = self.write.headings
        columns = [headings.get(key, key) for key in self.word.keys]
        if entry.size > MOST_BYTES:
            raise self._not_ours(entry.name, "It is too large.")
        with contextlib.closing(folder.open(entry)) as file:
            try:
                source = self._form.source(file, ())
                if missing := [name for name in columns if name not in source.columns]:
                    raise Unusable(f"It has no column {missing[0]}.")
                return {tuple(str(row.values.get(name)) for name in columns) for row in source.keys(columns)}
            except Unusable as reason:
                raise self._not_ours(entry.name, str(reason)) from reason

    def _not_ours(self, name: str, reason: str) -> Failure:
        return Failure.config(
            "not_ours",
            f"{self._place.name}: {name} is not as Crossdock writes it. {reason} Move it away there, or choose another "
            f"word at {self._field}.name.",
            field=f"{self._field}.name",
        )


def _last_of_each(entries: Sequence[_Entry]) -> list[_Entry]:
    found = {entry.keys: entry for entry in entries}
    return list(found.values())


def _digest(entries: Sequence[_Entry]) -> str:
    """The same for the same records, whoever writes them and in whatever order."""
    digest = hashlib.blake2b(digest_size=5)
    for keys in sorted(entry.keys for entry in entries):
        digest.update(repr(keys).encode())
    return digest.hexdigest()
