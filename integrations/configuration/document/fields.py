"""Which field becomes which: from the source's own, over our Record's, to the destination's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from integrations.models import SyncJob
from mappings.models import Mapping as MappingRow
from mappings.models import ValueMap, left_out_of, owners_of, rule_data_of
from mappings.sources import fields_read
from mappings.translate import RuleData

from .parts import Code, Table, Text

NOTHING = "–"
ON_MISSING = {"null": "empty if it is missing", "error": "an error if it is missing", "absent": ""}


def tables_of(jobs: Sequence[SyncJob]) -> list[Table]:
    """One for each job, by the versions in use; then the words that are turned into others."""
    owners = {kind: owners_of(kind) for kind in {job.kind for job in jobs}}
    names: set[str] = set()
    tables = []
    for job in jobs:
        read, write = _rules(job.read_mapping), _rules(job.write_mapping)
        names |= {rule.value_map for rule in (*read, *write) if rule.value_map}
        number = job.write_mapping.current_number
        gone = left_out_of(job.write_mapping_id, number, owners[job.kind], job.source.key) if number else None
        left_out = gone.targets if gone is not None else {}
        columns = (f"In {job.source.name}", "Our field", f"In {job.destination.name}", "How")
        caption = (
            f"{job.name}: {job.read_mapping.name} (version {job.read_mapping.current_number}), then "
            f"{job.write_mapping.name} (version {number})"
        )
        tables.append(Table(columns, list(_rows(read, write, left_out)), caption))
    return [*tables, *_words(names)]


def _rules(mapping: MappingRow) -> list[RuleData]:
    """As they are published: a draft is no part of what is done."""
    if not mapping.current_number:
        return []
    return rule_data_of(mapping.pk, mapping.current_number)


def _rows(
    read: Sequence[RuleData], write: Sequence[RuleData], left_out: Mapping[str, str]
) -> Iterator[tuple[Text, ...]]:
    """In the order of the writing rules; what is read and not written comes last."""
    by_field: dict[str, list[RuleData]] = {}
    for rule in read:
        by_field.setdefault(rule.target.removesuffix("[]"), []).append(rule)
    used: set[str] = set()
    wholes: set[str] = set()
    for rule, paths in zip(write, fields_read(write), strict=True):
        owner = left_out.get(rule.target, "")
        written = [_how(rule), f"not written: {owner} owns it" if owner else ""]
        if not rule.target.endswith("[]"):
            wholes |= {f"{path}." for path in paths}
        for path in paths or [""]:
            came_from = by_field.get(path, [])
            used.add(path)
            sources = ", ".join(one.source or _fixed(one) for one in came_from)
            how = _both("; ".join(filter(None, map(_how, came_from))), "; ".join(filter(None, written)))
            yield _code(sources), _code(path or _fixed(rule)), Code(rule.target), how
    for name, rules in by_field.items():
        # What reads a whole address reads each of its parts.
        if name not in used and not name.startswith(tuple(wholes)):
            for rule in rules:
                yield _code(rule.source or _fixed(rule)), Code(rule.target), NOTHING, _how(rule)


def _both(read: str, written: str) -> str:
    """Which of both mappings does what, where both do something."""
    return f"read: {read}. Written: {written}" if read and written else read or written or "as it is"


def _fixed(rule: RuleData) -> str:
    """What a rule without a source writes."""
    return f"always {_plain(rule.default)}" if not rule.source and rule.default is not UNSET else ""


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _how(rule: RuleData) -> str:
    said = []
    if rule.transform:
        arguments = ", ".join(f"{name}: {value}" for name, value in sorted(rule.arguments.items()))
        said.append(f"{rule.transform}({arguments})" if arguments else rule.transform)
    if rule.value_map:
        said.append(f"by the words of {rule.value_map}")
    if rule.on_missing == "default" and rule.source and rule.default is not UNSET:
        said.append(f"{_plain(rule.default)} if it is missing")
    elif ON_MISSING.get(rule.on_missing):
        said.append(ON_MISSING[rule.on_missing])
    if rule.required:
        said.append("required")
    if rule.note:
        said.append(rule.note)
    return "; ".join(said)


def _code(value: str) -> Text:
    return Code(value) if value else NOTHING


def _words(names: set[str]) -> list[Table]:
    rows = ValueMap.objects.filter(key__in=names).prefetch_related("entries").order_by("key")
    return [
        Table(
            ("Word", "Becomes"),
            [(Code(entry.source), Code(entry.target)) for entry in row.entries.all()],
            f"Words: {row.name} ({row.key})",
        )
        for row in rows
    ]
