"""Which fields a Record has: for forms, for checks, and for the types that values are brought to."""

from __future__ import annotations

import types
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UnsetType

from .records import RECORD_KINDS

WORDS = {str: "text", Decimal: "number", datetime: "time", bool: "yes or no", int: "whole number"}


@dataclass(frozen=True)
class TargetField:
    """`path` as a rule names it: `lines[].sku`; a path that ends in `[]` opens a list."""

    path: str
    kind: str


class UnknownTarget(ValueError):
    """A rule's target that the Record does not have."""


@lru_cache(maxsize=1024)
def target_type(kind: str, path: str) -> Any:
    """The plain type of one field: str, Decimal, datetime, bool, dict or list. Raises UnknownTarget."""
    current: Any = RECORD_KINDS[kind]
    names = path.split(".")
    for place, name in enumerate(names):
        if current is dict or get_origin(current) is dict:
            return None
        if not (isinstance(current, type) and issubclass(current, msgspec.Struct)):
            raise UnknownTarget(f"“{'.'.join(names[:place])}” has no fields of its own.")
        hints = get_type_hints(current)
        if name.removesuffix("[]") not in hints:
            raise UnknownTarget(f"{kind} has no field “{path}”.")
        current = _bare(hints[name.removesuffix("[]")])
        if name.endswith("[]"):
            inner = get_args(current)
            if not inner:
                raise UnknownTarget(f"“{name.removesuffix('[]')}” of {kind} is no list.")
            current = inner[0]
    return current


def _bare(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part not in (type(None), UnsetType))
    return hint


@lru_cache(maxsize=16)
def target_fields(kind: str) -> tuple[TargetField, ...]:
    return tuple(_fields(RECORD_KINDS[kind], "", 0))


def _fields(struct: type, prefix: str, depth: int) -> list[TargetField]:
    found = []
    for name, hint in get_type_hints(struct).items():
        bare, path = _bare(hint), f"{prefix}{name}"
        inner = get_args(bare)[0] if get_origin(bare) is list else bare
        if get_origin(bare) is list and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            found.append(TargetField(f"{path}[]", "list"))
            found += _fields(inner, f"{path}[].", depth + 1) if depth < 2 else []
        elif isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            found += _fields(inner, f"{path}.", depth + 1) if depth < 2 else []
        else:
            found.append(TargetField(path, WORDS.get(bare, "anything")))
    return found
