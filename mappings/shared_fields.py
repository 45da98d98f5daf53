"""Which fields of a body two mappings both write, so that one of them can leave them to the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .translate import Rules

# What a person said of being written to is everybody's: it goes by its own time, not by who wrote first.
_OF_CONSENT = re.compile(r"\b(consents|accepts_marketing)\b")

Path = tuple[str, ...]


def fields_of(rules: Rules) -> frozenset[Path]:
    """The fields that a writing mapping fills, but for those that tell of consent."""
    every = [*rules.scope.rules, *(opener for opener, _ in rules.scope.inner)]
    return frozenset(rule.path for rule in every if not _OF_CONSENT.search(rule.data.source))


def less(body: Mapping[str, Any], fields: Collection[Path], kept: Iterable[Path] = ()) -> dict[str, Any]:
    """The body without these fields; what is `kept` stays whoever writes it."""
    gone = set(fields) - set(kept)
    return _less(body, gone, ())


def _less(body: Mapping[str, Any], gone: Collection[Path], above: Path) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for name, value in body.items():
        here = (*above, name)
        if here in gone:
            continue
        if isinstance(value, dict) and any(path[: len(here)] == here for path in gone):
            value = _less(value, gone, here)
            if not value:
                continue
        left[name] = value
    return left


def only(body: Mapping[str, Any], fields: Collection[Path]) -> bool:
    """Whether there is nothing in the body but these fields."""
    return not less(body, fields)
