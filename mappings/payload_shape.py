"""What a system's payloads are made of, learned from the first of them, and what came otherwise later. No database.

Only names of fields and types of JSON are kept, never a value. A name that may itself be data (an id, an address) is
kept as `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .profile import type_of

# So many payloads are learned from; what is rare among them is not taken for new later.
LEARNED = 200
# What each of them had, and so many in turn then have not, is gone.
MISSED = 20
MOST_PATHS = 500
MOST_CHANGES = 100
DEEPEST = 8
NEW, GONE, RETYPED = "new", "gone", "retyped"
_NAME = re.compile(r"[A-Za-z_][A-Za-z_.\-]{0,59}\d{0,2}")
_EMPTY = "empty"


class Change(msgspec.Struct, frozen=True):
    """`at`: when it was noticed, as ISO."""

    path: str
    how: str
    at: str
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        match self.how:
            case "new":
                return f"{self.path} is new ({_named(self.after)})."
            case "gone":
                return f"{self.path} does not come any more; before, each record had it."
            case _:
                before = " or ".join(_named(word) for word in self.before.split(" | "))
                return f"{self.path} was {before}, and is {_named(self.after)} now."


def _named(kind: str) -> str:
    return {"number": "a number", "list": "a list", "object": "an object"}.get(kind, kind)


class Known(msgspec.Struct, frozen=True):
    """`fields`: each path with its types; `always`: those that each payload had; `missed`: how often in turn one of
    these did not come."""

    fields: dict[str, list[str]] = {}
    always: list[str] = []
    looked: int = 0
    missed: dict[str, int] = {}
    changes: list[Change] = []

    @property
    def is_learned(self) -> bool:
        return self.looked >= LEARNED

    @property
    def breaks(self) -> list[Change]:
        """Those that a mapping may stumble over: a field that is new harms nobody."""
        return [change for change in self.changes if change.how != NEW]


def shape_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """Each field with its type; what is null or empty is “empty”."""
    found: dict[str, str] = {}
    for path, kind in _fields(payload, "", 0):
        if found.get(path, _EMPTY) == _EMPTY:
            found[path] = kind
        if len(found) >= MOST_PATHS:
            break
    return found


def _fields(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, part in value.items():
            plain = str(name) if _NAME.fullmatch(str(name)) else "*"
            inner = f"{path}.{plain}" if path else plain
            yield inner, _EMPTY if part in (None, "", [], {}) else type_of(part)
            yield from _fields(part, inner, depth + 1)
    elif isinstance(value, list):
        for part in value[:20]:
            yield from _fields(part, f"{path}[]", depth + 1)


def look(known: Known, payloads: Sequence[Mapping[str, Any]], at: str) -> Known:
    """What is known after these payloads; the same object where nothing was learned and nothing changed."""
    for payload in payloads:
        shape = shape_of(payload)
        known = _compared(known, shape, at) if known.is_learned else _learned(known, shape)
    return known


def accepted(known: Known) -> Known:
    """As it is now, it is right: nothing is told of until something changes again."""
    return msgspec.structs.replace(known, changes=[], missed={})


def _learned(known: Known, shape: Mapping[str, str]) -> Known:
    fields = {path: list(kinds) for path, kinds in known.fields.items()}
    for path, kind in shape.items():
        kinds = fields.setdefault(path, []) if len(fields) < MOST_PATHS or path in fields else []
        if kind not in (_EMPTY, *kinds):
            kinds.append(kind)
    filled = {path for path, kind in shape.items() if kind != _EMPTY}
    always = sorted(filled) if not known.looked else [path for path in known.always if path in filled]
    return Known(fields, always, known.looked + 1, {}, known.changes)


def _compared(known: Known, shape: Mapping[str, str], at: str) -> Known:
    changes = [*_newly(known, shape, at)]
    gone, missed, always = _missing(known, shape, at)
    changes += gone
    back = {
        change.path
        for change in known.changes
        if change.how == GONE and shape.get(change.path, _EMPTY) != _EMPTY
    }
    if not changes and not back and missed == known.missed and always == known.always:
        return known
    fields = {path: list(kinds) for path, kinds in known.fields.items()}
    for change in changes:
        if change.how != GONE:
            fields.setdefault(change.path, []).append(change.after)
    # What lies in a field that is new is known with it.
    for path, kind in shape.items():
        if path not in fields and len(fields) < MOST_PATHS:
            fields[path] = [] if kind == _EMPTY else [kind]
    kept = [change for change in known.changes if change.path not in back]
    return Known(fields, always, known.looked, missed, [*kept, *changes][-MOST_CHANGES:])


def _newly(known: Known, shape: Mapping[str, str], at: str) -> Iterator[Change]:
    new: list[str] = []
    for path, kind in shape.items():
        kinds = known.fields.get(path)
        if kind == _EMPTY:
            continue
        if kinds is None:
            # Of an object that is new, its fields are not told one by one; beyond the limit nobody knows what is new.
            if len(known.fields) < MOST_PATHS and not any(_is_within(path, outer) for outer in new):
                new.append(path)
                yield Change(path, NEW, at, after=kind)
        elif kinds and kind not in kinds:
            yield Change(path, RETYPED, at, before=" | ".join(kinds), after=kind)


def _missing(
    known: Known, shape: Mapping[str, str], at: str
) -> tuple[list[Change], dict[str, int], list[str]]:
    missed: dict[str, int] = {}
    always: list[str] = []
    gone: list[Change] = []
    for path in known.always:
        if shape.get(path, _EMPTY) != _EMPTY:
            # One that was missing and is there again was not always there.
            if path not in known.missed:
                always.append(path)
        elif (count := known.missed.get(path, 0) + 1) >= MISSED:
            if not any(_is_within(path, other.path) for other in gone):
                gone.append(Change(path, GONE, at))
        else:
            missed[path] = count
            always.append(path)
    return gone, missed, always


def _is_within(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}.", f"{outer}["))
