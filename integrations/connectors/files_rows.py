"""What every format of files is asked: its rows with the place of each, and rows of ours written as it has them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from integrations.connectors.sql_values import Cell
from integrations.exceptions import Failure

Cells = dict[str, Cell]
# A file is not read on behind so many rows that cannot be read: it is another file than was meant.
MOST_BAD = 200


class Unusable(Exception):
    """Nothing of a file can be read: why, and what to do."""


@dataclass(frozen=True)
class Mark:
    """A place between two rows of a file. `at` is in bytes or rows, as the format has it; `line` is a person's."""

    at: int
    line: int


@dataclass(frozen=True)
class Row:
    """`values` by column; `problem` says why they are not to be taken: they are then no more than the cells that stand
    whole in the row, from its beginning on, and one too many or too few may have moved them. `after` is the place
    behind it."""

    line: int
    after: Mark
    values: Mapping[str, Any]
    problem: str = ""


class Source(ABC):
    """One file, opened to be read. Raises Unusable."""

    columns: Sequence[str]
    start: Mark
    # What a person calls a row: its line, or its number.
    unit = "line"

    @abstractmethod
    def rows(self, mark: Mark) -> Iterator[Row]:
        """From there on."""

    def keys(self, columns: Sequence[str]) -> Iterator[Row]:
        """All rows, of which only these columns matter."""
        return self.rows(self.start)


class Format(ABC):
    """`suffix` of its files."""

    @abstractmethod
    def source(self, file: BinaryIO, names: Sequence[str]) -> Source: ...

    @abstractmethod
    def write(self, file: BinaryIO, rows: Sequence[Cells], columns: Mapping[str, str]) -> None:
        """A new file. `columns`: column → what it is called there; empty: all that the rows have."""

    @abstractmethod
    def merge(
        self,
        file: BinaryIO,
        old: BinaryIO,
        rows: Sequence[Cells],
        columns: Mapping[str, str],
        keys: Sequence[str],
    ) -> None:
        """What is in `old` with these rows instead of those of the same keys; what was there otherwise stays.

        Raises Unusable where `old` is no file of this kind."""

    @abstractmethod
    def key(self, row: Cells, columns: Sequence[str]) -> tuple[str, ...]:
        """As it stands in a file, and as `source` reads it again."""

    def check(self, row: Cells) -> Failure | None:
        """Why this row cannot be written in this format."""
        return None


def columns_of(rows: Iterable[Cells]) -> list[str]:
    """In the order in which they are met."""
    return list(dict.fromkeys(name for row in rows for name in row))
