"""Puts single values into a Record, or into a body, that no rule of the mapping has told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from .records import RECORD_KINDS, Record, as_data
from .shapes import convert
from .targets import WORDS, UnknownTarget, target_type
from .translate import Translation, converted

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class CannotPut(ValueError):
    """Why a value cannot be put into a field. `about`: "field" or "value"."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


def is_of_record(kind: str, path: str) -> bool:
    """Whether this names a field of the Record; else it is one of the destination's own."""
    try:
        target_type(kind, path)
    except (UnknownTarget, KeyError):
        return False
    return True


def check(kind: str, path: str, value: Any) -> None:
    """Raises CannotPut for what could never be put there, whatever the record."""
    if not isinstance(value, (str, int, float, bool)):
        raise CannotPut("value", "Give one value: a text, a number, or true or false.")
    if not is_of_record(kind, path):
        if not _DOTTED.fullmatch(path):
            raise CannotPut("field", "Name one field, with dots between its parts: ship_to.phone.")
        return
    wanted = target_type(kind, path)
    if wanted is not None and wanted not in (str, Decimal, datetime, bool, int):
        raise CannotPut("field", "It holds several values. Name one of those inside it.")
    try:
        converted(value, wanted)
    except (msgspec.ValidationError, ValueError):
        raise CannotPut("value", f"This field holds a {WORDS.get(wanted, 'value')}: give one.") from None


def into_record(translation: Translation, kind: str, values: Mapping[str, Any]) -> Translation:
    """The record with these values where it has none; the problems of these fields are over."""
    if translation.record is None:
        return translation
    data = as_data(translation.record)
    for path, value in values.items():
        _fill(data, path.split("."), converted(value, target_type(kind, path)))
    record: Record = convert(data, RECORD_KINDS[kind])
    return replace(
        translation,
        record=record,
        problems=[problem for problem in translation.problems if problem.field not in values],
    )


def into_body(body: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Overwrites what is there: it was refused. A path that leads through a list or a text changes nothing."""
    for path, value in values.items():
        *parents, name = path.split(".")
        here: Any = body
        for parent in parents:
            here = here.setdefault(parent, {}) if isinstance(here, dict) else None
        if isinstance(here, dict):
            here[name] = value


def _fill(data: Any, path: list[str], value: Any) -> None:
    if not isinstance(data, dict):
        return
    name, rest = path[0], path[1:]
    if name.endswith("[]"):
        for item in data.get(name.removesuffix("[]")) or []:
            _fill(item, rest, value)
    elif rest:
        if data.get(name) is None:
            data[name] = {}
        _fill(data[name], rest, value)
    elif data.get(name) in _EMPTY:
        data[name] = value
