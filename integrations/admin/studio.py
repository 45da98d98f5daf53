"""The mapping studio: payload, rules and result side by side. What is typed is tried as it is; nothing is stored."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from integrations.http.redact import ANYTHING
from mappings.models import Direction, Mapping, ValueMap
from mappings.outline import outline
from mappings.profile import profile
from mappings.records import RECORD_KINDS
from mappings.targets import target_fields
from mappings.transforms import TRANSFORMS

from .frame import PortalAdmin
from .mapping_rules import Rules
from .studio_form import PayloadForm, presumed, sampled
from .studio_targets import offered, summarise, tell_owners, unmapped
from .studio_trial import RuleTried, Tried, saved_rules, try_out


def page_of(mapping: Mapping, may_try: bool) -> dict[str, Any]:
    """What the page begins with, before anything was tried."""
    shown: dict[str, Any] = {
        "targets": offered(mapping),
        "transforms": {
            name: {
                "about": transform.description,
                "arguments": [
                    {"name": a.name, "required": a.required, "about": a.description}
                    for a in transform.arguments
                ],
            }
            for name, transform in TRANSFORMS.items()
        },
        "writes": mapping.direction == Direction.WRITE,
    }
    if shown["writes"]:
        shown["record_fields"] = target_fields(mapping.kind)
    if may_try:
        shown["try_url"] = reverse("admin:mappings_mapping_preview", args=[mapping.pk])
        shown["payload_form"] = PayloadForm(mapping, initial=presumed(mapping))
    return shown


def studio_view(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """Payloads hold personal data: they come by POST, are shown on this screen and kept nowhere."""
    if request.method != "POST":
        return redirect("admin:mappings_mapping_change", mapping.pk)
    rules = _rules(model_admin, request, mapping)
    form = PayloadForm(mapping, request.POST)
    takes = "sample" in request.POST
    if takes:
        form = sampled(form, mapping, request.POST)
    tried: Tried | None = None
    if form.is_valid() and form.records:
        chosen = form.cleaned_data
        tried = try_out(mapping, rules, form.records, form.shown, chosen.get("reader"), chosen["connection"])
    tell_owners(mapping, rules)
    names = dict(ValueMap.objects.values_list("key", "name"))
    summarise(rules, names)
    context = {
        "form": form,
        "tried": tried,
        "rules": rules,
        "unmapped": unmapped(mapping, rules),
        "takes": takes,
        "mapping": mapping,
        "writes": mapping.direction == Direction.WRITE,
        "may_change": model_admin.has_change_permission(request, mapping),
        "may_add": request.user.has_perm("mappings.change_valuemap"),
        **(_left(form, tried, mapping) if "left" in request.POST or takes else {}),
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/mappings/mapping/answer.html", context)


def _left(form: PayloadForm, tried: Tried | None, mapping: Mapping) -> dict[str, Any]:
    """The record that is shown, and the profile of all: of what the rules read, which for a writing mapping is the
    Record."""
    records = form.records
    if not records:
        return {"left": True}
    shown = records[form.shown]
    if mapping.direction == Direction.WRITE:
        begun = tried.record if tried is not None else None
        return {
            "left": True,
            "outline": outline(begun) if begun else None,
            "profile": profile(tried.records, ANYTHING.value) if tried is not None else (),
            "count": len(records),
        }
    return {
        "left": True,
        "outline": outline(shown),
        "profile": profile(records, ANYTHING.value),
        "count": len(records),
    }


def _rules(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> list[RuleTried]:
    """Those of the form, where one came and its sender may change them; else those that are saved."""
    if "rules-TOTAL_FORMS" not in request.POST or not model_admin.has_change_permission(request, mapping):
        return saved_rules(mapping)
    _take_over_head(mapping, request)
    inline = Rules(Mapping, model_admin.admin_site)
    made = inline.get_formset(request, mapping)
    formset: Any = made(data=request.POST, instance=mapping, prefix="rules")
    formset.is_tried = True
    formset.is_valid()
    return [_rule(form) for form in formset.rules_in_order()]


def _take_over_head(mapping: Mapping, request: HttpRequest) -> None:
    """What the rules are checked by; the row itself is not saved."""
    if request.POST.get("direction") in Direction.values:
        mapping.direction = request.POST["direction"]
    if request.POST.get("kind") in RECORD_KINDS:
        mapping.kind = request.POST["kind"]


def _rule(form: Any) -> RuleTried:
    sentences = [str(sentence) for found in form.errors.values() for sentence in found]
    target = str(form["target"].value() or "")
    return RuleTried(form.prefix, None if sentences else form.instance.as_data(), target, sentences)
