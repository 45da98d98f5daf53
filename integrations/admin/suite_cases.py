"""A store's own cases of the sandbox suite: made of errors, named and paused by people, and deleted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import SuiteCase, SyncJob, Wanted
from integrations.templatetags.portal import ago

from . import widgets
from .connection_form import as_json
from .frame import DialogForm, PortalAdmin, QuickView, display

GONE = "Nobody: its source is gone. Delete it, or make it anew of an error of another system."
COLOURS = {
    "Tried": "success",
    "Paused": "default",
    "Its source is gone": "danger",
    "No job reads it": "warning",
}


if TYPE_CHECKING:
    ModelForm = forms.ModelForm[SuiteCase]
else:
    ModelForm = forms.ModelForm


class CaseForm(ModelForm):
    class Meta:
        model = SuiteCase
        fields = ("title", "wanted", "is_paused")
        labels = {"title": "Name", "wanted": "Should be", "is_paused": "Paused"}


class MakeCaseForm(DialogForm):
    title = forms.CharField(
        label="How is it called?",
        max_length=120,
        widget=widgets.text(placeholder="Gift card without an address"),
    )
    wanted = forms.ChoiceField(
        label="What should become of it?",
        choices=Wanted.choices,
        initial=Wanted.PERSON,
        widget=widgets.select(),
    )


def standing(case: SuiteCase) -> str:
    if case.source_id is None:
        return "Its source is gone"
    if case.is_paused:
        return "Paused"
    return "Tried" if _jobs(case).exists() else "No job reads it"


def _jobs(case: SuiteCase) -> Any:
    return SyncJob.objects.filter(source=case.source_id, source_resource=case.resource).order_by("name")


@admin.register(SuiteCase)
class SuiteCaseAdmin(PortalAdmin):
    form = CaseForm
    list_display = ("title", "standing_label", "wanted_label", "of", "made_when")
    list_select_related = ("source", "made_by")
    search_fields = ("title", "source_name", "resource")
    search_help_text = "Name, system or resource"
    quick_views = (
        QuickView("All", ""),
        QuickView("Paused", "is_paused__exact=1"),
        QuickView("Source gone", "source__isnull=1"),
    )
    narrowed_by = {"source__isnull": "Source gone"}
    empty_title = "No cases of your own yet"
    empty_text = (
        "What went wrong once can be tried in every sandbox suite: open an error and choose “Make it a case”."
    )
    readonly_fields = ("tried_by", "of", "made", "replaced_values", "record")
    fieldsets = (
        (None, {"fields": ("title", "wanted", "is_paused")}),
        ("The record", {"fields": ("tried_by", "of", "made", "replaced_values", "record")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is made of an error, on that error's page."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: SuiteCase | None = None) -> Any:
        """What may stand in the record is for those who may see the records of errors."""
        if request.user.has_perm("integrations.retry_errorrecord"):
            return self.fieldsets
        first, (name, part) = self.fieldsets
        shown = tuple(field for field in part["fields"] if field != "record")
        return (first, (name, {**part, "fields": shown}))

    @display("Standing", label=COLOURS)
    def standing_label(self, row: SuiteCase) -> str:
        return standing(row)

    @display("Should be", ordering="wanted")
    def wanted_label(self, row: SuiteCase) -> str:
        return row.get_wanted_display()

    @display("Record of")
    def of(self, row: SuiteCase) -> str:
        there = "; it had been delivered before" if row.was_there else ""
        return f"{row.source.name if row.source is not None else row.source_name}, {row.resource}{there}"

    @display("Made", ordering="made_at")
    def made_when(self, row: SuiteCase) -> str:
        return ago(row.made_at)

    @display("Made")
    def made(self, row: SuiteCase) -> str:
        by = f" by {row.made_by}" if row.made_by else ""
        if row.made_of_id is None:
            return f"{ago(row.made_at)}{by}"
        url = reverse("admin:integrations_errorrecord_change", args=[row.made_of_id])
        return format_html(
            '{}{}, of <a class="underline" href="{}">this error</a>', ago(row.made_at), by, url
        )

    @display("Tried by")
    def tried_by(self, row: SuiteCase) -> str:
        if row.source_id is None:
            return GONE
        names = ", ".join(_jobs(row).values_list("name", flat=True))
        if not names:
            return "Nobody: no job reads this resource of this system any more."
        return f"Nobody while it is paused; else by {names}" if row.is_paused else names

    @display("Values of a person")
    def replaced_values(self, row: SuiteCase) -> str:
        told = [f"Replaced by harmless ones: {', '.join(row.replaced)}."] if row.replaced else []
        if row.kept:
            names = ", ".join(row.kept)
            told.append(f"Kept, since something else would become of the record without them: {names}.")
        return " ".join(told) or "It had none."

    @display("As it is tried")
    def record(self, row: SuiteCase) -> str:
        return format_html('<pre class="portal-code" tabindex="0">{}</pre>', as_json(row.payload))
