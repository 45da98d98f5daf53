"""What the destination should say beside what it says, field by field. Pure.

Only what the destination shows can be compared: a field that it does not tell is not a difference, and neither is one
that we do not write. Items of a list are matched by what names them (`reference`, `sku`, …), not by their places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .values import is_empty, say_the_same

# By what an item of a list is known again, in this order; each must be told on both sides, once only.
NAMES = ("reference", "line_id", "sku", "id", "code")
# The field of a difference that is about the whole record.
WHOLE = ""


@dataclass(frozen=True)
class Mismatch:
    """`field` as a person would find it: `items[MUG].quantity`; WHOLE where the record itself is missing."""

    field: str
    should_say: Any
    says: Any


def compare(
    should: Mapping[str, Any], says: Mapping[str, Any], kinds: Mapping[str, str] | None = None
) -> list[Mismatch]:
    """`kinds`: what the mapping says of the fields of the body, by path (`items[].quantity`)."""
    return list(_objects(should, says, kinds or {}, "", ""))


def _objects(
    should: Mapping[str, Any], says: Mapping[str, Any], kinds: Mapping[str, str], shown: str, path: str
) -> Iterator[Mismatch]:
    for name, value in should.items():
        if name not in says:
            continue
        field, key = (f"{shown}.{name}", f"{path}.{name}") if shown else (name, name)
        yield from _values(value, says[name], kinds, field, key)


def _values(value: Any, told: Any, kinds: Mapping[str, str], shown: str, path: str) -> Iterator[Mismatch]:
    if isinstance(value, Mapping) and isinstance(told, Mapping):
        yield from _objects(value, told, kinds, shown, path)
    elif isinstance(value, list) and isinstance(told, list) and (_has_objects(value) or _has_objects(told)):
        yield from _lists(value, told, kinds, shown, path)
    elif isinstance(value, list) and isinstance(told, list):
        if not _same_words(value, told):
            yield Mismatch(shown, ", ".join(map(str, value)), ", ".join(map(str, told)))
    elif isinstance(value, (Mapping, list)) or isinstance(told, (Mapping, list)):
        if is_empty(value) != is_empty(told):
            yield Mismatch(shown, _how_much(value), _how_much(told))
    elif not say_the_same(value, told, kinds.get(path, ""), path):
        yield Mismatch(shown, value, told)


def _has_objects(items: Sequence[Any]) -> bool:
    return any(isinstance(item, Mapping) for item in items)


def _same_words(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return sorted(str(word).strip() for word in one) == sorted(str(word).strip() for word in other)


def _lists(
    should: list[Any], says: list[Any], kinds: Mapping[str, str], shown: str, path: str
) -> Iterator[Mismatch]:
    name = _name_of_items(should, says)
    ours, theirs = _by_name(should, name), _by_name(says, name)
    for key, item in ours.items():
        if key not in theirs:
            yield Mismatch(f"{shown}[{key}]", "there", "not there")
        else:
            yield from _values(item, theirs[key], kinds, f"{shown}[{key}]", f"{path}[]")
    for key in theirs:
        if key not in ours:
            yield Mismatch(f"{shown}[{key}]", "not there", "there")


def _name_of_items(*lists: list[Any]) -> str:
    """ "" where nothing names them: then they are matched by their places."""
    for name in NAMES:
        if all(_names_all(items, name) for items in lists):
            return name
    return ""


def _names_all(items: list[Any], name: str) -> bool:
    values = [item.get(name) if isinstance(item, Mapping) else None for item in items]
    return all(not is_empty(value) for value in values) and len({str(v) for v in values}) == len(values)


def _by_name(items: list[Any], name: str) -> dict[str, Any]:
    if not name:
        return {str(place): item for place, item in enumerate(items, 1)}
    return {str(item[name]): item for item in items}


def _how_much(value: Any) -> str:
    if is_empty(value):
        return "nothing"
    return f"{len(value)} entries" if isinstance(value, list) else "something"
