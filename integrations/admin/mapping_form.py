"""A mapping's own fields, and the guard against two people who save it over one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django import forms

from mappings.content_hash import content_hash
from mappings.models import Mapping

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Mapping]
else:
    ModelForm = forms.ModelForm

HEAD = ("name", "key", "direction", "kind", "platform", "resource", "description")
SAVED_MEANWHILE = (
    "Somebody else has saved this mapping since you opened it, and nothing of yours was saved. Open it in another tab "
    "to see what changed, and take that over here. Then save once more: what you see here replaces theirs."
)

SAVED_WHILE_TRIED = (
    "Somebody else has saved this mapping since it was tried, so nothing was published. Look at its rules, or at its "
    "score card, as they are now."
)


def stamp(mapping: Mapping) -> str:
    """Of what a person edits on the mapping's page; another one as soon as any of it is saved otherwise."""
    head = {name: getattr(mapping, name) for name in HEAD}
    return content_hash({**head, "rules": [msgspec.to_builtins(rule) for rule in mapping.rule_data()]})


def is_as_seen(mapping: Mapping, seen: str) -> bool:
    """In a transaction, before what is done to what was seen: who saves at the same moment comes first, or waits."""
    return stamp(Mapping.objects.select_for_update().get(pk=mapping.pk)) == seen


class MappingForm(ModelForm):
    # What the page goes on with where it is refused for having been saved meanwhile.
    seen_now = ""

    def clean(self) -> dict[str, Any]:
        """What was typed on a page that is out of date is saved at the second press only."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = self.data.get("seen", "")
        if seen and self.instance.pk is not None:
            # Two who save at the same moment come one after the other.
            present = stamp(Mapping.objects.select_for_update().get(pk=self.instance.pk))
            if present != seen:
                self.seen_now = present
                self.add_error(None, SAVED_MEANWHILE)
        return cleaned
