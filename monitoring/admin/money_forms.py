"""What a person fills in about money."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from integrations.admin import widgets
from integrations.admin.frame import DialogForm
from integrations.models import BookedOrder
from mappings.search import normalise


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Why?",
        max_length=500,
        widget=widgets.text(placeholder="For example: paid in cash at the fair"),
        help_text="Kept with your name, for whoever looks at it later.",
    )


class SetAsideForm(DialogForm):
    reason = _reason()


class SetAsideManyForm(forms.Form):
    reason = _reason()


class ReasonForm(DialogForm):
    reason = _reason()


class ChooseOrderForm(DialogForm):
    order_number = forms.CharField(label="Order number", max_length=120, widget=widgets.text())
    reason = _reason()

    def clean_order_number(self) -> Any:
        number = normalise("order_number", self.cleaned_data["order_number"])
        found = list(BookedOrder.objects.filter(number=number)[:2])
        if not found:
            raise ValidationError(
                "There is no order with this number in the books. Look at its number in the shop."
            )
        if len(found) > 1:
            raise ValidationError(
                "Several shops have an order with this number. Choose it among the candidates."
            )
        return found[0]
