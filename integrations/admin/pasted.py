"""Reads JSON that a person typed or pasted. What cannot be kept as it is written is refused, with the remedy."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

MOST_LEVELS = 100
_DIGITS_OF_64_BITS = 20


def read_record(text: str, otherwise: str) -> dict[str, Any]:
    """The JSON object in the text. `otherwise` is said when it is JSON, but no object."""
    record = _read(text)
    if not isinstance(record, dict):
        raise ValidationError(otherwise)
    if _is_deeper_than(MOST_LEVELS, record):
        raise _too_deep()
    return record


def read_records(text: str) -> list[dict[str, Any]]:
    """One JSON object, or a list of them."""
    found = _read(text)
    records = found if isinstance(found, list) else [found]
    if not records or not all(isinstance(record, dict) for record in records):
        raise ValidationError("Paste one record, which begins with { and ends with }, or a list of them.")
    if any(_is_deeper_than(MOST_LEVELS, record) for record in records):
        raise _too_deep()
    return records


def as_number(text: str) -> int | float:
    """Of a text that is a number. Raises ValidationError where it has more digits than are kept."""
    return _fraction(text) if any(sign in text for sign in ".eE") else _whole(text)


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValidationError(
            f"This is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Fix it there."
        ) from error
    except RecursionError as error:
        raise _too_deep() from error


def _whole(text: str) -> int:
    if len(text) > _DIGITS_OF_64_BITS or not -(2**63) <= int(text) < 2**64:
        raise _too_long(text)
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    try:
        exact = Decimal(text) == Decimal(repr(number))
    except InvalidOperation:  # An exponent of many digits.
        exact = False
    if not exact:
        raise _too_long(text)
    return number


def _no_number(text: str) -> None:
    raise ValidationError(f"This is not JSON: {text} is no number. Write null or a text.")


def _too_long(text: str) -> ValidationError:
    return ValidationError(f"The number {text[:60]} has more digits than can be kept. Write it as text.")


def _too_deep() -> ValidationError:
    return ValidationError(f"This is nested too deeply. A record has at most {MOST_LEVELS} levels.")


def _is_deeper_than(levels: int, record: dict[str, Any]) -> bool:
    """Level by level, without recursion."""
    level: list[Any] = [record]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
