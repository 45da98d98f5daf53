"""The versions of a mapping: which is in use, what differs between two of them, and the way back to an old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django import forms
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration.check import mapping_problems
from integrations.models import Connection, SyncJob
from integrations.sync.payload_changes import shapes_of
from mappings.models import Direction, Mapping, MappingVersion
from mappings.payload_shape import NEW
from mappings.rules import check_rules
from mappings.shapes import convert
from mappings.sources import targets_by_path
from mappings.translate import RuleData
from mappings.versions import differences, in_short

from . import widgets
from .frame import Crumb, DialogForm, PortalAdmin

SHOWN_VERSIONS = 100
SHOWN_CHANGES = 12
DRAFT = "draft"


@dataclass(frozen=True)
class Standing:
    """`differs`: in short, what the draft has otherwise than the version in use; "" where there is no draft."""

    in_use: MappingVersion | None
    differs: str
    versions_url: str
    compare_url: str
    changed: list[ChangedShape]


@dataclass(frozen=True)
class Used:
    """A version of a mapping that made a record what it is. `url`: the versions, of an older one with what was changed
    since."""

    name: str
    number: str
    url: str


def used_by(job: SyncJob, version: str) -> list[Used]:
    """The version of a record is told as READ.WRITE, with what owners took out of it behind."""
    numbers = version.split(".")
    if len(numbers) < 2:
        return []
    pairs = ((job.read_mapping, numbers[0]), (job.write_mapping, numbers[1]))
    return [Used(mapping.name, number, _since(mapping, number)) for mapping, number in pairs]


def _since(mapping: Mapping, number: str) -> str:
    url = reverse("admin:mappings_mapping_versions", args=[mapping.pk])
    is_older = _is_number(number) and 0 < int(number) < mapping.current_number
    return f"{url}?old={number}&new={mapping.current_number}" if is_older else url


@dataclass(frozen=True)
class ToldChange:
    """`rules`: the targets that read the field."""

    sentence: str
    rules: str


@dataclass(frozen=True)
class ChangedShape:
    connection: Connection
    what: str
    changes: list[ToldChange]
    more: int


def _changed_shapes(mapping: Mapping) -> list[ChangedShape]:
    found = []
    by_path = targets_by_path(mapping.rule_data()) if mapping.direction == Direction.READ else {}
    for row in shapes_of(mapping):
        known = row.read()
        # What may break the mapping comes first.
        changes = sorted(known.changes, key=lambda change: change.how == NEW)
        told = [
            ToldChange(change.sentence, ", ".join(by_path.get(change.path, [])))
            for change in changes[:SHOWN_CHANGES]
        ]
        if told:
            found.append(ChangedShape(row.connection, row.what, told, len(changes) - len(told)))
    return found


def standing(mapping: Mapping) -> Standing:
    in_use = mapping.in_use()
    url = reverse("admin:mappings_mapping_versions", args=[mapping.pk])
    differs = in_short(in_use.snapshot, mapping.snapshot()) if in_use is not None else ""
    compare = f"{url}?old={mapping.current_number}&new={DRAFT}"
    return Standing(in_use, differs, url, compare, _changed_shapes(mapping))


@dataclass(frozen=True)
class Draft:
    """Rules that are not in use. `since`, `by`: of the last time that they were saved; None where it is not known."""

    differs: str
    since: datetime | None
    by: str


def drafts_among(mappings: Sequence[Mapping]) -> dict[int, Draft]:
    """Mapping → its draft, of those that have one. So many questions as for one, however many there are. Words of value
    maps are no draft: they are in use as soon as they are saved."""
    prefetch_related_objects(mappings, "rules")
    numbers = {row.pk: row.current_number for row in mappings}
    versions = MappingVersion.objects.filter(mapping__in=numbers, number__in=set(numbers.values()))
    in_use = {row.mapping_id: row.snapshot for row in versions if row.number == numbers[row.mapping_id]}
    differs = {
        row.pk: in_short(before, {**before, **_as_saved(row)})
        for row in mappings
        if (before := in_use.get(row.pk)) is not None
    }
    saved = Mapping.history.filter(id__in=[pk for pk, told in differs.items() if told])
    last = {
        row.id: row for row in saved.select_related("history_user").order_by("history_date", "history_id")
    }
    return {pk: _draft(told, last.get(pk)) for pk, told in differs.items() if told}


def _draft(differs: str, saved: Any) -> Draft:
    if saved is None:
        return Draft(differs, None, "")
    return Draft(differs, saved.history_date, str(saved.history_user or ""))


def _as_saved(mapping: Mapping) -> dict[str, Any]:
    rules = [msgspec.to_builtins(rule) for rule in mapping.rule_data()]
    return {"direction": mapping.direction, "kind": mapping.kind, "rules": rules}


class RollBackForm(DialogForm):
    version = forms.IntegerField(
        label="To which version?", min_value=1, widget=widgets.integer(), help_text="Its number in the list."
    )
    reason = forms.CharField(
        label="Why?",
        max_length=250,
        widget=widgets.text(),
        help_text="Kept with the new version, for whoever looks at it later.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Begins with the version that the address names."""
        super().__init__(*args, **options)
        named = self.request.GET.get("version", "")
        if _is_number(named):
            self.fields["version"].initial = int(named)

    def clean_version(self) -> int:
        """Refused where it is not there, is in use already, or would not pass today's checks."""
        number: int = self.cleaned_data["version"]
        mapping = Mapping.objects.get(pk=self.object_id or 0)
        version = mapping.versions.filter(number=number).first()
        if version is None:
            raise forms.ValidationError(
                f"There is no version {number}. Take a number from the list of versions."
            )
        if number == mapping.current_number:
            raise forms.ValidationError(f"Version {number} is in use already.")
        problems = _problems(mapping, version)
        if problems:
            raise forms.ValidationError([f"Version {number} cannot be used any more.", *problems[:5]])
        return number


def _problems(mapping: Mapping, version: MappingVersion) -> list[str]:
    snapshot = version.snapshot
    if (snapshot["direction"], snapshot["kind"]) != (mapping.direction, mapping.kind):
        return ["It is of another direction or kind than the mapping is now."]
    rules = [convert(rule, RuleData) for rule in snapshot["rules"]]
    found = check_rules(rules, mapping.direction, mapping.kind, snapshot["value_maps"])
    sentences = [problem.sentence for problem in found]
    if not sentences and mapping.direction == Direction.WRITE:
        sentences = mapping_problems(mapping.key, [msgspec.to_builtins(rule) for rule in rules])
    return sentences


def versions_view(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """The list, and what differs between the two versions that the address names."""
    rows = (
        mapping.versions.order_by("-number").select_related("published_by").defer("snapshot")[:SHOWN_VERSIONS]
    )
    asked = [request.GET.get(name, "") for name in ("old", "new")]
    compared = _compared(mapping, *asked) if all(asked) else None
    numbers = [str(row.number) for row in rows]
    return model_admin.page(
        request,
        "admin/mappings/mapping/versions.html",
        f"Versions: {mapping.name}",
        mapping=mapping,
        versions=rows,
        numbers=numbers,
        old=asked[0] or (numbers[1] if len(numbers) > 1 else ""),
        new=asked[1] or (numbers[0] if numbers else ""),
        compared=compared,
        standing=standing(mapping),
        back=reverse("admin:mappings_mapping_change", args=[mapping.pk]),
        roll_back_url=reverse("admin:mappings_mapping_roll_back", args=[mapping.pk]),
        may_change=model_admin.has_change_permission(request, mapping),
        original=Crumb(mapping, mapping.name),
    )


def _compared(mapping: Mapping, old: str, new: str) -> list[Any]:
    return list(differences(_snapshot(mapping, old), _snapshot(mapping, new)))


def _snapshot(mapping: Mapping, name: str) -> Any:
    if name == DRAFT:
        return mapping.snapshot()
    version = mapping.versions.filter(number=int(name)).first() if _is_number(name) else None
    if version is None:
        raise Http404(f"There is no version {name[:20]}.")
    return version.snapshot


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 10
