"""What a document is made of: plain values, for a page and for Markdown alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class Code(str):
    """A path, a key or an expression: shown letter by letter."""

    __slots__ = ()

    @property
    def is_code(self) -> bool:
        return True


# A cell of a table, or a sentence.
Text = str | Code


@dataclass(frozen=True)
class Table:
    """`caption` stands above it. Each row has as many cells as there are columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]
    caption: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"A row of “{self.caption}” has not {len(self.columns)} cells.")

    @property
    def labelled(self) -> list[list[tuple[str, Text]]]:
        """Each cell with its column's name, for where there is no room for a head."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Section:
    """`empty` is said where no table has a row."""

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    empty: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(table.rows for table in self.tables)

    @property
    def filled(self) -> list[Table]:
        return [table for table in self.tables if table.rows]


@dataclass(frozen=True)
class Document:
    title: str
    lead: str
    sections: Sequence[Section] = field(default_factory=tuple)
