"""Owners of fields in files: `owners: {customer: {phone: {owner: crm, when_it_differs: ask}, "*": shop}}`."""

from __future__ import annotations

from typing import Any

from mappings.models import FieldOwner, FirstValue, WhenItDiffers
from mappings.owners import ALL, OWNER
from mappings.records import RECORD_KINDS
from mappings.targets import UnknownTarget, target_type

from .diff import Change
from .plain import Found, Plain, State
from .problems import Place

REASON = "applied from a file"
LONGEST = 80
PARTS = ("owner", "when_it_differs", "first_value")


def load() -> dict[str, Plain]:
    """By kind of Record; `fields` stands around them, so that what is not named any more is seen to be gone."""
    found: dict[str, Plain] = {}
    for row in FieldOwner.objects.order_by("kind", "field"):
        fields = found.setdefault(row.kind, {"fields": {}})["fields"]
        fields[row.field] = {name: getattr(row, name) for name in PARTS}
    return found


def as_file(plain: Plain) -> Plain:
    """A first value is the exception, and told only where it is one."""
    return {
        field: {name: value for name, value in row.items() if name != "first_value" or value != OWNER}
        for field, row in plain["fields"].items()
    }


def unfold(value: Any) -> tuple[Plain, list[tuple[Place, str]]]:
    """The fields of one kind in their long form, and what makes no sense. `phone: crm` is short for an owner alone."""
    if not isinstance(value, dict):
        return {}, [((), "Expected the fields of this kind here, for example 'phone: crm'.")]
    told: Plain = {}
    wrong: list[tuple[Place, str]] = []
    for name, given in value.items():
        entry = {"owner": given} if isinstance(given, str) else given
        if not isinstance(entry, dict) or not isinstance(entry.get("owner"), str):
            wrong.append(((name,), "Name the connection that owns this field, for example 'owner: crm'."))
            continue
        unknown = [part for part in entry if part not in PARTS]
        if unknown:
            wrong.append(((name, unknown[0]), f"There is no such field. Known are: {', '.join(PARTS)}."))
            continue
        told[name] = {"owner": entry["owner"], **{part: entry.get(part, OWNER) for part in PARTS[1:]}}
    return {"fields": told}, wrong


def check(wanted: State, after: State) -> Found:
    for kind, plain in wanted["owners"].items():
        place: Place = ("owners", kind)
        if kind not in RECORD_KINDS:
            yield place, f"There is no kind of record '{kind}'. There are: {', '.join(RECORD_KINDS)}."
            continue
        for name, row in plain.get("fields", {}).items():
            yield from _check_field((*place, name), kind, name, row, after)


def _check_field(place: Place, kind: str, name: str, row: Plain, after: State) -> Found:
    if name != ALL:
        try:
            target_type(kind, name)
        except UnknownTarget as unknown:
            yield place, f"{unknown} Name a field of the record, or * for all that are not named."
        if len(name) > LONGEST:
            yield place, f"The name of a field has at most {LONGEST} characters."
    if row["owner"] not in after["connections"]:
        yield (*place, "owner"), f"There is no '{row['owner']}' among the connections."
    for part, known in (("when_it_differs", WhenItDiffers.values), ("first_value", FirstValue.values)):
        if row[part] not in known:
            yield (*place, part), f"Choose one of: {', '.join(known)}."


def write(change: Change, wanted: Plain) -> None:
    save(change.key, wanted["fields"], REASON)


def save(kind: str, fields: Plain, reason: str) -> None:
    """The fields of this kind as they are told; one that is not named any more has no owner."""
    rows: Any = FieldOwner
    present = {row.field: row for row in rows.objects.filter(kind=kind)}
    for name, row in present.items():
        if name not in fields:
            row._change_reason = reason
            row.delete()
    for name, told in fields.items():
        row = present.get(name) or rows(kind=kind, field=name)
        if row.pk is None or any(getattr(row, part) != told[part] for part in PARTS):
            for part in PARTS:
                setattr(row, part, told[part])
            row._change_reason = reason
            row.save()
