"""What a person fills in when settling errors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations.models import ErrorRecord
from integrations.sync import put_off

from . import widgets
from .frame import DialogForm


def _staff() -> Any:
    return get_user_model().objects.filter(is_staff=True, is_active=True).order_by("username")


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Why?",
        max_length=500,
        widget=widgets.text(placeholder="For example: test order, cancelled by phone"),
        help_text="Kept with the error, for whoever looks at it later.",
    )


def _assignee() -> forms.ModelChoiceField[Any]:
    return forms.ModelChoiceField(
        _staff(), label="To whom?", empty_label="Choose a person", widget=widgets.select()
    )


class IgnoreForm(DialogForm):
    reason = _reason()


class PutOffFields(forms.Form):
    """Until when, or up to how many errors of a cause, nobody is asked. One of the two is needed."""

    until = forms.DateTimeField(
        label="Until when?",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Within a year, by the clock of the portal. Then it stands in the list again.",
    )
    up_to = forms.IntegerField(
        label="Or up to how many open errors?",
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=widgets.integer(),
        help_text="Of the same cause. With one more it stands in the list again. One of the two is needed; the first "
        "that comes ends it.",
    )
    reason = forms.CharField(
        label="Why?",
        max_length=500,
        widget=widgets.text(placeholder="For example: the carrier mends it tonight"),
        help_text="Kept, for whoever looks at it later.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["until"].widget.attrs["class"] = widgets.text().attrs["class"]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and (wrong := put_off.why_not_until(until, timezone.now())):
            raise ValidationError(wrong)
        return until

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not self.errors and found.get("until") is None and found.get("up_to") is None:
            self.add_error("until", "Say until when, or up to how many errors: it must come back one day.")
        return found


class PutOffForm(PutOffFields, DialogForm):
    def open_of_cause(self) -> int:
        return put_off.most_of_a_cause(ErrorRecord.objects.filter(pk=self.object_id or 0))

    def clean_up_to(self) -> int | None:
        up_to: int | None = self.cleaned_data["up_to"]
        number = self.open_of_cause() if up_to is not None else 0
        if up_to is not None and up_to < number:
            raise ValidationError(f"{number:,} are open already. Choose {number} or more, or leave it empty.")
        return up_to


class AssignForm(DialogForm):
    assignee = _assignee()


class CommentForm(DialogForm):
    text = forms.CharField(label="Comment", max_length=2_000, widget=widgets.area(4))


class ArrivedForm(DialogForm):
    external_id = forms.CharField(
        label="Its id over there",
        max_length=255,
        widget=widgets.text(),
        help_text="As the other system shows it.",
    )


class IgnoreManyForm(forms.Form):
    reason = _reason()


class AssignManyForm(forms.Form):
    assignee = _assignee()
