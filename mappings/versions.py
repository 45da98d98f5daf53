"""What differs between two versions of a mapping, or between a version and the draft. No database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Snapshot = Mapping[str, Any]
ADDED, REMOVED, CHANGED = "Added", "Removed", "Changed"
# The note says nothing of what a rule does.
_WORDS = {
    "source": "Source",
    "transform": "Transform",
    "arguments": "Arguments",
    "value_map": "Value map",
    "default": "Default",
    "on_missing": "When missing",
    "required": "Required",
    "note": "Note",
}
_STANDARD = {"on_missing": "absent"}


class Part(NamedTuple):
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One rule, or one word of a value map, that is not the same in both."""

    how: str
    what: str
    parts: tuple[Part, ...] = ()


def differences(old: Snapshot, new: Snapshot) -> list[Difference]:
    """Rules in the order of the newer version, then those that went, then their order, then words."""
    return [*_of_head(old, new), *_of_rules(old["rules"], new["rules"]), *_of_words(old, new)]


def in_short(old: Snapshot, new: Snapshot) -> str:
    """For a line: “2 rules differ”; nothing where they are the same."""
    found = differences(old, new)
    if not found:
        return ""
    return "1 difference" if len(found) == 1 else f"{len(found)} differences"


def _of_head(old: Snapshot, new: Snapshot) -> Iterator[Difference]:
    for name, word in (("direction", "Direction"), ("kind", "Kind")):
        if old[name] != new[name]:
            yield Difference(CHANGED, word, (Part(word, _said(old[name]), _said(new[name])),))


def _of_rules(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    before, after = ({rule["target"]: rule for rule in rules} for rules in (old, new))
    for target, rule in after.items():
        if target not in before:
            yield Difference(ADDED, target, tuple(_parts({}, rule)))
        elif parts := tuple(_parts(before[target], rule)):
            yield Difference(CHANGED, target, parts)
    for target, rule in before.items():
        if target not in after:
            yield Difference(REMOVED, target, tuple(_parts(rule, {})))
    in_both = [
        [target for target in rules if target in before and target in after] for rules in (before, after)
    ]
    if in_both[0] != in_both[1]:
        yield Difference(CHANGED, "The order of the rules")


def _parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Part]:
    for name, word in _WORDS.items():
        before, after = (rule.get(name, _STANDARD.get(name)) for rule in (old, new))
        if before != after:
            yield Part(word, _said(before), _said(after))


def _of_words(old: Snapshot, new: Snapshot) -> Iterator[Difference]:
    maps = [version.get("value_maps", {}) for version in (old, new)]
    for key in sorted(maps[0].keys() & maps[1].keys()):
        before, after = maps[0][key], maps[1][key]
        for word in sorted(before.keys() | after.keys()):
            if before.get(word) != after.get(word):
                how = CHANGED if word in before and word in after else ADDED if word in after else REMOVED
                part = Part("Becomes", _said(before.get(word)), _said(after.get(word)))
                yield Difference(how, f"{word} in the value map {key}", (part,))


def _said(value: Any) -> str:
    if value in (None, "", {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
