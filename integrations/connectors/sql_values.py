"""Values on their way into a column: what kind they are, whether a column holds them, and what would.

A cell is a kind with its value as JSON: amounts and times as text, exactly as they came.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.connectors.times import as_version
from integrations.exceptions import Failure
from mappings import kinds

TEXT, INTEGER, NUMERIC, TIMESTAMP, BOOLEAN, JSON = (
    "text",
    "integer",
    "numeric",
    "timestamp",
    "boolean",
    "json",
)
# Columns of others that we only fill: inexact numbers, and what has no kind here (the database judges the text).
FLOAT, OTHER = "float", "other"

# (kind, value); the kind is "" for a null of which nothing is known.
Cell = tuple[str, Any]

_OF_MAPPING = {
    kinds.TEXT: TEXT,
    kinds.NUMBER: NUMERIC,
    kinds.WHOLE: INTEGER,
    kinds.TIME: TIMESTAMP,
    kinds.YES_OR_NO: BOOLEAN,
}


@dataclass(frozen=True)
class Column:
    """`size`: bits of an integer, letters of a text; `digits` and `places` of a numeric, or how many digits it keeps
    wherever its point is (`significant`); 0: any."""

    name: str
    kind: str
    size: int = 0
    digits: int = 0
    places: int = 0
    significant: int = 0


def cell_of(value: Any, told: str, declared: str, field: str) -> Cell:
    """`told`: what the mapping says of the field; `declared`: what the operator wants the column to be.

    Raises Failure (data) where the value cannot be what was declared.
    """
    if value is None:
        return (declared or _OF_MAPPING.get(told, ""), None)
    found = _natural(value, told, field)
    if not declared or declared == found[0]:
        return found
    if declared == TEXT:
        return (TEXT, text_of(found))
    forced = (declared, value) if declared == JSON else _from_text(text_of(found), declared)
    if forced is None:
        raise Failure.data(
            "bad_value",
            f"{field} is to be {declared} in the database, and its value cannot be that. Correct it at its source "
            "or in the mapping, or declare another type.",
            field=field,
        )
    return forced


def _natural(value: Any, told: str, field: str) -> Cell:
    if isinstance(value, dict | list):
        return (JSON, value)
    if isinstance(value, bool):
        return (BOOLEAN, value)
    if isinstance(value, int):
        return (INTEGER, value) if abs(value) < 2**63 else (NUMERIC, str(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Failure.data("bad_value", f"{field} is no number that can be kept.", field=field)
        return (NUMERIC, format(Decimal(repr(value)), "f"))
    text = str(value)
    return _from_text(text, _OF_MAPPING.get(told, TEXT)) or (TEXT, text)


def _from_text(text: str, kind: str) -> Cell | None:
    """None where the text is not of that kind."""
    match kind:
        case "integer" | "numeric":
            number = _number(text)
            if number is None or (kind == INTEGER and (number != int(number) or abs(number) >= 2**63)):
                return None
            return (INTEGER, int(number)) if kind == INTEGER else (NUMERIC, format(number, "f"))
        case "timestamp":
            moment = _moment(text)
            return None if moment is None else (TIMESTAMP, as_version(moment))
        case "boolean":
            return (BOOLEAN, text == "true") if text in ("true", "false") else None
        case _:
            return (TEXT, text)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def text_of(cell: Cell) -> str:
    kind, value = cell
    if kind == JSON:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return ("true" if value else "false") if kind == BOOLEAN else str(value)


def fits(column: Column, cell: Cell) -> bool:
    kind, value = cell
    if value is None or column.kind == OTHER:
        return True
    match column.kind:
        case "text":
            return not column.size or len(text_of(cell)) <= column.size
        case "integer" | "numeric" | "float":
            return kind in (INTEGER, NUMERIC) and _number_fits(column, Decimal(value))
        case _:
            return kind == column.kind


def _number_fits(column: Column, number: Decimal) -> bool:
    if column.kind == FLOAT:
        return True
    if column.kind == INTEGER:
        return number == int(number) and abs(number) < 2 ** (column.size - 1)
    digits, places = _measure(number)
    if column.significant:
        is_whole = number == int(number) and abs(number) < 2**63
        return is_whole or digits <= column.significant
    if not column.digits:
        return True
    return places <= column.places and number.adjusted() < column.digits - column.places


def _measure(number: Decimal) -> tuple[int, int]:
    """How many digits it has, and how many of them behind the point, without zeros at the end. Python's own
    `normalize` would round it to 28."""
    found, exponent = "".join(map(str, number.as_tuple().digits)), number.as_tuple().exponent
    assert isinstance(exponent, int)
    kept = found.rstrip("0")
    return max(1, len(kept)), max(0, -(exponent + len(found) - len(kept))) if kept else 0


def wider(column: Column, cell: Cell, numeric: Column) -> str:
    """What the column must become to hold the cell too. `numeric` is the widest one of this database."""
    if cell[0] in (INTEGER, NUMERIC) and _holds_all(numeric, column) and fits(numeric, cell):
        return NUMERIC
    return TEXT


def _holds_all(numeric: Column, column: Column) -> bool:
    """Whether this numeric is wider than the column, and in nothing narrower."""
    if column.kind == INTEGER:
        return True
    if column.kind != NUMERIC or not column.digits:
        return False
    if not numeric.digits:
        return True
    before_point = numeric.digits - numeric.places, column.digits - column.places
    wide = numeric.places >= column.places and before_point[0] >= before_point[1]
    return wide and (numeric.digits, numeric.places) != (column.digits, column.places)


def joined(cells: list[Cell]) -> str:
    """The kind of a new column for all of these; "" where all are null and nothing is known."""
    found = {kind for kind, value in cells if value is not None} or {kind for kind, _ in cells if kind}
    if len(found) == 1:
        return found.pop()
    if not found:
        return ""
    return NUMERIC if found == {INTEGER, NUMERIC} else TEXT


def spread(body: Mapping[str, Any], told: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """A mapped body's fields by their paths, and apart from them its lists of objects."""
    values: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {}
    for path, value in _paths(body, ""):
        if _is_list_of_objects(path, value, told):
            lists[path] = value or []
        else:
            values[path] = value
    return values, lists


def _paths(body: Mapping[str, Any], before: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in body.items():
        if isinstance(value, dict) and value:
            found += _paths(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found


def _is_list_of_objects(path: str, value: Any, told: Mapping[str, str]) -> bool:
    """An empty list is one where the mapping has rules for what is in it."""
    if isinstance(value, list) and value:
        return all(isinstance(part, dict) for part in value)
    return value in ([], None) and any(name.startswith(f"{path}[].") for name in told)
