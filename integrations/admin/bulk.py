"""Actions over many rows: they ask first, on a page of their own, and tell afterwards what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from integrations.sync.judging import NotPossible

from .frame import PortalAdmin

SHOWN_IN_CONFIRMATION = 10


class ConfirmForm(forms.Form):
    """Nothing to fill in: only a yes."""


def bulk_action(
    description: str, *, permission: str, text: str, button: str, form: type[forms.Form] = ConfirmForm
) -> Callable[[Callable[..., str]], Callable[..., HttpResponse | None]]:
    """An action over many rows. It asks first, on a page of its own, and tells afterwards what it did.

    The decorated method takes (request, queryset, form) and returns the sentence that is shown.
    """

    def decorate(method: Callable[..., str]) -> Callable[..., HttpResponse | None]:
        def run(self: PortalAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            filled = form(request.POST) if "confirmed" in request.POST else form()
            if filled.is_bound and filled.is_valid() and not _has_changed(self, request, queryset):
                try:
                    self.message_user(request, method(self, request, queryset, filled), messages.SUCCESS)
                    return None
                except NotPossible as reason:
                    filled.add_error(None, str(reason))
            return _confirmation(self, request, queryset, filled, run.__name__, description, text, button)

        run.__name__ = method.__name__
        run.short_description = description  # type: ignore[attr-defined]
        run.allowed_permissions = [permission]  # type: ignore[attr-defined]
        run.confirms = True  # type: ignore[attr-defined]
        return run

    return decorate


def _has_changed(model_admin: PortalAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> bool:
    """Whether a filter finds more or fewer rows than the person agreed to; then it is asked once more."""
    if request.POST.get("select_across") != "1":
        return False
    now, agreed = str(queryset.count()), request.POST.get("number", "")
    if agreed == now:
        return False
    sentence = f"Meanwhile there are {now} of them, not {agreed}. Nothing was done yet: look again."
    model_admin.message_user(request, sentence, messages.WARNING)
    return True


def _confirmation(
    model_admin: PortalAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    form: forms.Form,
    name: str,
    title: str,
    text: str,
    button: str,
) -> HttpResponse:
    everything = request.POST.get("select_across") == "1"
    chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "text": text,
        "button": button,
        "form": form,
        "action_name": name,
        "select_across": "1" if everything else "0",
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        # With "select all" the filter in the address says which rows; one value shows that rows were chosen.
        "chosen": chosen[:1] if everything else chosen,
        "number": queryset.count(),
        "rows": list(queryset[:SHOWN_IN_CONFIRMATION]),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/confirm.html", context)
