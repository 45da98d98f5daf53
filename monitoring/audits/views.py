"""What of a destination's payload can be compared with what a job writes, brought to the same form. No network.

Two ways. With a reading mapping the payload becomes a Record, and the job's own writing mapping makes of it what would
be written if the destination were the source: so both sides went through the same rules. What a rule composes ("Note:"
and the note) is taken as it stands there, where it does: made once more of what was made, it would always agree.
Without a mapping the whole payload is taken as it is, which is right where a platform shows what it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from integrations.connectors.base import Action, Item
from integrations.sync.parcels import digest_of
from integrations.sync.rules import JobRules
from mappings import records, translate
from mappings.expressions import condition
from mappings.kinds import kinds_of
from mappings.models import Mapping as MappingRow
from mappings.models import load_rules
from mappings.presets import PRESETS
from mappings.value_digests import value_at, value_digest

from .compare import Mismatch, compare

_STATE = re.compile(r"\brecord\.([a-z_]+)")
# Transforms that change the form of a value and not what it says.
_FORMS = (
    "",
    "text",
    "decimal",
    "integer",
    "boolean",
    "time",
    "to_time",
    "strip",
    "lower",
    "upper",
    "country",
    "email",
    "phone",
)
_NAME = re.compile(r"[A-Za-z_]\w*")
# Each side calls its own things differently: what a rule makes of an id is not compared across systems.
_OWN_NAMES = re.compile(r"(^|[^a-z_])([a-z_]*_)?id\b|^context\b|\bupdated_at\b")


class Seen(msgspec.Struct, omit_defaults=True):
    """What the destination says of one thing. `body` is in the form of what is written, `states` are the Record's."""

    external_id: str
    version: str = ""
    digest: str = ""
    body: dict[str, Any] = {}
    states: dict[str, Any] = {}
    more: dict[str, Any] = {}
    # Of the Record's paths that the source owns: the value's digest, and the value.
    held: dict[str, tuple[str, Any]] = {}


@dataclass
class View:
    """How one job's destination is looked at. `reads` None: its fields as they were written. `owned`: the Record's
    paths that the source owns, with the field of the body that each fills."""

    rules: JobRules
    reads: translate.Rules | None
    actions: tuple[Action, ...] = ()
    more_fields: tuple[str, ...] = ()
    owned: Mapping[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = kinds_of(self.rules.write)
        self._written = {rule.split(".")[0].removesuffix("[]") for rule in self.rules.write.sources}
        self._not_compared = frozenset(_not_compared(self.rules.write.scope)) if self.reads else frozenset()
        self._composed = [rule.path for rule in self.rules.write.scope.rules if not _is_plain(rule)]
        self._states = sorted({name for action in self.actions for name in _STATE.findall(action.when)})

    @property
    def without_rule(self) -> frozenset[str]:
        """Fields that are compared although no writing rule reads them."""
        read = {name for source in self.rules.write.sources.values() for name in _NAME.findall(source)}
        return frozenset(name for name in self.more_fields if name.split(".")[0] not in read)

    def seen(self, item: Item) -> Seen:
        digest = digest_of(item.payload)
        if self.reads is None:
            body = {name: item.payload[name] for name in self._written if name in item.payload}
            more = {
                name: found
                for name in self.more_fields
                if (found := _at(item.payload, name)) is not records.ABSENT
            }
            held = _held({path: _at(item.payload, target) for path, target in self.owned.items()})
            return Seen(item.external_id, item.version, digest, body, {}, more, held)
        record = translate.read(self.reads, item.payload).record
        if record is None:
            return Seen(item.external_id, item.version, digest)
        data = records.as_data(record)
        body = translate.write(self.rules.write, record, {}, data).body
        states = {name: data[name] for name in self._states if name in data}
        more = {name: found for name in self.more_fields if (found := _at(data, name)) is not records.ABSENT}
        told = _told_only(body, self.rules.write.scope, data)
        for path in self._composed:
            if (value := _at(item.payload, ".".join(path))) is not records.ABSENT:
                _put(told, path, value)
        return Seen(
            item.external_id,
            item.version,
            digest,
            translate.as_json(told),
            translate.as_json(states),
            translate.as_json(more),
            _held({path: value_at(data, path) for path in self.owned}),
        )

    def mismatches(self, body: Mapping[str, Any], record: Mapping[str, Any], seen: Seen) -> list[Mismatch]:
        if self.is_ended(record):
            return self._states_apart(record, seen)
        should = _without(body, self._not_compared, "")
        found = compare(should, seen.body, self.kinds)
        named = {mismatch.field for mismatch in found}
        found += [other for other in self._states_apart(record, seen) if other.field not in named]
        more = {name: told for name in self.more_fields if (told := _at(record, name)) is not records.ABSENT}
        return found + compare(translate.as_json(more), seen.more)

    def is_ended(self, record: Mapping[str, Any]) -> bool:
        """What is cancelled is not kept level any more: only that it is cancelled there too counts."""
        view = {"record": dict(record), "written": {}}
        return any(action.ends_it and condition(action.when)(view) for action in self.actions)

    def undone(self, record: Mapping[str, Any], written: Mapping[str, Any]) -> str:
        """The action that is still due, as far as our own books say; "" where none is."""
        view = {"record": dict(record), "written": dict(written)}
        due = (action.name for action in self.actions if condition(action.when)(view))
        return next(due, "")

    def tells_states(self, seen: Seen) -> bool:
        return bool(seen.states)

    def shares_fields(self, body: Mapping[str, Any], seen: Seen) -> bool:
        """Whether there is anything to compare at all."""
        should = _without(body, self._not_compared, "")
        return bool(set(should) & set(seen.body)) or bool(seen.states) or bool(seen.more)

    def _states_apart(self, record: Mapping[str, Any], seen: Seen) -> list[Mismatch]:
        return compare({name: record[name] for name in self._states if name in record}, seen.states)


def view_of(
    rules: JobRules,
    mapping: MappingRow | None,
    platform: str,
    resource: str,
    actions: tuple[Action, ...],
    more_fields: tuple[str, ...],
    owned: Mapping[str, str],
) -> View:
    """With the mapping that was chosen, else the platform's own preset for reading, else without."""
    if mapping is not None:
        reads: translate.Rules | None = load_rules(mapping.pk, mapping.current_number)
    else:
        reads = _preset(platform, resource, rules.write.kind)
    return View(rules, reads, actions, more_fields, owned)


def _held(values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    told = {path: value for path, value in values.items() if value is not records.ABSENT}
    plain = translate.as_json(told)
    return {path: (value_digest(path, value), plain[path]) for path, value in told.items()}


def _preset(platform: str, resource: str, kind: str) -> translate.Rules | None:
    for preset in PRESETS.values():
        if (preset.platform, preset.resource, preset.kind, preset.direction) == (
            platform,
            resource,
            kind,
            "read",
        ):
            return translate.compile_rules(preset.rules, "read", kind)
    return None


def _not_compared(scope: translate.Scope, prefix: str = "") -> Iterator[str]:
    for rule in scope.rules:
        if rule.data.source and _OWN_NAMES.search(rule.data.source.removeprefix(translate.ROOT)):
            yield prefix + ".".join(rule.path)
    for opener, inner in scope.inner:
        yield from _not_compared(inner, f"{prefix}{'.'.join(opener.path)}[].")


def _is_plain(rule: translate.Rule) -> bool:
    """Whether made of its own result it gives the same again: a field as it is, in whatever form."""
    source = rule.data.source.removeprefix(translate.ROOT)
    return bool(re.fullmatch(r"[\w.]+", source)) and rule.data.transform in _FORMS


def _put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        inner = body.setdefault(name, {})
        body = inner if isinstance(inner, dict) else {}
    body[path[-1]] = value


def _without(body: Any, paths: frozenset[str], prefix: str) -> Any:
    if not paths:
        return body
    if isinstance(body, Mapping):
        return {
            name: _without(value, paths, f"{prefix}{name}.")
            for name, value in body.items()
            if f"{prefix}{name}" not in paths
        }
    if isinstance(body, list):
        return [_without(item, paths, f"{prefix[:-1]}[].") for item in body]
    return body


def _told_only(body: dict[str, Any], scope: translate.Scope, data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what a rule's default filled in where the destination does not tell the field."""
    for rule in scope.rules:
        source = rule.data.source.removeprefix(translate.ROOT)
        has_default = rule.data.default is not msgspec.UNSET
        if has_default and re.fullmatch(r"[\w.]+", source) and _at(data, source) is records.ABSENT:
            _take_out(body, rule.path)
    return body


def _take_out(body: Any, path: tuple[str, ...]) -> None:
    for name in path[:-1]:
        body = body.get(name) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body.pop(path[-1], None)


def _at(data: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(data, Mapping) or name not in data:
            return records.ABSENT
        data = data[name]
    return data
