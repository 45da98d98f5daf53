"""Where two results of rules differ, field by field. No database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from .records import ABSENT

DEEPEST: Final = 12
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")
_FRACTION: Final = re.compile(r"-?\d{1,18}\.\d{1,18}")


@dataclass(frozen=True)
class Differing:
    """`field` is a path as in a rule's target: `lines[].sku`. ABSENT where one side has nothing there."""

    field: str
    before: Any
    after: Any


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Differing]:
    """One entry for each place that is not the same, in the order of the newer side. 12.5 is 12.50."""
    return list(_of(before, after, "", 0))


def _of(before: Any, after: Any, path: str, depth: int) -> Iterator[Differing]:
    if depth < DEEPEST and isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(name for name in before if name not in after)]:
            inner = f"{path}.{name}" if path else str(name)
            yield from _of(before.get(name, ABSENT), after.get(name, ABSENT), inner, depth + 1)
    elif depth < DEEPEST and _are_rows(before, after):
        for one, other in zip(before, after, strict=True):
            yield from _of(one, other, f"{path}[]", depth + 1)
    elif depth < DEEPEST and isinstance(after, Mapping) and after and before in (ABSENT, None):
        yield from _of({}, after, path, depth)
    elif depth < DEEPEST and isinstance(before, Mapping) and before and after in (ABSENT, None):
        yield from _of(before, {}, path, depth)
    elif not _is_same(before, after):
        yield Differing(path, before, after)


def _are_rows(before: Any, after: Any) -> bool:
    """Lists of the same length can be told place by place; of others the list itself differs."""
    return isinstance(before, list) and isinstance(after, list) and len(before) == len(after)


def _is_same(before: Any, after: Any) -> bool:
    if before is ABSENT or after is ABSENT:
        return before is after
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, Decimal | int | float) and isinstance(after, Decimal | int | float):
        return Decimal(str(before)) == Decimal(str(after))
    if isinstance(before, datetime) and isinstance(after, datetime):
        return before.timestamp() == after.timestamp()
    return bool(before == after)


def says_same(there: Any, written: Any) -> bool:
    """Whether a system's own JSON says what would be written there. An instant in other words, a number with other
    zeros and more fields than were written count as the same."""
    if isinstance(written, Mapping):
        return isinstance(there, Mapping) and all(
            says_same(there.get(name), part) for name, part in written.items()
        )
    if isinstance(written, list):
        return _are_rows(there, written) and all(map(says_same, there, written))
    if isinstance(there, str) and isinstance(written, str):
        return there == written or _plain(there) == _plain(written)
    return _is_same(there, written)


def _plain(text: str) -> object:
    """An instant, a number with a point, or the text itself."""
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            return text
    return Decimal(text) if _FRACTION.fullmatch(text) else text
