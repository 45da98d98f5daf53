"""Which words may stand at a place of a declaration: msgspec says that one is wrong, but not which are right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

_STEP = re.compile(r"\[([^\]]*)\]|\.([^.\[]+)")


def choices_at(shape: type, path: str) -> list[str]:
    """The words of the place that msgspec calls `path` (".auth.kind", ".errors[0].kind"); none where any may stand."""
    steps = [index or name for index, name in _STEP.findall(path)]
    return sorted({str(word) for word in _words(inspect.type_info(shape), steps)})


def _words(kind: inspect.Type, steps: list[str]) -> Iterator[Any]:
    if isinstance(kind, inspect.Metadata):
        yield from _words(kind.type, steps)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _words(one, steps)
    elif not steps:
        yield from kind.values if isinstance(kind, inspect.LiteralType) else ()
    elif isinstance(kind, inspect.StructType):
        yield from _words_of_struct(kind, steps)
    elif isinstance(kind, inspect.DictType):
        yield from _words(kind.value_type, steps[1:])
    elif isinstance(kind, inspect.CollectionType):
        yield from _words(kind.item_type, steps[1:])


def _words_of_struct(kind: inspect.StructType, steps: list[str]) -> Iterator[Any]:
    name, *rest = steps
    if name == kind.tag_field and not rest:
        yield kind.tag
    for field in kind.fields:
        if field.encode_name == name:
            yield from _words(field.type, rest)
