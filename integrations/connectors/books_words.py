"""What the books hold: one shelf for each kind of row, and how a value of a mapped body becomes that of a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.db import models

from integrations.connectors.times import as_version
from integrations.exceptions import Failure
from integrations.models import (
    Booked,
    BookedCustomer,
    BookedDispute,
    BookedLine,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedPayoutPart,
    BookedRefund,
    BookedShipment,
    BookedStock,
    BookedTicket,
)
from mappings.search import keyed_hash, normalise

ORDERS, REFUNDS = "orders", "refunds"
SHELVES: dict[str, type[Booked]] = {
    ORDERS: BookedOrder,
    "payments": BookedPayment,
    REFUNDS: BookedRefund,
    "disputes": BookedDispute,
    "payouts": BookedPayout,
    "shipments": BookedShipment,
    "stock": BookedStock,
    "customers": BookedCustomer,
    "tickets": BookedTicket,
}
# The columns that the writer fills by itself; of a row on a shelf also its key, which a part of one has in its body.
_OWN = {"id", "source", "version", "read_at", "booked_at", "position"}
_KEY = "external_id"
# What a person wrote may be long; everything else that does not fit is refused.
_CUT = {"title"}
_LARGEST = Decimal(10) ** 16
_GRAIN = Decimal("0.0001")

Plain = Any
Read = Callable[[Any, str], Plain]


@dataclass(frozen=True)
class Column:
    """`field` is what the mapped body calls it; `read` makes the plain value that is kept with the write."""

    name: str
    field: str
    read: Read
    empty: Plain


@cache
def columns_of(model: type[models.Model]) -> tuple[Column, ...]:
    own = {*_OWN, _KEY} if issubclass(model, Booked) else _OWN
    fields = model._meta.concrete_fields
    return tuple(_column(field) for field in fields if field.name not in own and not field.is_relation)


def row_of(model: type[models.Model], body: Mapping[str, Any], before: str = "") -> dict[str, Plain]:
    """The columns that the body tells, as JSON. Raises Failure (data) with the field."""
    return {
        column.name: column.read(body[column.field], f"{before}{column.field}")
        for column in columns_of(model)
        if column.field in body
    }


@dataclass(frozen=True)
class Parts:
    """Rows that are replaced together with the row they belong to. `field` is where the mapped body has them."""

    model: type[models.Model]
    owner: str
    field: str


PARTS: dict[str, Parts] = {
    ORDERS: Parts(BookedLine, "order", "lines"),
    "payouts": Parts(BookedPayoutPart, "payout", "parts"),
}


def part_of(parts: Parts, body: Any, number: int) -> dict[str, Plain]:
    if not isinstance(body, Mapping):
        raise _bad(f"{parts.field}[]", f"Number {number} of them is none.")
    return row_of(parts.model, {_KEY: body.get("id"), **body}, f"{parts.field}[].")


def refund_of(body: Any, number: int, order: Mapping[str, Any]) -> dict[str, Plain]:
    """One that the shop tells with its order."""
    if not isinstance(body, Mapping):
        raise _bad("refunds[]", f"Refund {number} is no refund.")
    told = {name: value for name, value in body.items() if value is not None}
    known = {
        "order_external_id": order.get("id"),
        "order_number": order.get("number"),
        "currency": order.get("currency"),
    }
    return row_of(BookedRefund, known | told, "refunds[].")


def values_of(model: type[models.Model], row: Mapping[str, Plain]) -> dict[str, Any]:
    """A kept row as the columns take it; those that were not told are left out."""
    return {name: _value(model, name, row[name]) for name in row}


def empty_of(model: type[models.Model]) -> dict[str, Any]:
    return {column.name: column.empty for column in columns_of(model)}


def _value(model: type[models.Model], name: str, plain: Plain) -> Any:
    field = model._meta.get_field(name)
    if plain is None:
        return None
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(plain)
    return Decimal(plain) if isinstance(field, models.DecimalField) else plain


def _column(field: models.Field[Any, Any]) -> Column:
    name, longest = field.name, field.max_length or 0
    match name:
        case "person":
            return Column(name, "email", _digest("email"), "")
        case "phone":
            return Column(name, name, _digest("phone"), "")
        case "number" | "order_number":
            return Column(name, name, _text(longest, name, lambda text: normalise("order_number", text)), "")
        case "currency":
            return Column(name, name, _text(longest, name, str.upper), "")
        case "country":
            # Some systems write a country's name where others have its code.
            return Column(
                name, name, _text(0, name, lambda text: text.upper() if len(text) == longest else ""), ""
            )
    match field:
        case models.DateTimeField():
            return Column(name, name, _time, None)
        case models.DecimalField():
            return Column(name, name, _number, None)
        case models.BooleanField():
            return Column(name, name, _flag, None)
    return Column(name, name, _text(longest, name), "")


def _text(longest: int, name: str, change: Callable[[str], str] = str) -> Read:
    def read(value: Any, field: str) -> Plain:
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise _bad(field, "It is no single value.")
        # Neither can be stored as text by every database.
        text = change(str(value).replace("\x00", "").encode("utf-8", "replace").decode().strip())
        if longest and len(text) > longest:
            if name not in _CUT:
                raise _bad(field, f"It has more than {longest} letters.")
            text = text[:longest]
        return text

    return read


def _digest(kind: str) -> Read:
    text = _text(0, kind)

    def read(value: Any, field: str) -> Plain:
        plain = text(value, field)
        return keyed_hash(kind, plain) if plain else ""

    return read


def _time(value: Any, field: str) -> Plain:
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _bad(field, "It is no time like 2026-11-23T06:45:00Z.") from None
    if found.tzinfo is None:
        raise _bad(field, "It has no time zone. Let the mapping add it.")
    return as_version(found.astimezone(UTC))


def _number(value: Any, field: str) -> Plain:
    if value in (None, ""):
        return None
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        found = Decimal(str(value))
        if not found.is_finite() or abs(found) >= _LARGEST:
            raise InvalidOperation
    except InvalidOperation:
        raise _bad(field, "It is no number of at most 16 digits before the point.") from None
    return format(found.quantize(_GRAIN, ROUND_HALF_EVEN).normalize(), "f")


def _flag(value: Any, field: str) -> Plain:
    if value in (None, ""):
        return None
    if not isinstance(value, bool):
        raise _bad(
            field, "It is neither true nor false. Let the mapping change it with the transform boolean."
        )
    return value


def _bad(field: str, why: str) -> Failure:
    name = field.rpartition(".")[2].replace("_", " ")
    return Failure.data(
        "bad_value",
        f"{name} cannot be booked. {why} Correct it at its source, or in the mapping.",
        field=field,
    )
