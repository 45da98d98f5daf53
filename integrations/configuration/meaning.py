"""Mappings and value maps in files: a preset by its name, or the rules themselves.

What counts is the version in use: a draft that nobody has published is neither exported nor compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.db.models import F

from mappings.models import FieldRule, Mapping, MappingVersion, ValueMap, ValueMapEntry
from mappings.presets import PRESETS
from mappings.rules import check_rules
from mappings.shapes import convert
from mappings.translate import RuleData

from .check_fields import model_problems
from .diff import Change
from .plain import Found, Plain, State, title
from .problems import Place
from .schema import explained

MAPPING_FIELDS = ("name", "direction", "platform", "resource", "kind", "description")
_DEFAULTS = {
    field.name: field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    for field in msgspec.structs.fields(RuleData)
}
REQUIRED = ("direction", "platform", "resource", "kind", "rules")


def load_value_maps() -> dict[str, Plain]:
    rows = ValueMap.objects.prefetch_related("entries").order_by("key")
    return {
        row.key: {"name": row.name, "entries": {entry.source: entry.target for entry in row.entries.all()}}
        for row in rows
    }


def load_mappings() -> dict[str, Plain]:
    in_use = dict(
        MappingVersion.objects.filter(number=F("mapping__current_number")).values_list(
            "mapping_id", "snapshot"
        )
    )
    return {
        row.key: {
            **{name: getattr(row, name) for name in MAPPING_FIELDS},
            "rules": [_short(rule) for rule in in_use.get(row.pk, {}).get("rules", [])],
        }
        for row in Mapping.objects.order_by("key")
    }


def unfold(told: Plain) -> Plain:
    """The fields of the preset that the entry names, if it names one; what the entry tells itself goes before.

    Raises KeyError with the name of a preset that does not exist.
    """
    if "rules" in told:
        told = {**told, "rules": [_short(rule) for rule in told["rules"]]}
    if "preset" not in told:
        return told
    preset = PRESETS[told["preset"]]
    copied = {name: getattr(preset, name) for name in MAPPING_FIELDS}
    copied["rules"] = [_short(msgspec.to_builtins(rule)) for rule in preset.rules]
    return {**copied, **{name: value for name, value in told.items() if name != "preset"}}


def _short(rule: dict[str, Any]) -> dict[str, Any]:
    """Without what is the default anyway, so that rules can be compared whoever wrote them."""
    return {name: value for name, value in rule.items() if value is not None and value != _DEFAULTS.get(name)}


def check(wanted: State, after: State) -> Found:
    for key in wanted["value_maps"]:
        place, value_map = ("value_maps", key), after["value_maps"][key]
        yield from model_problems(ValueMap, place, value_map, ("name",))
        yield from _check_words(place, value_map.get("entries", {}))
    for key in wanted["mappings"]:
        place, mapping = ("mappings", key), after["mappings"][key]
        wrong = list(model_problems(Mapping, place, mapping, MAPPING_FIELDS))
        yield from wrong or _check_mapping(place, mapping, set(after["value_maps"]))


def _check_words(place: Place, entries: Plain) -> Found:
    longest = ValueMapEntry._meta.get_field("source").max_length or 0
    for source, target in entries.items():
        if not isinstance(target, str):
            yield (*place, "entries", source), "A value map's words are text. Put this in quotation marks."
        elif len(source) > longest or len(target) > longest:
            yield (*place, "entries", source), f"A word of a value map has at most {longest} characters."


def _check_mapping(place: Place, mapping: Plain, value_maps: set[str]) -> Found:
    missing = [name for name in REQUIRED if not mapping.get(name)]
    for name in missing:
        yield (*place, name), "A mapping needs this field, or a preset."
    if missing:
        return
    rules = []
    for index, told in enumerate(mapping["rules"]):
        try:
            rules.append(convert(told, RuleData))
        except msgspec.ValidationError as exc:
            inner, reason = explained(exc, RuleData)
            yield (*place, "rules", index, *inner), reason
    if len(rules) < len(mapping["rules"]):
        return
    told = set()
    for problem in check_rules(rules, mapping["direction"], mapping["kind"], value_maps):
        told.add((problem.rule, problem.field))
        yield (*place, "rules", problem.rule, problem.field), problem.sentence
    for index, rule in enumerate(rules):
        for field, reason in _too_long(rule):
            if (index, field) not in told:
                yield (*place, "rules", index, field), reason


def _too_long(rule: RuleData) -> Iterator[tuple[str, str]]:
    for field in FieldRule._meta.get_fields():
        longest = getattr(field, "max_length", None)
        value = getattr(rule, field.name, None)
        if longest and isinstance(value, str) and len(value) > longest:
            yield field.name, f"Ensure this value has at most {longest} characters (it has {len(value)})."


def write_value_map(change: Change, wanted: Plain) -> None:
    entries = wanted.pop("entries", None)
    row = _row(ValueMap, change)
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    if entries is not None:
        row.entries.all().delete()
        ValueMapEntry.objects.bulk_create(
            [ValueMapEntry(value_map=row, source=source, target=target) for source, target in entries.items()]
        )
    # Versions hold the value maps that they were made with.
    row.publish()


def write_mapping(change: Change, wanted: Plain) -> None:
    rules = wanted.pop("rules", None)
    row = _row(Mapping, change)
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    if rules is not None:
        row.rules.all().delete()
        data = [convert(rule, RuleData) for rule in rules]
        FieldRule.objects.bulk_create(
            [FieldRule.from_data(row, index, rule) for index, rule in enumerate(data)]
        )
    row.publish()


def _row(model: Any, change: Change) -> Any:
    if change.is_new:
        return model(key=change.key, name=title(change.key))
    return model.objects.get(key=change.key)
