"""Bundles: what is sold as one thing and lies on the shelf in parts. One at a time, or pasted from a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from integrations.models import Bundle
from integrations.sync import bundle_keeping
from mappings.bundles import CircularBundle

from . import widgets
from .frame import PortalAdmin, display

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Bundle]
else:
    ModelForm = forms.ModelForm

MOST = 1_000_000
LONGEST_SKU = 120
PARTS_HELP = "One on each line, and how many of it: MUG-BLUE, 2. A part may be a bundle itself."
PASTED_HELP = (
    "From a spreadsheet or a CSV file, a line for each part: bundle, part, quantity. Bundles that are there already "
    "are replaced. Leave the fields above empty then."
)


def rows_of(text: str, columns: int) -> Iterator[tuple[int, list[str]]]:
    """The filled lines with their numbers; cells between tabs, semicolons or commas. Raises ValidationError."""
    sign = next((sign for sign in "\t;," if sign in text), ",")
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=sign), start=1):
        told = [cell.strip() for cell in cells]
        if not any(told):
            continue
        if len(told) < columns or not all(told[:columns]):
            raise ValidationError(f"Line {number} needs {columns} cells: {told}.")
        yield number, told


def quantity_of(number: int, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= MOST:
        raise ValidationError(f"Line {number}: “{text[:20]}” is not a whole number from 1 to {MOST:,}.")
    return int(text)


def put(parts: dict[str, int], number: int, sku: str, quantity: int) -> None:
    if len(sku) > LONGEST_SKU:
        raise ValidationError(f"Line {number}: a SKU has at most {LONGEST_SKU} characters.")
    if sku in parts:
        raise ValidationError(f"Line {number}: {sku} is named twice. Add the two up.")
    parts[sku] = quantity


class BundleForm(ModelForm):
    parts = forms.CharField(label="Parts", required=False, widget=widgets.area(5), help_text=PARTS_HELP)
    pasted = forms.CharField(
        label="Many at once", required=False, widget=widgets.area(6), help_text=PASTED_HELP
    )

    class Meta:
        model = Bundle
        fields = ("sku", "name")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bills: dict[str, dict[str, int]] = {}
        if "sku" in self.fields:
            self.fields["sku"].required = False
        if self.instance.pk is not None:
            self.initial["parts"] = "\n".join(
                f"{part.sku}, {part.quantity}" for part in self.instance.parts.all()
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        name = "pasted" if cleaned.get("pasted") else "parts"
        try:
            self.bills = self._many(cleaned) if name == "pasted" else self._one(cleaned)
            bundle_keeping.check(self.bills)
        except ValidationError as error:
            self.add_error(name, error)
        except CircularBundle as circle:
            self.add_error(name, str(circle))
        return cleaned

    def _one(self, cleaned: dict[str, Any]) -> dict[str, dict[str, int]]:
        sku = cleaned.get("sku") or self.instance.sku
        if not sku:
            raise ValidationError("Enter the bundle's SKU above, or paste many below.")
        parts: dict[str, int] = {}
        for number, cells in rows_of(cleaned.get("parts", ""), 2):
            put(parts, number, cells[0], quantity_of(number, cells[1]))
        if not parts:
            raise ValidationError("A bundle needs at least one part.")
        return {sku: parts}

    def _many(self, cleaned: dict[str, Any]) -> dict[str, dict[str, int]]:
        if cleaned.get("sku") or cleaned.get("parts"):
            raise ValidationError("Leave the fields above empty, or this one: both cannot be meant.")
        bills: dict[str, dict[str, int]] = {}
        for number, (bundle, part, quantity, *_) in rows_of(cleaned["pasted"], 3):
            if number == 1 and not quantity.isdecimal():
                continue  # the names of the columns
            if len(bundle) > LONGEST_SKU:
                raise ValidationError(f"Line {number}: a SKU has at most {LONGEST_SKU} characters.")
            put(bills.setdefault(bundle, {}), number, part, quantity_of(number, quantity))
        if not bills:
            raise ValidationError("There is no line with a bundle, a part and a quantity.")
        return bills


@admin.register(Bundle)
class BundleAdmin(PortalAdmin):
    list_display = ("sku", "name", "made_of")
    search_fields = ("sku", "name", "parts__sku")
    empty_title = "No bundles yet"
    empty_text = "A bundle is sold as one thing and counted in its parts: a set of two cups and a pot."
    form = BundleForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bundle]:
        rows: QuerySet[Bundle] = super().get_queryset(request)
        return rows.prefetch_related("parts")

    def get_fieldsets(self, request: HttpRequest, obj: Bundle | None = None) -> Any:
        one: tuple[str, dict[str, Any]] = ("Bundle", {"fields": ("sku", "name", "parts")})
        return [one] if obj is not None else [one, ("Or many", {"fields": ("pasted",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Bundle | None = None) -> Any:
        return ("sku",) if obj is not None else ()

    @display("Made of")
    def made_of(self, row: Bundle) -> str:
        return ", ".join(str(part) for part in row.parts.all())

    def save_model(self, request: HttpRequest, obj: Bundle, form: Any, change: bool) -> None:
        """In the one way in for bundles: what they concern is counted anew."""
        names = {obj.sku: obj.name} if obj.sku else {}
        bundle_keeping.keep(form.bills, names)
        kept = Bundle.objects.get(sku=obj.sku or next(iter(form.bills)))
        obj.pk, obj.sku, obj.name = kept.pk, kept.sku, kept.name
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Bundle) -> None:
        bundle_keeping.remove([obj.sku])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Bundle]) -> None:
        bundle_keeping.remove(queryset.values_list("sku", flat=True))
