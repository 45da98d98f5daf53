"""CSV as RFC 4180 has it, in and out: with the place of each row in the file, so that a read can go on there.

Numbers stay text: "007" is no seven, and 0.1 no binary fraction.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from integrations.connectors.files_rows import Cells, Format, Mark, Row, Source, Unusable, columns_of
from integrations.connectors.files_words import FORMULA, Csv
from integrations.connectors.sql_values import INTEGER, JSON, NUMERIC, TEXT, TIMESTAMP, Cell, text_of
from integrations.exceptions import Failure

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 2**20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Excel's own way to name the delimiter, in a line before the header.
_SEP = re.compile(rb'"?sep=(.)"?\r?\n?', re.IGNORECASE)


class BadLine(Exception):
    """Why a line cannot be taken, and what to do."""


class _Lines:
    """Lines of a file as text. `at` is the place in bytes behind those that were given out, `number` their count."""

    def __init__(self, file: BinaryIO, encoding: str, mark: Mark) -> None:
        self._file = file
        self._encoding = encoding
        self.at, self.number = mark.at, mark.line
        # Whether the last line had its end: one that has none may be cut off in the middle of a value.
        self.is_ended = True
        file.seek(mark.at)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LONGEST_LINE)
        if not raw:
            raise StopIteration
        self.at += len(raw)
        self.number += 1
        self.is_ended = raw.endswith((b"\n", b"\r"))
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            raise BadLine("it is longer than a million letters. Is it a text file with rows?")
        if b"\0" in raw:
            raise BadLine("it holds zero bytes, as files in UTF-16 do. Save the file as UTF-8.")
        if self.at == len(raw) and raw.startswith(BOM):
            raw = raw.removeprefix(BOM)
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise BadLine(
                f"byte {error.start + 1} of it is not {self._encoding}. Save the file in this encoding, or name the "
                "one that it has at csv.encoding."
            ) from None


class CsvSource(Source):
    """Raises Unusable."""

    def __init__(self, file: BinaryIO, word: Csv, names: Sequence[str]) -> None:
        self._file = file
        self._word = word
        self.start = Mark(0, 0)
        first = self._beginning()
        if names:
            self.columns = list(names)
            self.start = first
            return
        self.columns, self.start = self._header(first)

    def _beginning(self) -> Mark:
        self._file.seek(0)
        line = self._file.readline(LONGEST_LINE)
        if line.startswith(_UTF16):
            raise Unusable("It is in UTF-16. Save it as UTF-8.")
        told = _SEP.fullmatch(line.removeprefix(BOM))
        if told is None:
            return Mark(0, 0)
        if told[1] != self._word.delimiter.encode():
            raise Unusable(
                f"It says that its delimiter is {told[1].decode('latin-1')!r}. Name that at csv.delimiter."
            )
        return Mark(len(line), 1)

    def _header(self, first: Mark) -> tuple[list[str], Mark]:
        row = next(self._raw(first), None)
        if row is None:
            raise Unusable(
                "It is empty: it has not even a header. Give it one, or name the columns at read.names."
            )
        line, after, cells, problem, _ = row
        if problem:
            raise Unusable(f"Its header in line {line} cannot be read: {problem}")
        columns = [cell.strip() for cell in cells]
        twice = next((name for name in columns if name and columns.count(name) > 1), None)
        if twice is not None:
            raise Unusable(f"Its header has the column {twice} twice. Give each a name of its own.")
        return columns, after

    def rows(self, mark: Mark) -> Iterator[Row]:
        width = len(self.columns)
        for line, after, cells, problem, is_ended in self._raw(mark):
            if problem:
                yield Row(line, after, {}, problem)
                continue
            if len(cells) != width:
                problem = self._wrong_width(len(cells))
                cells = cells if is_ended else cells[:-1]
            values = dict(zip(self.columns, cells, strict=False))
            values.pop("", None)
            yield Row(line, after, values, problem)

    def _wrong_width(self, found: int) -> str:
        width = len(self.columns)
        if found < width:
            what = f"there is nothing from column {self.columns[found] or found + 1} on"
        else:
            what = f"there is more behind the last column {self.columns[-1]}"
        return (
            f"it has {found} columns and not {width}: {what}. Put values that hold a delimiter or a quote into "
            "quotes, and write a quote in them twice."
        )

    def _raw(self, mark: Mark) -> Iterator[tuple[int, Mark, list[str], str, bool]]:
        """A row that cannot be read is told and left behind at the end of its first line. Last: whether it is ended."""
        while True:
            lines = _Lines(self._file, self._word.encoding, mark)
            reader = csv.reader(
                lines, delimiter=self._word.delimiter, quotechar=self._word.quote, strict=True
            )
            while True:
                began = Mark(lines.at, lines.number)
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (csv.Error, BadLine) as error:
                    mark = self._behind_line(began)
                    yield mark.line, mark, [], _why(error), True
                    break
                if cells:
                    yield began.line + 1, Mark(lines.at, lines.number), cells, "", lines.is_ended

    def _behind_line(self, mark: Mark) -> Mark:
        self._file.seek(mark.at)
        at = mark.at
        while part := self._file.readline(LONGEST_LINE):
            at += len(part)
            if part.endswith(b"\n"):
                break
        return Mark(at, mark.line + 1)


def _why(error: Exception) -> str:
    if isinstance(error, BadLine):
        return str(error)
    if "field larger" in str(error) or "end of data" in str(error):
        return "a quote is opened in it and not closed. Close it, or write a quote inside a value twice."
    return "its quotes are not as CSV has them. Put the whole value into quotes, and write a quote inside it twice."


class CsvFormat(Format):
    def __init__(self, word: Csv) -> None:
        self._word = word

    def source(self, file: BinaryIO, names: Sequence[str]) -> CsvSource:
        return CsvSource(file, self._word, names)

    def write(self, file: BinaryIO, rows: Sequence[Cells], columns: Mapping[str, str]) -> None:
        chosen = columns or {name: name for name in columns_of(rows)}
        written = _Writer(file, self._word)
        written.row(list(chosen.values()))
        for row in rows:
            written.row(self._texts(row, chosen))

    def merge(
        self,
        file: BinaryIO,
        old: BinaryIO,
        rows: Sequence[Cells],
        columns: Mapping[str, str],
        keys: Sequence[str],
    ) -> None:
        source = self.source(old, ())
        chosen = columns or {name: name for name in columns_of(rows)}
        keys_there = [chosen.get(key, key) for key in keys]
        if missing := [heading for heading in keys_there if heading not in source.columns]:
            raise Unusable(f"It has no column {missing[0]}.")
        headings = list(dict.fromkeys((*source.columns, *chosen.values())))
        column_of = {heading: column for column, heading in chosen.items()}
        replaced = {self.key(row, keys) for row in rows}
        written = _Writer(file, self._word)
        written.row(headings)
        for row in source.rows(source.start):
            if row.problem:
                raise Unusable(f"Line {row.line} of it is not as we write it.")
            if tuple(row.values[heading] for heading in keys_there) not in replaced:
                written.row([str(row.values.get(heading, "")) for heading in headings])
        order = {column_of.get(heading, f" {heading}"): heading for heading in headings}
        for cells in rows:
            written.row(self._texts(cells, order))

    def key(self, row: Cells, columns: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._text(row[column]) for column in columns)

    def check(self, row: Cells) -> Failure | None:
        for column, cell in row.items():
            try:
                self._text(cell).encode(self._word.encoding)
            except UnicodeEncodeError:
                return Failure.data(
                    "bad_value",
                    f"{column} has a letter that {self._word.encoding} has not. Choose utf-8 at csv.encoding, or leave "
                    "the letter out in the mapping.",
                    field=column,
                )
        return None

    def _texts(self, row: Cells, columns: Mapping[str, str]) -> list[str]:
        nothing: Cell = ("", None)
        return [self._text(row.get(column, nothing)) for column in columns]

    def _text(self, cell: Cell) -> str:
        kind, value = cell
        if value is None:
            return ""
        text = text_of(cell)
        if kind == TIMESTAMP:
            return text.replace(".000000Z", "Z")
        if kind in (NUMERIC, INTEGER):
            return text.replace(".", ",") if self._word.decimal_comma else text
        if kind in (TEXT, JSON) and text.startswith(FORMULA) and not self._word.formulas:
            return f"'{text}"
        return text


class _Writer:
    """Rows as bytes; the rest of the file is none of its business."""

    def __init__(self, file: BinaryIO, word: Csv) -> None:
        self._file = file
        self._encoding = word.encoding
        self._line = io.StringIO()
        self._csv = csv.writer(
            self._line, delimiter=word.delimiter, quotechar=word.quote, lineterminator="\r\n"
        )
        if word.bom:
            file.write(BOM)

    def row(self, texts: Sequence[str]) -> None:
        self._csv.writerow(texts)
        self._file.write(self._line.getvalue().encode(self._encoding))
        self._line.seek(0)
        self._line.truncate()
