"""What a system's payloads are made of, learned from the first of them, and what came otherwise later. No database.

Only names of fields and types of JSON are kept, never a value. A name that may itself be data (an id, an address) is
kept as `*`. What is seen gathers over any number of small looks; one record, however often it comes, counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .profile import type_of

# So many records are learned from. What is rarer than that is known by `RARE` later.
LEARNED = 40
# What each of them had, and so many in turn then have not, is gone.
MISSED = 20
# What is new or of another type is told once so many records have it, and at least half of those that could.
ENOUGH = 3
# Of so many that could, the fewer have it: then it is rare, no change, and known from now on.
RARE = 20
MOST_SIGNS = 50
# So many records are told apart.
TOLD_APART = 60
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


class Sign(msgspec.Struct, frozen=True):
    """What may be a change: `times` records had it, of `of` that could have."""

    path: str
    how: str
    kind: str
    times: int = 0
    of: int = 0

    @property
    def is_enough(self) -> bool:
        return self.times >= ENOUGH and self.times * 2 >= self.of


class Known(msgspec.Struct, frozen=True):
    """`fields`: each path with its types; `always`: those that each payload had; `missed`: how often in turn one of
    these did not come. `signs` are looked into; `recent` are the names of the last records that counted."""

    fields: dict[str, list[str]] = {}
    always: list[str] = []
    looked: int = 0
    missed: dict[str, int] = {}
    changes: list[Change] = []
    signs: list[Sign] = []
    recent: list[str] = []

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


def look(known: Known, payloads: Sequence[Mapping[str, Any]], at: str, names: Sequence[str] = ()) -> Known:
    """What is known after these payloads; the same object where nothing was learned and nothing changed.

    `names` tell the records apart, one for each payload; without them each is a record of its own.
    """
    for place, payload in enumerate(payloads):
        name = names[place] if names else ""
        if name and name in known.recent:
            continue
        shape = shape_of(payload)
        after = _compared(known, shape, at) if known.is_learned else _learned(known, shape)
        if after is not known and name:
            after = msgspec.structs.replace(after, recent=[*known.recent, name][-TOLD_APART:])
        known = after
    return known


def accepted(known: Known) -> Known:
    """As it is now, it is right: nothing is told of until something changes again."""
    return msgspec.structs.replace(known, changes=[], missed={}, signs=[])


def _learned(known: Known, shape: Mapping[str, str]) -> Known:
    fields = _with(known.fields, shape)
    filled = {path for path, kind in shape.items() if kind != _EMPTY}
    always = sorted(filled) if not known.looked else [path for path in known.always if path in filled]
    return msgspec.structs.replace(known, fields=fields, always=always, looked=known.looked + 1, missed={})


def _with(fields: Mapping[str, list[str]], shape: Mapping[str, str]) -> dict[str, list[str]]:
    """The fields, and those of this payload."""
    grown = {path: list(kinds) for path, kinds in fields.items()}
    for path, kind in shape.items():
        kinds = grown.setdefault(path, []) if len(grown) < MOST_PATHS or path in grown else []
        if kind not in (_EMPTY, *kinds):
            kinds.append(kind)
    return grown


def _compared(known: Known, shape: Mapping[str, str], at: str) -> Known:
    signs, told, rare = _weighed(known, shape)
    changes = [_change(known, sign, at) for sign in told]
    gone, missed, always = _missing(known, shape, at)
    changes += gone
    back = {
        change.path
        for change in known.changes
        if change.how == GONE and shape.get(change.path, _EMPTY) != _EMPTY
    }
    is_same = signs == known.signs and missed == known.missed and always == known.always
    if is_same and not changes and not back and not rare:
        return known
    settled = {sign.path: sign.kind for sign in (*told, *rare)}
    # What lies in a field that is looked into is known from the first: it is told with it.
    outer = [sign.path for sign in (*signs, *told, *rare) if sign.how == NEW]
    within = {path: kind for path, kind in shape.items() if any(_is_within(path, one) for one in outer)}
    kept = [change for change in known.changes if change.path not in back]
    return msgspec.structs.replace(
        known,
        fields=_with(known.fields, settled | within),
        always=always,
        missed=missed,
        changes=[*kept, *changes][-MOST_CHANGES:],
        signs=signs,
    )


def _weighed(known: Known, shape: Mapping[str, str]) -> tuple[list[Sign], list[Sign], list[Sign]]:
    """What is still looked into, what is told now, and what turned out to be rare."""
    here = {(sign.path, sign.kind): sign for sign in _signs(known, shape)}
    grown = []
    for sign in known.signs:
        is_here = here.pop((sign.path, sign.kind), None) is not None
        could = is_here or sign.how == NEW or shape.get(sign.path, _EMPTY) != _EMPTY
        grown.append(
            msgspec.structs.replace(sign, times=sign.times + is_here, of=sign.of + could) if could else sign
        )
    room = max(MOST_SIGNS - len(grown), 0)
    grown += [msgspec.structs.replace(sign, times=1, of=1) for sign in list(here.values())[:room]]
    told = [sign for sign in grown if sign.is_enough]
    rare = [sign for sign in grown if not sign.is_enough and sign.of >= RARE]
    return [sign for sign in grown if not sign.is_enough and sign.of < RARE], told, rare


def _signs(known: Known, shape: Mapping[str, str]) -> Iterator[Sign]:
    """What this payload has otherwise than it is known."""
    new: list[str] = []
    for path, kind in shape.items():
        kinds = known.fields.get(path)
        if kind == _EMPTY:
            continue
        if kinds is None:
            # Of an object that is new, its fields are not told one by one; beyond the limit nobody knows what is new.
            if len(known.fields) < MOST_PATHS and not any(_is_within(path, outer) for outer in new):
                new.append(path)
                yield Sign(path, NEW, kind)
        elif kinds and kind not in kinds:
            yield Sign(path, RETYPED, kind)


def _change(known: Known, sign: Sign, at: str) -> Change:
    before = " | ".join(known.fields.get(sign.path, ())) if sign.how == RETYPED else ""
    return Change(sign.path, sign.how, at, before=before, after=sign.kind)


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
