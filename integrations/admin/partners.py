"""Partners, and the keys with which they call the API."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from integrations.models import Partner, PartnerKey
from integrations.templatetags.portal import ago

from . import widgets
from .frame import DialogForm, FactsInline, PortalAdmin, action, display

SCOPES = [
    ("push", "Push records into its jobs"),
    ("read", "Read runs, records, errors and figures"),
    ("retry", "Retry errors"),
    ("books", "Read what its jobs carry into the books"),
]
KEY_COLOURS = {"Valid": "success", "Revoked": "danger", "Expired": "warning"}


class KeyForm(DialogForm):
    scopes = forms.MultipleChoiceField(
        label="What may it do?", choices=SCOPES, initial=["push", "read"], widget=widgets.checkboxes(SCOPES)
    )
    expires_on = forms.DateField(label="Until (empty: no end)", required=False, widget=widgets.moment())

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        end = datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())
        if end <= timezone.now():
            raise ValidationError("That day has passed already.")
        return end


class RevokeForm(DialogForm):
    key = forms.ModelChoiceField(
        PartnerKey.objects.none(), label="Which key?", empty_label="Choose a key", widget=widgets.select()
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["key"].queryset = PartnerKey.objects.filter(  # type: ignore[attr-defined]
            partner_id=_number(self.object_id), revoked_at__isnull=True
        )


def _number(text: str | None) -> int:
    """Of a row; 0, which none has, where an address has something else in its place."""
    return int(text) if text and text.isdecimal() else 0


class Keys(FactsInline):
    model = PartnerKey
    verbose_name_plural = "Keys"
    fields = ("shown_prefix", "state_label", "may", "made", "used", "until")
    readonly_fields = fields

    @display("Key")
    def shown_prefix(self, row: PartnerKey) -> str:
        return str(row)

    @display("State", label=KEY_COLOURS)
    def state_label(self, row: PartnerKey) -> str:
        if row.revoked_at is not None:
            return "Revoked"
        return "Expired" if row.expires_at is not None and row.expires_at <= timezone.now() else "Valid"

    @display("May")
    def may(self, row: PartnerKey) -> str:
        return ", ".join(row.scopes)

    @display("Made")
    def made(self, row: PartnerKey) -> str:
        return ago(row.created_at)

    @display("Last used")
    def used(self, row: PartnerKey) -> str:
        return ago(row.last_used_at) if row.last_used_at else "never"

    @display("Until")
    def until(self, row: PartnerKey) -> str:
        return ago(row.expires_at) if row.expires_at else "no end"


@admin.register(Partner)
class PartnerAdmin(PortalAdmin):
    list_display = ("name", "enabled", "job_count", "key_count", "calls_per_minute")
    empty_title = "No partners yet"
    empty_text = (
        "A partner is an outside party, such as a fulfilment house, that calls the API with a key of its own."
    )
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    fields = ("name", "key", "enabled", "jobs", "calls_per_minute")
    inlines = (Keys,)
    actions_detail = ("issue_key", "revoke_key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        rows: QuerySet[Partner] = super().get_queryset(request)
        return rows.annotate(
            number_of_jobs=Count("jobs", distinct=True),
            number_of_keys=Count("keys", filter=Q(keys__revoked_at__isnull=True), distinct=True),
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    @display("Jobs", ordering="number_of_jobs")
    def job_count(self, row: Any) -> int:
        return int(row.number_of_jobs)

    @display("Keys in use", ordering="number_of_keys")
    def key_count(self, row: Any) -> int:
        return int(row.number_of_keys)

    # --- what can be done -------------------------------------------------------------------------------------

    @action(
        "Issue a key",
        icon="key",
        permissions=["change"],
        title="Issue a key",
        text="The key is shown once, here, and never again: only a fingerprint of it is kept.",
        button="Issue the key",
        form=KeyForm,
    )
    def issue_key(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        partner = self.object_for(request, object_id, "change")
        chosen = form.cleaned_data
        _, text = PartnerKey.issue(partner, sorted(chosen["scopes"]), chosen["expires_on"])
        # Only in this answer: a message would be stored until it is shown.
        return HttpResponse(
            render_to_string("admin/new_key.html", {"partner": partner, "key": text}, request)
        )

    @action(
        "Revoke a key",
        icon="key_off",
        permissions=["change"],
        title="Revoke a key",
        text="Calls with it are refused from now on.",
        button="Revoke it",
        form=RevokeForm,
    )
    def revoke_key(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        partner = self.object_for(request, object_id, "change")
        url = reverse("admin:integrations_partner_change", args=[partner.pk])
        revoked = PartnerKey.objects.filter(
            pk=form.cleaned_data["key"].pk, partner=partner, revoked_at__isnull=True
        ).update(revoked_at=timezone.now())
        if not revoked:
            return self.done(request, "The key was revoked already.", url, messages.WARNING)
        return self.done(request, "The key is revoked.", url)
