"""What a person fills in about money."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from integrations.admin import widgets
from integrations.admin.frame import DialogForm
from integrations.models import BookedOrder
from integrations.templatetags.portal import money
from mappings.search import normalise
from monitoring.models import PaymentMatch
from monitoring.payments import store


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


ANOTHER = "another"


class ChooseOrderForm(DialogForm):
    """The candidates, the likeliest first, each with how sure it is and why; another order is told by its number."""

    candidate = forms.ChoiceField(label="Which order?", choices=(), widget=forms.RadioSelect, required=False)
    order_number = forms.CharField(
        label="Number of another order",
        max_length=120,
        required=False,
        widget=widgets.text(),
        help_text="Only where none of the above is right.",
    )
    reason = _reason()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        match = PaymentMatch.objects.filter(pk=self.object_id or 0).first()
        choices = candidates_of(match) if match is not None else []
        if not choices:
            del self.fields["candidate"]
            self.fields["order_number"].label = "Order number"
            self.fields["order_number"].help_text = ""
            return
        field: Any = self.fields["candidate"]
        field.choices = [*choices, (ANOTHER, "Another order, by its number")]
        field.initial = choices[0][0]

    def clean(self) -> dict[str, Any]:
        """`order` is the one that was chosen."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        number, chosen = told.get("order_number", ""), told.get("candidate", "")
        if number and chosen and chosen != ANOTHER and not self.errors:
            self.add_error(
                "order_number",
                "An order is chosen above as well. Choose “Another order” to go by the number.",
            )
        elif chosen and chosen != ANOTHER:
            told["order"] = BookedOrder.objects.filter(pk=chosen).first()
            if told["order"] is None:
                self.add_error("candidate", "This order is not in the books any more. Choose another one.")
        elif "order_number" not in self.errors:
            told["order"] = self._by_number(number)
        return told

    def _by_number(self, number: str) -> BookedOrder | None:
        if not number:
            self.add_error("order_number", "Enter the number of the order.")
            return None
        found = list(BookedOrder.objects.filter(number=normalise("order_number", number))[:2])
        if len(found) == 1:
            return found[0]
        several = "Several shops have an order with this number. Choose it among the candidates."
        none = "There is no order with this number in the books. Look at its number in the shop."
        self.add_error("order_number", several if found else none)
        return None


def candidates_of(match: PaymentMatch) -> list[tuple[str, str]]:
    """(order, what a person reads of it), the likeliest first, without those that left the books."""
    told = [store.candidate(entry) for entry in match.candidates]
    orders = BookedOrder.objects.select_related("source").in_bulk([one.order for one in told])
    found = []
    for one in sorted(told, key=lambda one: (-one.confidence, one.order)):
        if (order := orders.get(one.order)) is not None:
            placed = f", {timezone.localtime(order.placed_at):%d %b %Y %H:%M}" if order.placed_at else ""
            name = f"#{order.number or order.external_id} of {order.source.name}{placed}"
            worth = money(order.total, order.currency) if order.total is not None else "no total"
            found.append((str(order.pk), f"{name}, {worth} — {one.confidence:.2f}: {' '.join(one.reasons)}"))
    return found
