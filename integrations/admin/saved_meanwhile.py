"""The guard against two people who save one row over one another: only what a person changed is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import model_to_dict

from mappings.content_hash import content_hash

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm

OPENED_WITH = "opened_with"
STAMP_LENGTH = 16
LONGEST_TOLD = 60
REFUSED = (
    "Somebody else changed this since you opened the page: {}. Nothing of yours was saved. Look at the marked fields: "
    "enter what is to hold. Then save once more: what stands here replaces theirs."
)
THEIRS = "Somebody else has changed it meanwhile{}. What stands here is yours, and not saved yet."
STAYS = "Somebody else changed {} while you had this page open. You did not touch it, so theirs stays{}."


class StampedForm(ModelForm):
    """Carries a stamp of each value that its page showed, in the hidden input OPENED_WITH.

    What another saved meanwhile stays where this person left the field as it was shown, and that is told. Where both
    changed one field, nothing is saved until the person has seen theirs. Without stamps all is written as posted.
    """

    # Columns from which fields of other names are filled.
    columns_beside: Sequence[str] = ()
    # What follows from saving it, told when it is saved.
    news: Sequence[str] = ()

    @property
    def opened_with(self) -> str:
        """The value of the hidden input."""
        if self.is_bound:
            return json.dumps(self._seen)
        return json.dumps(
            {
                name: _stamp(field, self.get_initial_for_field(field, name))
                for name, field in self.fields.items()
            }
        )

    def full_clean(self) -> None:
        self._seen = _stamps(self.data.get(OPENED_WITH, "")) if self.is_bound else {}
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self._seen and self.instance.pk is not None:
            self._heed_others(cleaned)
        return cleaned

    def present(self, row: Any) -> dict[str, Any]:
        """What the page would show of the row as it is stored now, by field."""
        return model_to_dict(row, fields=list(self.fields))

    def _heed_others(self, cleaned: dict[str, Any]) -> None:
        present = self.present(self._locked())
        kept, refused = [], []
        for name, field in self.fields.items():
            stamp = _stamp(field, present.get(name))
            if self._seen.get(name) == stamp:
                continue
            if name in self._seen and name not in cleaned:
                # What was typed is refused for another reason: first that is mended.
                continue
            yours = _stamp(field, cleaned.get(name))
            if name in self._seen and yours == stamp:
                continue
            if name in self._seen and yours != self._seen[name]:
                refused.append(name)
                self._seen[name] = stamp
            else:
                kept.append(name)
        for name in kept:
            self._keep(name, present.get(name), cleaned)
        self.changed_data = [name for name in self.changed_data if name not in kept]
        for name in refused:
            self.add_error(name, THEIRS.format(self._told(name, present.get(name), ": it is “{}” now")))
        if refused:
            labels = ", ".join(str(self.fields[name].label) for name in refused)
            self.add_error(None, REFUSED.format(labels))

    def _locked(self) -> Model:
        """Who saves at the same moment comes first, or waits."""
        model: type[Model] = type(self.instance)
        columns = {field.name for field in model._meta.concrete_fields}
        read = columns & {*self.fields, *self.columns_beside}
        rows = model._default_manager.select_for_update(of=("self",))
        return rows.only(*sorted(read)).get(pk=self.instance.pk)

    def _keep(self, name: str, value: Any, cleaned: dict[str, Any]) -> None:
        field = self.fields[name]
        if name not in self._seen:
            # It was not on the page, so nothing came back of it.
            self.errors.pop(name, None)
        try:
            cleaned[name] = field.clean(field.prepare_value(value))
        except ValidationError as reason:
            self.add_error(name, reason)
            return
        told = self._told(name, value, ": “{}”")
        self.news = [*self.news, STAYS.format(f"“{field.label}”", told)]

    def _told(self, name: str, value: Any, sentence: str) -> str:
        """As the page would show it; "" where that is long."""
        field = self.fields[name]
        text = _text(field, value)
        if isinstance(field, forms.BooleanField):
            text = "on" if text else "off"
        elif isinstance(field, forms.ChoiceField):
            text = {str(key): str(label) for key, label in cast(Any, field.choices)}.get(text, text)
        if len(text) > LONGEST_TOLD or "\n" in text:
            return ""
        return sentence.format(text or "empty")


def _stamps(posted: str) -> dict[str, str]:
    try:
        found = json.loads(posted)
    except ValueError:
        return {}
    return {str(name): str(stamp) for name, stamp in found.items()} if isinstance(found, Mapping) else {}


def _stamp(field: forms.Field, value: Any) -> str:
    return content_hash({"shown": _text(field, value)})[:STAMP_LENGTH]


def _text(field: forms.Field, value: Any) -> str:
    """The same for what is stored and for what comes back of it when nobody touches it."""
    shown = field.prepare_value(value)
    if shown is None or isinstance(shown, bool):
        return "on" if shown else ""
    if isinstance(shown, list | tuple):
        return "\n".join(sorted(str(one) for one in shown))
    return str(shown).replace("\r\n", "\n").strip()
