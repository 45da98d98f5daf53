"""What a person fills in when settling errors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from integrations.models import ErrorRecord
from integrations.sync import mended

from . import widgets
from .frame import DialogForm
from .pasted import read_record


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


class PayloadForm(forms.Form):
    """The record as the source sent it, to be mended by hand. `payload` is a JSON object."""

    payload = forms.CharField(label="The record, as JSON", strip=False, widget=widgets.code(28))

    def __init__(self, error: ErrorRecord, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.error = error

    def clean_payload(self) -> dict[str, Any]:
        otherwise = "The record must be a JSON object: it begins with { and ends with }."
        payload = read_record(self.cleaned_data["payload"], otherwise)
        reason = mended.why_not(self.error, payload)
        if reason:
            raise ValidationError(reason)
        return payload
