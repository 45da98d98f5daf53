"""Which places of a payload an error is about: from the Record's field that it names back through the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from integrations.models import ErrorRecord
from mappings.models import Mapping
from mappings.records import ABSENT
from mappings.shapes import convert
from mappings.translate import RuleData

from .payload_edits import Path, value_at

MOST: Final = 5
_PLACE: Final = re.compile(r"\.\d+(?=\.|$)|\[\d+\]")
_NAMES: Final = re.compile(r"[A-Za-z_][\w-]*(?:(?:\.[A-Za-z_][\w-]*)|\[\d*\])*")
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d*\]")
# Words of an expression that are no fields.
_QUOTED: Final = re.compile(r"'[^']*'|`[^`]*`")


def blamed(error: ErrorRecord) -> list[Path]:
    """The empty ones first. Nothing where the error names no field, or the rules do not lead to one."""
    payload: Any = error.payload
    if error.job is None or not error.field or not isinstance(payload, dict):
        return []
    reads, writes = _rules(error.job.read_mapping), _rules(error.job.write_mapping)
    field = _PLACE.sub("[]", error.field)
    texts = _sources(reads, field)
    if not texts:
        texts = [found for source in _sources(writes, field) for found in _sources(reads, source)]
    places = list(dict.fromkeys(place for text in texts for place in _places(payload, text)))
    places.sort(key=lambda place: value_at(payload, place) not in (ABSENT, None, ""))
    return places[:MOST]


def _rules(mapping: Mapping) -> list[RuleData]:
    version = mapping.in_use()
    return [convert(rule, RuleData) for rule in version.snapshot["rules"]] if version is not None else []


def _sources(rules: Sequence[RuleData], target: str) -> list[str]:
    """Paths from the whole payload, with the lists around them: `line_items[].sku`."""
    rule = next((rule for rule in rules if rule.target.removesuffix("[]") == target.removesuffix("[]")), None)
    if rule is None or not rule.source:
        return []
    names = _names(rule.source)
    opener = re.match(r"(.*\[\])\.", target)
    outer = _sources(rules, opener[1]) if opener is not None else []
    found = []
    for name in names:
        if name.startswith("root."):
            found.append(name.removeprefix("root."))
        else:
            found += [f"{around.removesuffix('[]')}[].{name}" for around in outer] or [name]
    return found


def _names(expression: str) -> list[str]:
    """Paths in it, without what is a function's name or a fixed text."""
    text = _QUOTED.sub("", expression)
    return [found[0] for found in _NAMES.finditer(text) if text[found.end() : found.end() + 1] != "("]


def _places(payload: Any, text: str) -> list[Path]:
    return list(_walk(payload, _STEP.findall(text), ()))


def _walk(payload: Any, steps: Sequence[str], path: Path) -> Iterator[Path]:
    for place, step in enumerate(steps):
        if not step.startswith("["):
            path = (*path, step)
            continue
        rows = value_at(payload, path)
        if not isinstance(rows, list):
            return
        chosen = range(len(rows)) if step == "[]" else [int(step[1:-1])]
        for row in chosen:
            yield from _walk(payload, steps[place + 1 :], (*path, row))
        return
    if path and not isinstance(value_at(payload, path), dict | list):
        yield path
