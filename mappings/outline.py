"""A payload as a list of lines that a person can point at, each with the expression that finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_]\w*")
DEEPEST = 12
MOST_LINES = 400
SHOWN_ENTRIES = 5
LONGEST_VALUE = 80


@dataclass(frozen=True)
class Line:
    """`path` is JMESPath; `value` is "" for an object, which the lines below it tell."""

    path: str
    name: str
    depth: int
    value: str = ""
    is_list: bool = False


@dataclass(frozen=True)
class Outline:
    """`more`: how many lines were left out."""

    lines: list[Line]
    more: int = 0


def step(path: str, name: str) -> str:
    """The path of a field within what `path` finds; a name that is no identifier is quoted, as JMESPath asks."""
    if not _PLAIN.fullmatch(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{path}.{name}" if path else name


def outline(payload: dict[str, Any]) -> Outline:
    lines = list(_lines(payload, "", 0))
    return Outline(lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _lines(value: Any, path: str, depth: int) -> Iterator[Line]:
    if depth >= DEEPEST:
        return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _part(part, step(path, str(name)), str(name), depth)
    else:
        for place, part in enumerate(value[:SHOWN_ENTRIES]):
            yield from _part(part, f"{path}[{place}]", f"{place + 1}.", depth)


def _part(value: Any, path: str, name: str, depth: int) -> Iterator[Line]:
    if isinstance(value, list):
        yield Line(path, name, depth, entries(len(value)), is_list=True)
        yield from _lines(value, path, depth + 1)
    elif isinstance(value, dict):
        yield Line(path, name, depth, "" if value else "empty")
        yield from _lines(value, path, depth + 1)
    else:
        yield Line(path, name, depth, shown(value))


def entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def shown(value: Any) -> str:
    """One value on one line: text in quotes, so that "5" is seen to be no number."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return entries(len(value))
    text = f"“{value}”" if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
