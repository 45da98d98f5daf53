"""Whether a field still holds what it held, without keeping what that was: keyed digests of values."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from .records import ABSENT
from .search import digest_key, normalise

LENGTH = 16
# Of these it is known which spellings mean the same.
_SPELT = ("email", "phone")


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """What the Record's plain data holds there; ABSENT where it is not told. `lines[].sku`: of each line, in order."""
    found: Any = record
    names = path.split(".")
    for place, name in enumerate(names):
        if not isinstance(found, Mapping):
            return found if found is None else ABSENT
        found = found.get(name.removesuffix("[]"), ABSENT)
        if found is ABSENT or found is None:
            return found
        if isinstance(found, list) and place < len(names) - 1:
            rest = ".".join(names[place + 1 :])
            parts = [value_at(part, rest) for part in found]
            return [None if part is ABSENT else part for part in parts]
    return found


def digests_of(record: Mapping[str, Any], paths: Iterable[str]) -> dict[str, str]:
    """Of the fields that are told."""
    found = {path: value_at(record, path) for path in paths}
    return {path: value_digest(path, value) for path, value in found.items() if value is not ABSENT}


def value_digest(path: str, value: Any) -> str:
    """Two halves: of the very value, and of what is left when its spelling (case, blanks, a phone's form) does not
    count."""
    return _digest(path, _plain(value)) + _digest(path, _loose(path.rpartition(".")[2], value))


def is_same(one: str, other: str) -> bool:
    return one[:LENGTH] == other[:LENGTH]


def is_alike(one: str, other: str) -> bool:
    """The same but for the spelling."""
    return one[LENGTH:] == other[LENGTH:]


def _digest(path: str, value: Any) -> str:
    text = orjson.dumps([path, value], option=orjson.OPT_SORT_KEYS)
    return hmac.digest(digest_key(), text, "sha256").hex()[:LENGTH]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.timestamp()
    return None if value == "" else value


def _loose(name: str, value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, str):
        return normalise(name, plain) if name in _SPELT else " ".join(plain.casefold().split())
    if isinstance(plain, dict):
        return {inner: _loose(inner, part) for inner, part in plain.items()}
    if isinstance(plain, list):
        parts = [_loose(name, part) for part in plain]
        return sorted(parts) if all(isinstance(part, str) for part in parts) else parts
    return plain
