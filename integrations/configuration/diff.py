"""What a file would change, field by field, in words that never show a secret, or whom it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .added import sections
from .plain import Hidden, Plain, State

_LONGEST = 100
_MOST_VALUES = 20
# A partner's jobs, a channel's locations, whom an alert tells: told in another order, they are the same.
_IN_NO_ORDER = ("jobs", "stock_locations", "channels")


@dataclass(frozen=True)
class FieldChange:
    """`before` is None where there was nothing, `after` where nothing is left."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        for hidden in (self.before, self.after):
            if isinstance(hidden, Hidden):
                return f"{self.field}: {self._without(hidden.what)}"
        if self.before is None:
            return f"{self.field}: {_short(self.after)}"
        if self.after is None:
            return f"{self.field}: {_short(self.before)} → (taken out)"
        return f"{self.field}: {_short(self.before)} → {_short(self.after)}"

    def _without(self, what: str) -> str:
        if self.before is None:
            return f"({what} set)"
        return f"({what} taken out)" if self.after is None else f"({what} changed)"


@dataclass(frozen=True)
class Change:
    """One row that is made or changed."""

    section: str
    key: str
    is_new: bool
    fields: tuple[FieldChange, ...]

    def __str__(self) -> str:
        head = f"{'+' if self.is_new else '~'} {self.section}.{self.key}"
        return "\n".join([head, *(f"    {line}" for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        """Of a new row, what is made of very many values is counted: a mapping's rules would hide all else."""
        within: dict[str, list[FieldChange]] = {}
        for field in self.fields:
            within.setdefault(re.split(r"[.\[]", field.field, maxsplit=1)[0], []).append(field)
        for name, fields in within.items():
            if self.is_new and len(fields) > _MOST_VALUES:
                yield f"{name}: {len(fields)} values"
            else:
                yield from map(str, fields)

    def to_json(self) -> dict[str, Any]:
        return {
            "section": self.section,
            "key": self.key,
            "change": "new" if self.is_new else "changed",
            "fields": [str(field) for field in self.fields],
        }


def changes(before: State, wanted: State) -> list[Change]:
    """`wanted` holds only what the file tells; what it does not tell does not change."""
    found = []
    for section in sections():
        for key, plain in wanted.get(section, {}).items():
            present = before[section].get(key)
            fields = tuple(_compare(present or {}, plain))
            if fields or present is None:
                found.append(Change(section, key, present is None, fields))
    return found


def _compare(present: Plain, wanted: Plain) -> Iterator[FieldChange]:
    for name, value in wanted.items():
        before = present.get(name)
        if name in _IN_NO_ORDER:
            before, value = sorted(before or []), sorted(value)
        old, new = dict(_leaves(before, name)), dict(_leaves(value, name))
        for field in dict.fromkeys([*old, *new]):
            if not _same(old.get(field), new.get(field)):
                yield FieldChange(field, old.get(field), new.get(field))


def _same(one: Any, other: Any) -> bool:
    """1 and true are equal in Python, but not in a setting."""
    return type(one) is type(other) and bool(one == other)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if value in ({}, []) and "." in place:
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}[{index}]")
    elif value is not None:
        yield place, value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value or '""'
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
