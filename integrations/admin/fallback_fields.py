"""The fields that a fallback may be about, to choose from: those that failed of late, and those of the mappings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from integrations.models import ErrorRecord, SyncJob
from mappings.labels import label
from mappings.models import rule_data_of

from . import widgets

NEWEST_ERRORS = 500
MOST_OF_LATE = 30
ANY = ("", "Any field")
Group = tuple[str, list[tuple[str, str]]]


class FieldChoice(forms.ChoiceField):
    """Offers what is known, and takes what is not: whether a field makes sense is checked as in a file."""

    def valid_value(self, value: str) -> bool:
        return True


def choice_of(job: SyncJob, chosen: str, **words: Any) -> FieldChoice:
    offered: list[Any] = [ANY, *groups(job, chosen)]
    return FieldChoice(required=False, choices=offered, widget=widgets.select(offered), **words)


def groups(job: SyncJob, chosen: str = "") -> list[Group]:
    """Each field once, where it is found first. `chosen`: one that may be in none of them."""
    told: set[str] = set()
    found = [
        ("Failed of late", _named(_of_late(job), told)),
        (f"What {job.destination.name} is told", _named(_targets(job.write_mapping), told)),
        ("What is read of the record", _named(_targets(job.read_mapping), told)),
    ]
    if chosen and chosen not in told:
        found.insert(0, ("Chosen before", [(chosen, _called(chosen))]))
    return [(name, fields) for name, fields in found if fields]


def _of_late(job: SyncJob) -> list[str]:
    newest = ErrorRecord.objects.filter(job=job, delivery__isnull=False).order_by("-last_seen_at")
    fields = newest.values_list("field", flat=True)[:NEWEST_ERRORS]
    return list(dict.fromkeys(field for field in fields if field))[:MOST_OF_LATE]


def _targets(mapping: Any) -> list[str]:
    """In the order of the rules; a list as a whole takes no single value."""
    rules = rule_data_of(mapping.pk, mapping.current_number)
    return [rule.target for rule in rules if not rule.target.endswith("[]")]


def _named(paths: Iterable[str], told: set[str]) -> list[tuple[str, str]]:
    fresh: Sequence[str] = [path for path in dict.fromkeys(paths) if path not in told]
    told.update(fresh)
    return [(path, _called(path)) for path in fresh]


def _called(path: str) -> str:
    """ "Postal code of the shipping address (shipping_address.postal_code)": its label, and how errors name it."""
    words = label(path)
    what = words.what[:1].upper() + words.what[1:]
    called = f"{what} of {words.of}" if words.of else what
    return called if called.lower() == path.lower() else f"{called} ({path})"
