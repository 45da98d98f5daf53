"""A table of figures, whatever they are of: beside each chart, and by itself."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.links import Linked

Cell = Linked | str


@dataclass(frozen=True)
class Row:
    """One line: each cell is a number that leads to its rows, or a text."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    caption: str
    of: str
    columns: tuple[str, ...]
    rows: list[Row]

    def lines(self) -> list[tuple[str, list[tuple[str, Cell]]]]:
        """Each row's name, and each cell with the name of its column: on a phone it stands beside it."""
        return [(row.name, list(zip(self.columns, row.cells, strict=True))) for row in self.rows]
