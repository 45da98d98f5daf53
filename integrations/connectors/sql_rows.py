"""Rows of others' tables as payloads: JSON, exactly, with times in UTC; and their values as positions to be kept."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.dialects import mysql

from integrations.connectors.times import as_version

_NOT_DELETED = (None, False, 0, "", "0", "f", "false", "n", "no")


class Plainly:
    """`zone`: of times that are kept without one."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def version(self, column: sa.Column[Any], value: Any) -> str:
        """ "" for a time that cannot be read, or in the hour that a clock shows twice."""
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return ""
        if not isinstance(value, datetime):
            return ""
        first, second = (self.aware(column, value, fold) for fold in (0, 1))
        return as_version(first) if first == second else ""

    def aware(self, column: sa.Column[Any], value: datetime, fold: int = 0) -> datetime:
        if value.tzinfo is not None:
            return value.astimezone(UTC)
        zone = UTC if isinstance(column.type, mysql.TIMESTAMP) else self._zone
        return value.replace(tzinfo=zone, fold=fold).astimezone(UTC)

    def plain(self, column: sa.Column[Any], value: Any) -> Any:
        """JSON: amounts as text, exactly; times in UTC."""
        match value:
            case None | str() | bool() | float():
                return value
            case int():
                is_flag = isinstance(column.type, mysql.TINYINT) and column.type.display_width == 1
                return bool(value) if is_flag else value
            case Decimal():
                return format(value, "f")
            case datetime():
                return self.aware(column, value).isoformat().replace("+00:00", "Z")
            case bytes() | memoryview():
                return base64.b64encode(bytes(value)).decode()
            case dict():
                return {str(name): self.plain(column, part) for name, part in value.items()}
            case list() | tuple() | set():
                return [self.plain(column, part) for part in value]
            case date():
                return value.isoformat()
            case _:
                return str(value)


def of_type(kind: Any, text: str) -> Any:
    """Raises ValueError for a text that no value of this type has."""
    match kind:
        case types.Integer():
            return int(text)
        case types.Float():
            return float(text)
        case types.Numeric():
            return Decimal(text)
        case types.Uuid():
            return UUID(text)
        case types.DateTime():
            return datetime.fromisoformat(text)
        case types.Date():
            return date.fromisoformat(text)
        case _:
            return text


def is_set(value: Any) -> bool:
    return (value.strip().lower() if isinstance(value, str) else value) not in _NOT_DELETED


def coded(value: Any) -> Any:
    match value:
        case datetime():
            return {"time": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case Decimal():
            return {"number": str(value)}
        case UUID():
            return {"uuid": str(value)}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case _:
            return value


def decoded(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    kind, text = next(iter(told.items()))
    readers: dict[str, Any] = {
        "time": datetime.fromisoformat,
        "day": date.fromisoformat,
        "number": Decimal,
        "uuid": UUID,
        "bytes": base64.b64decode,
    }
    return readers[kind](text)
