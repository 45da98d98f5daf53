"""What a mapping can fill, what it must fill, and who owns it: offered and told in the studio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync.preview import needed_in_new
from mappings.labels import label
from mappings.models import Direction, Mapping, load_rules, owners_of
from mappings.owners import is_name_only
from mappings.presets import PRESETS
from mappings.sources import CONTEXT, fields_read
from mappings.targets import TargetField, UnknownTarget, target_fields, target_type
from mappings.translate import RuleData, record_path

from .mapping_jobs import destination_of, usual_job
from .studio_trial import RuleTried

MOST_JOBS = 20


@dataclass(frozen=True)
class Unmapped:
    """A field that somebody demands and no rule fills."""

    path: str
    sentence: str


def offered(mapping: Mapping) -> list[TargetField]:
    """The fields that a rule may fill: the Record's, or those that the platform is known to take."""
    if mapping.direction == Direction.READ:
        return list(target_fields(mapping.kind))
    needed = _needed_by_platform(mapping)[0]
    known = dict.fromkeys(needed, "required")
    for preset in PRESETS.values():
        if (preset.direction, preset.platform, preset.kind) == ("write", mapping.platform, mapping.kind):
            known = {**dict.fromkeys((rule.target for rule in preset.rules), ""), **known}
    return [TargetField(path, kind) for path, kind in sorted(known.items())]


def unmapped(mapping: Mapping, rules: Sequence[RuleTried]) -> list[Unmapped]:
    """What is demanded by the destination, or by those of the jobs that read with this mapping, and is not filled."""
    targets = [rule.target for rule in rules]
    if mapping.direction == Direction.WRITE:
        needed, name = _needed_by_platform(mapping)
        return [
            Unmapped(path, f"{name} requires it. No rule fills it.")
            for path in needed
            if not _is_filled(path, targets)
        ]
    found: dict[str, Unmapped] = {}
    for path, name in _needed_of_record(mapping):
        if not _is_filled(path, targets):
            told = label(path)
            what = f"the {told.what} of {told.of}" if told.of else f"the {told.what}"
            found.setdefault(path, Unmapped(path, f"{name} requires {what}. No rule fills it."))
    return list(found.values())


def tell_owners(mapping: Mapping, rules: Sequence[RuleTried]) -> None:
    """At each rule the system whose value counts in the field that it fills or reads."""
    owners = owners_of(mapping.kind)
    if not owners:
        return
    names = dict(Connection.objects.values_list("key", "name"))
    told = [rule for rule in rules if rule.data is not None]
    data = [rule.data for rule in told if rule.data is not None]
    read = [[rule.target] for rule in data] if mapping.direction == Direction.READ else fields_read(data)
    for rule, paths in zip(told, read, strict=True):
        found = [row for path in paths if not is_name_only(path) if (row := owners.of(path)) is not None]
        rule.owner = ", ".join(sorted({names.get(row.owner, row.owner) for row in found}))


def summarise(rules: Sequence[RuleTried], names: dict[str, str]) -> None:
    """In a line what a rule does beside taking a value over."""
    for rule in rules:
        if rule.data is not None:
            parts = list(_parts(rule.data, names))
            if rule.owner:
                parts.append(f"owned by {rule.owner}")
            rule.summary = " · ".join(parts)


def _parts(data: RuleData, names: dict[str, str]) -> Iterable[str]:
    if data.transform:
        told = ", ".join(f"{name} {value}" for name, value in data.arguments.items())
        yield f"{data.transform.replace('_', ' ')} ({told})" if told else data.transform.replace("_", " ")
    if data.value_map:
        yield f"words of {names.get(data.value_map, data.value_map)}"
    if data.on_missing == "error":
        yield "missing is an error"
    elif data.on_missing == "null":
        yield "missing is written as empty"
    elif data.default not in (None, "") and data.default is not UNSET:
        yield f"else {data.default}"
    if data.required:
        yield "required"


def _needed_by_platform(mapping: Mapping) -> tuple[tuple[str, ...], str]:
    place = destination_of(mapping, usual_job(mapping))
    if place is None:
        return (), ""
    try:
        return needed_in_new(*place), place[0].name
    except Failure:  # told beside the result, where the mapping is tried
        return (), place[0].name


def _needed_of_record(mapping: Mapping) -> Iterable[tuple[str, str]]:
    """(field of the Record, the system that demands it), by the jobs that read with this mapping."""
    jobs = mapping.reading_jobs.select_related("destination", "write_mapping").order_by("-pk")[:MOST_JOBS]
    for job in jobs:
        written = job.write_mapping
        if not written.current_number:
            continue
        rules = load_rules(written.pk, written.current_number)
        try:
            needed = needed_in_new(job.destination, job.destination_resource)
        except Failure:  # told at the connection and at the job
            continue
        for path in needed:
            found = record_path(rules, path).removeprefix("root.")
            if found.partition(".")[0] != CONTEXT and _is_of_record(mapping.kind, found):
                yield found, job.destination.name


def _is_of_record(kind: str, path: str) -> bool:
    try:
        target_type(kind, path)
    except UnknownTarget:
        return False
    return True


def _is_filled(path: str, targets: Sequence[str]) -> bool:
    bare = path.replace("[]", "")
    filled = [target.replace("[]", "") for target in targets]
    if any(target == bare or target.startswith(f"{bare}.") for target in filled):
        return True
    # A whole object that is taken over brings its parts; a list is gone through, and its parts need rules.
    return any(bare.startswith(f"{target}.") for target in targets if not target.endswith("[]"))
