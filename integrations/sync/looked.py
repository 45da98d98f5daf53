"""A job seen on real records before anything is sent: what the source holds, and what would be written of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import Item
from integrations.models import SyncJob
from mappings.models import rule_data_of
from mappings.outline import entries, shown
from mappings.records import ABSENT, as_data, subject
from mappings.sentences import sentence_for
from mappings.translate import RuleData, missing_in_body, read, write
from mappings.value_digests import value_at

from .preview import needed_in_new, sample
from .rules import rules_of

SAMPLED = 5
SHOWN_OF_A_LIST = 3
_PLAIN = re.compile(r"[A-Za-z_][\w.]*")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Row:
    """One field that would be written. `source` is the field it comes from, "" where it is worked out of several."""

    target: str
    value: str
    source: str = ""
    given: str = ""
    is_missing: bool = False


@dataclass(frozen=True)
class Looked:
    """One record. `rows` is empty where it could not be read at all; `problems` say why, and what else is wrong."""

    subject: str
    rows: list[Row]
    problems: list[str]


def look(job: SyncJob) -> list[Looked]:
    """The first records of the source, by both mappings. Network: call it outside any transaction. Raises Failure."""
    items = sample(job.source, job.source_resource, SAMPLED)
    return look_at(job, [item for item in items if item.payload])


def look_at(job: SyncJob, items: Sequence[Item]) -> list[Looked]:
    rules = rules_of(job)
    needed = needed_in_new(job.destination, job.destination_resource)
    read_rules, write_rules = (
        rule_data_of(mapping.pk, mapping.current_number) for mapping in (job.read_mapping, job.write_mapping)
    )
    names = (job.source.name, job.destination.name)
    found = []
    for item in items:
        begun = read(rules.read, item.payload)
        told = list(begun.problems)
        if begun.record is None:
            called = item.external_id
            found.append(Looked(called, [], [sentence_for(one, called, *names) for one in told]))
            continue
        record = as_data(begun.record)
        called = subject(begun.record) or item.external_id
        written = write(
            rules.write, begun.record, {"ids": {}, "connection": job.destination.settings}, record
        )
        missing = missing_in_body(rules.write, written.body, needed)
        told += [*written.problems, *missing]
        rows = list(_rows(write_rules, read_rules, item.payload, record, written.body))
        rows += _not_filled(rows, [one.source for one in missing])
        sentences = dict.fromkeys(sentence_for(one, called, *names) for one in told)
        found.append(Looked(called, rows, list(sentences)))
    return found


def _rows(
    write_rules: Sequence[RuleData],
    read_rules: Sequence[RuleData],
    payload: dict[str, Any],
    record: dict[str, Any],
    body: dict[str, Any],
) -> Sequence[Row]:
    sources = {rule.target: rule.source for rule in read_rules}
    scopes = {rule.target: rule.source for rule in write_rules if rule.target.endswith("[]")}
    rows = []
    for rule in write_rules:
        value = value_at(body, rule.target)
        if rule.target.endswith("[]") or value is ABSENT:
            continue
        source = _origin(rule, scopes, sources)
        given = value_at(payload, source) if source else ABSENT
        if given is ABSENT:
            source, given = "", _in_record(rule, record)
        rows.append(Row(rule.target, _said(value), source, "" if given is ABSENT else _said(given)))
    return rows


def _in_record(rule: RuleData, record: dict[str, Any]) -> Any:
    return value_at(record, rule.source) if _PLAIN.fullmatch(rule.source) else ABSENT


def _origin(rule: RuleData, scopes: dict[str, str], sources: dict[str, str]) -> str:
    """The payload's field that this one is taken from as it is; "" where it is worked out."""
    if not _PLAIN.fullmatch(rule.source):
        return ""
    path = rule.source
    if "[]." in rule.target:
        scope = scopes.get(rule.target.rpartition("[].")[0] + "[]", "")
        word = _WORD.match(scope)
        if word is None:
            return ""
        path = f"{word[0]}[].{path}"
    source = sources.get(path, "")
    if not _PLAIN.fullmatch(source):
        return ""
    if "[]." not in path:
        return source
    within = sources.get(path.rpartition("[].")[0] + "[]", "")
    return f"{within}[].{source}" if _PLAIN.fullmatch(within) else ""


def _not_filled(rows: Sequence[Row], missing: Sequence[str]) -> list[Row]:
    there = {row.target for row in rows}
    return [Row(path, "", is_missing=True) for path in missing if path not in there]


def _said(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, list):
        if any(isinstance(part, dict | list) for part in value):
            return entries(len(value))
        more = " …" if len(value) > SHOWN_OF_A_LIST else ""
        return ", ".join("empty" if part is None else str(part) for part in value[:SHOWN_OF_A_LIST]) + more
    if isinstance(value, str):
        return value[:120]
    return shown(value)
