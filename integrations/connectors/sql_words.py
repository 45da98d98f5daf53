"""Which tables of a database are read and written, as an operator declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from integrations.connectors.times import zone
from integrations.exceptions import DeclarationError
from mappings.shapes import convert

Kind = Literal["text", "integer", "numeric", "timestamp", "boolean", "json"]
# Columns that we add to each table we write: which of two writes of a row is newer.
OURS = "crossdock_"
VERSION, READ_AT = f"{OURS}version", f"{OURS}read_at"
# PostgreSQL cuts longer names off; what is put behind a table's name for its lists must still have room.
LONGEST_NAME = 63
MOST_KEYS = 3

# Names that we give to columns and tables ourselves. What is there already may be called anything.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACE = re.compile(r" - at `(?:key in )?\$(.*)`$")
_WORD = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")


class Read(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`updated_at` or `number`: the column that moves with each change. `overlap` is in seconds, or numbers."""

    updated_at: str = ""
    number: str = ""
    columns: list[str] = []
    deleted: str = ""
    overlap: int = 60
    size: int = 500


class Write(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`types`: of columns whose type shall not be worked out from the values."""

    types: dict[str, Kind] = {}


class Table(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    key: str | list[str]
    table: str = ""
    schema: str = ""
    read: Read | None = None
    write: Write | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)


def tables_of(settings: Mapping[str, Any]) -> dict[str, Table]:
    """By the name of the resource. Raises DeclarationError."""
    told = settings.get("tables")
    if not isinstance(told, Mapping) or not told:
        raise DeclarationError("tables", "Name at least one table; see the guide “Connect a database”.")
    return {
        str(name): _table(str(name), word, str(settings.get("schema") or "")) for name, word in told.items()
    }


def _table(name: str, told: Any, schema: str) -> Table:
    field = f"tables.{name}"
    try:
        word = convert(told, Table)
    except msgspec.ValidationError as error:
        raise refusal(field, str(error)) from error
    word = msgspec.structs.replace(word, table=word.table or name, schema=word.schema or schema)
    if word.read is None and word.write is None:
        raise DeclarationError(field, "Say what it is for: read, write or both.")
    if not 1 <= len(word.keys) <= MOST_KEYS or not all(word.keys):
        raise DeclarationError(f"{field}.key", f"Name one to {MOST_KEYS} columns by which a row is found.")
    for column in (word.table, *word.keys):
        check_there(column, field)
    if word.read is not None:
        _check_read(word.read, f"{field}.read")
    if word.write is not None:
        _check_write(word, field)
    return word


def _check_read(word: Read, field: str) -> None:
    if word.updated_at and word.number:
        raise DeclarationError(field, "Name updated_at or number, not both.")
    if not 1 <= word.size <= 5_000:
        raise DeclarationError(f"{field}.size", "A page holds 1 to 5000 rows.")
    if word.overlap < 0:
        raise DeclarationError(f"{field}.overlap", "It cannot be negative.")
    for column in (word.updated_at, word.number, word.deleted, *word.columns):
        if column:
            check_there(column, field)


def _check_write(word: Table, field: str) -> None:
    check_new(word.table, f"{field}.table")
    for column in (*word.keys, *(word.write.types if word.write is not None else ())):
        check_new(column, field)


def check_there(name: str, field: str) -> None:
    """Of a name that is quoted and looked for among what is there. Raises DeclarationError."""
    if len(name) > 128 or any(ord(sign) < 32 for sign in name):
        raise DeclarationError(field, f"{name[:40]!r} is no name of a table or column.")


def check_new(name: str, field: str) -> None:
    """Of a name that we would give. Raises DeclarationError."""
    problem = problem_of(name)
    if problem:
        raise DeclarationError(field, problem)


def problem_of(name: str) -> str:
    """Why a table or column cannot be called like this; "" where it can."""
    if not _NAME.fullmatch(name):
        return f"{name[:40]!r} cannot be a name here: use letters, digits and _, and begin with no digit."
    if len(name) > LONGEST_NAME:
        return f"{name[:40]}… is longer than the {LONGEST_NAME} letters that a name may have."
    if name.lower().startswith(OURS):
        return f"Names that begin with {OURS} are ours."
    return ""


def zone_of(settings: Mapping[str, Any]) -> ZoneInfo:
    return zone(str(settings.get("zone") or "UTC"), "zone")


def refusal(field: str, message: str) -> DeclarationError:
    place = _PLACE.search(message)
    if place is not None:
        field, message = field + place[1], message[: place.start()]
    word = _WORD.match(message)
    if word is not None:
        reason = "not known here" if word[1] == "contains unknown" else "needed here and missing"
        return DeclarationError(f"{field}.{word[2]}", f"This word is {reason}.")
    return DeclarationError(field, message.replace("`", "'") + ".")
